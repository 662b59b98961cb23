// A table of cells that is typed into like a spreadsheet. What is typed is sent cell by cell, in order; the answer says
// what is wrong where, and nothing is drawn anew while somebody types.
import { on, say, token } from "./dom.js";
import { toast } from "./toasts.js";

const CELL = "[data-at]";
let sending = Promise.resolve();

on("focusin", CELL, (_, cell) => {
  cell.dataset.was = cell.value;
  cell.select();
});
on("change", CELL, (_, cell) => send(cell.closest("[data-grid]"), [setting(cell, cell.value)]));

function setting(cell, value) {
  const [table, row, column] = cell.dataset.at.split("/");
  return { kind: "set", table, row, column, value };
}

/** Send changes after those before them have their answer, because each names the state it was made on. */
function send(grid, changes) {
  if (!changes.length) return;
  sending = sending.then(() => post(grid, changes));
}

async function post(grid, changes) {
  const body = new URLSearchParams({ hash: grid.dataset.hash, changes: JSON.stringify(changes) });
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  const answer = await fetch(grid.dataset.grid, { method: "POST", body, headers }).catch(() => null);
  const state = await answer?.json().catch(() => null);
  if (answer?.ok && state) paint(grid, state);
  else toast({ text: state?.error ?? say(answer ? "failed" : "offline"), tone: "late" });
}

function paint(grid, state) {
  grid.dataset.hash = state.hash;
  for (const input of document.querySelectorAll("[data-grid-hash]")) input.value = state.hash;
  for (const place of grid.querySelectorAll("[data-problem]")) place.textContent = state.problems[place.dataset.problem] ?? "";
  for (const place of grid.querySelectorAll("[data-said]")) place.textContent = state.said[place.dataset.said] ?? "";
  for (const place of grid.querySelectorAll("[data-coverage]")) {
    const count = state.coverage[place.dataset.coverage];
    place.textContent = count ?? "–";
    place.classList.toggle("is-late", count === 0);
  }
  for (const cell of grid.querySelectorAll(CELL)) {
    const at = cell.dataset.at;
    if (state.problems[at]) cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
    // The server writes signs and capitals in one way; what is being typed now is left alone.
    if (cell !== document.activeElement && at in state.texts) cell.value = state.texts[at];
  }
  grid.querySelector("[data-grid-state]").textContent = state.state;
  grid.querySelector("[data-grid-undo]").disabled = !state.can_undo;
  grid.querySelector("[data-grid-redo]").disabled = true;
}

on("keydown", CELL, (event, cell) => {
  if (event.isComposing || event.keyCode === 229) return;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const isWhole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
  const key = event.key;
  if (isPlain && (key === "ArrowDown" || (key === "Enter" && !event.shiftKey))) move(event, cell, 1, 0);
  else if (isPlain && (key === "ArrowUp" || key === "Enter")) move(event, cell, -1, 0);
  else if (isPlain && key === "ArrowLeft" && (isWhole || cell.selectionEnd === 0)) move(event, cell, 0, -1);
  else if (isPlain && key === "ArrowRight" && (isWhole || cell.selectionStart === cell.value.length)) move(event, cell, 0, 1);
  else if (key === "Escape" && cell.value !== cell.dataset.was) {
    event.preventDefault();
    event.stopPropagation();
    cell.value = cell.dataset.was;
  } else if (event.altKey && (key === "ArrowUp" || key === "ArrowDown")) {
    event.preventDefault();
    const button = cell.closest("tr").querySelector(key === "ArrowUp" ? "[data-row-up]" : "[data-row-down]");
    sending.then(() => button.click());
  } else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z" && cell.value === cell.dataset.was) {
    event.preventDefault();
    const button = document.querySelector(event.shiftKey ? "[data-grid-redo]" : "[data-grid-undo]");
    sending.then(() => button.click());
  }
});

/** Go to the cell so many rows and columns on, where there is one. */
function move(event, cell, rows, columns) {
  event.preventDefault();
  neighbour(cell, rows, columns)?.focus();
}

function neighbour(cell, rows, columns) {
  const row = cell.closest("tr");
  const all = [...row.parentElement.rows];
  const cells = [...row.querySelectorAll(CELL)];
  const target = all[all.indexOf(row) + rows];
  return target?.querySelectorAll(CELL)[cells.indexOf(cell) + columns];
}

// What a spreadsheet copied lands in as many cells.
on("paste", CELL, (event, cell) => {
  const text = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
  if (!/[\t\n]/.test(text)) return;
  event.preventDefault();
  const changes = [];
  text.split(/\r?\n/).forEach((line, down) =>
    line.split("\t").forEach((value, right) => {
      const target = down || right ? neighbour(cell, down, right) : cell;
      if (!target) return;
      target.value = value.trim();
      target.dataset.was = target.value;
      changes.push(setting(target, target.value));
    }),
  );
  send(cell.closest("[data-grid]"), changes);
});
