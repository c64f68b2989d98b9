"""Captions for a person to look at: a list, a sheet of pictures."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from jaxrnn.tasks.pictures import as_svg

__all__ = ["described_list", "filmstrips", "sheet"]

_COLUMNS = 8
_RIGHT, _WRONG = "#00795a", "#333333"  # of captions


def described_list(rows: Sequence[tuple[str, str]], others: Mapping[str, str]) -> str:
    """Return what each picture shows and what was said, a star where they are the same.

    Shapes: none.
    Args: rows, (what it shows, what was said) of each; others, what is said of all by somebody.

        >>> print(described_list([("a cat", "a cat"), ("a dog", "a cat")], {"blind": "a cow"}))
        # what it shows | what was said, * where it is the same
        # blind, of each: a cow
        <BLANKLINE>
        a cat | a cat *
        a dog | a cat
        <BLANKLINE>
    """
    lines = ["# what it shows | what was said, * where it is the same"]
    lines += [f"# {who}, of each: {said}" for who, said in others.items()]
    lines += ["", *(f"{name} | {said}{' *' if said == name else ''}" for name, said in rows)]
    return "\n".join(lines) + "\n"


def sheet(images: np.ndarray, rows: Sequence[tuple[str, str]]) -> str:
    """Return, as SVG, pictures with what was said of them, and below, in grey, what they show.

    Shapes: images uint8 `[N, H, W, 3]`.

        >>> sheet(np.zeros((2, 8, 8, 3), np.uint8), [("a", "b"), ("a", "a")]).count("<image")
        2
    """
    from jaxrnn.report.style import look, new_figure

    count = -(-len(images) // _COLUMNS)
    with look():
        figure, axes = new_figure(1.5 * _COLUMNS, 1.8 * count + 0.3, count, _COLUMNS)
        for panel in axes.ravel():
            panel.axis("off")
        for panel, image, (name, said) in zip(axes.ravel(), images, rows, strict=False):
            panel.imshow(image, interpolation="nearest")
            colour = _RIGHT if said == name else _WRONG
            panel.set_title(_short(said), fontsize=7, color=colour, loc="center")
            panel.text(
                0.5, -0.04, _short(name), transform=panel.transAxes, fontsize=6, color="#888888",
                ha="center", va="top",
            )  # fmt: skip
        return as_svg(figure)


def _short(caption: str) -> str:
    return textwrap.fill(textwrap.shorten(caption, 44, placeholder=" ..."), 22)


def filmstrips(clips: np.ndarray, rows: Sequence[tuple[str, str]]) -> str:
    """Return, as SVG, the frames of each clip in a row, under the sentence that was said of it.

    Shapes: clips uint8 `[F, N, H, W, 1]`.

        >>> clips = np.zeros((3, 2, 8, 8, 1), np.uint8)
        >>> filmstrips(clips, [("a", "b"), ("a", "a")]).count("<image")
        2
    """
    from jaxrnn.report.style import look, new_figure

    frames, count, _, width, _ = clips.shape
    with look():
        figure, axes = new_figure(7.5, 1.55 * count, count, 1)
        for row, panel in enumerate(axes[:, 0]):
            name, said = rows[row]
            strip = np.concatenate([clips[frame, row, :, :, 0] for frame in range(frames)], axis=1)
            panel.imshow(255 - strip, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            panel.set_xticks(width * np.arange(1, frames) - 0.5, [""] * (frames - 1))
            panel.set_yticks([])
            panel.grid(axis="x")
            right = said == name
            panel.set_title(
                said if right else f"{said}   (it is: {name})", fontsize=8,
                color=_RIGHT if right else "#b03000",
            )  # fmt: skip
        return as_svg(figure)
