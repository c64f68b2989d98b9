"""Sentences in another language: codecs, batches, what padding does, what a run leaves."""

import dataclasses
import json
import os
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.pairs.codec import PairCodec, fit_pairs, fit_tokens
from jaxrnn.tasks.pairs.corpora import TRANSLATIONS, read_pairs
from jaxrnn.tasks.pairs.network import Pairs, Translator, TranslatorSettings
from jaxrnn.tasks.pairs.pairs import PairBatches
from jaxrnn.tasks.pairs.report import (
    attention_picture,
    bleu,
    chrf,
    nearest_targets,
    rouge,
    side_by_side,
)
from jaxrnn.tasks.pairs.translate import TranslateSettings, translate

REAL = Path(__file__).parents[3] / "../shared/data"
NUMBERS = TranslateSettings(
    corpus="numbers", tokens="characters", batch=8, most=40, buckets=2, own_updates=10
)


@pytest.fixture(scope="module")
def task():
    return translate(NUMBERS)


def small(codec, **changes):
    settings = TranslatorSettings("gru", 6, embedding=5, beam=2, **changes)
    model = Translator(settings, codec)
    return model, jax.jit(model.init)(jax.random.key(0))


def test_the_numbers_are_those_that_germans_say():
    corpus = TRANSLATIONS["numbers"]()
    pairs = dict([*corpus.train, *corpus.dev, *corpus.test])
    assert len(pairs) == 1000
    assert pairs["twenty-one"] == "einundzwanzig"
    assert pairs["one hundred and one"] == "einhunderteins"
    assert pairs["seven hundred and eighty-six"] == "siebenhundertsechsundachtzig"


def test_ids_come_back_as_text_and_a_cut_target_has_no_end():
    tokens = fit_tokens("characters", ["Größe", "a"], 300)
    codec = PairCodec(tokens, tokens, most_read=3, most_written=6)
    ids = codec.written("Größe")
    assert ids[-1] == codec.end and codec.text(ids) == "Größe"
    assert codec.text([*ids, 2, codec.end]) == "Größe"  # what stands behind the end is nothing
    assert codec.end not in codec.written("GrößeGröße") and len(codec.read("Größe")) == 3
    assert codec.read("").tolist() == [UNKNOWN]
    assert codec_from_json(json.loads(json.dumps(codec_to_json(codec)))) == codec


@pytest.mark.parametrize("tokens", ["subwords", "words", "characters"])
def test_each_side_has_its_own_vocabulary_with_capitals(tokens):
    codec = fit_pairs(
        [("the dog", "der Hund"), ("a cat", "Katze")], tokens=tokens, size=400, most=9
    )
    assert codec.text(codec.written("der Hund")) == "der Hund"
    assert codec.source != codec.target
    assert codec.target_size == len(codec.target) + 1


