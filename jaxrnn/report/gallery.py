"""The gallery of vanishing and exploding gradients as one page."""

import math
from typing import Any

from jaxrnn.report.page import (
    bullets,
    definitions,
    environment_pairs,
    page,
    paragraph,
    section,
)
from jaxrnn.report.style import as_image, look, new_figure
from jaxrnn.report.words import number

__all__ = ["gallery_page", "gallery_words"]

Record = dict[str, Any]

_WHEEL = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00")
_LOW, _HIGH = 1e-12, 1e6  # what is drawn
_BEFORE, _AFTER = "#999999", {"vanishing": "#009e73", "exploding": "#0072b2"}


def gallery_words(record: Record) -> str:
    """Return in a few words how many networks keep their gradient, and how many cures work.

    Shapes: none.

        >>> record = {"starts": [{"networks": [{"verdict": "survives"}]}],
        ...           "cures": [{"after": {"verdict": "vanishes"}}]}
        >>> gallery_words(record)
        'In 1 of 1 networks the gradient survives; 0 of 1 cures bring it back.'
    """
    networks = [n for family in record["starts"] for n in family["networks"]]
    alive = sum(n["verdict"] == "survives" for n in networks)
    cured = sum(c["after"]["verdict"] == "survives" for c in record["cures"])
    return (
        f"In {alive} of {len(networks)} networks the gradient survives; {cured} of "
        f"{len(record['cures'])} cures bring it back."
    )


def gallery_page(results: Record) -> str:
    """Return the gallery as one HTML text, for a record with the one that `gallery` makes.

    Shapes: none.

        >>> environment = {"device": "cpu", "platform": "cpu", "cpu": "x", "cores": 2,
        ...                "system": "Linux", "versions": {"jax": "0"}, "date": "today"}
        >>> net = {"name": "a", "profile": [1.0, 0.5], "verdict": "survives"}
        >>> cure = {"name": "b", "kind": "vanishing", "before": net, "after": net}
        >>> clip = {"name": "none", "norm": 2.0, "cosine": 1.0}
        >>> record = {"T": 2, "B": 1, "D": 1, "H": 1, "updates": 3, "faded": 1e-3, "cures": [cure],
        ...           "starts": [{"family": "RNN", "networks": [net]}], "clipping": [clip]}
        >>> results = {"command": "c", "environment": environment, "gallery": record}
        >>> "http" in gallery_page(results)
        False
    """
    record = results["gallery"]
    body = [
        section("Where gradients vanish, explode, survive", _starts(record)),
        section("The same networks with each cure", _cures(record)),
        section("What clipping leaves of an exploding gradient", _clipping(record)),
        section("How this was made", [definitions(environment_pairs(results)), _how(record)]),
    ]
    return page("The gallery of vanishing and exploding gradients", body)


def _how(record: Record) -> str:
    return bullets(
        [
            f"Every network reads the same noise: T = {record['T']} steps, batch {record['B']}, "
            f"{record['D']} inputs, {record['H']} units, float32; one linear readout at the last "
            "step. All from fixed seeds.",
            "A curve is the size of that loss's gradient at the states before it, relative to the "
            "nearest one.",
            f"Vanishes: below {record['faded']:g} at the far end. Explodes: above "
            f"{1 / record['faded']:g}. Survives: between.",
            f"Penalties were descended for {record['updates']} updates of Adam, alone, so that "
            "only their own doing is seen. They act on this noise and this length.",
        ]
    )


