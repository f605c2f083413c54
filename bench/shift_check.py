#!/usr/bin/env python3
"""Ten milliseconds of silence in front of a song: how far do its probabilities move?

    bench/shift_check.py GENREFOLD SONG... [--model MODEL]

Needs ffmpeg, which decodes the songs to 16 kHz and puts the silence in front. Exit code 1 if a song gets another genre.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SILENCE_MS = 10


def decoded(song, path, *more):
    words = ["ffmpeg", "-v", "error", "-y", "-i", song, "-ar", "16000", "-ac", "1", *more, "-c:a", "pcm_f32le", path]
    subprocess.run(words, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("songs", nargs="+")
    parser.add_argument("--model")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(Path(folder) / f"{number}.wav", Path(folder) / f"{number} later.wav") for number in range(len(args.songs))]
        for song, (plain, later) in zip(args.songs, pairs):
            decoded(song, plain)
            decoded(song, later, "-af", f"adelay={SILENCE_MS}:all=1")
        words = [args.binary, "classify", "--json", *(["--model", args.model] if args.model else [])]
        said = subprocess.run([*words, *[path for pair in pairs for path in pair]], capture_output=True, text=True)
    answers = {Path(answer["file"]).name: answer for answer in map(json.loads, said.stdout.splitlines())}
    both = [(answers[plain.name], answers[later.name]) for plain, later in pairs]
    moved = [max(abs(one["genres"][genre] - other["genres"][genre]) for genre in one["genres"]) for one, other in both]
    other = sum(one["genre"] != later["genre"] for one, later in both)
    print(f"{len(moved)} songs: a probability moves by {sum(moved) / len(moved):.3f} in the mean, {max(moved):.3f} at most; "
          f"{other} get another genre")
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
