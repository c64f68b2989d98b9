"""`jaxrnn generate`."""

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

from jaxrnn.cli.errors import usage
from jaxrnn.cli.running import Best, Device, Run, going, opened

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Let a trained language model write on."

HELP = f"""
{SUMMARY}

Each token, a character or a word, is drawn from what the model says, and read by it as the next \
input. The same seed gives the same text.
"""

EXAMPLES = """
Examples:

  jaxrnn generate --run runs/charlm --prompt "ROMEO:" --length 400

  jaxrnn generate --run runs/charlm --temperature 0.7 --nucleus 0.9

  jaxrnn generate --run runs/charlm --temperature 0
  (always the likeliest character)

  jaxrnn generate --run runs/charlm --interactive
"""

_Prompt = Annotated[str, typer.Option(help="What is read first.", metavar="TEXT")]
_Length = Annotated[
    int, typer.Option(min=1, max=10**6, metavar="N", help="Characters or words to write.")
]
_Temperature = Annotated[
    float, typer.Option(metavar="X", help="1: as the model says; lower is bolder; 0: best.")
]
_TopK = Annotated[int, typer.Option(min=0, metavar="K", help="Only the K likeliest; 0: all.")]
_Nucleus = Annotated[
    float, typer.Option(metavar="P", help="Only the likeliest that make up a share P; 1: all.")
]
_Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, metavar="N", help="Of the draws.")]
_Interactive = Annotated[
    bool, typer.Option("--interactive", help="In turns with you: it writes on after each line.")
]
_HONEST = """\
This is a network ({cell}, {task}) that guesses how a text goes on. It has learned what follows \
what in the text it was trained on; it understands nothing, and remembers only what its state \
holds. Ctrl-D ends."""


def command(
    run: Run,
    prompt: _Prompt = "\n",
    length: _Length = 300,
    temperature: _Temperature = 1.0,
    top_k: _TopK = 0,
    nucleus: _Nucleus = 1.0,
    seed: _Seed = 0,
    interactive: _Interactive = False,
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

    _check(prompt, temperature, nucleus)
    with going(device):
        one = opened(run, best)
        if hasattr(one.codec, "next_input") and top_k > one.codec.output_size:
            most = one.codec.output_size
            raise usage("--top-k", f"the model knows {most} tokens, got {top_k}; 0 is all.")
        from jaxrnn.runs.writing import converse, write_on

        words = {"seed": seed, "temperature": temperature, "top_k": top_k, "nucleus": nucleus}
        if interactive:
            say(_HONEST.format(cell=one.settings.model.cell, task=one.settings.task))
            for answer in converse(one, _heard(), length, **words):
                say(answer)
            return
        say(prompt.lstrip("\n") + write_on(one, prompt, length, **words))


def _heard() -> Iterator[str]:
    """Yield what a person types, line by line, until the end of the input."""
    with contextlib.suppress(EOFError):
        while True:
            yield input("> ")


def _check(prompt: str, temperature: float, nucleus: float) -> None:
    """Refuse numbers out of range before anything is loaded; so written, NaN is out of any."""
    if not prompt:
        raise usage("--prompt", "expected at least one character, such as a newline, got nothing.")
    if not 0 <= temperature < float("inf"):
        raise usage("--temperature", f"expected a number of at least 0, got {temperature}.")
    if not 0 < nucleus <= 1:
        raise usage("--nucleus", f"expected a number above 0 and at most 1, got {nucleus}.")
