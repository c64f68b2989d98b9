"""What is predicted from the words around a word, and what it costs; a loss is a pair of these.

Skip-gram and CBOW differ in what predicts (`skip_gram`, `cbow`), negative sampling and the
hierarchical softmax in the yes-or-no questions asked (`objectives`). The cost is the same for all
four: the logistic loss of the answers.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

__all__ = ["Hidden", "cbow", "cbow_undivided", "logistic_loss", "skip_gram"]


class Hidden(NamedTuple):
    """Vectors that predict the centre of a window: M of them for each of N windows."""

    h: Array  # [N, M, D]
    valid: Array  # bool [N, M]


def skip_gram(rows: Array, valid: Array) -> Hidden:
    """Let each context predict the centre by itself, as the authors' program does.

    Over a text that is the skip-gram of the paper, in which the centre predicts each context: pairs
    are the same, in another order.

    Source: Mikolov et al. (2013), arXiv:1301.3781, section 3.2.
    Shapes: rows `[N, C, D]`, vectors of the contexts; valid `[N, C]`; h `[N, C, D]`.

        >>> skip_gram(jnp.ones((1, 4, 2)), jnp.array([[True, True, False, False]])).h.shape
        (1, 4, 2)
    """
    return Hidden(rows, valid)


def cbow(rows: Array, valid: Array) -> Hidden:
    """Let the mean of the contexts predict the centre.

        h = sum(rows) / number of contexts

    A window without a context predicts nothing.

    Source: Mikolov et al. (2013), arXiv:1301.3781, section 3.1.
    Shapes: rows `[N, C, D]`; valid `[N, C]`; h `[N, 1, D]`.

        >>> rows = jnp.array([[[1.0], [3.0], [9.0]]])
        >>> cbow(rows, jnp.array([[True, True, False]])).h.tolist()
        [[[2.0]]]
    """
    total = jnp.where(valid[..., None], rows, 0).sum(-2, keepdims=True)
    count = valid.sum(-1, keepdims=True, dtype=jnp.int32)
    mean = total / jnp.maximum(count, 1).astype(rows.dtype)[..., None]
    return Hidden(mean, count > 0)


def cbow_undivided(rows: Array, valid: Array) -> Hidden:
    """Do what `cbow` does, but hand its gradient to each context undivided.

    The authors' program and gensim do so: each context moves as far as the sum would ask, which
    is no gradient of the loss. At their learning rate it learns faster than `cbow`.

    Source: the program of Mikolov et al. (2013); Irsoy et al. (2021), arXiv:2012.15332, point out
    the difference.
    Shapes: as `cbow`.

        >>> both = jnp.array([[True, True]])
        >>> def height(rows):
        ...     return cbow_undivided(rows, both).h.sum()
        >>> jax.grad(height)(jnp.ones((1, 2, 1))).tolist()
        [[[1.0], [1.0]]]
    """
    total = jnp.where(valid[..., None], rows, 0).sum(-2, keepdims=True)
    mean, some = cbow(rows, valid)
    return Hidden(total + jax.lax.stop_gradient(mean - total), some)


def logistic_loss(hidden: Hidden, rows: Array, labels: Array, asked: Array) -> Array:
    """Return the sum of the logistic losses of all questions to all vectors.

        score = h @ row
        loss = sum over questions of  -log sigmoid(score) if label else -log sigmoid(-score)

    With the centre (label yes) and words drawn as noise (no) as the rows this is the negative
    sampling objective; with the nodes of the centre's path in a Huffman tree it is
    -log p(centre | h) of the hierarchical softmax.

    Source: Mikolov et al. (2013), arXiv:1310.4546, equations 3 and 4.
    Shapes: hidden, see `Hidden`; rows `[N, K, D]`; labels and asked bool `[N, K]`; result `[]`.

        >>> hidden = Hidden(jnp.ones((1, 1, 2)), jnp.array([[True]]))
        >>> yes = jnp.array([[True]])
        >>> float(logistic_loss(hidden, jnp.zeros((1, 1, 2)), yes, yes))
        0.6931471
    """
    scores = jnp.einsum("nmd,nkd->nmk", hidden.h, rows)
    wrong = jnp.where(labels[:, None], -scores, scores)
    counts = hidden.valid[:, :, None] & asked[:, None]
    return jnp.where(counts, _softplus(wrong), 0).sum()


@jax.custom_jvp
def _softplus(x: Array) -> Array:
    """Return -log sigmoid(-x): in steps this small jax.nn.softplus takes long."""
    return jnp.maximum(x, 0) + jnp.log(1 + jnp.exp(-jnp.abs(x)))


@_softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (moved,) = primals, tangents
    return _softplus(x), jax.nn.sigmoid(x) * moved
