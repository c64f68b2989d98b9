"""Readers of data sets, as NumPy arrays; nothing is downloaded unless you ask."""

from jaxrnn.data.archives import members
from jaxrnn.data.arrays_file import read_arrays
from jaxrnn.data.batches import shuffled
from jaxrnn.data.bucketing import Bucketed, good_buckets, padding_share
from jaxrnn.data.buckets import bucket_for, doubling, pad_to_bucket
from jaxrnn.data.catalogue import ENTRIES, data_set
from jaxrnn.data.conllu import (
    UD_ENGLISH_EWT,
    UD_KOREAN_GSD,
    Multiword,
    Sentence,
    Sentences,
    Treebank,
    Word,
    load_ud_english_ewt,
    load_ud_korean_gsd,
    read_conllu,
)
from jaxrnn.data.csv_table import Table, read_table
from jaxrnn.data.digits import load_digits
from jaxrnn.data.emojione import EMOJIONE, Captioned, load_emojione
from jaxrnn.data.entry import Entry
from jaxrnn.data.epochs import Epochs, epoch_order
from jaxrnn.data.ett import ETT, ETT_SPLIT, Ett, load_ett
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.korean_english import (
    KOREAN_ENGLISH,
    KoreanEnglish,
    Translations,
    load_korean_english,
)
from jaxrnn.data.labelled import Labelled, LabelledSplits
from jaxrnn.data.log_mel import log_mel
from jaxrnn.data.mackey_glass import mackey_glass17
from jaxrnn.data.mnist import MNIST, Images, load_mnist, read_idx
from jaxrnn.data.multi30k import MULTI30K, Captions, Multi30k, load_multi30k
from jaxrnn.data.nab import NAB, Watched, load_nab
from jaxrnn.data.narma import Driven, narma10
from jaxrnn.data.nsmc import NSMC, load_nsmc, rebuild_nsmc
from jaxrnn.data.own_text import read_text
from jaxrnn.data.packed import Packed, pack, packed_rows, unpack
from jaxrnn.data.scaling import Scaler
from jaxrnn.data.sensor_series import (
    SENSOR_SERIES,
    LabelledSeries,
    RoomChanges,
    SensorSeries,
    SplitSeries,
    load_sensor_series,
    parse_ts,
)
from jaxrnn.data.sentiment import (
    SENTIMENT_EN,
    TREC_CLASSES,
    SentimentEn,
    load_mr,
    load_sentiment_en,
    load_sst2,
    load_sst5,
    load_trec,
)
from jaxrnn.data.sine import Series, noisy_sine, sliding_windows
from jaxrnn.data.small_series import SMALL_SERIES, SmallSeries, load_small_series
from jaxrnn.data.source import DataFile, Recipe, cache_folder, find, read
from jaxrnn.data.spoken_digits import SPOKEN_DIGITS, Spoken, SpokenDigits, load_spoken_digits
from jaxrnn.data.stocks import STOCKS, Stocks, load_stocks
from jaxrnn.data.surnames import SURNAMES, load_surnames
from jaxrnn.data.text import (
    TINY_SHAKESPEARE,
    Streams,
    Vocabulary,
    load_tinyshakespeare,
    python_documentation,
    streams,
)
from jaxrnn.data.text8 import TEXT8_PREFIX, load_text8
from jaxrnn.data.tokenisers import (
    Characters,
    Normaliser,
    Subwords,
    Tokeniser,
    Words,
    check_ids,
    tokeniser_from_json,
)
from jaxrnn.data.wav import Recordings, read_wav, read_wav_folder
from jaxrnn.data.word_similarity import (
    WORD_SIMILARITY,
    Rated,
    WordSimilarity,
    load_word_similarity,
    read_analogies,
)

__all__ = [
    "EMOJIONE", "ENTRIES", "ETT", "ETT_SPLIT", "KOREAN_ENGLISH", "MNIST", "MULTI30K", "NAB",
    "NSMC", "SENSOR_SERIES", "SENTIMENT_EN", "SMALL_SERIES", "SPOKEN_DIGITS", "STOCKS",
    "SURNAMES", "TEXT8_PREFIX", "TINY_SHAKESPEARE", "TREC_CLASSES", "UD_ENGLISH_EWT",
    "UD_KOREAN_GSD", "WORD_SIMILARITY", "Bucketed", "Captioned", "Captions", "Characters",
    "DataFile", "Driven", "Entry", "Epochs", "Ett", "Images", "KoreanEnglish", "Labelled",
    "LabelledSeries", "LabelledSplits", "Multi30k", "Multiword", "Normaliser", "Packed",
    "Rated", "Recipe", "Recordings", "RoomChanges", "Scaler", "SensorSeries", "Sentence",
    "Sentences", "SentimentEn", "Series", "SmallSeries", "SplitSeries", "Spoken",
    "SpokenDigits", "Stocks", "Streams", "Subwords", "Table", "Tokeniser", "Translations",
    "Treebank", "Vocabulary", "Watched", "Word", "WordSimilarity", "Words", "bucket_for",
    "cache_folder", "check_ids", "data_set", "doubling", "epoch_order", "find", "fingerprint",
    "good_buckets", "load_digits", "load_emojione", "load_ett", "load_korean_english",
    "load_mnist", "load_mr", "load_multi30k", "load_nab", "load_nsmc", "load_sensor_series",
    "load_sentiment_en", "load_small_series", "load_spoken_digits", "load_sst2", "load_sst5",
    "load_stocks", "load_surnames", "load_text8", "load_tinyshakespeare", "load_trec",
    "load_ud_english_ewt", "load_ud_korean_gsd", "load_word_similarity", "log_mel",
    "mackey_glass17", "members", "narma10", "noisy_sine", "pack", "packed_rows",
    "pad_to_bucket", "padding_share", "parse_ts", "python_documentation", "read",
    "read_analogies", "read_arrays", "read_conllu", "read_idx", "read_table", "read_text",
    "read_wav", "read_wav_folder", "rebuild_nsmc", "shuffled", "sliding_windows", "streams",
    "tokeniser_from_json", "unpack",
]  # fmt: skip
