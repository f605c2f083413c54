// The table as files: CSV for spreadsheets, JSON for programs. Columns and fields are those of `genrefold classify`.

/** @typedef {import("./types").Song} Song */

/** Spreadsheets take UTF-8 for what it is only behind this mark. */
const MARK = "\uFEFF";
/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * RFC 4180, with a row for each song that has an answer or an error.
 * @param {Song[]} songs
 * @param {string[]} genres
 */
export function csv(songs, genres) {
  const header = ["file", "genre", "probability", "unsure", "seconds", "clips", "faults", ...genres, "error"];
  const rows = songs.filter(settled).map((song) => {
    const { answer } = song;
    const told =
      answer === null
        ? Array(header.length - 2).fill("")
        : [
            answer.genre,
            answer.probability,
            answer.unsure,
            answer.seconds,
            answer.clips,
            answer.faults,
            ...genres.map((genre) => answer.genres[genre] ?? ""),
          ];
    return [song.path, ...told, song.refusal?.error ?? ""];
  });
  return MARK + [header, ...rows].map((row) => row.map(field).join(",") + "\r\n").join("");
}

/**
 * A field that is read as what it is: a text that would be a formula gets an apostrophe before it.
 * @param {string | number | boolean} value
 */
function field(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * An array with an object for each song that has an answer or an error.
 * @param {Song[]} songs
 */
export function json(songs) {
  const told = songs.filter(settled).map((song) => ({ file: song.path, ...(song.answer ?? song.refusal) }));
  return JSON.stringify(told, null, 2) + "\n";
}

/** @param {Song} song */
function settled(song) {
  return song.answer !== null || song.refusal !== null;
}

/**
 * Gives the person a file.
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has opened the blob by then; without this it would stay for as long as the page.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
