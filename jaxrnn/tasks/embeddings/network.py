"""word2vec as a network of one dense loss, which any optimizer trains."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.embeddings import (
    Hidden,
    HierarchicalSoftmax,
    NegativeSampling,
    Objective,
    Word2Vec,
    Word2VecParams,
    WordVectors,
    WordVocabulary,
    analogy,
    cbow,
    logistic_loss,
    nearest,
    skip_gram,
)
from jaxrnn.tasks.model import ModelSettings, one_of
from jaxrnn.tasks.words import lines_of

__all__ = ["PREDICTORS", "Windows", "WordModelSettings", "WordNetwork", "plain_words"]

PREDICTORS: dict[str, Callable[[Array, Array], Hidden]] = {"skip_gram": skip_gram, "cbow": cbow}
_NEGATIVE = "negative_sampling"
_OBJECTIVES = (_NEGATIVE, "hierarchical_softmax")
_RECURRENT = ("cell", "layers", "dropout", "embedding", "precision")
_NEAR, _ANSWERS = 8, 3  # words in an answer


def plain_words(text: str) -> str:
    r"""Return a text as nothing but words in small letters, its lines as they were.

    Shapes: none.

        >>> plain_words("It's 3 o'clock\nin N_1.").split("\n")
        ['it s   o clock', 'in n   ']
    """
    return re.sub(r"[^\w\n]|[\d_]", " ", text.casefold())


class Windows(NamedTuple):
    """A chunk: words with those around them, C = 2 * window; a window may be empty."""

    centres: Any  # int32 [1, B]
    contexts: Any  # int32 [C, B], 0 where there is none
    valid: Any  # bool [C, B]


@dataclasses.dataclass(frozen=True)
class WordModelSettings(ModelSettings):
    """Of word2vec, where hidden is the size D of a vector; nothing here is recurrent.

    Fields: predictor, skip_gram or cbow; objective, negative_sampling or hierarchical_softmax;
    negatives, words drawn as noise for each word.
    Shapes: none.
    Raises: TypeError or ValueError naming the field, of cells and layers too if they are set.

        >>> WordModelSettings(hidden=50).predictor
        'skip_gram'
    """

    predictor: str = "skip_gram"
    objective: str = _NEGATIVE
    negatives: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.predictor", self.predictor, PREDICTORS)
        one_of("model.objective", self.objective, _OBJECTIVES)
        as_positive_int("model", "negatives", self.negatives)
        plain = ModelSettings()
        for name in _RECURRENT:
            if getattr(self, name) != getattr(plain, name):
                raise ValueError(
                    f"model.{name}: word2vec has two tables of vectors and no recurrence, got "
                    f"{getattr(self, name)!r}. Leave it out; model.hidden is the size of a vector."
                )


@dataclasses.dataclass(frozen=True)
class WordNetwork:
    """Two tables of vectors: a chunk's loss is the sum over its windows.

        h = skip_gram or cbow of inputs[contexts]
        loss = sum of -log p of the answers to the questions about each centre, by h and outputs

    The loss is that of `jaxrnn.embeddings`. There a few windows at a time descend its gradient with
    sparse updates; here the gradient of a whole chunk is one dense array that an optimizer takes.

    Source: Mikolov et al. (2013), arXiv:1301.3781 and arXiv:1310.4546.
    Fields: settings; codec, the words with their counts.
    Shapes: params, see `jaxrnn.embeddings.Word2VecParams`; a chunk, see `Windows`.

        >>> network = WordNetwork(WordModelSettings(hidden=4), WordVocabulary(("a", "b"), (2, 1)))
        >>> params = network.init(jax.random.key(0))
        >>> chunk = Windows(jnp.array([[1]]), jnp.array([[0]]), jnp.array([[True]]))
        >>> loss, count = network.loss(params, chunk, None)
        >>> bool(loss > 0), int(count)
        (True, 1)
    """

    settings: WordModelSettings
    codec: WordVocabulary

    @property
    def objective(self) -> Objective:
        """The questions that are asked about a word."""
        if self.settings.objective == _NEGATIVE:
            return NegativeSampling(self.settings.negatives)
        return HierarchicalSoftmax()

    def init(self, key: Array) -> Word2VecParams:
        """Draw the params."""
        model = Word2Vec(self.settings.hidden, objective=self.objective)
        return model.init(key, len(self.codec))

    def loss(
        self, params: Word2VecParams, chunk: Windows, key: Array | None
    ) -> tuple[Array, Array]:
        """Return (the losses in nats, how many predictions); without a key the noise is fixed."""
        noise = jax.random.key(0) if key is None else key
        objective = self.objective
        tables = objective.tables(self.codec.counts)
        targets = objective.targets(tables, jnp.asarray(chunk.centres)[0], noise)
        rows = params.inputs[jnp.asarray(chunk.contexts).T]
        hidden = PREDICTORS[self.settings.predictor](rows, jnp.asarray(chunk.valid).T)
        questions = params.outputs[targets.rows]
        loss = logistic_loss(hidden, questions, targets.labels, targets.asked)
        return loss, hidden.valid.sum(dtype=jnp.int32)

    def score(self, params: Word2VecParams, chunk: Windows) -> tuple[Array, Array]:
        """Return the loss again."""
        return self.loss(params, chunk, None)

    def vectors(self, params: Word2VecParams) -> WordVectors:
        """Return the vectors of the words."""
        return WordVectors(self.codec.words, params.inputs)

    def predict(self, params: Word2VecParams, text: str) -> Iterator[str]:
        """Answer a word by the nearest ones, and three words a, b, c by what is to c as b is to a.

        Raises: ValueError for another number of words or one that is not known, naming the line.
        """
        lines = [(n, line) for n, line in enumerate(lines_of(text), 1) if line.strip()]
        if not lines:
            raise ValueError("expected lines of one word, or of three, got none.")
        vectors = self.vectors(params)
        for number, line in lines:
            words = plain_words(line).split()
            if len(words) not in (1, 3):
                raise ValueError(
                    f"line {number}: expected a word, or three as in `man king woman`, got "
                    f"{len(words)} words: {line[:60]!r}."
                )
            try:
                near = (
                    nearest(vectors, words[0], _NEAR)
                    if len(words) == 1
                    else analogy(vectors, words[0], words[1], words[2], _ANSWERS)
                )
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
            yield "  ".join(f"{word} {cosine:.2f}" for word, cosine in near)
