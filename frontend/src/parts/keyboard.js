// Keys that work everywhere. Nothing fires while somebody types or composes Chinese.
import { editRow } from "./cells.js";
import { begin, isTyping, make, on, say } from "./dom.js";
import { toggleRail } from "./frame.js";
import { currentRow, openRow, step } from "./rows.js";

let goes = false;

const acts = {
  next: () => step(1),
  previous: () => step(-1),
  open: () => currentRow() && openRow(currentRow()),
  pick: () => currentRow()?.querySelector("input[name=pick]")?.click(),
  edit: () => editRow(currentRow()),
  rail: toggleRail,
  sheet: showKeys,
  search: () => document.querySelector("[data-search-live]")?.focus(),
  undo: () => [...document.querySelectorAll("[data-undo]:not([disabled])")].at(-1)?.click(),
};
// The sheet on the page is the table of keys: what stands there works, nothing else.
const plain = Object.fromEntries(
  [...document.querySelectorAll("#keys [data-does]")].map((key) => [key.textContent, acts[key.dataset.does]]),
);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector("dialog[open], [data-chip-editor]:popover-open")) return;
  if (goes) {
    goes = false;
    const links = [...document.querySelectorAll(".rail-list a.rail-link")];
    const link = links.find((item) => item.dataset.go === event.key.toLowerCase()) ?? links[Number(event.key) - 1];
    if (link) event.preventDefault();
    link?.click();
    return;
  }
  if (event.key === "g") {
    goes = true;
    setTimeout(() => (goes = false), 1200);
  } else if (!onRow(event.key) && plain[event.key]) {
    event.preventDefault();
    plain[event.key]();
  } else if (event.key === "ArrowDown" && currentRow()) {
    event.preventDefault();
    step(1);
  } else if (event.key === "ArrowUp" && currentRow()) {
    event.preventDefault();
    step(-1);
  } else if (event.key.length === 1) {
    press(event);
  }
});

/** Return the focused row's own button of a letter; it goes before what the letter does everywhere. */
function onRow(key) {
  return key.length === 1 ? currentRow()?.querySelector(`[data-key="${CSS.escape(key.toLowerCase())}"]`) : null;
}

/** Press the button whose letter it is: on the focused row first, else one on the page outside of rows. */
function press(event) {
  const selector = `[data-key="${CSS.escape(event.key.toLowerCase())}"]`;
  const onPage = [...document.querySelectorAll(selector)].find((button) => !button.closest("[data-href]") && button.checkVisibility());
  const button = onRow(event.key) ?? onPage;
  if (!button) return;
  event.preventDefault();
  button.click();
  // The event that tells of a form opened comes later than the next key of somebody quick.
  if (button.popoverTargetElement?.matches("form:popover-open, [data-menu-form]:popover-open")) begin(button.popoverTargetElement);
}

function showKeys() {
  const list = document.getElementById("keys-here");
  const seen = new Map();
  for (const button of document.querySelectorAll("[data-key]")) {
    seen.set(button.dataset.key, button.getAttribute("aria-label") ?? button.textContent.trim());
  }
  list.replaceChildren(
    ...[...seen].flatMap(([key, label]) => [make("dt", {}, make("kbd", { text: key })), make("dd", { text: label })]),
  );
  if (seen.size) list.prepend(make("dt"), make("dd", { className: "muted", text: say("on_this_row") }));
  list.hidden = seen.size === 0;
  document.getElementById("keys").showModal();
}

on("click", "[data-open-keys]", (_, button) => {
  button.closest("[popover]")?.hidePopover();
  showKeys();
});

// Ctrl/Cmd-Enter saves the form one is in, also out of a text of several lines.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.keyCode === 229) return;
  const { form } = event.target;
  if (!form?.matches("[data-once], [data-condition]")) return;
  event.preventDefault();
  form.requestSubmit();
});

// A page that is one form begins in it.
const form = document.querySelector("form[data-begin]");
if (form) begin(form);
