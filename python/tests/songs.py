"""Songs made from nothing."""

import io
import wave

import numpy as np
import numpy.typing as npt

RATE = 16_000


def samples(seconds: float = 6.0, pitch: float = 220.0) -> npt.NDArray[np.float64]:
    times = np.arange(int(seconds * RATE)) / RATE
    return 0.4 * np.sin(2 * np.pi * pitch * times) * np.where(times % 0.5 < 0.25, 0.3, 1.0)


def wav(values: npt.ArrayLike) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(32767 * np.asarray(values)).astype("<i2").tobytes())
    return buffer.getvalue()
