// Sending one song to the service, and reading what it says while it listens.
//
// An XMLHttpRequest, not fetch: it alone tells how much of a body has been sent, and it gives the answer's text as it
// comes as well.

import { EventReader, parsed } from "./events.js";

/** @typedef {import("./types").Reply} Reply */
/** @typedef {import("./types").Refusal} Refusal */

/**
 * @typedef {object} Heard what the sender is told meanwhile
 * @property {(part: number) => void} sent how much of the file is sent, 0 to 1
 * @property {(ahead: number) => void} queued how many songs the service hears first
 * @property {(progress: import("./types").Progress) => void} progress how far it has listened
 */

/** How much of an answer is asked for. */
const QUERY = { answer: "full=true&timeline=true", pictures: "full=true&timeline=true&spectrogram=true&explain=true" };

/**
 * Sends a file and waits for its answer. Where `signal` ends it, the reply is "unreachable" and means nothing.
 * @param {File} file
 * @param {keyof typeof QUERY} what
 * @param {Heard} heard
 * @param {AbortSignal} signal
 * @returns {Promise<Reply>}
 */
export function send(file, what, heard, signal) {
  const request = new XMLHttpRequest();
  /** @type {Reply | null} */
  let reply = null;
  const reader = new EventReader((event, data) => {
    if (event === "queued") heard.queued(Number(data.ahead) || 0);
    else if (event === "progress") heard.progress(data);
    else if (event === "answer") reply = { kind: "answer", answer: data };
    else if (event === "error") reply = refused(Number(data.status) || 500, data, request);
  });
  let read = 0;
  const more = () => {
    if (request.status !== 200) return;
    reader.take(request.responseText.slice(read));
    read = request.responseText.length;
  };
  request.open("POST", `/v1/classify?${QUERY[what]}`);
  request.setRequestHeader("Accept", "text/event-stream");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => heard.sent(event.total > 0 ? event.loaded / event.total : 1));
  request.addEventListener("progress", more);
  const stop = () => request.abort();
  signal.addEventListener("abort", stop);
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => {
      signal.removeEventListener("abort", stop);
      more();
      resolve(
        reply ??
          (request.status >= 400
            ? refused(request.status, parsed(request.responseText), request)
            : { kind: "unreachable" }),
      );
    });
    request.send(file);
  });
}

/**
 * @param {number} status
 * @param {any} body
 * @param {XMLHttpRequest} request
 * @returns {Reply}
 */
function refused(status, body, request) {
  const known = typeof body?.error === "string";
  const refusal = known
    ? { error: body.error, kind: String(body.kind ?? "") }
    : { error: `The service answers with status ${status}.`, kind: "status" };
  const seconds = Number.parseInt(request.getResponseHeader("Retry-After") ?? "", 10);
  return { kind: "refused", status, refusal, retryAfter: Number.isFinite(seconds) ? seconds : null };
}
