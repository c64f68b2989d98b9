"""Pictures in words: families that stay together, who sees and who does not, files of pictures."""

import io
import json
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.tasks.captions.caption import CaptionSettings, _chunks, caption, moved
from jaxrnn.tasks.captions.codec import CaptionCodec, Captions, fit_captions
from jaxrnn.tasks.captions.network import CaptionNetwork, counted_losses, in_parts
from jaxrnn.tasks.captions.parts import CaptionModelSettings
from jaxrnn.tasks.captions.pictures import PICTURES, emoji_family, joined_by_picture
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json

REAL = Path(__file__).parents[3] / "../shared/data"
CODEC = fit_captions(["a red cat", "a dog"], (1, 8, 8, 3))


def small(codec=CODEC, **changes):
    settings = CaptionModelSettings("gru", 6, embedding=5, channels=2, vector=4, beam=2, **changes)
    network = CaptionNetwork(settings, codec)
    return network, network.init(jax.random.key(0))


def chunk_of(captions, seed=0):
    seen = np.random.default_rng(seed).integers(0, 256, (1, len(captions), 8, 8, 3))
    return Captions(seen.astype(np.uint8), CODEC.table(captions))


def test_skins_genders_and_equal_pictures_are_one_family():
    assert emoji_family("man_dancing_tone2") == emoji_family("dancer_tone5") == "dancing"
    assert emoji_family("couple_ww") == emoji_family("two_men_holding_hands")
    assert emoji_family("kiss_mm") == emoji_family("couplekiss") != emoji_family("kiss")
    assert emoji_family("clock930") == emoji_family("clock3") != emoji_family("alarm_clock")
    # a joins b by the picture 1, c joins both by the picture 2
    joined = joined_by_picture(["a", "b", "b", "c", "d"], np.array([1, 1, 2, 2, 3]))
    assert joined == ["a", "a", "a", "a", "d"]


def test_shapes_to_examine_are_of_kinds_that_never_train():
    pictures = PICTURES["shapes"]()
    parts = [{pictures.names[place] for place in part} for part in pictures.split]
    assert sum(map(len, parts)) == 48 and min(map(len, parts)) == 5
    assert not (parts[0] & parts[2] or parts[0] & parts[1])
    assert sorted(np.concatenate(pictures.split).tolist()) == list(range(len(pictures.names)))
    np.testing.assert_array_equal(pictures.images, PICTURES["shapes"]().images)


def test_f18_chunks_are_functions_of_seed_and_number():
    data = CaptionSettings(corpus="shapes", batch=6)
    task, again = caption(data), caption(data)
    for number in (0, 7, task.epoch):
        for one, other in zip(task.train(number), again.train(number), strict=True):
            np.testing.assert_array_equal(one, other)
    assert (task.train(1).seen != task.train(0).seen).any()
    assert (caption(data, 1).train(0).seen != task.train(0).seen).any()
    kept = caption(data, codec=task.codec)
    assert kept.codec is task.codec


def test_pictures_are_moved_onto_white():
    image = np.zeros((1, 5, 4, 3), np.uint8)
    found = np.concatenate([moved(image, np.random.default_rng(n), 2) for n in range(40)])
    white = (found == 255).all(3)
    assert found.shape == (40, 5, 4, 3) and white[:, 2:3, :].all(2).sum() == 0
    assert len({one.tobytes() for one in white}) > 15  # of 25
    np.testing.assert_array_equal(moved(image, np.random.default_rng(0), 0), image)


def test_words_come_back_and_what_is_too_long_has_no_end():
    assert CODEC.text(CODEC.written("red cat")) == "red cat"
    assert CODEC.end in CODEC.written("a red cat") and CODEC.end not in CODEC.written("a a a a a")
    assert CODEC.table(["a", "a red cat"]).shape == (4, 2)
    assert codec_from_json(json.loads(json.dumps(codec_to_json(CODEC)))) == CODEC
    with pytest.raises(ValueError, match=r"shape should be \(F, H, W, C\), C 1 or 3, got \(8, 8\)"):
        CaptionCodec(CODEC.tokens, 3, (8, 8))


def test_unknown_words_and_rows_without_words_count_for_nothing():
    network, params = small()
    loss_of = jax.jit(lambda chunk: network.loss(params, chunk, None))
    score_of = jax.jit(lambda chunk: network.score(params, chunk))
    chunk = chunk_of(["a red cat", "a blue dog"])
    total, count = loss_of(chunk)
    assert int(count) == 7  # blue is unknown, the ends are not
    alone = [Captions(chunk.seen[:, n : n + 1], chunk.words[:, n : n + 1]) for n in range(2)]
    parts = sum(float(loss_of(one)[0]) for one in alone)
    np.testing.assert_allclose(total, parts, rtol=1e-5)
    wide = Captions(np.pad(chunk.seen, [(0, 0), (0, 3), *3 * [(0, 0)]]),
                    np.pad(chunk.words, ((0, 2), (0, 3))))  # fmt: skip
    for measure in (loss_of, score_of):
        one, other = measure(chunk), measure(wide)
        np.testing.assert_allclose(one[0], other[0], rtol=1e-5)
        assert int(one[1]) == int(other[1])
    logits = network.logits(params, chunk, None)
    assert float(counted_losses(logits[0], chunk.words)[0][1, 1]) == 0


