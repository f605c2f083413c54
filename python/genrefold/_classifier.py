"""The functions of the package."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _genrefold, errors
from ._results import GenreScores, Prediction, Scores

Song = str | os.PathLike[str] | bytes
Vote = Literal["mean", "majority"]


class Classifier:
    """A model, loaded once; share it among threads: no call holds the interpreter while it works."""

    def __init__(self, model: str | os.PathLike[str] | None = None, *, vote: Vote = "mean") -> None:
        """The built-in model, or the file `model`. `vote` says how the clips of a song decide together.

        Raises ModelError for a file that is no model, UnreadableError for one that is not there.
        """
        self._settings = (None if model is None else os.fspath(model), vote)
        self._inner = _genrefold.Classifier(*self._settings)

    def __reduce__(self) -> tuple[Any, ...]:
        # For other processes: the model is loaded there once more.
        return _again, self._settings

    @property
    def genres(self) -> list[str]:
        """The genres that the model tells apart, in its order."""
        return self._inner.genres

    @property
    def model(self) -> str:
        """The model's short fingerprint."""
        return self._inner.model

    @property
    def card(self) -> dict[str, Any]:
        """The model's card: network, front end, data, figures, calibration."""
        return json.loads(self._inner.card)

    def classify(
        self,
        song: Song | npt.ArrayLike,
        rate: int | None = None,
        *,
        top: int = 3,
        timeline: bool = False,
    ) -> Prediction:
        """Judges a path, the bytes of a sound file, or samples at `rate` Hz: floats in [-1, 1], `[samples]` or
        `[channels, samples]`, of which the mean is judged.

        Raises GenrefoldError, by its kind: UnreadableError, UnknownFormatError, DamagedError, AboveLimitError,
        TooShortError, SilentError.
        """
        if isinstance(song, (str, bytes, os.PathLike)):
            return _prediction(self._inner.classify(song, top, timeline))
        if rate is None:
            raise errors.SettingError("samples need their rate: classify(samples, rate)")
        return _prediction(self._inner.classify_samples(_mono(song), rate, top, timeline))

    def classify_many(
        self,
        songs: Iterable[Song],
        *,
        threads: int | None = None,
        top: int = 3,
        timeline: bool = False,
    ) -> list[Prediction | errors.GenrefoldError]:
        """Judges songs side by side, on all cores or so many threads. Answers come in the songs' order; a song that
        cannot be judged has its error for an answer."""
        lines = self._inner.classify_many(list(songs), threads, top, timeline)
        return [_prediction_or_error(line) for line in lines]

    def pictures(self, song: Song) -> npt.NDArray[np.float32]:
        """What the network sees of a song: `[clips, rows, columns]`, the input of an exported network."""
        data, sizes = self._inner.pictures(song)
        return np.frombuffer(data, np.float32).reshape(sizes)

    def judge_pictures(self, pictures: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Probabilities `[clips, genres]` of pictures `[clips, rows, columns]`."""
        rows = self._inner.judge_pictures(np.ascontiguousarray(pictures, np.float32).ravel())
        return np.array(rows, np.float32).reshape(-1, len(self.genres))


def _again(model: str | None, vote: Vote) -> Classifier:
    return Classifier(model, vote=vote)


def _prediction(line: str) -> Prediction:
    return Prediction.from_dict(json.loads(line))


def _prediction_or_error(line: str) -> Prediction | errors.GenrefoldError:
    fields = json.loads(line)
    return errors.of_kind(fields["kind"], fields["error"]) if "error" in fields else Prediction.from_dict(fields)


def _mono(samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
    array = np.asarray(samples)
    if array.dtype.kind != "f" or array.ndim not in (1, 2):
        found = f"{array.dtype} of {array.ndim} axes"
        raise errors.SettingError(f"samples are floats in [-1, 1], [samples] or [channels, samples]; found {found}")
    array = array.astype(np.float32, copy=False)
    return np.ascontiguousarray(array if array.ndim == 1 else array.mean(axis=0, dtype=np.float32))


def mel_spectrogram(samples: npt.ArrayLike, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Mel power `[128 bands, 1 + samples / 256]`, as `librosa.feature.melspectrogram(sr=16000, n_fft=512,
    hop_length=256, n_mels=128)` gives it within 1e-5 of the largest value. Samples at another rate are resampled."""
    data, sizes = _genrefold.mel_power(_mono(samples), rate)
    return np.frombuffer(data, np.float32).reshape(sizes)


def evaluate(
    truth: Sequence[str] | Sequence[int], probabilities: npt.ArrayLike, genres: Sequence[str]
) -> Scores:
    """How good probabilities `[rows, genres]` are. The truth is a genre's name or its index in `genres` for each row.

    Raises SettingError for rows that do not sum to one, or a truth that is no genre.
    """
    table = np.ascontiguousarray(probabilities, np.float32)
    if table.ndim != 2 or table.shape[1] != len(genres):
        found = " x ".join(map(str, table.shape))
        raise errors.SettingError(f"probabilities are [rows, {len(genres)} genres]; found {found}")
    places = {genre: place for place, genre in enumerate(genres)}
    try:
        indices = [places[name] if isinstance(name, str) else int(name) for name in truth]
    except KeyError as unknown:
        raise errors.SettingError(f"the truth is one of {', '.join(genres)}; found {unknown}") from None
    found = json.loads(_genrefold.evaluate(indices, table.ravel(), list(genres)))
    each = [GenreScores(**{key: scores[key] for key in _OF_A_GENRE}) for scores in found["genres"]]
    return Scores(
        **{key: found[key] for key in _OF_ALL},
        interval=(found["interval"]["low"], found["interval"]["high"]),
        genres=dict(zip(genres, each, strict=True)),
        confusion=found["confusion"]["counts"],
    )


_OF_A_GENRE = ("count", "precision", "recall", "f1")
_OF_ALL = ("count", "accuracy", "precision", "recall", "f1", "log_loss", "calibration_error")
