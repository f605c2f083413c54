"""Batches of songs in, batches of answers out: for engines that speak Arrow. Needs pyarrow (`genrefold[arrow]`)."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import pyarrow as pa

from . import errors
from ._classifier import Classifier
from ._results import Prediction

ANSWER = pa.schema(
    [
        ("genre", pa.string()),
        ("probability", pa.float32()),
        ("unsure", pa.bool_()),
        ("probabilities", pa.map_(pa.string(), pa.float32())),
        ("clips", pa.int32()),
        ("seconds", pa.float64()),
        ("model", pa.string()),
        ("error", pa.string()),
        ("kind", pa.string()),
    ]
)
"""The columns of an answer. A song without a genre has `error` and `kind`, and nothing else."""

SCHEMA = pa.schema([pa.field("path", pa.string()), *ANSWER])
"""What comes of songs that are named by their paths."""

SPARK_SCHEMA = (
    "path string, genre string, probability float, unsure boolean, probabilities map<string, float>, clips int, "
    "seconds double, model string, error string, kind string"
)
"""The same as Spark writes it."""


@functools.cache
def classifier(model: str | None = None) -> Classifier:
    """One classifier for each model in each process."""
    return Classifier(model)


def classify_batch(
    batch: pa.RecordBatch | pa.Table, judge: Classifier | None = None, *, threads: int | None = None
) -> pa.RecordBatch:
    """A row for each row, in their order. Songs are the column `bytes` (binary), or else `path` (string); `path` is
    handed on. Errors are values: no row fails the batch. A missing song is an error of the kind "missing".

    Raises SettingError for a batch without such a column.
    """
    if isinstance(batch, pa.Table):
        batch = batch.combine_chunks().to_batches()[0] if batch.num_rows else pa.RecordBatch.from_pylist([], batch.schema)
    judge = judge or classifier()
    answers = [_row(answer) for answer in _judged(_songs(batch), judge, threads)]
    columns = [pa.array([row.get(field.name) for row in answers], field.type) for field in ANSWER]
    names = list(ANSWER.names)
    if "path" in batch.schema.names:
        columns, names = [batch.column("path").cast(pa.string()), *columns], ["path", *names]
    return pa.RecordBatch.from_arrays(columns, names=names)


def classify_batches(batches: Iterable[pa.RecordBatch], model: str | None = None) -> Iterator[pa.RecordBatch]:
    """For Spark's `mapInArrow`: one thread a task, because Spark runs a task on every core."""
    for batch in batches:
        yield classify_batch(batch, classifier(model), threads=1)


def _songs(batch: pa.RecordBatch) -> list[str | bytes | None]:
    for name in ("bytes", "path"):
        if name in batch.schema.names:
            return batch.column(name).to_pylist()
    raise errors.SettingError(f"songs are the column bytes or path; found {', '.join(batch.schema.names) or 'none'}")


def _judged(
    songs: list[str | bytes | None], judge: Classifier, threads: int | None
) -> Iterator[Prediction | errors.GenrefoldError | None]:
    there = iter(judge.classify_many([song for song in songs if song is not None], threads=threads))
    return (None if song is None else next(there) for song in songs)


def _row(answer: Prediction | errors.GenrefoldError | None) -> dict:
    if answer is None:
        return {"error": "no song in this row", "kind": "missing"}
    if isinstance(answer, errors.GenrefoldError):
        return {"error": str(answer), "kind": answer.kind}
    fields = {name: getattr(answer, name) for name in ANSWER.names if hasattr(answer, name)}
    return fields | {"probabilities": list(answer.genres.items())}
