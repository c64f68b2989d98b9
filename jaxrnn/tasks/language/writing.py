"""A language model writes on after a prompt."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.drivers import generate, scan
from jaxrnn.models.sampling import sample
from jaxrnn.tasks.model import Model

__all__ = ["Draw", "drawing", "written_on"]

Draw = Callable[[Any, Any], Array]  # (y, key) -> the next input


def drawing(model: Model, params: Any, codec: Any, **sampling: Any) -> Draw:
    """Return how the next input is drawn from what the cell says.

    Shapes: y `[..., H]`; the next input `[..., D]`.
    Args: codec, one that can write: see `jaxrnn.tasks.codecs.Codec`. sampling, options of
        `jaxrnn.models.sampling.sample`.

        >>> from jaxrnn.tasks.codecs import CharacterCodec
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=2, output_size=2)
        >>> draw = drawing(model, model.init(jax.random.key(0)), CharacterCodec("ab"))
        >>> draw(jnp.ones(3), jax.random.key(1)).shape
        (2,)
    """

    def draw(y: Any, key: Any) -> Array:
        logits = model.output.apply(params.head, y)
        logits = logits.at[..., list(codec.never)].set(-jnp.inf) if codec.never else logits
        return codec.next_input(sample(key, logits, **sampling))

    return draw


def written_on(
    model: Model, params: Any, codec: Any, xs: Any, length: int, *, seed: int = 0, **sampling: Any
) -> str:
    """Return `length` tokens, such as characters, that a language model writes after a prompt.

    Shapes: xs `[T, D]`, the prompt as the codec reads it, T at least 1.
    Args: as `drawing`.
    Raises: as `jaxrnn.models.sampling.sample`.

        >>> from jaxrnn.tasks.codecs import CharacterCodec
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> codec = CharacterCodec("ab")
        >>> model = make_model(ModelSettings("gru", 3), input_size=2, output_size=2)
        >>> params = model.init(jax.random.key(0))
        >>> len(written_on(model, params, codec, codec.read("ab"), 5))
        5
    """
    draw = drawing(model, params, codec, **sampling)
    first_key, key = jax.random.split(jax.random.key(seed))
    state, ys = scan(model.cell, params.cell, None, jnp.asarray(xs))
    first = draw(ys[-1], first_key)
    written = [first[None]]
    if length > 1:
        more = generate(model.cell, params.cell, state, first, length - 1, draw, key=key)[1].xs
        written.append(more)
    return codec.text(codec.ids_of(np.concatenate(written)))
