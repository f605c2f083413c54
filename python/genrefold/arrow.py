"""Batches of songs in, batches of answers out: for engines that speak Arrow. Needs pyarrow (`genrefold[arrow]`)."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from typing import Any

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
    """A row for each row, in their order, with the columns of `SCHEMA`, or of `ANSWER` where the batch has no path. Errors
    are values: no song fails the batch.

    Songs are the column `bytes` (binary, whole files), or else `path`. A path is a string, or the binary name of a file
    that need not be UTF-8, and is handed on as text. A row without a song is an error of the kind "missing".

    Raises SettingError for a batch without such a column.
    """
    songs = _songs(batch)
    answers = [_row(answer) for answer in _judged(songs, judge or classifier(), threads)]
    columns = [pa.array([row.get(field.name) for row in answers], field.type) for field in ANSWER]
    if "path" not in batch.schema.names:
        return pa.RecordBatch.from_arrays(columns, schema=ANSWER)
    paths = [path.decode(errors="replace") if isinstance(path, bytes) else path for path in _column(batch, "path")]
    return pa.RecordBatch.from_arrays([pa.array(paths, pa.string()), *columns], schema=SCHEMA)


def classify_batches(batches: Iterable[pa.RecordBatch], model: str | None = None) -> Iterator[pa.RecordBatch]:
    """For Spark's `mapInArrow`: one thread a task, because Spark runs a task on every core. Give another model than the
    built-in one with `functools.partial(classify_batches, model="/where/every/machine/sees/it.safetensors")`."""
    for batch in batches:
        yield classify_batch(batch, classifier(model), threads=1)


def files_below(folder: str | os.PathLike[str]) -> list[bytes]:
    """All files below a folder, sorted, as absolute paths: what is no sound gets an answer that says so."""
    top = os.path.abspath(os.fsencode(folder))
    return sorted(os.path.join(place, name) for place, _, names in os.walk(top) for name in names)


def _songs(batch: pa.RecordBatch | pa.Table) -> list[str | bytes | None]:
    if "bytes" in batch.schema.names:
        return _column(batch, "bytes")
    if "path" in batch.schema.names:
        return [os.fsdecode(path) if isinstance(path, bytes) else path for path in _column(batch, "path")]
    raise errors.SettingError(f"songs are the column bytes or path; found {', '.join(batch.schema.names) or 'none'}")


def _column(batch: pa.RecordBatch | pa.Table, name: str) -> list[str | bytes | None]:
    values: list[str | bytes | None] = batch.column(name).to_pylist()
    return values


def _judged(
    songs: list[str | bytes | None], judge: Classifier, threads: int | None
) -> Iterator[Prediction | errors.GenrefoldError | None]:
    there = iter(judge.classify_many([song for song in songs if song is not None], threads=threads))
    return (None if song is None else next(there) for song in songs)


def _row(answer: Prediction | errors.GenrefoldError | None) -> dict[str, Any]:
    if answer is None:
        return {"error": "no song in this row", "kind": "missing"}
    if isinstance(answer, errors.GenrefoldError):
        return {"error": str(answer), "kind": answer.kind}
    fields = {name: getattr(answer, name) for name in ANSWER.names if hasattr(answer, name)}
    return fields | {"probabilities": list(answer.genres.items())}
