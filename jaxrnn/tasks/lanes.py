"""A held-out text in lanes, to be read one chunk after the other with the state carried."""

import numpy as np

from jaxrnn.data import streams

__all__ = ["held_out_lanes"]

_LANES, _STEPS = 8, 128


def held_out_lanes(ids: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (inputs, targets) of chunks, in order; at most a few targets at the end are left out.

    Of a short text the lanes are fewer and the chunks shorter.

    Shapes: ids int `[N]`, N at least 2; inputs and targets int32 `[T, B]`.

        >>> chunks = held_out_lanes(np.arange(3000))
        >>> len(chunks), chunks[0][0].shape, int(chunks[1][1][0, 0])
        (2, (128, 8), 129)
    """
    rows = max(1, min(_LANES, len(ids) // _STEPS))
    each = (len(ids) - 1) // rows
    steps = max(1, min(_STEPS, each))
    lanes = streams(ids[: each * rows + 1], rows, steps)
    return [lanes.chunk(number) for number in range(each // steps)]
