"""The classic story in one picture: where gradients vanish, explode, survive, and every cure.

One signal of noise, one readout at its end, many networks. For each the size of the last loss's
gradient at every earlier state, against that at the nearest one.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells import (
    GRU,
    LSTM,
    ClipCotangent,
    Elman,
    OrthogonalCayley,
    OrthogonalExponential,
    Reservoir,
)
from jaxrnn.diagnose.moments import Tell
from jaxrnn.drivers import scan
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, lag_profile, penalties
from jaxrnn.initializers import IDENTITY, Identity, Orthogonal, Scheme, chrono, reservoir

__all__ = ["gallery", "verdict"]

STEPS, BATCH, INPUTS, HIDDEN = 100, 8, 4, 32
LOUDNESS = 0.1  # of the noise: it leaves a tanh near its middle, where the matrix decides
UPDATES = 200  # of a penalty, or of training, before the picture is taken
FADED = 1e-3  # a gradient that has fallen by so much over the run has vanished; 1 / FADED, exploded


class _Subject(NamedTuple):
    """One network of the gallery: the cell, and its params, drawn if not given."""

    name: str
    cell: Cell
    params: Any = None


class _Cure(NamedTuple):
    """A network before and after something is done about it."""

    name: str
    kind: str  # "vanishing" or "exploding"
    before: _Subject
    after: _Subject


def gallery(tell: Tell = lambda text: None) -> dict[str, Any]:
    """Return the lag profiles of the gallery, from fixed seeds.

    Shapes: 100 steps of noise, batch 8, 4 inputs, 32 units; each profile has 100 entries, by lag,
    relative to that of lag 1.
    Args: tell, called with what is being done.
    Returns: a record of plain JSON values: starts by family, cures, and what clipping makes of an
        exploding gradient.

        >>> verdict([1.0, 0.1, 0.0001]), verdict([1.0, 0.7, 0.9]), verdict([1.0, 90.0, 8e3])
        ('vanishes', 'survives', 'explodes')
    """

    def shown(subject: _Subject) -> dict[str, Any]:
        tell(f"gallery: {subject.name}")
        profile = _profile(subject)
        return {"name": subject.name, "profile": profile, "verdict": verdict(profile)}

    starts = [
        {"family": family, "networks": [shown(s) for s in subjects]}
        for family, subjects in _starts().items()
    ]
    cures = [
        {
            "name": cure.name,
            "kind": cure.kind,
            "before": shown(cure.before),
            "after": shown(cure.after),
        }
        for cure in _cures(tell)
    ]
    tell("gallery: clipping")
    return {
        "T": STEPS, "B": BATCH, "D": INPUTS, "H": HIDDEN, "updates": UPDATES, "faded": FADED,
        "starts": starts, "cures": cures, "clipping": _clipping(),
    }  # fmt: skip


def verdict(profile: Sequence[float]) -> str:
    """Say in a word what a gradient does on its way back; profile by lag, nearest first.

    Shapes: profile `[T]`.

        >>> verdict([1.0, 1.0])
        'survives'
    """
    ratio = profile[-1] / profile[0]
    if not np.isfinite(ratio) or ratio > 1 / FADED:
        return "explodes"
    return "vanishes" if ratio < FADED else "survives"


def _starting(activation: str, matrix: Any) -> Elman:
    return Elman(HIDDEN, activation=activation, initializer=Scheme(recurrent=matrix))


def _starts() -> dict[str, list[_Subject]]:
    """Return every cell with every start, by family."""
    matrices = {
        "small start (0.5 x orthogonal)": Orthogonal(0.5),
        "large start (1.5 x orthogonal)": Orthogonal(1.5),
        "orthogonal start": Orthogonal(),
        "identity start": Identity(),
    }
    families = {
        f"{name} RNN": [_Subject(f"{name}, {m}", _starting(name, w)) for m, w in matrices.items()]
        for name in ("tanh", "relu")
    }
    families["LSTM"] = [
        _Subject("forget bias 0", LSTM(HIDDEN, forget_bias=0.0)),
        _Subject("forget bias 1", LSTM(HIDDEN)),
        _Subject("chrono start, T = 100", LSTM(HIDDEN, initializer=chrono(float(STEPS)))),
    ]
    families["GRU"] = [
        _Subject("update bias 0", GRU(HIDDEN)),
        _Subject("chrono start, T = 100", GRU(HIDDEN, initializer=chrono(float(STEPS)))),
    ]
    families["Echo state network"] = [
        _Subject(f"spectral radius {r:g}", Reservoir(HIDDEN, initializer=reservoir(radius=r)))
        for r in (0.5, 0.95, 1.5)
    ]
    families["Orthogonal for good"] = [
        _Subject("Cayley map, tanh", OrthogonalCayley(Elman(HIDDEN))),
        _Subject("exponential map, tanh", OrthogonalExponential(Elman(HIDDEN))),
        _Subject("Cayley map, no activation", OrthogonalCayley(Elman(HIDDEN, activation="linear"))),
    ]
    return families


def _problem(cell: Cell) -> Problem:
    return Problem(cell, _readout)


def _readout(head: Array, ys: Array, targets: Array) -> Array:
    return (ys @ head) * targets  # linear, so that the profile is that of the network alone


def _signal() -> Chunk:
    """Return the noise, and a target for the last step."""
    generator = np.random.default_rng(0)
    xs = LOUDNESS * generator.normal(size=(STEPS, BATCH, INPUTS)).astype(np.float32)
    targets = generator.normal(size=(STEPS, BATCH)).astype(np.float32)
    weights = np.zeros((STEPS, BATCH), np.float32)
    weights[-1] = 1 / BATCH
    return Chunk(*map(jnp.asarray, (xs, targets, weights)))


def _params(subject: _Subject) -> Params:
    """Return the network's params, and a readout that is the same for all."""
    own = subject.params
    own = subject.cell.init(jax.random.key(1), INPUTS) if own is None else own
    head = jax.random.normal(jax.random.key(2), (HIDDEN,)) / HIDDEN**0.5
    return Params(own, head)


