"""What vectors of words are worth, and pages of them for people."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.data import WORD_SIMILARITY, Rated, WordSimilarity, find, load_word_similarity
from jaxrnn.embeddings import (
    Targets,
    Word2VecParams,
    WordVectors,
    agreement,
    analogy,
    answers,
    content_words,
    draw_words,
    nearest,
    save_words,
)
from jaxrnn.embeddings.similarity import Question
from jaxrnn.tasks.embeddings.network import Windows, WordNetwork
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.judging import measure_of
from jaxrnn.training.evaluate import evaluate

__all__ = ["examine", "nearest_to_third", "rates_alone", "spelled"]

_JUDGES = {"WS-353-ALL": "WordSim-353", "SIMLEX-999": "SimLex-999"}
_LEAST = 30  # pairs or analogies that have to be known
_LISTED, _NEAR, _DRAWN, _A_SECTION = 40, 8, 150, 5
_RANDOM = "random vectors"
_RATES = "how often each word comes"


def examine(
    model: WordNetwork, params: Word2VecParams, trained: np.ndarray, judged: Sequence[Windows]
) -> Examination:
    """Examine vectors: the loss they were chosen by, and what people say, where that is at hand.

    Shapes: trained, the text as ids `[N]`.
    Args: judged, the held-out chunks.

        >>> from jaxrnn.embeddings import WordVocabulary
        >>> from jaxrnn.tasks.embeddings.network import WordModelSettings
        >>> words = tuple("abcdefgh")
        >>> model = WordNetwork(
        ...     WordModelSettings(hidden=4),
        ...     WordVocabulary(tuple(letter * 3 for letter in words), (2,) * 8),
        ... )
        >>> chunk = Windows(np.array([[1]]), np.array([[0]]), np.array([[True]]))
        >>> found = examine(model, model.init(jax.random.key(0)), np.arange(8), [chunk])
        >>> sorted(found.files)
        ['picture.svg', 'predictions.txt', 'words.safetensors']
    """
    vectors = model.vectors(params)
    loss = evaluate(measure_of(model, _never, _never), params, judged)["loss"]
    name = "nats per prediction of the validation part"
    findings = [Finding(name, loss, False, {_RATES: rates_alone(model, trained, judged)})]
    known = load_word_similarity() if all(map(find, WORD_SIMILARITY)) else None
    questions: Mapping[str, list[Question]] = {}
    if known is not None:
        questions = _questions(known, vectors)
        random = _random(vectors)
        for judge, called in _JUDGES.items():
            findings += _rated(vectors, random, known.pairs[judge], called)
        findings += _asked(vectors, random, [q for some in questions.values() for q in some])
    files: dict[str, str | bytes] = {"predictions.txt": _listed(model, vectors, questions)}
    with tempfile.TemporaryDirectory() as folder:
        save_words(Path(folder, "words"), model.codec, params)
        files["words.safetensors"] = Path(folder, "words").read_bytes()
        shown = content_words(model.codec, _DRAWN)
        if len(shown) > 1:
            draw_words(Path(folder, "picture.svg"), vectors, shown)
            files["picture.svg"] = Path(folder, "picture.svg").read_text(encoding="utf-8")
    return Examination(tuple(findings), files)


def _never(outputs: Any, targets: Any) -> Any:
    raise TypeError("a network measures itself.")


def _random(vectors: WordVectors) -> WordVectors:
    drawn = np.random.default_rng(0).standard_normal(vectors.vectors.shape)
    return WordVectors(vectors.words, drawn)


def _rated(
    vectors: WordVectors, random: WordVectors, rated: Sequence[Rated], called: str
) -> list[Finding]:
    """Return the finding beside people's ratings; none if too few pairs are known."""
    known = [r for r in rated if r.one in vectors.index and r.other in vectors.index]
    if len(known) < _LEAST:
        return []
    words = sorted({word for r in known for word in (r.one, r.other)})
    rivals = {_RANDOM: random, "letters that words share": spelled(words)}
    return [
        Finding(
            f"Spearman on {called}, {len(known)} of {len(rated)} pairs",
            agreement(vectors, known).spearman, True,
            {name: agreement(rival, known).spearman for name, rival in rivals.items()},
        )
    ]  # fmt: skip


def _asked(
    vectors: WordVectors, random: WordVectors, questions: Sequence[Question]
) -> list[Finding]:
    """Return the finding of analogies; none if too few are known."""
    if len(questions) < _LEAST:
        return []
    count = len(questions)
    rivals = {
        "the word nearest to the third": nearest_to_third(vectors, questions),
        _RANDOM: answers(random, questions).correct / count,
    }
    share = answers(vectors, questions).correct / count
    return [Finding(f"analogies answered, of {count:,} known", share, True, rivals)]


