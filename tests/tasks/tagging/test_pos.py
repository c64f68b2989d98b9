"""Tags of words: what is read, what is learned, what an examination says."""

import io
import json
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.models.crf import CRF
from jaxrnn.runs.digest import run_digest
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.tagging.codec import fit_tagging
from jaxrnn.tasks.tagging.data import Tagged, made_sentences, read_tagged
from jaxrnn.tasks.tagging.pos import PosSettings, _chunk, _in_order, pos
from jaxrnn.tasks.tagging.report import as_list, most_frequent_tags
from jaxrnn.tasks.tagging.tagger import Tagger, TaggerSettings

MADE = made_sentences(3, 12)
SETTINGS = TaggerSettings("gru", 5, embedding=4, letter_embedding=3, letter_features=6)
DATA = Path(__file__).parents[3] / "../shared/data"


@pytest.fixture
def tagger():
    return Tagger(SETTINGS, fit_tagging(MADE, longest=8))


@pytest.fixture
def params(tagger):
    return tagger.init(jax.random.key(0))


def chunk_of(tagger, sentences, length):
    numbered = [tagger.codec.numbered(*sentence) for sentence in sentences]
    return _chunk(numbered, length, np.ones(len(numbered), bool))


def conllu(*sentences):
    """Write sentences as CoNLL-U, with a word in two parts and an empty node."""
    lines = []
    for words in sentences:
        lines += ["# text = of no interest", "1-2\tboth\t_\t_\t_\t_\t_\t_\t_\t_"]
        for number, (word, tag) in enumerate(words, 1):
            lines.append(f"{number}\t{word}\t_\t{tag}\t_\t_\t0\t_\t_\t_")
        lines += ["2.1\tnothing\t_\tX\t_\t_\t_\t_\t_\t_", ""]
    return "\n".join(lines)


@pytest.fixture
def folder(tmp_path):
    words = [("one", "NUM"), ("Café", "NOUN"), ("one", "NUM")]
    (tmp_path / "x-ud-train.conllu").write_text(conllu(words, words[:2]), encoding="utf-8")
    (tmp_path / "x-ud-dev.conllu").write_text(conllu(words[:2]), encoding="utf-8")
    (tmp_path / "x-ud-test.conllu").write_text(
        conllu([("one", "NUM"), ("new", "ADJ"), *words]), encoding="utf-8"
    )
    return tmp_path


# the data


def test_a_folder_of_your_own_is_a_treebank(folder):
    parts = read_tagged(str(folder))
    assert parts.train[0] == Tagged(("one", "Café", "one"), ("NUM", "NOUN", "NUM"))
    assert [len(part) for part in parts[:3]] == [2, 1, 1]
    task = pos(PosSettings(treebank=str(folder), batch=2))
    # a tag that training never shows is wrong in any case
    assert task.codec.tags == ("NOUN", "NUM")


