"""Finding, fetching and checking files: every way in which a download goes wrong (F25)."""

import gzip
import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from jaxrnn.data import DataFile, cache_folder, find, read
from jaxrnn.data import source as source_module
from jaxrnn.data.source import Recipe

CONTENT = b"To be, or not to be\n" * 2000
PAGE = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"


def data_file(*urls, content=CONTENT, recipe=None):
    digest = hashlib.sha256(content).hexdigest()
    return DataFile("plays", "hamlet.txt", digest, urls, "public domain", recipe)


@pytest.fixture
def served():
    """Start a server on this machine: {path: (content, how many bytes of it are sent)}."""
    answers, asked = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path not in answers:
                self.send_error(404)
                return
            content, sent = answers[self.path]
            if isinstance(sent, list):  # one after the other
                sent = sent.pop(0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:sent])

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def add(path, content, sent=None):
        answers[path] = (content, sent)
        return f"http://127.0.0.1:{server.server_port}{path}"

    add.asked = asked
    yield add
    server.shutdown()
    server.server_close()
    thread.join()


def left_over():
    return sorted(p.name for p in cache_folder().rglob("*") if p.is_file())


def test_places_in_order(tmp_path, monkeypatch):
    file = data_file()
    assert find(file) is None
    places = [cache_folder() / "plays", tmp_path / "data" / "plays", tmp_path / "own"]
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path / "data"))
    for place in places:  # the later ones win
        place.mkdir(parents=True)
        (place / "hamlet.txt.gz").write_bytes(gzip.compress(CONTENT, mtime=0))
    assert find(file, tmp_path / "own") == tmp_path / "own" / "hamlet.txt.gz"
    assert find(file) == tmp_path / "data" / "plays" / "hamlet.txt.gz"
    monkeypatch.delenv("JAXRNN_DATA")
    assert find(file) == cache_folder() / "plays" / "hamlet.txt.gz"
    assert read("load", file) == CONTENT


def test_a_given_folder_is_the_only_place(tmp_path):
    (cache_folder() / "plays").mkdir(parents=True)
    (cache_folder() / "plays" / "hamlet.txt").write_bytes(CONTENT)
    with pytest.raises(FileNotFoundError, match=r"looked in .*other\)"):
        read("load", data_file(), tmp_path / "other", download=True)


def test_own_files_are_taken_as_they_are(tmp_path):
    (tmp_path / "hamlet.txt").write_bytes(b"another text")
    assert read("load", data_file(), tmp_path) == b"another text"


def test_home_is_the_cache_without_xdg(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "jaxrnn"


def test_missing_says_every_way_to_supply_it(monkeypatch):
    monkeypatch.setattr(source_module, "_fetch", lambda url: pytest.fail("network was touched"))
    with pytest.raises(FileNotFoundError) as error:
        read("load", data_file("https://example.org/hamlet.txt.gz"))
    text = str(error.value)
    assert text.startswith("load: hamlet.txt of the data set 'plays' is not at hand")
    for part in (
        "pass folder=", "JAXRNN_DATA is not set", "download=True", str(cache_folder() / "plays"),
        "get it from https://example.org/hamlet.txt.gz and put it at", "hamlet.txt.gz",
    ):  # fmt: skip
        assert part in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "content", [CONTENT, gzip.compress(CONTENT, mtime=0)], ids=["plain", "gzip"]
)
def test_download_is_checked_and_kept(served, content, capsys):
    file = data_file(served("/hamlet", content))
    assert read("load", file, download=True) == CONTENT
    said = capsys.readouterr().err
    assert said.startswith("hamlet.txt of the data set 'plays', licence: public domain\n")
    assert "downloading http://127.0.0.1" in said
    assert find(file).read_bytes() == CONTENT
    assert left_over() == ["hamlet.txt"]
    assert read("load", file) == CONTENT
    assert capsys.readouterr().err == ""  # from the cache


def test_download_from_a_file_url(tmp_path):
    (tmp_path / "mirror.txt").write_bytes(CONTENT)
    assert read("load", data_file((tmp_path / "mirror.txt").as_uri()), download=True) == CONTENT


