"""word2vec as a task: its loss is that of `jaxrnn.embeddings`, and a run of it can be asked."""

import io
import json

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data import Rated
from jaxrnn.embeddings import Chunk as EmbeddingsChunk
from jaxrnn.embeddings import (
    Word2Vec,
    WordVectors,
    WordVocabulary,
    cbow,
    load_words,
    make_step,
    skip_gram,
)
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.embeddings.network import Windows, WordModelSettings, WordNetwork, plain_words
from jaxrnn.tasks.embeddings.report import _asked, _questions, _rated, rates_alone
from jaxrnn.tasks.embeddings.word2vec import Word2VecSettings, word2vec

VOCABULARY = WordVocabulary(("the", "cat", "dog", "runs", "sleeps"), (9, 4, 4, 2, 2))
FIELDS = [
    (predictor, objective)
    for predictor in ("skip_gram", "cbow")
    for objective in ("negative_sampling", "hierarchical_softmax")
]
SMALL = ["--set", "data.batch=200", "--set", "data.window=2", "--hidden", "8", "--steps", "6"]


def network_of(predictor="skip_gram", objective="negative_sampling", hidden=3):
    settings = WordModelSettings(hidden=hidden, predictor=predictor, objective=objective)
    return WordNetwork(settings, VOCABULARY)


def some_windows(seed=0, count=6, window=2):
    random = np.random.default_rng(seed)
    contexts = random.integers(0, len(VOCABULARY), (2 * window, count)).astype(np.int32)
    valid = random.random(contexts.shape) < 0.7
    centres = random.integers(0, len(VOCABULARY), (1, count)).astype(np.int32)
    return Windows(centres, np.where(valid, contexts, 0), valid)


def some_params(network, seed=3):
    params = network.init(jax.random.key(seed))
    return jax.tree.map(
        lambda leaf: jax.random.normal(jax.random.key(leaf.shape[0]), leaf.shape), params
    )


@pytest.mark.parametrize(("predictor", "objective"), FIELDS)
def test_the_gradient_is_the_way_of_the_step_of_embeddings(predictor, objective):
    network, chunk = network_of(predictor, objective), some_windows()
    params, key, rate = some_params(network), jax.random.key(5), 1e-3
    hidden = {"skip_gram": skip_gram, "cbow": cbow}[predictor]
    size = chunk.centres.shape[1]
    # all windows at once: its descent is then that of the sum, as ours
    step = make_step(Word2Vec(3, hidden, network.objective, batch=size), VOCABULARY)
    plain = EmbeddingsChunk(
        chunk.centres[0], chunk.contexts.T, chunk.valid.T, np.array(size, np.int32)
    )
    moved, mean = step(params, plain, rate, key)

    def total(params):
        return network.loss(params, chunk, key)

    (loss, count), grads = jax.jit(jax.value_and_grad(total, has_aux=True))(params)
    np.testing.assert_allclose(float(loss) / int(count), mean, rtol=1e-5)
    expected = jax.tree.map(lambda new, old: (old - new) / rate, moved, params)
    chex.assert_trees_all_close(grads, expected, rtol=2e-2, atol=2e-3)
    assert float(jnp.abs(grads.inputs).max()) > 0.1


def test_without_a_key_the_noise_is_always_the_same():
    network, chunk = network_of(), some_windows()
    params = some_params(network)
    one, again = network.loss(params, chunk, None)[0], network.score(params, chunk)[0]
    other = network.loss(params, chunk, jax.random.key(9))[0]
    assert one == again != other


