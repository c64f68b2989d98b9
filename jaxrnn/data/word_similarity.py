"""How alike people find two words, and analogies: what embeddings of words are judged by."""

import os
from typing import NamedTuple

from jaxrnn.data.lines import columns_of, lines_of, number_in
from jaxrnn.data.source import DataFile, read

__all__ = ["WORD_SIMILARITY", "Rated", "WordSimilarity", "load_word_similarity", "read_analogies"]

_PAIRS_HOME = (
    "https://raw.githubusercontent.com/mfaruqui/eval-word-vectors/"
    "94b3dd9fdbac7ed08dbee7179cd5ee464acf0594/data/word-sim/"
)
_ANALOGIES_HOME = (
    "https://raw.githubusercontent.com/celticspp/word2vec/43e1bb34d39534103ff79fbbec57f9e169ae206a/"
)
_LICENCE = (
    "collection MIT, analogies Apache-2.0, WordSim-353 CC BY 4.0 as its authors say; the other "
    "sets are free for research, with no terms stated"
)
_SUMS = {
    "WS-353-ALL": "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c",
    "WS-353-SIM": "f1da938998863c94e53f72f984a5c6e215f0b46c323aae8f0f4930703a339107",
    "WS-353-REL": "66a7c88100624d0a391605ff61ce84e11d11ee620d51ec0298da49592838f8fa",
    "SIMLEX-999": "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685",
    "MEN-TR-3k": "888b13580faa362c7b11da0a670258cf1b1eb4bf0ecbcd418918729a3bd3f43a",
    "RG-65": "c243f3a91c3f5d8cf67f21a67f6fb80bde8b6bb060851a6a48e6f2d68ec98c9f",
    "MC-30": "33ee05911496ff83d95cac351d0746c6f63b9181b605cb7d307f4daa8864511b",
    "MTurk-287": "a9ae3a9decb75a9700fe0cf18b048c1344774d9f40e0196baf8e34d4cd9d1ce5",
    "MTurk-771": "04dc297c9e86b6fa7cf8ef0e4ba2e2c8d3399ec68d92fb7a53c0b4aae27198b5",
    "RW-STANFORD": "5108d54dfc746f44f9c3d7e31d2857c37cf71430bc1594175a61a3b89bb0ae1f",
    "SimVerb-3500": "9d84274e7ad029fd3cf69dd0516e9ade624bbef9bd4e2050f6cc1fa01471e0f5",
    "VERB-143": "7259e19961c81912aa4c72de0102e480b2ad2bb9f4ce97d036fbde8e1a403001",
    "YP-130": "7643fdbc6158c3424061e2cba450c71285767266ff9f3db947bfc1f1f5ce67ab",
}
_PAIRS = {
    name: DataFile(
        "word_similarity", f"EN-{name}.txt", sha256, (f"{_PAIRS_HOME}EN-{name}.txt",), _LICENCE
    )
    for name, sha256 in _SUMS.items()
}
_ANALOGIES = DataFile(
    "word_similarity",
    "questions-words.txt",
    "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
    (f"{_ANALOGIES_HOME}questions-words.txt",),
    _LICENCE,
)
WORD_SIMILARITY = (*_PAIRS.values(), _ANALOGIES)

_Analogy = tuple[str, str, str, str]


class Rated(NamedTuple):
    """Two words, and how alike people found them; each set has a scale of its own."""

    one: str
    other: str
    score: float


class WordSimilarity(NamedTuple):
    """Sets of rated pairs by name, and sections of analogies by name.

    An analogy is four words: the first is to the second as the third is to the fourth.
    """

    pairs: dict[str, tuple[Rated, ...]]
    analogies: dict[str, tuple[_Analogy, ...]]


def load_word_similarity(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> WordSimilarity:
    """Return 13 sets of rated pairs of English words, 11768 pairs, and 19544 analogies.

    Compare the sets by the rank correlation of Spearman, since their scales differ. Words are in
    small letters in the pairs, but not in the analogies.

    Source: Faruqui and Dyer (2014), for the pairs; Mikolov et al. (2013), for the analogies.
    Shapes: none.
    Args: folder, the one that holds `EN-*.txt` and `questions-words.txt`, plain or .gz; None looks
        in `$JAXRNN_DATA/word_similarity` and the cache. download, whether 0.9 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError if one is damaged, with
        file, line and column.

        >>> load_word_similarity("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_word_similarity: EN-WS-353-ALL.txt of the data set...
    """
    owner = "load_word_similarity"
    pairs = {
        name: _read_pairs(owner, read(owner, file, folder, download=download), file.name)
        for name, file in _PAIRS.items()
    }
    content = read(owner, _ANALOGIES, folder, download=download)
    return WordSimilarity(pairs, read_analogies(content, _ANALOGIES.name))


def read_analogies(content: bytes, name: str = "content") -> dict[str, tuple[_Analogy, ...]]:
    """Return the sections of a file of analogies: a line `: name`, then lines of four words.

    Shapes: none. Args: name, of the file, for errors.
    Raises: ValueError naming file and line that is neither, or comes before the first section.

        >>> read_analogies(b": family\\nboy girl king queen\\n")
        {'family': (('boy', 'girl', 'king', 'queen'),)}
    """
    sections: dict[str, list[_Analogy]] = {}
    section: list[_Analogy] | None = None
    for number, line in lines_of("read_analogies", content, name):
        if line.startswith(":"):
            section = sections.setdefault(line[1:].strip(), [])
            continue
        words = line.split()
        if section is None or len(words) != 4:
            raise ValueError(
                f"read_analogies: {name}, line {number}: expected ': section' first and then "
                f"4 words in each line, got {len(words)} words: {line[:60]!r}."
            )
        section.append((words[0], words[1], words[2], words[3]))
    return {title: tuple(analogies) for title, analogies in sections.items()}


def _read_pairs(owner: str, content: bytes, name: str) -> tuple[Rated, ...]:
    return tuple(
        Rated(one, other, number_in(owner, name, line, 3, score, float))
        for line, (one, other, score) in columns_of(owner, content, name, None, 3)
    )
