"""The functions of the package."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _genrefold, _inputs, errors
from ._inputs import Song
from ._results import Prediction, Scores

Vote = Literal["mean", "majority"]
_VOTES = ("mean", "majority")


class Classifier:
    """A model, loaded once; share it among threads and send it to processes.

    No call holds the interpreter while it works, and Ctrl-C ends every call.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, *, vote: Vote = "mean") -> None:
        """The built-in model, or the file `model`. `vote` says how the clips of a song decide together: by the mean of
        their probabilities, or each for its likeliest genre.

        Raises ModelError for a file that is no model, UnreadableError for one that is not there, SettingError for
        another vote.
        """
        if vote not in _VOTES:
            raise errors.SettingError(f"vote is one of {', '.join(_VOTES)}; found {vote!r}")
        self._settings = (None if model is None else os.fspath(model), vote)
        self._inner = _genrefold.Classifier(self._settings[0], vote == "majority")

    def __reduce__(self) -> tuple[Any, ...]:
        # For other processes: the model is loaded there once more.
        return _again, self._settings

    def __repr__(self) -> str:
        return f"<genrefold.Classifier: model {self.model}, {len(self.genres)} genres, vote {self._settings[1]}>"

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
        card: dict[str, Any] = json.loads(self._inner.card)
        return card

    @property
    def picture_shape(self) -> tuple[int, int]:
        """Rows and columns of what the network sees of a clip."""
        return self._inner.picture_shape

    def classify(
        self,
        song: Song | npt.ArrayLike,
        rate: int | None = None,
        *,
        top: int = 3,
        timeline: bool = False,
    ) -> Prediction:
        """Judges a path, the bytes of a sound file, or samples at `rate` Hz.

        Samples are `[samples]`, `[channels, samples]` or `[samples, channels]`, of which the channels' mean is judged:
        floats in [-1, 1], or int16, int32 or uint8 as in a WAV file. `top` genres are named in `Prediction.top`; with
        `timeline` every clip has its answer as well.

        Raises GenrefoldError, by its kind: UnreadableError, UnknownFormatError, DamagedError, AboveLimitError,
        TooShortError, SilentError; SettingError for arguments that cannot be.
        """
        wanted = _inputs.asked(top, timeline)
        if not isinstance(song, _inputs.SONGS):
            if rate is None:
                raise errors.SettingError("samples need their rate: classify(samples, rate)")
            samples = _inputs.mono(song)
            return _prediction(self._inner.classify_samples(samples, _inputs.rate_of(rate), wanted))
        if rate is not None:
            raise errors.SettingError(f"a sound file says its rate itself; found rate={rate!r}, to be left out")
        return _prediction(self._inner.classify(_inputs.song_of(song), wanted))

    def classify_many(
        self,
        songs: Iterable[Song],
        *,
        threads: int | None = None,
        top: int = 3,
        timeline: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> list[Prediction | errors.GenrefoldError]:
        """Judges songs side by side, on all cores or so many threads.

        Answers come in the songs' order. A song that cannot be judged has its error for an answer, which is not raised.
        `progress(done, of)` is called after each song, in the thread that called; what it raises ends the work.

        Raises SettingError for arguments that cannot be.
        """
        if isinstance(songs, _inputs.SONGS):
            raise errors.SettingError("found one song, expected many: classify_many([song])")
        named = [_inputs.song_of(song) for song in songs]
        wanted = _inputs.asked(top, timeline)
        lines = self._inner.classify_many(named, _inputs.threads_of(threads), wanted, progress)
        return [_prediction_or_error(line) for line in lines]

    def pictures(self, song: Song) -> npt.NDArray[np.float32]:
        """What the network sees of a song: `[clips, rows, columns]`, the input of an exported network.

        Raises what `classify` raises, save SilentError.
        """
        data, sizes = self._inner.pictures(_inputs.song_of(song))
        return np.frombuffer(data, np.float32).reshape(sizes)

    def judge_pictures(self, pictures: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Calibrated probabilities `[clips, genres]` of pictures `[clips, rows, columns]`.

        Raises SettingError for pictures of another shape.
        """
        rows = self._inner.judge_pictures(_inputs.pictures_of(pictures, *self.picture_shape))
        return np.array(rows, np.float32).reshape(-1, len(self.genres))


def _again(model: str | None, vote: Vote) -> Classifier:
    return Classifier(model, vote=vote)


def _prediction(line: str) -> Prediction:
    return Prediction.from_dict(json.loads(line))


def _prediction_or_error(line: str) -> Prediction | errors.GenrefoldError:
    fields = json.loads(line)
    return errors.GenrefoldError.from_dict(fields) if "error" in fields else Prediction.from_dict(fields)


def mel_spectrogram(samples: npt.ArrayLike, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Mel power `[128 bands, 1 + samples // 256]`, as `librosa.feature.melspectrogram(sr=16000, n_fft=512,
    hop_length=256, n_mels=128)` gives it within 1e-5 of the largest value. Samples are what `classify` takes; those at
    another rate are resampled to 16 kHz first.

    Raises SettingError for samples or a rate that cannot be.
    """
    data, sizes = _genrefold.mel_power(_inputs.mono(samples), _inputs.rate_of(rate))
    return np.frombuffer(data, np.float32).reshape(sizes)


def evaluate(
    truth: Sequence[str] | Sequence[int], probabilities: npt.ArrayLike, genres: Sequence[str]
) -> Scores:
    """How good probabilities `[rows, genres]` are. The truth is a genre's name or its place in `genres` for each row.

    Raises SettingError for rows that do not sum to one, or a truth that is no genre.
    """
    table = _inputs.probabilities_of(probabilities, len(genres))
    indices = _inputs.indices_of(truth, genres)
    return Scores.from_dict(json.loads(_genrefold.evaluate(indices, table, list(genres))), list(genres))
