"""The checkpoints of one run, in one folder: the newest few and the best."""

import dataclasses
import errno
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from jaxrnn.checks import as_positive_int
from jaxrnn.files import read_plain
from jaxrnn.tensor_file import check_width, to_bytes
from jaxrnn.training.checkpoints import commit, manifest
from jaxrnn.training.checkpoints.manifest import ARRAYS, MANIFEST, Damaged, Manifest
from jaxrnn.training.checkpoints.tree import Flat, branch, flatten, restore

__all__ = ["Store"]

Decoded = TypeVar("Decoded")


@dataclasses.dataclass(frozen=True)
class Store:
    """The checkpoints of one run, a folder each: `step-00000100/`.

    A checkpoint is there whole or not at all, whenever the process dies. Each array and each file
    has its SHA-256, and nothing of a checkpoint is used before all of them agree. The step decides
    which one is newer, never a file's time. What is not ours in the folder is left alone.

    Fields: folder, made at the first save; keep, how many of the newest stay. The best one stays
    besides.
    Shapes: any tree of arrays and PRNG keys.
    Raises: ValueError or TypeError for keep.

        >>> import jax, jax.numpy as jnp, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store = Store(f"{folder}/checkpoints", keep=2)
        ...     for step in (1, 2, 3):
        ...         store.save(step, {"w": jnp.ones(2) * step}, {"loss": 0.5}, best=step == 1)
        ...     tree, facts = store.load(3, jax.eval_shape(lambda: {"w": jnp.zeros(2)}))
        ...     store.steps(), store.best(), tree["w"].tolist(), facts
        ([1, 2, 3], 1, [3.0, 3.0], {'loss': 0.5})
    """

    folder: str | os.PathLike[str]
    keep: int = 3

    def __post_init__(self) -> None:
        as_positive_int("Store", "keep", self.keep)

    def save(self, step: int, tree: Any, facts: Mapping[str, Any], best: bool = False) -> None:
        """Commit the checkpoint of a step, then remove those that are no longer kept.

        One of the same step is replaced. Those of later steps are removed: the run went back, and
        they are damaged or belong to a future that is not this one.

        Args: tree, arrays and PRNG keys; facts, the rest, as strict JSON values (tuples come back
            as lists); best, whether no earlier one was better.
        Raises: TypeError or ValueError naming a leaf or the facts that can't be written; OSError
            naming the path and the free space. Earlier checkpoints are then there still.
        """
        if isinstance(step, bool) or not isinstance(step, int) or step < 0:
            raise ValueError(f"Store.save: step should be an int of at least 0, got {step!r}")
        flat = flatten("Store.save", tree)
        file = to_bytes(flat.arrays)
        try:
            check_width(flat.arrays)
        except ValueError as error:  # it could not be loaded again
            raise ValueError(f"Store.save: {error}") from error
        try:
            sealed = manifest.write(step, bool(best), facts, flat, file)
        except (RecursionError, TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"Store.save: facts can't be written as JSON: {error}") from error
        try:
            # the manifest last: it vouches for what is there before it
            commit.commit(self._folder, step, {ARRAYS: file, MANIFEST: sealed})
        except OSError as error:
            raise self._refused(error, step, len(file) + len(sealed)) from error
        self._prune(step)

    def steps(self) -> list[int]:
        """Return the steps of which there is a checkpoint, ascending.

        Raises: OSError if there is something else than a folder.
        """
        return list(commit.places(self._folder))

    def read(self, step: int) -> tuple[Flat, dict[str, Any]]:
        """Return the arrays by name, and the facts, of a step, all digests checked.

        Raises: Damaged, a ValueError, naming the file and what is wrong with it; ValueError for
            another format version; FileNotFoundError if there is no such step.
        """
        place = self._place(step)
        said = _manifest(place, step)
        flat = _named(place / ARRAYS, lambda data: manifest.arrays_of(said, data), said.size)
        return flat, said.facts

    def load(self, step: int, template: Any) -> tuple[Any, dict[str, Any]]:
        """Return the tree and the facts of a step, exactly as they were saved.

        Args: template, a tree like that which was saved, of arrays or `jax.ShapeDtypeStruct`s.
        Raises: as `read`; ValueError naming the first leaf that differs from the template.
        """
        flat, facts = self.read(step)
        return self._restored(step, template, flat), facts

    def load_part(self, step: int, name: str, template: Any) -> tuple[Any, dict[str, Any]]:
        """Return one branch of the tree, such as "state.params", and the facts of a step.

        Args: template, of that branch.
        Raises: as `load`.
        """
        flat, facts = self.read(step)
        return self._restored(step, template, branch(flat, name)), facts

    def _place(self, step: int) -> Path:
        place = commit.places(self._folder).get(step)
        if place is None:
            raise FileNotFoundError(
                errno.ENOENT,
                f"Store.read: no checkpoint of step {step}, there are {self.steps()}",
                os.fspath(self.folder),
            )
        return place

    def _restored(self, step: int, template: Any, flat: Flat) -> Any:
        try:
            return restore("Store.load", template, flat)
        except ValueError as error:
            raise ValueError(f"{self._place(step)}: {error}") from error

    def newest(
        self, template: Any, warn: Callable[[str], object]
    ) -> tuple[int, Any, dict[str, Any]] | None:
        """Return step, tree and facts of the newest checkpoint that is whole; None if none exists.

        Args: template, as for `load`, or a function from the facts to it, which may refuse them.
            warn, called with one line for each damaged one that is passed over.
        Raises: Damaged if there are checkpoints and none is whole; else as `load`: a checkpoint of
            another model is not passed over.
        """
        steps = self.steps()
        for step in reversed(steps):
            try:
                facts = _manifest(self._place(step), step).facts
                expected = template(facts) if callable(template) else template
                return step, *self.load(step, expected)
            except Damaged as error:
                warn(f"{error}. Passed over.")
        if steps:
            raise Damaged(
                f"none of the checkpoints in {self.folder} is whole (steps {steps}). "
                "To start anew, move the folder away."
            )
        return None

    def best(self) -> int | None:
        """Return the step of the best checkpoint: the last that was saved as such; None if none."""
        for step, place in reversed(commit.places(self._folder).items()):
            try:
                if _manifest(place, step).best:
                    return step
            except ValueError:  # damaged, or of another format: none of ours to judge
                continue
        return None

    def clean(self) -> None:
        """Remove what a killed process left half written; call it when no other process saves.

        Raises: OSError if something can't be removed.
        """
        commit.clean(self._folder)

    @property
    def _folder(self) -> Path:
        return Path(self.folder)

    def _prune(self, last: int) -> None:
        """Keep the newest up to the step just saved, and the best of them."""
        places = commit.places(self._folder)
        for step in [step for step in places if step > last]:
            commit.discard(places.pop(step))
        kept = {*list(places)[-self.keep :], self.best()}
        for step, place in places.items():
            if step not in kept:
                commit.discard(place)

    def _refused(self, error: OSError, step: int, size: int) -> OSError:
        path = os.path.abspath(error.filename or self.folder)
        at = path
        while not os.path.isdir(at) and at != os.path.dirname(at):
            at = os.path.dirname(at)
        reason = f"{error.strerror}, writing {size} bytes for step {step}"
        try:
            reason += f" with {shutil.disk_usage(at).free} bytes free"
        except OSError:  # where even asking is refused
            pass
        return OSError(error.errno, reason, path)


def _manifest(place: Path, step: int) -> Manifest:
    said = _named(place / MANIFEST, manifest.read)
    if said.step != step:
        raise Damaged(f"{place} has the manifest of step {said.step}")
    return said


def _named(path: Path, decode: Callable[[bytes], Decoded], size: int | None = None) -> Decoded:
    """Read and decode a file; errors name it."""
    try:
        found = path.stat().st_size
        if size is not None and found > size:  # before it is read
            raise Damaged(f"too long: expected {size} bytes, found {found}")
        return decode(read_plain("checkpoint", path))
    except FileNotFoundError as error:
        raise Damaged(f"{path} is missing") from error
    except ValueError as error:
        raise type(error)(f"{path}: {error}") from error
