"""Classes of sequences of one's own: arrays and sounds, of many lengths."""

import wave

import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data.wav import read_wav_folder
from jaxrnn.tasks.series.classify import classify

N, T, D = 23, 7, 2


@pytest.fixture
def npz(tmp_path):
    random = np.random.default_rng(0)
    arrays = {
        "x": random.normal(size=(N, T, D)).astype(np.float32),
        "y": np.arange(N) % 3,
        "lengths": random.integers(1, T + 1, N),
    }
    np.savez(tmp_path / "my.npz", **arrays)
    return tmp_path / "my.npz", arrays


@pytest.fixture
def sounds(tmp_path):
    for label, pitch in (("low", 200), ("high", 900)):
        for i in range(4):
            count = 1600 + 400 * i
            tone = np.sin(2 * np.pi * pitch * np.arange(count) / 8000)
            with wave.open(str(tmp_path / f"{label}_{i}.wav"), "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes((tone * 3e4).astype("<i2").tobytes())
    return tmp_path


def test_each_sequence_comes_once_an_epoch_with_its_class_at_its_end(npz):
    path, arrays = npz
    task = classify(arrays=path, batch=4)
    order = np.random.default_rng(0).permutation(N)
    trained = sorted(set(range(N)) - set(order[::5]))
    rows = np.concatenate([arrays["x"][i, : arrays["lengths"][i]] for i in trained])
    mean, std = rows.astype(float).mean(0), rows.astype(float).std(0)
    seen = []
    for number in range(task.epoch):
        chunk = task.train(number)
        for b in np.flatnonzero(np.asarray(chunk.weights).any(0)):
            (last,) = np.flatnonzero(chunk.weights[:, b])
            length = int(chunk.mask[:, b].sum())
            assert last == length - 1 and not np.asarray(chunk.xs[length:, b]).any()
            wanted = np.asarray(chunk.xs[:length, b])
            (i,) = [
                i for i in trained if arrays["lengths"][i] == length and np.allclose(
                    (arrays["x"][i, :length] - mean) / std, wanted, atol=1e-4)
            ]  # fmt: skip
            assert chunk.targets[last, b] == arrays["y"][i]
            seen.append(i)
    assert sorted(seen) == trained
    assert len({task.train(n).xs.shape for n in range(3 * task.epoch)}) <= 4


def test_the_judged_part_is_fixed_and_never_trained_on(npz):
    path, arrays = npz
    (judged,) = classify(arrays=path, batch=4, seed=1).evaluation
    (again,) = classify(arrays=path, batch=4, seed=2).evaluation
    np.testing.assert_array_equal(judged.xs, again.xs)
    order = np.random.default_rng(0).permutation(N)[::5]
    assert np.asarray(judged.targets)[0].tolist() == arrays["y"][order].tolist()
    assert np.asarray(judged.weights).sum() == len(order)


def test_sounds_are_log_mel_frames(sounds):
    task = classify(wavs=sounds, batch=2)
    assert task.codec.answers == ("high", "low") and task.input_size == 40
    assert len(read_wav_folder(sounds).waves) == 8 and "8 sequences, 2 classes" in task.source


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": None}, "has x, lengths, expected x"),
        ({"y": np.zeros(N, int)}, "of 1 classes, expected at least 5 of at least 2"),
        ({"y": np.arange(N - 1)}, "of one N, got shapes"),
        ({"lengths": np.full(N, T + 1)}, "lengths should be ints from 1 to T = 7"),
        ({"lengths": np.full(N, 0.5)}, "lengths should be ints"),
        ({"x": np.full((N, T, D), np.nan)}, "sequence 0 has values that are not finite"),
    ],
)
def test_e69_arrays_that_do_not_fit_are_named(npz, change, words):
    path, arrays = npz
    new = {name: value for name, value in {**arrays, **change}.items() if value is not None}
    np.savez(path, **new)
    with pytest.raises(ValueError, match=words):
        classify(arrays=path)


def test_the_command_learns_to_tell_tones_apart(sounds, tmp_path, capsys):
    run = tmp_path / "run"
    words = ["train", "classify", "--wavs", str(sounds), "--steps", "30", "--hidden", "8"]
    assert main([*words, "--learning-rate", "0.03", "--out", str(run)]) == 0
    assert "accuracy is 1.00" in capsys.readouterr().out
    assert main(["train", "classify", "--text", "x", "--out", str(tmp_path / "no")]) == 2
