"""The report of peers.py: its tables, its document and its figure, from rows alone."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from common import Row, drawing, head, line, title
from peer_layers import PEERS

from jaxrnn.report.words import number

BUSY = 0.1  # the share of all cores that other processes may use

Group = dict[str, Row]  # the rows of one layer and mode, by peer


def named(row: Row) -> list[str]:
    """Return cell, shape and mode as texts."""
    return [row["cell"], "x".join(str(row[size]) for size in "BTIH"), row["mode"]]


def grouped(rows: Sequence[Row]) -> list[Group]:
    groups: dict[tuple[str, ...], Group] = {}
    for row in rows:
        groups.setdefault(tuple(named(row)), {})[row["peer"]] = row
    return list(groups.values())


def names_of(group: Group) -> list[str]:
    return named(next(iter(group.values())))


def best_jax(group: Group) -> Row | None:
    """Return the fastest of the others that are on JAX."""
    others = [r for name, r in group.items() if name != "torch" and not PEERS[name].ours]
    return min(others, key=lambda row: row["ms"], default=None)


def time_table(groups: Sequence[Group], peers: Sequence[str]) -> list[str]:
    """Return all times."""
    columns = ("cell", "BxTxIxH", "mode", *peers)
    widths = (5, 14, 7, *(max(len(name), 7) for name in peers))
    texts = [
        [*names_of(group), *(number(group[p]["ms"]) if p in group else "" for p in peers)]
        for group in groups
    ]
    return [*head(columns, widths, 3), *(line(text, widths, 3) for text in texts)]


OURS_HEAD = (
    "cell", "BxTxIxH", "mode", "ms", "least ms", "µs/step", "GFLOP/s", "torch ms", "torch/ours",
    "JAX ms", "best JAX", "JAX/ours",
)  # fmt: skip
OURS_WIDTHS = (5, 14, 7, 7, 8, 7, 7, 8, 10, 7, 8, 8)


def ratio(row: Row | None, ours: Row) -> float | None:
    return None if row is None else row["ms"] / ours["ms"]


def shown(value: float | None) -> str:
    return "" if value is None else number(value)


def ours_line(group: Group, ours: Row) -> str:
    """Return one row of an engine of ours, beside torch and the best of the others on JAX."""
    torch, jax = group.get("torch"), best_jax(group)
    theirs = [None if row is None else row["ms"] for row in (torch, jax)]
    texts = [
        *names_of(group), number(ours["ms"]), number(ours["ms_min"]), number(ours["us_per_step"]),
        number(ours["gflops"]), shown(theirs[0]), shown(ratio(torch, ours)),
        shown(theirs[1]), jax["peer"] if jax else "", shown(ratio(jax, ours)),
    ]  # fmt: skip
    return line(texts, OURS_WIDTHS, 3)


def summary(name: str, ratios: dict[str, float]) -> str:
    """Return the geometric mean beside the worst row."""
    mean = statistics.geometric_mean(ratios.values())
    worst = min(ratios, key=lambda row: ratios[row])
    won = sum(value >= 1 for value in ratios.values())
    return (
        f"{name}: geometric mean {number(mean)}, worst row {number(ratios[worst])} ({worst}); "
        f"1 or more in {won} of {len(ratios)} rows."
    )


def ours_part(groups: Sequence[Group], engine: str) -> list[str]:
    """Return the section of one engine."""
    groups = [group for group in groups if engine in group]
    lines = [f"## {engine}", "", *head(OURS_HEAD, OURS_WIDTHS, 3)]
    lines += [ours_line(group, group[engine]) for group in groups]
    lines += [""]
    for name, rival in (("torch/ours", lambda g: g.get("torch")), ("JAX/ours", best_jax)):
        pairs = {", ".join(names_of(g)): ratio(rival(g), g[engine]) for g in groups}
        ratios = {row: value for row, value in pairs.items() if value is not None}
        lines += [summary(name, ratios), ""] if ratios else []
    if engine == "jaxrnn-auto":
        ran = {g[engine]["engine"] for g in groups}
        lines += [f"What ran: {', '.join(sorted(ran))}.", ""]
    return lines


def warning(busy: Sequence[float]) -> str:
    """Say what others do to the numbers, if they do."""
    return (
        ". **The machine is not idle: throw this run away.** Others slow torch more than JAX."
        if max(busy) > BUSY
        else ""
    )


def about_times(row: Row, enough: float) -> str:
    """Return what the numbers are."""
    rounds, busy = len(row["samples_ms"]), row["busy"]
    return (
        "float32 on the CPU, a process for each with its own default threads, taking turns, "
        f"{rounds} rounds; ms is the median over rounds of a round's median, least ms the fastest "
        "call. The product with the input is in all times. f+b: outputs and the gradients of all "
        "weights and of the input (torch: of its second bias too). No compiling, no first call. "
        "States start at 0. GFLOP/s: of the products alone, those of the way back counted twice. "
        "Ratios above 1: ours is faster. Outputs and gradients of each case agree with NumPy's in "
        f"float64 within {enough:g} of the largest value. Other processes used at most "
        f"{max(busy):.0%} of the machine before and in a round{warning(busy) or '.'}"
    )


def document(rows: list[Row], enough: float, left: list[str], about: Row) -> str:
    """Return the whole result as Markdown."""
    groups, peers = grouped(rows), list(dict.fromkeys(row["peer"] for row in rows))
    lines = [*title("Recurrent layers side by side", about), about_times(rows[0], enough), ""]
    lines += ["Milliseconds:", "", *time_table(groups, peers), ""]
    lines += [f"- {name} {about['versions'][PEERS[name].package]}: {PEERS[name].about}"
              for name in peers]  # fmt: skip
    lines += [""]
    for engine in (name for name in peers if PEERS[name].ours):
        lines += ours_part(groups, engine)
    if left:
        lines += ["Left out:", "", *(f"- {text}" for text in left), ""]
    return "\n".join([*lines, "![Speed of each beside torch's](peers.png)", ""])


LOOKS = {
    "linen": ("o", "tab:gray"), "nnx": ("s", "tab:gray"), "haiku": ("^", "tab:gray"),
    "equinox": ("v", "tab:gray"), "keras": ("D", "tab:gray"), "torch": ("|", "black"),
    "jaxrnn-scan": ("o", "tab:blue"), "jaxrnn-auto": (".", "tab:green"),
    "jaxrnn-compiled": ("*", "tab:orange"),
}  # fmt: skip


def draw_all(rows: list[Row], path: Path) -> None:
    """Draw how fast each is beside torch, or beside the first there is, a panel a cell and mode."""
    pyplot = drawing()
    groups, peers = grouped(rows), list(dict.fromkeys(row["peer"] for row in rows))
    beside = "torch" if "torch" in peers else peers[0]
    cells, shapes, modes = (list(dict.fromkeys(names_of(g)[i] for g in groups)) for i in range(3))
    figure, axes = pyplot.subplots(
        len(modes), len(cells), figsize=(1 + 4.5 * len(cells), 7.5), layout="constrained",
        squeeze=False, sharey=True,
    )  # fmt: skip
    for group in groups:
        cell, shape, mode = names_of(group)
        axis = axes[modes.index(mode)][cells.index(cell)]
        for name, row in group.items() if beside in group else ():
            marker, colour = LOOKS[name]
            axis.plot(
                group[beside]["ms"] / row["ms"], shapes.index(shape), marker, color=colour,
                markersize=13 if marker in "*|" else 7, alpha=0.8, label=name,
            )  # fmt: skip
        axis.set_xscale("log", base=2)
        axis.set_title(f"{cell}, {mode}")
    for axis in axes.flat:
        axis.axvline(1, color="black", lw=0.8, alpha=0.5)
        axis.set_yticks(range(len(shapes)), shapes)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.grid(alpha=0.2)
    axes[0][0].invert_yaxis()
    for axis in axes[-1]:
        axis.set_xlabel(f"time of {beside} / time; to the right is faster")
    pairs = [axis.get_legend_handles_labels() for axis in axes.flat]
    legend = {text: handle for both in pairs for handle, text in zip(*both, strict=True)}
    figure.legend(legend.values(), legend.keys(), loc="outside right center", frameon=False)
    figure.suptitle("Recurrent layers beside each other, BxTxIxH, float32 on the CPU")
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
