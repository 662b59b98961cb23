// Rows that open: click, Enter, middle click; arrows and j/k move along them.
import { on } from "./dom.js";
import { openPanel } from "./panel.js";

const SELECTOR = "[data-href]";

on("click", SELECTOR, (event, row) => {
  const control = event.target.closest("a, button, input, select, textarea, label, form, [popover]");
  if (event.defaultPrevented || (control && row.contains(control))) return;
  if (getSelection()?.toString() && row.contains(getSelection().anchorNode)) return;
  openRow(row, event.ctrlKey || event.metaKey);
});
// The row's own link opens the panel too; with a modifier it stays a link.
on("click", `${SELECTOR}[data-panel] a.row-link`, (event, link) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !roomForPanel()) return;
  event.preventDefault();
  openPanel(link.closest(SELECTOR).dataset.href, link.closest(SELECTOR));
});
on("auxclick", SELECTOR, (event, row) => {
  if (event.button !== 1 || event.target.closest("a, button")) return;
  event.preventDefault();
  openRow(row, true);
});
on("mousedown", SELECTOR, (event) => {
  if (event.button === 1 && !event.target.closest("a")) event.preventDefault();
});
on("keydown", SELECTOR, (event, row) => {
  if (event.key === "Enter" && event.target === row) openRow(row, event.ctrlKey || event.metaKey);
});

function roomForPanel() {
  return matchMedia("(min-width: 768px)").matches;
}

/** Open a row's record: in the panel where there is room, or as a page. */
export function openRow(row, inNewTab) {
  const url = row.dataset.href;
  if (!url) return;
  if (inNewTab) window.open(url, "_blank", "noopener");
  else if ("panel" in row.dataset && roomForPanel()) openPanel(url, row);
  else location.assign(url);
}

/** Return the row that has the focus, itself or by something inside it. */
export function currentRow() {
  return document.activeElement?.closest?.(SELECTOR) ?? null;
}

/** Move the focus by so many rows; from nowhere to the first one. */
export function step(by) {
  const rows = [...document.querySelectorAll(SELECTOR)].filter((row) => row.checkVisibility());
  const at = rows.indexOf(currentRow());
  const row = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}
