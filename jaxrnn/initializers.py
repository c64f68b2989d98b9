"""How the weights of a cell start.

A `Scheme` names three initialisers: of the input kernel, of the recurrent matrix, and of the
bias. Matrices are drawn **per gate**, one block at a time: drawn as one `[H, 4H]` matrix, an
orthogonal initialiser would halve the spectral radius of every `[H, H]` block.

* `ORTHOGONAL` (the default): Glorot input kernels, orthogonal recurrent blocks, zero biases with
  forget bias 1. A good start for newcomers.
* `TORCH`: what `torch.nn.RNN`, `LSTM` and `GRU` do, U(-1/sqrt(H), 1/sqrt(H)) for everything. But
  one bias here stands for torch's two: it is one draw, their sum two draws with twice the variance
  (a GRU's n has both in either).
* `GLOROT`: Glorot for both. `IDENTITY`: identity recurrent blocks (Le et al. 2015).
* `chrono(t_max)`: gate biases for memories of up to `t_max` steps.
* `RESERVOIR`, or `reservoir(...)` with your own numbers: an echo state network, sparse recurrent
  weights of a given spectral radius.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_number

__all__ = [
    "GLOROT", "IDENTITY", "ORTHOGONAL", "RESERVOIR", "TORCH", "Chrono", "Forget", "Glorot",
    "Identity", "Orthogonal", "Scheme", "SpectralRadius", "Uniform", "Within", "chrono", "per_gate",
    "reservoir",
]  # fmt: skip

Matrix = Callable[[Array, tuple[int, ...], Any], Array]  # (key, shape, dtype) -> block
Bias = Callable[[Array, str, int, Any], Array]  # (key, gates, H, dtype) -> [G*H]


@dataclasses.dataclass(frozen=True)
class Glorot:
    """Glorot and Bengio's uniform: U(-a, a), `a = sqrt(6 / (rows + columns))`.

    Source: Glorot and Bengio (2010), AISTATS, equation 16.
    Shapes: `(key, [rows, columns], dtype)` to `[rows, columns]`.

        >>> block = Glorot()(jax.random.key(0), (3, 3), jnp.float32)
        >>> bool(abs(block).max() < 1)
        True
    """

    def __call__(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draw one block `shape`."""
        return jax.nn.initializers.glorot_uniform()(key, shape, dtype)


