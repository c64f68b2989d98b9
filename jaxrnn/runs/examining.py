"""The end of a run: its best weights are examined once, on data that nothing was chosen by."""

import base64
import json
from typing import Any

from jaxrnn import strict_json
from jaxrnn.files import write_whole
from jaxrnn.runs.building import Parts
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.opened import open_run
from jaxrnn.tasks.examination import Finding
from jaxrnn.training.checkpoints import Store

__all__ = ["examine", "findings_of", "pictures_of"]

_PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


def examine(folder: RunFolder, parts: Parts) -> list[str]:
    """Examine the best weights of a finished run, and write what comes of it into the folder.

    Where they were examined before, only say it again.

    Shapes: none.
    Returns: lines for people; none if the task has nothing to examine, or no weights
        were ever the best.
    Raises: OSError if the folder refuses; ValueError if the best checkpoint is damaged.

        >>> from jaxrnn.runs.building import build
        >>> from jaxrnn.runs.settings import default_settings
        >>> from pathlib import Path
        >>> examine(RunFolder(Path("nowhere")), build(default_settings("adding")))
        []
    """
    if parts.task.examine is None or Store(folder.checkpoints).best() is None:
        return []  # no score was a number: there is nothing to examine
    run = open_run(folder.path, best=True)
    if _examined(folder) == run.step:
        return findings_of(folder)
    found = parts.task.examine(run.model, run.params)
    for name, content in found.files.items():
        write_whole(folder.path / name, content)
    record = {
        "step": run.step, "findings": [finding.to_json() for finding in found.findings],
        "files": list(found.files),
    }  # fmt: skip
    write_whole(folder.result, json.dumps(record, indent=2) + "\n")
    return findings_of(folder)


def _record(folder: RunFolder) -> dict[str, Any]:
    """Return what an examination left; nothing if there is none, or it can't be read."""
    try:
        return strict_json.parse(folder.result.read_bytes().strip(), folder.result.name)
    except (OSError, ValueError):
        return {}


def _examined(folder: RunFolder) -> int | None:
    return _record(folder).get("step")


def findings_of(folder: RunFolder) -> list[str]:
    """Return in words what the examination of a run found; nothing if there was none.

    Shapes: none.

        >>> from pathlib import Path
        >>> findings_of(RunFolder(Path("nowhere")))
        []
    """
    try:
        return [Finding(**finding).line() for finding in _record(folder).get("findings", [])]
    except TypeError:  # written by another version
        return []


def pictures_of(folder: RunFolder) -> dict[str, str]:
    """Return the pictures that an examination left, as addresses that hold the data themselves.

    Shapes: none.

        >>> from pathlib import Path
        >>> pictures_of(RunFolder(Path("nowhere")))
        {}
    """
    found = {}
    for name in _record(folder).get("files", []):
        file = folder.path / str(name)
        if file.suffix in _PICTURES and file.parent == folder.path and file.is_file():
            data = base64.b64encode(file.read_bytes()).decode("ascii")
            found[file.name] = f"data:{_PICTURES[file.suffix]};base64,{data}"
    return found
