// Which columns a list shows (kept in the address as ?hide=2,5) and how dense its rows are (kept for the user).
import { drawIcon, make, on, remember } from "./dom.js";

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

function hidden() {
  const text = new URLSearchParams(location.search).get("hide") ?? "";
  return new Set(text.split(",").map(Number).filter((place) => place > 1));
}

function apply() {
  const rules = [...hidden()].map((place) => `#list .table-data tr > :nth-child(${place}) { display: none; }`);
  sheet.replaceSync(rules.join("\n"));
}

function toggle(place) {
  const places = hidden();
  if (!places.delete(place)) places.add(place);
  const url = new URL(location.href);
  if (places.size) url.searchParams.set("hide", [...places].sort((a, b) => a - b).join(","));
  else url.searchParams.delete("hide");
  history.replaceState(history.state, "", url);
  apply();
}

/** Fill the menu when it opens: one entry a column but the first, which always stays. */
function fill(menu) {
  const heads = [...document.querySelectorAll("#list thead th")];
  const gone = hidden();
  const entries = heads.slice(1).map((head, index) => {
    const place = index + 2;
    const isShown = !gone.has(place);
    const entry = make("button", { type: "button", className: "menu-item", "aria-pressed": isShown, "data-column": place });
    entry.append(drawIcon(isShown ? "checkbox" : "square"), head.dataset.label ?? head.textContent.trim());
    return entry;
  });
  menu.querySelector("[data-columns]").replaceChildren(...entries);
}

document.addEventListener("beforetoggle", (event) => event.newState === "open" && event.target.matches("[data-list-tools]") && fill(event.target), true);
on("click", "[data-column]", (_, entry) => {
  toggle(Number(entry.dataset.column));
  fill(entry.closest("[data-list-tools]"));
});
on("click", "[data-density]", () => remember("rows", document.documentElement.classList.toggle("rows-compact") ? "compact" : ""));

// Sorting and filtering go through the server, which does not know what is hidden: take it along.
document.addEventListener("htmx:after:history:push", () => {
  const before = sheet.cssRules.length;
  if (!before || new URLSearchParams(location.search).has("hide")) return;
  const places = [...sheet.cssRules].map((rule) => /nth-child\((\d+)\)/.exec(rule.selectorText)[1]);
  const url = new URL(location.href);
  url.searchParams.set("hide", places.join(","));
  history.replaceState(history.state, "", url);
});

apply();
