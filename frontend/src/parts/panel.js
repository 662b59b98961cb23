// The side panel shows a record's page over the list. The address keeps it after a "#", so that back closes it.
import htmx from "htmx.org";

import { on } from "./dom.js";

const MARK = "#open=";
const panel = document.getElementById("side-panel");
const body = document.getElementById("side-panel-body");
let opener;

/** Open the record of a path of this site over the page. */
export function openPanel(url, row) {
  opener = row ?? opener;
  const mark = MARK + encodeURIComponent(url);
  if (location.hash !== mark) history.pushState(null, "", mark);
  show();
}

function wanted() {
  if (!location.hash.startsWith(MARK)) return "";
  const url = new URL(decodeURIComponent(location.hash.slice(MARK.length)), location.origin);
  return url.origin === location.origin ? url.pathname + url.search : "";
}

async function show() {
  const url = wanted();
  for (const row of document.querySelectorAll(".is-open[data-href]")) row.classList.remove("is-open");
  if (!url) {
    if (panel.hidden) return;
    panel.hidden = true;
    body.replaceChildren();
    (opener?.isConnected ? opener : null)?.focus();
    return;
  }
  document.querySelector(`[data-href="${CSS.escape(url)}"]`)?.classList.add("is-open");
  panel.querySelector("[data-panel-full]").href = url;
  panel.hidden = false;
  await htmx.ajax("GET", url, { target: "#side-panel-body", select: ".page", swap: "innerHTML ignoreTitle:true" });
  body.scrollTop = 0;
  body.focus({ preventScroll: true });
}

function close() {
  if (panel.hidden) return;
  history.pushState(null, "", location.pathname + location.search);
  show();
}

if (panel) {
  on("click", "[data-panel-close]", close);
  on("click", "[data-panel-step]", (_, button) => {
    const rows = [...document.querySelectorAll("[data-href][data-panel]")];
    const at = rows.findIndex((row) => row.classList.contains("is-open"));
    const next = rows[at + Number(button.dataset.panelStep)];
    if (next) openPanel(next.dataset.href, next);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open], [popover]:popover-open")) close();
  });
  addEventListener("popstate", show);
  if (location.hash.startsWith(MARK)) show();
}
