"""Vectors of words, learned from the words around them: word2vec."""

from jaxrnn.embeddings.descent import (
    LinearRate,
    Trained,
    Word2Vec,
    Word2VecParams,
    make_step,
    train,
)
from jaxrnn.embeddings.huffman import Paths, huffman
from jaxrnn.embeddings.losses import Hidden, cbow, cbow_undivided, logistic_loss, skip_gram
from jaxrnn.embeddings.noise import AliasTable, alias_table, draw
from jaxrnn.embeddings.objectives import (
    HierarchicalSoftmax,
    NegativeSampling,
    Objective,
    Targets,
)
from jaxrnn.embeddings.picture import content_words, draw_words, plane
from jaxrnn.embeddings.saving import load_words, save_words
from jaxrnn.embeddings.similarity import (
    Agreement,
    Answers,
    Near,
    agreement,
    analogy,
    answers,
    nearest,
)
from jaxrnn.embeddings.vectors import WordVectors
from jaxrnn.embeddings.vocabulary import (
    WordVocabulary,
    keep_rates,
    noise_rates,
    sentences_of,
)
from jaxrnn.embeddings.windows import Chunk, Chunks, Corpus, corpus_of

__all__ = [
    "Agreement",
    "AliasTable",
    "Answers",
    "Chunk",
    "Chunks",
    "Corpus",
    "Hidden",
    "HierarchicalSoftmax",
    "LinearRate",
    "Near",
    "NegativeSampling",
    "Objective",
    "Paths",
    "Targets",
    "Trained",
    "Word2Vec",
    "Word2VecParams",
    "WordVectors",
    "WordVocabulary",
    "agreement",
    "alias_table",
    "analogy",
    "answers",
    "cbow",
    "cbow_undivided",
    "content_words",
    "corpus_of",
    "draw",
    "draw_words",
    "huffman",
    "keep_rates",
    "load_words",
    "logistic_loss",
    "make_step",
    "nearest",
    "noise_rates",
    "plane",
    "save_words",
    "sentences_of",
    "skip_gram",
    "train",
]  # fmt: skip
