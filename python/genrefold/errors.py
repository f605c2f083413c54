"""What can go wrong. Every message says what was found, what was expected and what to do."""

from __future__ import annotations

from typing import Any


class GenrefoldError(Exception):
    """Any of them."""

    kind: str = "other"
    """One word for scripts, the same as in the command line's JSON."""
    file: str | None = None
    """The song, where many were judged."""
    file_bytes: str | None = None
    """Its path in hexadecimal digits, where the text is not all of it."""
    model: str | None = None
    """The model that was to judge it, where many songs were judged."""

    @staticmethod
    def from_dict(fields: dict[str, Any]) -> GenrefoldError:
        """From a line of the command line's JSON that tells a failure."""
        error = of_kind(fields["kind"], fields["error"])
        error.file, error.file_bytes, error.model = (fields.get(name) for name in ("file", "file_bytes", "model"))
        return error

    def to_dict(self) -> dict[str, Any]:
        """What `genrefold classify --json` prints of such a song; without its file and model where they are unknown."""
        known = {"file": self.file, "file_bytes": self.file_bytes}
        told = known | {"error": str(self), "kind": self.kind, "model": self.model}
        return {name: value for name, value in told.items() if value is not None}


class UnreadableError(GenrefoldError, OSError):
    """The operating system refused a file: is it there, and may it be read?"""

    kind = "unreadable"


class UnknownFormatError(GenrefoldError):
    """The bytes are no audio that can be read: convert the file, or leave it out."""

    kind = "unknown-format"


class DamagedError(GenrefoldError):
    """It is audio, but broken before anything useful could be decoded: get a better copy."""

    kind = "damaged"


class AboveLimitError(GenrefoldError):
    """The audio is larger than is allowed."""

    kind = "above-limit"


class TooShortError(GenrefoldError):
    """There is too little sound to say anything: give a longer recording."""

    kind = "too-short"


class SilentError(GenrefoldError):
    """There is nothing to hear."""

    kind = "silent"


class ModelError(GenrefoldError):
    """A model file is not what it must be: take another, or train anew."""

    kind = "model"


class SettingError(GenrefoldError, ValueError):
    """An argument contradicts another, or is not what it must be."""

    kind = "setting"


_KINDS = {
    error.kind: error
    for error in (
        UnreadableError,
        UnknownFormatError,
        DamagedError,
        AboveLimitError,
        TooShortError,
        SilentError,
        ModelError,
        SettingError,
    )
}


def of_kind(kind: str, message: str) -> GenrefoldError:
    """The exception of a kind that the command line names."""
    error = _KINDS.get(kind, GenrefoldError)(message)
    error.kind = kind
    return error
