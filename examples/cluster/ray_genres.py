#!/usr/bin/env python3
"""Genres of the songs below a folder, on a Ray cluster: one process a core, each with the model loaded once.

    pip install 'genrefold[arrow]' 'ray[data]'
    ray_genres.py MUSIC OUT        # OUT becomes a folder of Parquet files

The folder must lie where every machine sees it under the same name.
"""
import os
import sys

import pyarrow as pa
import ray

from genrefold import Classifier, arrow

SONGS_A_BATCH = 64


class Judge:
    """An actor: the model is loaded when it starts."""

    def __init__(self) -> None:
        self.classifier = Classifier()

    def __call__(self, batch: pa.Table) -> pa.Table:
        return pa.Table.from_batches([arrow.classify_batch(batch, self.classifier, threads=1)])


def songs(folder: str) -> list[str]:
    """All files: what is no sound gets an answer that says so."""
    found = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sorted(os.path.abspath(path) for path in found)


def main() -> None:
    folder, out = sys.argv[1:]
    paths = songs(folder)
    workers = int(ray.cluster_resources().get("CPU", 1)) if ray.is_initialized() else os.cpu_count() or 1
    table = pa.table({"path": pa.array(paths, pa.string())})
    answers = (
        ray.data.from_arrow(table)
        .repartition(max(workers, len(paths) // SONGS_A_BATCH))
        .map_batches(Judge, batch_format="pyarrow", batch_size=SONGS_A_BATCH, concurrency=workers)
    )
    answers.write_parquet(out)
    print(f"{len(paths)} songs, in {out}")


if __name__ == "__main__":
    main()