def spelled(words: Sequence[str]) -> WordVectors:
    """Return words as counts of their pairs of letters: what spelling alone says of likeness.

    Shapes: vectors float64 `[V, P]`, P pairs.

        >>> near = spelled(["cat", "cats", "dog"])
        >>> cosines = near.directions @ near.directions.T
        >>> bool(cosines[0, 1] > 0.5), float(cosines[0, 2])
        (True, 0.0)
    """
    from sklearn.feature_extraction.text import CountVectorizer

    pairs: Any = CountVectorizer(analyzer="char_wb", ngram_range=(2, 2)).fit_transform(words)
    return WordVectors(tuple(words), pairs.toarray().astype(np.float64))


def nearest_to_third(vectors: WordVectors, questions: Sequence[Question]) -> float:
    """Return the share of analogies a : b = c : d that who looks at c alone answers.

    The answer is the word nearest to c other than a and b.

    Source: Linzen (2016), arXiv:1606.07736, who names it a baseline.
    Shapes: none.

        >>> table = np.array([[1.0, 0], [1, 1], [0, 1], [0, 2]])
        >>> vectors = WordVectors(("a", "b", "c", "d"), table)
        >>> nearest_to_third(vectors, [("a", "b", "c", "d"), ("a", "c", "b", "d")])
        1.0
    """
    cosines: dict[int, np.ndarray] = {}
    correct = 0
    for question in questions:
        *asked, answer = vectors.ids_of(question).tolist()
        if asked[2] not in cosines:
            cosines[asked[2]] = vectors.directions @ vectors.directions[asked[2]]
        others = cosines[asked[2]].copy()
        others[asked] = -np.inf
        correct += int(others.argmax()) == answer
    return correct / len(questions)


def rates_alone(model: WordNetwork, trained: np.ndarray, judged: Sequence[Windows]) -> float:
    """Return the held-out loss of who answers each question by how often it was yes.

        yes[r], no[r] = answers to the questions about row r, over the text
        score[r] = log((yes[r] + 1/2) / (no[r] + 1/2)),   whatever stands around the word

    Shapes: trained, ids `[N]`; noise is drawn for each as in training.

        >>> from jaxrnn.embeddings import WordVocabulary
        >>> from jaxrnn.tasks.embeddings.network import WordModelSettings
        >>> settings = WordModelSettings(objective="hierarchical_softmax")
        >>> model = WordNetwork(settings, WordVocabulary(("a", "b"), (2, 2)))
        >>> chunk = Windows(np.array([[1]]), np.array([[0]]), np.array([[True]]))
        >>> round(rates_alone(model, np.array([0, 1, 0, 1]), [chunk]), 3)  # log 2
        0.693
    """
    objective = model.objective
    tables = objective.tables(model.codec.counts)
    rows = objective.rows(len(model.codec))

    @jax.jit
    def asked(words: Array, key: Array) -> Targets:
        return objective.targets(tables, words, key)

    of_text: Targets = jax.tree.map(np.asarray, asked(jnp.asarray(trained), jax.random.key(1)))
    yes, no = (
        np.bincount(of_text.rows[of_text.asked & (of_text.labels == label)], minlength=rows) + 0.5
        for label in (True, False)
    )
    scores, losses, counts = np.log(yes / no), 0.0, 0
    for chunk in judged:
        found = jax.tree.map(np.asarray, asked(jnp.asarray(chunk.centres[0]), jax.random.key(0)))
        wrong = np.where(found.labels, -1, 1) * scores[found.rows]
        own = (np.logaddexp(0, wrong) * found.asked).sum(1)
        predictions = chunk.valid.sum(0)
        if model.settings.predictor == "cbow":
            predictions = predictions > 0
        losses += float((own * predictions).sum())
        counts += int(predictions.sum())
    return losses / max(counts, 1)


def _questions(known: WordSimilarity, vectors: WordVectors) -> Mapping[str, list[Question]]:
    """Return the analogies of which all four words are known, in small letters, by section."""
    found = {}
    for section, questions in known.analogies.items():
        small = [tuple(word.casefold() for word in question) for question in questions]
        found[section] = [
            (a, b, c, d) for a, b, c, d in small if {a, b, c, d} <= vectors.index.keys()
        ]
    return {section: some for section, some in found.items() if some}


def _listed(
    model: WordNetwork, vectors: WordVectors, questions: Mapping[str, list[Question]]
) -> str:
    """Return frequent words with the nearest ones, and some analogies of each section."""
    lines = ["# frequent words, and those whose vectors have the largest cosine with theirs", ""]
    for word in content_words(model.codec, _LISTED):
        near = nearest(vectors, word, _NEAR)
        lines.append(f"{word}: " + ", ".join(f"{other} {cosine:.2f}" for other, cosine in near))
    if questions:
        lines += ["", "# a : b = c : d -> what the vectors say, * where it is d"]
    for section, some in questions.items():
        lines += ["", section]
        for place in np.linspace(0, len(some) - 1, min(_A_SECTION, len(some))).astype(int):
            a, b, c, d = some[place]
            said = analogy(vectors, a, b, c)[0].word
            lines.append(f"  {a} : {b} = {c} : {d} -> {said}{' *' if said == d else ''}")
    return "\n".join(lines) + "\n"
