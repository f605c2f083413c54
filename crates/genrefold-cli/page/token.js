// The dialog that asks for the service's token. It becomes a cookie that no script can read, and is kept nowhere else.

import { element } from "./dom.js";

/** @type {Promise<boolean> | null} */
let asking = null;

/**
 * Asks once, however many requests want it at the same time.
 * @returns {Promise<boolean>} whether the service took it; false where the person gave up
 */
export function tokenGiven() {
  asking ??= asked().finally(() => (asking = null));
  return asking;
}

/** @returns {Promise<boolean>} */
function asked() {
  const field = element("input", {
    id: "token",
    type: "password",
    autocomplete: "off",
    required: true,
    spellcheck: "false",
  });
  const wrong = element("p", { class: "trouble", role: "alert" });
  const cancel = element("button", { type: "button", class: "quiet" }, "Cancel");
  const form = element(
    "form",
    {},
    element("h2", { id: "token-title" }, "This service asks for a token"),
    element("p", {}, "Whoever started the service has given it one, and can tell it."),
    element("label", { for: "token" }, "Token"),
    field,
    wrong,
    element("div", { class: "buttons" }, element("button", { class: "main" }, "Go on"), cancel),
  );
  const dialog = element("dialog", { "aria-labelledby": "token-title", class: "token" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let taken = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      wrong.textContent = (await refused(field.value)) ?? "";
      taken = wrong.textContent === "";
      if (taken) dialog.close();
      else field.select();
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(taken);
    });
  });
}

/**
 * Gives the token to the service.
 * @param {string} token
 * @returns {Promise<string | null>} why it was not taken; null if it was
 */
async function refused(token) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch("/v1/session", { method: "POST", headers, body: JSON.stringify({ token }) }).catch(
    () => null,
  );
  if (response === null) return "The service does not answer. Is it still running?";
  if (response.ok) return null;
  const refusal = await response.json().catch(() => null);
  return typeof refusal?.error === "string" ? refusal.error : "That is not the token.";
}
