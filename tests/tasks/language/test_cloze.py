"""Gaps in rows of words: what is read of them, and what is not."""

import io
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data import Words
from jaxrnn.tasks.language.cloze import ClozeSettings, _chunks, _running, _spread, cloze
from jaxrnn.tasks.language.cloze_network import ClozeChunk, ClozeNetwork
from jaxrnn.tasks.language.token_codecs import TokenCodec
from jaxrnn.tasks.model import ModelSettings

CODEC = TokenCodec(Words.fit(["a b c d e f g h"]))
ROW = np.array([2, 5, 3, 4, 9, 7], np.int32)


@pytest.fixture
def network():
    return ClozeNetwork(ModelSettings("gru", 6, embedding=5), CODEC)


@pytest.fixture
def params(network):
    return network.init(jax.random.key(0))


def test_no_reader_has_read_the_word_in_the_gap():
    network = ClozeNetwork(ModelSettings("gru", 6, layers=2, embedding=5), CODEC)
    params, row = network.init(jax.random.key(0)), ROW[:, None]
    for place in range(len(row)):
        other = row.copy()
        other[place] = 8
        for reader in params:
            one, two = (network.logits(reader, ClozeChunk(x), None) for x in (row, other))
            # the gap itself is blind to it; those behind it are not, nor those before if both ways
            np.testing.assert_array_equal(one[place], two[place])
            changed = np.abs(np.asarray(one - two)).max((1, 2)) > 0
            behind, before = changed[place + 1 :], changed[:place]
            assert behind.all() and before.all() == (reader.backward is not None or not place)


def test_padding_changes_nothing(network, params):
    loss_of, score_of = jax.jit(network.loss), jax.jit(network.score)
    alone = [ClozeChunk(ROW[:n, None]) for n in (6, 3)]
    side = np.zeros((9, 3), np.int32)
    side[:6, 0], side[:3, 1] = ROW, ROW[:3]
    loss, count = loss_of(params, ClozeChunk(side), None)
    np.testing.assert_allclose(
        loss, sum(float(loss_of(params, chunk, None)[0]) for chunk in alone), rtol=1e-5
    )
    assert int(count) == 9
    right = sum(float(score_of(params, chunk)[0]) for chunk in alone)
    assert float(score_of(params, ClozeChunk(side))[0]) == right


def test_readers_share_nothing(network, params):
    grads = jax.jit(jax.grad(lambda p: network.loss(p, ClozeChunk(ROW[:, None]), None)[0]))
    other = params._replace(both=jax.tree.map(lambda leaf: leaf * 2, params.both))
    for one, two in zip(
        jax.tree.leaves(grads(params).forwards), jax.tree.leaves(grads(other).forwards), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def test_unknown_words_are_no_gaps_and_no_answers(network, params):
    chunk = ClozeChunk(np.array([[2, 1, 3, 0]], np.int32).T)
    assert int(network.loss(params, chunk, None)[1]) == 2
    for reader in params:
        raised = reader._replace(head=reader.head._replace(b_y=reader.head.b_y.at[:2].set(99.0)))
        assert int(network.best(raised, chunk).min()) > 1


def test_masks_come_from_the_key_alone(params):
    network = ClozeNetwork(ModelSettings("gru", 6, layers=2, dropout=0.5, embedding=5), CODEC)
    params = network.init(jax.random.key(0))
    chunk = ClozeChunk(ROW[:, None])
    one, again, other = (network.loss(params, chunk, jax.random.key(n))[0] for n in (1, 1, 2))
    assert one == again != other


def test_predict(network, params):
    lines = list(network.predict(params, "a ___ c\n\n___\n"))
    assert len(lines) == 2 and all(line.startswith("both ways: ") for line in lines)
    assert all("forwards: " in line for line in lines)
    with pytest.raises(ValueError, match="line 2: expected one gap, ___, got 0: 'b c'"):
        list(network.predict(params, "a ___\nb c"))
    with pytest.raises(ValueError, match="got none"):
        list(network.predict(params, "\n"))


def test_rows_of_a_running_text(tmp_path):
    path = tmp_path / "my.txt"
    path.write_text(" ".join(f"w{n % 7}" for n in range(1000)), encoding="utf-8")
    task = cloze(ClozeSettings(text=str(path), steps=10, batch=4, size=50))
    first, again = task.train(0), task.train(0)
    np.testing.assert_array_equal(first.words, again.words)
    assert first.words.shape == (10, 4) and task.epoch == 23
    words = np.concatenate([task.train(n).words for n in range(task.epoch)], axis=1)
    assert (words > 0).sum() == 900
    assert sum((chunk.words > 0).sum() for chunk in task.evaluation) == 50
    parts = _running(" ".join(map(str, range(100))), "numbers")
    assert [len(part[0].split()) for part in parts[:3]] == [90, 5, 5]


def test_e69_short_texts_and_wrong_settings_are_named(tmp_path):
    short = tmp_path / "short.txt"
    short.write_text("only a few words here")
    with pytest.raises(ValueError, match=r"short\.txt has too few words to train"):
        cloze(ClozeSettings(text=str(short)))
    with pytest.raises(ValueError, match=r"data\.corpus: expected one of text8, ewt, python"):
        ClozeSettings(corpus="text9")
    with pytest.raises(ValueError, match=r"data\.size"):
        ClozeSettings(size=3)
    with pytest.raises(FileNotFoundError, match="text8_prefix"):
        cloze(ClozeSettings())


def test_held_out_rows_come_once_each():
    rows = [np.full(n, 3, np.int32) for n in (1, 4, 4, 5, 9)]
    chunks = _chunks(rows, [4, 6])
    assert [chunk.words.shape for chunk in chunks] == [(4, 64), (6, 64), (9, 64)]
    assert sum(int((chunk.words > 0).sum()) for chunk in chunks) == 23
    assert [len(row) for row in _spread(rows, 3)] == [1, 4, 9]


def test_what_an_examination_says(tmp_path):
    path = tmp_path / "my.txt"
    path.write_text("b a b a b a c " * 100, encoding="utf-8")
    task = cloze(ClozeSettings(text=str(path), steps=7, batch=4, size=50))
    network = ClozeNetwork(ModelSettings("gru", 4, embedding=3), task.codec)
    zeros = jax.tree.map(jnp.zeros_like, network.init(jax.random.key(0)))
    top, perplexity = task.examine(network, zeros).findings
    # all words are alike to it, and the first of the vocabulary is a
    assert top.value == pytest.approx(3 / 7, abs=0.02)
    assert set(top.baselines) == {"the same model read forwards alone", "the commonest word"}
    assert perplexity.value == pytest.approx(len(task.codec.tokens), rel=1e-4)


def test_a_quick_run_from_end_to_end(tmp_path, capsys, monkeypatch):
    run = tmp_path / "run"
    assert main(["train", "cloze", "--preset", "quick", "--out", str(run)]) == 0
    out = capsys.readouterr().out
    assert "the same model read forwards alone" in out
    (top, _) = json.loads((run / "result.json").read_text())["findings"]
    assert top["value"] > top["baselines"]["the commonest word"]
    assert "___" in (run / "predictions.txt").read_text(encoding="utf-8")
    assert "<svg" in (run / "picture.svg").read_text(encoding="utf-8")
    typed = io.TextIOWrapper(io.BytesIO(b"the value of ___ is a list\n"))
    monkeypatch.setattr("sys.stdin", typed)
    assert main(["predict", "--run", str(run)]) == 0
    assert capsys.readouterr().out.startswith("both ways: ")
