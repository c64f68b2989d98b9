"""`jaxrnn predict`."""

import sys

from jaxrnn.cli.errors import Failure
from jaxrnn.cli.running import Best, Device, Run, going, opened

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Answer what comes in on standard input, a line an answer."

HELP = f"""
{SUMMARY}

A character model reads lines of text and says which character is likely to come next. Tasks on \
numbers read rows, one a step, with an empty line between sequences, and answer in the data's own \
units, or with the likeliest classes. transcribe and captions read paths of files, a line each; \
speak reads digits and the name of the WAV file to write, as in 3 1 4 pi.wav. word2vec reads a \
word and answers with those nearest to it, or three, as in man king woman.
"""

EXAMPLES = """
Examples:

  echo "To be or not to b" | jaxrnn predict --run runs/charlm

  tail -n 32 my.csv | cut -d, -f2- | jaxrnn predict --run runs/forecast
"""


def command(run: Run, best: Best = False, device: Device = "auto") -> None:
    """Predict.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["predict", "--run", "nowhere"])
        1
    """
    from jaxrnn.report.terminal import say

    with going(device):
        one = opened(run, best)
        from jaxrnn.runs.using import predict

        if sys.stdin is None:
            raise Failure("standard input is closed: give the inputs there.")
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Failure(f"standard input is no UTF-8 (byte {error.start}).") from None
        for line in predict(one, text):
            say(line)
