"""Multi30k: captions of photographs in English, German and French."""

import os
from typing import NamedTuple

from jaxrnn.data.parallel import read_parallel
from jaxrnn.data.source import DataFile, read

__all__ = ["MULTI30K", "Captions", "Multi30k", "load_multi30k"]

_HOME = (
    "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/"
    "data/task1/"
)
_LICENCE = "unclear: no licence in the repository, often cited as CC BY-NC-SA 4.0; for research"
_LANGUAGES = ("en", "de", "fr")
_PARTS = ("train", "val", "test_2016_flickr", "test_2017_flickr")
_SUMS = {
    "train.en": "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
    "train.de": "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
    "train.fr": "5925a3c18f1587b6b54b87743106e6e8ab93618edb6f65d19eac0621f853a10d",
    "val.en": "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
    "val.de": "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
    "val.fr": "5304e444d842e962b2dda4d816b70b22a1765b15401642b7ca37a67477e708dc",
    "test_2016_flickr.en": "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
    "test_2016_flickr.de": "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
    "test_2016_flickr.fr": "cb3160d69b002bb638e66cc7612fcd56cb0af82eadc9c142dedc438afb885ef6",
    "test_2017_flickr.en": "ce1450ddc5ab0834502579d77a170849952e15a2938b34cc503bdc25ebb4fb98",
    "test_2017_flickr.de": "c3078bc3b36808bf9d20eb2347ed6137016179ef59ec0d2b9b8ecc3fb2880081",
    "test_2017_flickr.fr": "6f3764e31dac41e9455e612958bcfd4e877c5e15cd66df2c2b2be6d9bd83e5b6",
}
_IMAGE_SUMS = {
    "train": "97ee57e160a46c7d0e75298ebf57967e1245698a6f8806436ff07e61d1a41221",
    "val": "db26f03eaf833ec47bfaea129ed053b68cbcfc5d1f9a09c4cdf7c88fbfea7108",
    "test_2016_flickr": "871e8ecafc66fb13e044ecccf669d04a865b4c58553227df86b933f0337a1563",
    "test_2017_flickr": "7bef9b1eb747593c23a8597e830ac804d28180d1226c1d6e5bc3f08ccc561e85",
}
_FILES = {
    name: DataFile("multi30k", name, sha256, (f"{_HOME}raw/{name}.gz",), _LICENCE)
    for name, sha256 in _SUMS.items()
} | {
    f"image_splits_{part}.txt": DataFile(
        "multi30k",
        f"image_splits_{part}.txt",
        sha256,
        (f"{_HOME}image_splits/{part}.txt",),
        _LICENCE,
    )
    for part, sha256 in _IMAGE_SUMS.items()
}
MULTI30K = tuple(_FILES.values())


class Captions(NamedTuple):
    """Captions in three languages, and the name of the picture of each."""

    images: tuple[str, ...]
    en: tuple[str, ...]
    de: tuple[str, ...]
    fr: tuple[str, ...]


class Multi30k(NamedTuple):
    """Captions to train on, to develop on, and to test on in two editions."""

    train: Captions
    val: Captions
    test_2016: Captions
    test_2017: Captions


def load_multi30k(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> Multi30k:
    """Return Multi30k: 29000, 1014, 1000 and 1000 captions in English, German and French.

    The German and French are translations of the English by professionals; text as it was written,
    without tokens cut or capitals changed. Pictures are named but not there.

    Source: Elliott et al. (2016; 2017), Multi30K, task 1. Licence unclear, for research.
    Shapes: none.
    Args: folder, the one that holds `train.en` and the other 15 files, plain or .gz; None looks in
        `$JAXRNN_DATA/multi30k` and the cache. download, whether 2.5 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError for a damaged one, with
        file and line, or if languages differ in their number of lines.

        >>> load_multi30k("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_multi30k: image_splits_train.txt of the data set 'multi30k' is...
    """
    return Multi30k(*(_part(part, folder, download) for part in _PARTS))


def _part(part: str, folder: str | os.PathLike[str] | None, download: bool) -> Captions:
    names = [f"image_splits_{part}.txt", *(f"{part}.{language}" for language in _LANGUAGES)]
    contents = {
        name: read("load_multi30k", _FILES[name], folder, download=download) for name in names
    }
    return Captions(*read_parallel("load_multi30k", contents))