def test_progress_on_a_terminal(served, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    read("load", data_file(served("/hamlet", CONTENT)), download=True)
    assert "\r  0.0 of 0.0 MB \n" in capsys.readouterr().err


def test_second_home_is_tried(served):
    file = data_file(served("/wrong", b"something else"), served("/right", CONTENT))
    assert read("load", file, download=True) == CONTENT


@pytest.mark.parametrize(
    ("content", "sent", "message"),
    [
        (b"something else", None, r"the content has sha256 [0-9a-f]{64}, expected [0-9a-f]{64}"),
        (CONTENT, len(CONTENT) // 2, "cut after 20000 of 40000 bytes, twice"),
        (gzip.compress(CONTENT, mtime=0)[:-20], None, "it is no whole gzip file"),
        (PAGE, None, "an HTML page came instead of the file.* sha256 [0-9a-f]{64}, expected"),
    ],
    ids=["digest", "cut", "cut gzip", "html"],
)
def test_f25_a_bad_answer_is_named_and_nothing_is_left(served, content, sent, message):
    with pytest.raises(FileNotFoundError, match=message) as error:
        read("load", data_file(served("/hamlet", content, sent)), download=True)
    assert left_over() == []
    assert f"put it at {cache_folder() / 'plays' / 'hamlet.txt'}" in str(error.value)


def test_f25_both_digests_are_shown(served):
    with pytest.raises(FileNotFoundError) as error:
        read("load", data_file(served("/hamlet", b"something else")), download=True)
    for content in (b"something else", CONTENT):
        assert hashlib.sha256(content).hexdigest() in str(error.value)


def test_f25_a_cut_answer_is_asked_for_once_more(served, capsys):
    file = data_file(served("/hamlet", CONTENT, [20000, None]))
    assert read("load", file, download=True) == CONTENT
    assert "the connection was cut, trying again" in capsys.readouterr().err
    assert served.asked == ["/hamlet", "/hamlet"]


def test_f25_an_answer_without_an_end_is_refused(served, monkeypatch):
    monkeypatch.setattr(source_module, "_LIMIT", 30000)
    with pytest.raises(FileNotFoundError, match="longer than the limit of 30000 bytes"):
        read("load", data_file(served("/hamlet", CONTENT)), download=True)
    assert left_over() == []


def test_no_such_page(served):
    served("/hamlet", CONTENT)
    url = served("/hamlet", CONTENT).replace("hamlet", "othello")
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded .*Not Found"):
        read("load", data_file(url), download=True)


def test_f25_offline():
    # nothing listens on port 9 of this machine
    with pytest.raises(
        FileNotFoundError, match=r"no answer, .*refused; is this machine offline\?.*pass folder="
    ):
        read("load", data_file("http://127.0.0.1:9/hamlet.txt"), download=True)


def test_f25_interrupted_while_writing_leaves_nothing(served, monkeypatch):
    def interrupted(*names):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read("load", data_file(served("/hamlet", CONTENT)), download=True)
    assert left_over() == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("hamlet.txt", CONTENT[:-1], "sha256"),
        ("hamlet.txt.gz", gzip.compress(CONTENT, mtime=0)[:99], "no whole gzip"),
    ],
    ids=["plain", "gzip"],
)
def test_f25_a_damaged_cache_is_noticed_and_replaced(served, name, content, message):
    path = cache_folder() / "plays" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    file = data_file(served("/hamlet", CONTENT))
    with pytest.raises(ValueError, match=f"is damaged: .*{message}.*download=True to replace"):
        read("load", file)
    assert read("load", file, download=True) == CONTENT
    assert read("load", file) == CONTENT


@pytest.mark.parametrize("wrong", ["gzip", "crc"])
def test_f17_a_damaged_file_of_ones_own_is_named(tmp_path, wrong):
    content = gzip.compress(CONTENT, mtime=0)
    content = content[:50] if wrong == "gzip" else content[:-8] + b"\0\0\0\0" + content[-4:]
    (tmp_path / "hamlet.txt.gz").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"load: .*hamlet\.txt\.gz is damaged: it is no whole gzip"
    ):
        read("load", data_file(), tmp_path)


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0)])
def test_f17_an_empty_file_is_named(tmp_path, content):
    (tmp_path / "hamlet.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"load: .*hamlet\.txt is damaged: it is empty"):
        read("load", data_file(), tmp_path)


def test_a_derived_file_is_made_of_its_parts(served, capsys):
    parts = served("/one", gzip.compress(CONTENT[:9000], mtime=0)), served("/two", CONTENT[9000:])
    file = data_file(recipe=Recipe("two parts, joined", parts, b"".join))
    with pytest.raises(FileNotFoundError, match="by hand: make it of two parts, joined .http"):
        read("load", file)
    assert read("load", file, download=True) == CONTENT
    assert left_over() == ["hamlet.txt"]
    assert served.asked == ["/one", "/two"]


def test_a_recipe_that_fails_is_said_and_nothing_is_left(served):
    def broken(contents):
        raise ValueError("there is no part called hamlet")

    urls = (served("/one", CONTENT), served("/two", CONTENT), served("/three", CONTENT))
    recipe = Recipe("its parts", (*urls, served("/four", CONTENT)), broken)
    message = r"127\.0\.0\.1:\d+/one and 3 more beside it: there is no part called hamlet"
    with pytest.raises(FileNotFoundError, match=message):
        read("load", data_file(recipe=recipe), download=True)
    assert left_over() == []


def test_a_file_nobody_publishes_says_how_it_is_made(capsys):
    file = data_file(recipe=Recipe("the folio by jaxrnn.data.rebuild"))
    with pytest.raises(FileNotFoundError) as error:
        read("load", file, download=True)
    assert "could not be downloaded (it has to be made)" in str(error.value)
    assert "make it of the folio by jaxrnn.data.rebuild and put it at" in str(error.value)
    assert "download=True" not in str(error.value)
    assert capsys.readouterr().err == ""