@dataclasses.dataclass(frozen=True)
class Orthogonal:
    """A random matrix with orthonormal rows or columns, times `gain`.

    Source: Saxe, McClelland and Ganguli (2014), arXiv:1312.6120.
    Shapes: `(key, [rows, columns], dtype)` to `[rows, columns]`.

        >>> q = Orthogonal()(jax.random.key(0), (3, 3), jnp.float32)
        >>> bool(abs(q @ q.T - jnp.eye(3)).max() < 1e-5)
        True
    """

    gain: float = 1.0

    def __call__(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draw one block `shape`."""
        return jax.nn.initializers.orthogonal(self.gain)(key, shape, dtype)


@dataclasses.dataclass(frozen=True)
class Identity:
    """`gain` times the identity: a ReLU network that starts by remembering everything.

    Source: Le, Jaitly and Hinton (2015), arXiv:1504.00941.
    Shapes: `(key, [rows, columns], dtype)` to `[rows, columns]`.

        >>> print(Identity()(jax.random.key(0), (2, 2), jnp.float32))
        [[1. 0.]
         [0. 1.]]
    """

    gain: float = 1.0

    def __call__(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return one block `shape`; the key is not used."""
        return self.gain * jnp.eye(*shape, dtype=dtype)


@dataclasses.dataclass(frozen=True)
class Uniform:
    """U(-1/sqrt(H), 1/sqrt(H)), H the last axis of a block or the width of a gate (torch).

    Shapes: `(key, [..., H], dtype)` to `[..., H]`; as a bias `(key, gates, H, dtype)` to `[G*H]`.

        >>> bool(abs(Uniform()(jax.random.key(0), (3, 4), jnp.float32)).max() < 0.5)
        True
    """

    def __call__(self, key: Array, shape: tuple[int, ...] | str, *width_and_dtype: Any) -> Array:
        """Draw one block, or the biases of all gates."""
        *width, dtype = width_and_dtype
        size = (len(shape) * width[0],) if isinstance(shape, str) else shape
        bound = 1 / math.sqrt(width[0] if width else size[-1])
        return jax.random.uniform(key, size, dtype, -bound, bound)


@dataclasses.dataclass(frozen=True)
class Within:
    """U(-bound, bound), for a matrix or a bias; each row of a matrix may have its own bound.

    Fields: bound, one number, or one for each row: for each input of an input kernel. So an output
    that is fed back as the last inputs has a scale of its own.
    Shapes: `(key, [rows, columns], dtype)` to `[rows, columns]`; as a bias
    `(key, gates, H, dtype)` to `[G*H]`.
    Raises: TypeError if a bound is no number; ValueError if it isn't finite, or when drawing, if
    there are not as many as rows.

        >>> w = Within((0.1, 5.0))(jax.random.key(0), (2, 50), jnp.float32)
        >>> [round(float(row.max()), 1) for row in abs(w)]
        [0.1, 5.0]
    """

    bound: float | tuple[float, ...] = 1.0

    def __post_init__(self) -> None:
        many = isinstance(self.bound, tuple | list)
        bounds = self.bound if isinstance(self.bound, tuple | list) else (self.bound,)
        numbers = tuple(as_number("Within", "bound", bound) for bound in bounds)
        object.__setattr__(self, "bound", numbers if many else numbers[0])

    def __call__(self, key: Array, shape: tuple[int, ...] | str, *width_and_dtype: Any) -> Array:
        """Draw one block, or the biases of all gates."""
        *width, dtype = width_and_dtype
        size = (len(shape) * width[0],) if isinstance(shape, str) else shape
        draws = jax.random.uniform(key, size, dtype, -1.0, 1.0)
        if not isinstance(self.bound, tuple):
            return self.bound * draws
        if len(size) != 2 or len(self.bound) != size[0]:
            rows = f"a matrix of {size[0]} rows" if len(size) == 2 else "a bias, which has no rows"
            raise ValueError(
                f"Within: {len(self.bound)} bounds {self.bound} for {rows}. Give one number, or "
                "for an input kernel one for each input."
            )
        return jnp.array(self.bound, dtype)[:, None] * draws


@dataclasses.dataclass(frozen=True)
class SpectralRadius:
    """A random matrix, sparse or dense, whose largest eigenvalue in absolute value is `radius`.

        w = r * radius / max |eig(r)|,   r uniform on [-1, 1] where there is a connection, else 0

    Each unit hears `round(density * H)` units, drawn without repetition, and at least one: so there
    is a cycle, and a radius to scale, however sparse. Zeros are stored. The eigenvalues are those
    of `jnp.linalg.eigvals`, in the dtype drawn; JAX has them where there is LAPACK or CUDA, not on
    a TPU.
    Source: Jaeger (2001), GMD Report 148.
    Fields: radius, at least 0; density, above 0 and at most 1.
    Shapes: `(key, [H, H], dtype)` to `[H, H]`, from row to column.
    Raises: TypeError if a field is no number; ValueError outside its range, or when drawing, if the
    matrix is not square.

        >>> w = SpectralRadius(0.9, density=0.1)(jax.random.key(0), (50, 50), jnp.float32)
        >>> print(abs(jnp.linalg.eigvals(w)).max(), float((w != 0).mean()))
        0.9 0.1
    """

    radius: float
    density: float = 1.0

    def __post_init__(self) -> None:
        if not as_number("SpectralRadius", "radius", self.radius) >= 0:
            raise ValueError(f"SpectralRadius: radius must be at least 0, got {self.radius}.")
        if not 0 < as_number("SpectralRadius", "density", self.density) <= 1:
            raise ValueError(
                f"SpectralRadius: density, the part of units that each one hears, must be above 0 "
                f"and at most 1, got {self.density}."
            )

    def __call__(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draw one block `shape`."""
        rows, columns = shape
        if rows != columns:
            raise ValueError(
                f"SpectralRadius: a {rows} x {columns} matrix has no eigenvalues, expected [H, H]. "
                "Use it for the recurrent matrix of a cell without projection."
            )
        k_w, k_heard = jax.random.split(key)
        heard = max(1, round(self.density * rows))
        first = jnp.broadcast_to(jnp.arange(rows)[:, None] < heard, shape)
        connected = jax.random.permutation(k_heard, first, axis=0, independent=True)
        w = jnp.where(connected, jax.random.uniform(k_w, shape, dtype, -1.0, 1.0), 0)
        return w * (self.radius / abs(jnp.linalg.eigvals(w)).max())


@dataclasses.dataclass(frozen=True)
class Forget:
    """Zero biases, but `bias` on the forget gate of a cell that has one.

    Source: Gers, Schmidhuber and Cummins (2000); Jozefowicz et al. (2015) for the value 1.
    Shapes: `(key, gates, H, dtype)` to `[G*H]`.

        >>> print(Forget(1.0)(jax.random.key(0), "ifgo", 1, jnp.float32))
        [0. 1. 0. 0.]
    """

    bias: float = 1.0

    def __call__(self, key: Array, gates: str, hidden_size: int, dtype: Any) -> Array:
        """Return the biases of all gates; the key is not used."""
        values = [self.bias if gate == "f" else 0.0 for gate in gates]
        return jnp.repeat(jnp.array(values, dtype), hidden_size)


@dataclasses.dataclass(frozen=True)
class Chrono:
    """Gate biases for memories between 1 and `t_max` steps long.

        b_f = log(v), b_i = -log(v), v uniform on [1, t_max - 1]

    A GRU's update gate z plays the part of f, and has no opposite gate.
    Source: Tallec and Ollivier (2018), arXiv:1804.11188, equation 16.
    Fields: t_max, the longest memory in steps, at least 3.
    Shapes: `(key, gates, H, dtype)` to `[G*H]`.
    Raises: ValueError if `t_max < 3`.

        >>> b = Chrono(100.0)(jax.random.key(0), "ifgo", 5, jnp.float32)
        >>> bool((b[:5] == -b[5:10]).all()), bool((b[5:10] >= 0).all())
        (True, True)
    """

    t_max: float

    def __post_init__(self) -> None:
        if not self.t_max >= 3:
            raise ValueError(f"Chrono: t_max must be at least 3 steps, got {self.t_max}.")

    def __call__(self, key: Array, gates: str, hidden_size: int, dtype: Any) -> Array:
        """Draw the biases of all gates."""
        log_v = jnp.log(jax.random.uniform(key, (hidden_size,), dtype, 1.0, self.t_max - 1.0))
        sign = {"f": 1.0, "z": 1.0, "i": -1.0}
        return jnp.concatenate([sign.get(gate, 0.0) * log_v for gate in gates])


@dataclasses.dataclass(frozen=True)
class Scheme:
    """The initialisers of one cell: `kernel` and `recurrent` per gate, `bias` for all gates.

    Shapes: kernel blocks `[D, H]`, recurrent blocks `[H, H]`, biases `[G*H]`.

        >>> Scheme(recurrent=Identity()).recurrent
        Identity(gain=1.0)
    """

    kernel: Matrix = Glorot()
    recurrent: Matrix = Orthogonal()
    bias: Bias = Forget(1.0)

    def __repr__(self) -> str:
        """Show a scheme of this module by its name: cells are printed often."""
        parts = f"Scheme({self.kernel!r}, {self.recurrent!r}, {self.bias!r})"
        named = ("ORTHOGONAL", "TORCH", "GLOROT", "IDENTITY", "RESERVOIR")
        return next((name for name in named if globals()[name] == self), parts)


ORTHOGONAL = Scheme()
TORCH = Scheme(Uniform(), Uniform(), Uniform())
GLOROT = Scheme(recurrent=Glorot())
IDENTITY = Scheme(recurrent=Identity())


def chrono(t_max: float) -> Scheme:
    """Return the default scheme with `Chrono(t_max)` biases.

    Shapes: as `Scheme`.
    Raises: ValueError if `t_max < 3`.

        >>> chrono(784.0).bias
        Chrono(t_max=784.0)
    """
    return Scheme(bias=Chrono(t_max))


def reservoir(
    radius: float = 0.95, *, density: float = 0.1, input_scale: float | tuple[float, ...] = 1.0,
    bias_scale: float = 0.2,
) -> Scheme:  # fmt: skip
    """Return the scheme of an echo state network.

        w_x ~ U(-input_scale, input_scale),  b ~ U(-bias_scale, bias_scale),  max |eig w_h| = radius

    Args: radius and density as `SpectralRadius`; input_scale, one number or one for each input,
        an output that is fed back included; bias_scale.
    Shapes: as `Scheme`.
    Raises: as `SpectralRadius` and `Within`.

        >>> reservoir(0.9, input_scale=(1.0, 0.1)).kernel
        Within(bound=(1.0, 0.1))
    """
    return Scheme(Within(input_scale), SpectralRadius(radius, density), Within(bias_scale))


RESERVOIR = reservoir()


def per_gate(matrix: Matrix, key: Array, rows: int, gates: str, hidden_size: int) -> Array:
    """Draw one `[rows, H]` block for each gate and lay them side by side.

    Shapes: result `[rows, G*H]`, in JAX's default floating dtype.

        >>> w = per_gate(Orthogonal(), jax.random.key(0), 2, "rzn", 2)
        >>> w.shape
        (2, 6)
    """
    dtype = jnp.zeros(()).dtype
    keys = jax.random.split(key, len(gates))
    return jnp.concatenate([matrix(k, (rows, hidden_size), dtype) for k in keys], axis=-1)
