"""Which character comes next? A language model over one long text."""

import os

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
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.own_text import read_text
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.codecs import CharacterCodec
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["corpus", "text"]

_JUDGES = 16  # stretches of the validation part that judge
_STRETCH = 512  # characters in each


def text(
    *, seed: int = 0, steps: int | None = None, batch: int | None = None,
    path: str | os.PathLike[str] | None = None,
) -> Task:  # fmt: skip
    """Return the task of predicting the next character of a text, at each character.

        xs[t] = one-hot of character t,   targets[t] = the number of character t + 1

    The text is the file `path`; without one Tiny Shakespeare if it is at hand (in
    `$JAXRNN_DATA/tinyshakespeare` or the cache), else Python's documentation. Its first 90 % are
    read by B readers side by side, chunk after chunk with the state carried. 16 stretches of 512
    characters of the rest judge, fewer and shorter ones if the rest is short. The loss is in nats
    per character; divide by ln 2 for bits.

    Source: the split of Karpathy's char-rnn, without a test part.
    Shapes: a chunk's xs float32 `[T, B, V]`, V = 65, or 96 for the documentation; targets int32
    `[T, B]`; weights None, all count.
    Args: seed, where in the text reading begins. steps T, 64. batch B, 16. path, of a text in
        UTF-8.
    Raises: ValueError if steps or batch are above the characters there are, or the file can't be
        read as text; OSError without the file.

        >>> task = text(steps=5, batch=2)
        >>> xs, targets = task.train(3)[:2]
        >>> bool((xs[1:].argmax(-1) == targets[:-1]).all())
        True
    """
    content, source = corpus(path)
    vocabulary = _vocabulary(content, path)
    ids = vocabulary.encode(content)
    cut = len(ids) * 9 // 10
    if len(ids) - cut < 2:
        raise ValueError(
            f"text: {source} has {len(ids)} characters: expected at least 20, to train on 90 % of "
            "them and be judged on the others."
        )
    steps = 64 if steps is None else steps
    batch = 16 if batch is None else batch
    if steps >= cut:
        raise ValueError(
            f"text: {source} has {cut} characters to train on, expected at least "
            f"{steps + 1} for windows of steps={steps}. Use shorter windows."
        )
    begin = int(np.random.default_rng(seed).integers(cut)) if seed else 0
    reading = streams(np.roll(ids[:cut], -begin), batch, steps)
    codec = CharacterCodec(vocabulary.characters)

    def chunk(inputs: np.ndarray, targets: np.ndarray) -> Chunk:
        return Chunk(jnp.asarray(codec.one_hot(inputs)), jnp.asarray(targets))

    return Task(
        name="text",
        title="Which character comes next?",
        source=source,
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
        evaluation=(chunk(*_judges(ids[cut:])),),
        # no LSTM: its cells sum up as long as the state is carried, and after a few hundred chunks
        # it is trained where no stretch that starts anew comes (2.5 nats instead of 2.3)
        settings={
            "cell": "gru",
            "hidden": 128,
            "layers": 1,
            "learning_rate": 0.005,
            "updates": 300,
        },
        content=fingerprint(content),
        epoch=reading.chunks,
        codec=codec,
    )


def corpus(path: str | os.PathLike[str] | None = None) -> tuple[str, str]:
    """Return a text and what it is: a file, Tiny Shakespeare if it is at hand, Python's own words.

    Shapes: none.
    Raises: ValueError if the file can't be read as text; OSError without the file.

        >>> text, source = corpus()
        >>> len(text) > 100_000
        True
    """
    if path is not None:
        return read_text(path), os.path.basename(path)
    if find(TINY_SHAKESPEARE) is not None:
        return load_tinyshakespeare(), "Tiny Shakespeare"
    return python_documentation(), "Python's documentation, the topics of help()"


def _vocabulary(content: str, path: str | os.PathLike[str] | None) -> Vocabulary:
    if path is not None or find(TINY_SHAKESPEARE) is not None:
        return Vocabulary.of(content)
    # of all printable characters, so that every version of Python gives the same V
    return Vocabulary.of(content + "".join(map(chr, range(32, 127))))


def _judges(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the stretches that judge; of a short text as many as it has."""
    count = min(_JUDGES, len(ids) // 2)
    return streams(ids, count, min(_STRETCH, len(ids) // count)).chunk(0)
