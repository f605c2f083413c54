// What the page knows of the service's models: asked once.

import { ask } from "./service.js";

/** @typedef {import("./types").Model} Model */

/** @type {Promise<Model[]> | null} */
let asked = null;

/**
 * The models that the service judges with, the one that it uses first.
 * @returns {Promise<Model[]>}
 */
export function models() {
  asked ??= ask("/v1/models").catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}
