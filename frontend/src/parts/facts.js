// Fields edited in place: a click or `e` opens, Enter saves (it is a form), Esc leaves.
import { isTyping, on } from "./dom.js";

document.addEventListener("keydown", (event) => {
  const editing = event.target.closest?.("[data-editing]");
  if (event.key === "Escape" && editing && !event.isComposing) {
    event.preventDefault();
    event.stopImmediatePropagation();
    editing.querySelector("[data-cancel]")?.click();
    return;
  }
  if (event.key !== "e" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (document.querySelector("dialog[open]")) return;
  const fact = event.target.closest?.("[data-fact]");
  const edit = (fact ?? document).querySelector("[data-fact-edit]");
  if (!edit) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  edit.click();
}, true);

// The value itself opens too; what stands in it keeps its own click.
on("click", "[data-fact] .fact-value", (event, value) => {
  if (!getSelection()?.toString()) value.closest("[data-fact]").querySelector("[data-fact-edit]")?.click();
});

// An address that ends in #edit=employer opens that field as soon as it is there.
function openWanted() {
  const name = /^#edit=([\w.]+)$/.exec(location.hash)?.[1];
  const edit = name && document.querySelector(`[data-fact-edit][href$="/profile/${CSS.escape(name)}/"]`);
  if (!edit) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  edit.click();
}
addEventListener("hashchange", openWanted);
document.addEventListener("htmx:after:swap", openWanted);

// What a swap brought takes the focus when it says so, so that the keyboard stays where the work is.
document.addEventListener("htmx:after:swap", () => {
  const element = document.querySelector("[data-take-focus]");
  if (!element) return;
  element.removeAttribute("data-take-focus");
  element.focus();
  if (element.matches("input[type=text]")) element.select();
});
