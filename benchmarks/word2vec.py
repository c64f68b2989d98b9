"""Word2vec: words per second, and agreement with people, beside gensim on the same text.

Both read the first 1.17 million words of text8 with the same settings, and judge their vectors by
the same code. gensim (pip install gensim) is left out if it is not installed.

    python benchmarks/word2vec.py            a quarter of an hour or so on two cores
    python benchmarks/word2vec.py --small    a minute, to see that it works

Prints a table; writes it to results/word2vec.md with a picture of words, word2vec.png, and appends
each row, as one line of JSON with command, machine, versions and date, to results/word2vec.jsonl.
"""

import importlib.metadata
import importlib.util
import os
import statistics
import time
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import jax
import typer
from common import RESULTS, Out, Row, Small, about_run, finite, head, keep, line, title

from jaxrnn.data import Rated, load_text8, load_word_similarity
from jaxrnn.embeddings import (
    Chunks,
    Corpus,
    HierarchicalSoftmax,
    LinearRate,
    NegativeSampling,
    Word2Vec,
    WordVectors,
    WordVocabulary,
    agreement,
    answers,
    cbow,
    cbow_undivided,
    content_words,
    corpus_of,
    draw_words,
    keep_rates,
    make_step,
    sentences_of,
    skip_gram,
    train,
)
from jaxrnn.report.words import number

NAME = "word2vec"
SIZE, WINDOW, MIN_COUNT, NEGATIVES, SAMPLE = 100, 5, 5, 5, 1e-3
RATE = LinearRate(0.025, 1e-4)
JUDGES = ("WS-353-ALL", "SIMLEX-999", "MEN-TR-3k")
GOAL = 0.02  # how far below gensim's WS-353-ALL is allowed
HIDDEN = {"skip-gram": skip_gram, "CBOW": cbow_undivided, "CBOW, true gradient": cbow}
OBJECTIVES = {
    "negative sampling": NegativeSampling(NEGATIVES),
    "hierarchical softmax": HierarchicalSoftmax(),
}
FOUR = [(h, o) for h in ("skip-gram", "CBOW") for o in OBJECTIVES]
# beside the default batch, with the first seed
OTHERS = [
    *[("skip-gram", "negative sampling", batch) for batch in (4, 32, 64, 128)],
    *[("skip-gram", "hierarchical softmax", batch) for batch in (4, 32)],
    ("CBOW, true gradient", "negative sampling", Word2Vec().batch),
]


class Text(NamedTuple):
    sentences: list[list[str]]
    vocabulary: WordVocabulary
    corpus: Corpus
    words: int


class Judges(NamedTuple):
    rated: dict[str, Sequence[Rated]]
    questions: list[tuple[str, str, str, str]]


def text_of(small: bool) -> Text:
    sentences = sentences_of(load_text8())[: 100 if small else None]
    vocabulary = WordVocabulary.of(sentences, MIN_COUNT)
    words = sum(map(len, sentences))
    return Text(sentences, vocabulary, corpus_of(vocabulary, sentences), words)


def all_judges() -> Judges:
    found = load_word_similarity()
    questions = [
        (a.lower(), b.lower(), c.lower(), d.lower())
        for section in found.analogies.values()
        for a, b, c, d in section
    ]
    return Judges({name: found.pairs[name] for name in JUDGES}, questions)


def judged(words: Sequence[str], vectors: Any, judges: Judges) -> Row:
    """Return rank correlations and the share of right analogies; None where training diverged."""
    try:
        named = WordVectors(tuple(words), vectors)
    except ValueError:  # not finite
        return {**dict.fromkeys(JUDGES), "analogies": None}
    found = answers(named, judges.questions)
    return {
        **{name: finite(agreement(named, rated).spearman) for name, rated in judges.rated.items()},
        "analogies": found.correct / max(found.asked, 1),
    }