def _starts(record: Record) -> list[str]:
    families = record["starts"]
    with look():
        rows = -(-len(families) // 3)
        figure, axes = new_figure(11.5, 3.5 * rows, rows, 3, sharex=True, sharey=True)
        for panel, family in zip(axes.flat, families, strict=False):
            for colour, network in zip(_WHEEL, family["networks"], strict=False):
                words = network["name"].removeprefix(f"{family['family'].split()[0]}, ")
                _curve(panel, network, colour, f"{words}: {network['verdict']}")
            _frame(panel, family["family"])
            panel.legend(fontsize=7.8, loc="lower left", facecolor="white", frameon=True)
        for panel in axes[-1]:
            panel.set_xlabel("lag: steps back from the loss")
        for panel in axes[:, 0]:
            panel.set_ylabel("gradient, relative to lag 1")
        image = as_image(figure, "Lag profiles of every kind of network with every start")
    return [
        paragraph(gallery_words(record), "finding"),
        paragraph(
            "Going back one step multiplies a gradient by the Jacobian of that step. Over a "
            "hundred steps that is a power: what is a little below 1 goes to nothing, what is a "
            "little above 1 goes to infinity. A plain network keeps its gradient only if its "
            "recurrent matrix neither shrinks nor stretches; gates let an LSTM or a GRU choose how "
            "much of the state to keep, if they start open enough; an echo state network has to "
            "forget, and is not trained through time at all."
        ),
        image,
    ]


def _curve(panel: Any, network: Record, colour: str, label: str, **kind: Any) -> None:
    values = [math.nan if v is None else v for v in network["profile"]]
    shown = [v if v > _LOW else math.nan for v in values]
    panel.plot(range(1, len(shown) + 1), shown, color=colour, lw=2, label=label, **kind)


def _frame(panel: Any, title: str) -> None:
    panel.axhline(1, color="#888888", lw=1)
    panel.set_yscale("log")
    panel.set_ylim(_LOW, _HIGH)
    panel.set_title(title)


def _cures(record: Record) -> list[str]:
    cures = record["cures"]
    with look():
        rows = -(-len(cures) // 4)
        figure, axes = new_figure(11.5, 2.5 * rows, rows, 4, sharex=True, sharey=True)
        for panel, cure in zip(axes.flat, cures, strict=False):
            _curve(panel, cure["before"], _BEFORE, f"without: {cure['before']['verdict']}", ls="--")
            colour = _AFTER[cure["kind"]]
            _curve(panel, cure["after"], colour, f"with: {cure['after']['verdict']}")
            _frame(panel, cure["name"])
            panel.title.set_fontsize(9)
            panel.legend(fontsize=7.8, loc="lower left", facecolor="white", frameon=True)
        for panel in list(axes.flat)[len(cures) :]:
            panel.set_visible(False)
        for panel in axes[-1]:
            panel.set_xlabel("lag")
        for panel in axes[:, 0]:
            panel.set_ylabel("gradient")
        image = as_image(figure, "Lag profiles without and with each cure")
    return [
        paragraph(
            "Grey is the network without the cure: a tanh RNN with a small start, whose gradient "
            "vanishes, or with a large one, whose gradient explodes. Green and blue is what the "
            "cure makes of it: another start, another cell, a matrix that stays orthogonal, or a "
            "penalty that was descended first."
        ),
        image,
    ]


def _clipping(record: Record) -> list[str]:
    found = record["clipping"]
    names = [c["name"] for c in found]
    with look():
        figure, axes = new_figure(10.5, 0.9 + 0.36 * len(found), 1, 2, sharey=True)
        for panel, field, title in zip(
            axes[0], ("norm", "cosine"), ("Norm of the gradient", "Direction: cosine"), strict=True
        ):
            values = [math.nan if c[field] is None else c[field] for c in found]
            drawn = panel.barh(range(len(found)), values, 0.6, color=_WHEEL[1])
            panel.bar_label(drawn, [number(v) for v in values], padding=3, fontsize=9)
            panel.set_title(title)
            panel.grid(False, axis="y")
            panel.margins(x=0.2)
        axes[0, 0].set_xscale("log")
        axes[0, 0].set_yticks(range(len(found)), names)
        axes[0, 0].invert_yaxis()
        image = as_image(figure, "Norm and direction of a clipped exploding gradient")
    return [
        paragraph(
            "Clipping does not bring back what is lost, it keeps one step from being too long. By "
            "norm it keeps the direction; by value, adaptively by unit, or at every step of the "
            "way back it changes the direction too. The first three are optax's and act on the "
            "finished gradient; the last is the wrapper ClipCotangent."
        ),
        image,
    ]
