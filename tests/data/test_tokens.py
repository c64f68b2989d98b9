"""Text to ids and back: characters, words, subwords; ids that stand for nothing (E70)."""

import gzip
import json
import pickle
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxrnn.data.buckets import pad_to_bucket
from jaxrnn.data.text import python_documentation
from jaxrnn.data.tokenisers import (
    PAD,
    UNKNOWN,
    Characters,
    Normaliser,
    Subwords,
    Tokeniser,
    Words,
    check_ids,
    tokeniser_from_json,
)
from tests.data.samples import SHARED

TEXTS = ["The cat sat on the mat.", "the dog, the Cat!", "na\u00efve caf\u00e9 \ud55c\uad6d\uc5b4"]
MADE = (
    Characters.fit(TEXTS),
    Characters.fit(TEXTS, Normaliser("NFKC", lower=True)),
    Words.fit(TEXTS, Normaliser(lower=True)),
    Words.fit(TEXTS, pattern=r"\S+", min_count=2),
    Subwords.fit(TEXTS * 9, size=290),
    Subwords.fit(TEXTS * 9, Normaliser("NFKC"), size=270, model="unigram"),
)
every_tokeniser = pytest.mark.parametrize(
    "tokens", MADE, ids=lambda tokens: f"{type(tokens).__name__}-{len(tokens)}"
)


@every_tokeniser
def test_ids_are_int32_inside_and_never_padding(tokens):
    for text in (*TEXTS, "", "\u2603 unseen <pad> <unk>\n\x00"):
        ids = tokens.encode(text)
        assert ids.dtype == np.int32 and ids.ndim == 1
        assert check_ids(ids, len(tokens)) is not None and (ids != PAD).all()
    assert tokens.encode("").size == 0 and tokens.decode([]) == ""


@every_tokeniser
def test_padding_disappears_when_decoded(tokens):
    ids = [tokens.encode(text) for text in TEXTS]
    xs = pad_to_bucket(ids, [64])[0]
    for row, one in enumerate(ids):
        assert tokens.decode(xs[:, row]) == tokens.decode(one)


@every_tokeniser
def test_the_vocabulary_comes_back_from_json(tokens):
    again = tokeniser_from_json(json.loads(json.dumps(tokens.to_json(), allow_nan=False)))
    assert again == tokens and hash(again) == hash(tokens) and isinstance(again, Tokeniser)
    assert len(again) == len(tokens)
    for text in (*TEXTS, "a new \u2603 text"):
        np.testing.assert_array_equal(again.encode(text), tokens.encode(text))
    assert pickle.loads(pickle.dumps(tokens)) == tokens


@every_tokeniser
def test_e70_ids_outside_are_not_decoded(tokens):
    for wrong in (-1, len(tokens), 2**31, 2**40, 2**70):
        with pytest.raises(ValueError, match=rf"decode: ids\[1\] is {wrong}, expected 0 to"):
            tokens.decode([2, wrong])


def test_characters():
    tokens = Characters.fit(["ba", "cab"])
    assert tokens.symbols == ("a", "b", "c") and len(tokens) == 5
    assert tokens.encode("cabx").tolist() == [4, 2, 3, UNKNOWN]
    assert tokens.decode([4, 2, 3, UNKNOWN, PAD]) == "cab\ufffd"


def test_words():
    tokens = Words.fit(["b a b", "a b c, c d"])
    assert tokens.symbols == ("b", "a", "c", ",", "d")  # by count, then in Unicode's order
    assert Words.fit(["b a b", "a b c, c d"], min_count=2).symbols == ("b", "a", "c")
    assert Words.fit(["b a b", "a b c, c d"], max_size=4).symbols == ("b", "a")
    assert tokens.encode("d e,a").tolist() == [6, UNKNOWN, 5, 3]
    assert tokens.decode(tokens.encode("d e,a")) == "d \ufffd , a"
    assert Words.fit(["ab12"], pattern=r"[a-z]|\d+").encode("b12a").tolist() == [4, 2, 3]


@pytest.mark.parametrize("model", ["bpe", "unigram"])
def test_subwords_are_shorter_and_spell_whatever_is_new(model):
    text = python_documentation()[:20_000]
    tokens = Subwords.fit(text.splitlines(), size=500, model=model)
    assert 400 < len(tokens) <= 500
    assert len(tokens.encode(text)) < 0.6 * len(text)
    for new in ("\u2603 \ud55c  two\n\ttabs ", "<pad><unk>", " lead"):
        assert tokens.decode(tokens.encode(new)) == new
        assert (tokens.encode(new) > UNKNOWN).all()


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_what_is_known_round_trips(text):
    for normaliser in (Normaliser(), Normaliser("NFKC", lower=True)):
        tokens = Characters.fit([text], normaliser)
        assert tokens.decode(tokens.encode(text)) == normaliser(text)
    assert MADE[4].decode(MADE[4].encode(text)) == Normaliser()(text)


def test_normal_forms():
    assert Normaliser()("e\u0301 \ufb01") == "\u00e9 \ufb01"
    assert Normaliser("NFKC")("\uff21\ufb01") == "Afi"
    assert Normaliser(lower=True)("\u0130I") == "i\u0307i"  # two characters, as Unicode says
    # one word, however it was typed
    tokens = Characters.fit(["caf\u00e9"])
    np.testing.assert_array_equal(tokens.encode("cafe\u0301"), tokens.encode("caf\u00e9"))


