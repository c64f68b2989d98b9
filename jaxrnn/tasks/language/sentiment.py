"""Does a sentence praise or blame? Or which class of yours is a text of?"""

import dataclasses
from typing import Any

import numpy as np

from jaxrnn.tasks.class_report import examined, ngram_regression
from jaxrnn.tasks.examination import Examination
from jaxrnn.tasks.kind import Kind
from jaxrnn.tasks.language.labelled_texts import LabelledIds, TextSettings, labelled_texts
from jaxrnn.tasks.language.text_classifier import ClassifierSettings, TextClassifier
from jaxrnn.tasks.language.text_corpora import corpus
from jaxrnn.tasks.language.token_codecs import LabelCodec
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.task import Task

__all__ = ["SENTIMENT", "SentimentSettings", "sentiment"]

_GOALS = {"sst2": 0.78, "nsmc": 0.81}  # test accuracy to be reached, by corpus
_NGRAM = 2  # tokens that the logistic regression sees together
_CORPORA = (*_GOALS, "made-reviews")


@dataclasses.dataclass(frozen=True)
class SentimentSettings(TextSettings):
    """Of a classifier of texts.

    Fields: corpus, sst2 (English), nsmc (Korean) or made-reviews; text, a file of your own with
    two columns, label and text; the others as in `TextSettings`.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> SentimentSettings(corpus="nsmc", tokens="characters").text is None
        True
    """

    corpus: str = "sst2"
    text: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("data.corpus", self.corpus, _CORPORA)


def sentiment(data: SentimentSettings, seed: int = 0, codec: LabelCodec | None = None) -> Task:
    """Return the task of telling the class of a text, for a `TextClassifier`.

    A named corpus has parts of its own; a file is split by a hash of the spelling, eight tenths to
    train on.

    Shapes: a chunk is a `Texts`; see `labelled_texts`.
    Args: seed, of the order of the texts; codec, fitted before.
    Raises: FileNotFoundError saying how to supply the data; ValueError for a wrong file.

        >>> task = sentiment(SentimentSettings(corpus="made-reviews", batch=8))
        >>> task.codec.names, task.train(0).ids.shape
        (('negative', 'positive'), (5, 8))
    """
    goal = _GOALS.get(data.corpus) if data.text is None else None

    found = corpus(data.corpus, data.text)

    def examine(model: TextClassifier, params: Any, ids: LabelledIds) -> Examination:
        trained, test = found.parts.train.labels, found.parts.test
        rivals = {
            "the commonest class": np.full_like(test.labels, np.bincount(trained).argmax()),
            "logistic regression on n-grams": ngram_regression(
                ids.train, trained, ids.test, _NGRAM
            ),
        }
        logits = model.answers(params, ids.test)
        return examined(test, found.names, logits, rivals, "Test texts by class", goal)

    return labelled_texts(
        found, data, seed, codec, name="sentiment", title="Which class is a text of?",
        examine=examine,
    )  # fmt: skip


SENTIMENT = Kind(
    topology="many-to-one",
    summary="whether a sentence praises or blames, or the class of your own texts, read both ways",
    settings=SentimentSettings,
    build=sentiment,
    first=lambda: {
        "data": {"batch": 64},
        "model": {"hidden": 64, "embedding": 100, "dropout": 0.5, "word_dropout": 0.2},
        "optimizer": {"name": "adamw", "learning_rate": 0.002, "schedule": "cosine"},
        "training": {"updates": 600, "average": 0.99, "evaluate_every": 50},
    },
    model=ClassifierSettings,
    network=TextClassifier,
    presets={
        "quick": {
            "data": {"corpus": "made-reviews", "batch": 16},
            "model": {"hidden": 16, "embedding": 8, "dropout": 0.0, "word_dropout": 0.0},
            "optimizer": {"learning_rate": 0.03, "schedule": "constant"},
            "training": {
                "updates": 60,
                "evaluate_every": 30,
                "checkpoint_every": 30,
                "average": 0.0,
            },
        },
        "full": {},
        "nsmc": {
            "data": {
                "corpus": "nsmc",
                "tokens": "subwords",
                "size": 8000,
                "steps": 40,
                "batch": 128,
            },
            "model": {"embedding": 128, "word_dropout": 0.1},
            "optimizer": {"learning_rate": 0.004},
            "training": {"updates": 550, "evaluate_every": 110, "average": 0.98},
        },
    },
)
