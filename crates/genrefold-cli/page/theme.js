// Light, dark, or as the system has it.

import { append, icon } from "./dom.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const KEY = "genrefold.theme";
/** @type {Theme[]} */
const ORDER = ["system", "light", "dark"];

/**
 * Makes a button go through the three, and remembers the choice.
 * @param {HTMLElement} button
 */
export function themed(button) {
  let theme = remembered();
  const show = () => {
    document.documentElement.dataset.theme = theme;
    button.replaceChildren();
    append(button, icon(theme));
    const label = `Colours: ${theme === "system" ? "as the system has them" : theme}`;
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
    remember(theme);
    show();
  });
  show();
}

/** @returns {Theme} */
function remembered() {
  try {
    const kept = localStorage.getItem(KEY);
    return ORDER.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system";
  }
}

/** @param {Theme} theme */
function remember(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing shows the system's colours next time.
  }
}
