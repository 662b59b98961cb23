// Cards that are dragged from column to column: dropping one presses the button that moves it there.
import { on } from "./dom.js";

let card = null;

on("dragstart", "[data-board] [draggable]", (event, dragged) => {
  card = dragged;
  event.dataTransfer.effectAllowed = "move";
  card.classList.add("is-dragged");
});
on("dragend", "[data-board] [draggable]", () => {
  card?.classList.remove("is-dragged");
  mark(null);
  card = null;
});
on("dragover", "[data-board] [data-stage]", (event, column) => {
  if (!card || !formTo(column.dataset.stage)) return;
  event.preventDefault();
  mark(column);
});
on("drop", "[data-board] [data-stage]", (event, column) => {
  const form = card && formTo(column.dataset.stage);
  mark(null);
  if (!form) return;
  event.preventDefault();
  // A lost deal asks why first: the form shows the empty choice.
  if (form.checkValidity()) form.requestSubmit();
  else {
    card.focus();
    form.reportValidity();
  }
});

function formTo(stage) {
  return [...card.querySelectorAll("form")].find((form) => form.elements.stage?.value === stage);
}

function mark(column) {
  for (const other of document.querySelectorAll("[data-board] .is-over")) other.classList.remove("is-over");
  column?.classList.add("is-over");
}
