"""Finding, fetching and checking files: every way in which a download goes wrong."""

import gzip
import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from jaxrnn.data import DataFile, cache_folder, find, read
from jaxrnn.data import source as source_module

CONTENT = b"To be, or not to be\n" * 2000
PAGE = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"


def data_file(*urls, content=CONTENT):
    return DataFile("plays", "hamlet.txt", hashlib.sha256(content).hexdigest(), urls)


@pytest.fixture
def served():
    """Start a server on this machine: {path: (content, how many bytes of it are sent)}."""
    answers = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path not in answers:
                self.send_error(404)
                return
            content, sent = answers[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:sent])

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def add(path, content, sent=None):
        answers[path] = (content, sent)
        return f"http://127.0.0.1:{server.server_port}{path}"

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
        (place / "hamlet.txt.gz").write_bytes(gzip.compress(CONTENT))
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


@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)], ids=["plain", "gzip"])
def test_download_is_checked_and_kept(served, content, capsys):
    file = data_file(served("/hamlet", content))
    assert read("load", file, download=True) == CONTENT
    assert "downloading http://127.0.0.1" in capsys.readouterr().err
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
        (CONTENT, len(CONTENT) // 2, r"cut after 20000 of 40000 bytes|IncompleteRead"),
        (gzip.compress(CONTENT)[:-20], None, "it is no whole gzip file"),
        (PAGE, None, "an HTML page came instead of the file"),
    ],
    ids=["digest", "cut", "cut gzip", "html"],
)
def test_a_bad_answer_is_named_and_nothing_is_left(served, content, sent, message):
    with pytest.raises(FileNotFoundError, match=message):
        read("load", data_file(served("/hamlet", content, sent)), download=True)
    assert left_over() == []


def test_no_such_page(served):
    served("/hamlet", CONTENT)
    url = served("/hamlet", CONTENT).replace("hamlet", "othello")
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded .*Not Found"):
        read("load", data_file(url), download=True)


def test_offline():
    # nothing listens on port 9 of this machine
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded .*refused.*pass folder="):
        read("load", data_file("http://127.0.0.1:9/hamlet.txt"), download=True)


def test_interrupted_while_writing_leaves_nothing(served, monkeypatch):
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
        ("hamlet.txt.gz", gzip.compress(CONTENT)[:99], "no whole gzip"),
    ],
    ids=["plain", "gzip"],
)
def test_a_damaged_cache_is_noticed_and_replaced(served, name, content, message):
    path = cache_folder() / "plays" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    file = data_file(served("/hamlet", CONTENT))
    with pytest.raises(ValueError, match=f"is damaged: .*{message}.*download=True to replace"):
        read("load", file)
    assert read("load", file, download=True) == CONTENT
    assert read("load", file) == CONTENT
