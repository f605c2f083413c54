"""Answers as plain values."""

from __future__ import annotations

import dataclasses
from typing import Any


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


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a model says of a song; `to_dict` is what `genrefold classify --json` prints."""

    file: str
    genre: str
    """The winner."""
    probability: float
    unsure: bool
    """Whether the model's card calls such an answer unsure."""
    genres: dict[str, float]
    """Every genre's probability, in the model's order."""
    top: list[dict[str, Any]]
    """The likeliest genres, the winner first."""
    seconds: float
    clips: int
    faults: int
    """Damaged packets that were passed over."""
    model: str
    """The model's short fingerprint."""
    timeline: list[Moment] | None = None

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Prediction:
        timeline = fields.get("timeline")
        moments = None if timeline is None else [Moment(**moment) for moment in timeline]
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in fields.items() if key in known} | {"timeline": moments})

    def to_dict(self) -> dict[str, Any]:
        """In the order of the command line's JSON; without a timeline if there is none."""
        fields = dataclasses.asdict(self)
        model, timeline = fields.pop("model"), fields.pop("timeline")
        return fields | ({} if timeline is None else {"timeline": timeline}) | {"model": model}


@dataclasses.dataclass(frozen=True)
class GenreScores:
    """How well one genre is told from the others."""

    count: int
    precision: float
    recall: float
    f1: float


@dataclasses.dataclass(frozen=True)
class Scores:
    """How good a set of predictions is; macro averages over genres."""

    count: int
    accuracy: float
    interval: tuple[float, float]
    """The accuracy's 95 % Wilson interval; supposes independent rows: tracks, not clips."""
    precision: float
    recall: float
    f1: float
    log_loss: float
    calibration_error: float
    genres: dict[str, GenreScores]
    confusion: list[list[int]]
    """Rows are truths, columns predictions."""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)
