"""The slow, obvious versions: a Python loop over windows, contexts and questions, in float64."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def predict(h, outputs, rows, labels, asked):
    """Return (loss, dloss/dh, {row: dloss/doutput}) of one vector, a question at a time."""
    loss, of_h, of_rows = 0.0, np.zeros_like(h), {}
    for row, label, counts in zip(rows, labels, asked, strict=True):
        if counts:
            score = h @ outputs[row]
            loss -= np.log(sigmoid(score if label else -score))
            slope = sigmoid(score) - label
            of_h += slope * outputs[row]
            of_rows[row] = of_rows.get(row, 0) + slope * h
    return loss, of_h, of_rows


def hidden_of(kind, inputs, contexts):
    """Return pairs of a vector and what a gradient of it does to each context: (word, factor)."""
    if kind == "skip_gram":
        return [(inputs[word], [(word, 1.0)]) for word in contexts]
    if not contexts:
        return []
    share = 1.0 if kind == "cbow_undivided" else 1 / len(contexts)
    return [(inputs[contexts].mean(0), [(word, share) for word in contexts])]


def descend(inputs, outputs, windows, kind, rate, batch=1):
    """Return (inputs, outputs, mean loss) after windows (contexts, rows, labels, asked)."""
    inputs, outputs = inputs.copy(), outputs.copy()
    total, predictions = 0.0, 0
    for first in range(0, len(windows), batch):
        old_in, old_out = inputs.copy(), outputs.copy()
        for contexts, rows, labels, asked in windows[first : first + batch]:
            for h, back in hidden_of(kind, old_in, contexts):
                loss, of_h, of_rows = predict(h, old_out, rows, labels, asked)
                total, predictions = total + loss, predictions + 1
                for word, factor in back:
                    inputs[word] -= rate * factor * of_h
                for row, slope in of_rows.items():
                    outputs[row] -= rate * slope
    return inputs, outputs, total / max(predictions, 1)
