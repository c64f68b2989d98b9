"""What `jaxrnn train` can train: each task by name, with its settings, listed by topology."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jaxrnn.tasks.anomaly.anomaly import ANOMALY
from jaxrnn.tasks.captions.caption import CAPTION
from jaxrnn.tasks.captions.caption_video import CAPTION_VIDEO
from jaxrnn.tasks.drawn.adding import adding
from jaxrnn.tasks.drawn.copy_memory import copy_memory
from jaxrnn.tasks.drawn.counting import COUNTING
from jaxrnn.tasks.drawn.delayed_recall import delayed_recall
from jaxrnn.tasks.drawn.temporal_order import temporal_order
from jaxrnn.tasks.embeddings.word2vec import WORD2VEC
from jaxrnn.tasks.kind import DataSettings, Kind, as_built
from jaxrnn.tasks.language.charlm import CHARLM
from jaxrnn.tasks.language.cloze import CLOZE
from jaxrnn.tasks.language.sentiment import SENTIMENT
from jaxrnn.tasks.language.surnames import SURNAMES
from jaxrnn.tasks.language.wordlm import WORDLM
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.pairs.summarise import SUMMARISE
from jaxrnn.tasks.pairs.translate import TRANSLATE
from jaxrnn.tasks.series.classify import classify
from jaxrnn.tasks.series.digits import DIGITS
from jaxrnn.tasks.series.forecast import FORECAST
from jaxrnn.tasks.series.sensors import MOTIONS, VOWELS
from jaxrnn.tasks.series.sine import SINE
from jaxrnn.tasks.speech.speak import SPEAK
from jaxrnn.tasks.speech.transcribe import TRANSCRIBE
from jaxrnn.tasks.tagging.pos import POS
from jaxrnn.tasks.task import Task

__all__ = [
    "KINDS", "ClassifySettings", "find_kind",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ClassifySettings(DataSettings):
    """Of classes of sequences: arrays, a .npz file with x and y; or wavs, a folder of sounds.

    Shapes: none.

        >>> ClassifySettings(wavs="recordings").arrays is None
        True
    """

    arrays: str | None = None
    wavs: str | None = None


def _plain(topology: str, summary: str, builder: Callable[..., Task]) -> Kind:
    """Return the kind of a task whose data are always the same, or drawn."""

    def build(data: DataSettings, seed: int, codec: Any) -> Task:
        return builder(seed=seed, steps=data.steps, batch=data.batch)

    return Kind(topology, summary, DataSettings, build, as_built(builder))


def _classify(data: ClassifySettings, seed: int, codec: Any) -> Task:
    return classify(
        seed=seed, steps=data.steps, batch=data.batch, arrays=data.arrays, wavs=data.wavs,
        codec=codec,
    )  # fmt: skip


_ONE, _SYNCHRONOUS = "many-to-one", "many-to-many, synchronous"

# a new task is one line
KINDS: dict[str, Kind] = {
    "counting": COUNTING,
    "digits": DIGITS,
    "sine": SINE,
    "motions": MOTIONS,
    "vowels": VOWELS,
    "forecast": FORECAST,
    "anomaly": ANOMALY,
    "classify": Kind(
        _ONE, "the class of your own sequences, arrays or sounds", ClassifySettings, _classify,
        as_built(classify),
    ),
    "sentiment": SENTIMENT,
    "surnames": SURNAMES,
    "adding": _plain(_ONE, "the sum of two marked numbers", adding),
    "temporal_order": _plain(_ONE, "in which order two symbols came", temporal_order),
    "charlm": CHARLM,
    "wordlm": WORDLM,
    "pos": POS,
    "cloze": CLOZE,
    "copy_memory": _plain(_SYNCHRONOUS, "ten symbols said again after a pause", copy_memory),
    "delayed_recall": _plain(_SYNCHRONOUS, "the symbol of some steps ago", delayed_recall),
    "transcribe": TRANSCRIBE,
    "speak": SPEAK,
    "caption": CAPTION,
    "caption_video": CAPTION_VIDEO,
    "translate": TRANSLATE,
    "summarise": SUMMARISE,
    "word2vec": WORD2VEC,
}  # fmt: skip


def find_kind(name: str) -> Kind:
    """Return the task of that name.

    Shapes: none.
    Raises: ValueError for an unknown name, with the nearest.

        >>> find_kind("charlm").topology
        'many-to-many, synchronous'
    """
    one_of("task", name, KINDS)
    return KINDS[name]
