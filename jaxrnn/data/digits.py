"""The small handwritten digits that come inside scikit-learn: data without a download."""

import numpy as np

from jaxrnn.data.mnist import Images

__all__ = ["load_digits"]

_TEST = 360  # of 1797, a fifth


def load_digits() -> Images:
    """Return scikit-learn's handwritten digits, 8 x 8, 0 is paper and 16 is ink.

    The split is fixed: a shuffle by NumPy's legacy generator, whose stream never changes. Writers
    are thus in both parts.

    Source: Alpaydin and Kaynak (1998), UCI "Optical Recognition of Handwritten Digits", the part
    of 1797 pictures.
    Shapes: train_x uint8 `[1437, 8, 8]`, train_y uint8 `[1437]`, test_x uint8 `[360, 8, 8]`, test_y
    uint8 `[360]`.

        >>> images = load_digits()
        >>> images.train_x.shape, images.test_y[:5].tolist()
        ((1437, 8, 8), [7, 9, 4, 7, 0])
    """
    from sklearn import datasets  # heavy, so not before it is needed

    x, y = datasets.load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(y))
    x = np.asarray(x).reshape(-1, 8, 8).astype(np.uint8)[order]
    y = np.asarray(y).astype(np.uint8)[order]
    return Images(x[:-_TEST], y[:-_TEST], x[-_TEST:], y[-_TEST:])
