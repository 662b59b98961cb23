// What htmx requests look like while they run and when they fail.
import { say } from "./dom.js";
import { toast } from "./toasts.js";

const busy = document.getElementById("busy");
const running = new Set();

function show() {
  busy?.classList.toggle("is-on", running.size > 0);
}
document.addEventListener("htmx:before:request", (event) => {
  running.add(event.detail.ctx);
  show();
});
document.addEventListener("htmx:finally:request", (event) => {
  running.delete(event.detail.ctx);
  show();
});

// A form that brings another page ends what is only being read: its answer would write the address of the page that is
// left. On the window, because htmx and every part that answers in place have then said that the page stays.
addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.getAttribute("method") === "dialog") return;
  for (const { request } of running) if (request.method === "GET") request.abort();
});

// A refusal is told in a toast and leaves the page as it is; a form with errors (422) is swapped like any answer.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 0;
  if (status < 400) return;
  if (status === 401) {
    ctx.swap = "none";
    toast({ text: say("expired"), tone: "warn", stays: true });
    return;
  }
  const refusal = new DOMParser().parseFromString(ctx.text ?? "", "text/html").querySelector("[data-refusal]");
  if (refusal || status !== 422) {
    ctx.swap = "none";
    toast({ text: refusal?.textContent.replace(/\s+/g, " ").trim() || say("failed"), tone: "late", stays: true });
  }
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx) toast({ text: say("offline"), tone: "late", stays: true });
});
