// A masked value shows itself for thirty seconds after its reader has said why.
import { on, say } from "./dom.js";
import { toast } from "./toasts.js";

const SECONDS = 30;

on("submit", "[data-reveal]", async (event, form) => {
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } });
  const text = await answer.text();
  form.hidePopover();
  form.reset();
  if (answer.ok) {
    show(form.closest("[data-masked]"), text.trim());
  } else {
    const refusal = new DOMParser().parseFromString(text, "text/html").querySelector("[data-refusal]");
    toast({ text: refusal?.textContent.replace(/\s+/g, " ").trim() || say("failed"), tone: "late", stays: true });
  }
});

function show(element, plain) {
  const value = element.querySelector("[data-masked-value]");
  const masked = value.textContent;
  value.textContent = plain;
  element.classList.add("is-shown");
  setTimeout(() => {
    value.textContent = masked;
    element.classList.remove("is-shown");
  }, SECONDS * 1000);
}
