"""Does a sentence praise or blame? Or which class of yours is a text of?"""

import dataclasses
from typing import Any

from jaxrnn.tasks.class_report import accuracy, confusion_svg, judged_lines, macro_f1, ngram_regression
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import Kind
from jaxrnn.tasks.labelled_texts import LabelledIds, TextSettings, labelled_texts
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.task import Task
from jaxrnn.tasks.text_classifier import ClassifierSettings, TextClassifier, logits_of
from jaxrnn.tasks.text_corpora import LabelledCorpus, corpus
from jaxrnn.tasks.token_codecs import LabelCodec

__all__ = ["SENTIMENT", "SentimentSettings", "sentiment"]

_GOALS = {"sst2": 0.78, "nsmc": 0.81}  # test accuracy to be reached, by corpus
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


def sentiment(
    data: SentimentSettings, seed: int = 0, codec: LabelCodec | None = None
) -> Task:
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

    def examine(
        model: TextClassifier, params: Any, found: LabelledCorpus, ids: LabelledIds
    ) -> Examination:
        logits = logits_of(model, params, ids.test)
        truth, answers = found.parts.test.labels, logits.argmax(1)
        trained = found.parts.train.labels
        commonest = np.full_like(truth, np.bincount(trained).argmax())
        rivals = {
            "the commonest class": commonest,
            "logistic regression on one and two tokens": ngram_regression(
                ids.train, trained, ids.test, 2
            ),
        }
        ...