def test_every_pair_comes_once_an_epoch_in_few_shapes():
    draw = np.random.default_rng(0)
    sides = [
        tuple(np.full(draw.integers(1, 12), i + 1, np.int32) for i in range(50)) for _ in range(2)
    ]
    batches = PairBatches(*sides, batch=8, buckets=3)
    chunks = [batches.at(number) for number in range(batches.per_epoch)]
    assert len({(c.source.shape, c.target.shape) for c in chunks}) <= 3
    columns = [(s, t) for c in chunks for s, t in zip(c.source.T, c.target.T, strict=True) if s[0]]
    assert sorted(int(s[0]) for s, _ in columns) == list(range(1, 51))
    for source, target in columns:
        place = int(source[0]) - 1
        assert target[0] == place + 1
        assert (source != 0).sum() == len(sides[0][place])
        assert (target != 0).sum() == len(sides[1][place])
    for one, other in zip(batches.at(60), PairBatches(*sides, 8, 3).at(60), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_vocabulary_is_kept_and_the_share_of_own_tokens_rises(task):
    data = dataclasses.replace(NUMBERS, own=0.5)
    again = translate(data, codec=task.codec)
    assert again.codec is task.codec
    shares = [float(again.train(number).own[0]) for number in (0, 5, 10, 99)]
    np.testing.assert_allclose(shares, [0, 0.25, 0.5, 0.5])
    assert task.train(3).own is None
    np.testing.assert_array_equal(again.train(3).target, task.train(3).target)


def test_padding_and_rows_that_are_none_change_nothing(task):
    model, params = small(task.codec, attention="bahdanau")
    chunk = task.evaluation[0]
    measures = {"loss": partial(model.loss, key=None), "score": model.score}
    wide = [np.pad(ids, ((0, 3), (0, 2))) for ids in chunk[:2]]
    for name in ("loss", "score"):
        measure = jax.jit(lambda chunk, name=name: measures[name](params, chunk))
        one, other = measure(chunk), measure(Pairs(*wide))
        np.testing.assert_allclose(one[0], other[0], rtol=1e-5)
        assert int(one[1]) == int(other[1]) == int((chunk.target != 0).sum())


def test_the_loss_is_the_smoothed_cross_entropy_of_what_comes_next(task):
    model, params = small(task.codec, smoothing=0.2)
    chunk = task.train(0)
    given = np.concatenate([np.zeros_like(chunk.target[:1]), chunk.target[:-1]])
    encoded = model.model.encode(params, chunk.source)
    logs = np.asarray(jax.nn.log_softmax(model.model.decode(params, encoded, given).logits))
    real = chunk.target != 0
    right = -np.take_along_axis(logs, chunk.target[..., None], -1)[..., 0]
    total, count = model.loss(params, chunk, None)
    np.testing.assert_allclose(float(total) / int(count), right[real].mean(), rtol=1e-5)
    smoothed = 0.8 * right - 0.2 * logs.mean(-1)
    total, count = model.loss(params, chunk, jax.random.key(0))  # without dropout nothing is drawn
    np.testing.assert_allclose(float(total) / int(count), smoothed[real].mean(), rtol=1e-5)


def test_scheduled_sampling_at_0_is_teacher_forcing_and_at_1_is_not(task):
    model, params = small(task.codec)
    params = params._replace(b_y=params.b_y.at[3].set(5.0))  # so that its own token is another one
    chunk = task.train(0)
    losses = [
        float(model.loss(params, chunk._replace(own=own), jax.random.key(0))[0])
        for own in (None, np.zeros(8, np.float32), np.ones(8, np.float32))
    ]
    assert losses[0] == losses[1] != losses[2]


def test_answers_keep_their_order_and_need_no_data(task):
    model, params = small(codec_from_json(codec_to_json(task.codec)))
    texts = ["one hundred and twenty-one", "six", "two hundred", "ten"]
    found = model.answers(params, texts, 1)
    alone = [model.answers(params, [text], 1)[0] for text in texts[:2]]
    for one, other in zip(found, alone, strict=False):
        np.testing.assert_array_equal(one, other)
    lines = list(model.predict(params, "\n".join([*texts, "", " "])))
    assert len(lines) == 4
    with pytest.raises(ValueError, match="expected lines of text"):
        list(model.predict(params, " \n"))


def test_e69_files_of_your_own(tmp_path):
    path = tmp_path / "my.csv"
    rows = [f'"go, {n}",geh {n}' for n in range(10)]
    path.write_text("\n".join([*rows, "", '"go, 3",lauf']))
    corpus = read_pairs(path)
    assert [len(part) for part in corpus[:3]].count(1) >= 1 and sum(map(len, corpus[:3])) == 11
    places = [{s for s, _ in part} for part in corpus[:3]]
    assert not (places[0] & places[1] or places[0] & places[2] or places[1] & places[2])
    path.write_text("a\tb\nc\n")
    with pytest.raises(ValueError, match=r"my\.csv, line 2: expected two columns.*got 1: 'c'"):
        read_pairs(path)
    path.write_text("a\tb\na\tc\n")
    with pytest.raises(ValueError, match="1 different sources, expected at least 3"):
        read_pairs(path)


def test_e69_wrong_settings_and_missing_data_are_named(task):
    with pytest.raises(ValueError, match=r"data\.corpus: expected one of .*Did you mean 'numbers'"):
        TranslateSettings(corpus="number")
    with pytest.raises(ValueError, match=r"model\.attention: .*Did you mean 'luong'"):
        TranslatorSettings(attention="loung")
    with pytest.raises(ValueError, match=r"data\.own: expected a share"):
        TranslateSettings(own=1.5)
    with pytest.raises(ValueError, match="embedding must be greater than zero"):
        Translator(TranslatorSettings("gru", 4), task.codec)
    with pytest.raises(FileNotFoundError, match="load_multi30k.*is not at hand"):
        translate(TranslateSettings())


def test_scores_of_texts():
    assert bleu(["Ein Mann geht heim."], ["Ein Mann geht heim."]) == pytest.approx(100)
    assert bleu(["ein mann geht heim."], ["Ein Mann geht heim."]) < 60  # capitals count
    assert 0 < chrf(["Hund"], ["Hunde"]) < 100
    found = rouge(["the cat sat on it", "개가 짖는다"], ["a cat sat", "개가 짖는다"])
    # 2 of 5 and of 3 words, 1 of 4 and of 2 pairs; letters of every alphabet count
    np.testing.assert_allclose(found, [75.0, 50 * (1 + 1 / 3), 75.0], rtol=1e-6)
    assert nearest_targets([("a b", "1"), ("c d", "2")], ["d", "a"]) == ["2", "1"]
    assert "reference  2\n" in side_by_side([("x" * 99, "2")], {}, most=10)


def test_a_picture_takes_every_letter():
    picture = attention_picture(["$", "가"], ["한국어"], np.array([[0.5, 0.5]]), "t")
    assert "한국어" in picture


@pytest.mark.skipif(not (REAL / "korean_english").is_dir(), reason="the data are not there")
def test_tatoeba_is_split_by_the_english_sentence(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(REAL))
    corpus = TRANSLATIONS["tatoeba_en_ko"]()
    sides = [{english for english, _ in part} for part in corpus[:3]]
    assert sum(map(len, corpus[:3])) == 5890
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def test_a_quick_run_and_what_it_leaves(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "translate", "--preset", "quick", "--out", "run"]) == 0
    said = capsys.readouterr().out
    assert "test chrF, beam 2" in said and "the nearest sentence trained on" in said
    predictions = (tmp_path / "run/predictions.txt").read_text(encoding="utf-8")
    assert "source " in predictions and "beam 2 " in predictions
    assert (tmp_path / "run/picture.svg").read_text(encoding="utf-8").count("<svg") == 1
    found = json.loads((tmp_path / "run/result.json").read_text())["findings"]
    score = next(f for f in found if "chrF" in f["name"])
    assert score["value"] > score["baselines"]["the nearest sentence trained on"]
    assert os.path.exists(tmp_path / "run/codec.json")
    assert jnp.isfinite(score["value"])
    for more in ([], ["--top-k", "3"]):
        assert main(["generate", "--run", "run", *more]) == 1
        assert "no text to generate" in capsys.readouterr().err
