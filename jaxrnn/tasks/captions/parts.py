"""The two halves of who describes: one that sees, one that writes."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells import output_width
from jaxrnn.checks import as_positive_int
from jaxrnn.drivers import scan
from jaxrnn.models import Beams, Lookup, LookupParams, Output, OutputParams, beam_search
from jaxrnn.models.convolution import Convolution, ConvolutionParams
from jaxrnn.randomness import dropout
from jaxrnn.tasks.captions.codec import CaptionCodec
from jaxrnn.tasks.model import ModelSettings, make_cell, share

__all__ = ["CaptionModelSettings", "Viewer", "ViewerParams", "Writer", "WriterParams"]


@dataclasses.dataclass(frozen=True)
class CaptionModelSettings(ModelSettings):
    """Of who describes; hidden units are those of the cell that writes.

    Fields: channels, of the first of three convolutions, twice and four times as many of the next;
    vector, the features that a picture is summed up in; beam, the captions that a search keeps;
    dropout, of the vector, the words that are read and what the cell says of them; smoothing, the
    share of a target that is spread over all words while training.
    Shapes: none.
    Raises: TypeError or ValueError naming the field.

        >>> CaptionModelSettings(channels=8).vector
        128
    """

    channels: int = 16
    vector: int = 128
    beam: int = 3
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("channels", "vector", "beam"):
            as_positive_int("model", name, getattr(self, name))
        share("model.smoothing", self.smoothing)

    @property
    def cells(self) -> Cell:
        """The recurrence, which drops nothing itself."""
        return make_cell(dataclasses.replace(self, dropout=0.0))


class ViewerParams(NamedTuple):
    """Weights of a `Viewer`."""

    convolution: tuple[ConvolutionParams, ...]
    dense: OutputParams


@dataclasses.dataclass(frozen=True)
class Viewer:
    """A picture as a vector.

        v = relu(convolutions of (seen - paper) / 255, laid out in a row, @ w_hy + b_y)

    Beyond the edge is paper too: convolutions take it for 0.

    Fields: settings; shape (H, W, C) of a picture; paper, the value where nothing is.
    Shapes: seen uint8 `[..., H, W, C]`; v `[..., settings.vector]`.

        >>> viewer = Viewer(CaptionModelSettings(channels=2, vector=5), (16, 16, 3))
        >>> params = viewer.init(jax.random.key(0))
        >>> viewer.apply(params, jnp.zeros((1, 2, 16, 16, 3), jnp.uint8)).shape
        (1, 2, 5)
    """

    settings: CaptionModelSettings
    shape: tuple[int, ...]
    paper: int = 0

    @property
    def _convolution(self) -> Convolution:
        first = self.settings.channels
        return Convolution((first, 2 * first, 4 * first))

    @property
    def _dense(self) -> Output:
        return Output(self.settings.vector, activation="relu")

    def init(self, key: Array) -> ViewerParams:
        """Draw the params."""
        first, second = jax.random.split(key)
        params = self._convolution.init(first, self.shape[-1])
        picture = jax.ShapeDtypeStruct(self.shape, jnp.zeros(()).dtype)
        size = jax.eval_shape(self._convolution.apply, params, picture).size
        return ViewerParams(params, self._dense.init(second, size))

    def apply(self, params: ViewerParams, seen: Any) -> Array:
        """Return v."""
        x = (jnp.asarray(seen).astype(params.dense.w_hy.dtype) - self.paper) / 255
        y = self._convolution.apply(params.convolution, x)
        return self._dense.apply(params.dense, y.reshape(*y.shape[:-3], -1))


class WriterParams(NamedTuple):
    """Weights of a `Writer`."""

    words: LookupParams
    cell: Any
    head: OutputParams


class _Writing(NamedTuple):
    """The state of a search: all leaves `[B, ...]`."""

    cell: Any
    context: Array


@dataclasses.dataclass(frozen=True)
class Writer:
    """A caption, word by word, of a vector that is before its eyes at every step.

        y[t] = cell([vector of the word before, context]);   logits[t] = y[t] @ w_hy + b_y

    Before the first word there is none, a vector of 0. Given a key, words and ys are dropped.

    Source: Vinyals et al. (2015), arXiv:1411.4555; the picture at every step: Mao et al. (2015),
    arXiv:1412.6632.
    Fields: settings; codec; width K of the context.
    Shapes: context `[B, K]`; words int `[T, B]`; logits `[T, B, V]`.
    Raises: ValueError without an embedding of words.

        >>> from jaxrnn.tasks.captions.codec import fit_captions
        >>> codec = fit_captions(["a cat", "a dog"], (1, 8, 8, 3))
        >>> writer = Writer(CaptionModelSettings("gru", 4, embedding=3), codec, 5)
        >>> params = writer.init(jax.random.key(0))
        >>> writer.logits(params, jnp.ones((2, 5)), jnp.ones((3, 2), int), None).shape
        (3, 2, 6)
        >>> writer.write(params, jnp.ones((2, 5)), 1).tokens.shape
        (2, 1, 3)
    """

    settings: CaptionModelSettings
    codec: CaptionCodec
    width: int

    def __post_init__(self) -> None:
        as_positive_int("model", "embedding", self.settings.embedding)

    @property
    def _words(self) -> Lookup:
        return Lookup(self.codec.size, self.settings.embedding)

    @property
    def _head(self) -> Output:
        return Output(self.codec.size)

    def init(self, key: Array) -> WriterParams:
        """Draw the params."""
        words, recurrent, head = jax.random.split(key, 3)
        width = self.settings.embedding + self.width
        cell = self.settings.cells.init(recurrent, width)
        size = output_width(self.settings.cells, cell, width)
        return WriterParams(self._words.init(words), cell, self._head.init(head, size))

    def logits(self, params: WriterParams, context: Array, words: Any, key: Array | None) -> Array:
        """Return what each word is worth at each place, those before it given."""
        before, after = (None, None) if key is None else jax.random.split(key)
        words = jnp.asarray(words)
        given = jnp.concatenate([jnp.zeros_like(words[:1]), words[:-1]])
        read = dropout(self._words.apply(params.words, given), self.settings.dropout, before)
        there = jnp.broadcast_to(context, (*words.shape, context.shape[-1]))
        cell = self.settings.cells
        start = cell.init_state(params.cell, words.shape[1:])
        ys = scan(cell, params.cell, start, jnp.concatenate([read, there], -1))[1]
        return self._head.apply(params.head, dropout(ys, self.settings.dropout, after))

    def write(self, params: WriterParams, context: Array, width: int) -> Beams:
        """Return the `width` likeliest captions; width 1 is greedy."""
        cell, banned = self.settings.cells, jnp.array(self.codec.never)

        def step(state: _Writing, tokens: Array) -> tuple[_Writing, Array]:
            read = self._words.apply(params.words, tokens)
            u = cell.project(params.cell, jnp.concatenate([read, state.context], -1))
            own, y = cell.step(params.cell, state.cell, u)
            logits = self._head.apply(params.head, y).at[:, banned].set(-jnp.inf)
            return _Writing(own, state.context), jax.nn.log_softmax(logits)

        rows = len(context)
        start = _Writing(cell.init_state(params.cell, (rows,)), context)
        return beam_search(
            step, start, jnp.zeros(rows, jnp.int32), end=self.codec.end, width=width,
            length=self.codec.most,
        )  # fmt: skip
