"""Clips in words: how they are drawn, what is right, what a run leaves."""

import io
import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.runs.digest import run_digest
from jaxrnn.tasks.captions.caption_video import ClipSettings, caption_video
from jaxrnn.tasks.captions.clip_network import ClipNetwork
from jaxrnn.tasks.captions.clips import DIRECTIONS, Moving, digit_images, drawn_clips, sentence
from jaxrnn.tasks.captions.codec import Captions
from jaxrnn.tasks.captions.parts import CaptionModelSettings
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json


@pytest.fixture(scope="module")
def task():
    return caption_video(ClipSettings(steps=3, batch=5))


def small(codec):
    settings = CaptionModelSettings("gru", 6, embedding=5, channels=2, vector=4, beam=2)
    network = ClipNetwork(settings, codec)
    return network, network.init(jax.random.key(0))


def corner(frame):
    rows, columns = np.nonzero(frame)
    return np.array([rows.min(), columns.min()])


def test_a_digit_moves_as_its_sentence_says():
    x, y = np.full((3, 4, 4), 255, np.uint8), np.array([3, 7, 5])
    moving = Moving(frames=4, side=13, most=1, fastest=3)
    clips = drawn_clips(x, y, moving, 50, np.random.default_rng(0))
    seen, ways = clips.seen[..., 0], set()
    for clip, text in zip(seen.swapaxes(0, 1), clips.sentences, strict=True):
        _, _, digit, _, way = text.split()
        steps = np.diff([corner(frame) for frame in clip], axis=0)
        speed = abs(steps[0]).max()
        assert 1 <= speed <= 3 and digit in "375"
        np.testing.assert_array_equal(steps, 3 * [speed * np.array(DIRECTIONS[way])])
        assert all((frame > 0).sum() == 16 for frame in clip)  # none leaves the frame
        ways.add(way)
    assert ways == set(DIRECTIONS)


def test_two_digits_stand_apart_at_first():
    x, y = np.full((2, 4, 4), 255, np.uint8), np.array([1, 2])
    clips = drawn_clips(x, y, Moving(4, 11, 2, 2), 60, np.random.default_rng(0))
    ink = (clips.seen[0] > 0).sum((1, 2, 3))
    two = [" and " in text for text in clips.sentences]
    np.testing.assert_array_equal(ink, np.where(two, 32, 16))
    assert 15 < sum(two) < 45


def test_the_smaller_digit_comes_first_and_equal_ones_by_direction():
    assert sentence([(9, "down")]) == "the digit 9 moves down"
    assert sentence([(4, "up"), (4, "left")]) == ("the digit 4 moves left and the digit 4 moves up")


def test_f18_clips_are_functions_of_seed_and_number(task):
    again = caption_video(ClipSettings(steps=3, batch=5))
    for one, other in zip(task.train(4), again.train(4), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (task.train(4).seen != task.train(5).seen).any()
    other = caption_video(ClipSettings(steps=3, batch=5), seed=1, codec=task.codec)
    assert other.codec is task.codec and (other.train(4).seen != task.train(4).seen).any()
    np.testing.assert_array_equal(other.evaluation[0].seen, task.evaluation[0].seen)
    assert codec_from_json(json.loads(json.dumps(codec_to_json(task.codec)))) == task.codec


def test_every_sentence_fits_and_every_word_is_known(task):
    for number in range(20):
        words = task.train(number).words
        assert words.max() == task.codec.end and (words != 1).all()
        assert ((words == task.codec.end).sum(0) == 1).all()


def test_digits_that_judge_and_examine_never_train():
    choosing, examining, _ = digit_images()
    parts = [{x.tobytes() for x in one}
             for one in (choosing.train_x, choosing.test_x, examining.test_x)]  # fmt: skip
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert choosing.train_x.max() == 255


def test_rows_without_words_change_nothing_and_a_sentence_is_right_as_a_whole(task):
    network, params = small(task.codec)
    chunk = task.train(0)
    wide = Captions(np.pad(chunk.seen, [(0, 0), (0, 2), *3 * [(0, 0)]]),
                    np.pad(chunk.words, ((0, 0), (0, 2))))  # fmt: skip
    measures = (lambda c: network.loss(params, c, None), lambda c: network.score(params, c))
    for measure in map(jax.jit, measures):
        one, other = measure(chunk), measure(wide)
        np.testing.assert_allclose(one[0], other[0], rtol=1e-5)
        assert int(one[1]) == int(other[1])
    greedy = network.described(params, chunk.seen, 1)
    own = Captions(chunk.seen, task.codec.table(greedy))
    right = sum(
        text == task.codec.text(column) for text, column in zip(greedy, chunk.words.T, strict=True)
    )
    assert float(network.score(params, chunk)[0]) <= right == 0
    assert network.described(params, own.seen[:, :2], 1) == greedy[:2]


def test_the_order_of_frames_counts(task):
    network, params = small(task.codec)
    seen = task.train(0).seen
    one, other = network.context(params, seen), network.context(params, seen[::-1])
    assert np.abs(np.asarray(one - other)).max() > 1e-4


def test_e69_wrong_settings_and_files_are_named(task, tmp_path):
    with pytest.raises(ValueError, match=r"data\.most: expected 1 to 2, got 3"):
        ClipSettings(most=3)
    with pytest.raises(ValueError, match=r"data\.side: digits of 8 pixels .*at least 18, got 12"):
        caption_video(ClipSettings(side=12))
    network, params = small(task.codec)
    path = str(tmp_path / "clip.npy")
    np.save(path, task.train(0).seen[:, 0, :, :, 0])
    assert len(list(network.predict(params, path))) == 1
    np.save(path, np.zeros((2, 18, 18), np.uint8))
    with pytest.raises(ValueError, match=r"clip\.npy: expected a clip \[F=3, H=18, W=18\]"):
        list(network.predict(params, path))


def test_f18_a_quick_run_goes_on_to_the_same_bits_and_describes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", "caption_video", "--preset", "quick"]
    assert main([*words, "--steps", "60", "--out", "parts"]) == 0
    assert main(["resume", "--run", "parts", "--steps", "120"]) == 0
    capsys.readouterr()
    assert main([*words, "--out", "run"]) == 0
    assert run_digest("run") == run_digest("parts")
    assert "test sentences fully right in per cent" in capsys.readouterr().out
    found = json.loads((tmp_path / "run/result.json").read_text())["findings"]
    assert found[0]["value"] > next(iter(found[0]["baselines"].values()))
    assert (tmp_path / "run/picture.svg").read_text(encoding="utf-8").count("<image") == 10
    assert "the digit" in (tmp_path / "run/predictions.txt").read_text(encoding="utf-8")
    np.save("clip.npy", np.zeros((3, 18, 18), np.uint8))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"clip.npy\n")))
    capsys.readouterr()
    assert main(["predict", "--run", "run"]) == 0
    assert capsys.readouterr().out.startswith("the digit")
