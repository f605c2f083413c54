// Making elements. Text is only ever set as text, never as markup: a file may be called anything.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string | number | Node | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | EventListener | undefined>} Properties */

/**
 * An element. Properties that begin with `on` are listeners; `true` is an empty attribute, `false` none.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/**
 * An element of a drawing.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function drawn(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

/**
 * @template {Element} T
 * @param {T} made
 * @param {Properties} properties
 * @param {Child[]} children
 * @returns {T}
 */
function filled(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
  }
  append(made, ...children);
  return made;
}

/**
 * Appends what is there of the children.
 * @param {Element} parent
 * @param {...Child} children
 */
export function append(parent, ...children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * A text that may run either way and that must not disturb its neighbours: a file's name.
 * @param {string} text
 * @param {Properties} [properties]
 */
export function name(text, properties = {}) {
  return element("bdi", { dir: "auto", ...properties }, text);
}

/**
 * A small picture from the page's own set; says nothing to screen readers.
 * @param {keyof typeof ICONS} which
 */
export function icon(which) {
  const path = drawn("path", { d: ICONS[which] });
  return drawn("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" }, path);
}

const ICONS = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6 10.6 12 5 6.4z",
  again: "M12 5V1.8L7 6.2l5 4.4V7.2a5 5 0 1 1-4.8 6.4H5A7.1 7.1 0 1 0 12 5z",
  sound:
    "M4 9.5v5h3.4L12 19V5L7.4 9.5zM14 8.2v7.6a4.3 4.3 0 0 0 0-7.6zm0-3.9v2.1a6 6 0 0 1 0 11.2v2.1a8 8 0 0 0 0-15.4z",
  drop: "M11 15.5V7.6L8.2 10.4 6.8 9 12 3.8 17.2 9l-1.4 1.4L13 7.6v7.9zM4.5 14.5h2v4h11v-4h2v6h-15z",
  down: "M11 4h2v8l2.9-2.9 1.4 1.4L12 15.8l-5.3-5.3 1.4-1.4L11 12zM4.5 18.5h15v2h-15z",
  light:
    "M12 7.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zM11 1.8h2v3h-2zm0 17.4h2v3h-2zM1.8 11h3v2h-3zm17.4 0h3v2h-3z" +
    "M4 5.4 5.4 4l2.2 2.2-1.4 1.4zm12.4 12.4 1.4-1.4L20 18.6 18.6 20z" +
    "M4 18.6l2.2-2.2 1.4 1.4L5.4 20zM16.4 6.2 18.6 4 20 5.4l-2.2 2.2z",
  dark: "M12.6 3a9 9 0 1 0 8.4 11.6A7.4 7.4 0 0 1 12.6 3z",
  system: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 1 0-14z",
};
