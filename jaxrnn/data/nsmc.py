"""Korean film reviews: a sample of the crawl behind NSMC."""

import hashlib
import json
import os
from collections.abc import Iterable

import numpy as np

from jaxrnn.data.labelled import Labelled, LabelledSplits, checked_label
from jaxrnn.data.lines import columns_of
from jaxrnn.data.source import DataFile, Recipe, read

__all__ = ["NSMC", "load_nsmc", "rebuild_nsmc"]

_COMMIT = "cc0670e872d4ac27bfe36c87456783004b39ef6c"
_HEADER = ["id", "document", "label"]
_SIZES = {"train": 25_000, "dev": 2_500, "test": 5_000}  # of each class
_SUMS = {
    "train": "ff0430ec580105c59d513faf9a437474ad8b66746f7211ff425f82214070b443",
    "dev": "d833503bbfe1dd09d743fa6448e97979f6f464657297ba2ec8bec6740a4bfea4",
    "test": "560efbaebb8cd9ce143ae99804c0242e8d7391b2423988f329841ebf2c7adedc",
}
NSMC = tuple(
    DataFile(
        "nsmc_raw_sample",
        f"nsmc_sample_{part}.txt",
        sha256,
        (),
        "CC0 1.0",
        Recipe(
            f"raw/*.json of https://codeload.github.com/e9t/nsmc/tar.gz/{_COMMIT} by "
            "jaxrnn.data.rebuild_nsmc"
        ),
    )
    for part, sha256 in _SUMS.items()
)


def load_nsmc(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> LabelledSplits:
    """Return 50000, 5000 and 10000 Korean film reviews, half negative (0), half positive (1).

    A derived set, and **not** the official split of NSMC, so figures on it are close to but not
    the same as published ones. `rebuild_nsmc` makes it of the raw crawl; nobody publishes the
    files as they are, so `download=True` can't fetch them.

    Source: Park (2016), Naver sentiment movie corpus, the raw crawl. CC0 1.0.
    Shapes: labels int32 `[50000]`, `[5000]`, `[10000]`.
    Args: folder, the one that holds `nsmc_sample_*.txt`, plain or .gz; None looks in
        `$JAXRNN_DATA/nsmc_raw_sample` and the cache.
    Raises: FileNotFoundError saying how to rebuild the files; ValueError for a damaged one, with
        file, line and column.

        >>> load_nsmc("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_nsmc: nsmc_sample_train.txt of the data set 'nsmc_raw_sample' is...
    """
    contents = [read("load_nsmc", file, folder, download=download) for file in NSMC]
    return LabelledSplits(
        *(_reviews(content, file.name) for content, file in zip(contents, NSMC, strict=True))
    )


def rebuild_nsmc(raw: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return the content of the three files of `load_nsmc`, made of the raw crawl.

    Reviews rated 9 or 10 are positive, 1 to 4 negative, others are dropped; white space is
    collapsed. In the order of the SHA-1 of their ids, the first 25000 of each class are to train
    on, the next 2500 to develop on, the next 5000 to test on. Put the files in a folder, where
    `load_nsmc` finds them:

        raw = members(open("nsmc.tar.gz", "rb").read(), "nsmc.tar.gz")
        for name, content in rebuild_nsmc(raw).items(): ...

    Shapes: none.
    Args: raw, name and content of files; only those named `raw/*.json` count, with or without
        folders before, each a JSON list of objects with review_id, rating and review.
    Raises: ValueError naming a file that is not so.

        >>> raw = [("raw/1.json", b'[{"review_id": "7", "rating": "10", "review": "good  film"}]')]
        >>> rebuild_nsmc(raw)["nsmc_sample_train.txt"]
        b'id\\tdocument\\tlabel\\n7\\tgood film\\t1\\n'
    """
    classes: tuple[dict[str, str], dict[str, str]] = ({}, {})  # the row of each digest
    for name, content in raw:
        if "/raw/" not in f"/{name}" or not name.endswith(".json"):
            continue
        for review_id, rating, review in _raw_reviews(content, name):
            document = " ".join(review.split())
            if document and not 5 <= rating <= 8:
                label = int(rating > 8)
                digest = hashlib.sha1(review_id.encode()).hexdigest()
                classes[label][digest] = f"{review_id}\t{document}\t{label}\n"
    files, start = {}, 0
    for part, size in _SIZES.items():
        rows = {d: rows[d] for rows in classes for d in sorted(rows)[start : start + size]}
        body = "".join(rows[digest] for digest in sorted(rows))
        files[f"nsmc_sample_{part}.txt"] = ("\t".join(_HEADER) + "\n" + body).encode()
        start += size
    return files


def _raw_reviews(content: bytes, name: str) -> list[tuple[str, int, str]]:
    try:
        return [
            (str(review["review_id"]), int(review["rating"]), str(review["review"]))
            for review in json.loads(content)
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"rebuild_nsmc: {name}: expected a JSON list of objects with review_id, rating and "
            f"review, got {content[:40]!r} ({type(error).__name__}: {error})."
        ) from None


def _reviews(content: bytes, name: str) -> Labelled:
    rows = columns_of("load_nsmc", content, name, "\t", len(_HEADER))
    header = next(rows, (1, []))[1]
    if header != _HEADER:
        raise ValueError(f"load_nsmc: {name}, line 1: expected the header {_HEADER}, got {header}.")
    texts, labels = [], []
    for number, (_, document, label) in rows:
        texts.append(document)
        labels.append(checked_label("load_nsmc", name, number, 3, label, 2))
    return Labelled(tuple(texts), np.array(labels, np.int32))
