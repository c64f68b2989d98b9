"""What classes were told apart, and how well: macro figures, a plain rival, files for people."""

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxrnn.data.labelled import Labelled
from jaxrnn.tasks.examination import Examination, Finding

__all__ = [
    "MEASURES", "accuracy", "confusion_svg", "examined", "judged_lines", "macro_f1",
    "macro_recall", "ngram_regression",
]  # fmt: skip

_SHOWN = 150  # mistakes in predictions.txt, and right answers
_LONG = 160  # characters of a text in it


def accuracy(truth: np.ndarray, answers: np.ndarray) -> float:
    """Return the share that is right.

    Shapes: int `[N]`.

        >>> accuracy(np.array([0, 1]), np.array([0, 0]))
        0.5
    """
    return float((truth == answers).mean())


def macro_f1(truth: np.ndarray, answers: np.ndarray) -> float:
    """Return the mean over the classes that come up of F1 = 2 P R / (P + R): small ones count too.

    Shapes: int `[N]`.

        >>> macro_f1(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))
        0.7333333
    """
    counts = ((truth == label, answers == label) for label in np.unique(truth))
    # 2 P R / (P + R) = 2 both / (truth + answers)
    return float(np.mean([2 * (t & a).sum() / (t.sum() + a.sum()) for t, a in counts]))


def macro_recall(truth: np.ndarray, answers: np.ndarray) -> float:
    """Return the mean over the classes that come up of the share of them that is found.

    Shapes: int `[N]`.

        >>> macro_recall(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]))
        0.5
    """
    return float(np.mean([(answers[truth == label] == label).mean() for label in np.unique(truth)]))


MEASURES = {"accuracy": accuracy, "macro F1": macro_f1, "macro recall": macro_recall}


def examined(
    test: Labelled, names: Sequence[str], logits: np.ndarray, rivals: Mapping[str, np.ndarray],
    title: str, goal: float | None = None,
) -> Examination:  # fmt: skip
    """Return each of `MEASURES` on a test set beside the rivals', what was answered, a picture.

    Shapes: logits `[N, classes]`; rivals, what each answers, int `[N]`.
    Args: names, of the classes; title, of the picture; goal, an accuracy to be reached.

        >>> test = Labelled(("fine", "poor"), np.array([1, 0]))
        >>> found = examined(test, ("no", "yes"), np.eye(2), {"always no": np.zeros(2)}, "t", 0.5)
        >>> print(found.findings[0].line())
        test accuracy 0 (yardstick 0.5: not reached; always no 0.5: no better)
        >>> sorted(found.files)
        ['confusion.svg', 'predictions.txt']
    """
    truth, answers = test.labels, logits.argmax(1)
    findings = (
        Finding(
            f"test {name}", measure(truth, answers), True,
            {rival: measure(truth, told) for rival, told in rivals.items()},
            goal if name == "accuracy" else None,
        )
        for name, measure in MEASURES.items()
    )  # fmt: skip
    files = {
        "predictions.txt": judged_lines(test.texts, names, truth, logits),
        "confusion.svg": confusion_svg(truth, answers, names, title),
    }
    return Examination(tuple(findings), files)


def ngram_regression(
    trained: Sequence[np.ndarray], labels: np.ndarray, judged: Sequence[np.ndarray], longest: int,
    *, balanced: bool = False,
) -> np.ndarray:  # fmt: skip
    """Return the classes that a logistic regression on counts of n-grams of tokens answers.

    What a recurrent network has to beat: it sees which tokens come side by side, and no order
    beyond. scikit-learn's, with its own penalty.

    Shapes: trained and judged, arrays int `[t_i]` of ids; labels int `[N]`; result int `[M]`.
    Args: longest, tokens of the longest n-grams; balanced, whether rare classes weigh as much as
        common ones.

        >>> ids = [np.array([2, 3]), np.array([3, 2])]
        >>> ngram_regression(ids, np.array([0, 1]), ids[::-1], 2).tolist()
        [1, 0]
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    def ngrams(ids: Any) -> list[tuple[int, ...]]:
        row = [0, *ids.tolist(), 0]  # padding marks both ends
        return [
            tuple(row[i : i + n]) for n in range(1, longest + 1) for i in range(len(row) - n + 1)
        ]

    counts = CountVectorizer()
    counts.set_params(analyzer=ngrams)  # the constructor's stub knows names of analyzers alone
    regression = LogisticRegression(max_iter=300, class_weight="balanced" if balanced else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(counts.fit_transform(trained), labels)
    return np.asarray(regression.predict(counts.transform(judged)))


def judged_lines(
    texts: Sequence[str], names: Sequence[str], truth: np.ndarray, logits: np.ndarray
) -> str:
    """Return the surest mistakes, and as many right answers, in lines with what was answered.

    Shapes: truth int `[N]`; logits `[N, classes]`.

        >>> logits = np.array([[2.0, 0.0], [0.0, 1.0]])
        >>> print(judged_lines(("fine", "good"), ("no", "yes"), np.array([1, 1]), logits))
        1 of 2 texts are wrong. The surest mistakes, and some that are right:
        answer    it is     text
        no  0.88  yes       fine
        yes 0.73  yes       good
        <BLANKLINE>
    """
    from scipy.special import softmax

    share = softmax(logits, axis=1)
    answers, sure = share.argmax(1), share.max(1)
    wrong, right = np.flatnonzero(answers != truth), np.flatnonzero(answers == truth)
    surest = wrong[np.argsort(-sure[wrong], kind="stable")][:_SHOWN]
    some = right[:: max(1, len(right) // _SHOWN)][:_SHOWN]
    width = max(map(len, names))
    lines = [
        f"{len(wrong):,} of {len(texts):,} texts are wrong. The surest mistakes, and some that are "
        "right:",
        f"{'answer':{width + 7}}{'it is':{width + 7}}text",
    ]
    for place in map(int, (*surest, *some)):
        text = " ".join(texts[place].split())
        text = text if len(text) <= _LONG else text[: _LONG - 3] + "..."
        answer, own = names[int(answers[place])], names[int(truth[place])]
        lines.append(f"{answer:{width}} {sure[place]:.2f}  {own:{width + 7}}{text}")
    return "\n".join(lines) + "\n"


def confusion_svg(truth: np.ndarray, answers: np.ndarray, names: Sequence[str], title: str) -> str:
    """Return a picture of how often each class is taken for which, as SVG.

    Shapes: truth and answers int `[N]`.

        >>> confusion_svg(np.array([0, 1]), np.array([0, 0]), ("no", "yes"), "t")[:5]
        '<?xml'
    """
    from jaxrnn.report.style import look, new_figure

    size = len(names)
    counts = np.zeros((size, size), int)
    np.add.at(counts, (truth, answers), 1)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 2.2 + 0.36 * size
    with look():
        figure, panels = new_figure(side + 0.8, side, 1, 1)
        axes: Any = panels[0, 0]
        axes.grid(False)
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if share[row, column] > 0.5 else "#444444"
            axes.text(
                column, row, str(counts[row, column]), ha="center", va="center", color=colour,
                fontsize=6 if size > 8 else 10,
            )  # fmt: skip
        axes.set_xticks(range(size), names, rotation=60, ha="right")
        axes.set_yticks(range(size), names)
        axes.set(xlabel="answer", ylabel="what it is", title=title)
        figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
