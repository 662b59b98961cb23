// Whom an @ in a text may mean: colleagues by name, pinyin or log-in name, chosen by key or click; safe for input methods.
import { make, on } from "./dom.js";

const MARK = /(?:^|[^A-Za-z0-9._%+-])@([\p{L}\p{N}_·.-]{0,30})$/u;
const TEXTS = "[data-mentions] textarea";
let waiting;
let asked = 0;
let list;

function typed(area) {
  return area.value.slice(0, area.selectionStart).match(MARK)?.[1];
}

function close() {
  clearTimeout(waiting);
  asked += 1;
  list?.previousElementSibling?.removeAttribute("aria-controls");
  list?.previousElementSibling?.removeAttribute("aria-activedescendant");
  list?.remove();
  list = null;
}

async function ask(area, text) {
  const ticket = ++asked;
  const url = area.closest("[data-mentions]").dataset.mentions;
  const answer = await fetch(`${url}?${new URLSearchParams({ q: text })}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || ticket !== asked) return;
  const options = await answer.text();
  if (ticket !== asked) return;
  close();
  if (!options.trim()) return;
  list = make("div", { className: "mentions", role: "listbox", id: "mentions", "aria-label": `@${text}` });
  list.innerHTML = options;
  area.after(list);
  area.setAttribute("aria-controls", list.id);
  choose(0);
}

function choose(index) {
  [...list.children].forEach((option, at) => {
    option.id = `mention-${at}`;
    option.setAttribute("aria-selected", at === index);
  });
  list.previousElementSibling.setAttribute("aria-activedescendant", `mention-${index}`);
}

function take(option) {
  const area = list.previousElementSibling;
  const end = area.selectionStart;
  area.setRangeText(`${option.dataset.mark} `, end - typed(area).length, end, "end");
  close();
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function follow(area) {
  clearTimeout(waiting);
  const text = typed(area);
  if (text === undefined) close();
  else waiting = setTimeout(() => ask(area, text), 120);
}
on("input", TEXTS, (event, area) => event.isComposing || follow(area));
on("compositionend", TEXTS, (_, area) => follow(area));
on("focusout", TEXTS, close);

// Capturing: while the list stands, its keys mean nothing else.
on(
  "keydown",
  TEXTS,
  (event) => {
    if (!list || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    const options = [...list.children];
    const at = options.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "ArrowDown") choose((at + 1) % options.length);
    else if (event.key === "ArrowUp") choose((at - 1 + options.length) % options.length);
    else if (event.key === "Enter" || event.key === "Tab") take(options[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
// The text keeps the focus while a colleague is clicked.
on("pointerdown", ".mentions [role=option]", (event) => event.preventDefault());
on("mousedown", ".mentions [role=option]", (event) => event.preventDefault());
on("click", ".mentions [role=option]", (_, option) => take(option));
