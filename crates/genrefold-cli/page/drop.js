// Files and folders that were dropped or chosen, and which of them are songs by their names.

/** @typedef {import("./types").Found} Found */

/** File name extensions taken for audio, as the program takes them from a folder. */
const AUDIO = new Set(
  "aac adts aif aifc aiff alac au caf flac m4a m4b mka mkv mp1 mp2 mp3 mp4 mpga oga ogg opus snd wav wave webm".split(
    " ",
  ),
);

/** What a file chooser is told to offer. */
export const ACCEPT = ["audio/*", ...[...AUDIO].map((extension) => `.${extension}`)].join(",");

/**
 * Songs and how many other files there were. A file without an extension may be a song.
 * @param {Found[]} found
 */
export function songsAmong(found) {
  const songs = found.filter(({ file }) => {
    const dot = file.name.lastIndexOf(".");
    return dot < 0 || (dot > 0 && AUDIO.has(file.name.slice(dot + 1).toLowerCase()));
  });
  return { songs, passed: found.length - songs.length };
}

/**
 * The files of a chooser.
 * @param {FileList} files
 * @returns {Found[]}
 */
export function chosen(files) {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/**
 * Takes files that are dropped anywhere on the page.
 * @param {(found: Found[]) => void} take
 */
export function droppable(take) {
  const over = (/** @type {boolean} */ is) => document.documentElement.classList.toggle("dropping", is);
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") === true;
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) over(false);
  });
  document.addEventListener("drop", async (event) => {
    if (!holdsFiles(event) || event.dataTransfer === null) return;
    event.preventDefault();
    over(false);
    take(await dropped(event.dataTransfer));
  });
}

/**
 * The files of a drop, folders walked through to the end.
 * @param {DataTransfer} transfer
 * @returns {Promise<Found[]>}
 */
async function dropped(transfer) {
  // The list is emptied as soon as the drop's event is over: everything is taken out before the first wait.
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const taken = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const parts = await Promise.all(
    taken.map(({ entry, file }) => {
      if (entry?.isDirectory) return walked(entry);
      return Promise.resolve(file === null ? [] : [{ file, path: file.name }]);
    }),
  );
  return parts.flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Found[]>}
 */
async function walked(entry) {
  if (entry.isFile) {
    const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
    return file === null ? [] : [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Found[]} */
  const found = [];
  // A reader gives a hundred entries at most, and none when there are no more.
  for (let some = await batch(reader); some.length > 0; some = await batch(reader)) {
    for (const inner of some) found.push(...(await walked(inner)));
  }
  return found.sort((one, other) => one.path.localeCompare(other.path, undefined, { numeric: true }));
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File | null>} null where it cannot be read
 */
function fileOf(entry) {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

/**
 * @param {FileSystemDirectoryReader} reader
 * @returns {Promise<FileSystemEntry[]>} none as well where the folder cannot be read
 */
function batch(reader) {
  return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
}
