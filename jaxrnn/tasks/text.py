"""Which character comes next? A language model over one long text."""

import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.data import (
    TINY_SHAKESPEARE,
    Vocabulary,
    find,
    load_tinyshakespeare,
    python_documentation,
    streams,
)
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["text"]

_JUDGES = 16  # stretches of the validation part that judge
_STRETCH = 512  # characters in each


def text(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the task of predicting the next character of a text, at each character.

        xs[t] = one-hot of character t,   targets[t] = the number of character t + 1

    The text is Tiny Shakespeare if it is at hand (in `$JAXRNN_DATA/tinyshakespeare` or the cache),
    else Python's documentation. Its first 90 % are read by B readers side by side, chunk after
    chunk with the state carried. 16 stretches of 512 characters of the rest judge. The loss is in
    nats per character; divide by ln 2 for bits.

    Source: the split of Karpathy's char-rnn, without a test part.
    Shapes: a chunk's xs float32 `[T, B, V]`, V = 65, or 96 for the documentation; targets int32
    `[T, B]`; weights None, all count.
    Args: seed, where in the text reading begins. steps T, 64. batch B, 16.
    Raises: ValueError if steps or batch are above the characters there are.

        >>> task = text(steps=5, batch=2)
        >>> xs, targets = task.train(3)[:2]
        >>> bool((xs[1:].argmax(-1) == targets[:-1]).all())
        True
    """
    real = find(TINY_SHAKESPEARE) is not None
    corpus = load_tinyshakespeare() if real else python_documentation()
    # of all printable characters, so that every version of Python gives the same V
    vocabulary = Vocabulary.of(corpus if real else corpus + "".join(map(chr, range(32, 127))))
    ids = vocabulary.encode(corpus)
    cut = len(ids) * 9 // 10
    steps = 64 if steps is None else steps
    batch = 16 if batch is None else batch
    begin = int(np.random.default_rng(seed).integers(cut)) if seed else 0
    reading = streams(np.roll(ids[:cut], -begin), batch, steps)
    one_hot = np.eye(len(vocabulary), dtype=np.float32)

    def chunk(inputs: np.ndarray, targets: np.ndarray) -> Chunk:
        return Chunk(jnp.asarray(one_hot[inputs]), jnp.asarray(targets))

    return Task(
        name="text",
        title="Which character comes next?",
        source="Tiny Shakespeare" if real else "Python's documentation, the topics of help()",
        input_size=len(vocabulary),
        output_size=len(vocabulary),
        steps=steps,
        batch=batch,
        stream=True,
        loss=softmax_cross_entropy_with_integer_labels,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=lambda number: chunk(*reading.chunk(number)),
        evaluation=(chunk(*streams(ids[cut:], _JUDGES, _STRETCH).chunk(0)),),
        # no LSTM: its cells sum up as long as the state is carried, and after a few hundred chunks
        # it is trained where no stretch that starts anew comes (2.5 nats instead of 2.3)
        settings={
            "cell": "gru",
            "hidden": 128,
            "layers": 1,
            "learning_rate": 0.005,
            "updates": 300,
        },
    )