def ours(
    text: Text, hidden: str, objective: str, epochs: int, seed: int, batch: int
) -> tuple[Any, Row]:
    """Return the vectors, and what training took."""
    model = Word2Vec(SIZE, HIDDEN[hidden], OBJECTIVES[objective], batch)
    chunks = Chunks(text.corpus, keep_rates(text.vocabulary.counts, SAMPLE), WINDOW, seed=seed)
    step = make_step(model, text.vocabulary)
    of_init, key = jax.random.split(jax.random.key(seed))
    params = model.init(of_init, len(text.vocabulary))
    begin = time.perf_counter()
    jax.block_until_ready(step(params, chunks.chunk_of(0), RATE.first, key))
    start = time.perf_counter()
    for trained in train(step, chunks, params, key, epochs=epochs, rate=RATE):
        params = trained.params
    jax.block_until_ready(params)
    seconds = time.perf_counter() - start
    return params.inputs, {"batch": batch, "seconds": seconds, "first_step": start - begin}


def gensims(text: Text, hidden: str, objective: str, epochs: int, seed: int) -> tuple[Any, Row]:
    from gensim.models import Word2Vec as Peer

    negative = NEGATIVES if objective == "negative sampling" else 0
    peer = Peer(
        vector_size=SIZE, window=WINDOW, min_count=MIN_COUNT, sample=SAMPLE, negative=negative,
        hs=int(not negative), sg=int(hidden == "skip-gram"), alpha=RATE.first,
        min_alpha=RATE.last, seed=seed, workers=os.cpu_count() or 1,
    )  # fmt: skip
    peer.build_vocab(text.sentences)
    start = time.perf_counter()
    peer.train(text.sentences, total_examples=len(text.sentences), epochs=epochs)
    seconds = time.perf_counter() - start
    return peer.wv[list(text.vocabulary.words)], {"workers": peer.workers, "seconds": seconds}


def row_of(library: str, names: tuple[str, str], seed: int, epochs: int, words: int) -> Row:
    return {
        "library": library, "model": names[0], "objective": names[1], "seed": seed,
        "epochs": epochs, "words": words,
    }  # fmt: skip


def with_results(row: Row, cost: Row, words: Sequence[str], vectors: Any, judges: Judges) -> Row:
    speed = row["epochs"] * row["words"] / cost["seconds"]
    row = {**row, **cost, "words_per_second": speed, **judged(words, vectors, judges)}
    texts = [row["library"], row["model"], row["objective"], f"seed {row['seed']}"]
    print(", ".join(texts), f"batch {row.get('batch')}", shown(row["WS-353-ALL"]), number(speed))
    return row


def shown(value: float | None) -> str:
    return "diverged" if value is None else f"{value:.3f}"


def mean_of(rows: list[Row], field: str) -> float | None:
    values = [row[field] for row in rows]
    return None if None in values else statistics.mean(values)


COLUMNS = (
    "library", "model", "objective", "batch", "words/s", "WS-353", "SimLex-999", "MEN-3k",
    "analogies",
)  # fmt: skip
WIDTHS = (7, 19, 20, 5, 8, 8, 10, 8, 9)


def line_of(rows: list[Row]) -> str:
    """Return the line of runs that differ in their seed alone."""
    first = rows[0]
    means = [shown(mean_of(rows, field)) for field in (*JUDGES, "analogies")]
    speed = number(statistics.median(row["words_per_second"] for row in rows))
    names = [first["library"], first["model"], first["objective"], str(first.get("batch", ""))]
    return line([*names, speed, *means], WIDTHS, 3)


