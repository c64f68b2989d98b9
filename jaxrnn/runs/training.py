"""One run from its beginning, or from wherever it was left, to its end."""

import contextlib
import dataclasses
import math
from typing import Any, NamedTuple

import jax

from jaxrnn.compare.environment import default_devices, describe_environment
from jaxrnn.report.progress import TrainingProgress
from jaxrnn.report.tensorboard import event_writer
from jaxrnn.report.terminal import introduce, say, warn
from jaxrnn.runs.building import Parts, build, evaluator, first_state
from jaxrnn.runs.differences import check_same_run
from jaxrnn.runs.errors import RunError, mendable
from jaxrnn.runs.examining import examine
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.pages import write_page
from jaxrnn.runs.settings import RunSettings, TrainingSettings
from jaxrnn.tasks.model import count_parameters
from jaxrnn.training.checkpoints import Damaged, Store
from jaxrnn.training.devices import batch_mesh
from jaxrnn.training.early import Patience, Waiting
from jaxrnn.training.lock import run_lock
from jaxrnn.training.log import MetricsLog, Position, read_rows
from jaxrnn.training.loop import Every, Row, fit
from jaxrnn.training.policy import NonFiniteError, Policy
from jaxrnn.training.programs import Programs
from jaxrnn.training.signals import asked_to_stop
from jaxrnn.training.state import TrainState, judged

__all__ = ["Saved", "train_run"]


class Saved(NamedTuple):
    """The tree of a checkpoint: all arrays that the next step needs.

    Fields: state; anchor, of the last step on schedule, which `rollback` goes back to, None under
    another policy.
    Shapes: those of the state.

        >>> Saved("state").anchor is None
        True
    """

    state: Any
    anchor: Any = None


@dataclasses.dataclass
class _Memory:
    """What a run remembers beside arrays: plain values that go into each checkpoint."""

    waiting: Waiting = dataclasses.field(default_factory=Waiting)
    best: dict[str, Any] | None = None
    stopped: str = ""
    notes: list[str] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "_Memory":
        return cls(Waiting(*facts["waiting"]), facts["best"], facts["stopped"], facts["notes"])

    def facts(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "waiting": list(self.waiting)}