def test_a_folder_is_found_again_from_elsewhere(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert PosSettings(treebank=folder.name).treebank == str(folder)


def test_e69_what_is_wrong_with_a_treebank_is_named(folder):
    with pytest.raises(ValueError, match=r"got 'koo_gsd'\. Did you mean 'ko_gsd'"):
        read_tagged("koo_gsd")
    with pytest.raises(FileNotFoundError, match="ud_english_ewt"):
        read_tagged("ewt")
    (folder / "other-test.conllu").write_text("")
    with pytest.raises(ValueError, match=r"one file \*test\*\.conllu, got other-test"):
        read_tagged(str(folder))
    (folder / "other-test.conllu").unlink()
    (folder / "x-ud-dev.conllu").write_text(conllu([("a", "X"), ("b", "_")]))
    with pytest.raises(ValueError, match=r"x-ud-dev\.conllu: the word 'b' of sentence 1 has no"):
        read_tagged(str(folder))
    (folder / "x-ud-dev.conllu").unlink()
    with pytest.raises(ValueError, match=r"\*dev\* or \*valid\*\.conllu, got none"):
        read_tagged(str(folder))


@pytest.mark.skipif(not (DATA / "ud_korean_gsd").is_dir(), reason="needs the data set")
def test_the_tags_of_a_real_treebank(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(DATA))
    parts = read_tagged("ko_gsd")
    assert [len(part) for part in parts[:3]] == [4400, 950, 989]
    trivial = most_frequent_tags(parts.train, parts.test)
    found = [tag for tags in trivial for tag in tags]
    wanted = [tag for sentence in parts.test for tag in sentence.tags]
    right = [a == b for a, b in zip(found, wanted, strict=True)]
    assert round(np.mean(right), 4) == 0.8030 and len(right) == 11677


# words and letters as numbers


def test_rare_words_are_unknown_and_case_is_a_matter_of_letters():
    codec = fit_tagging([Tagged(("The", "the", "cat", "hat"), ("D", "D", "N", "N"))], longest=4)
    assert codec.words.symbols == ("the",)
    numbered = codec.numbered(("THE", "cat"), ("D", "V"))
    assert numbered.words.tolist() == [2, 1] and numbered.tags.tolist() == [0, -1]
    # letters of one word alone are unknown: T of The, c of cat
    assert codec.letters == "aeht" and numbered.letters[1].tolist() == [1, 2, 5, 0]


def test_syllables_and_accents_fall_into_parts():
    codec = fit_tagging([Tagged(("한국", "한글", "é", "ée"), ("N",) * 4)], longest=8)
    assert len(codec.numbered(("한",)).letters[0].nonzero()[0]) == 3
    assert "\u0301" in codec.letters


def test_long_words_keep_both_ends():
    codec = fit_tagging([Tagged(("abcdefg", "gfedcba"), ("N", "N"))], longest=5)
    (letters,) = codec.numbered(("abcdefg",)).letters
    assert [codec.letters[i - 2] for i in letters] == list("abcfg")


def test_lines_are_cut_into_words():
    codec = fit_tagging(MADE)
    lines = "Don't go, 3.5 km!\r\n\n(yes)"
    assert codec.sentences(lines) == [["Don't", "go", ",", "3.5", "km", "!"], ["(", "yes", ")"]]
    with pytest.raises(ValueError, match="no words"):
        codec.sentences(" \n")


def test_the_codec_survives_a_file():
    codec = fit_tagging(MADE)
    assert codec_from_json(json.loads(json.dumps(codec_to_json(codec)))) == codec


# the network


def test_letters_alone_tell_unknown_words_apart(tagger, params):
    one, other = (chunk_of(tagger, [Tagged((w,), ("ADV",))], 1) for w in ("zibaly", "zibaous"))
    assert one.words.tolist() == other.words.tolist() == [[1]]
    logits = jax.jit(tagger.logits)
    assert not np.allclose(logits(params, one, None), logits(params, other, None), atol=1e-4)


@pytest.mark.parametrize("crf", [False, True])
def test_padding_changes_nothing(crf):
    tagger = Tagger(TaggerSettings(**{**vars(SETTINGS), "crf": crf}), fit_tagging(MADE, longest=8))
    params = jax.tree.map(lambda leaf: leaf + 0.1, tagger.init(jax.random.key(0)))
    loss, score = jax.jit(tagger.loss), jax.jit(tagger.score)
    one, two = MADE[0], next(s for s in MADE if len(s.words) != len(MADE[0].words))
    chunks = [chunk_of(tagger, [s], len(s.words)) for s in (one, two)]
    together = chunk_of(tagger, [one, two, one], 12)
    together.words[:, 2] = 0
    together.letters[:, 2] = 3  # nonsense where no word is
    together.letters[10:] = 3
    total, count = loss(params, together, None)
    alone = [loss(params, chunk, None) for chunk in chunks]
    np.testing.assert_allclose(total, sum(float(x) for x, _ in alone), rtol=1e-5)
    assert int(count) == sum(int(n) for _, n in alone) == len(one.words) + len(two.words)
    right = [float(score(params, chunk)[0]) for chunk in chunks]
    assert float(score(params, together)[0]) == sum(right)


def test_a_tag_that_is_not_known_is_wrong_but_no_loss(tagger, params):
    chunk = chunk_of(tagger, [Tagged(("walk", "now"), ("VERB", "NEVER"))], 2)
    assert int(jax.jit(tagger.loss)(params, chunk, None)[1]) == 1
    right, count = jax.jit(tagger.score)(params, chunk)
    assert int(count) == 2 and float(right) <= 1


def test_a_crf_without_weights_is_each_word_alone(tagger, params):
    weighed = Tagger(TaggerSettings(**{**vars(SETTINGS), "crf": True}), tagger.codec)
    chunk = chunk_of(tagger, MADE, 12)
    both = params._replace(crf=CRF(len(tagger.codec.tags)).init(jax.random.key(0)))

    @jax.jit
    def of(params, both):
        alone = tagger.loss(params, chunk, None)[0], tagger.tags(params, chunk)
        return alone, (weighed.loss(both, chunk, None)[0], weighed.tags(both, chunk))

    (loss, tags), (weighed_loss, weighed_tags) = of(params, both)
    np.testing.assert_allclose(loss, weighed_loss, rtol=1e-5)
    np.testing.assert_array_equal(np.where(chunk.words, tags, 0), weighed_tags)


def test_masks_come_from_the_key_alone(tagger, params):
    dropped = Tagger(TaggerSettings(**{**vars(SETTINGS), "dropout": 0.5}), tagger.codec)
    chunk = chunk_of(tagger, MADE, 12)
    hidden = Tagger(TaggerSettings(**{**vars(SETTINGS), "word_dropout": 0.99}), tagger.codec)

    @jax.jit
    def of(key):
        kept = [tagger.loss(params, chunk, None)[0], hidden.loss(params, chunk, None)[0]]
        return dropped.loss(params, chunk, key)[0], hidden.loss(params, chunk, key)[0], *kept

    one, again, other = (of(jax.random.key(seed)) for seed in (1, 1, 2))
    assert one[0] == again[0] != other[0]
    assert one[1] != one[3] == one[2]


# the task


def test_a_chunk_is_a_function_of_its_number():
    task = pos(PosSettings(batch=8, treebank="made"), seed=1)
    again = pos(PosSettings(batch=8, treebank="made"), seed=1, codec=task.codec)
    for number in (0, 7, task.epoch + 3):
        for one, other in zip(task.train(number), again.train(number), strict=True):
            np.testing.assert_array_equal(one, other)
    shapes = {task.train(number).letters.shape for number in range(task.epoch)}
    assert len(shapes) <= 5 and all(shape[1:] == (8, 20) for shape in shapes)
    words = sum(int((task.train(number).words > 0).sum()) for number in range(task.epoch))
    assert words == sum(len(sentence.words) for sentence in read_tagged("made").train)


def test_steps_cut_what_is_learned_from_only():
    task = pos(PosSettings(steps=4, batch=8, treebank="made"))
    assert task.train(0).words.shape == (4, 8)
    assert max(chunk.words.shape[0] for chunk in task.evaluation) > 4


def test_held_out_sentences_come_once_each(tagger):
    numbered = [tagger.codec.numbered(*sentence) for sentence in MADE]
    places = np.concatenate([placed.places for placed in _in_order(numbered, [6, 7])])
    assert sorted(places.tolist()) == list(range(len(MADE)))
    words = sum(int((placed.chunk.words > 0).sum()) for placed in _in_order(numbered, [6, 7]))
    assert words == sum(len(sentence.words) for sentence in MADE)


def test_what_an_examination_says(folder):
    task = pos(PosSettings(treebank=str(folder), batch=2, letters=4))
    tagger = Tagger(SETTINGS, task.codec)
    zeros = jax.tree.map(jnp.zeros_like, tagger.init(jax.random.key(0)))
    found = task.examine(tagger, zeros)  # says NOUN, the first of all tags, to every word
    every, new = found.findings
    assert every.value == pytest.approx(1 / 5) and every.goal is None
    assert every.baselines["the most frequent tag of each word"] == pytest.approx(4 / 5)
    assert new.value == 0 and new.name == "test accuracy on the 20.0% of words that are new"
    assert found.files["predictions.txt"] == (
        "one\tNUM\tNOUN\t*\nnew\tADJ\tNOUN\t*\none\tNUM\tNOUN\t*\nCafé\tNOUN\tNOUN\n"
        "one\tNUM\tNOUN\t*\n\n"
    )
    assert "<svg" in found.files["picture.svg"]


def test_the_baseline_and_the_list():
    trained = [Tagged(("a", "a", "a", "b"), ("X", "Y", "Y", "X")), Tagged(("c",), ("Y",))]
    judged = [Tagged(("a", "b", "new"), ("Y", "Z", "Y"))]
    found = most_frequent_tags(trained, judged)
    assert found == [["Y", "X", "Y"]]
    assert as_list(judged, found) == "a\tY\tY\nb\tZ\tX\t*\nnew\tY\tY\n\n"


def test_the_network_needs_vectors_of_words():
    with pytest.raises(ValueError, match="embedding must be greater than zero"):
        Tagger(TaggerSettings("gru", 4), fit_tagging(MADE))
    with pytest.raises(ValueError, match=r"model\.word_dropout"):
        TaggerSettings(word_dropout=1.0)


def test_f18_quick_goes_on_to_the_same_bits(tmp_path, capsys, monkeypatch):
    words, run = ["train", "pos", "--preset", "quick"], tmp_path / "whole"
    assert main([*words, "--out", str(run)]) == 0
    record = json.loads((run / "result.json").read_text())
    assert record["findings"][0]["value"] > 0.9 > record["findings"][0]["baselines"].popitem()[1]
    for name in ("predictions.txt", "picture.svg"):
        assert os.path.getsize(run / name) > 100
    assert main([*words, "--steps", "30", "--out", str(tmp_path / "parts")]) == 0
    assert main(["resume", "--run", str(tmp_path / "parts"), "--steps", "60"]) == 0
    assert run_digest(tmp_path / "parts") == run_digest(run)
    capsys.readouterr()
    typed = io.TextIOWrapper(io.BytesIO(b"they sail the lokaous plan!\n"))
    monkeypatch.setattr("sys.stdin", typed)
    assert main(["predict", "--run", str(run)]) == 0
    tagged = "they/PRON sail/VERB the/DET lokaous/ADJ plan/NOUN !/PUNCT"
    assert capsys.readouterr().out.strip() == tagged
