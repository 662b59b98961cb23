// Forms that ask first, and forms that must not be sent twice.
import { on } from "./dom.js";

const agreed = new WeakSet();

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || agreed.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await ask(form.dataset)) {
      agreed.add(form);
      form.requestSubmit(event.submitter ?? undefined);
      agreed.delete(form);
    }
  },
  true,
);

function ask({ confirm, confirmText, confirmVerb }) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-title").textContent = confirm;
  document.getElementById("confirm-text").textContent = confirmText ?? "";
  document.getElementById("confirm-yes").textContent = confirmVerb ?? "";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

// A double click must not send a second time. Capturing, so that it stands before htmx and after the question above.
on(
  "submit",
  "form[data-once]",
  (event, form) => {
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  },
  true,
);
document.addEventListener("htmx:finally:request", (event) => delete event.target.dataset?.sent);
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

on("click", "[aria-disabled='true']", (event) => event.preventDefault());

// A click on the backdrop closes a dialog that asks nothing.
on("click", "dialog#keys, dialog#palette", (event, dialog) => {
  if (event.target === dialog) dialog.close();
});
