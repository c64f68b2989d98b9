"""The step that learns from a chunk of windows, and the loop over chunks.

Stochastic gradient descent as the paper does it, word after word, would be one small operation
after another. Here a few windows make one step. All gradients of a row in such a batch are taken at
the same params and added, so what a batch may hold is bounded: a row that comes n times moves n
times as far, and too far from some n on. A small batch is as good as pairs one by one.
"""

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.data.epochs import as_number_from_zero
from jaxrnn.embeddings.losses import Hidden, logistic_loss, skip_gram
from jaxrnn.embeddings.objectives import NegativeSampling, Objective, Targets
from jaxrnn.embeddings.vocabulary import WordVocabulary
from jaxrnn.embeddings.windows import Chunk, Chunks
from jaxrnn.randomness import typed_key

__all__ = [
    "LinearRate", "Step", "Trained", "Word2Vec", "Word2VecParams", "make_step", "train",
]  # fmt: skip


class Word2VecParams(NamedTuple):
    """Two tables of vectors; those of the words are `inputs`."""

    inputs: Array  # [V, D]
    outputs: Array  # [R, D], R = V words or V - 1 nodes


Step = Callable[[Word2VecParams, Chunk, Any, Array], tuple[Word2VecParams, Array]]


@dataclasses.dataclass(frozen=True)
class Word2Vec:
    """What is learned, and how: one of four losses, by the choice of `hidden` and `objective`.

    Fields: size, D, of a vector; hidden, `skip_gram`, `cbow_undivided` or `cbow`; objective,
    `NegativeSampling()` or `HierarchicalSoftmax()`; batch, windows in one step of gradient descent.
    A larger batch is faster and, from some size on, diverges: the hierarchical softmax of
    `skip_gram` first, since every window passes the root. docs/word2vec.md has the sizes.
    Shapes: params, see `Word2VecParams`.
    Raises: TypeError or ValueError for sizes below 1.

        >>> model = Word2Vec(size=3)
        >>> params = model.init(jax.random.key(0), words=5)
        >>> params.inputs.shape, float(params.outputs.sum())
        ((5, 3), 0.0)
    """

    size: int = 100
    hidden: Callable[[Array, Array], Hidden] = skip_gram
    objective: Objective = dataclasses.field(default_factory=NegativeSampling)
    batch: int = 16

    def __post_init__(self) -> None:
        for name in ("size", "batch"):
            object.__setattr__(self, name, as_positive_int("Word2Vec", name, getattr(self, name)))

    def init(self, key: Array, words: int) -> Word2VecParams:
        """Return params: inputs uniform within 0.5 / size around 0, outputs 0, as in the paper."""
        words = as_positive_int("Word2Vec.init", "words", words)
        bound = 0.5 / self.size
        key = typed_key(key, "Word2Vec.init: key")
        inputs = jax.random.uniform(key, (words, self.size), minval=-bound, maxval=bound)
        return Word2VecParams(inputs, jnp.zeros((self.objective.rows(words), self.size)))


def make_step(model: Word2Vec, vocabulary: WordVocabulary) -> Step:
    """Return the compiled step: (params, chunk, learning_rate, key) -> (params, loss).

    A pure function. The windows of the chunk are gone through in order, `model.batch` at a time:

        params = params - learning_rate * gradient of the sum of the losses of these windows

    so that with batches of one window of one context it is the descent of the paper, pair by pair.
    The loss is the mean over all predictions of the chunk, each at the params of its turn.

    Shapes: params, see `Word2VecParams`; chunk, see `Chunk`; learning_rate `[]`; key `[]`, which
    is consumed; loss `[]`.

        >>> vocabulary = WordVocabulary(("a", "b", "c"), (3, 2, 1))
        >>> model = Word2Vec(size=2)
        >>> step = make_step(model, vocabulary)
        >>> chunk = Chunk(jnp.array([0]), jnp.array([[1, 2]]), jnp.ones((1, 2), bool), jnp.array(1))
        >>> params = model.init(jax.random.key(0), len(vocabulary))
        >>> params, loss = step(params, chunk, 0.025, jax.random.key(1))
        >>> bool(params.outputs[0].any())
        True
    """
    return partial(_step, model, model.objective.tables(vocabulary.counts))


class LinearRate(NamedTuple):
    """A learning rate that falls in a straight line over a whole training.

    Shapes: none.

        >>> LinearRate()(0, 10), LinearRate(0.1, 0.0)(5, 10)
        (0.025, 0.05)
    """

    first: float = 0.025
    last: float = 1e-4

    def __call__(self, number: int, count: int) -> float:
        """Return the rate of chunk `number` of `count`."""
        return self.first - (self.first - self.last) * number / count


