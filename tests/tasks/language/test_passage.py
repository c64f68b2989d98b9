"""A passage as a language model sees it."""

import itertools
import re
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.data import Words
from jaxrnn.drivers import scan
from jaxrnn.tasks.codecs import CharacterCodec
from jaxrnn.tasks.language.passage import passage_files, surprise_picture
from jaxrnn.tasks.language.token_codecs import TokenCodec
from jaxrnn.tasks.language.writing import written_on
from jaxrnn.tasks.model import ModelSettings, make_model

CODECS = {
    "characters": (CharacterCodec("\n $abc"), {}),
    "words": (TokenCodec(Words.fit(["the cat sat on the mat"])), {"embedding": 3}),
}


@pytest.fixture(params=CODECS, scope="module")
def made(request):
    codec, more = CODECS[request.param]
    model = make_model(
        ModelSettings("gru", 7, **more), input_size=codec.input_size, output_size=codec.output_size
    )
    ids = np.random.default_rng(0).integers(codec.input_size, size=30)
    return codec, model, model.init(jax.random.key(2)), ids


def test_each_token_has_the_probability_that_the_model_gave_it(made):
    codec, model, params, ids = made
    found = passage_files(model, params, codec, ids)
    lines = found["predictions.txt"].splitlines()
    state, expected = None, []
    for before, own in itertools.pairwise(ids):  # one step at a time
        x = jnp.asarray(codec.next_input(np.array([before])))
        state, ys = scan(model.cell, params.cell, state, x)
        expected.append(float(jax.nn.softmax(model.output.apply(params.head, ys[0]))[own]))
    said = [float(line[16:].split()[0]) for line in lines[1:30]]
    np.testing.assert_allclose(said, expected, atol=6e-4)
    assert [line for line in lines if line.startswith("#")][1:] == [
        f"# written on, temperature {temperature}" for temperature in ("0.5", "0.8", "1")
    ]


def test_writing_goes_on_from_the_state_of_the_prompt(made):
    codec, model, params, ids = made
    xs = np.asarray(codec.next_input(ids))
    whole = written_on(model, params, codec, xs, 6, temperature=0)
    assert whole == written_on(model, params, codec, xs, 6, temperature=0, seed=9)
    ys = scan(model.cell, params.cell, None, jnp.asarray(xs))[1]
    logits = np.array(model.output.apply(params.head, ys[-1]))
    logits[list(codec.never)] = -np.inf
    assert whole.startswith(codec.text(logits.argmax()[None]))


def test_the_picture_is_darker_where_less_was_expected():
    picture = surprise_picture(["a", "b", "c"], np.array([0.0, 1.0, 9.0]))
    grounds = re.findall(r'clip-path="url\(#\w+\)" style="fill: #(\w{6})"/>', picture)[-3:]
    lightness = [sum(bytes.fromhex(one)) for one in grounds]
    assert len(lightness) == 3 and lightness[0] > lightness[1] > lightness[2]


@pytest.mark.filterwarnings("error")
def test_any_text_is_shown():
    tokens = ["\n", "\t", "$x$", "\x0c", "\u0915", "\u6587", "word " * 30]
    picture = surprise_picture(tokens, np.arange(7.0))
    assert ElementTree.fromstring(picture).tag.endswith("svg")
