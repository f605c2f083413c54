#!/usr/bin/env python3
"""Does each committed fold still come out of its settings? Trains its first epoch again and compares.

    bench/first_epochs.py GENREFOLD GTZAN [results/FOLDER...] [--folds 1,2] [--cache FOLDER]

A change of any sum shows in the first epoch's loss, to the last bit, so that half a minute for each fold tells what
training it whole would. results/NAME is what configs/NAME.toml made, results/NAME/RUN its run of that name. The songs
must be those that the results were made from. Exit code 1 if a fold comes out otherwise.
"""
import argparse
import json
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LOOKS_A_SECOND = 2


def committed(below, folds):
    """Every fold below a folder of results: its configuration, its run's name if there are several, its number and
    its first epoch."""
    for path in sorted(Path(below).resolve().glob("**/folds/*.json")):
        configuration, *run = path.relative_to(REPOSITORY / "results").parts[:-2]
        if not folds or int(path.stem) in folds:
            yield configuration, run, int(path.stem), json.loads(path.read_text())["history"][0]


def first_epoch(folder):
    """The first epoch, from the head of the checkpoint (safetensors) in a folder; None if there is none yet."""
    for checkpoint in Path(folder).glob("**/*.checkpoint"):
        with open(checkpoint, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            history = json.loads(json.loads(file.read(length))["__metadata__"]["genrefold"])["history"]
        return history[0] if history else None


def trained(words, folder):
    """Runs genrefold until a checkpoint tells of the first epoch, and stops it."""
    process = subprocess.Popen([*words, "-o", folder], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while process.poll() is None and not first_epoch(folder):
            time.sleep(1 / LOOKS_A_SECOND)
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate()[1]
    return first_epoch(folder) or sys.exit(f"{' '.join(map(str, words))} came to no first epoch:\n{said}")


def told(now, was):
    """What differs. A network that judges the validation songs alike was trained alike, however its loss is added up."""
    if now == was:
        return "the same"
    judged = "the same" if now["validation"] == was["validation"] else "another"
    return f"training loss {now['training_loss']}, was {was['training_loss']}; {judged} on the validation songs"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("songs")
    parser.add_argument("results", nargs="*", default=[REPOSITORY / "results"])
    parser.add_argument("--folds", type=lambda text: {int(fold) for fold in text.split(",")}, help="these folds only")
    parser.add_argument("--cache", help="where genrefold keeps spectrograms")
    args = parser.parse_args()
    wanted = [row for below in args.results for row in committed(below, args.folds)]
    if not wanted:
        sys.exit("no committed fold there: name folders of results/ that hold folds of these numbers")
    others = 0
    for configuration, run, fold, was in wanted:
        words = [args.binary, "crossval", REPOSITORY / f"configs/{configuration}.toml", "--data", args.songs]
        words += ["--folds", str(fold), *(["--only", *run] if run else [])]
        words += ["--cache", args.cache] if args.cache else []
        with tempfile.TemporaryDirectory() as folder:
            now = trained(words, folder)
        others += now != was
        print(f"{'/'.join([configuration, *run])} fold {fold}: {told(now, was)}", flush=True)
    print(f"{others} of {len(wanted)} folds differ")
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
