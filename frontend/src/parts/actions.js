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

// The page is left by the first submit; a double click must not send a second one.
on("submit", "form[data-once]", (event, form) => {
  if (event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  setTimeout(() => delete form.dataset.sent, 8000);
});

on("click", "[aria-disabled='true']", (event) => event.preventDefault());

// A click on the backdrop closes a dialog that asks nothing.
on("click", "dialog#keys, dialog#palette", (event, dialog) => {
  if (event.target === dialog) dialog.close();
});