def train_run(
    settings: RunSettings, folder: RunFolder, *, command: str, tensorboard: bool = False,
    also_changed: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Train in a folder, from the newest whole checkpoint there if there is one.

    The first SIGTERM or Ctrl-C finishes the step, saves, and exits with 143 or 130.

    Shapes: none.
    Args: command, as typed, for the report. tensorboard, whether to write its files too.
        also_changed, settings that were changed on purpose in a run that goes on.
    Raises: RunError for settings that are not those of the run, data that has changed or can't be
        read, damaged checkpoints, numbers that are not finite; MemoryError before a step that needs
        more than there is; OSError, as if the disk is full; SystemExit after a signal.

        >>> import dataclasses, io, pathlib, tempfile
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("sine")
        >>> settings = dataclasses.replace(settings, training=TrainingSettings(updates=1))
        >>> with tempfile.TemporaryDirectory() as path, contextlib.redirect_stdout(io.StringIO()):
        ...     folder = RunFolder(pathlib.Path(path))
        ...     train_run(settings, folder, command="")
        ...     found = Store(folder.checkpoints).steps(), len(read_rows(folder.log))
        >>> found
        ([1], 1)
    """
    with run_lock(folder.path):
        parts = _prepare(settings, folder, also_changed)
        run = _Run(parts, folder, command, tensorboard)
        with mendable():  # seen to fit before anything is allocated
            run.programs.prepare(jax.eval_shape(lambda: first_state(parts)), parts.task.train(0))
        state = run.restore(first_state(parts))
        _begin(parts, folder)
        introduce(describe_environment(), settings.seed)
        say(_about(parts, state))
        run.train(state)


def _prepare(settings: RunSettings, folder: RunFolder, also_changed: tuple[str, ...]) -> Parts:
    """Build everything, for a run that may go on or begin here."""
    if folder.is_run():
        with mendable():
            check_same_run(folder.read_settings(), settings, also_changed)
    else:
        ours = (folder.log, folder.checkpoints, folder.codec_file, folder.report)
        found = [path.name for path in ours if path.exists()]
        if found:
            raise RunError(
                f"{folder.path} has {', '.join(found)}, but no {folder.settings_file.name}. Give "
                "another folder, or put the file back."
            )
    known = folder.is_run() and folder.codec_file.exists()
    with mendable():
        return build(settings, folder.read_codec()[0] if known else None)


def _begin(parts: Parts, folder: RunFolder) -> None:
    """Make the folder a run, or one with the settings as they are now."""
    task = parts.task
    whole = folder.is_run() and folder.codec_file.exists()
    if not whole or folder.read_settings() != parts.settings:
        folder.write(parts.settings, task.codec, (task.input_size, task.output_size))


def _about(parts: Parts, state: TrainState) -> str:
    """Say what is trained, on what."""
    task, chosen = parts.task, parts.settings
    epoch = f", {task.epoch} chunks an epoch" if task.epoch else ""
    begin = f"; goes on from step {int(state.step)}" if int(state.step) else ""
    return (
        f"{chosen.task}: {task.source}; T = {task.steps}, B = {task.batch}{epoch}; "
        f"{count_parameters(state.params):,} parameters, {chosen.optimizer.name}, learning rate "
        f"{chosen.optimizer.learning_rate:g}, gradient {chosen.training.gradient}{begin}"
    )


class _Run:
    """The parts of a run that change while it goes on."""

    def __init__(self, parts: Parts, folder: RunFolder, command: str, tensorboard: bool) -> None:
        self.parts, self.folder = parts, folder
        self.command, self.tensorboard = command, tensorboard
        self.chosen: TrainingSettings = parts.settings.training
        self.store = Store(folder.checkpoints, self.chosen.keep)
        self.programs = Programs(parts.step, batch_mesh(default_devices()))
        self.judge = evaluator(parts)
        self.memory = _Memory()
        self.position = Position()
        self.anchor: TrainState | None = None
        self.saved_at = -1
        self.unsaved = ""

    def restore(self, state: TrainState) -> TrainState:
        """Return the state of the newest whole checkpoint, or the given first one."""
        self.store.clean()
        rolls_back = self.chosen.on_nonfinite == "rollback"

        def template(facts: dict[str, Any]) -> Saved:
            self._check_content(facts)
            self._check_log(facts)
            return Saved(state, state if facts["anchored"] else None)

        with mendable():
            found = self.store.newest(template, warn)
        if found is None:
            self._check_nothing_lost()
            self.anchor = state if rolls_back else None
            return state
        step, tree, facts = found
        if step > self.chosen.updates:
            raise RunError(
                f"training.updates is {self.chosen.updates}, but this run is at step {step} "
                "already. Give more, with --steps."
            )
        self.memory, self.position = _Memory.of(facts["memory"]), Position(*facts["log"])
        if self.memory.stopped and not self._is_over():
            self.memory.stopped = ""  # it was given more patience
        self.saved_at = step
        # a policy that was chosen on the way goes back to here at the furthest
        self.anchor = (tree.anchor or tree.state) if rolls_back else None
        return tree.state

    def _check_content(self, facts: dict[str, Any]) -> None:
        now, saved = self.parts.task.content, facts["content"]
        if saved != now:
            raise RunError(
                f"the data of this run has changed: its digest is {now}, saved was {saved}. Put "
                "the data back, or begin another run."
            )

    def _check_log(self, facts: dict[str, Any]) -> None:
        """Pass over a checkpoint beside which rows are missing: they are made again."""
        size = self.folder.log.stat().st_size if self.folder.log.exists() else 0
        expected = Position(*facts["log"]).size
        if size < expected:
            raise Damaged(
                f"{self.folder.log} has {size} bytes, but a checkpoint stands behind {expected}: "
                "rows are missing"
            )

    def _check_nothing_lost(self) -> None:
        """Refuse to begin anew where a run was, and its checkpoints are gone."""
        with mendable():
            rows = read_rows(self.folder.log) if self.folder.log.exists() else []
        if len(rows) > self.chosen.checkpoint_every and self.chosen.on_failed_save == "stop":
            raise RunError(
                f"{self.folder.log} tells of {len(rows)} steps, but there is no checkpoint in "
                f"{self.folder.checkpoints}. Put them back; to start anew, give another folder."
            )

    def train(self, state: TrainState) -> None:
        """Train, whatever remains, and write the page."""
        until = self.chosen.updates
        with contextlib.ExitStack() as opened:
            with mendable():
                self.log = opened.enter_context(MetricsLog(self.folder.log, self.position))
            self.events = self._events(opened)
            self.asked = opened.enter_context(asked_to_stop())
            with TrainingProgress(until, int(state.step)) as self.progress:
                refused = self._fit(state, until)
            self._finish(count_parameters(state.params), refused)
        if refused is not None or self.unsaved:
            raise RunError(str(refused or self.unsaved))

    def _events(self, opened: contextlib.ExitStack) -> Any:
        """Return the writer of TensorBoard's files, None if they are not wanted."""
        if not self.tensorboard:
            return None
        with mendable():
            past = read_rows(self.folder.log)
        try:
            return opened.enter_context(event_writer(self.folder.events, past))
        except ImportError as error:
            raise RunError(str(error)) from None

    def _log(self, row: Row) -> None:
        self.log.write(row)
        try:
            if self.events is not None:
                self.events.row(row)
        except OSError as error:  # a view of the log, no reason to end
            self.progress.note(f"no more events: {error.strerror}")
            self.events = None

    def _finish(self, parameters: int, refused: Exception | None) -> None:
        """Write the page, and say how it ended."""
        why = self.memory.stopped or f"all {self.chosen.updates} steps done"
        if refused is not None:
            why = str(refused)
        elif self.asked.number is not None:
            why = f"interrupted by signal {self.asked.number}; jaxrnn resume goes on"
        about = {
            "command": self.command, "environment": describe_environment(),
            "parameters": parameters, "shapes": self.programs.shapes, "best": self.memory.best,
            "stopped": why, "notes": self.memory.notes,
        }  # fmt: skip
        say(f"ended: {why}; compiled for {self.programs.shapes} shape(s) of chunks")
        try:
            if refused is None and self.asked.number is None:
                self._examine()
        finally:
            self._write_page(about)

    def _write_page(self, about: dict[str, Any]) -> None:
        for line in write_page(self.folder, self.parts, about):
            say(line)

    def _examine(self) -> None:
        """Examine the best weights, once; they may be lost where saving failed."""
        with mendable():
            for line in examine(self.folder, self.parts):
                say(line)

    def _fit(self, state: TrainState, until: int) -> NonFiniteError | None:
        """Make the steps; return the error if numbers that are not finite ended them."""
        evaluating = Every(self.chosen.evaluate_every, self._measure)
        watchers = (Every(1, self._watch), Every(self.chosen.checkpoint_every, self._save))
        try:
            if not self.memory.stopped:
                fit(
                    self.programs, state, self.parts.task.train, until=until, measure=evaluating,
                    policy=Policy(self.chosen.on_nonfinite, self.chosen.most_bad),
                    older=lambda: self.anchor, log=self._log, watchers=watchers, asked=self.asked,
                    enough=lambda row: bool(self.memory.stopped),
                )  # fmt: skip
        except NonFiniteError as error:
            return error
        return None

    def _measure(self, state: TrainState, row: Row) -> Row:
        """Judge the params on the held-out data; its numbers go into the row of the step."""
        found = self.judge(judged(state))
        loss, score = found["loss"], found["score"]
        step, memory, task = row["step"], self.memory, self.parts.task
        self.progress.evaluation(step, loss, score, task.metric)
        found = {"loss": _plain(loss), "score": _plain(score)}
        memory.waiting = self._patience.after(memory.waiting, found["score"])
        if memory.waiting.waited == 0:
            memory.best = {"step": step, **found}
        elif self._is_over():
            waited = memory.waiting.waited
            memory.stopped = f"early stopping: {waited} evaluations without a better one"
        return {"evaluation": found}

    @property
    def _patience(self) -> Patience:
        better = self.parts.task.higher_is_better
        return Patience(self.chosen.patience or 1, higher_is_better=better)

    def _is_over(self) -> bool:
        return self.chosen.patience > 0 and self._patience.over(self.memory.waiting)

    def _watch(self, state: TrainState, row: Row) -> None:
        """Tell about a step, and save a new best one."""
        self.progress.step(row["step"], row["loss"], row["tokens"])
        if not row["finite"]:
            note = f"step {row['step']} left out: {row['bad_leaf']} was not finite"
            self.memory.notes.append(note)
            self.progress.note(note)
        if self._is_best(row["step"]):
            self._save(state, row)

    def _is_best(self, step: int) -> bool:
        return self.memory.best is not None and self.memory.best["step"] == step

    def _save(self, state: TrainState, row: Row) -> None:
        """Commit a checkpoint of this step, once."""
        step = row["step"]
        if self.anchor is not None and step % self.chosen.checkpoint_every == 0:
            self.anchor = state
        if step == self.saved_at:
            return
        try:
            facts = {
                "content": self.parts.task.content, "log": list(self.log.position()),
                "memory": self.memory.facts(), "anchored": self.anchor is not None,
            }  # fmt: skip
            self.store.save(step, Saved(state, self.anchor), facts, best=self._is_best(step))
        except OSError as error:
            if self.chosen.on_failed_save == "stop":
                raise
            self.unsaved = f"step {step} could not be saved: {error.strerror}"
            self.progress.note(self.unsaved)
            return
        self.saved_at, self.unsaved = step, ""


def _plain(number: float) -> float | None:
    """Return what JSON can hold: None for what is no number."""
    return number if math.isfinite(number) else None
