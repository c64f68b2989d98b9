"""`jaxrnn generate`."""

from typing import Annotated

import typer

from jaxrnn.cli.running import Best, Device, Run, going, opened

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Let a trained character model write on."

HELP = f"""
{SUMMARY}

Each character is drawn from what the model says, and read by it as the next input. The same seed \
gives the same text.
"""

EXAMPLES = """
Examples:

  jaxrnn generate --run runs/charlm --prompt "ROMEO:" --length 400

  jaxrnn generate --run runs/charlm --temperature 0.7 --nucleus 0.9

  jaxrnn generate --run runs/charlm --temperature 0
  (always the likeliest character)
"""

_Prompt = Annotated[str, typer.Option(help="What is read first.", metavar="TEXT")]
_Length = Annotated[int, typer.Option(min=1, max=10**6, metavar="N", help="Characters to write.")]
_Temperature = Annotated[
    float, typer.Option(min=0, metavar="X", help="1: as the model says; lower is bolder; 0: best.")
]
_TopK = Annotated[int, typer.Option(min=0, metavar="K", help="Only the K likeliest; 0: all.")]
_Nucleus = Annotated[
    float, typer.Option(metavar="P", help="Only the likeliest that make up a share P; 1: all.")
]
_Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, metavar="N", help="Of the draws.")]


def command(
    run: Run,
    prompt: _Prompt = "\n",
    length: _Length = 300,
    temperature: _Temperature = 1.0,
    top_k: _TopK = 0,
    nucleus: _Nucleus = 1.0,
    seed: _Seed = 0,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Generate.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["generate", "--run", "nowhere"])
        1
    """
    from jaxrnn.report.terminal import say

    with going(device):
        one = opened(run, best)
        from jaxrnn.runs.using import write_on

        say(
            prompt.lstrip("\n")
            + write_on(
                one, prompt, length, seed=seed, temperature=temperature, top_k=top_k,
                nucleus=nucleus,
            )
        )  # fmt: skip
