// Filter chips: the address holds only what is set, the search follows the typing, an editor opens on its input.
import { on } from "./dom.js";

document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});

let waiting;
on("input", "[data-search-live]", (event, input) => {
  clearTimeout(waiting);
  if (event.isComposing) return;
  waiting = setTimeout(() => input.form.requestSubmit(), 300);
});
on("compositionend", "[data-search-live]", (_, input) => input.dispatchEvent(new InputEvent("input", { bubbles: true })));

on("submit", "[data-filters]", (_, form) => {
  for (const editor of form.querySelectorAll("[popover]:popover-open")) editor.hidePopover();
});

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState !== "open" || !event.target.matches("[data-chip-editor], [data-reveal]")) return;
    event.target.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  },
  true,
);
