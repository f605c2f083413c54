"""Arguments as the Rust side takes them; what they may not be is an error that says what they may be."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .errors import SettingError

Song = str | os.PathLike[str] | bytes | bytearray | memoryview
"""A file, or the bytes of one."""

SONGS = (str, os.PathLike, bytes, bytearray, memoryview)
"""The same, for `isinstance`."""

_PCM = {"int16": (0, 2**15), "int32": (0, 2**31), "uint8": (128, 2**7)}
"""Whole numbers as WAV files hold them: zero, and full scale."""


class Asked(NamedTuple):
    """How much of an answer is asked for."""

    top: int
    timeline: bool


def asked(top: int, timeline: bool) -> Asked:
    return Asked(_whole("top", top, 0, 2**32), bool(timeline))


def song_of(song: Any) -> str | os.PathLike[str] | bytes:
    if isinstance(song, (bytearray, memoryview)):
        return bytes(song)
    if isinstance(song, (str, os.PathLike, bytes)):
        return song
    raise SettingError(f"a song is a path or the bytes of a sound file; found {type(song).__name__}")


def rate_of(rate: object) -> int:
    return _whole("the rate in Hz", rate, 1, 2**32 - 1)


def threads_of(threads: int | None) -> int | None:
    return None if threads is None else _whole("threads", threads, 1, 4096)


def _whole(name: str, value: Any, least: int, most: int) -> int:
    try:
        found = operator.index(value)
    except TypeError:
        raise SettingError(f"{name} is a whole number; found {value!r}") from None
    if not least <= found <= most:
        raise SettingError(f"{name} is {least} to {most}; found {found}")
    return found


def mono(samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """`[samples]`, `[channels, samples]` or `[samples, channels]` as mono: a sound is longer than it has channels."""
    array = np.asarray(samples)
    pcm = _PCM.get(array.dtype.name)
    if not (array.dtype.kind == "f" or pcm) or array.ndim not in (1, 2) or array.ndim == 2 and array.shape[0] == 0:
        raise SettingError(
            f"samples are floats in [-1, 1], or {', '.join(_PCM)} as in a WAV file, and [samples] or "
            f"[channels, samples]; found {array.dtype} {list(array.shape)}"
        )
    if pcm:
        zero, full = pcm
        array = (array.astype(np.float64) - zero) / full
    values = array.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise SettingError("samples are finite numbers; found some that are infinite or none at all (nan)")
    if values.ndim == 2:
        channels = 1 if 0 < values.shape[1] < values.shape[0] else 0
        values = values.mean(axis=channels, dtype=np.float32)
    return np.ascontiguousarray(values)


def pictures_of(pictures: npt.ArrayLike, rows: int, columns: int) -> npt.NDArray[np.float32]:
    array = np.ascontiguousarray(pictures, np.float32)
    if array.ndim != 3 or array.shape[1:] != (rows, columns):
        raise SettingError(f"pictures are [clips, {rows}, {columns}]; found {list(array.shape)}")
    return array.ravel()


def probabilities_of(probabilities: npt.ArrayLike, genres: int) -> npt.NDArray[np.float32]:
    table = np.ascontiguousarray(probabilities, np.float32)
    if table.ndim != 2 or table.shape[1] != genres:
        raise SettingError(f"probabilities are [rows, {genres} genres]; found {list(table.shape)}")
    return table.ravel()


def indices_of(truth: Sequence[str] | Sequence[int], genres: Sequence[str]) -> list[int]:
    """The place of each row's genre, given by name or place."""
    places = {genre: place for place, genre in enumerate(genres)}
    try:
        return [places[one] if isinstance(one, str) else _whole("the truth", one, 0, len(genres) - 1) for one in truth]
    except KeyError as unknown:
        raise SettingError(f"the truth is one of {', '.join(genres)}; found {unknown}") from None
