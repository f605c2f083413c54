// The songs, and which of them are with the service. Knows nothing of how they are shown.

import { time } from "./format.js";
import { reachable } from "./service.js";
import { tokenGiven } from "./token.js";
import { send } from "./upload.js";

/** @typedef {import("./types").Song} Song */
/** @typedef {import("./types").Answer} Answer */
/** @typedef {import("./types").Reply} Reply */

/** Songs that are sent at the same time: one is sent while another is heard. */
const AT_ONCE = 2;
/** Songs whose pictures are kept; others are asked for again when they are opened. */
const KEPT = 6;
/** Seconds until a service that did not say how long is asked again, and until one that is gone is looked for. */
const PATIENCE = 2;
/** How often a song may break the connection of a service that is there. */
const BREAKS = 2;

/** Songs in the page. Tells of a change to one with the event "song", whose detail is the song. */
export class Queue extends EventTarget {
  constructor() {
    super();
    /** @type {Song[]} */
    this.songs = [];
    /** @type {Song | null} the one that is looked at: it goes first, and with its pictures */
    this.open = null;
    /** @type {Map<Song, AbortController>} */
    this.running = new Map();
    /** @type {Map<Song, Answer>} the last ones looked at, latest last */
    this.pictures = new Map();
    /** @type {Map<Song, number>} */
    this.broken = new Map();
    this.resting = false;
    this.next = 1;
  }

  /**
   * Adds files at the end.
   * @param {import("./types").Found[]} found
   */
  add(found) {
    const songs = found.map(({ file, path }) => this.made(file, path));
    this.songs.push(...songs);
    this.open ??= songs[0] ?? null;
    songs.forEach((song) => this.changed(song));
    this.pump();
  }

  /**
   * @param {File} file
   * @param {string} path
   * @returns {Song}
   */
  made(file, path) {
    const [id, name] = [this.next++, file.name.normalize("NFC")];
    const blank = { part: null, answer: null, refusal: null, trouble: "" };
    return { id, file, name, path, state: "waiting", note: "waiting", pictures: "none", ...blank };
  }

  /**
   * Looks at a song: its pictures are asked for if they are not here.
   * @param {Song | null} song
   */
  look(song) {
    const before = this.open;
    this.open = song;
    if (song !== null && song.pictures === "failed") song.pictures = "none";
    const kept = song === null ? undefined : this.pictures.get(song);
    if (song !== null && kept !== undefined) this.keep(song, kept);
    if (before !== null) this.changed(before);
    if (song !== null) this.changed(song);
    this.pump();
  }

  /**
   * A song's answer with its pictures, if they are here.
   * @param {Song} song
   */
  pictured(song) {
    return this.pictures.get(song) ?? null;
  }

  /** @param {Song} song */
  cancel(song) {
    if (!unfinished(song)) return;
    this.set(song, { state: "cancelled", part: null, note: "cancelled", pictures: "none" });
    this.running.get(song)?.abort();
    this.pump();
  }

  /** Cancels every song that is not done. */
  cancelAll() {
    this.songs.filter(unfinished).forEach((song) => this.cancel(song));
  }

  /** @param {Song} song */
  retry(song) {
    if (song.state !== "failed" && song.state !== "cancelled") return;
    this.broken.delete(song);
    this.set(song, { state: "waiting", part: null, note: "waiting", refusal: null, trouble: "", pictures: "none" });
    this.pump();
  }

  /** @param {Song} song */
  remove(song) {
    this.cancel(song);
    this.running.get(song)?.abort();
    this.songs = this.songs.filter((other) => other !== song);
    this.pictures.delete(song);
    this.broken.delete(song);
    if (this.open === song) this.open = null;
    this.changed(song);
  }

  /** Sends what may be sent. */
  pump() {
    while (!this.resting && this.running.size < AT_ONCE) {
      const song = this.due();
      if (song === null) return;
      void this.run(song);
    }
  }

  /** @returns {Song | null} the song whose turn it is */
  due() {
    const { open } = this;
    const free = (/** @type {Song} */ song) => !this.running.has(song);
    if (open !== null && free(open) && (pending(open) || (open.state === "heard" && open.pictures === "none")))
      return open;
    return this.songs.find((song) => free(song) && pending(song)) ?? null;
  }

  /** @param {Song} song */
  async run(song) {
    const control = new AbortController();
    const what = song === this.open ? "pictures" : "answer";
    const again = song.state === "heard";
    this.running.set(song, control);
    if (what === "pictures") song.pictures = "coming";
    this.set(song, again ? { part: 0 } : { state: "sending", part: 0, note: "sending" });
    const reply = await send(song.file, what, this.reports(song, again, control.signal), control.signal);
    this.running.delete(song);
    if (!control.signal.aborted) await this.settle(song, what, again, reply);
    this.pump();
  }

