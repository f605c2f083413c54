"""What can go wrong. Every message says what was found, what was expected and what to do."""


class GenrefoldError(Exception):
    """Any of them; `kind` is one word for scripts, the same as in the command line's JSON."""

    kind = "other"


class UnreadableError(GenrefoldError, OSError):
    """The operating system refused a file."""

    kind = "unreadable"


class UnknownFormatError(GenrefoldError):
    """The bytes are no audio that can be read."""

    kind = "unknown-format"


class DamagedError(GenrefoldError):
    """It is audio, but broken before anything useful could be decoded."""

    kind = "damaged"


class AboveLimitError(GenrefoldError):
    """The audio is larger than is allowed."""

    kind = "above-limit"


class TooShortError(GenrefoldError):
    """There is too little sound to say anything."""

    kind = "too-short"


class SilentError(GenrefoldError):
    """There is nothing to hear."""

    kind = "silent"


class ModelError(GenrefoldError):
    """A model file is not what it must be."""

    kind = "model"


class SettingError(GenrefoldError, ValueError):
    """An argument contradicts itself or lies out of range."""

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
