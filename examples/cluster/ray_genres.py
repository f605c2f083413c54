#!/usr/bin/env python3
"""Genres of the files below a folder, on a Ray cluster: an actor on each core, which loads the model once.

    pip install 'genrefold[arrow]' 'ray[data]'
    ray_genres.py MUSIC OUT

OUT becomes a folder of Parquet files, in the place of what was there. Ray is started on this machine, or joined where RAY_ADDRESS says. The folder must lie where every machine sees it under
the same name, and genrefold must be installed on each.
"""
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


def main() -> None:
    folder, out = sys.argv[1:]
    paths = arrow.files_below(folder)
    ray.init(include_dashboard=False)
    judges = max(1, int(ray.cluster_resources().get("CPU", 1)))
    # A block of the data is a batch, but no more of them than keep every core at work.
    size = max(1, min(SONGS_A_BATCH, len(paths) // (2 * judges)))
    blocks = [pa.table({"path": paths[first : first + size]}) for first in range(0, len(paths), size)]
    answers = ray.data.from_arrow(blocks or pa.table({"path": pa.array([], pa.binary())})).map_batches(
        Judge, batch_format="pyarrow", batch_size=None, compute=ray.data.ActorPoolStrategy(size=judges)
    )
    # The actors have all cores: writing must wait for none of them, or nothing ends.
    answers.write_parquet(out, mode=ray.data.SaveMode.OVERWRITE, ray_remote_args={"num_cpus": 0})
    print(f"{len(paths)} files, in {out}")


if __name__ == "__main__":
    main()