def _profile(subject: _Subject) -> list[float]:
    found = lag_profile(_problem(subject.cell), _params(subject), None, _signal())[::-1]
    values = np.asarray(found, np.float64)
    return [float(v) for v in values / values[0]]


def _trained(cell: Cell, loss: Callable[[Params], Array], rate: float = 0.01) -> Any:
    """Return the cell's params after some updates of Adam on a loss of them."""
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))
    params = _params(_Subject("", cell))

    @jax.jit
    def run(params: Params) -> Params:
        def update(carry: Any, _: None) -> tuple[Any, None]:
            params, opt_state = carry
            steps, opt_state = optimizer.update(jax.grad(loss)(params), opt_state, params)
            return (optax.apply_updates(params, steps), opt_state), None

        start = (params, optimizer.init(params))
        return jax.lax.scan(update, start, length=UPDATES)[0][0]

    # Adam raises a float to an int32: refused where the user has set promotion to strict
    with jax.numpy_dtype_promotion("standard"):
        return run(params).cell


def _cures(tell: Tell) -> list[_Cure]:
    """Return what helps, each beside the network it helps."""
    small = _starting("tanh", Orthogonal(0.5))
    large = _starting("tanh", Orthogonal(1.5))
    faint, loud = _Subject("tanh, small start", small), _Subject("tanh, large start", large)
    other = {
        "orthogonal start": _starting("tanh", Orthogonal()),
        "identity start and relu (IRNN)": Elman(HIDDEN, activation="relu", initializer=IDENTITY),
        "LSTM with forget bias 1": LSTM(HIDDEN),
        "LSTM with chrono start": LSTM(HIDDEN, initializer=chrono(float(STEPS))),
        "GRU with chrono start": GRU(HIDDEN, initializer=chrono(float(STEPS))),
        "orthogonal by Cayley's map": OrthogonalCayley(Elman(HIDDEN)),
    }
    found = [_Cure(name, "vanishing", faint, _Subject(name, c)) for name, c in other.items()]
    for name, penalty in _penalties().items():
        tell(f"gallery: {UPDATES} updates of {name}")
        params = _trained(small, partial(penalty, small))
        found.append(_Cure(name, "vanishing", faint, _Subject(name, small, params)))
    tell("gallery: exploding")
    params = _trained(large, lambda p: penalties.soft_orthogonality(p.cell.w_h))
    name = "soft orthogonality"
    found.append(_Cure(name, "exploding", loud, _Subject(name, large, params)))
    name = "cotangent clipping"
    limited = ClipCotangent(large, 0.01)
    return [*found, _Cure(name, "exploding", loud, _Subject(name, limited))]


def _penalties() -> dict[str, Callable[[Cell, Params], Array]]:
    """Return the penalties that act on a gradient's way back."""
    chunk = _signal()

    def pascanu(penalty: Any, cell: Cell, params: Params) -> Array:
        state = cell.init_state(params.cell, BATCH)
        return penalty(_problem(cell), params, state, chunk)

    def steady_norm(cell: Cell, params: Params) -> Array:
        return penalties.norm_stabilizer(scan(cell, params.cell, None, chunk.xs)[1])

    return {
        "Pascanu's regulariser, in full": partial(pascanu, penalties.vanishing_penalty),
        "Pascanu's regulariser, cheap": partial(pascanu, penalties.vanishing_penalty_of_step),
        "soft orthogonality": lambda cell, p: penalties.soft_orthogonality(p.cell.w_h),
        "norm stabiliser": steady_norm,
    }


def _clipping() -> list[dict[str, Any]]:
    """Return what each kind of clipping leaves of an exploding gradient."""
    cell = _starting("tanh", Orthogonal(1.5))
    chunk, params = _signal(), _params(_Subject("", cell))
    exact = _gradient(cell, params, chunk)
    rules = {
        "none": optax.identity(),
        "by norm, 1": optax.clip_by_global_norm(1.0),
        "by value, 0.1": optax.clip(0.1),
        "adaptive, 0.1": optax.adaptive_grad_clip(0.1),
    }
    found = {name: rule.update(exact, rule.init(params), params)[0] for name, rule in rules.items()}
    found["cotangent, 0.01"] = _gradient(ClipCotangent(cell, 0.01), params, chunk)
    return [
        {"name": name, "norm": _norm(g), "cosine": _inner(g, exact) / (_norm(g) * _norm(exact))}
        for name, g in found.items()
    ]


def _gradient(cell: Cell, params: Params, chunk: Chunk) -> Params:
    return accumulate(bptt(), _problem(cell), params, None, chunk)[1]


def _inner(a: Any, b: Any) -> float:
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return float(
        sum(np.vdot(np.asarray(x, np.float64), np.asarray(y, np.float64)) for x, y in pairs)
    )


def _norm(tree: Any) -> float:
    return float(np.sqrt(_inner(tree, tree)))
