"""Read one sequence, write another: an encoder, and a decoder that attends to what was read.

Ids are `[T, B]`; id 0 is padding. Where the decoder reads 0 nothing has been written yet: there it
is given a summary of what the encoder read.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxrnn.cell import Cell
from jaxrnn.cells import output_width
from jaxrnn.checks import as_positive_int, as_rate
from jaxrnn.models.attention import Memory
from jaxrnn.models.beam import Beams, beam_search, repeat_beams
from jaxrnn.models.bidirectional_encoder import BidirectionalEncoder, mean_of_steps
from jaxrnn.models.lookup import Lookup, LookupParams, as_id
from jaxrnn.models.output import Output, OutputParams
from jaxrnn.models.rnn import RNNParams
from jaxrnn.numerics import matmul
from jaxrnn.randomness import dropout

__all__ = [
    "AttendFirst", "AttendLater", "Attention", "Decoder", "DecoderParams", "DecoderState",
    "Encoded", "EncoderDecoder", "EncoderDecoderParams", "Read", "Written",
]  # fmt: skip


class Attention(Protocol):
    """What `Additive`, `Multiplicative` and `ScaledDot` have in common.

    Shapes: see `Additive`.

        >>> from jaxrnn.models import Additive
        >>> callable(Additive(4).apply)
        True
    """

    def init(self, key: Array, query_size: int, key_size: int) -> Any:
        """Draw params."""
        ...

    def prepare(
        self, params: Any, keys: Array, values: Array | None = None, *,
        lengths: Any = None, mask: Any = None,
    ) -> Memory:  # fmt: skip
        """Return what is asked at every step."""
        ...

    def apply(self, params: Any, query: Array, memory: Memory) -> Any:
        """Return (context, weights)."""
        ...


class DecoderParams(NamedTuple):
    """Weights of a decoder; `cell` and `attention` as those draw them."""

    cell: Any
    attention: Any
    readout: OutputParams  # from what the readout sees to R
    last: Array  # [H] of `AttendFirst`, [R] of `AttendLater`: what stands for the step before


class DecoderState(NamedTuple):
    """What the next step of a decoder needs.

    Fields: cell, its state; last, of `AttendFirst` what the cell said `[B, H]`, of `AttendLater`
    the readout `[B, R]`.
    """

    cell: Any
    last: Array


class Read(NamedTuple):
    """What comes of one step of a decoder."""

    readout: Array  # [B, R]
    weights: Array  # [S, B], of the attention


class Decoder(Protocol):
    """One step of writing, with attention to a memory.

    Fields: attention; size R of the readout.
    Shapes: x `[B, E]`; memory keys `[S, B, A]`, values `[S, B, K]`; readout `[B, R]`.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.models import Additive
        >>> isinstance(AttendFirst(GRU(4), Additive(4), size=3).size, int)
        True
    """

    @property
    def attention(self) -> Attention:
        """How the memory is asked."""
        ...

    @property
    def size(self) -> int:
        """R."""
        ...

    def init(self, key: Array, input_size: int, memory_size: int) -> DecoderParams:
        """Draw params for x of width E and a memory of width K."""
        ...

    def start(self, params: DecoderParams, batch: int) -> DecoderState:
        """Return the state before the first step."""
        ...

    def step(
        self, params: DecoderParams, state: DecoderState, x: Array, memory: Memory
    ) -> tuple[DecoderState, Read]:
        """Advance one step."""
        ...


@dataclasses.dataclass(frozen=True)
class AttendFirst:
    """A decoder that looks before it steps.

        context = attention(y of the step before)
        y = cell([x, context])
        readout = tanh([y, context, x] @ w_hy + b_y)

    Source: Bahdanau, Cho and Bengio (2015), arXiv:1409.0473, appendix A.2, with tanh for maxout.
    Fields: cell; attention; size R of the readout.
    Shapes: as `Decoder`; w_hy `[H + K + E, R]`.
    Raises: TypeError or ValueError if `size < 1`.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.models import Additive
        >>> decoder = AttendFirst(GRU(4), Additive(4), size=3)
        >>> params = decoder.init(jax.random.key(0), input_size=2, memory_size=5)
        >>> memory = decoder.attention.prepare(params.attention, jnp.ones((6, 1, 5)))
        >>> state, read = decoder.step(params, decoder.start(params, 1), jnp.ones((1, 2)), memory)
        >>> state.last.shape, read.readout.shape, read.weights.shape
        ((1, 4), (1, 3), (6, 1))
    """

    cell: Cell
    attention: Attention
    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", as_positive_int("AttendFirst", "size", self.size))

    def init(self, key: Array, input_size: int, memory_size: int) -> DecoderParams:
        """Draw params for x of width E and a memory of width K."""
        first, second, third = jax.random.split(key, 3)
        wide = input_size + memory_size
        cell = self.cell.init(first, wide)
        width = output_width(self.cell, cell, wide)
        attention = self.attention.init(second, width, memory_size)
        readout = _readout(self.size).init(third, width + wide)
        return DecoderParams(cell, attention, readout, jnp.zeros(width))

    def start(self, params: DecoderParams, batch: int) -> DecoderState:
        """Return the state before the first step."""
        return _start(self.cell, params, batch)

    def step(
        self, params: DecoderParams, state: DecoderState, x: Array, memory: Memory
    ) -> tuple[DecoderState, Read]:
        """Advance one step."""
        context, weights = self.attention.apply(params.attention, state.last, memory)
        u = self.cell.project(params.cell, jnp.concatenate([x, context], -1))
        cell, y = self.cell.step(params.cell, state.cell, u)
        readout = _read_out(self.size, params, (y, context, x))
        return DecoderState(cell, y), Read(readout, weights)


@dataclasses.dataclass(frozen=True)
class AttendLater:
    """A decoder that steps before it looks, and is fed what it read out.

        y = cell([x, readout of the step before])
        context = attention(y)
        readout = tanh([y, context] @ w_hy + b_y)

    Source: Luong, Pham and Manning (2015), arXiv:1508.04025, sections 3 and 3.3.
    Fields: as `AttendFirst`.
    Shapes: as `Decoder`; w_hy `[H + K, R]`.
    Raises: TypeError or ValueError if `size < 1`.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.models import Multiplicative
        >>> decoder = AttendLater(GRU(4), Multiplicative(), size=3)
        >>> params = decoder.init(jax.random.key(0), input_size=2, memory_size=5)
        >>> memory = decoder.attention.prepare(params.attention, jnp.ones((6, 1, 5)))
        >>> state, read = decoder.step(params, decoder.start(params, 1), jnp.ones((1, 2)), memory)
        >>> bool((state.last == read.readout).all()), read.weights.shape
        (True, (6, 1))
    """

    cell: Cell
    attention: Attention
    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", as_positive_int("AttendLater", "size", self.size))

    def init(self, key: Array, input_size: int, memory_size: int) -> DecoderParams:
        """Draw params for x of width E and a memory of width K."""
        first, second, third = jax.random.split(key, 3)
        wide = input_size + self.size
        cell = self.cell.init(first, wide)
        width = output_width(self.cell, cell, wide)
        attention = self.attention.init(second, width, memory_size)
        readout = _readout(self.size).init(third, width + memory_size)
        return DecoderParams(cell, attention, readout, jnp.zeros(self.size))

    def start(self, params: DecoderParams, batch: int) -> DecoderState:
        """Return the state before the first step."""
        return _start(self.cell, params, batch)

    def step(
        self, params: DecoderParams, state: DecoderState, x: Array, memory: Memory
    ) -> tuple[DecoderState, Read]:
        """Advance one step."""
        u = self.cell.project(params.cell, jnp.concatenate([x, state.last], -1))
        cell, y = self.cell.step(params.cell, state.cell, u)
        context, weights = self.attention.apply(params.attention, y, memory)
        readout = _read_out(self.size, params, (y, context))
        return DecoderState(cell, readout), Read(readout, weights)


def _readout(size: int) -> Output:
    return Output(size, activation="tanh")


def _read_out(size: int, params: DecoderParams, seen: Sequence[Array]) -> Array:
    return _readout(size).apply(params.readout, jnp.concatenate(seen, -1))


def _start(cell: Cell, params: DecoderParams, batch: int) -> DecoderState:
    last = jnp.tile(params.last, (batch, 1))
    return DecoderState(cell.init_state(params.cell, (batch,)), last)


class EncoderDecoderParams(NamedTuple):
    """Weights of an `EncoderDecoder`; the table of `target` is that of the outputs too."""

    source: LookupParams
    encoder: RNNParams
    first: OutputParams  # w_hy [K, E], b_y [E]
    target: LookupParams
    decoder: DecoderParams
    b_y: Array  # [V]


class Encoded(NamedTuple):
    """What the decoder knows of the source."""

    memory: Memory
    first: Array  # [B, E], x where nothing has been written yet


class Written(NamedTuple):
    """What a decoder makes of what it was given to read."""

    logits: Array  # [T, B, V], of the token that comes next
    weights: Array  # [T, S, B], where it looked meanwhile


class _Writing(NamedTuple):
    """The state of a search: all leaves `[B, ...]`."""

    decoder: DecoderState
    first: Array


@dataclasses.dataclass(frozen=True)
class EncoderDecoder:
    """An encoder that reads both ways, and a decoder that attends to all it read.

        ys = encoder(source)
        x_0 = tanh(mean of ys @ w + b),   x_t = target(token written before step t)
        readout_t = decoder(x_t, attention over ys)
        logits_t = readout_t @ target.table.T + b_y

    Dropout, given a key: of the tokens read on either side, of ys, and of each readout on its way
    to the logits.

    Source: Sutskever, Vinyals and Le (2014), arXiv:1409.3215; attention, see the decoders; one
    table for input and output: Press and Wolf (2017), arXiv:1608.05859.
    Fields: source and target, tables with padding; encoder; decoder; dropout, the share of target
    tokens' features and readouts that is dropped.
    Shapes: source ids `[S, B]`; given `[T, B]`, the tokens that the decoder reads, the first 0;
    logits `[T, B, V]`, V the vocabulary of target.
    Raises: ValueError if a table has no padding, or target.features is not decoder.size.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.models import BidirectionalEncoder, Multiplicative
        >>> model = EncoderDecoder(
        ...     Lookup(7, 4), Lookup(5, 3), BidirectionalEncoder(GRU(4)),
        ...     AttendLater(GRU(4), Multiplicative(), size=3))
        >>> params = model.init(jax.random.key(0))
        >>> encoded = model.encode(params, jnp.array([[2, 3], [4, 0]]))
        >>> model.decode(params, encoded, jnp.array([[0, 0], [2, 3], [3, 2]])).logits.shape
        (3, 2, 5)
        >>> model.write(params, encoded, end=4, width=2, length=6).tokens.shape
        (2, 2, 6)
    """

    source: Lookup
    target: Lookup
    encoder: BidirectionalEncoder
    decoder: Decoder
    dropout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "dropout", as_rate("EncoderDecoder", "dropout", self.dropout))
        if not (self.source.padding and self.target.padding):
            raise ValueError("EncoderDecoder: both tables should have padding, id 0.")
        if self.target.features != self.decoder.size:
            raise ValueError(
                "EncoderDecoder: decoder.size should be target.features, because one table serves "
                f"input and output, got {self.decoder.size} and {self.target.features}."
            )

    def init(self, key: Array) -> EncoderDecoderParams:
        """Draw the params."""
        keys = jax.random.split(key, 5)
        encoder = self.encoder.init(keys[1], self.source.features)
        xs = jnp.zeros((1, self.source.features))
        width = jax.eval_shape(self.encoder.apply, encoder, xs).shape[-1]
        return EncoderDecoderParams(
            self.source.init(keys[0]),
            encoder,
            self._first.init(keys[2], width),
            self.target.init(keys[3]),
            self.decoder.init(keys[4], self.target.features, width),
            jnp.zeros(self.target.vocabulary),
        )

    @property
    def _first(self) -> Output:
        return Output(self.target.features, activation="tanh")

    def encode(
        self, params: EncoderDecoderParams, source: Any, key: Array | None = None
    ) -> Encoded:
        """Return what the decoder needs of source ids `[S, B]`; padding changes nothing."""
        source = jnp.asarray(source)
        real = source != 0
        xs = self.source.apply(params.source, source)
        ys = self.encoder.apply(params.encoder, xs, key=key, lengths=real.sum(0))
        memory = self.decoder.attention.prepare(params.decoder.attention, ys, mask=real)
        return Encoded(memory, self._first.apply(params.first, mean_of_steps(ys, real)))

    def decode(
        self, params: EncoderDecoderParams, encoded: Encoded, given: Any,
        key: Array | None = None,
    ) -> Written:  # fmt: skip
        """Return the logits at each step of writing what is given: teacher forcing, one scan."""
        given = jnp.asarray(given)
        before, after = (None, None) if key is None else jax.random.split(key)
        xs = dropout(self._read(params, encoded.first, given), self.dropout, before)

        def step(state: DecoderState, x: Array) -> tuple[DecoderState, Read]:
            return self.decoder.step(params.decoder, state, x, encoded.memory)

        start = self.decoder.start(params.decoder, given.shape[1])
        read = lax.scan(step, start, xs)[1]
        return Written(
            self._logits(params, dropout(read.readout, self.dropout, after)), read.weights
        )

    def mixed(
        self, params: EncoderDecoderParams, encoded: Encoded, given: Any, own: Array
    ) -> Array:
        """Return `given` with the model's own likeliest token wherever `own` says so.

        Scheduled sampling: what is decided is not differentiated, so the gradient of `decode` of
        the result is all there is. Nothing is dropped here.
        Source: Bengio, Vinyals, Jaitly and Shazeer (2015), arXiv:1506.03099, with the likeliest.
        Shapes: given and result int `[T, B]`; own bool `[T, B]`, without effect at step 0.
        """
        given = jnp.asarray(given)

        def step(before: Any, now: tuple[Array, Array]) -> tuple[Any, Array]:
            state, said = before
            token = jnp.where(now[1], said, now[0])
            x = self._read(params, encoded.first, token)
            state, read = self.decoder.step(params.decoder, state, x, encoded.memory)
            return (state, self._logits(params, read.readout).argmax(-1).astype(given.dtype)), token

        start = self.decoder.start(params.decoder, given.shape[1]), given[0]
        return lax.stop_gradient(lax.scan(step, start, (given, own))[1])

    def write(
        self, params: EncoderDecoderParams, encoded: Encoded, *, end: int, width: int, length: int,
        never: Sequence[int] = (0,), length_penalty: float = 0.0,
    ) -> Beams:  # fmt: skip
        """Return the `width` likeliest sequences; width 1 is greedy.

        Args: as `beam_search`; never, ids that are not written.
        """
        banned = [
            as_id("EncoderDecoder.write", "never", one, self.target.vocabulary) for one in never
        ]
        memory = repeat_beams(encoded.memory, width, axis=1)

        def step(state: _Writing, tokens: Array) -> tuple[_Writing, Array]:
            x = self._read(params, state.first, tokens)
            decoder, read = self.decoder.step(params.decoder, state.decoder, x, memory)
            logits = self._logits(params, read.readout)
            if banned:
                logits = logits.at[:, jnp.array(banned)].set(-jnp.inf)
            return _Writing(decoder, state.first), jax.nn.log_softmax(logits)

        batch = len(encoded.first)
        start = _Writing(self.decoder.start(params.decoder, batch), encoded.first)
        return beam_search(
            step, start, jnp.zeros(batch, jnp.int32), end=end, width=width, length=length,
            length_penalty=length_penalty,
        )  # fmt: skip

    def _read(self, params: EncoderDecoderParams, first: Array, tokens: Array) -> Array:
        """Return x for tokens that were written, `first` for 0."""
        x = self.target.apply(params.target, tokens)
        return jnp.where((tokens == 0)[..., None], first, x)

    def _logits(self, params: EncoderDecoderParams, readout: Array) -> Array:
        return matmul(readout, params.target.table.T) + params.b_y
