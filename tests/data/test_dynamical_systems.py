"""NARMA10 and Mackey-Glass against slow loops that know nothing of arrays of history."""

import numpy as np
import pytest

from jaxrnn.data import mackey_glass, mackey_glass17, narma, narma10


def test_narma10_keeps_its_equation():
    u, y = narma10(300, seed=3)
    assert u.dtype == y.dtype == np.float64 and u.shape == y.shape == (300,)
    assert 0 <= u.min() < 0.01 and 0.49 < u.max() <= 0.5
    for t in range(10, 300):  # y[t] is y_{t+1}
        last = [y[t - 1 - i] for i in range(10)]  # y_t is the first of the sum
        want = 0.3 * last[0] + 0.05 * last[0] * sum(last) + 1.5 * u[t - 9] * u[t] + 0.1
        assert y[t] == pytest.approx(want, abs=1e-14)


def test_narma10_starts_at_zero(monkeypatch):
    whole = narma10(400, seed=1)
    monkeypatch.setattr(narma, "DROPPED", 0)
    u, y = narma10(500, seed=1)
    np.testing.assert_array_equal(u[100:], whole.u)
    np.testing.assert_array_equal(y[100:], whole.y)
    assert not y[:9].any() and y[9] == 1.5 * u[0] * u[9] + 0.1


def test_narma10_is_drawn_anew_until_it_stays(monkeypatch):
    first = narma10(200)
    np.testing.assert_array_equal(first.u, narma10(200).u)
    assert (first.u != narma10(200, seed=1).u).any()
    limit = float(first.y.max())
    monkeypatch.setattr(narma, "LARGEST", limit)  # the first draw comes this far
    other = narma10(200)
    assert (other.u != first.u).any() and other.y.max() < limit


def slow_mackey_glass(units):
    """Step by step, looking x(t - 17) up by time."""
    times, values, dt = [0.0], [1.2], 0.1

    def at(t):
        return 1.2 if t <= 0 else np.interp(t, times[-180:], values[-180:])

    def slope(x, t):
        old = at(t - 17)
        return 0.2 * old / (1 + old**10) - 0.1 * x

    for step in range(10 * units):
        t, x = step * dt, values[-1]
        k1 = slope(x, t)
        k2 = slope(x + k1 * dt / 2, t + dt / 2)
        k3 = slope(x + k2 * dt / 2, t + dt / 2)
        k4 = slope(x + k3 * dt, t + dt)
        values.append(x + (k1 + 2 * k2 + 2 * k3 + k4) * dt / 6)
        times.append((step + 1) * dt)
    return np.tanh(np.array(values[::10]) - 1)


def test_mackey_glass_is_a_slow_loop(monkeypatch):
    monkeypatch.setattr(mackey_glass, "DROPPED", 20)
    np.testing.assert_allclose(mackey_glass17(80), slow_mackey_glass(99)[20:], atol=1e-12)


def test_mackey_glass_drops_the_way_there():
    series = mackey_glass17(500)
    assert series.dtype == np.float64 and series.shape == (500,)
    np.testing.assert_array_equal(series[:3], mackey_glass17(3))
    # on the attractor: x between 0.4 and 1.4, turning about every 25 units
    assert -0.6 < series.min() < -0.4 and 0.25 < series.max() < 0.4
    turns = np.diff(np.sign(np.diff(series))) != 0
    assert 25 < turns.sum() < 60


@pytest.mark.parametrize("system", [narma10, mackey_glass17])
def test_at_least_one_step(system):
    with pytest.raises(
        ValueError, match=f"{system.__name__}: steps must be greater than zero, got 0"
    ):
        system(0)
