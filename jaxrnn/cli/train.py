"""`jaxrnn train`."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from jaxrnn.cli import options
from jaxrnn.cli.errors import Failure, checked, refused, usage
from jaxrnn.cli.running import events_ready, going, run_folder_ready
from jaxrnn.cli.work import as_typed

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Train a network on a task; may be killed at any instant and goes on to the same bits."

HELP = f"""
{SUMMARY}

Everything goes into the folder --out: config.json (all settings), checkpoints/, metrics.jsonl (a \
row a step), report.html (the curves). The same command again goes on from the newest checkpoint; \
so does jaxrnn resume. SIGTERM and Ctrl-C finish the step, save and end.

`jaxrnn tasks` lists the tasks.
"""

EXAMPLES = """
Examples:

  jaxrnn train digits

  jaxrnn train charlm --text my.txt --steps 2000 --out runs/mine
  (a character model of your own text; then: jaxrnn generate --run runs/mine --prompt "The ")

  jaxrnn train forecast --csv my.csv --target load
  (the next value of a column; --set data.horizon=24 for a day ahead of hourly rows)

  jaxrnn train classify --wavs recordings
  (which word is said; a folder for each word, or yes_1.wav, no_1.wav ...)

  jaxrnn train digits --cell lstm --set model.dropout=0.2 --set optimizer.schedule=cosine

  jaxrnn train charlm --set training.gradient=tbptt:16
  (any gradient method, written as in jaxrnn compare --help)

  jaxrnn train charlm --config run.toml --seed 1
  (settings from a file; words on the command line win)

  jaxrnn train digits --config runs/digits/config.json --out runs/again
  (the very run again)
"""

_TaskName = Annotated[str, typer.Argument(help="One of those that jaxrnn tasks lists.")]
_Text = Annotated[
    str | None, typer.Option(help="Your own text, a file in UTF-8: data.text.", metavar="FILE")
]
_Csv = Annotated[
    str | None, typer.Option(help="Your own table, with a head row: data.csv.", metavar="FILE")
]
_Target = Annotated[
    str | None, typer.Option(help="The column to forecast: data.target.", metavar="NAME")
]
_Arrays = Annotated[
    str | None,
    typer.Option(help="Your own sequences, a .npz file with x and y: data.arrays.", metavar="FILE"),
]
_Wavs = Annotated[
    str | None,
    typer.Option(help="Your own sounds, cat/one.wav or cat_one.wav: data.wavs.", metavar="FOLDER"),
]
_Preset = Annotated[
    str | None,
    typer.Option(help="Settings of the task by name, which jaxrnn tasks lists.", metavar="NAME"),
]
_Steps = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Updates in all: training.updates.")
]
_Config = Annotated[
    Path | None,
    typer.Option(help="Settings from a .json, .toml or .yaml file.", metavar="FILE"),
]
_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Any setting by name, as in optimizer.learning_rate=0.01; may be repeated. "
        "config.json of a run shows all names.",
        metavar="NAME=VALUE",
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        parser=options.folder, help="Folder of the run. Default: runs/TASK.", metavar="FOLDER"
    ),
]
TensorBoard = Annotated[
    bool, typer.Option("--tensorboard", help="Write TensorBoard's event files, too: events/.")
]


def command(
    task: _TaskName,
    text: _Text = None,
    csv: _Csv = None,
    target: _Target = None,
    arrays: _Arrays = None,
    wavs: _Wavs = None,
    preset: _Preset = None,
    cell: options.Cell = None,
    hidden: options.Hidden = None,
    layers: options.Layers = None,
    steps: _Steps = None,
    learning_rate: options.Rate = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Of all.")] = None,
    config: _Config = None,
    set_: _Set = None,
    out: _Out = None,
    device: options.Device = "auto",
    tensorboard: TensorBoard = False,
) -> None:
    """Train.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["train", "digitz"])
        2
    """
    from jaxrnn.runs.folder import RunFolder
    from jaxrnn.runs.reading import nested, read_settings_file, updated
    from jaxrnn.runs.settings import default_settings
    from jaxrnn.tasks.kinds import find_kind

    checked("TASK", find_kind, task)
    short = {
        "data": {"text": text, "csv": csv, "target": target, "arrays": arrays, "wavs": wavs},
        "model": {"cell": cell, "hidden": hidden, "layers": layers},
        "training": {"updates": steps},
        "optimizer": {"learning_rate": learning_rate},
    }
    words = checked("--set", nested, set_ or [])
    events_ready(tensorboard)
    with going(device):  # chosen before the data come: their first arrays start the device
        with refused(OSError, ValueError, TypeError):
            from_file = {} if config is None else read_settings_file(config)
        if isinstance(from_file.get("settings"), dict):  # config.json of a run: do it again
            from_file = from_file["settings"]
        if from_file.get("task", task) != task:
            raise Failure(f"{config}: its task is {from_file['task']!r}, asked for was {task!r}.")
        with refused(OSError, ValueError, TypeError):
            settings = default_settings(task, preset)
            folder = RunFolder(out or Path("runs") / task)
            if folder.is_run():  # it may have been given more by resume
                updates = folder.read_settings().training.updates
                settings = updated(settings, {"training": {"updates": updates}})
        given = {str(config): from_file, "": _given(short, seed), "--set": words}
        for about, changes in given.items():
            with refused(ValueError, TypeError, about=about):
                settings = _changed(settings, changes)
        settings = _found_from_anywhere(settings)
        if settings.task != task:
            raise usage("--set", f"the task is {task}, as the first word says.")
        run_folder_ready(folder.path)

        from jaxrnn.runs.training import train_run

        train_run(settings, folder, command=as_typed(), tensorboard=tensorboard)


def _given(short: dict[str, dict[str, Any]], seed: int | None) -> dict[str, Any]:
    """Return what was given in short options; the rest stays as it is."""
    groups = {
        group: {name: value for name, value in fields.items() if value is not None}
        for group, fields in short.items()
    }
    given: dict[str, Any] = {group: fields for group, fields in groups.items() if fields}
    return given if seed is None else {**given, "seed": seed}


def _changed(settings: Any, changes: dict[str, Any]) -> Any:
    from jaxrnn.runs.reading import updated

    data = changes.get("data")
    for name in ("text", "csv", "target", "arrays", "wavs"):
        if isinstance(data, dict) and name in data:
            if not hasattr(settings.data, name):
                raise usage(f"--{name}", f"the task {settings.task} has no data.{name}.")
            if data[name] == "":
                raise usage(f"--{name}", "expected a name, got nothing.")
    return updated(settings, changes)


def _found_from_anywhere(settings: Any) -> Any:
    """Return the settings with whole paths: a run may be resumed from another folder."""
    paths = {
        name: str(Path(given).absolute())
        for name in ("text", "csv", "arrays", "wavs", "pairs", "listener")
        if (given := getattr(settings.data, name, None))
    }
    return dataclasses.replace(settings, data=dataclasses.replace(settings.data, **paths))
