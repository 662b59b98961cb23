// Theme, the rail's width, the drawer of a phone, and the names of keys.
import { on, remember, token } from "./dom.js";

const root = document.documentElement;

on("click", "[data-theme-choice]", (_, button) => {
  const theme = button.dataset.themeChoice;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  remember("theme", theme);
  const { themeUrl } = button.parentElement.dataset;
  if (themeUrl) fetch(themeUrl, { method: "POST", body: new URLSearchParams({ theme }), headers: { "X-CSRFToken": token() }, keepalive: true });
  for (const other of document.querySelectorAll("[data-theme-choice]")) {
    if (other === button) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  document.dispatchEvent(new CustomEvent("theme"));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("theme")));

/** Narrow the rail to its icons, or widen it. */
export function toggleRail() {
  const narrow = root.classList.toggle("rail-narrow");
  remember("rail", narrow ? "narrow" : "");
  dispatchEvent(new Event("resize"));
}
on("click", "[data-rail-toggle]", toggleRail);

function openRail(open) {
  root.classList.toggle("rail-open", open);
  for (const shade of document.querySelectorAll(".rail-shade")) shade.hidden = !open;
  for (const button of document.querySelectorAll("[data-rail-open]")) button.setAttribute("aria-expanded", open);
  if (open) document.querySelector(".rail-list a")?.focus();
}
on("click", "[data-rail-open]", () => openRail(!root.classList.contains("rail-open")));
on("click", "[data-rail-close]", () => openRail(false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && root.classList.contains("rail-open")) {
    openRail(false);
    document.querySelector("[data-rail-open]")?.focus();
  }
});

// Tabs that do not fit scroll sideways: the open one stands in sight.
function showOpenTabs() {
  for (const tab of document.querySelectorAll('.tabs [aria-current="page"]')) {
    const strip = tab.closest(".tabs");
    if (strip.scrollWidth <= strip.clientWidth) continue;
    const [inner, outer] = [tab.getBoundingClientRect(), strip.getBoundingClientRect()];
    if (inner.left < outer.left || inner.right > outer.right) strip.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}
showOpenTabs();
document.addEventListener("htmx:after:swap", showOpenTabs);

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("[data-shortcut]")) key.textContent = `⌘ ${key.dataset.shortcut}`;
}
