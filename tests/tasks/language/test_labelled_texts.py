"""Labelled texts of any origin as batches, and the figures by which classes are judged."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from jaxrnn.data.tokenisers import UNKNOWN, Characters, Subwords, Words
from jaxrnn.tasks.class_report import judged_lines, macro_f1, macro_recall, ngram_regression
from jaxrnn.tasks.language.labelled_texts import (
    TextSettings,
    chunks,
    fitted,
    known_codec,
    token_ids,
)
from jaxrnn.tasks.language.text_corpora import by_spelling, corpus, own_corpus
from jaxrnn.tasks.language.token_codecs import LabelCodec


def test_spellings_that_differ_in_case_alone_stay_together():
    texts = [f"Name{i}" for i in range(60)] * 2 + [f"NAME{i}" for i in range(60)]
    made = by_spelling(texts, ["a", "b", "b"] * 60, "a test")
    spellings = [{text.lower() for text in part.texts} for part in made.parts]
    assert sum(len(part.texts) for part in made.parts) == 180
    assert len(set.union(*spellings)) == sum(map(len, spellings)) == 60


def test_e69_a_corpus_that_cannot_be_learned_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"a test has the classes \('x',\): expected at least 2"):
        by_spelling(["a", "b", "c"], ["x"] * 3, "a test")
    texts = [str(i) for i in range(30)]
    tested = by_spelling(texts, ["x", "y"] * 15, "a test").parts.test.texts
    with pytest.raises(ValueError, match=r"too few texts of the class 'rare'.*eight tenths"):
        by_spelling(texts, ["rare" if text in tested else "x" for text in texts], "a test")
    path = tmp_path / "my.tsv"
    path.write_text("".join(f"{'good' if i % 3 else 'bad'}\ttext {i}\n" for i in range(40)))
    assert own_corpus(str(path)).names == ("bad", "good")


def test_a_named_corpus_without_its_data_says_what_to_do():
    for name in ("sst2", "nsmc", "surnames"):
        with pytest.raises(FileNotFoundError, match="is not at hand"):
            corpus(name, None)


@pytest.mark.parametrize(
    "tokens, kind", [("words", Words), ("characters", Characters), ("subwords", Subwords)]
)
def test_a_tokeniser_of_each_kind(tokens, kind):
    texts = ["A film", "a FILM, a"] * 5
    made = fitted(TextSettings(tokens=tokens, size=300, lower=True), texts)
    assert isinstance(made, kind) and made.normaliser.lower
    ids = token_ids(made, ["film film", ""], steps=1)
    assert [len(one) for one in ids] == [1, 1] and ids[1].tolist() == [UNKNOWN]


def test_rare_words_are_left_out_and_wrong_settings_named():
    assert fitted(TextSettings(least=2), ["a b", "a c"]).symbols == ("a",)
    for field, value in (("tokens", "word"), ("size", 10), ("least", 0)):
        with pytest.raises(ValueError, match=rf"data\.{field}: expected"):
            TextSettings(**{field: value})


def test_other_classes_than_the_run_was_begun_with_are_refused():
    found = corpus("made-names", None)
    codec = LabelCodec(Characters.fit(["a"]), ("no", "yes"))
    with pytest.raises(ValueError, match=r"Orcish, but the run was begun with no, yes"):
        known_codec("n", found, codec, TextSettings())
    kept = LabelCodec(Characters.fit(["a"]), found.names)
    assert known_codec("n", found, kept, TextSettings()) is kept


@pytest.mark.parametrize("count", [1, 5, 300])
def test_held_out_texts_are_judged_once_each(count):
    draw = np.random.default_rng(count)
    ids = [np.full(draw.integers(1, 40), i + 2, np.int32) for i in range(count)]
    labels = np.arange(count, dtype=np.int32)
    found = chunks(ids, labels)
    assert len({chunk.ids.shape for chunk in found}) <= 4
    real = np.concatenate([chunk.labels[chunk.weights > 0] for chunk in found])
    assert sorted(real.tolist()) == labels.tolist()
    for chunk in found:
        steps = np.arange(len(chunk.ids))[:, None]
        np.testing.assert_array_equal(
            chunk.ids, np.where(steps < chunk.lengths, chunk.labels + 2, 0)
        )


def test_macro_figures_are_those_of_scikit_learn():
    truth = np.array([0, 0, 0, 0, 1, 1, 2])
    answers = np.array([0, 0, 1, 3, 1, 0, 2])
    labels = [0, 1, 2]  # 3 never comes up
    assert macro_f1(truth, answers) == pytest.approx(
        f1_score(truth, answers, labels=labels, average="macro")
    )
    assert macro_recall(truth, answers) == pytest.approx((2 / 4 + 1 / 2 + 1) / 3)


def test_the_regression_sees_what_stands_side_by_side():
    ids = [np.array(row) for row in ([2, 3, 3], [3, 2, 3], [2, 3, 2], [3, 3, 2])]
    labels = np.array([0, 1, 0, 1])  # begins with 2
    told = ngram_regression(ids * 5, np.tile(labels, 5), ids, 2)
    np.testing.assert_array_equal(told, labels)


def test_surest_mistakes_come_first_and_a_long_text_is_cut():
    logits = np.array([[0.0, 1.0], [0.0, 5.0], [3.0, 0.0]])
    lines = judged_lines(("a", "b\nc", "d" * 500), ("no", "yes"), np.zeros(3, int), logits)
    first, second, third = lines.splitlines()[2:]
    assert first.endswith("b c") and second.endswith(" a")
    assert third.startswith("no  0.95  no") and third.endswith("ddd...") and len(third) < 200
