"""The alias table holds the rates exactly, and draws follow it."""

import jax
import numpy as np
import pytest

from jaxrnn.embeddings import alias_table, draw, noise_rates

RATES = noise_rates([500, 200, 77, 13, 5, 1, 1])


def held(table):
    """Return the rates that the cells of a table add up to."""
    accept, other = (np.asarray(part, np.float64) for part in table)
    rates = accept.copy()
    np.add.at(rates, other.astype(int), 1 - accept)
    return rates / len(rates)


@pytest.mark.parametrize(
    "rates", [RATES, np.full(5, 0.2), np.array([1.0]), np.array([0, 0.9, 0.1])]
)
def test_the_table_holds_the_rates(rates):
    np.testing.assert_allclose(held(alias_table(rates)), rates, atol=1e-7)


def test_draws_follow_the_rates():
    count = 100_000
    draws = np.asarray(draw(alias_table(RATES), jax.random.key(0), (count,)))
    seen = np.bincount(draws, minlength=len(RATES)) / count
    assert (abs(seen - RATES) < 5 * np.sqrt(RATES * (1 - RATES) / count)).all()


def test_e52_same_key_same_words():
    one, again, other = (draw(alias_table(RATES), jax.random.key(k), (50,)) for k in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize("rates", [[0.5, 0.6], [1.5, -0.5], [[1.0]], []])
def test_what_are_no_rates_is_refused(rates):
    with pytest.raises(ValueError, match="alias_table: rates should be probabilities"):
        alias_table(np.array(rates))
