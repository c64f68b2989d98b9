"""What does a sentence say in another language? Pairs of sentences by name, or your own."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import Kind
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.pairs.codec import PairCodec
from jaxrnn.tasks.pairs.corpora import TRANSLATIONS, PairCorpus, read_pairs
from jaxrnn.tasks.pairs.network import Translator, TranslatorSettings
from jaxrnn.tasks.pairs.pairs import PairSettings, pair_task
from jaxrnn.tasks.pairs.report import (
    bleu,
    chrf,
    exact,
    nearest_targets,
    picture_of,
    side_by_side,
)
from jaxrnn.tasks.task import Task

__all__ = ["TRANSLATE", "TranslateSettings", "translate"]

_GOALS = {"multi30k_en_de": 32.0}  # BLEU
_WORDS_OF_BLEU = 4  # fewer, and it is 0 whatever is written

Score = Callable[[Sequence[str], Sequence[str]], float]  # (written, references)


@dataclasses.dataclass(frozen=True)
class TranslateSettings(PairSettings):
    """Of a translation: corpus, pairs by name; pairs, a file of your own in its place.

    Shapes: none.
    Raises: ValueError naming the field.

        >>> TranslateSettings(corpus="numbers").pairs is None
        True
    """

    corpus: str = "multi30k_en_de"
    pairs: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("data.corpus", self.corpus, TRANSLATIONS)


def translate(data: TranslateSettings, seed: int = 0, codec: PairCodec | None = None) -> Task:
    """Return the task of writing a sentence in another language.

    Multi30k has its own parts, and is examined on test_2016; the others are split by a hash of the
    source.

    Source: Elliott et al. (2016; 2017), Multi30K; Tatoeba.
    Shapes: a chunk is a `Pairs`.
    Raises: FileNotFoundError saying how to supply the data; as `read_pairs`.

        >>> task = translate(TranslateSettings(corpus="numbers", tokens="characters"))
        >>> task.codec.text(task.codec.written("zwei"))
        'zwei'
    """
    corpus = TRANSLATIONS[data.corpus]() if data.pairs is None else read_pairs(data.pairs)
    goal = _GOALS.get(data.corpus) if data.pairs is None else None

    def examine(model: Translator, params: Any, corpus: PairCorpus) -> Examination:
        return _examine(model, params, corpus, goal)

    return pair_task(
        corpus, data, seed, codec, name="translate", title="What does it say in another language?",
        examine=examine,
    )  # fmt: skip


def _examine(model: Translator, params: Any, corpus: PairCorpus, goal: float | None) -> Examination:
    sources, targets = zip(*corpus.test, strict=True)
    width = model.settings.beam
    ids = model.answers(params, sources, width)
    beam = [model.codec.text(one) for one in ids]
    greedy = [model.codec.text(one) for one in model.answers(params, sources, 1)]
    others = {
        "greedy": greedy,
        "the nearest sentence trained on": nearest_targets(corpus.train, sources),
    }

    def finding(name: str, score: Score, goal: float | None = None) -> Finding:
        rivals = {who: score(texts, targets) for who, texts in others.items()}
        return Finding(f"test {name}, beam {width}", score(beam, targets), True, rivals, goal)

    findings = [finding("chrF", chrf), finding("share written word for word", exact)]
    if any(len(target.split()) > _WORDS_OF_BLEU for target in targets):
        findings.insert(0, finding("BLEU", bleu, goal))
    files = {
        "predictions.txt": side_by_side(corpus.test, {f"beam {width}": beam, "greedy": greedy}),
        "picture.svg": picture_of(model, params, sources, ids),
    }
    return Examination(tuple(findings), files)


TRANSLATE = Kind(
    topology="encoder-decoder",
    summary="a sentence in another language, with attention; pairs by name or of yours",
    settings=TranslateSettings,
    build=translate,
    first=lambda: {
        "data": {"batch": 64},
        "model": {"cell": "gru", "hidden": 256, "embedding": 256, "dropout": 0.3, "smoothing": 0.1},
        "optimizer": {"learning_rate": 0.001},
        "training": {"updates": 1500, "evaluate_every": 250, "checkpoint_every": 250},
    },
    model=TranslatorSettings,
    network=Translator,
    presets={
        "quick": {
            "data": {"corpus": "numbers", "tokens": "characters", "batch": 32, "buckets": 1},
            "model": {"hidden": 32, "embedding": 32, "dropout": 0.0, "smoothing": 0.0, "beam": 2},
            "optimizer": {"learning_rate": 0.01},
            "training": {"updates": 100, "evaluate_every": 50, "checkpoint_every": 50},
        },
        "full": {
            "model": {"hidden": 320, "embedding": 320, "dropout": 0.4},
            "optimizer": {"schedule": "late_exponential", "warmup": 7000, "final": 0.1},
            "training": {
                "updates": 12000, "evaluate_every": 500, "checkpoint_every": 250, "average": 0.998,
            },
        },
    },
)  # fmt: skip
