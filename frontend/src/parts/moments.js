// A moment in one press: tomorrow, in three days, in a week, at ten in the morning.
import { on } from "./dom.js";

/** Write the moment so many days ahead into an input of date and time. */
export function setAhead(input, days) {
  const day = new Date(Date.now() + days * 86400000);
  const pad = (number) => String(number).padStart(2, "0");
  input.value = `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}T10:00`;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

on("click", "[data-ahead]", (_, button) => {
  setAhead(button.closest(".field").querySelector("input"), Number(button.dataset.ahead));
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", other === button);
});
