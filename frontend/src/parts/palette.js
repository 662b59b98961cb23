// The command palette: Ctrl/Cmd-K, results from the server, safe for input methods.
import { on } from "./dom.js";
import { setAhead } from "./moments.js";

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const before = list?.innerHTML;
let asked = 0;
let waiting;
let shown = "";

function open() {
  if (dialog.open) return;
  dialog.showModal();
  input.select();
  choose(0);
  search();
}

/** Return the path of the record in the side panel, else of the page: what "log a contact" is about. */
function openRecord() {
  const panel = document.getElementById("side-panel");
  return panel && !panel.hidden ? panel.querySelector("[data-panel-full]").pathname : location.pathname;
}

function options() {
  return [...list.querySelectorAll("[role=option]")].filter((option) => !option.hidden);
}

function choose(index) {
  const all = options();
  all.forEach((option, at) => {
    option.id ||= `palette-option-${at}`;
    option.setAttribute("aria-selected", at === index);
  });
  input.setAttribute("aria-activedescendant", all[index]?.id ?? "");
  all[index]?.scrollIntoView({ block: "nearest" });
}

async function search() {
  const text = input.value.trim();
  const ticket = ++asked;
  if (list.dataset.url) {
    const query = new URLSearchParams({ q: text, at: openRecord() });
    const answer = await fetch(`${list.dataset.url}?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || ticket !== asked) return;
    list.innerHTML = await answer.text();
    shown = text;
  } else if (!text) {
    list.innerHTML = before;
  }
  choose(0);
}

async function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose((at + 1) % all.length);
  else if (event.key === "ArrowUp") choose((at - 1 + all.length) % all.length);
  else if (event.key === "Enter") {
    event.preventDefault();
    await enter(event.ctrlKey || event.metaKey);
    return;
  } else if (event.key === "Escape") dialog.close(); // By itself a search field would only lose its text.
  else return;
  event.preventDefault();
}

/** Open what is chosen; who types faster than the answers come gets what he typed, not what stands there still. */
async function enter(inNewTab) {
  clearTimeout(waiting);
  if (list.dataset.url && input.value.trim() !== shown) await search();
  go(options().find((option) => option.getAttribute("aria-selected") === "true"), inNewTab);
}

function go(option, inNewTab) {
  if (!option) return;
  dialog.close();
  if (inNewTab && option.href) window.open(option.href, "_blank", "noopener");
  else option.click();
}

if (dialog) {
  on("click", "[data-open-palette]", open);
  input.addEventListener("keydown", onKey);
  input.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (!event.isComposing) waiting = setTimeout(search, 120);
  });
  input.addEventListener("compositionend", search);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k" && !event.isComposing) {
      event.preventDefault();
      open();
    }
  });
}

// An address that ends in #do=reminder&in=3 opens that form of the page, three days from now.
function openForm() {
  if (!location.hash.startsWith("#do=")) return;
  const wish = new URLSearchParams(location.hash.slice(1));
  history.replaceState(history.state, "", location.pathname + location.search);
  const form = document.getElementById(wish.get("do"));
  if (!form?.matches("[popover]")) return;
  const due = form.querySelector("input[type=datetime-local]");
  if (due && wish.has("in")) setAhead(due, Number(wish.get("in")));
  form.showPopover();
}
addEventListener("hashchange", openForm);
openForm();
