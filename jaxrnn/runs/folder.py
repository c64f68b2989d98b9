"""What lies where in the folder of a run, and its two small files: settings and codec."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from jaxrnn import strict_json
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.files import write_whole
from jaxrnn.runs.reading import plain, updated
from jaxrnn.runs.settings import RunSettings
from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.kinds import find_kind

__all__ = ["RunFolder", "settings_from_json"]

_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """The folder of one run.

    Fields: path.
    Shapes: none.

        >>> RunFolder(Path("out")).log.name
        'metrics.jsonl'
    """

    path: Path

    @property
    def settings_file(self) -> Path:
        """All settings; there from the first moment on, so it tells whether this is a run."""
        return self.path / "config.json"

    @property
    def codec_file(self) -> Path:
        """Between what people write and what the network reads: a vocabulary, scales."""
        return self.path / "codec.json"

    @property
    def log(self) -> Path:
        """The metrics, a row a step."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """One folder each."""
        return self.path / "checkpoints"

    @property
    def report(self) -> Path:
        """The page with the curves."""
        return self.path / "report.html"

    @property
    def events(self) -> Path:
        """TensorBoard's files, on request."""
        return self.path / "events"

    @property
    def result(self) -> Path:
        """What the examination at the end found."""
        return self.path / "result.json"

    def is_run(self) -> bool:
        """Tell whether a run was begun here."""
        return self.settings_file.is_file()

    def write(self, settings: RunSettings, codec: Any, sizes: tuple[int, int]) -> None:
        """Write the settings, last, since they make it a run; the codec, once.

        Raises: OSError if the folder refuses.
        """
        if not self.is_run() or not self.codec_file.exists():
            coded = None if codec is None else codec_to_json(codec)
            words = {"input_size": sizes[0], "output_size": sizes[1], "codec": coded}
            write_whole(self.codec_file, json.dumps(words, allow_nan=False) + "\n")
        version = getattr(sys.modules["jaxrnn"], "__version__", "unknown")
        chosen = plain(settings)
        record = {
            "format": _FORMAT, "jaxrnn": version, "settings": chosen, "sha256": fingerprint(chosen)
        }  # fmt: skip
        write_whole(self.settings_file, json.dumps(record, indent=2, allow_nan=False) + "\n")

    def read_settings(self) -> RunSettings:
        """Return the settings.

        Raises: FileNotFoundError if this is no run; ValueError naming the file and what is wrong.
        """
        if not self.is_run():
            raise FileNotFoundError(
                f"{self.path} is no run: it has no {self.settings_file.name}. Begin one with "
                f"jaxrnn train TASK --out {self.path}."
            )
        record = _parse(self.settings_file)
        if record.get("format") != _FORMAT:
            raise ValueError(
                f"{self.settings_file}: written by jaxrnn {record.get('jaxrnn')} in format "
                f"{record.get('format')!r}, this one reads format {_FORMAT}."
            )
        if record.get("sha256") != fingerprint(record.get("settings")):
            raise ValueError(
                f"{self.settings_file}: its settings are not those that were written (another "
                "SHA-256). Put them back; a run is changed with jaxrnn resume, and a new one begun "
                "with jaxrnn train --config."
            )
        try:
            return settings_from_json(record.get("settings"))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.settings_file}: {error}") from None

    def read_codec(self) -> tuple[Any, int, int]:
        """Return (codec or None, input size D, output size O).

        Raises: ValueError naming the file and what is wrong; OSError if it can't be read.
        """
        if not self.codec_file.exists():
            raise FileNotFoundError(
                f"{self.codec_file} is missing: jaxrnn resume --run {self.path} writes it anew."
            )
        words = _parse(self.codec_file)
        sizes = [words.get(name) for name in ("input_size", "output_size")]
        if not all(type(size) is int and size > 0 for size in sizes):  # a bool is an int, too
            raise ValueError(f"{self.codec_file}: expected input_size and output_size above 0.")
        coded = words.get("codec")
        if not isinstance(coded, dict | None):
            raise ValueError(f"{self.codec_file}: expected a codec or null, got {coded!r}.")
        try:
            return (None if coded is None else codec_from_json(coded)), *sizes  # pyright: ignore
        except ValueError as error:
            raise ValueError(f"{self.codec_file}: {error}") from None


def _parse(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    if not content.strip():
        raise ValueError(f"{file}: the file is empty.")
    try:
        return strict_json.parse(content.strip(), file.name)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def settings_from_json(value: Any) -> RunSettings:
    """Return the settings in plain JSON data, every type checked.

    Shapes: none.
    Raises: ValueError or TypeError naming the field.

        >>> settings_from_json({"task": "sine", "model": {"hidden": 3}}).model.hidden
        3
    """
    name = value.get("task") if isinstance(value, dict) else None
    kind = find_kind(name if isinstance(name, str) else repr(name))
    return updated(RunSettings(str(name), data=kind.settings(), model=kind.model()), value)
