"""Speech to digits: parts, utterances that are joined, what is heard, and a run by the command."""

import dataclasses
import itertools
import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.models.ctc import ctc_greedy
from jaxrnn.runs.digest import run_digest
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.model import ModelSettings
from jaxrnn.tasks.speech.codec import fit_speech
from jaxrnn.tasks.speech.errors import edit_distance, word_errors
from jaxrnn.tasks.speech.listener import FILE, from_run
from jaxrnn.tasks.speech.transcribe import Transcriber, TranscribeSettings, transcribe
from jaxrnn.tasks.speech.utterances import (
    MOST_WORDS,
    Joined,
    Library,
    SpeechChunk,
    in_turn,
    joined_wave,
)
from jaxrnn.tasks.speech.wav import as_wav
from jaxrnn.tasks.speech.words import digits_in, read_spoken, tones

SETTINGS = TranscribeSettings(steps=24, batch=6, corpus="tones", mels=20, buckets=2)


@pytest.fixture(scope="module")
def task():
    return transcribe(SETTINGS)


@pytest.fixture(scope="module")
def model(task):
    return Transcriber(ModelSettings("gru", 6), task.codec)


def names(spoken):
    return set(zip(spoken.digits.tolist(), spoken.speakers, spoken.takes.tolist(), strict=True))


def test_parts_share_no_recording_and_takes_below_5_test():
    parts = read_spoken("tones")
    train, dev, test = map(names, (parts.train, parts.dev, parts.test))
    assert not train & dev and not (train | dev) & test
    assert len(train) + len(dev) == 300 and len(dev) == 30 and len(test) == 150
    assert {take for *_, take in test} == {0, 1, 2, 3, 4} and min(t for *_, t in train) == 5
    assert parts.unseen is None


def test_speakers_who_are_held_out_are_in_no_other_part():
    parts = read_spoken("tones", ("low", "high"))
    assert set(parts.unseen.speakers) == {"low", "high"} and len(parts.unseen.waves) == 300
    for part in (parts.train, parts.dev, parts.test):
        assert set(part.speakers) == {"even"}
    with pytest.raises(ValueError, match="no speaker but these"):
        read_spoken("tones", ("low", "high", "even"))


def test_joined_frames_are_those_of_the_joined_wave():
    heard = tones().test
    codec = fit_speech(heard.waves, 8000, mels=20)
    library = Library(heard, codec)
    loud = [codec.loudest(wave) for wave in heard.waves]
    for one in (Joined((7,), (0, 0)), Joined((7, 8, 90), (4, 0, 9, 2))):
        whole = codec.stack(library.frames(one))
        xs = codec.heard(8000, joined_wave(loud, one, codec))
        # before the whole there is the silence that is before each word
        frames = xs.reshape(-1, 20)[codec.edge :][: len(library.frames(one))]
        np.testing.assert_allclose(frames, library.frames(one), atol=1e-3)
        assert len(whole) * 3 >= len(library.frames(one))
    first, last = len(library.sounds[7]), len(library.sounds[90])
    plain, softer = library.frames(one), library.frames(one, [-6.0, 0.0, 0.0])
    np.testing.assert_allclose(softer[-last:], plain[-last:], atol=1e-5)
    assert (softer[4:][:first] < plain[4:][:first] + 1e-5).all()
    assert np.abs(softer - plain)[4:][:first].max() > 0.1


def test_louder_frames_are_those_of_a_louder_wave():
    wave = tones().test.waves[3]
    codec = fit_speech([wave], 8000, mels=20)
    np.testing.assert_allclose(
        codec.louder(codec.frames(wave), 6.0), codec.frames(wave * 10 ** (6 / 20)), atol=1e-3
    )


def test_f18_a_training_chunk_is_a_function_of_its_number(task):
    one, again, other = task.train(5), transcribe(SETTINGS).train(5), task.train(6)
    for mine, yours in zip(one, again, strict=True):
        np.testing.assert_array_equal(mine, yours)
    assert one.xs.shape != other.xs.shape or (one.xs != other.xs).any()


def test_training_chunks_fit_into_few_shapes(task):
    seen = set()
    for number in range(40):
        chunk = task.train(number)
        seen.add(len(chunk.xs))
        assert chunk.labels.shape == (MOST_WORDS, 6) and chunk.lengths.min() > 0
        assert ((chunk.label_lengths >= 1) & (chunk.label_lengths <= MOST_WORDS)).all()
        for column, count in enumerate(chunk.label_lengths):
            assert (chunk.labels[:count, column] > 0).all()
            assert (chunk.xs[chunk.lengths[column] :, column] == 0).all()
    assert seen <= {12, 24}


def test_every_held_out_recording_comes_four_times():
    dev = read_spoken("tones").dev
    found = in_turn(dev)
    counts = np.bincount([place for one in found for place in one.places])
    assert (counts == 4).all() and len(counts) == len(dev.waves)
    assert all(len({dev.speakers[i] for i in one.places}) == 1 for one in found)
    assert {len(one.places) for one in found} == {1, 2, 3, 4, 5}


