// Asking the service: JSON, and the token where it wants one.

import { tokenGiven } from "./token.js";

/** An answer that is none: the service's words, or that it cannot be reached. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 where there was no answer at all
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const UNREACHABLE = "The service does not answer. Is it still running? Start it again, then try once more.";

/**
 * What stands at an address. A service that wants a token gets it from the person in between.
 * @param {string} address
 * @returns {Promise<any>}
 */
export async function ask(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (response === null) throw new ServiceError(UNREACHABLE, 0);
  if (response.status === 401 && (await tokenGiven())) return ask(address);
  if (!response.ok) throw new ServiceError(await words(response), response.status);
  return response.json();
}

/** Whether the service is there at all. */
export async function reachable() {
  const response = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  return response !== null && response.ok;
}

/**
 * Why there is no answer, in the service's own words where it gives some.
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function words(response) {
  const refusal = await response.json().catch(() => null);
  return typeof refusal?.error === "string" ? refusal.error : `The service answers with status ${response.status}.`;
}
