// Where the keyboard was before a swap, it is after it: on the same thing, else on what stands in its place now.
let place = null;

// What a request replaced together with its own source hears no event of the swap any more: the page itself is watched.
const watch = new MutationObserver(() => {
  if (!place || place.element.isConnected) return;
  watch.disconnect();
  setTimeout(restore);
});

document.addEventListener("htmx:before:swap", () => {
  const element = document.activeElement;
  if (!element || element === document.body) return;
  place = describe(element);
  watch.observe(document.body, { childList: true, subtree: true });
});

// Who moves on before the swap is not called back; a swap may come late, so no time ends the watch.
document.addEventListener("focusin", () => {
  place = null;
  watch.disconnect();
});

function describe(element) {
  const row = element.closest("[data-href]");
  // What a request or a state adds is not there any more afterwards.
  const names = [...element.classList].filter((name) => !/^(htmx|is)-/.test(name));
  const kind = [element.tagName, ...names.map(CSS.escape)].join(".");
  return {
    element,
    row: row?.id ? `#${CSS.escape(row.id)}` : row ? `[data-href="${CSS.escape(row.dataset.href)}"]` : "",
    at: row ? rows().indexOf(row) : -1,
    isRow: row === element,
    id: element.id,
    kind,
    among: [...document.querySelectorAll(kind)].indexOf(element),
  };
}

function rows() {
  return [...document.querySelectorAll("[data-href]")].filter((row) => row.checkVisibility());
}

function restore() {
  const was = place;
  place = null;
  if (!was || document.activeElement !== document.body) return;
  // What took the place of a finished row is the next one; behind the last one it is the one before.
  const row = (was.row && document.querySelector(was.row)) || (was.at >= 0 && rows()[Math.min(was.at, rows().length - 1)]);
  const alike = [...document.querySelectorAll(was.kind)];
  const same = (was.id && document.getElementById(was.id)) || (was.row ? row : alike[Math.min(was.among, alike.length - 1)]);
  (same || rows()[0] || document.getElementById("main"))?.focus({ preventScroll: !was.isRow });
}
