"""Sound as a file that any player plays."""

import io
import wave

import numpy as np

__all__ = ["as_wav"]


def as_wav(rate: int, samples: np.ndarray) -> bytes:
    """Return samples as the content of a WAV file, PCM of 16 bits, what is too loud cut off.

    Shapes: samples float `[N]`, from -1 to 1.
    Args: rate, samples a second.

        >>> from jaxrnn.data.wav import parse_wav
        >>> rate, back = parse_wav("doc", as_wav(8000, np.array([0.0, 0.5, -2.0])), "beep.wav")
        >>> rate, back.tolist()
        (8000, [0.0, 0.5, -1.0])
    """
    whole = np.clip(np.round(np.asarray(samples) * 2**15), -(2**15), 2**15 - 1).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(whole.tobytes())
    return buffer.getvalue()
