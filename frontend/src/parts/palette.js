// The command palette: Ctrl/Cmd-K, results from the server, safe for input methods.
import { on } from "./dom.js";

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const before = list?.innerHTML;
let asked = 0;
let waiting;

function open() {
  if (dialog.open) return;
  dialog.showModal();
  input.select();
  choose(0);
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
  if (!text) {
    list.innerHTML = before;
  } else if (list.dataset.url) {
    const answer = await fetch(`${list.dataset.url}?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || ticket !== asked) return;
    list.innerHTML = await answer.text();
  }
  choose(0);
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose((at + 1) % all.length);
  else if (event.key === "ArrowUp") choose((at - 1 + all.length) % all.length);
  else if (event.key === "Enter") go(all[at], event.ctrlKey || event.metaKey);
  else return;
  event.preventDefault();
}

function go(option, inNewTab) {
  if (!option) return;
  dialog.close();
  if (inNewTab) window.open(option.href, "_blank", "noopener");
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
