// Small PNG files: 256 colours are enough for a picture of a page, and take a third of the space.

import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";

const COLOURS = 256;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A PNG file with a palette.
 * @param {number} width
 * @param {number} height
 * @param {Buffer} pixels red, green, blue and an unused byte each, row by row
 */
export function png(width, height, pixels) {
  const { palette, place } = reduced(pixels);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + x + 1] = place.get(bucket(pixels, 4 * (y * width + x))) ?? 0;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const parts = [
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(palette.flat())),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([SIGNATURE, ...parts]);
}

/**
 * Colours that are nearly the same.
 * @param {Buffer} pixels
 * @param {number} at
 */
function bucket(pixels, at) {
  return ((pixels[at] >> 3) << 10) | ((pixels[at + 1] >> 3) << 5) | (pixels[at + 2] >> 3);
}

/**
 * The commonest colours, and which of them stands for each bucket.
 * @param {Buffer} pixels
 */
function reduced(pixels) {
  /** @type {Map<number, Map<number, number>>} exact colours of each bucket and how often they occur */
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 4) {
    const [key, exact] = [bucket(pixels, at), pixels.readUInt32BE(at) >>> 8];
    const inside = counts.get(key) ?? new Map();
    inside.set(exact, (inside.get(exact) ?? 0) + 1);
    counts.set(key, inside);
  }
  const buckets = [...counts].map(([key, inside]) => {
    const [[exact]] = [...inside].sort(([, one], [, other]) => other - one);
    const all = [...inside.values()].reduce((sum, count) => sum + count, 0);
    return { key, all, colour: [exact >> 16, (exact >> 8) & 255, exact & 255] };
  });
  buckets.sort((one, other) => other.all - one.all);
  const palette = buckets.slice(0, COLOURS).map(({ colour }) => colour);
  const place = new Map(buckets.map(({ key, colour }, at) => [key, at < COLOURS ? at : nearest(palette, colour)]));
  return { palette, place };
}

/**
 * @param {number[][]} palette
 * @param {number[]} colour
 */
function nearest(palette, colour) {
  const apart = palette.map((other) => other.reduce((sum, value, part) => sum + (value - colour[part]) ** 2, 0));
  return apart.indexOf(Math.min(...apart));
}

/**
 * @param {string} name
 * @param {Buffer} data
 */
function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
