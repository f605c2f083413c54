"""Says the genre of a song, and how far to trust it.

>>> import genrefold
>>> classifier = genrefold.Classifier()
>>> classifier.classify("song.mp3").genre
"""

from ._classifier import Classifier, evaluate, mel_spectrogram
from ._genrefold import __version__
from ._results import GenreScores, Moment, Prediction, Ranked, Scores
from .errors import (
    AboveLimitError,
    DamagedError,
    GenrefoldError,
    ModelError,
    SettingError,
    SilentError,
    TooShortError,
    UnknownFormatError,
    UnreadableError,
)

__all__ = [
    "AboveLimitError",
    "Classifier",
    "DamagedError",
    "GenreScores",
    "GenrefoldError",
    "ModelError",
    "Moment",
    "Prediction",
    "Ranked",
    "Scores",
    "SettingError",
    "SilentError",
    "TooShortError",
    "UnknownFormatError",
    "UnreadableError",
    "__version__",
    "evaluate",
    "mel_spectrogram",
]
