#!/usr/bin/env python3
"""A library of many files of odd names, some of them broken, is judged with `genrefold classify --out`, and the program
killed three times in the middle: every file must have one answer, none judged twice, in little memory.

    bench/library_check.py BINARY SONG [SONG...]     FILES=2000 by default
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = int(os.environ.get("FILES", "2000"))
MOST_MB = 400
NAMES = ["a song", "Ünïcödé", "emoji 🎵", "no ending", "two\nlines", 'quote"s', "comma, s", "tab\t", "日本語", "dots..in..it",
         "%percent", "#hash", "&amp;", "-dash", "'apostrophe", "back\\slash", "*", " leading"]
FOLDERS = ["rock", "jazz & blues", "ñandú", "🎶", "a b", "deep"]


def build(folder, songs):
    """The files, and how many of them are broken."""
    draw, broken = random.Random(1), 0
    for number in range(FILES):
        place = folder.joinpath(*[f"{draw.choice(FOLDERS)} {draw.randrange(3)}" for _ in range(draw.randrange(5))])
        place.mkdir(parents=True, exist_ok=True)
        song = songs[number % len(songs)]
        name = f"{draw.choice(NAMES)} {number}"
        path = place / (name if "no ending" in name else name + song.suffix)
        if number % 100 == 50:
            content = [b"", b"no song " * 1000, song.read_bytes()[:300], os.urandom(5000)][broken % 4]
            path = place / (name + song.suffix)
            path.write_bytes(content)
            broken += 1
        else:
            shutil.copy(song, path)
    (folder / "loop").symlink_to(".")
    (folder / "broken link.mp3").symlink_to("/nowhere/at all.mp3")
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    with open(os.path.join(os.fsencode(folder), b"latin-1 caf\xe9.ogg"), "wb") as file:
        file.write(songs[0].read_bytes())
    return broken


def main():
    binary, *songs = sys.argv[1:]
    root = Path(tempfile.mkdtemp())
    music, out = root / "music", root / "answers.jsonl"
    try:
        broken = build(music, [Path(song) for song in songs])
        command = [binary, "classify", "-r", music, "--out", out]
        start, sizes = time.monotonic(), []
        for _ in range(3):
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            before, begun = sum(sizes), time.monotonic()
            while time.monotonic() - begun < 60:
                time.sleep(0.05)
                done = len(out.read_bytes().splitlines()) if out.exists() else 0
                if done - before > FILES // 5:
                    break
            running.send_signal(signal.SIGKILL)
            running.wait()
            sizes.append(len(out.read_bytes().splitlines()) - before)
        last = subprocess.run(command, capture_output=True, text=True)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(last.stdout, end="")
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        files = {row.get("file_bytes") or row["file"].encode().hex() for row in rows}
        there = {os.path.join(place, name).hex() for place, _, names in os.walk(os.fsencode(music)) for name in names}
        there -= {os.fsencode(music / "cover.jpg").hex(), os.fsencode(music / "loop").hex()}
        failed = [row for row in rows if "error" in row]
        judged = int(last.stdout.split(" file")[0].replace(",", ""))
        print(f"killed after {sizes} answers; the last run judged {judged}; {time.monotonic() - start:.0f} s in all")
        print(f"{len(rows)} answers for {len(files)} files of {len(there)}; {len(failed)} without a genre; {peak:.0f} MB")
        faults = {
            "a file without an answer": there - files,
            "an answer without a file": files - there,
            "two answers for a file": len(rows) - len(files),
            "judged twice": len(rows) != judged + sum(sizes) and (len(rows), judged, sizes),
            "failures": len(failed) != broken + 1 and [row["file"] for row in failed],
            "memory": peak > MOST_MB and peak,
        }
        for what, found in faults.items():
            if found:
                print(f"{what}: {found}")
        sys.exit(any(faults.values()))
    finally:
        shutil.rmtree(root)


main()