def test_empty_windows_count_for_nothing():
    network, chunk = network_of("cbow", "hierarchical_softmax"), some_windows()
    params = some_params(network)
    pad = Windows(*(np.pad(a, ((0, 0), (0, 3))) for a in chunk))
    for one, other in zip(
        network.loss(params, chunk, None), network.loss(params, pad, None), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_e69_settings_of_cells_are_refused():
    for changes in ({"cell": "lstm"}, {"layers": 2}, {"dropout": 0.1}, {"embedding": 8}):
        with pytest.raises(ValueError, match=f"model.{next(iter(changes))}: word2vec has two"):
            WordModelSettings(**changes)
    with pytest.raises(ValueError, match="model.predictor: expected one of skip_gram, cbow"):
        WordModelSettings(predictor="skipgram")
    with pytest.raises(ValueError, match="model: negatives|negatives"):
        WordModelSettings(negatives=0)
    with pytest.raises(ValueError, match="data.corpus"):
        Word2VecSettings(corpus="text9")


def test_predict():
    network = network_of(hidden=2)
    table = jnp.array([[1.0, 0], [0.9, 0.1], [0, 1], [0.9, 1], [-1, 0]])
    params = network.init(jax.random.key(0))._replace(inputs=table)
    lines = list(network.predict(params, "The\n\ncat : the = dog : ?\n"))
    assert lines[0].startswith("cat 0.99  runs 0.67") and len(lines) == 2
    assert [word.split()[0] for word in lines[1].split("  ")] == ["runs", "sleeps"]
    for text, words in (
        ("cat\ndog cat", "line 2: expected a word, or three as in .*, got 2 words: 'dog cat'"),
        ("cat\n\ncow", "line 3: .*'cow' is none of the 5 words"),
        ("\n", "got none"),
    ):
        with pytest.raises(ValueError, match=words):
            list(network.predict(params, text))


def test_the_vocabulary_comes_back_from_json():
    text = json.dumps(codec_to_json(VOCABULARY))
    assert codec_from_json(json.loads(text)) == VOCABULARY


def test_words_of_any_script_in_small_letters():
    words = "Caf\u00e9 \ud55c\uad6d\uc5b4, 3_x!\nNO"
    assert [line.split() for line in plain_words(words).split("\n")] == [
        ["caf\u00e9", "\ud55c\uad6d\uc5b4", "x"], ["no"],
    ]  # fmt: skip


@pytest.fixture
def text(tmp_path):
    """A text in which cats and dogs are found where they can be told by their neighbours."""
    random = np.random.default_rng(0)
    lines = []
    for _ in range(120):
        one, two = random.choice(["cat purrs", "dog barks"]).split()
        lines.append(f"the {one} {two} and the {one} {two}")
    path = tmp_path / "my.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_chunks_are_functions_of_seed_and_number(text):
    settings = Word2VecSettings(text=str(text), batch=100, window=2, sample=1)
    task, same, other = (word2vec(settings, seed) for seed in (1, 1, 2))
    chex.assert_trees_all_equal(task.train(3), same.train(3))
    assert (task.train(3).valid != other.train(3).valid).any()
    chex.assert_trees_all_equal(task.evaluation, other.evaluation)
    assert task.codec.words[0] == "the" and len(task.codec) == 6
    assert task.train(0).contexts.shape == (4, 100) == (task.steps, task.batch)
    # the vocabulary of a run is kept, whatever the text has
    fewer = WordVocabulary(("cat", "dog"), (2, 1))
    assert word2vec(settings, 1, fewer).train(0).centres.max() == 1
    seen = [chunk.valid.any(0).sum() for chunk in task.evaluation]
    assert sum(seen) == 12 * 7  # the last tenth of the sentences


def test_e69_texts_too_short_are_named(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("one line alone", encoding="utf-8")
    with pytest.raises(ValueError, match=r"short.txt has 1 sentences, expected at least 2"):
        word2vec(Word2VecSettings(text=str(path)))


def test_rates_alone_is_the_entropy_of_the_words_for_the_tree():
    network = network_of(objective="hierarchical_softmax")
    words = np.repeat(np.arange(5), VOCABULARY.counts)
    chunk = Windows(words[None], np.zeros((1, 21), np.int32), np.ones((1, 21), bool))
    share = np.array(VOCABULARY.counts) / 21
    expected = -(share * np.log(share)).sum()
    # each count is one half more, so not quite
    assert rates_alone(network, words, [chunk]) == pytest.approx(expected, abs=0.01)


def test_what_people_say_is_asked_of_known_words_alone():
    words = tuple(f"w{n:02d}" for n in range(40))
    angles = np.linspace(0, 1.5, 40)
    vectors = WordVectors(words, np.stack([np.cos(angles), np.sin(angles)], 1))
    random = WordVectors(words, np.random.default_rng(0).standard_normal((40, 2)))
    rated = [Rated("w00", word, 40.0 - n) for n, word in enumerate(words) if n]
    (found,) = _rated(vectors, random, [*rated, Rated("w00", "unknown", 1.0)], "people")
    assert found.name == "Spearman on people, 39 of 40 pairs"
    assert found.value == pytest.approx(1) and set(found.baselines) == {
        "random vectors", "letters that words share",
    }  # fmt: skip
    assert _rated(vectors, random, rated[:5], "people") == []
    asked = [("w00", "w01", "w02", "w03")] * 30
    (found,) = _asked(vectors, random, asked)
    assert found.value == 1 and found.baselines["the word nearest to the third"] == 1
    assert _asked(vectors, random, asked[:2]) == []


def test_analogies_are_asked_in_small_letters():
    class Known:
        analogies = {"verbs": [("Cat", "THE", "dog", "runs"), ("cat", "the", "dog", "flies")]}  # noqa: RUF012

    vectors = WordVectors(VOCABULARY.words, np.eye(5))
    assert _questions(Known(), vectors) == {"verbs": [("cat", "the", "dog", "runs")]}


def test_f18_a_run_goes_on_to_the_same_bits_and_answers(text, tmp_path, capsys, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    common = ["word2vec", "--text", str(text), *SMALL, "--set", "optimizer.schedule=constant"]
    common += ["--set", "training.checkpoint_every=2", "--set", "training.evaluate_every=2"]
    assert main(["train", *common, "--out", str(whole)]) == 0
    printed = capsys.readouterr().out
    assert "nats per prediction of the validation part" in printed
    assert main(["train", *common, "--steps", "4", "--out", str(parts)]) == 0
    assert main(["resume", "--run", str(parts), "--steps", "6"]) == 0
    for run in (whole, parts):
        assert {"picture.svg", "predictions.txt", "words.safetensors"} <= {
            path.name for path in run.iterdir()
        }
    one, other = (load_words(run / "words.safetensors") for run in (whole, parts))
    assert one[0] == other[0] and one[0].words[0] == "the"
    chex.assert_trees_all_equal(one[1], other[1])
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"cat\ncat purrs dog\n")))
    assert main(["predict", "--run", str(whole)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "dog" in lines[0] and "cat" not in lines[1]
