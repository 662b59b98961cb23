// Small helpers of all parts.

const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** Return the sentence of a key with %(name)s filled in. */
export function say(key, values = {}) {
  return (words[key] ?? "").replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

/** Run the handler for events on elements, present or future, that match the selector. */
export function on(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target.closest?.(selector);
      if (element) handler(event, element);
    },
    options,
  );
}

/** Tell whether the key belongs to somebody who is writing, an input method included. */
export function isTyping(event) {
  if (event.isComposing || event.keyCode === 229) return true;
  const element = event.target;
  return element.isContentEditable || element.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
}

/** Put the focus where filling in a form begins: where the markup says so, else on its first field. */
export function begin(form) {
  (form.querySelector("[data-first]") ?? form.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
}

/** Keep a choice for a year, readable by the server when it draws the page. */
export function remember(name, value) {
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;max-age=${value ? 31536000 : 0};samesite=lax${secure}`;
}

/** Return the anti-forgery token that the page carries. */
export function token() {
  return JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRFToken"] ?? "";
}

/** Make an element with classes, attributes and text. */
export function make(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name === "className" ? "class" : name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** Draw an icon of the sprite. */
export function drawIcon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.documentElement.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}
