"""One file for a vocabulary and the params of its words: safetensors, any tool can read it.

The metadata holds one JSON text with the words, their counts, a format version, and a SHA-256 over
all of that and the arrays. Nothing is pickled, and nothing is used before the digest agrees.
"""

import os
from typing import Any

import jax.numpy as jnp

from jaxrnn.embeddings.descent import Word2VecParams
from jaxrnn.embeddings.vocabulary import WordVocabulary
from jaxrnn.files import read_plain, write_whole
from jaxrnn.strict_json import parse
from jaxrnn.strict_json import text as _json
from jaxrnn.tensor_file import as_array, check_width, digest, from_bytes, header, to_bytes

__all__ = ["load_words", "save_words"]

VERSION = 1
ENTRY = "jaxrnn words"  # of the metadata


def save_words(
    path: str | os.PathLike[str], vocabulary: WordVocabulary, params: Word2VecParams
) -> None:
    """Write words with their counts and both tables of vectors to one safetensors file.

    A file of that name survives a failed write. Missing folders are made.

    Shapes: params, see `Word2VecParams`.
    Raises: ValueError if they do not belong together; TypeError under `jax.jit`; OSError naming the
        path.

        >>> import tempfile
        >>> vocabulary = WordVocabulary(("a", "b"), (3, 2))
        >>> params = Word2VecParams(jnp.ones((2, 4)), jnp.zeros((2, 4)))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_words(f"{folder}/words.safetensors", vocabulary, params)
        ...     vocabulary2, params2 = load_words(f"{folder}/words.safetensors")
        >>> vocabulary2 == vocabulary, bool((params2.inputs == params.inputs).all())
        (True, True)
    """
    tables = zip(Word2VecParams._fields, params, strict=True)
    arrays = {name: as_array("save_words", f"params.{name}", leaf) for name, leaf in tables}
    if wrong := _misfit(vocabulary, arrays):
        raise ValueError(f"save_words: {wrong}.")
    found = {"version": VERSION, "sha256": "", "words": vocabulary.words}
    found["counts"] = vocabulary.counts
    found["sha256"] = digest(_json(found), arrays)
    write_whole(path, to_bytes(arrays, {ENTRY: _json(found)}))


def load_words(path: str | os.PathLike[str]) -> tuple[WordVocabulary, Word2VecParams]:
    """Read what `save_words` wrote, bit for bit.

    Shapes: as saved.
    Raises: ValueError naming the file and what is wrong with it: empty, cut off, damaged, of
        another program or version, 64-bit arrays while x64 is off; OSError if it can't be read.

        >>> load_words("no_such_file.safetensors")
        Traceback (most recent call last):
        FileNotFoundError: ...
    """
    try:
        return _decode(read_plain("load_words", path))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"load_words: {os.fspath(path)}: {error}") from error


def _decode(data: bytes) -> tuple[WordVocabulary, Word2VecParams]:
    metadata = header(data).get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(ENTRY), str):
        raise ValueError(f"not written by save_words: its metadata has no entry {ENTRY!r}")
    found = parse(metadata[ENTRY], f"the metadata entry {ENTRY!r}")
    if found.get("version") != VERSION:
        raise ValueError(
            f"written in format version {found.get('version')!r}, this jaxrnn reads version "
            f"{VERSION}. Update jaxrnn if the file is newer"
        )
    arrays = from_bytes(data)
    told = found.get("sha256")
    if not isinstance(told, str) or len(told) != 64:
        raise ValueError("damaged: no SHA-256 in its metadata")
    computed = digest(metadata[ENTRY].replace(told, "", 1), arrays)
    if computed != told:
        raise ValueError(f"damaged: its SHA-256 is {computed}, expected {told}")
    words, counts = found.get("words"), found.get("counts")
    if not isinstance(words, list) or not isinstance(counts, list):
        raise ValueError("damaged: no words and counts in its metadata")
    vocabulary = WordVocabulary(tuple(words), tuple(counts))
    if wrong := _misfit(vocabulary, arrays):
        raise ValueError(wrong)
    check_width(arrays)
    return vocabulary, Word2VecParams(**{name: jnp.asarray(a) for name, a in arrays.items()})


def _misfit(vocabulary: WordVocabulary, arrays: dict[str, Any]) -> str:
    """Return what is wrong with the arrays for these words; "" if nothing is."""
    words = len(vocabulary)
    shapes = {name: array.shape for name, array in arrays.items()}
    if set(shapes) == {"inputs", "outputs"} and all(a.ndim == 2 for a in arrays.values()):
        (rows, size), (others, width) = shapes["inputs"], shapes["outputs"]
        if rows == words and others in (words, words - 1) and size == width:
            return ""
    return (
        f"expected inputs [{words}, D] and outputs [{words} or {words - 1}, D] for {words} words, "
        f"got {shapes}"
    )
