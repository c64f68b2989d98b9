"""The loops over a method name the argument that is wrong."""

import jax
import jax.numpy as jnp
import optax
import pytest

from jaxrnn import GRU
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, lag_profile, online, tbptt

CELL = GRU(4)
PROBLEM = Problem(CELL, lambda head, ys, targets: jnp.square(ys - targets).sum(-1))
PARAMS = Params(CELL.init(jax.random.key(0), 3), None)
CHUNK = Chunk(jnp.ones((6, 2, 3)), jnp.zeros((6, 2, 4)))
STATE = CELL.init_state(PARAMS.cell, 2)
SGD = optax.sgd(0.1)


def summed(method=bptt(), problem=PROBLEM, params=PARAMS, state=None, chunk=CHUNK):  # noqa: B008
    return accumulate(method, problem, params, state, chunk)


def stepped(method=tbptt(2), memory=None, opt_state=None):  # noqa: B008
    memory = method.init(PROBLEM, PARAMS, STATE, CHUNK) if memory is None else memory
    opt_state = SGD.init(PARAMS) if opt_state is None else opt_state
    return online(method, PROBLEM, SGD, PARAMS, opt_state, memory, CHUNK)


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda: Problem(GRU, lambda *_: 0), TypeError, "Problem: cell should be a Cell"),
        (lambda: Problem(CELL, None), TypeError, "Problem: loss should be a function"),
        (lambda: summed(method=tbptt), TypeError, "accumulate: method .* got the class tbptt"),
        (lambda: summed(method="bptt"), TypeError, "accumulate: method .* got 'bptt'"),
        (lambda: summed(problem=CELL), TypeError, "accumulate: problem should be a Problem"),
        (lambda: summed(params=PARAMS.cell), TypeError,
         r"accumulate: params should be Params\(cell, head\), got GRUParams"),
        (lambda: summed(params=tuple(PARAMS)), TypeError, r"should be Params\(cell, head\), got"),
        (lambda: summed(chunk=CHUNK.xs), TypeError, "accumulate: chunk should be a Chunk"),
        (lambda: summed(chunk=CHUNK._replace(xs=[1.0])), TypeError,
         "accumulate: xs should be an array"),
        (lambda: summed(chunk=CHUNK._replace(targets=0.0)), ValueError,
         r"accumulate: chunk.targets should have the leading axes of xs, .* \(6, 2\), got \(\)"),
        (lambda: summed(chunk=CHUNK._replace(targets={"a": jnp.zeros((5, 2))})), ValueError,
         r"chunk.targets\['a'\] should have .* got \(5, 2\)"),
        (lambda: summed(chunk=CHUNK._replace(weights=jnp.ones(6))), ValueError,
         r"accumulate: chunk.weights should have .* got \(6,\)"),
        (lambda: summed(chunk=CHUNK._replace(mask=jnp.ones((6, 2)))), TypeError,
         "accumulate: mask should be bool"),
        (lambda: summed(chunk=CHUNK._replace(resets=jnp.ones((5, 2), bool))), ValueError,
         "accumulate: resets should have shape"),
        (lambda: summed(state=GRU(3).init_state(GRU(3).init(jax.random.key(0), 3), 2)), ValueError,
         "accumulate: state.h: Expected hidden size"),
        (lambda: summed(params=Params(GRU(3).init(jax.random.key(0), 3), None)), ValueError,
         "accumulate: params.w_x: expected"),
        (lambda: stepped(memory=STATE), TypeError, "online: memory should be what tbptt"),
        (lambda: stepped(memory=bptt().init(PROBLEM, PARAMS, STATE, CHUNK), method=tbptt(2, 4)),
         TypeError, r"online: memory: expected TBPTTMemory\(.*got BPTTMemory.*tbptt\(k1=2, k2=4\)"),
        (lambda: stepped(memory=tbptt(2, 6).init(PROBLEM, PARAMS, STATE, CHUNK),
                         method=tbptt(2, 4)),
         ValueError, r"online: memory.past.xs: expected \(2, 2, 3\), got \[4, 2, 3\]"),
        (lambda: accumulate(bptt(), PROBLEM, PARAMS, None, CHUNK, key=3), TypeError,
         "accumulate: key: expected one key"),
        (lambda: stepped(opt_state=optax.adam(0.1).init(PARAMS)), TypeError,
         "online: opt_state: expected .* Start from optimizer.init"),
        (lambda: lag_profile(PROBLEM, PARAMS.cell, None, CHUNK), TypeError,
         "lag_profile: params should be Params"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(run, error, text):
    with pytest.raises(error, match=text):
        run()
