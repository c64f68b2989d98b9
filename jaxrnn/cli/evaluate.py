"""`jaxrnn evaluate`."""

from jaxrnn.cli.running import Best, Device, Run, going, opened

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Judge a run on its task's held-out data."

HELP = SUMMARY

EXAMPLES = """
Examples:

  jaxrnn evaluate --run runs/digits

  jaxrnn evaluate --run runs/digits --best
"""


def command(run: Run, best: Best = False, device: Device = "auto") -> None:
    """Evaluate.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["evaluate", "--run", "nowhere"])
        1
    """
    from jaxrnn.report.terminal import say

    with going(device):
        one = opened(run, best)
        from jaxrnn.runs.using import judge

        task, found = judge(one)
        say(f"{task.title} {task.source}")
        say(f"step {one.step}: {task.metric} {found['score']:.4g}, loss {found['loss']:.4g}")
        if task.baseline is not None:
            say(f"{task.baseline_name}: loss {task.baseline:.4g}")
