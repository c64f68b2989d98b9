"""Pictures with names, from tiny files and from the real ones if they are there."""

import hashlib

import numpy as np
import pytest

from jaxrnn.data import source
from jaxrnn.data.archives import members
from jaxrnn.data.emojione import EMOJIONE, load_emojione, shrunk
from jaxrnn.data.tarball import tar_of
from tests.data import tiny_series
from tests.data.samples import SHARED


def test_pictures_and_names(tmp_path):
    shown = load_emojione(tiny_series.write(tmp_path, tiny_series.emojione()))
    assert shown.images.shape == (2, 32, 32, 3) and shown.images[1, 0, 0].tolist() == [0, 1, 2]
    assert shown.names == ("grinning face", "rolling on the floor")
    assert shown.shortnames == ("grinning", "rofl") and shown.categories == ("people",) * 2
    assert shown.keywords == (("happy", "smiley"), ())


def test_pictures_are_made_of_the_pngs_if_those_are_at_hand(tmp_path):
    files = tiny_series.emojione()
    del files["images_32x32_rgb.npy"]
    pngs = [tiny_series.png((255, 0, 0)), tiny_series.png((0, 0, 255, 51), mode="RGBA")]
    files["png64.tar"] = tar_of((f"png64/{n}.png", png) for n, png in enumerate(pngs))
    images = load_emojione(tiny_series.write(tmp_path, files)).images
    assert images.dtype == np.uint8 and images.shape == (2, 32, 32, 3)
    assert images[0, 5, 5].tolist() == [255, 0, 0]
    assert images[1, 5, 5].tolist() == [204, 204, 255]  # a fifth of blue on white


def test_shrunk_is_the_mean_of_four_pixels():
    from PIL import Image

    pixels = np.random.RandomState(0).randint(0, 256, (64, 64, 4)).astype(np.uint8)
    file = tiny_series.io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    alpha = pixels[..., 3:] / 255
    paper = pixels[..., :3] * alpha + 255 * (1 - alpha)
    expected = [
        [np.mean(paper[2 * i : 2 * i + 2, 2 * j : 2 * j + 2], (0, 1)) for j in range(32)]
        for i in range(32)
    ]
    assert np.abs(shrunk([file.getvalue()])[0] - np.array(expected)).max() <= 0.5001


@pytest.mark.parametrize("content", [b"", b"GIF89a", tiny_series.png(0, size=65, mode="L")])
def test_what_is_no_picture_of_that_size(content):
    with pytest.raises(ValueError, match="shrunk: expected a PNG picture of 64 x 64"):
        shrunk([content])


def test_half_a_picture():
    content = tiny_series.png((1, 2, 3))
    with pytest.raises(ValueError, match="shrunk: expected a PNG picture of 64 x 64"):
        shrunk([content[: len(content) // 2]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("images_32x32_rgb.npy", tiny_series.npy(np.zeros((3, 32, 32, 3), np.uint8)), "3 lines"),
        ("images_32x32_rgb.npy", tiny_series.npy(np.zeros((2, 32, 32, 3))), "got float64"),
        ("captions.tsv", "a\tb\tc\td\te\tf\n" * 3, "line 1: expected"),
        ("captions.tsv", "index\tfile\n", "line 1: expected 6 columns"),
    ],
)
def test_files_that_do_not_belong_together(tmp_path, name, content, message):
    files = tiny_series.emojione() | {name: content}
    with pytest.raises(ValueError, match=f"load_emojione: .*{message}"):
        load_emojione(tiny_series.write(tmp_path, files))


def test_emojione_as_published_if_it_is_there():
    folder = SHARED / "emojione_captions"
    if not folder.is_dir():
        return
    shown = load_emojione(folder)
    assert shown.images.shape == (1820, 32, 32, 3) and len(set(shown.names)) == 1819
    assert len({word for name in shown.names for word in name.split()}) == 1510
    assert len(set(shown.categories)) == 10
    if source.find(source.DataFile("emojione_captions", "png64.tar", "", ()), folder) is None:
        return
    archive = source.gunzip((folder / "png64.tar.gz").read_bytes())
    made = tiny_series.npy(shrunk(content for _, content in members(archive, "png64.tar")))
    assert hashlib.sha256(made).hexdigest() == EMOJIONE[0].sha256
