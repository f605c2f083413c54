"""Writes the songs that everything is measured on: make_songs.py OUT [--from FOLDER].

Eight songs of 30 s, synthesised or taken evenly from a folder of real ones, each as 44.1 kHz stereo wav, mp3 and flac
and as 22.05 kHz mono wav, in OUT/wav, OUT/mp3, OUT/flac and OUT/mono; and the mp3s one after the other, over and over,
as long songs in OUT/long.
"""
import argparse
from pathlib import Path

import numpy as np
import soundfile
import soxr

SONGS, RATE, SECONDS = 8, 44_100, 30
HALF_RATE = RATE // 2
LONG = {"3min": 180, "30min": 1_800, "3h": 10_800}
AUDIO = {".aac", ".aif", ".aiff", ".au", ".flac", ".mp3", ".ogg", ".opus", ".wav"}
MP3_KBIT = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]  # MPEG-1 layer III
MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": 0.45}


def synthesised(number: int) -> np.ndarray:
    """Chords, a beat and noise: [samples, 2], another tempo and key for each number."""
    random = np.random.default_rng(number)
    time = np.arange(RATE * SECONDS) / RATE
    beat = 60 / random.uniform(80, 150)
    root = 55 * 2 ** (random.integers(12) / 12)
    bar = (time // (4 * beat)).astype(int)
    steps = random.choice([0, 3, 5, 7, 8, 10], bar.max() + 1)[bar]
    sides = [chord(time, root * 2 ** (steps / 12), random) for _ in range(2)]
    drums = drum(time % beat, random) + 0.5 * drum((time + beat / 2) % beat, random)
    sound = np.stack(sides, axis=1) + drums[:, None] + 0.01 * random.standard_normal((len(time), 2))
    return (0.8 * sound / np.abs(sound).max()).astype(np.float32)


def chord(time: np.ndarray, root: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Three notes with eight harmonics each."""
    phase = 2 * np.pi * np.cumsum(root) / RATE
    sound = np.zeros_like(time)
    for interval in (2, 2.5, 3):
        for harmonic in range(1, 9):
            sound += np.sin(interval * harmonic * phase + random.uniform(0, 6)) * random.uniform(0.3, 1) / harmonic
    return 0.2 * sound


def drum(since: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A low thud and a burst of noise, `since` seconds after each stroke."""
    thud = np.sin(2 * np.pi * 60 * since) * np.exp(-since * 12)
    return thud + 0.4 * random.standard_normal(len(since)) * np.exp(-since * 40)


def real(folder: Path) -> list[np.ndarray]:
    """Songs taken evenly from a folder, so that its genres are all there: their first 30 s, in stereo."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in AUDIO)
    if not files:
        raise SystemExit(f"{folder}: no songs; expected files that end in {', '.join(sorted(AUDIO))}")
    chosen = [files[number * len(files) // SONGS] for number in range(SONGS)]
    return [stereo(*soundfile.read(file, dtype="float32", always_2d=True)) for file in chosen]


def stereo(sound: np.ndarray, rate: int) -> np.ndarray:
    sound = soxr.resample(sound[: rate * SECONDS], rate, RATE)
    return np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2]


def write(sound: np.ndarray, name: str, out: Path) -> None:
    """One song in every format."""
    soundfile.write(out / "wav" / f"{name}.wav", sound, RATE, subtype="PCM_16")
    soundfile.write(out / "flac" / f"{name}.flac", sound, RATE, subtype="PCM_16")
    soundfile.write(out / "mp3" / f"{name}.mp3", sound, RATE, **MP3)
    mono = soxr.resample(sound.mean(axis=1), RATE, HALF_RATE)
    soundfile.write(out / "mono" / f"{name}.wav", mono, HALF_RATE, subtype="PCM_16")


def write_long(out: Path) -> None:
    """Long songs: frames of mp3 may simply follow each other."""
    songs = [frames(file.read_bytes()) for file in sorted((out / "mp3").iterdir())]
    for name, seconds in LONG.items():
        with (out / "long" / f"{name}.mp3").open("wb") as file:
            for number in range(seconds // SECONDS):
                file.write(songs[number % len(songs)])


def frames(mp3: bytes) -> bytes:
    """The file without the first frame that only tells its length, which would be wrong of a longer one."""
    if mp3[:2] not in (b"\xff\xfb", b"\xff\xfa"):
        raise SystemExit("libsndfile wrote an mp3 that does not begin with a frame of MPEG-1 layer III")
    kbit, padding = MP3_KBIT[mp3[2] >> 4], mp3[2] >> 1 & 1
    length = 144_000 * kbit // RATE + padding
    tells_length = b"Info" in mp3[:length] or b"Xing" in mp3[:length]
    return mp3[length:] if tells_length else mp3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--from", dest="folder", type=Path)
    options = parser.parse_args()
    for format in ("wav", "flac", "mp3", "mono", "long"):
        (options.out / format).mkdir(parents=True, exist_ok=True)
    sounds = real(options.folder) if options.folder else (synthesised(number) for number in range(SONGS))
    for number, sound in enumerate(sounds):
        write(sound, f"{number}", options.out)
    write_long(options.out)


if __name__ == "__main__":
    main()
