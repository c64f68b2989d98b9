"""Write `torch_rnn.npz`: what torch computes for every case of `torch_cases.py`.

Run by hand, with torch==2.13.0, from anywhere:

    python tests/golden/make_torch.py

The file then says which torch made it. `tests/interop/test_torch_live.py` computes the same numbers
again wherever torch is installed, so the file can't go stale. Lengths go in as packed sequences.
"""

import numpy as np
import torch_cases as cases


def make_module(case: cases.Case, dropout: float = 0.0):
    """The torch module of a case, in float64, with the weights of the case."""
    import torch  # here, because the file is also imported where there is no torch

    options = {"num_layers": case.layers, "bidirectional": case.bidirectional, "bias": case.bias}
    options |= {"dropout": dropout, "dtype": torch.float64}
    if case.kind.startswith("rnn"):
        module = torch.nn.RNN(cases.D, cases.H, nonlinearity=case.kind[4:], **options)
    elif case.kind == "lstm":
        module = torch.nn.LSTM(cases.D, cases.H, proj_size=case.proj, **options)
    else:
        module = torch.nn.GRU(cases.D, cases.H, **options)
    weights = {name: torch.from_numpy(w) for name, w in cases.weights(case).items()}
    module.load_state_dict(weights)
    return module


def run_module(case: cases.Case, module, inputs: dict) -> dict:
    """The results of a module, tensors under the names of `result_shapes`."""
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    xs, state = inputs["xs"], inputs["h0"]
    if case.kind == "lstm":
        state = (state, inputs["c0"])
    if case.ragged:
        xs = pack_padded_sequence(xs, cases.LENGTHS, enforce_sorted=False)
    output, state = module(xs, state)
    if case.ragged:
        output, _ = pad_packed_sequence(output, total_length=cases.T)
    if case.kind == "lstm":
        return {"output": output, "h_n": state[0], "c_n": state[1]}
    return {"output": output, "h_n": state}


def compute(case: cases.Case) -> dict[str, np.ndarray]:
    """Results and every gradient of one case."""
    import torch

    module = make_module(case)
    given = {name: torch.from_numpy(a).requires_grad_() for name, a in cases.inputs(case).items()}
    results = run_module(case, module, given)
    dresults = {name: torch.from_numpy(a) for name, a in cases.cotangents(case).items()}
    sum((results[name] * dresults[name]).sum() for name in results).backward()
    tensors = results | {
        f"grad {name}": leaf.grad
        for name, leaf in (given | dict(module.named_parameters())).items()
    }
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


def main() -> None:
    import torch

    packed = {case.id: cases.pack(case, compute(case)) for case in cases.grid()}
    np.savez_compressed(cases.GOLDEN, torch_version=torch.__version__.split("+")[0], **packed)
    print(f"{cases.GOLDEN.name}: {len(packed)} cases, {cases.GOLDEN.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
