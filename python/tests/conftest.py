"""Songs made from nothing."""

import io
import math
import struct
import wave

import pytest

import genrefold

RATE = 16_000


def samples(seconds: float = 6.0, pitch: float = 220.0) -> list[float]:
    return [
        0.4 * math.sin(math.tau * pitch * n / RATE) * (0.3 + 0.7 * ((n // 4000) % 2))
        for n in range(int(seconds * RATE))
    ]


def wav(values: list[float]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", round(32767 * value)) for value in values))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def song() -> bytes:
    return wav(samples())


@pytest.fixture(scope="session")
def classifier() -> genrefold.Classifier:
    return genrefold.Classifier()
