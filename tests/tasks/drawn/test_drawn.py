"""Tasks that are drawn from a definition: layouts, targets by a slow loop, baselines."""

import chex
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.tasks import TASKS, adding, copy_memory, delayed_recall, temporal_order

DRAWN = (adding, copy_memory, delayed_recall, temporal_order)


def columns(chunk):
    """Yield (symbols, targets, weights) of each sequence, as lists."""
    symbols = np.asarray(chunk.xs.argmax(-1))
    weights = np.ones(symbols.shape) if chunk.weights is None else np.asarray(chunk.weights)
    for b in range(symbols.shape[1]):
        yield symbols[:, b].tolist(), np.asarray(chunk.targets)[:, b].tolist(), weights[:, b]


@pytest.mark.parametrize("steps", [2, 7, 100])
def test_adding_against_a_slow_loop(steps):
    chunk = adding(steps=steps, batch=40).train(3)
    values, marks = np.asarray(chunk.xs[..., 0]), np.asarray(chunk.xs[..., 1])
    assert ((values >= 0) & (values < 1)).all()
    firsts = set()
    for b in range(40):
        first, second = np.flatnonzero(marks[:, b])
        assert first < steps // 2 <= second
        assert marks[first, b] == marks[second, b] == 1
        assert chunk.targets[-1, b, 0] == values[first, b] + values[second, b]
        firsts.add(int(first))
    assert len(firsts) > 1 or steps < 4
    assert chunk.weights[-1].tolist() == [1] * 40 and not chunk.weights[:-1].any()


@pytest.mark.parametrize("steps", [21, 30])
def test_copy_memory_against_a_slow_loop(steps):
    for symbols, targets, weights in columns(copy_memory(steps=steps, batch=5).train(1)):
        assert max(symbols[:10]) < 8
        assert symbols[10:] == [8] * (steps - 21) + [9] + [8] * 10
        assert targets == [8] * (steps - 10) + symbols[:10]
        assert (weights == 1).all()


def test_copy_memory_scores_the_symbols_alone():
    task = copy_memory(steps=24, batch=4)
    (chunk, *_) = task.evaluation
    blank = jnp.zeros((*chunk.targets.shape, 9)).at[..., 8].set(1)
    assert task.score(blank, chunk.targets).mean().item() == 0
    right = jnp.eye(9)[chunk.targets]
    assert task.score(right, chunk.targets).mean().item() == pytest.approx(1, rel=1e-5)
    half = jnp.where((jnp.arange(24) < 19)[:, None, None], right, blank)
    assert task.score(half, chunk.targets).mean().item() == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("lag", [1, 3, 16])
def test_delayed_recall_against_a_slow_loop(lag):
    for symbols, targets, weights in columns(delayed_recall(batch=5, lag=lag).train(1)):
        assert len(symbols) == 4 * lag
        for t in range(4 * lag):
            assert weights[t] == (t >= lag)
            assert t < lag or targets[t] == symbols[t - lag]


@pytest.mark.parametrize("steps", [11, 110])
def test_temporal_order_against_a_slow_loop(steps):
    part = steps // 11
    seen = set()
    chunk = temporal_order(steps=steps, batch=200).train(1)
    for b, (symbols, targets, weights) in enumerate(columns(chunk)):
        last = symbols.index(7)
        length = last + 1
        assert 10 * part <= length <= steps
        assert np.asarray(chunk.mask)[:, b].tolist() == [t < length for t in range(steps)]
        assert np.flatnonzero(weights).tolist() == [last]
        first, second = (t for t in range(length) if symbols[t] in (4, 5))
        assert part <= first <= 2 * part and 5 * part <= second <= 6 * part
        assert symbols[0] == 6
        others = set(range(1, last)) - {first, second}
        assert all(symbols[t] < 4 for t in others)
        pair = (symbols[first], symbols[second])
        assert targets[last] == [(4, 4), (4, 5), (5, 4), (5, 5)].index(pair)
        seen.add((first, second, length, pair))
    for place, values in ((0, part + 1), (1, part + 1), (2, part + 1), (3, 4)):
        assert len({s[place] for s in seen}) == values  # every value is drawn


def mean_loss(task, outputs):
    """Return the mean loss over the counted steps of the evaluation chunks."""
    total = count = 0.0
    for chunk in task.evaluation:
        shape = chunk.xs.shape[:2]
        weights = np.ones(shape) if chunk.weights is None else np.asarray(chunk.weights, float)
        wide = jnp.broadcast_to(outputs(chunk), (*shape, task.output_size))
        total += float((np.asarray(task.loss(wide, chunk.targets)) * weights).sum())
        count += weights.sum()
    return total / count


def test_the_baselines_are_those_of_answers_that_look_at_nothing():
    task = adding(steps=10)
    # 1000 squared errors of a mean 1/6 and a standard deviation 0.2
    assert mean_loss(task, lambda chunk: jnp.ones(1)) == pytest.approx(1 / 6, abs=0.02)
    assert task.baseline == pytest.approx(1 / 6)
    for task, value in ((delayed_recall(steps=20), np.log(8)), (temporal_order(), np.log(4))):
        uniform = mean_loss(task, lambda chunk, task=task: jnp.zeros(task.output_size))
        assert uniform == pytest.approx(value, rel=1e-4)
        assert task.baseline == pytest.approx(value)

    def silent(chunk):  # surely blank, then any of the 8
        answering = (jnp.arange(120) >= 110)[:, None, None]
        return jnp.where(answering, jnp.zeros(9).at[8].set(-100), jnp.zeros(9).at[8].set(100))

    assert mean_loss(copy_memory(), silent) == pytest.approx(0.1733, abs=1e-4)
    assert copy_memory().baseline == pytest.approx(10 * np.log(8) / 120)


def test_classes_are_about_even():
    classes = np.concatenate([np.asarray(c.targets[-1]) for c in temporal_order().evaluation])
    # 1000 draws of 4 classes: a standard deviation of 14
    assert abs(np.bincount(classes, minlength=4) - 250).max() < 60


@pytest.mark.parametrize("build", DRAWN)
def test_what_judges_never_trains(build):
    task = build()
    assert sum(chunk.xs.shape[1] for chunk in task.evaluation) == 1000
    first, second, *_ = task.evaluation
    assert (first.xs != second.xs).any()
    chex.assert_trees_all_equal(first, build(seed=5).evaluation[0])
    judges = {np.asarray(first.xs[:, b]).tobytes() for b in range(250)}
    chunk = task.train(0)
    assert not judges & {np.asarray(chunk.xs[:, b]).tobytes() for b in range(task.batch)}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("adding", {"steps": 1}, "adding: steps should be at least 2, got 1"),
        ("copy_memory", {"steps": 20}, "copy_memory: steps should be at least 21, got 20"),
        ("delayed_recall", {"steps": 16}, "steps should be at least 17, got 16: the symbol of 16"),
        ("temporal_order", {"steps": 100}, "temporal_order: steps should be a multiple of 11"),
        ("adding", {"batch": 0}, "adding: batch"),
        ("delayed_recall", {"lag": 0}, "delayed_recall: lag"),
    ],
)
def test_numbers_that_do_not_fit(name, options, words):
    with pytest.raises(ValueError, match=words):
        TASKS[name](**options)