class Trained(NamedTuple):
    """How far training has come: the number of the chunk to go on with, params, and the loss."""

    number: int
    params: Word2VecParams
    loss: Array  # [], of the last chunk


def train(
    step: Step,
    chunks: Chunks,
    params: Word2VecParams,
    key: Array,
    *,
    epochs: int = 5,
    rate: Callable[[int, int], float] = LinearRate(),  # noqa: B008
    start: int = 0,
) -> Iterator[Trained]:
    """Yield the state of training after each chunk.

    To go on later, save `number` and `params` of any of them and call `train` again with both and
    the same rest: the results are those of a training without a break.

    Shapes: see `make_step`.
    Args: key, from which each chunk has a key of its own; rate, from (number, count of all chunks)
        to the learning rate; start, the number of the first chunk.
    Raises: ValueError if `start` is negative or past the end.

        >>> import numpy as np
        >>> from jaxrnn.embeddings.windows import corpus_of
        >>> sentences = [["a", "b", "a", "c"]]
        >>> vocabulary = WordVocabulary.of(sentences, min_count=1)
        >>> chunks = Chunks(corpus_of(vocabulary, sentences), np.ones(3), words=8)
        >>> model = Word2Vec(size=2)
        >>> params = model.init(jax.random.key(0), len(vocabulary))
        >>> step = make_step(model, vocabulary)
        >>> for trained in train(step, chunks, params, jax.random.key(1), epochs=3):
        ...     print(trained.number)
        1
        2
        3
    """
    key = typed_key(key, "train: key")
    count = as_positive_int("train", "epochs", epochs) * chunks.per_epoch
    start = as_number_from_zero("train", "start", start)
    if start > count:
        raise ValueError(f"train: start should be at most {count}, the end, got {start}.")
    for number in range(start, count):
        learning_rate = as_positive("train", "rate", rate(number, count))
        own = jax.random.fold_in(key, number)
        params, loss = step(params, chunks.chunk_of(number), learning_rate, own)
        yield Trained(number + 1, params, loss)


class _Windows(NamedTuple):
    """What the loop takes a batch of; N windows."""

    contexts: Array  # int32 [N, C]
    valid: Array  # bool [N, C]
    targets: Targets


class _Sums(NamedTuple):
    loss: Array
    predictions: Array


@partial(jax.jit, static_argnums=0)
def _step(
    model: Word2Vec, tables: Any, params: Word2VecParams, chunk: Chunk, learning_rate: Any,
    key: Array,
) -> tuple[Word2VecParams, Array]:  # fmt: skip
    dtype = params.inputs.dtype
    rate = jnp.asarray(learning_rate, dtype)
    targets = model.objective.targets(tables, jnp.asarray(chunk.centres), key)
    rest = -len(chunk.centres) % model.batch
    whole: _Windows = jax.tree.map(
        lambda a: jnp.pad(a, [(0, rest), *[(0, 0)] * (a.ndim - 1)]),
        _Windows(jnp.asarray(chunk.contexts), jnp.asarray(chunk.valid), targets),
    )

    def descend(turn: Array, carry: tuple[Word2VecParams, _Sums]) -> Any:
        params, sums = carry
        first = turn * model.batch
        part = jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, first, model.batch), whole)
        loss, predictions, moves = _moves(model, params, part, rate)
        params = Word2VecParams(
            params.inputs.at[part.contexts].add(moves.inputs),
            params.outputs.at[part.targets.rows].add(moves.outputs),
        )
        return params, _Sums(sums.loss + loss, sums.predictions + predictions)

    turns = -(-jnp.asarray(chunk.real, jnp.int32) // model.batch)
    sums = _Sums(jnp.zeros((), dtype), jnp.zeros((), jnp.int32))
    params, sums = jax.lax.fori_loop(0, turns, descend, (params, sums))
    return params, sums.loss / jnp.maximum(sums.predictions, 1).astype(dtype)


def _moves(
    model: Word2Vec, params: Word2VecParams, part: _Windows, rate: Array
) -> tuple[Array, Array, Word2VecParams]:
    """Return the loss of a batch, how many predictions it has, and -rate * gradient of its rows."""
    rows = Word2VecParams(params.inputs[part.contexts], params.outputs[part.targets.rows])

    def loss_of(rows: Word2VecParams) -> tuple[Array, Array]:
        hidden = model.hidden(rows.inputs, part.valid)
        loss = logistic_loss(hidden, rows.outputs, part.targets.labels, part.targets.asked)
        return loss, hidden.valid.sum(dtype=jnp.int32)

    loss, pull, predictions = jax.vjp(loss_of, rows, has_aux=True)
    (moves,) = pull(-rate)  # the rate enters where arrays are small
    return loss, predictions, moves
