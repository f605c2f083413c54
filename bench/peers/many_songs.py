"""The genres of all songs of a folder with two worker processes: many_songs.py FOLDER.

Each worker takes the next file and makes its pictures; once 64 clips wait, they go through the network in one batch, on
one thread.
"""
import json
import os
import sys
from multiprocessing import Process, Queue
from pathlib import Path
from queue import Empty

WORKERS, BATCH = 2, 64


def work(songs: "Queue[Path]") -> None:
    """Judges songs until none is left; imports here, so that the workers do it side by side."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import numpy as np
    import torch
    from front_end import with_librosa
    from network import Model

    torch.set_num_threads(1)
    model, waiting = Model(), []

    def judge() -> None:
        clips = model.probabilities(np.concatenate([pictures for _, pictures in waiting]))
        ends = np.cumsum([len(pictures) for _, pictures in waiting])
        for (path, _), rows in zip(waiting, np.split(clips, ends[:-1])):
            answer(path, model.genres, rows.mean(axis=0))
        waiting.clear()

    while (path := next_of(songs)) is not None:
        waiting.append((path, with_librosa(path)))
        if sum(len(pictures) for _, pictures in waiting) >= BATCH:
            judge()
    if waiting:
        judge()


def next_of(songs: "Queue[Path]") -> Path | None:
    try:
        return songs.get(timeout=0.2)
    except Empty:
        return None


def answer(path: Path, genres: list[str], mean: object) -> None:
    """One line in one write, which the other worker's cannot split."""
    found = dict(zip(genres, mean.tolist()))
    text = json.dumps({"file": str(path), "genre": max(found, key=found.get), "genres": found})
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


def main() -> None:
    songs: "Queue[Path]" = Queue()
    for path in sorted(Path(sys.argv[1]).iterdir()):
        songs.put(path)
    workers = [Process(target=work, args=(songs,)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
