"""What a run leaves to be looked at."""

from typing import Any

from jaxrnn.files import write_whole
from jaxrnn.report.training import training_headline, training_page
from jaxrnn.runs.building import Parts
from jaxrnn.runs.examining import examined
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.reading import plain
from jaxrnn.tasks.model import Model
from jaxrnn.training.log import read_rows

__all__ = ["write_page"]


def write_page(folder: RunFolder, parts: Parts, about: dict[str, Any]) -> list[str]:
    """Write `report.html` from the metrics, and return lines for the end of a run.

    Shapes: none.
    Args: about, what only the run knows: command, environment, parameters, shapes, best, stopped,
        notes.
    Raises: OSError if the folder refuses.

        >>> import pathlib, tempfile
        >>> from jaxrnn.compare import describe_environment
        >>> from jaxrnn.runs.building import build
        >>> from jaxrnn.runs.settings import default_settings
        >>> about = {"command": "c", "environment": describe_environment(), "parameters": 1,
        ...          "shapes": 0, "best": None, "stopped": "at once", "notes": []}
        >>> with tempfile.TemporaryDirectory() as path:
        ...     folder = RunFolder(pathlib.Path(path))
        ...     _ = folder.log.write_text("")
        ...     write_page(folder, build(default_settings("sine")), about)[0]
        'No step was made; ...'
    """
    task = parts.task
    rows = read_rows(folder.log)
    found, best = examined(folder), about["best"]
    if found is not None and (best is None or found.step != best["step"]):
        found = None  # of older weights: training went on, and did not come to its end
    record = {
        **about,
        "config": plain(parts.settings),
        "model": repr(parts.model.cell if isinstance(parts.model, Model) else parts.model),
        "rows": rows,
        "findings": [] if found is None else found.lines,
        "pictures": {} if found is None else found.pictures,
        "task": {
            "name": parts.settings.task, "title": task.title, "source": task.source,
            "metric": task.metric, "higher_is_better": task.higher_is_better,
            "baseline": task.baseline, "baseline_name": task.baseline_name,
        },
    }  # fmt: skip
    write_whole(folder.report, training_page(record))
    return [
        training_headline(record),
        f"Written: {folder.report}, {folder.log}, {folder.checkpoints}",
    ]
