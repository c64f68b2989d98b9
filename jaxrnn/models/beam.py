"""Beam search: the likeliest sequences of a model that makes one token after another."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import describe, mismatches, path_of
from jaxrnn.checks import as_number, as_positive_int
from jaxrnn.models.lookup import as_id
from jaxrnn.numerics import state_dtype
from jaxrnn.randomness import is_clock
from jaxrnn.treemath import map_numbers

__all__ = ["Beams", "beam_search", "repeat_beams"]

Step = Callable[[Any, Array], tuple[Any, Array]]  # (state, tokens [B*W]) -> (state, [B*W, V])


class Beams(NamedTuple):
    """The hypotheses of `beam_search`, best first.

    Where there are fewer than W the score is minus infinity and the length 0.
    """

    tokens: Array  # [B, W, L] int32, the first token left out; `end` after the length
    scores: Array  # [B, W], sum of log probabilities / penalty
    lengths: Array  # [B, W] int32, with `end` where it came


class _Search(NamedTuple):
    t: Array  # []
    state: Any  # leaves [B*W, ...]
    last: Array  # [B, W]
    tokens: Array  # [B, W, L]
    totals: Array  # [B, W], sums of log probabilities
    lengths: Array  # [B, W]
    done: Array  # [B, W]


def repeat_beams(tree: Any, width: int, axis: int = 0) -> Any:
    """Return a tree with each entry of the batch axis `width` times in a row.

    So is what a step reads but does not change laid out beside the beams, such as an attention
    `Memory`, whose batch axis is 1. Clocks are left as they are.
    Shapes: leaves `[B, ...]` to `[B*W, ...]` for axis 0, `[S, B, ...]` to `[S, B*W, ...]` for 1.
    Raises: TypeError or ValueError for a width below 1.

        >>> repeat_beams(jnp.array([3, 5]), 2).tolist()
        [3, 3, 5, 5]
    """
    width = as_positive_int("repeat_beams", "width", width)
    return map_numbers(lambda leaf: jnp.repeat(leaf, width, axis=axis), tree)


def beam_search(
    step: Step,
    state: Any,
    first_tokens: Array,
    *,
    end: int,
    width: int,
    length: int,
    length_penalty: float = 0.0,
) -> Beams:
    """Return the `width` likeliest sequences that were found, up to `length` tokens each.

        score = sum of log probabilities / ((5 + n) / 6) ** length_penalty     # of n tokens

    At each step every sequence is continued by every token, and those of the highest scores stay;
    one that has ended keeps its score and its place among them. Width 1 is greedy. Among equals the
    lowest places and tokens come first. It stops when all have ended. Like `generate` it isn't
    jitted, because step may close over weights: jit the function that calls it.
    Source: Graves (2012), arXiv:1211.3711; penalty: Wu et al. (2016), arXiv:1609.08144, equation
    14, without coverage, and used during the search too.
    Shapes: first_tokens `[B]`; state leaves `[B, ...]`, such as those of a cell or of
    `RNN.as_cell`; within step all have `[B*W]` instead of `[B]`, the beams of one row together.
    Args:
        step: (state, tokens `[B*W]`) -> (state, log_probs `[B*W, V]`); what else it reads, such as
            an encoded source, is to be laid out by `repeat_beams`.
        state: before the first token; each row is repeated for its beams.
        first_tokens: what step reads first, such as the mark of a beginning.
        end: the token that ends a sequence; its probability counts.
        width: W, how many sequences stay at each step.
        length: L, at least 1; a sequence that has not ended by then is cut and stays.
        length_penalty: at least 0; above 0 longer sequences are favoured.
    Raises: ValueError for shapes and numbers that don't fit; TypeError for other types, and for a
    step that breaks its contract.

        >>> chances = jnp.log(jnp.array([[0.0, 0.6, 0.4], [0.4, 0.3, 0.3], [0.9, 0.0, 0.1]]))
        >>> def step(state, tokens):
        ...     return state, chances[tokens]
        >>> beams = beam_search(step, (), jnp.array([0]), end=0, width=2, length=3)
        >>> beams.tokens[0].tolist(), jnp.exp(beams.scores[0]).round(2).tolist()
        ([[2, 0, 0], [1, 0, 0]], [0.36, 0.24])
    """
    if not callable(step):
        raise TypeError(
            "beam_search: step should be a function (state, tokens) -> (state, log_probs), got "
            f"{type(step).__name__}."
        )
    width = as_positive_int("beam_search", "width", width)
    length = as_positive_int("beam_search", "length", length)
    length_penalty = as_number("beam_search", "length_penalty", length_penalty)
    if length_penalty < 0:
        raise ValueError(
            f"beam_search: length_penalty must be at least 0, got {length_penalty:g}. 0 ranks by "
            "probability."
        )
    first_tokens = _as_tokens(first_tokens)
    _check_state(state, first_tokens.shape[0])
    state = repeat_beams(state, width)
    checked = _checked(step)
    _, log_probs = jax.eval_shape(checked, state, jnp.repeat(first_tokens, width))
    end = as_id("beam_search", "end", end, log_probs.shape[-1])
    start = _start(state, first_tokens, end, width, length, state_dtype(log_probs.dtype))
    return _search(checked, start, end, length_penalty)


def _as_tokens(tokens: Any) -> Array:
    tokens = jnp.asarray(tokens)
    if tokens.ndim != 1:
        raise ValueError(
            f"beam_search: first_tokens should be [B], a token for each row, got "
            f"{list(tokens.shape)}."
        )
    if not jnp.issubdtype(tokens.dtype, jnp.integer):
        raise TypeError(f"beam_search: first_tokens should be integers [B], got {tokens.dtype}.")
    return tokens.astype(jnp.int32)


def _check_state(state: Any, batch: int) -> None:
    for path, leaf in jax.tree_util.tree_flatten_with_path(state, is_leaf=is_clock)[0]:
        # a clock has no batch axis
        if not is_clock(leaf) and (jnp.ndim(leaf) == 0 or jnp.shape(leaf)[0] != batch):
            raise ValueError(
                f"beam_search: {path_of('state', path)} should be [B={batch}, ...], the batch of "
                f"first_tokens first, got {list(jnp.shape(leaf))}. The state of an RNN has its "
                "layers first: use RNN.as_cell."
            )


def _checked(step: Step) -> Step:
    """Return step with what comes back held against its contract, while it is traced."""

    def checked(state: Any, tokens: Array) -> tuple[Any, Array]:
        result = step(state, tokens)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                "beam_search: step should return the pair (state, log_probs), got "
                f"{describe(result)}."
            )
        new, log_probs = result
        if jax.tree.structure(new) != jax.tree.structure(state):
            raise TypeError(
                "beam_search: the state that step returns should be of the structure it received, "
                f"{describe(state)}, got {describe(new)}. It returns (state, log_probs)."
            )
        shapes, dtypes = mismatches("state", jax.eval_shape(lambda: state), new)
        if shapes or dtypes:
            raise TypeError(
                "beam_search: the state that step returns should have the shapes and dtypes it "
                f"received: {'; '.join(shapes + dtypes)}. Convert with astype."
            )
        shape, dtype = jnp.shape(log_probs), jnp.result_type(log_probs)
        if (
            len(shape) != 2
            or shape[0] != tokens.shape[0]
            or not jnp.issubdtype(dtype, jnp.floating)
        ):
            raise TypeError(
                f"beam_search: the log_probs that step returns should be floats [B*W="
                f"{tokens.shape[0]}, V], got {dtype}{list(shape)}."
            )
        return new, log_probs

    return checked


def _start(
    state: Any, first_tokens: Array, end: int, width: int, length: int, dtype: jnp.dtype
) -> _Search:
    batch = first_tokens.shape[0]
    # all beams of a row are the same at first: only one of them counts
    totals = jnp.where(jnp.arange(width) == 0, 0, -jnp.inf).astype(dtype)
    return _Search(
        t=jnp.int32(0),
        state=state,
        last=jnp.tile(first_tokens[:, None], (1, width)),
        tokens=jnp.full((batch, width, length), end, jnp.int32),
        totals=jnp.tile(totals, (batch, 1)),
        lengths=jnp.zeros((batch, width), jnp.int32),
        done=jnp.zeros((batch, width), bool),
    )


# not jitted: step may close over weights that change between calls
def _search(step: Step, start: _Search, end: int, length_penalty: float) -> Beams:
    batch, width, length = start.tokens.shape

    def penalty(lengths: Array) -> Array:
        return ((5 + lengths.astype(start.totals.dtype)) / 6) ** length_penalty

    def going_on(s: _Search) -> Array:
        return (s.t < length) & jnp.any(~s.done & (s.totals > -jnp.inf))

    def body(s: _Search) -> _Search:
        state, log_probs = step(s.state, s.last.reshape(-1))
        size = log_probs.shape[-1]
        added = log_probs.astype(s.totals.dtype).reshape(batch, width, size)
        ended = jnp.where(jnp.arange(size) == end, 0, -jnp.inf).astype(added.dtype)
        # what has ended goes on with `end` alone, for nothing
        totals = s.totals[..., None] + jnp.where(s.done[..., None], ended, added)
        lengths = jnp.where(s.done, s.lengths, s.lengths + 1)
        ranks = (totals / penalty(lengths)[..., None]).reshape(batch, width * size)
        chosen = jax.lax.top_k(ranks, width)[1]
        parent, token = chosen // size, chosen % size
        rows = (jnp.arange(batch, dtype=jnp.int32)[:, None] * width + parent).reshape(-1)

        def pick(leaf: Array) -> Array:
            return leaf.reshape(batch * width, *leaf.shape[2:])[rows].reshape(leaf.shape)

        return _Search(
            s.t + 1,
            map_numbers(lambda leaf: leaf[rows], state),
            token,
            pick(s.tokens).at[:, :, s.t].set(token),
            jnp.take_along_axis(totals.reshape(batch, width * size), chosen, axis=1),
            pick(lengths),
            pick(s.done) | (token == end),
        )

    s = jax.lax.while_loop(going_on, body, start)
    found = s.totals > -jnp.inf
    return Beams(
        jnp.where(found[..., None], s.tokens, end),
        s.totals / penalty(s.lengths),
        jnp.where(found, s.lengths, 0),
    )
