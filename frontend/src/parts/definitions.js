// Definitions open on hover and focus as well as on click, and hover cards fetch what they show.
import htmx from "htmx.org";

import { make, on } from "./dom.js";

let pending;
let shown;

function open(button) {
  const card = document.getElementById(button.getAttribute("popovertarget"));
  if (!card || card.matches(":popover-open")) return;
  card.showPopover({ source: button });
  shown = { card, button };
}

function close() {
  clearTimeout(pending);
  if (shown?.card.matches(":popover-open")) shown.card.hidePopover();
  shown = undefined;
}

on("pointerover", "[data-define]", (event, button) => {
  if (event.pointerType === "touch") return;
  clearTimeout(pending);
  pending = setTimeout(() => open(button), 150);
});
on("pointerout", "[data-define]", (event) => {
  if (event.pointerType === "touch") return;
  clearTimeout(pending);
  pending = setTimeout(close, 200);
});
on("pointerover", ".define-card, .hover-card", () => clearTimeout(pending));
on("pointerout", ".define-card, .hover-card", (event, card) => {
  if (!card.contains(event.relatedTarget)) pending = setTimeout(close, 200);
});
on("focusin", "[data-define]", (_, button) => button.matches(":focus-visible") && open(button));
on("focusout", "[data-define]", close);

const card = make("div", { className: "hover-card", popover: "manual", role: "status" });

async function showCard(source) {
  if (!card.isConnected) document.body.append(card);
  if (card.dataset.url !== source.dataset.hover) {
    const answer = await fetch(source.dataset.hover, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    card.innerHTML = await answer.text();
    card.dataset.url = source.dataset.hover;
    htmx.process(card);
  }
  if (!source.matches(":hover, :focus, :focus-within")) return;
  card.hidePopover();
  card.showPopover({ source });
  shown = { card, button: source };
}

on("pointerover", "[data-hover]", (event, source) => {
  if (event.pointerType === "touch" || source.contains(event.relatedTarget)) return;
  clearTimeout(pending);
  pending = setTimeout(() => showCard(source), 250);
});
on("pointerout", "[data-hover]", (event, source) => {
  if (source.contains(event.relatedTarget)) return;
  clearTimeout(pending);
  pending = setTimeout(close, 200);
});
on("focusin", "[data-hover]", (_, source) => showCard(source));
on("focusout", "[data-hover]", close);
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
