// Server-sent events, read from text as it arrives.

/** Cuts a growing text into events. */
export class EventReader {
  /** @param {(event: string, data: any) => void} on called for each event whose data is JSON */
  constructor(on) {
    this.on = on;
    this.rest = "";
  }

  /**
   * Takes the next piece of the text.
   * @param {string} piece
   */
  take(piece) {
    const parts = (this.rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = parts.pop() ?? "";
    parts.forEach((part) => this.one(part));
  }

  /** @param {string} text */
  one(text) {
    let event = "message";
    const data = [];
    for (const line of text.split("\n")) {
      const colon = line.indexOf(":");
      if (colon < 1) continue;
      const value = line.slice(colon + 1).replace(/^ /, "");
      if (line.startsWith("event:")) event = value;
      if (line.startsWith("data:")) data.push(value);
    }
    const read = parsed(data.join("\n"));
    if (read !== undefined) this.on(event, read);
  }
}

/**
 * JSON, or undefined where it is none.
 * @param {string} text
 */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
