"""Tiny files in the formats of the sets of series, sounds and pictures, for whoever has none."""

import gzip
import io
import json
import struct
import zipfile

import numpy as np

from jaxrnn.data.small_series import SMALL_SERIES
from jaxrnn.data.tarball import tar_of


def wav(samples, *, rate=8000, channels=1, bits=16, kind=1):
    """Return bytes of samples, already encoded, as the content of a WAV file."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    return riff((b"fmt ", form), (b"data", samples))


def riff(*chunks):
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def png(colour, size=64, mode="RGB", **options):
    from PIL import Image

    file = io.BytesIO()
    Image.new(mode, (size, size), colour).save(file, "png", **options)
    return file.getvalue()


def _zip(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def ett():
    names = "date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n"
    rows = "".join(f"2016-07-01 0{t}:00:00,{t},1,2,3,4,5,{t + 0.5}\n" for t in range(4))
    return {"ETTh1.csv": names + rows, "ETTh2.csv": names + rows.replace("2016", "2017")}


def small_series():
    files = {file.name: '"Month","Sales"\r\n"1-01",266.0\r\n"1-02",145.9' for file in SMALL_SERIES}
    files["exchange_rate.txt"] = "0.5,1,2,3,4,5,6,7\n0.6,1,2,3,4,5,6,7\n"
    files["seattle-weather.csv"] = "date,precipitation,weather\n2012-01-01,0.5,drizzle\n"
    files["weather.csv"] = "location,date,wind,weather\nNew York,2012-01-01,4.5,rain\n"
    return files


def stocks():
    return {
        "sp500-2000.csv": "date,open,close\n2000-01-03,1.5,2\n2000-01-04,2,3\n",
        "vix-daily.csv": "DATE,OPEN\r\n1990-01-02,17.24\r\n",
        "sp500-monthly-shiller.csv": "Date,SP500,PE10\n1871-01-01,4.44,0.0\n2026-01-01,7000,30\n",
        "stocks.csv": "symbol,date,price\nMSFT,Jan 1 2000,39.81\nAAPL,Mar 1 2010,223.02",
    }


def nab():
    rows = "".join(f"2014-04-01 00:{m:02}:00,{m / 2}\r\n" for m in range(0, 60, 5))
    windows = {
        "real/a.csv": [["2014-04-01 00:10:00.000000", "2014-04-01 00:20:00.000000"]],
        "real/b.csv": [],
    }
    archive = tar_of((f"data/{name}", f"timestamp,value\r\n{rows}".encode()) for name in windows)
    return {"nab_data.tar": archive, "combined_windows.json": json.dumps(windows)}


def spoken_digits():
    files = [
        (f"recordings/{digit}_{speaker}_{take}.wav", wav(struct.pack("<3h", digit, take, -32768)))
        for digit in (0, 7)
        for speaker in ("ann", "bob")
        for take in (0, 10, 4, 5)
    ]
    return {"recordings.tar": tar_of(files)}


def sensor_series():
    moves = "#About\n@problemName Moves\n@dimensions 2\n@classLabel true Run Rest\n@data\n"
    vowels = "@Dimensions 1\n@classLabel true 1 2\n@data\n"
    rooms = {
        "dataset/MovementAAL_RSS_1.csv": "#RSS_anchor1, RSS_anchor2\n-0.5,0.25\n0,1\n",
        "dataset/MovementAAL_RSS_2.csv": "#RSS_anchor1, RSS_anchor2\n0.5,0.5\n",
        "dataset/MovementAAL_target.csv": "#sequence_ID, class_label\n1,1\n2,-1\n",
        "groups/MovementAAL_DatasetGroup.csv": "#sequence_ID, dataset_ID\n1,1\n2,3\n",
        "groups/MovementAAL_Paths.csv": "#sequence_ID, path_ID\n1,6\n2,2\n",
        "README.txt": "words",
    }
    return {
        "BasicMotions_TRAIN.ts": f"{moves}1,2,3:4,5,6:Rest\n7,8,9:0,1,2:Run\n",
        "BasicMotions_TEST.ts": f"{moves}1,2,3:4,5,6:Run\n",
        "JapaneseVowels_TRAIN.ts": f"{vowels}1.5,2.5:2\n1:1\n",
        "JapaneseVowels_TEST.ts": f"{vowels}-1e-3,2:1\n",
        "IndoorMovement.zip": _zip(rooms),
    }


def emojione():
    captions = (
        "index\tfile\tshortname\tname\tcategory\tkeywords\n"
        "0\t1f600.png\tgrinning\tgrinning face\tpeople\thappy smiley\n"
        "1\t1f923.png\trofl\trolling on the floor\tpeople\t\n"
    )
    images = np.arange(2 * 32 * 32 * 3).reshape(2, 32, 32, 3).astype(np.uint8)
    return {"images_32x32_rgb.npy": npy(images), "captions.tsv": captions}


def as_bytes(content):
    return content.encode() if isinstance(content, str) else content


def write(folder, files, *, compressed=True):
    """Write the files of a set into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        content = as_bytes(content)
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name).write_bytes(content)
    return folder
