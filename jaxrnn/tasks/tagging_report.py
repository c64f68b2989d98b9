"""What tags are worth: a baseline without a network, a list to read, which is taken for which."""

import io
from collections import Counter
from collections.abc import Sequence

import numpy as np

from jaxrnn.tasks.tagging_data import Tagged

__all__ = ["as_list", "confusion_picture", "most_frequent_tags"]


def most_frequent_tags(trained: Sequence[Tagged], sentences: Sequence[Tagged]) -> list[list[str]]:
    """Return for each word the tag that it had most often; for a new one the commonest of all.

    Of equal ones that which came first.
    Shapes: none.

        >>> trained = [Tagged(("a", "b", "c"), ("X", "Y", "X"))]
        >>> most_frequent_tags(trained, [Tagged(("b", "d"), ("Y", "Y"))])
        [['Y', 'X']]
    """
    of_word: dict[str, Counter[str]] = {}
    for sentence in trained:
        for word, tag in zip(*sentence, strict=True):
            of_word.setdefault(word, Counter())[tag] += 1
    commonest = Counter(tag for s in trained for tag in s.tags).most_common(1)[0][0]
    best = {word: counts.most_common(1)[0][0] for word, counts in of_word.items()}
    return [[best.get(word, commonest) for word in s.words] for s in sentences]


def as_list(sentences: Sequence[Tagged], found: Sequence[Sequence[str]]) -> str:
    r"""Return a line a word, `word<TAB>tag<TAB>found`, then `<TAB>*` if it is wrong.

    An empty line ends a sentence.
    Shapes: none.

        >>> as_list([Tagged(("a", "b"), ("X", "Y"))], [["X", "X"]])
        'a\tX\tX\nb\tY\tX\t*\n\n'
    """
    lines = []
    for sentence, tags in zip(sentences, found, strict=True):
        for word, tag, other in zip(*sentence, tags, strict=True):
            lines.append(f"{word}\t{tag}\t{other}" + ("" if tag == other else "\t*"))
        lines.append("")
    return "\n".join(lines) + "\n"


def confusion_picture(sentences: Sequence[Tagged], found: Sequence[Sequence[str]]) -> str:
    """Return, as SVG, which tag was found for which: each row's shares, in per cent.

    Shapes: none.

        >>> picture = confusion_picture([Tagged(("a", "b"), ("X", "Y"))], [["X", "X"]])
        >>> picture.count("<svg")
        1
    """
    from jaxrnn.report.style import look, new_figure

    right = [tag for sentence in sentences for tag in sentence.tags]
    other = [tag for tags in found for tag in tags]
    names = [name for name, _ in Counter([*right, *other]).most_common()]
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, ([place[tag] for tag in right], [place[tag] for tag in other]), 1)
    share = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    with look():
        figure, axes = new_figure(1.6 + 0.42 * len(names), 1.2 + 0.36 * len(names), 1, 1)
        panel = axes[0, 0]
        panel.imshow(share, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        panel.grid(False)
        ticks = range(len(names))
        panel.set_xticks(ticks, names, rotation=90)
        panel.set_yticks(ticks, [f"{n}  {int(counts[i].sum())}" for i, n in enumerate(names)])
        panel.set_title("Tag found for each tag, % of its words")
        panel.set_xlabel("found")
        panel.set_ylabel("right, and how many")
        for row, column in zip(*np.nonzero(share >= 0.5), strict=True):
            value = share[row, column]
            colour = "white" if value > 60 else "#222222"
            panel.text(
                column, row, f"{value:.0f}", ha="center", va="center", fontsize=8, color=colour
            )
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
