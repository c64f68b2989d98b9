"""Utterances for people to look at: lists of what was heard, and the picture of one."""

from collections.abc import Sequence

import numpy as np

from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.speech.codec import SpeechCodec

__all__ = ["as_list", "picture_of"]


def as_list(
    title: str, codec: SpeechCodec, speakers: Sequence[str], said: Sequence[np.ndarray],
    greedy: Sequence[np.ndarray], beam: Sequence[np.ndarray],
) -> str:  # fmt: skip
    r"""Return a line an utterance: speaker, what was said, heard greedily, heard by beam search.

    Shapes: said, greedy and beam, labels int `[n_i]` each.

        >>> codec = SpeechCodec(8000, 1, 1, (0.0,), (1.0,))
        >>> print(as_list("test", codec, ["theo"], [[4, 2]], [[4]], [[4, 2]]).splitlines()[-1])
        theo        3 1         3         *  3 1
    """
    lines = [f"{title}: speaker, said, heard greedily, heard by beam search; * where it is wrong"]
    for name, right, *heard in zip(speakers, said, greedy, beam, strict=True):
        cells = [f"{name:<10}", f"{codec.words(right):<10}"]
        for labels in heard:
            mark = " " if list(labels) == list(right) else "*"
            cells.append(f"{codec.words(labels):<10}{mark}")
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def picture_of(codec: SpeechCodec, xs: np.ndarray, logits: np.ndarray, said: np.ndarray) -> str:
    """Return, as SVG, the spectrogram of an utterance and what each of its steps was taken for.

    Shapes: xs `[T, D]`; logits `[T, 11]`; said int `[n]`.

        >>> codec = SpeechCodec(8000, 2, 3, (0.0, 0.0), (1.0, 1.0))
        >>> picture = picture_of(codec, np.zeros((4, 6)), np.zeros((4, 11)), np.array([2]))
        >>> picture.count("<svg")
        1
    """
    from scipy.special import softmax

    from jaxrnn.report.style import look, new_figure

    frames = xs.reshape(-1, codec.mels)
    share = softmax(logits, axis=-1)
    seconds = len(frames) * codec.hop / codec.rate
    times = (np.arange(len(share)) + 0.5) * seconds / len(share)
    with look():
        figure, axes = new_figure(9, 5, 2, 1, sharex=True)
        above, below = axes[:, 0]
        above.imshow(
            frames.T, origin="lower", aspect="auto", cmap="magma", interpolation="none",
            extent=(0, seconds, 0, codec.mels),
        )  # fmt: skip
        above.grid(False)
        above.set(title=f"What was said: {codec.words(said)}", ylabel="band of frequency")
        below.plot(times, share[:, 0], color="#bbbbbb", linestyle="--", linewidth=1)
        for label in range(1, share.shape[1]):
            colour = f"C{label - 1}"
            below.plot(times, share[:, label], color=colour, linewidth=1.5)
            best = (share.argmax(-1) == label).astype(int)
            for start in np.flatnonzero(np.diff(best, prepend=0) == 1):
                run = int(np.argmin(np.append(best[start:], 0)))
                top = int(start + share[start : start + run, label].argmax())
                below.text(
                    times[top], share[top, label] + 0.02, codec.words([label]), ha="center",
                    va="bottom", color=colour, fontweight="bold",
                )  # fmt: skip
        below.set(
            title="What each step is taken for: the blank (dashed) or a digit",
            xlabel="seconds", ylabel="probability", ylim=(0, 1.15),
        )  # fmt: skip
        return as_svg(figure)