@pytest.mark.parametrize(
    ("ids", "place", "value"),
    [
        ([0, 1, 5], "2", 5),
        ([[0, 1], [-1, 2]], "1, 0", -1),
        (np.array([2**31], np.int64), "0", 2**31),
        (np.array([4, 2**32 + 1], np.uint64), "1", 2**32 + 1),
        ([1, 2**70], "1", 2**70),
        (np.array(-(2**40)), "", -(2**40)),
        (np.array([255], np.uint8), "0", 255),
    ],
)
def test_e70_an_id_outside_is_named_on_the_host(ids, place, value):
    with pytest.raises(ValueError, match=rf"check_ids: ids\[{place}\] is {value}, expected 0 to 4"):
        check_ids(ids, 5)


def test_e70_good_ids_become_int32():
    for ids in ([[0, 4]], np.array([[0, 4]], np.uint8), np.array([[0, 4]]), jnp.array([[0, 4]])):
        checked = check_ids(ids, 5)
        assert checked.dtype == np.int32 and checked.tolist() == [[0, 4]]
    assert check_ids([], 5).shape == (0,)
    for wrong in ([1.0], ["1"], [None], [True]):
        with pytest.raises(TypeError, match="check_ids: ids should be integers"):
            check_ids(wrong, 5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Characters(("ab",)), ValueError, "'ab' is not one character"),
        (lambda: Characters(("a", "a")), ValueError, "got 'a' twice"),
        (lambda: Words(("",)), ValueError, "different and not empty, got ''"),
        (lambda: Words("ab"), TypeError, "a tuple of strings"),
        (lambda: Words((1,)), TypeError, "a tuple of strings"),
        (lambda: Words((), pattern="("), ValueError, r"'\(' is no regular expression"),
        (lambda: Words.fit("one text"), TypeError, r"Words.fit: .* pass \[text\]"),
        (lambda: Words.fit([], min_count=0), ValueError, "min_count must be greater"),
        (lambda: Words.fit([], max_size=2), ValueError, "max_size should be above 2"),
        (lambda: Characters.fit("one"), TypeError, "Characters.fit: texts should be a list"),
        (lambda: Subwords.fit("one"), TypeError, "Subwords.fit: texts should be a list"),
        (lambda: Subwords.fit([], size=258), ValueError, "size should be above 258"),
        (lambda: Subwords.fit([], model="bpf"), ValueError, "Did you mean 'bpe'"),
        (lambda: Subwords("{"), ValueError, "not what the tokenizers library writes"),
        (lambda: Subwords(b"{}"), TypeError, "content should be the JSON text"),
        (lambda: MADE[4].encode("a\ud800"), ValueError, r"text\[1\] is '\\ud800', half a surr"),
        (lambda: Normaliser("NFKD"), ValueError, "form should be one of NFC, NFKC.*Did you mean"),
        (lambda: Normaliser(lower=1), TypeError, "lower should be of type bool"),
    ],
)
def test_bad_tokenisers(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_library_file_without_our_ids_is_refused():
    content = json.loads(MADE[4].content)
    content["added_tokens"], content["model"]["vocab"] = [], {"a": 0, "b": 1}
    content["model"]["merges"] = []
    with pytest.raises(ValueError, match=r"<pad> the number 0 and <unk> the number 1, got \[None"):
        Subwords(json.dumps(content))


NORMAL = {"form": "NFC", "lower": False}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "expected a mapping with a type of Characters, Subwords, Words, got None"),
        ({"type": "Wordz"}, "Did you mean 'Words'"),
        ({"type": ["Words"]}, "got \\['Words'\\]"),
        ({"type": "Characters", "symbols": []}, r"Characters: missing \['normaliser'\]"),
        ({"type": "Characters", "symbols": [], "normaliser": NORMAL, "x": 1}, r"unknown \['x'\]"),
        ({"type": "Characters", "symbols": 3, "normaliser": NORMAL}, "tokeniser_from_json: "),
        ({"type": "Characters", "symbols": [["a"]], "normaliser": NORMAL}, "tuple of strings"),
        ({"type": "Characters", "symbols": [], "normaliser": {}}, "a mapping with form and lower"),
        ({"type": "Characters", "symbols": [], "normaliser": {"form": [], "lower": False}}, "form"),
        ({"type": "Subwords", "content": 3, "normaliser": NORMAL}, "content should be the JSON"),
    ],
)
def test_bad_json(data, message):
    with pytest.raises(ValueError, match=message):
        tokeniser_from_json(data)


def test_the_library_is_not_imported_before_it_is_needed():
    code = (
        "import sys\nfrom jaxrnn.data.tokenisers import Characters\nCharacters.fit(['a'])\n"
        "print('tokenizers' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_korean_text():
    path = SHARED / "korean_english" / "jhe-koen-dev.ko.gz"
    lines = ["\ub098\ub294 \ud559\uad50\uc5d0 \uac04\ub2e4."] * 50  # where the real ones are not
    if path.is_file():
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    tokens = Subwords.fit(lines, size=600)
    for line in lines[:50]:
        assert tokens.decode(tokens.encode(line)) == Normaliser()(line)
