"""Digits to speech: frames and their places, what is said, and a run by the command."""

import io
import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data.wav import parse_wav, read_wav
from jaxrnn.models import Output
from jaxrnn.models.bidirectional_encoder import BidirectionalEncoder
from jaxrnn.runs.digest import run_digest
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.model import ModelSettings, make_cell
from jaxrnn.tasks.speech.codec import fit_speech
from jaxrnn.tasks.speech.listener import FILE, Listener, to_bytes
from jaxrnn.tasks.speech.speak import FramesChunk, SpeakSettings, Voice, speak
from jaxrnn.tasks.speech.voice import fit_voice
from jaxrnn.tasks.speech.wav import as_wav
from jaxrnn.tasks.speech.words import tones

SETTINGS = SpeakSettings(batch=4, corpus="tones", buckets=2)


@pytest.fixture(scope="module")
def task():
    return speak(SETTINGS)


@pytest.fixture(scope="module")
def model(task):
    return Voice(ModelSettings("gru", 6), task.codec)


def test_inputs_say_which_digit_whose_and_where(task):
    codec = task.codec
    xs = codec.inputs(7, "high", 19)
    assert xs.shape == (19, codec.input_size) == (19, 24)
    assert (xs[:, :10] == np.eye(10)[7]).all() and xs[0, 10:13].tolist() == [0, 1, 0]
    np.testing.assert_allclose(xs[:, 13], 0.19)
    hats = xs[:, 14:]
    np.testing.assert_allclose(hats.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(hats @ np.arange(10), np.linspace(0, 9, 19), atol=1e-5)
    assert len(codec.inputs(7, "high")) == codec.lengths[10 * 1 + 7]


def test_targets_are_the_frames_of_the_recordings(task):
    train = tones().train
    wave = train.waves[0]
    (rows, frames) = task.codec.inputs(0, "even", 1), task.codec.frames(wave)
    found = False
    for number in range(task.epoch):
        chunk = task.train(number)
        for column, length in enumerate(chunk.lengths):
            same = length == len(frames) and np.array_equal(chunk.targets[:length, column], frames)
            if same:
                found = True
                np.testing.assert_array_equal(chunk.xs[0, column, :13], rows[0, :13])
    assert found or 0 not in train.takes  # it may be among those that judge


def test_an_epoch_has_every_recording_once_and_f18_is_the_same_again(task):
    assert sum(int((task.train(n).lengths > 0).sum()) for n in range(task.epoch)) == 270
    assert sum(int((chunk.lengths > 0).sum()) for chunk in task.evaluation) == 30
    for mine, yours in zip(task.train(9), speak(SETTINGS).train(9), strict=True):
        np.testing.assert_array_equal(mine, yours)
    assert len({len(task.train(n).xs) for n in range(task.epoch)}) == 2


def test_padding_and_columns_that_are_not_real_change_nothing(model, task):
    params = model.init(jax.random.key(0))
    chunk = task.train(1)
    beyond = np.full((3, *chunk.xs.shape[1:]), np.nan, np.float32)
    wider = FramesChunk(
        np.concatenate([chunk.xs, beyond])[:, [0, 1, 2, 3, 0]],
        np.concatenate([chunk.targets, np.full((3, 4, 129), np.nan, np.float32)])[
            :, [0, 1, 2, 3, 0]
        ],
        np.append(chunk.lengths, 0),
    )
    for measure in (lambda c: model.loss(params, c, None), lambda c: model.score(params, c)):
        (total, count), (again, counted) = measure(chunk), measure(wider)
        np.testing.assert_allclose(total, again, rtol=1e-5)
        assert int(count) == int(counted) == chunk.lengths.sum()


def test_frames_that_are_said_are_those_of_the_whole_batch(model):
    params = model.init(jax.random.key(0))
    said = model.say(params, [3, 1], "low")
    for digit, frames in zip((3, 1), said, strict=True):
        xs = model.codec.inputs(digit, "low")
        direct = model.frames(params, xs[:, None], np.array([len(xs)]))[:, 0]
        np.testing.assert_allclose(frames, direct, atol=1e-5)


def test_dropout_is_drawn_only_with_a_key(task):
    voice = Voice(ModelSettings("gru", 6, dropout=0.5), task.codec)
    params, chunk = voice.init(jax.random.key(0)), task.train(0)
    quiet = voice.loss(params, chunk, None)[0]
    assert quiet == voice.loss(params, chunk, None)[0]
    one, other = (voice.loss(params, chunk, jax.random.key(k))[0] for k in (1, 2))
    assert len({float(quiet), float(one), float(other)}) == 3


def test_the_sound_of_real_frames_is_that_of_the_recording(task):
    wave = tones().test.waves[40]
    codec = task.codec
    again = codec.wave([codec.frames(wave)])
    pause = 8 * codec.hop
    middle = again[pause:-pause]
    spectra = [np.abs(np.fft.rfft(w, 4096))[:2048] for w in (wave, middle)]
    assert np.corrcoef(*spectra)[0, 1] > 0.8
    assert np.corrcoef(spectra[0], np.roll(spectra[1], 100))[0, 1] < 0.3
    assert 0.5 < np.abs(middle).max() / np.abs(wave).max() < 2


def test_a_wav_file_is_read_back():
    samples = np.array([0.0, 0.25, -1.0, 1.0, 3.0])
    rate, back = parse_wav("test", as_wav(8000, samples), "a.wav")
    assert rate == 8000
    np.testing.assert_allclose(back, [0, 0.25, -1, 1, 1], atol=1e-4)


def test_a_codec_goes_through_json():
    codec = fit_voice(tones().train, 8000)
    assert codec_from_json(json.loads(json.dumps(codec_to_json(codec)))) == codec


def test_an_untrained_voice_is_examined_and_listened_to(model, task, tmp_path):
    codec = fit_speech(tones().train.waves, 8000, mels=20)
    cell = make_cell(ModelSettings("gru", 4), 1)
    listener = Listener(BidirectionalEncoder(cell), Output(11), codec)
    params = listener.init(jax.random.key(0), codec.input_size)
    (tmp_path / FILE).write_bytes(to_bytes(listener, params))
    heard = speak(SpeakSettings(batch=4, corpus="tones", listener=str(tmp_path)))
    found = heard.examine(model, model.init(jax.random.key(0)))
    apart, understood, _ = found.findings
    assert apart.value > apart.baselines["the mean frame of each digit"]  # it has learned nothing
    assert understood.value < 0.3 and understood.goal == 0.9
    assert understood.baselines["people saying the same"] < 0.3  # nor has the listener
    assert set(found.files) == {
        "even.wav", "high.wav", "low.wav", "picture.svg", "predictions.txt",
    }  # fmt: skip
    assert "<svg" in found.files["picture.svg"]


def test_e69_settings_and_lines_are_named(model):
    params = model.init(jax.random.key(0))
    with pytest.raises(ValueError, match=r"data\.corpus: expected one of fsdd, tones"):
        SpeakSettings(corpus="fsd")
    with pytest.raises(ValueError, match=r"data\.steps: every recording has more than 3 frames"):
        speak(SpeakSettings(steps=3, corpus="tones"))
    for line, message in (
        ("\n", "expected lines such as"),
        ("3 1 4", "the WAV file to write"),
        ("3 a.wav b.wav", "the WAV file to write"),
        ("three a.wav", "digits from 0 to 9"),
        ("3 a.wav hihg", "speakers even, high, low, got 'hihg'.*Did you mean"),
    ):
        with pytest.raises(ValueError, match=message):
            list(model.predict(params, line))


def test_f18_the_quick_preset_goes_on_to_the_same_bits_and_says_a_number(
    tmp_path, monkeypatch, capsys
):
    run, wav = tmp_path / "run", tmp_path / "pi.wav"
    words = ["train", "speak", "--preset", "quick", "--set", "optimizer.schedule=constant"]
    words += ["--set", "training.evaluate_every=30"]
    assert main([*words, "--out", str(run)]) == 0
    assert main([*words, "--steps", "30", "--out", str(tmp_path / "parts")]) == 0
    assert main(["resume", "--run", str(tmp_path / "parts"), "--steps", "60"]) == 0
    assert run_digest(tmp_path / "parts") == run_digest(run)
    capsys.readouterr()
    (apart,) = json.loads((run / "result.json").read_text())["findings"]
    assert apart["value"] < apart["baselines"]["the mean frame of each digit"]
    assert read_wav(run / "low.wav")[0] == 8000
    line = f"3 1 4 {wav} high\n".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line)))
    assert main(["predict", "--run", str(run)]) == 0
    rate, wave = read_wav(wav)
    assert capsys.readouterr().out == (f"{wav}: 3 1 4, said by high in {len(wave) / rate:.2f} s\n")
    assert np.abs(wave).max() > 0.05


def test_a_listener_that_is_not_there_is_told_before_training():
    with pytest.raises(FileNotFoundError, match=r"data\.listener: nowhere has no"):
        speak(SpeakSettings(corpus="tones", listener="nowhere"))
