#!/usr/bin/env python3
"""Trains the PyTorch twin of the network on one fold of a stored split, to hold genrefold's figures against.

  pip install torch librosa soundfile scikit-learn
  bench/twin_on_split.py TWIN.py DATA results/quick-voting/split.json --fold 1 --model rgluformer --epochs 24

TWIN.py is a script with `train(options)`, `GENRES`, and `folds(labels, parts)`, which gives each row its part from 0;
this one puts the stored split in the place of `folds`. Both count sides alike: part f is judged, the next one stops the
training, the rest is learned from. Folds count from 1, as in the results. Prints the twin's JSON line.
"""
import argparse
import importlib.util
import json
import os
import sys

import numpy as np


def stored_parts(split, genres, data):
    """The part of each row from 0: of each track, or under the protocol `clip` of each clip."""
    files = [f"{genre}/{file}" for genre in genres for file in sorted(os.listdir(os.path.join(data, genre)))]
    places = [split["tracks"][file] for file in files]
    return np.array([part for place in places for part in (place if isinstance(place, list) else [place])]) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twin")
    parser.add_argument("data")
    parser.add_argument("split")
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--model", default="rgluformer")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--patience", type=int, default=80)
    parser.add_argument("--input", default="image")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schedule", default="onecycle")
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--cache", default=os.path.join(os.path.expanduser("~"), ".cache", "genrefold-twin"))
    options = parser.parse_args()

    split = json.load(open(options.split))
    spec = importlib.util.spec_from_file_location("twin", options.twin)
    twin = importlib.util.module_from_spec(spec)
    sys.modules["twin"] = twin  # where its worker processes look for its functions
    spec.loader.exec_module(twin)
    parts = stored_parts(split, twin.GENRES, options.data)

    def folds(labels, count, seed=0):
        if (len(labels), count) != (len(parts), split["parts"]):
            raise SystemExit(f"{len(labels)} rows in {count} parts, but the split has {len(parts)} in {split['parts']}")
        return parts

    twin.folds = folds
    options.protocol, options.fold, options.test = split["protocol"], options.fold - 1, None
    twin.train(options)


if __name__ == "__main__":
    main()