def goal_of(rows: list[Row]) -> str:
    """Return the sentence on the goal, for skip-gram with negative sampling."""
    default = Word2Vec().batch
    both = {
        library: mean_of([
            row for row in rows
            if (row["library"], row["model"], row["objective"]) == (library, *FOUR[0])
            and row.get("batch", default) == default
        ], JUDGES[0])
        for library in ("jaxrnn", "gensim")
    }  # fmt: skip
    mine, theirs = both["jaxrnn"], both["gensim"]
    if mine is None or theirs is None:
        return "Goal: not judged, a training diverged."
    reached = "reached" if mine >= theirs - GOAL else "missed"
    return (
        f"Goal, skip-gram with negative sampling: WS-353 {mine:.3f}, at least gensim's "
        f"{theirs:.3f} - {GOAL}: {reached}."
    )


def document(
    text: Text, rows: list[Row], seeds: int, epochs: int, about: Row, goal: list[str]
) -> list[str]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        kind = (row["library"], row["model"], row["objective"], row.get("batch"))
        groups.setdefault(kind, []).append(row)
    default = Word2Vec().batch
    main = [g for kind, g in groups.items() if kind[1:3] in FOUR and kind[3] in (None, default)]
    rest = [g for g in groups.values() if g not in main]
    return [
        *title("Word2vec", about),
        f"{text.words} words of text8 in sentences of 1000, {len(text.vocabulary)} of them in the "
        f"vocabulary; size {SIZE}, window {WINDOW}, min_count {MIN_COUNT}, sample {SAMPLE}, "
        f"{NEGATIVES} negatives, {epochs} epochs, learning rate {RATE.first} to {RATE.last}. Means "
        f"over the seeds 1 to {seeds}; words/s is the median, of training alone, without the "
        "vocabulary and, for jaxrnn, without compiling (first_step in the .jsonl). gensim has one "
        "worker for each core. WS-353, SimLex-999, MEN-3k: Spearman's rank correlation over the "
        "pairs that the vocabulary knows; analogies: share of right answers (3CosAdd, all words).",
        "",
        *head(COLUMNS, WIDTHS, 3),
        *[line_of(group) for group in main],
        "",
        *goal,
        "Other batches, and CBOW with the gradient of its loss, with seed 1:",
        "",
        *head(COLUMNS, WIDTHS, 3),
        *[line_of(group) for group in rest],
        "",
    ]


def main(
    small: Small = False,
    seeds: Annotated[int, typer.Option(help="Trainings of each kind.")] = 3,
    epochs: Annotated[int, typer.Option(help="Times through the text.")] = 5,
    out: Out = RESULTS,
) -> None:
    """Train the four kinds in both libraries, and judge the vectors."""
    if small:
        seeds, epochs = 1, 1
    text, judges, about = text_of(small), all_judges(), about_run(NAME)
    has_peer = importlib.util.find_spec("gensim") is not None
    if has_peer:
        about["versions"]["gensim"] = importlib.metadata.version("gensim")
    jobs = [(*names, Word2Vec().batch, seed) for names in FOUR for seed in range(1, seeds + 1)]
    jobs += [(*other, 1) for other in OTHERS]
    words, rows = text.vocabulary.words, []
    picture = None
    for hidden, objective, batch, seed in jobs:
        names = (hidden, objective)
        vectors, cost = ours(text, hidden, objective, epochs, seed, batch)
        row = row_of("jaxrnn", names, seed, epochs, text.words)
        rows.append(with_results(row, cost, words, vectors, judges))
        if picture is None:
            picture = WordVectors(words, vectors)
        if has_peer and names in FOUR and batch == Word2Vec().batch:
            vectors, cost = gensims(text, hidden, objective, epochs, seed)
            row = row_of("gensim", names, seed, epochs, text.words)
            rows.append(with_results(row, cost, words, vectors, judges))
    goal = [goal_of(rows), ""] if has_peer and not small else []
    lines = document(text, rows, seeds, epochs, about, goal)
    print("\n".join(lines))
    keep(out, NAME, rows, about, lines)
    if picture is not None:
        draw_words(out / f"{NAME}.png", picture, content_words(text.vocabulary))


if __name__ == "__main__":
    typer.run(main)