  /**
   * What the page is told while a song is with the service.
   * @param {Song} song
   * @param {boolean} again whether it was heard before, and only its pictures are missing
   * @param {AbortSignal} signal
   * @returns {import("./upload.js").Heard}
   */
  reports(song, again, signal) {
    const tell = (/** @type {Partial<Song>} */ change) => {
      if (!signal.aborted) this.set(song, again ? { part: change.part ?? null } : change);
    };
    return {
      sent: (part) => {
        const told = part < 1 ? `sending, ${Math.floor(100 * part)}\u00a0%` : "sent";
        if (song.state === "sending" || again) tell({ part, note: told });
      },
      queued: (ahead) =>
        tell({ state: "queued", part: null, note: ahead > 0 ? `waiting, ${ahead} ahead` : "its turn" }),
      progress: ({ seconds, total_seconds: total }) => {
        const part = total ? Math.min(1, seconds / total) : null;
        tell({ state: "listening", part, note: `heard ${time(seconds)}${total ? ` of ${time(total)}` : ""}` });
      },
    };
  }

  /**
   * What becomes of a song after a reply.
   * @param {Song} song
   * @param {"answer" | "pictures"} what
   * @param {boolean} again
   * @param {Reply} reply
   */
  async settle(song, what, again, reply) {
    if (reply.kind === "answer") return this.heard(song, what, reply.answer);
    if (reply.kind === "refused" && reply.status === 401 && (await tokenGiven())) return this.back(song, again);
    if (reply.kind === "refused" && (reply.status === 503 || reply.status === 429)) {
      const seconds = Math.max(1, reply.retryAfter ?? PATIENCE);
      return this.rest(song, again, seconds, `the service is busy, again in ${seconds}\u00a0s`);
    }
    if (reply.kind === "refused") return this.failed(song, again, reply.refusal);
    return this.lost(song, again);
  }

  /**
   * @param {Song} song
   * @param {"answer" | "pictures"} what
   * @param {Answer} answer
   */
  heard(song, what, answer) {
    const { spectrogram, explanation, ...rest } = answer;
    if (what === "pictures") this.keep(song, { ...rest, spectrogram, explanation });
    const pictures = what === "pictures" ? "here" : "none";
    const fresh = song.state !== "heard";
    this.set(song, { state: "heard", part: null, note: "heard", answer: rest, pictures });
    if (fresh) this.dispatchEvent(new CustomEvent("done", { detail: song }));
  }

  /**
   * @param {Song} song
   * @param {Answer} answer
   */
  keep(song, answer) {
    this.pictures.delete(song);
    this.pictures.set(song, answer);
    for (const old of this.pictures.keys()) {
      if (this.pictures.size <= KEPT) return;
      this.pictures.delete(old);
      old.pictures = "none";
    }
  }

  /**
   * @param {Song} song
   * @param {boolean} again
   * @param {import("./types").Refusal} refusal
   */
  failed(song, again, refusal) {
    if (again) return this.set(song, { part: null, pictures: "failed", trouble: refusal.error });
    this.set(song, { state: "failed", part: null, note: "failed", refusal, pictures: "none" });
    this.dispatchEvent(new CustomEvent("done", { detail: song }));
  }

  /**
   * The connection broke: because the service is gone, which passes, or because of this song.
   * @param {Song} song
   * @param {boolean} again
   */
  async lost(song, again) {
    if (!(await reachable())) return this.rest(song, again, PATIENCE, "no answer from the service, asking again");
    const times = (this.broken.get(song) ?? 0) + 1;
    this.broken.set(song, times);
    if (times < BREAKS) return this.rest(song, again, 1, "the connection broke off, asking again");
    const error =
      "The service broke the connection off: the file may be larger than it takes, or was changed meanwhile.";
    this.failed(song, again, { error, kind: "connection" });
  }

  /**
   * Puts a song back and asks nothing for a while.
   * @param {Song} song
   * @param {boolean} again
   * @param {number} seconds
   * @param {string} note
   */
  rest(song, again, seconds, note) {
    this.back(song, again, note);
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      this.pump();
    }, 1000 * seconds);
  }

  /**
   * @param {Song} song
   * @param {boolean} again
   * @param {string} [note]
   */
  back(song, again, note = "waiting") {
    if (song.state === "cancelled") return;
    const state = note === "waiting" ? "waiting" : "busy";
    this.set(song, again ? { part: null, pictures: "none" } : { state, part: null, note, pictures: "none" });
  }

  /**
   * @param {Song} song
   * @param {Partial<Song>} change
   */
  set(song, change) {
    Object.assign(song, change);
    this.changed(song);
  }

  /** @param {Song} song */
  changed(song) {
    this.dispatchEvent(new CustomEvent("song", { detail: song }));
  }

  /** How many songs are in which state. */
  counts() {
    const counts = { all: this.songs.length, heard: 0, unsure: 0, failed: 0, cancelled: 0, left: 0 };
    for (const song of this.songs) {
      if (song.state === "heard") counts.heard++;
      if (song.answer?.unsure) counts.unsure++;
      if (song.state === "failed") counts.failed++;
      if (song.state === "cancelled") counts.cancelled++;
      if (unfinished(song)) counts.left++;
    }
    return counts;
  }
}

/** @param {Song} song */
export function unfinished(song) {
  return song.state !== "heard" && song.state !== "failed" && song.state !== "cancelled";
}

/** @param {Song} song */
function pending(song) {
  return song.state === "waiting" || song.state === "busy";
}

/**
 * Reads the song out of a queue's event.
 * @param {Event} event
 * @returns {Song}
 */
export function songOf(event) {
  return /** @type {CustomEvent<Song>} */ (event).detail;
}
