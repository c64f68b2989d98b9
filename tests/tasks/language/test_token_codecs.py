"""Text as ids of tokens, and the vocabulary as a part of what is saved."""

import json

import numpy as np
import pytest

from jaxrnn.data.tokenisers import Characters, Normaliser, Subwords, Words
from jaxrnn.tasks.codecs import LabelCodec, TokenCodec, codec_from_json, codec_to_json

TEXT = ["The cat sat on the mat.\nThe dog sat, too.\n" * 3]
TOKENS = [
    Words.fit(TEXT, Normaliser(lower=True), pattern=r"\w+|[^\w\s]|\n"),
    Characters.fit(TEXT),
    Subwords.fit(TEXT, size=265),
    Subwords.fit(TEXT, Normaliser("NFKC"), size=265, model="unigram"),
]


@pytest.mark.parametrize("tokens", TOKENS, ids=lambda tokens: type(tokens).__name__)
@pytest.mark.parametrize("make", [TokenCodec, lambda tokens: LabelCodec(tokens, ("no", "yes"))])
def test_f18_a_codec_with_its_vocabulary_comes_back_from_json(tokens, make):
    codec = make(tokens)
    again = codec_from_json(json.loads(json.dumps(codec_to_json(codec))))
    assert again == codec
    np.testing.assert_array_equal(again.inputs("a dog sat")[0], codec.inputs("a dog sat")[0])


@pytest.mark.parametrize("tokens", TOKENS, ids=lambda tokens: type(tokens).__name__)
def test_what_was_written_stands_behind_the_prompt(tokens):
    codec = TokenCodec(tokens)
    ids = tokens.encode("the dog sat")
    xs = codec.next_input(ids)
    assert xs.shape == (len(ids), 1) and (codec.ids_of(xs) == ids).all()
    assert codec.text(ids).replace("The", "the").split() == ["the", "dog", "sat"]


def test_words_keep_their_lines():
    codec = TokenCodec(TOKENS[0])
    assert codec.text(codec.tokens.encode("the cat.\nThe dog")) == " the cat .\nthe dog"


def test_padding_and_unknown_are_never_an_answer():
    codec = TokenCodec(TOKENS[0])
    logits = np.zeros((2, len(codec.tokens)))
    logits[-1, :2] = 100
    assert "\ufffd" not in codec.answer(logits)


def test_e69_text_without_tokens():
    with pytest.raises(ValueError, match="expected lines of text, got none"):
        TokenCodec(TOKENS[0]).inputs("\n  \n")
