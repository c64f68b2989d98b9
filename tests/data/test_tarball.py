"""The archive of a derived set is the same whoever makes it."""

import hashlib

from jaxrnn.data.archives import members
from jaxrnn.data.tarball import tar_of

FILES = [("b/two.txt", b"2" * 700), ("a/one.txt", b"")]


def test_the_bytes_are_fixed():
    assert list(members(tar_of(FILES), "x.tar")) == FILES
    digest = "babf74bda80c53b68cc486e7a213ad889b520fa366b62676ba437d85681e7738"
    assert hashlib.sha256(tar_of(FILES)).hexdigest() == digest
    assert hashlib.sha256(tar_of(FILES[::-1])).hexdigest() != digest
