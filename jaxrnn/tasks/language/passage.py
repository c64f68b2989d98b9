"""What a language model makes of a passage that it never saw: to read, and to look at."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxrnn.drivers import scan
from jaxrnn.tasks.language.writing import written_on
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg

__all__ = ["passage_files", "surprise_picture"]

_SHOWN = 400  # tokens of the passage
_WIDTH = 64  # characters of a line of the picture
_WRITTEN = 300  # tokens of each sample
_TEMPERATURES = (0.5, 0.8, 1.0)


def passage_files(model: Model, params: Any, codec: Any, ids: np.ndarray) -> dict[str, str]:
    """Return a picture of how much each token surprises, and predictions to read.

        surprise[t] = -log softmax(output[t - 1])[ids[t]], in nats

    predictions.txt has, for each token of the passage, its probability and the three likeliest in
    its place, and what the model writes on after the passage at three temperatures.

    Shapes: ids int `[N]`, N at least 2, of which the first 400 are shown.
    Args: codec, one that can write: see `jaxrnn.tasks.codecs.Codec`.

        >>> import jax
        >>> from jaxrnn.tasks.codecs import CharacterCodec
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=2, output_size=2)
        >>> found = passage_files(
        ...     model, model.init(jax.random.key(0)), CharacterCodec("ab"), np.array([0, 1, 1, 0]))
        >>> sorted(found), found["predictions.txt"].splitlines()[1].split()[0]
        (['picture.svg', 'predictions.txt'], "'b'")
    """
    from scipy.special import log_softmax

    shown = ids[: _SHOWN + 1]
    xs = np.asarray(codec.next_input(shown))
    ys = scan(model.cell, params.cell, None, xs[:-1])[1]
    logits = np.asarray(model.output.apply(params.head, ys))
    surprise = -log_softmax(logits, axis=-1)[np.arange(len(logits)), shown[1:]]
    tokens = [_token(codec, one) for one in shown[1:]]
    lines = ["# token, its probability; the likeliest in its place"]
    lines += [
        f"{token!r:16} {np.exp(-nats):.3f}  {codec.answer(row[None])}"
        for token, nats, row in zip(tokens, surprise, logits, strict=True)
    ]
    for temperature in _TEMPERATURES:
        lines += ["", f"# written on, temperature {temperature:g}"]
        lines.append(
            written_on(model, params, codec, xs, _WRITTEN, temperature=temperature).strip("\n")
        )
    return {
        "predictions.txt": "\n".join(lines) + "\n",
        "picture.svg": surprise_picture(tokens, surprise),
    }


def _token(codec: Any, one: Any) -> str:
    """Return the text of one token; of what is never written, its place in angle brackets."""
    return "<?>" if one in codec.never else codec.text(np.array([one]))


def surprise_picture(tokens: Sequence[str], surprise: np.ndarray) -> str:
    """Return a passage as SVG, darker where a token was less expected.

    Shapes: surprise `[N]`, in nats, one for each token.

        >>> surprise_picture(["a", " ", "b"], np.array([0.1, 2.0, 3.0])).count("</svg>")
        1
    """
    from jaxrnn.report.style import look, new_figure

    lines = _laid_out(tokens)
    most = max(float(np.quantile(surprise, 0.98)), 1e-3)
    with look(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure, axes = new_figure(9, 0.24 * len(lines) + 1.1, 1, 1)
        panel = axes[0, 0]
        panel.set(xlim=(0, _WIDTH), ylim=(len(lines), 0), xticks=[], yticks=[])
        panel.grid(False)
        panel.spines[:].set_visible(False)
        colours = panel.imshow([[0]], cmap="Oranges", vmin=0, vmax=most, extent=(0, 0, 0, 0))
        panel.set(xlim=(0, _WIDTH), ylim=(len(lines), 0), aspect="auto")
        for row, line in enumerate(lines):
            for column, text, place in line:
                colour = colours.cmap(surprise[place] / most)
                panel.barh(row + 0.5, len(text), 0.9, column, color=colour, linewidth=0)
                panel.text(
                    column + len(text) / 2, row + 0.5, text.replace("$", r"\$"), ha="center",
                    va="center", family="monospace", fontsize=8,
                    color="white" if surprise[place] > 0.6 * most else "black",
                )  # fmt: skip
        panel.set_title("How little each token was expected")
        figure.colorbar(colours, ax=panel, label="nats", fraction=0.03, pad=0.02)
        return as_svg(figure)


def _laid_out(tokens: Sequence[str]) -> list[list[tuple[int, str, int]]]:
    """Return lines of (column, text, which token); one ends at a newline, or where it is full."""
    lines: list[list[tuple[int, str, int]]] = [[]]
    column = 0
    for place, token in enumerate(tokens):
        shown = token[:_WIDTH].replace("\n", "¶") or " "
        shown = "".join(one if one.isprintable() else " " for one in shown)
        if column + len(shown) > _WIDTH:
            lines.append([])
            column = 0
        lines[-1].append((column, shown, place))
        column += len(shown)
        if "\n" in token:
            lines.append([])
            column = 0
    return [line for line in lines if line]
