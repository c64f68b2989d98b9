"""Korean and English sentences that say the same: news, examples, and short everyday ones."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from jaxrnn.data.archives import members
from jaxrnn.data.lines import columns_of
from jaxrnn.data.parallel import read_parallel
from jaxrnn.data.source import DataFile, Recipe, read

__all__ = ["KOREAN_ENGLISH", "KoreanEnglish", "Translations", "load_korean_english"]

_PARK_HOME = (
    "https://raw.githubusercontent.com/jungyeul/korean-parallel-corpora/"
    "a1fb53dc5216f3a2d07d973456d8921ed23c88c6/"
)
_TATOEBA_HOME = (
    "https://raw.githubusercontent.com/gyungsubLee/learning-model_seq2seq_transformer/"
    "402759702fcb7d7a65d33b1e40eabc5688ea248f/data/eng-kor.txt"
)
_LICENCE = "CC BY-SA 3.0 (korean-parallel-corpora)"
_TATOEBA_LICENCE = "CC BY 2.0 FR (Tatoeba)"
_NEWS_SUMS = {
    "korean-english-park.dev.en": (
        "98e0d1284685328701410f9656098d9939ca69ab262bf69a9e1a7f9d716ef1dc"
    ),
    "korean-english-park.dev.ko": (
        "248e0dd8e560db90ea7b51e4959a33d67a7bba48872429bc90f416ea8acbac44"
    ),
    "korean-english-park.test.en": (
        "76e43f2ed5ce5d20e4187fb7bb167f5771db8d06ec34c66410ea044c35eed77c"
    ),
    "korean-english-park.test.ko": (
        "02d1445fcdcd26f99b29a7d5bf692688634571310c1f2d1093cfb2e2d1eb6be4"
    ),
}
_JHE_SUMS = {
    "jhe-koen-dev.en": "ccf0c0ca7601b5cae37891ecf89c72c951ac162a20738ac894e3faf804c4c4af",
    "jhe-koen-dev.ko": "2b02238c122aac40860aebfb191cfcdb46553e6b55b447f8188e04cabe00b828",
    "jhe-koen-eval.en": "dc4c0975092f3cfd5c60e3cea24e6b2a400e4373208cd9f3ed6b0cc44c01cc3b",
    "jhe-koen-eval.ko": "531b18d6640aaf63b86753c631c8ee6d7d23c10b9f9c56cb99c9da086417cb86",
}


def _news_file(name: str, sha256: str) -> DataFile:
    archive = f"{name.rpartition('.')[0]}.tar.gz"

    def member(contents: Sequence[bytes]) -> bytes:
        for path, content in members(contents[0], archive):
            if path.split("/")[-1] == name:
                return content
        raise ValueError(f"{archive} has no member {name}")

    recipe = Recipe(
        f"the member {name} of {archive}",
        (f"{_PARK_HOME}korean-english-news-v1/{archive}",),
        member,
    )
    return DataFile("korean_english", name, sha256, (), _LICENCE, recipe)


_TATOEBA = DataFile(
    "korean_english",
    "tatoeba_eng-kor.txt",
    "4bc156eb40723e6954c76f3c29108c9af85249eab67677ed04132f3becc66eea",
    (_TATOEBA_HOME,),
    _TATOEBA_LICENCE,
)
_FILES = {name: _news_file(name, sha256) for name, sha256 in _NEWS_SUMS.items()} | {
    name: DataFile(
        "korean_english", name, sha256, (f"{_PARK_HOME}korean-english-jhe/{name}",), _LICENCE
    )
    for name, sha256 in _JHE_SUMS.items()
}
KOREAN_ENGLISH = (*_FILES.values(), _TATOEBA)


class Translations(NamedTuple):
    """Sentences in Korean and in English, as many of each."""

    ko: tuple[str, ...]
    en: tuple[str, ...]


class KoreanEnglish(NamedTuple):
    """News to develop and to test on, the same of JHE, and short sentences, not split."""

    news_dev: Translations
    news_test: Translations
    jhe_dev: Translations
    jhe_eval: Translations
    tatoeba: Translations


def load_korean_english(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> KoreanEnglish:
    """Return Korean and English sentences: news 1000 and 2000, JHE 720 and 720, Tatoeba 5890.

    The part of the news to train on is not among them. The four files of news are members of two
    archives, `korean-english-park.dev.tar.gz` and `.test.tar.gz`; `download=True` takes them out.
    Tatoeba goes from short sentences to long ones, and one English sentence may come with several
    Korean ones (5245 are distinct): split it by the English sentence.

    Source: Park, Hong and Cha (2016), Korean parallel corpora; Tatoeba by way of manythings.org.
    CC BY-SA 3.0; Tatoeba CC BY 2.0 FR.
    Shapes: none.
    Args: folder, the one that holds `tatoeba_eng-kor.txt` and the other 8 files, plain or .gz;
        None looks in `$JAXRNN_DATA/korean_english` and the cache. download, whether 1.3 MB may be
        fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError for a damaged one, with
        file and line, or if the two languages differ in their number of lines.

        >>> load_korean_english("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_korean_english: korean-english-park.dev.ko of the data set...
    """
    news_dev = _pair("korean-english-park.dev", folder, download)
    news_test = _pair("korean-english-park.test", folder, download)
    jhe_dev = _pair("jhe-koen-dev", folder, download)
    jhe_eval = _pair("jhe-koen-eval", folder, download)
    content = read("load_korean_english", _TATOEBA, folder, download=download)
    rows = [
        (korean, english)
        for _, (english, korean) in columns_of(
            "load_korean_english", content, _TATOEBA.name, "\t", 2
        )
    ]
    short = Translations(tuple(row[0] for row in rows), tuple(row[1] for row in rows))
    return KoreanEnglish(news_dev, news_test, jhe_dev, jhe_eval, short)


def _pair(stem: str, folder: str | os.PathLike[str] | None, download: bool) -> Translations:
    contents = {
        name: read("load_korean_english", _FILES[name], folder, download=download)
        for name in (f"{stem}.ko", f"{stem}.en")
    }
    return Translations(*read_parallel("load_korean_english", contents))
