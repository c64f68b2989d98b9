"""EmojiOne: small drawn pictures with a name in words."""

import io
import os
import struct
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from jaxrnn.data.archives import members
from jaxrnn.data.arrays_file import parse_npy
from jaxrnn.data.lines import columns_of
from jaxrnn.data.source import DataFile, Recipe, find, read

__all__ = ["EMOJIONE", "Captioned", "load_emojione", "shrunk"]

_OWNER = "load_emojione"
_HOME = "github.com/Ranks/emojione at v2.2.7 (commit 0aad7f9f7969f0187e4f50d12fdc113541a34ac3)"
_COLUMNS = ("index", "file", "shortname", "name", "category", "keywords")
_CAPTIONS = DataFile(
    "emojione_captions",
    "captions.tsv",
    "6dc2c3ca506523e42b75df57a3df0db1e969f3b2eb130fede9f5db9a915b5e4b",
    (),
    "MIT",
    Recipe(
        f"emoji.json of {_HOME}: one line for each entry with a picture in assets/png, with the "
        f"columns {', '.join(_COLUMNS)}, named in the first line, separated by tabs"
    ),
)
_IMAGES = DataFile(
    "emojione_captions",
    "images_32x32_rgb.npy",
    "afa35dc909e3ce5cae4b94f479a879dd06fe18ea187f5a8e960c962ab87aede6",
    (),
    "CC BY 4.0 (EmojiOne)",
    Recipe(
        "png64.tar by jaxrnn.data.emojione.shrunk, which load_emojione does by itself if that lies "
        "in the same folder"
    ),
)
_PNGS = DataFile(
    "emojione_captions",
    "png64.tar",
    "acbd16db7a9522bafc2cab72d65a4c94d947b0c34b70f3b484da1b4a0e1af741",
    (),
    "CC BY 4.0 (EmojiOne)",
    Recipe(
        f"assets/png/*.png of {_HOME}, in the order of captions.tsv and in a folder png64, by "
        "jaxrnn.data.tarball.tar_of"
    ),
)
EMOJIONE = (_IMAGES, _CAPTIONS)


class Captioned(NamedTuple):
    """Pictures with what they show in words."""

    images: np.ndarray  # uint8 [N, 32, 32, 3], red, green, blue
    names: tuple[str, ...]  # like "face with tears of joy"
    shortnames: tuple[str, ...]  # like "joy"
    categories: tuple[str, ...]  # one of ten
    keywords: tuple[tuple[str, ...], ...]  # often none


def load_emojione(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> Captioned:
    """Return EmojiOne 2.2.7: 1820 small pictures, drawn, not photographed, with English names.

    Derived, and nowhere to be fetched as it is: `captions.tsv` is made of the published
    `emoji.json`, `images_32x32_rgb.npy` of the PNG files by `shrunk`. If the pictures are not at
    hand but `png64.tar` is, they are made of that, which needs Pillow.

    Source: EmojiOne 2.2.7; later versions are not free.
    Shapes: images uint8 `[1820, 32, 32, 3]`, on white; 1820 names, 1819 of them distinct.
    Args: folder, the one that holds `captions.tsv` and `images_32x32_rgb.npy`, plain or .gz; None
        looks in `$JAXRNN_DATA/emojione_captions` and the cache. download, as for other sets: here
        it fetches nothing.
    Raises: FileNotFoundError saying how to make the files; ValueError if one is damaged, or if
        there are not as many names as pictures.

        >>> load_emojione("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_emojione: images_32x32_rgb.npy of the data set...
    """
    if find(_IMAGES, folder) is None and find(_PNGS, folder) is not None:
        pngs = members(read(_OWNER, _PNGS, folder), _PNGS.name)
        images = shrunk(content for _, content in pngs)
    else:
        images = parse_npy(_OWNER, read(_OWNER, _IMAGES, folder, download=download), _IMAGES.name)
    content = read(_OWNER, _CAPTIONS, folder, download=download)
    rows = [cells for _, cells in columns_of(_OWNER, content, _CAPTIONS.name, "\t", len(_COLUMNS))]
    if images.ndim != 4 or images.dtype != np.uint8 or len(images) != len(rows) - 1:
        raise ValueError(
            f"{_OWNER}: expected pictures uint8 [N, 32, 32, 3] and N + 1 lines of "
            f"{_CAPTIONS.name}, got {images.dtype}{list(images.shape)} and {len(rows)} lines. "
            "Are they of one set?"
        )
    if tuple(rows[0]) != _COLUMNS:
        raise ValueError(f"{_OWNER}: {_CAPTIONS.name}, line 1: expected {_COLUMNS}, got {rows[0]}.")
    _, _, shortnames, names, categories, keywords = zip(*rows[1:], strict=True)
    return Captioned(
        images, names, shortnames, categories, tuple(tuple(words.split()) for words in keywords)
    )


def shrunk(pngs: Iterable[bytes]) -> np.ndarray:
    """Return pictures of 64 x 64 on white paper, made half as wide and high.

        a = alpha / 255;   image = the mean over squares of 2 x 2 of  colour a + 255 (1 - a)

    Shapes: uint8 `[N, 32, 32, 3]`. Two of the published grey pictures mark white as transparent
    in a way that is not honoured here, so that they stay on black: so they are in the set.
    Args: pngs, the contents of PNG files.
    Raises: ValueError if one is no PNG file of that size; ModuleNotFoundError without Pillow.

        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("RGBA", (64, 64), (255, 0, 0, 128)).save(file, "png")
        >>> shrunk([file.getvalue()])[0, 0, 0].tolist()
        [255, 127, 127]
    """
    images = [_shrunk(png) for png in pngs]
    return np.array(images, np.uint8).reshape(-1, 32, 32, 3)


def _shrunk(png: bytes) -> np.ndarray:
    from PIL import Image

    # what Pillow raises for content that is damaged or huge
    damage = (Image.DecompressionBombError, OSError, SyntaxError, ValueError, struct.error)
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.size != (64, 64):  # known before a picture is unpacked
                raise ValueError(f"got {image.size[0]} x {image.size[1]}")
            if image.mode == "L":
                image.info.pop("transparency", None)
            pixels = np.asarray(image.convert("RGBA")).astype(np.float32)
    except damage as error:
        raise ValueError(f"shrunk: expected a PNG picture of 64 x 64, {error}.") from None
    alpha = pixels[..., 3:] / np.float32(255)
    paper = pixels[..., :3] * alpha + 255 * (1 - alpha)
    return np.rint(paper.reshape(32, 2, 32, 2, 3).mean((1, 3)))
