// Lines whose order somebody chooses: by their buttons or by dragging; the form sends them as they stand.
import { on } from "./dom.js";

const ITEM = "[data-reorder] [data-reorder-item]";
let dragged = null;

on("click", "[data-reorder] [data-move]", (event, button) => {
  // Without a script the button would send the form and the server would move the line.
  event.preventDefault();
  const item = button.closest("[data-reorder-item]");
  const isUp = button.dataset.move === "up";
  const other = isUp ? item.previousElementSibling : item.nextElementSibling;
  if (!other?.matches("[data-reorder-item]")) return;
  if (isUp) other.before(item);
  else other.after(item);
  button.focus();
});
on("dragstart", ITEM, (event, item) => {
  event.dataTransfer.effectAllowed = "move";
  dragged = item;
  item.classList.add("is-dragged");
});
on("dragover", ITEM, (event, item) => {
  if (!dragged || item === dragged || item.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const box = item.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) item.before(dragged);
  else item.after(dragged);
});
on("drop", "[data-reorder]", (event) => dragged && event.preventDefault());
on("dragend", ITEM, () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
});
