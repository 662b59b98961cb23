// Cells that are edited in place: a double click or `e`; Enter saves, Esc leaves, an error stands under the row.
import { make, on, say, token } from "./dom.js";
import { toast } from "./toasts.js";

const TAG = "td[data-cell]";

/** Edit the first cell of a row that can be edited. */
export function editRow(row) {
  const cell = row?.querySelector(TAG);
  if (cell) edit(cell);
}

async function edit(cell) {
  if (cell.querySelector("[data-cell-form]")) return;
  const url = `${cell.closest("[data-href]").dataset.href}cell/${cell.dataset.cell}/`;
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  // Asked twice, it is opened once.
  if (!answer.ok || cell.querySelector("[data-cell-form]")) return;
  const before = cell.innerHTML;
  cell.innerHTML = await answer.text();
  // The list stands in a form already, and forms do not nest.
  const form = cell.querySelector("[data-cell-form]");
  const input = form.querySelector("[name=value]");
  const value = input.value;
  input.focus();
  input.select?.();
  const leave = () => {
    clear(cell);
    cell.innerHTML = before;
    cell.closest("tr").focus();
  };
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      leave();
    } else if (event.key === "Enter") {
      event.preventDefault();
      save(cell, form);
    }
  });
  input.addEventListener("blur", () => {
    if (form.isConnected && input.value === value && !form.dataset.sent) leave();
  });
}

async function save(cell, form) {
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  clear(cell);
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  const answer = await fetch(form.dataset.url, { method: "POST", body: values(form), headers }).catch(() => null);
  delete form.dataset.sent;
  const text = answer ? await answer.text() : say("offline");
  if (answer?.ok) {
    const row = cell.closest("tr");
    const holder = document.createElement("tbody");
    holder.innerHTML = `<tr>${text}</tr>`;
    cell.replaceWith(holder.querySelector("td"));
    row.focus();
    const { toast: news } = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}");
    if (news) toast(news);
    return;
  }
  const error = answer?.status === 422 || !answer ? text : say("failed");
  const width = cell.closest("tr").children.length;
  cell.closest("tr").after(make("tr", { className: "row-error", "data-cell-error": "", role: "alert" }, make("td", { colspan: width, text: error })));
  form.querySelector("[name=value]").focus();
}

function values(form) {
  return new URLSearchParams([...form.querySelectorAll("[name]")].map((input) => [input.name, input.value]));
}

function clear(cell) {
  const next = cell.closest("tr").nextElementSibling;
  if (next?.matches("[data-cell-error]")) next.remove();
}

on("dblclick", TAG, (event, cell) => {
  event.preventDefault();
  edit(cell);
});
