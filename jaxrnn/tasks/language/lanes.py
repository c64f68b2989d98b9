"""A held-out text in lanes, to be read one chunk after the other with the state carried."""

import numpy as np

from jaxrnn.data import streams

__all__ = ["held_out_lanes"]

_LANES, _STEPS = 8, 128


def held_out_lanes(ids: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (inputs, targets) of chunks, in order, the last one shorter; each target once.

    At most 7 targets at the end are left out, which no lane has room for. Of a short text the lanes
    are fewer.

    Shapes: ids int `[N]`, N at least 2; inputs and targets int32 `[T, B]`.

        >>> chunks = held_out_lanes(np.arange(3000))
        >>> [inputs.shape for inputs, _ in chunks], int(chunks[1][1][0, 0])
        ([(128, 8), (128, 8), (118, 8)], 129)
    """
    rows = max(1, min(_LANES, len(ids) // _STEPS))
    each = (len(ids) - 1) // rows
    lanes = streams(ids[: each * rows + 1], rows, min(_STEPS, each))
    chunks = [lanes.chunk(number) for number in range(-(-each // lanes.steps))]
    left = each - (len(chunks) - 1) * lanes.steps
    chunks[-1] = chunks[-1][0][:left], chunks[-1][1][:left]
    return chunks
