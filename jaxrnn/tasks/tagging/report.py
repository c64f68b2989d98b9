"""What tags are worth: a baseline without a network, a list to read, which is taken for which."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from jaxrnn.tasks.class_report import confusion_svg
from jaxrnn.tasks.tagging.data import Tagged

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
    """Return, as SVG, which tag was found for which, the commonest first.

    Shapes: none.

        >>> picture = confusion_picture([Tagged(("a", "b"), ("X", "Y"))], [["X", "X"]])
        >>> picture.count("<svg")
        1
    """
    right = [tag for sentence in sentences for tag in sentence.tags]
    other = [tag for tags in found for tag in tags]
    names = [name for name, _ in Counter([*right, *other]).most_common()]
    place = {name: number for number, name in enumerate(names)}
    truth, answers = (np.array([place[tag] for tag in tags]) for tags in (right, other))
    return confusion_svg(truth, answers, names, "Which tag was found for which")