def test_the_blind_writer_sees_nothing_and_learns_alone():
    network, params = small()
    one, other = chunk_of(["a dog", "a cat"], 0), chunk_of(["a dog", "a cat"], 1)
    first, second = (network.logits(params, chunk, None) for chunk in (one, other))
    assert (first[0] != second[0]).any()
    np.testing.assert_array_equal(first[1], second[1])
    gradient = jax.jit(jax.grad(lambda params, chunk: network.loss(params, chunk, None)[0]))
    changed = params._replace(seeing=jax.tree.map(lambda leaf: 2 * leaf, params.seeing))
    for a, b in zip(*(jax.tree.leaves(gradient(p, one).blind) for p in (params, changed)),
                    strict=True):  # fmt: skip
        np.testing.assert_array_equal(a, b)


def test_what_is_written_greedily_is_what_the_logits_say():
    network, params = small()
    seen = chunk_of(["a dog"] * 3).seen
    ids = np.zeros((CODEC.most, 3), np.int32)
    for place in range(CODEC.most):
        logits = np.array(network.logits(params, Captions(seen, ids), None)[0][place])
        logits[:, list(CODEC.never)] = -np.inf
        ids[place] = logits.argmax(-1)
    assert network.described(params, seen, 1) == [CODEC.text(column) for column in ids.T]


def test_dropout_needs_a_key_and_parts_have_one_shape():
    network, params = small(dropout=0.5)
    chunk = chunk_of(["a red cat"] * 4)
    keys = (None, jax.random.key(0), jax.random.key(0), jax.random.key(1))
    losses = [float(network.loss(params, chunk, key)[0]) for key in keys]
    assert losses[1] == losses[2] != losses[3] and losses[0] not in losses[1:]
    parts = list(in_parts(np.zeros((1, 230, 2))))
    assert [real for _, real in parts] == [100, 100, 30]
    assert {part.shape for part, _ in parts} == {(1, 100, 2)}


def test_all_held_out_pictures_come_once():
    task = caption(CaptionSettings(corpus="shapes"))
    pictures = PICTURES["shapes"]()
    chunks = _chunks(task.codec, pictures, np.arange(130))
    real = [(chunk.words[0] > 0).sum() for chunk in chunks]
    assert real == [100, 30] and chunks[1].seen.shape == (1, 100, 16, 16, 3)


def test_e69_files_of_pictures(tmp_path):
    from matplotlib.image import imsave

    network, params = small()
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    names = [str(tmp_path / name) for name in ("a.npy", "b.npy", "c.png", "d.npy")]
    np.save(names[0], picture)
    np.save(names[1], picture.repeat(2, 0).repeat(2, 1).astype(np.float32) / 255)
    imsave(names[2], picture)
    np.save(names[3], picture[None])
    for found in CODEC.inputs("\n".join(names)):
        np.testing.assert_array_equal(found, picture[None])
    lines = list(network.predict(params, "\n".join([*names, "", " "])))
    assert len(lines) == 4 and len(set(lines)) == 1
    imsave(names[2], np.zeros((8, 8, 4), np.uint8))  # see-through: white
    assert CODEC.inputs(names[2])[0].min() == 255
    np.save(names[0], np.zeros((9, 8), np.uint8))
    with pytest.raises(ValueError, match=r"a\.npy: expected a picture \[H=8, W=8, C=3\].*\[9, 8\]"):
        CODEC.inputs(names[0])
    np.save(names[0], np.full((8, 8), 7.0))
    with pytest.raises(ValueError, match="numbers from 0 to 1"):
        CODEC.inputs(names[0])
    (tmp_path / "c.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"c\.png: no picture could be read"):
        CODEC.inputs(names[2])
    with pytest.raises(FileNotFoundError):
        CODEC.inputs(str(tmp_path / "none.npy"))
    with pytest.raises(ValueError, match="expected lines that name a file"):
        list(network.predict(params, " \n"))


def test_e69_wrong_settings_and_missing_data_are_named():
    with pytest.raises(ValueError, match=r"data\.corpus: .*Did you mean 'shapes'"):
        CaptionSettings(corpus="shape")
    with pytest.raises(ValueError, match=r"data\.least: expected 1 or more"):
        CaptionSettings(least=0)
    with pytest.raises(ValueError, match="embedding must be greater than zero"):
        CaptionNetwork(CaptionModelSettings("gru", 4), CODEC)
    with pytest.raises(FileNotFoundError, match="load_emojione.*is not at hand"):
        caption(CaptionSettings())


@pytest.mark.skipif(not (REAL / "emojione_captions").is_dir(), reason="the data are not there")
def test_emoji_are_split_by_family(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(REAL))
    pictures = PICTURES["emojione"]()
    assert sum(map(len, pictures.split)) == 1820 and min(map(len, pictures.split)) > 90
    seen = [{pictures.images[place].tobytes() for place in part} for part in pictures.split]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    plain = [{pictures.names[p].split(" tone")[0] for p in part} for part in pictures.split]
    assert not plain[0] & plain[2]


def test_a_quick_run_beats_who_sees_nothing_and_describes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "caption", "--preset", "quick", "--out", "whole"]) == 0
    said = capsys.readouterr().out
    assert "test BLEU" in said and "the decoder that sees no picture" in said
    found = json.loads((tmp_path / "whole/result.json").read_text())["findings"]
    likelihood = found[0]
    assert likelihood["value"] > likelihood["baselines"]["the decoder that sees no picture"]
    assert (tmp_path / "whole/picture.svg").read_text(encoding="utf-8").count("<svg") == 1
    assert " | " in (tmp_path / "whole/predictions.txt").read_text(encoding="utf-8")
    np.save("cross.npy", PICTURES["shapes"]().images[0])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"cross.npy\n")))
    capsys.readouterr()
    assert main(["predict", "--run", "whole"]) == 0
    assert capsys.readouterr().out.startswith("a ")
