#!/usr/bin/env python3
"""Does a training on one's own genres do better when it begins with the built-in model?

    measure.py GENREFOLD SONGS OUT.jsonl --learn 10 --judge 6 --draws 1 2 3 --start tuned scratch scratch-long

SONGS holds a folder for each label. For each draw, --judge songs of each label are put aside, --learn others are
learned from by `genrefold train`, and the model judges what was put aside. A line of JSON for each training. Labels
with too few songs are left out.
"""

import argparse, json, math, os, random, subprocess, sys, tempfile, time
from pathlib import Path

# Settings in the words of configs/default.toml.
LAYER = '[network]\nnorm = "layer"\n'
STARTS = {
    "tuned": ([], ""),
    "scratch": (["--from-scratch"], LAYER),
    # As fine-tuning trains: as many steps, and the last epoch kept.
    "scratch-same": (["--from-scratch"],
                     LAYER + '[training]\nepochs = 12\nleast_clips = 1000\nstop_by = "never"\n'),
    # Three times as long: few songs make short epochs.
    "scratch-long": (["--from-scratch"], LAYER + "[training]\nepochs = 84\npatience = 84\n"),
}


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("genrefold"), ask.add_argument("songs", type=Path), ask.add_argument("out", type=Path)
    ask.add_argument("--learn", type=int, nargs="+", default=[10]), ask.add_argument("--judge", type=int, default=6)
    ask.add_argument("--draws", type=int, nargs="+", default=[1]), ask.add_argument("--start", nargs="+", default=["tuned", "scratch"])
    ask.add_argument("--model", help="fine-tune this one instead of the built-in one")
    ask.add_argument("--labels", nargs="+"), ask.add_argument("--cache", default="cache")
    args = ask.parse_args()
    for learn in args.learn:
        for draw in args.draws:
            for start in args.start:
                row = one(args, learn, draw, start)
                with args.out.open("a") as out:
                    out.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)


def one(args, learn, draw, start):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        judged = lay_out(args, learn, draw, folder / "learn")
        # name=key=value,key=value: settings of [fine_tuning] that are tried.
        name, _, changes = start.partition(":")
        options, settings = STARTS[name]
        if name == "tuned" and args.model:
            options = ["--from", args.model]
        if changes:
            settings += "[fine_tuning]\n" + "\n".join(changes.split(",")) + "\n"
        (folder / "settings.toml").write_text(settings)
        began = time.time()
        model = folder / "model.safetensors"
        run([args.genrefold, "train", folder / "learn", "-o", model, "--config", folder / "settings.toml",
             "--seed", str(draw), "--cache", args.cache, *options])
        seconds = time.time() - began
        songs = [path for _, path in judged]
        said = run([args.genrefold, "classify", "--model", model, "--json", *songs]).splitlines()
        card = json.loads(run([args.genrefold, "inspect", "--json", model]))
        temperature = (card.get("calibration") or {}).get("temperature", 1.0)
        right, loss = 0, 0.0
        for (label, _), line in zip(judged, said):
            of = json.loads(line)["genres"]
            right += max(of, key=of.get) == label
            loss -= math.log(max(of[label], 1e-7)) / len(judged)
        return {"learn": learn, "labels": len({label for label, _ in judged}), "draw": draw, "start": start,
                "best_epoch": card["training"]["epochs"], "judged": len(judged), "right": right,
                "log_loss": round(loss, 4), "temperature": temperature, "seconds": round(seconds)}


def lay_out(args, learn, draw, folder):
    """Links to the songs to learn from; the others as (label, path)."""
    judged = []
    for label in sorted(path.name for path in args.songs.iterdir() if path.is_dir()):
        songs = sorted((args.songs / label).iterdir())
        if args.labels and label not in args.labels or len(songs) < learn + args.judge:
            continue
        random.Random(f"{draw} {label}").shuffle(songs)
        judged += [(label, song) for song in songs[: args.judge]]
        (folder / label).mkdir(parents=True)
        for song in songs[args.judge : args.judge + learn]:
            os.symlink(song.resolve(), folder / label / song.name)
    return judged


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


main()
