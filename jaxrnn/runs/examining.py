"""The end of a run: its best weights are examined once, on data that did not train them."""

import base64
from typing import NamedTuple

from jaxrnn import strict_json
from jaxrnn.files import write_whole
from jaxrnn.runs.building import Parts
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.opened import open_run
from jaxrnn.tasks.examination import Finding
from jaxrnn.training.checkpoints import Store

__all__ = ["Examined", "examine", "examined"]

_PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


class Examined(NamedTuple):
    """What an examination left in the folder of a run.

    Fields: step, whose weights were examined; lines, what was found, in words; pictures, as
    addresses that hold the data themselves, by name.
    """

    step: int
    lines: list[str]
    pictures: dict[str, str]


def examine(folder: RunFolder, parts: Parts) -> list[str]:
    """Examine the best weights of a finished run, and write what comes of it into the folder.

    Where they were examined before, only say it again.

    Shapes: none.
    Returns: lines for people; none if the task has nothing to examine, or no weights were best.
    Raises: OSError if the folder refuses; ValueError if the best checkpoint is damaged.

        >>> from pathlib import Path
        >>> from jaxrnn.runs.building import build
        >>> from jaxrnn.runs.settings import default_settings
        >>> examine(RunFolder(Path("nowhere")), build(default_settings("adding")))
        []
    """
    if parts.task.examine is None or Store(folder.checkpoints).best() is None:
        return []
    run = open_run(folder.path, best=True)
    before = examined(folder)
    if before is not None and before.step == run.step:
        return before.lines
    found = parts.task.examine(run.model, run.params)
    for name, content in found.files.items():
        write_whole(folder.path / name, content)
    record = {
        "step": run.step, "findings": [finding.to_json() for finding in found.findings],
        "files": list(found.files),
    }  # fmt: skip
    write_whole(folder.result, strict_json.text(record) + "\n")
    return [finding.line() for finding in found.findings]


def examined(folder: RunFolder) -> Examined | None:
    """Return what the examination of a run found; None if there was none, or it can't be read.

    Shapes: none.

        >>> from pathlib import Path
        >>> examined(RunFolder(Path("nowhere"))) is None
        True
    """
    try:
        record = strict_json.parse(folder.result.read_bytes().strip(), folder.result.name)
        lines = [Finding.from_json(finding).line() for finding in record["findings"]]
        step, files = int(record["step"]), [str(name) for name in record["files"]]
    except (KeyError, OSError, TypeError, ValueError):  # none, or of another version
        return None
    return Examined(step, lines, _pictures(folder, files))


def _pictures(folder: RunFolder, names: list[str]) -> dict[str, str]:
    found = {}
    for name in names:
        file = folder.path / name
        if file.suffix in _PICTURES and file.parent == folder.path and file.is_file():
            data = base64.b64encode(file.read_bytes()).decode("ascii")
            found[name] = f"data:{_PICTURES[file.suffix]};base64,{data}"
    return found
