"""What written texts are worth, beside what was to be written: scores, lists, a picture."""

import re
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.tasks.pairs.network import Translator
from jaxrnn.tasks.pictures import as_svg

__all__ = [
    "Rouge", "attention_picture", "bleu", "chrf", "exact", "nearest_targets", "picture_of", "rouge",
    "side_by_side",
]  # fmt: skip

_SHOWN = 12  # tokens of a text that makes a good picture


def bleu(written: Sequence[str], references: Sequence[str]) -> float:
    """Return the BLEU of a corpus, in per cent, as sacrebleu has it: tokeniser 13a, cased.

    Source: Papineni et al. (2002), ACL; Post (2018), arXiv:1804.08771.
    Shapes: none.

        >>> bleu(["A man walks his dog."], ["A man walks his dog."])
        100.0
    """
    from sacrebleu import corpus_bleu

    return float(corpus_bleu(list(written), [list(references)]).score)


def chrf(written: Sequence[str], references: Sequence[str]) -> float:
    """Return chrF2 of a corpus, in per cent: letters count, so it suits languages of long words.

    Source: Popovic (2015), WMT, as sacrebleu has it.
    Shapes: none.

        >>> chrf(["Hunde"], ["Hunde"])
        100.0
    """
    from sacrebleu import corpus_chrf

    return float(corpus_chrf(list(written), [list(references)]).score)


def exact(written: Sequence[str], references: Sequence[str]) -> float:
    """Return the share of texts that are their reference, in per cent.

    Shapes: none.

        >>> exact(["ein Hund", "eine Katze"], ["ein Hund", "ein Kater"])
        50.0
    """
    right = [text == reference for text, reference in zip(written, references, strict=True)]
    return 100 * float(np.mean(right))


class Rouge(NamedTuple):
    """F of the words in common, of pairs of words, of the longest common subsequence."""

    rouge1: float
    rouge2: float
    rougeL: float


class _Words:
    """What cuts words for ROUGE: as its authors do, but letters of all alphabets are letters."""

    def tokenize(self, text: str) -> list[str]:
        return re.findall(r"[^\W_]+", text.lower())


def rouge(written: Sequence[str], references: Sequence[str]) -> Rouge:
    """Return the mean F over the texts, in per cent, as the package rouge-score has it, no stems.

    Source: Lin (2004), ACL workshop Text Summarization Branches Out.
    Shapes: none.

        >>> [round(f, 1) for f in rouge(["the cat sat"], ["the cat"])]
        [80.0, 66.7, 80.0]
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(Rouge._fields), tokenizer=_Words())
    scores = [
        scorer.score(reference, text) for text, reference in zip(written, references, strict=True)
    ]
    return Rouge(*(100 * float(np.mean([s[n].fmeasure for s in scores])) for n in Rouge._fields))


def nearest_targets(trained: Sequence[tuple[str, str]], sources: Sequence[str]) -> list[str]:
    """Return for each source the target of the source most like it: a memory, no model.

    Likeness is the cosine of the words' counts, rare words weighing more (TF-IDF).
    Shapes: none.

        >>> nearest_targets([("a dog", "ein Hund"), ("a cat", "eine Katze")], ["the dog"])
        ['ein Hund']
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = TfidfVectorizer(token_pattern=r"(?u)\w+|[^\w\s]", sublinear_tf=True)
    known = table.fit_transform([source for source, _ in trained])
    likeness = table.transform(sources) @ known.T
    return [trained[int(place)][1] for place in np.asarray(likeness.argmax(1)).ravel()]


def side_by_side(
    pairs: Sequence[tuple[str, str]], written: dict[str, Sequence[str]], most: int = 160
) -> str:
    """Return each source, its target and what was written, for a person to read.

    Shapes: none.
    Args: written, texts by who wrote them; most, characters of a source that are shown.

        >>> print(side_by_side([("a dog", "ein Hund")], {"beam 5": ["ein Tier"]}), end="")
        source     a dog
        reference  ein Hund
        beam 5     ein Tier
        <BLANKLINE>
    """
    width = max(map(len, ("reference", *written))) + 2
    blocks = []
    for place, (source, target) in enumerate(pairs):
        shown = source if len(source) <= most else source[: most - 3] + "..."
        lines = {"source": shown, "reference": target}
        lines |= {name: texts[place] for name, texts in written.items()}
        blocks.append("".join(f"{name:{width}}{text}\n" for name, text in lines.items()))
    return "\n".join(blocks) + "\n"


def attention_picture(
    read: Sequence[str], written: Sequence[str], weights: np.ndarray, title: str
) -> str:
    """Return, as SVG, where the decoder looked while it wrote each token.

    Letters stay text in it, for the fonts of whoever looks at it know more alphabets.
    Shapes: weights `[t, s]`, each row's sum 1.

        >>> attention_picture(["a"], ["b"], np.ones((1, 1)), "a to b").count("<svg")
        1
    """
    from matplotlib import rc_context

    from jaxrnn.report.style import look, new_figure

    with look(), rc_context({"svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure, axes = new_figure(2.2 + 0.36 * len(read), 1.6 + 0.3 * len(written), 1, 1)
        panel = axes[0, 0]
        image = panel.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        panel.grid(False)
        panel.set_xticks(range(len(read)), [_plain(one) for one in read], rotation=90)
        panel.set_yticks(range(len(written)), [_plain(one) for one in written])
        panel.set(xlabel="read", ylabel="written", title=title)
        figure.colorbar(image, ax=panel, label="weight", shrink=0.8)
        return as_svg(figure)


def picture_of(
    model: Translator, params: Any, sources: Sequence[str], ids: Sequence[np.ndarray]
) -> str:
    """Return where the decoder looked while it wrote one of some texts, as SVG.

    The text is the first of about a dozen tokens.
    Shapes: ids of what was written for each source, int `[L]`.

        >>> from jax.random import key
        >>> from jaxrnn.tasks.pairs.codec import fit_pairs
        >>> from jaxrnn.tasks.pairs.network import TranslatorSettings
        >>> codec = fit_pairs([("a", "b")], tokens="words", size=300, most=4)
        >>> model = Translator(TranslatorSettings("gru", 2, embedding=2), codec)
        >>> picture_of(model, model.init(key(0)), ["a"], [np.array([2, 3])])[:5]
        '<?xml'
    """
    codec = model.codec
    far = [abs(len(codec.read(source)) - _SHOWN) for source in sources]
    place = int(np.argmin(far))
    source, written = sources[place], codec.with_end(ids[place])
    read = [codec.source.decode([one]) for one in codec.read(source)]
    names = ["(end)" if one == codec.end else codec.target.decode([one]) for one in written]
    weights = model.attended(params, source, written)
    return attention_picture(read, names, weights, f"Attention, {model.settings.attention}")


def _plain(text: str) -> str:
    """Return a text that matplotlib takes as it is: a dollar sign would begin a formula."""
    return text.replace("$", "\\$")
