"""Answers as plain values."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Ranked:
    """A genre and its probability."""

    genre: str
    probability: float


@dataclasses.dataclass(frozen=True)
class Moment:
    """A clip of a song; a silent one has no genre."""

    start: float
    """Where it begins, seconds."""
    end: float
    """Where its music ends, seconds."""
    genre: str | None
    probability: float | None
    genres: dict[str, float] | None
    """Every genre's probability, in the model's order."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model says of a song; `to_dict` is what `genrefold classify --json` prints."""

    file: str
    """The path as text; `<bytes>` or `<samples>` for a song that is no file."""
    file_bytes: str | None = None
    """The path in hexadecimal digits, where the text is not all of it: a path need not be UTF-8."""
    genre: str
    """The winner."""
    probability: float
    """The winner's."""
    unsure: bool
    """Whether the model's card calls such an answer unsure."""
    genres: dict[str, float]
    """Every genre's probability, in the model's order."""
    top: list[Ranked]
    """The likeliest genres, the winner first."""
    seconds: float
    """How long the song is."""
    clips: int
    """How many clips of it were heard."""
    faults: int
    """Damaged packets that were passed over."""
    timeline: list[Moment] | None = None
    """Every clip, if it was asked for."""
    model: str
    """The model's short fingerprint."""

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Prediction:
        """From a line of the command line's JSON; fields that only a file of results has are left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        fields = {name: value for name, value in fields.items() if name in known}
        fields["top"] = [Ranked(**ranked) for ranked in fields["top"]]
        if fields.get("timeline") is not None:
            fields["timeline"] = [Moment(**moment) for moment in fields["timeline"]]
        return cls(**fields)

    def to_dict(self) -> dict[str, Any]:
        """In the order of the command line's JSON, which has `file_bytes` and `timeline` only where there are any."""
        return {
            name: value
            for name, value in dataclasses.asdict(self).items()
            if value is not None or name not in ("file_bytes", "timeline")
        }


@dataclasses.dataclass(frozen=True)
class GenreScores:
    """How well one genre is told from the others; each share lies in [0, 1]."""

    count: int
    """Rows that truly are of this genre."""
    precision: float
    """Of the rows taken for it, the share that are."""
    recall: float
    """Of the rows that are of it, the share that was found."""
    f1: float
    """The harmonic mean of the two."""


@dataclasses.dataclass(frozen=True)
class Scores:
    """How good a set of predictions is."""

    count: int
    """Rows that were judged."""
    accuracy: float
    """The share of rows judged right."""
    interval: tuple[float, float]
    """The accuracy's 95 % Wilson interval; supposes independent rows: tracks, not clips."""
    precision: float
    """Mean over genres, as recall and F1 are."""
    recall: float
    f1: float
    log_loss: float
    """Mean negative logarithm of the true genre's probability, nats."""
    calibration_error: float
    """Mean distance between how sure and how right the predictions are, in [0, 1]."""
    genres: dict[str, GenreScores]
    confusion: list[list[int]]
    """Rows are truths, columns predictions."""

    @classmethod
    def from_dict(cls, fields: dict[str, Any], genres: list[str]) -> Scores:
        """From the library's JSON, which has the genres' scores in their order."""
        rest = ("count", "accuracy", "precision", "recall", "f1", "log_loss", "calibration_error")
        return cls(
            **{name: fields[name] for name in rest},
            interval=(fields["interval"]["low"], fields["interval"]["high"]),
            genres={genre: GenreScores(**scores) for genre, scores in zip(genres, fields["genres"], strict=True)},
            confusion=fields["confusion"]["counts"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return dataclasses.asdict(self)