def test_padding_and_columns_that_are_not_real_change_nothing(model, task):
    params = model.init(jax.random.key(0))
    chunk = task.train(1)
    wider = SpeechChunk(
        np.concatenate([chunk.xs, np.full((3, 6, 60), np.nan, np.float32)])[
            :, [0, 1, 2, 3, 4, 5, 0]
        ],
        np.append(chunk.lengths, 0),
        np.concatenate([chunk.labels, chunk.labels[:, :1]], axis=1),
        np.append(chunk.label_lengths, 0),
    )
    for measure in (lambda c: model.loss(params, c, None), lambda c: model.score(params, c)):
        (total, count), (again, counted) = measure(chunk), measure(wider)
        np.testing.assert_allclose(total, again, rtol=1e-5)
        assert int(count) == int(counted) == chunk.label_lengths.sum()


def test_the_score_is_the_errors_of_greedy_decoding(model, task):
    params = jax.tree.map(lambda leaf: 3 * leaf, model.init(jax.random.key(1)))
    chunk = task.train(2)
    logits = model.listener.logits(params, chunk.xs, chunk.lengths, None)
    said = [chunk.labels[:n, b] for b, n in enumerate(chunk.label_lengths)]
    errors = word_errors(ctc_greedy(np.asarray(logits), chunk.lengths), said)
    assert errors.sum() == float(model.score(params, chunk)[0]) > 0


def _slow_distance(one, other):
    if not one or not other:
        return len(one) + len(other)
    (*a, x), (*b, y) = one, other
    return min(_slow_distance(a, b) + (x != y), _slow_distance(a, other) + 1,
               _slow_distance(one, b) + 1)  # fmt: skip


def test_edit_distances_are_those_of_the_definition():
    words = [[*w] for n in range(4) for w in itertools.product([1, 2], repeat=n)]
    pairs = list(itertools.product(words, words))
    found = word_errors([np.array(a, int) for a, _ in pairs], [np.array(b, int) for _, b in pairs])
    assert found.tolist() == [_slow_distance(a, b) for a, b in pairs]


def test_words_that_are_not_kept_are_not_heard():
    heard = np.array([[1], [7], [2]])
    kept = heard != 7
    assert edit_distance(heard, kept, np.array([[1], [2]]), np.array([2])).tolist() == [0]


def test_a_codec_that_was_fitted_is_kept(task):
    codec = dataclasses.replace(task.codec, mean=(0.5,) * 20)
    again = transcribe(SETTINGS, codec=codec)
    assert again.codec is codec and (again.train(0).xs != task.train(0).xs).any()
    assert codec_from_json(json.loads(json.dumps(codec_to_json(codec)))) == codec


def test_e69_settings_and_inputs_are_named(model, tmp_path):
    with pytest.raises(ValueError, match=r"data\.corpus: expected one of fsdd, tones"):
        TranscribeSettings(corpus="fsd")
    with pytest.raises(ValueError, match=r"data\.steps: the longest recording has .* got 3"):
        transcribe(dataclasses.replace(SETTINGS, steps=3))
    with pytest.raises(FileNotFoundError, match="load_spoken_digits: .* is not at"):
        transcribe(TranscribeSettings())
    with pytest.raises(ValueError, match="path of a WAV file in each line"):
        list(model.predict(None, "\n"))
    with pytest.raises(FileNotFoundError, match="there is no file"):
        list(model.predict(None, str(tmp_path / "no.wav")))
    with pytest.raises(ValueError, match="digits from 0 to 9"):
        digits_in("three")
    with pytest.raises(FileNotFoundError, match=r"data\.listener: .* has no listener"):
        from_run(str(tmp_path))


def test_other_rates_and_channels_are_heard_alike(task):
    times = np.arange(3200) / 16000
    fine = (0.3 * np.sin(2 * np.pi * 770 * times)).astype(np.float32)
    plain = task.codec.heard(8000, fine[::2])
    stereo = task.codec.heard(16000, np.stack([fine, fine], 1))
    assert plain.shape == stereo.shape and np.abs(plain - stereo)[2:-2].mean() < 0.1


def test_f18_the_quick_preset_goes_on_to_the_same_bits_and_understands_files(
    tmp_path, monkeypatch, capsys
):
    import io

    run = tmp_path / "run"
    words = ["train", "transcribe", "--preset", "quick", "--set", "optimizer.schedule=constant"]
    words += ["--set", "training.evaluate_every=60"]
    assert main([*words, "--out", str(run)]) == 0
    assert main([*words, "--steps", "60", "--out", str(tmp_path / "parts")]) == 0
    assert main(["resume", "--run", str(tmp_path / "parts"), "--steps", "120"]) == 0
    assert run_digest(tmp_path / "parts") == run_digest(run)
    said = capsys.readouterr().out
    found = {
        f["name"]: f["value"] for f in json.loads((run / "result.json").read_text())["findings"]
    }
    assert found["test: word error rate, by beam search"] < 0.1, said
    assert (run / "predictions.txt").read_text().count("\n") > 100
    assert "<svg" in (run / "picture.svg").read_text() and (run / FILE).stat().st_size > 10_000
    heard = tones().test
    listener, _ = from_run(str(run))
    one = Joined((0, 14, 49), (5, 5, 5, 5))
    wave = tmp_path / "my.wav"
    wave.write_bytes(as_wav(8000, joined_wave(heard.waves, one, listener.codec)))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{wave}\n".encode())))
    assert main(["predict", "--run", str(run)]) == 0
    digits = " ".join(str(heard.digits[i]) for i in one.places)
    assert capsys.readouterr().out == f"{wave}: {digits}\n"
