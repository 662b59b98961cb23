// Filter chips: the address holds only what is set, the search follows the typing, an editor opens on its input.
import { begin, on } from "./dom.js";

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
addEventListener("submit", (event) => event.defaultPrevented || clearTimeout(waiting));
on("compositionend", "[data-search-live]", (_, input) => input.dispatchEvent(new InputEvent("input", { bubbles: true })));

on("submit", "[data-filters]", (_, form) => {
  for (const editor of form.querySelectorAll("[popover]:popover-open")) editor.hidePopover();
});

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState !== "open" || !event.target.matches("[data-chip-editor], [data-menu-form], form[popover]")) return;
    if (!event.target.contains(document.activeElement)) begin(event.target);
  },
  true,
);

// A long choice is found by typing: a part of a word, its pinyin or initials; Enter takes the first that fits.
on("input", "[data-find]", (event, input) => {
  if (!event.isComposing) find(input);
});
on("compositionend", "[data-find]", (_, input) => find(input));
on("keydown", "[data-find]", (event, input) => {
  if (event.isComposing || event.keyCode === 229) return;
  const select = document.getElementById(input.dataset.find);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" && select.value) select.dispatchEvent(new Event("change", { bubbles: true }));
  else if (by) move(select, by);
  else if (event.key !== "Enter") return;
  event.preventDefault();
});

function find(input) {
  const typed = input.value.trim().toLowerCase().replaceAll(" ", "");
  const select = document.getElementById(input.dataset.find);
  const fits = (option) => !typed || option.text.toLowerCase().replaceAll(" ", "").includes(typed) || (option.dataset.words ?? "").split(" ").some((word) => word.startsWith(typed));
  for (const option of select.options) option.hidden = !option.value || !fits(option);
  // What begins with the text goes before what merely holds it.
  const found = [...select.options].filter((option) => !option.hidden);
  const best = found.find((option) => option.text.toLowerCase().startsWith(typed)) ?? found[0];
  select.value = typed && best ? best.value : "";
}

function move(select, by) {
  const shown = [...select.options].filter((option) => !option.hidden && option.value);
  const at = shown.indexOf(select.selectedOptions[0]);
  select.value = shown[Math.min(Math.max(at + by, 0), shown.length - 1)]?.value ?? "";
}
