"""What there is to know of the data sets of series, sounds and pictures."""

from jaxrnn.data.emojione import EMOJIONE, load_emojione
from jaxrnn.data.entry import Entry
from jaxrnn.data.ett import ETT, load_ett
from jaxrnn.data.nab import NAB, load_nab
from jaxrnn.data.sensor_series import SENSOR_SERIES, load_sensor_series
from jaxrnn.data.small_series import SMALL_SERIES, load_small_series
from jaxrnn.data.spoken_digits import SPOKEN_DIGITS, load_spoken_digits
from jaxrnn.data.stocks import STOCKS, load_stocks

__all__ = ["ENTRIES"]

ENTRIES = (
    Entry(
        name="emojione_captions",
        title="EmojiOne 2.2.7: small drawn pictures with English names",
        licence="pictures CC BY 4.0, names MIT",
        source="https://github.com/Ranks/emojione/tree/v2.2.7",
        files=EMOJIONE,
        load=load_emojione,
        rows="1820 pictures of 32 x 32 with names",
        task="captions of pictures",
    ),
    Entry(
        name="ett_small",
        title="ETT-small: load and oil temperature of two electricity transformers",
        licence="CC BY-ND 4.0: pass the files on only as they are",
        source="https://github.com/zhouhaoyi/ETDataset",
        files=ETT,
        load=load_ett,
        rows="2 x 17420 hours x 7 variables",
        task="forecasting of many variables",
    ),
    Entry(
        name="timeseries_small",
        title="Twelve small classic time series",
        licence=(
            "mixed: unclear (Time Series Data Library, exchange rates); US public domain "
            "(weather); CC BY 4.0 (CO2)"
        ),
        source="https://github.com/jbrownlee/Datasets",
        files=SMALL_SERIES,
        load=load_small_series,
        rows="12 series of 36 to 7588 rows",
        task="forecasting of one variable or a few",
    ),
    Entry(
        name="stocks",
        title="S&P 500, VIX and five shares",
        licence="ODC PDDL (VIX, S&P 500 by month); unclear (Yahoo Finance: S&P 500 by day, shares)",
        source="https://github.com/datasets/s-and-p-500",
        files=STOCKS,
        load=load_stocks,
        rows="5105 and 9235 days, 1866 months, 560 prices",
        task="forecasting of prices",
    ),
    Entry(
        name="nab",
        title="Numenta Anomaly Benchmark: series in which something went wrong",
        licence="MIT",
        source="https://github.com/numenta/NAB",
        files=NAB,
        load=load_nab,
        rows="58 series, 365558 rows, 116 windows with an anomaly",
        task="detection of anomalies",
    ),
    Entry(
        name="fsdd",
        title="Free Spoken Digit Dataset: six people say the digits",
        licence="CC BY-SA 4.0",
        source="https://github.com/Jakobovski/free-spoken-digit-dataset",
        files=(SPOKEN_DIGITS,),
        load=load_spoken_digits,
        rows="2700 and 300 recordings",
        task="classification of speech",
    ),
    Entry(
        name="sensor_classification",
        title="BasicMotions, JapaneseVowels, Indoor movement: sensor series with a class each",
        licence="unclear (UEA archive); vowels and indoor movement CC BY 4.0 as UCI states now",
        source="https://github.com/sktime/sktime",
        files=SENSOR_SERIES,
        load=load_sensor_series,
        rows="40 and 40, 270 and 370, 314 series",
        task="classification of series of many lengths",
    ),
)
