// Songs for the tests, synthesised: the same bytes every time, and nobody's music.

import { Buffer } from "node:buffer";

/** @typedef {(second: number) => number} Loudness */

const RATE = 22050;

/**
 * A WAV file of these samples, -1 to 1.
 * @param {Float32Array} samples
 */
export function wav(samples) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(2 * RATE, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((value, at) => bytes.writeInt16LE(Math.round(32000 * Math.max(-1, Math.min(1, value))), 44 + 2 * at));
  return bytes;
}

/**
 * Chords over a bass, with drums, as loud as `loud` says at each second.
 * @param {{ seconds: number, beat: number, root: number, drums: number, seed: number, loud?: Loudness }} how
 */
export function band({ seconds, beat, root, drums, seed, loud = () => 1 }) {
  const samples = new Float32Array(Math.round(seconds * RATE));
  const steps = [0, 5, 7, 3];
  let noise = seed;
  for (let at = 0; at < samples.length; at++) {
    const second = at / RATE;
    const [bar, within] = [Math.floor(second / (4 * beat)), (second % beat) / beat];
    const base = root * 2 ** ((steps[bar % steps.length] ?? 0) / 12);
    let value = 0.22 * Math.sin(2 * Math.PI * base * second) * (1 - 0.6 * within);
    for (const [third, gain] of [
      [2, 0.1],
      [2.52, 0.08],
      [3, 0.08],
      [4.03, 0.05],
    ]) {
      value +=
        gain *
        Math.sin(2 * Math.PI * base * third * second) *
        (0.6 + 0.4 * Math.cos((2 * Math.PI * second) / (8 * beat)));
    }
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const hit = Math.floor(second / beat) % 2 === 1 ? 1 : 0.35;
    value += drums * hit * (noise / 2 ** 31 - 1) * Math.exp(-14 * within);
    samples[at] = value * loud(second);
  }
  return samples;
}

/** Quiet enough to have no genre for a while. */
const pause = (/** @type {number} */ second) => (second > 11 && second < 22 ? 0 : 1);

/** Three songs whose names are hard: umlauts, Japanese with an emoji, one that runs from right to left. */
export const NAMES = ["Über den Wölkchen.wav", "春の歌 🎵.wav", "أغنية الصباح.wav"];

/** @returns {{ name: string, mimeType: string, buffer: Buffer }[]} */
export function threeSongs() {
  const sounds = [
    band({ seconds: 30, beat: 0.5, root: 110, drums: 0.5, seed: 7, loud: pause }),
    band({ seconds: 12, beat: 0.34, root: 82, drums: 0.9, seed: 11 }),
    band({ seconds: 16, beat: 0.8, root: 196, drums: 0.03, seed: 3 }),
  ];
  return sounds.map((samples, at) => ({ name: NAMES[at] ?? "", mimeType: "audio/wav", buffer: wav(samples) }));
}

/** A song that is heard quickly. */
export function shortSong() {
  return wav(band({ seconds: 6, beat: 0.4, root: 98, drums: 0.4, seed: 5 }));
}

/** The same as Sun audio, which no browser plays. */
export function unplayable() {
  const samples = band({ seconds: 6, beat: 0.4, root: 98, drums: 0.4, seed: 5 });
  const bytes = Buffer.alloc(24 + 2 * samples.length);
  [0x2e736e64, 24, 2 * samples.length, 3, RATE, 1].forEach((word, at) => bytes.writeUInt32BE(word, 4 * at));
  samples.forEach((value, at) => bytes.writeInt16BE(Math.round(32000 * Math.max(-1, Math.min(1, value))), 24 + 2 * at));
  return bytes;
}
