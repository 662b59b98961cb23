// Short news at the bottom. What can be undone says so for ten seconds.
import { drawIcon, make, on, say, token } from "./dom.js";

const area = document.getElementById("toasts");
const SECONDS = 10;

/** Show a toast; with `undo` a button that posts there, with `stays` it waits for a click. */
export function toast({ text, tone = "info", undo, stays = false }) {
  const close = make("button", { type: "button", className: "btn btn-quiet btn-small btn-icon", "aria-label": say("close"), "data-toast-close": "" });
  close.append(drawIcon("x"));
  const element = make("div", { className: `toast tone-${tone}`, "data-toast": "" }, make("span", { className: "toast-text", text }));
  if (undo) element.append(make("button", { type: "button", className: "btn btn-small", "data-undo": undo, text: say("undo") }));
  element.append(close);
  area?.append(element);
  if (!stays) leave(element);
  return element;
}

function leave(element) {
  let timer = setTimeout(() => element.remove(), SECONDS * 1000);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => (timer = setTimeout(() => element.remove(), 3000)));
}

on("click", "[data-toast-close]", (_, button) => button.closest("[data-toast]").remove());
on("click", "[data-undo]", async (_, button) => {
  button.disabled = true;
  const answer = await fetch(button.dataset.undo, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" } });
  button.closest("[data-toast]").remove();
  if (answer.ok) location.reload();
  else toast({ text: say("failed"), tone: "late", stays: true });
});
document.addEventListener("toast", (event) => toast(event.detail));

for (const element of document.querySelectorAll("[data-toast]")) {
  if (!("stay" in element.dataset)) leave(element);
}
