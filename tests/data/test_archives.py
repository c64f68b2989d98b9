"""Archives from strangers: names that lead elsewhere, bombs, and half a file (F23, F24)."""

import gzip
import io
import random
import stat
import tarfile
import zipfile

import pytest

from jaxrnn.data.archives import gunzip, members

FILES = {"poems/one.txt": b"a rose\n" * 100, "poems/two.txt": b"", "three": b"is a rose"}
EVIL = ["../x", "a/../../x", "/etc/x", "a\\..\\x", "C:/x", "c:x"]


def tar(*infos, files=FILES):
    """Return a tar archive of files, and of entries without content."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in infos:
            archive.addfile(info)
    return file.getvalue()


def special(kind, name="odd", target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zipped(files=FILES, mode=0, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, content)
    return file.getvalue()


@pytest.fixture
def nothing_written(tmp_path, monkeypatch):
    """Run in an empty folder, and find it, and the one above, as they were."""
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    yield
    assert [path for path in tmp_path.rglob("*") if path != below] == []


@pytest.mark.parametrize("pack", [tar, zipped, lambda: gzip.compress(tar())])
def test_members_in_order(pack):
    assert list(members(pack(), "poems")) == list(FILES.items())


def test_folders_are_passed_over():
    folder = special(tarfile.DIRTYPE, "poems")
    assert dict(members(tar(folder), "poems.tar")) == FILES
    assert dict(members(zipped({"poems/": b"", **FILES}), "poems.zip")) == FILES


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("pack", [tar, zipped])
def test_f24_a_name_that_leads_elsewhere_is_refused(name, pack, nothing_written):
    content = pack(files={"good": b"good", name: b"evil"})
    with pytest.raises(ValueError, match=r"a\.archive is refused: its member ") as error:
        members(content, "a.archive")  # before the first member is asked for
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (special(tarfile.SYMTYPE, target="/etc/passwd"), "is a link to '/etc/passwd'"),
        (special(tarfile.LNKTYPE, target="three"), "is a link to 'three'"),
        (special(tarfile.CHRTYPE), "is neither a file nor a folder"),
        (special(tarfile.BLKTYPE), "is neither a file nor a folder"),
        (special(tarfile.FIFOTYPE), "is neither a file nor a folder"),
        (special(tarfile.DIRTYPE, "../up"), "leads out of its folder"),
    ],
)
def test_f24_links_and_devices_in_tar(info, message, nothing_written):
    with pytest.raises(ValueError, match=f"its member '{info.name}' {message}"):
        members(tar(info), "a.tar")


@pytest.mark.parametrize(
    ("kind", "message"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFCHR, "is neither a file"), (stat.S_IFIFO, "neither")],
)
def test_f24_links_and_devices_in_zip(kind, message, nothing_written):
    with pytest.raises(ValueError, match=f"its member 'odd' .*{message}"):
        members(zipped({"odd": b"/etc/passwd"}, mode=kind | 0o777), "a.zip")


def test_f24_a_member_that_comes_twice():
    twice = special(tarfile.REGTYPE, "three")
    with pytest.raises(ValueError, match="its member 'three' comes twice"):
        members(tar(twice), "a.tar")


def test_encrypted_and_uncommon_zip():
    content = zipped({"one": b"1" * 50})
    place = content.index(b"PK\x01\x02") + 8
    locked = content[:place] + b"\x01" + content[place + 1 :]
    with pytest.raises(ValueError, match="its member 'one' is encrypted"):
        members(locked, "a.zip")
    with pytest.raises(ValueError, match="its member 'one' is compressed in a way"):
        members(zipped({"one": b"1" * 50}, method=zipfile.ZIP_BZIP2), "a.zip")


@pytest.mark.parametrize(
    "content",
    [zipped({"a": bytes(600), "b": bytes(600)}), tar(files={"a": bytes(600), "b": bytes(600)})],
)
def test_f23_sizes_are_added_up_before_anything_is_unpacked(content):
    with pytest.raises(ValueError, match=r"member 'b' of 600 bytes .* 1200 bytes.* limit of 1000"):
        members(content, "bomb", limit=1000)
    assert len(list(members(content, "bomb", limit=1200))) == 2


def test_f23_a_zip_that_declares_terabytes():
    content = zipped({"a": bytes(10)})
    size = (10).to_bytes(4, "little")
    place = content.rindex(size, 0, content.index(b"a", content.index(b"PK\x01\x02")))
    huge = content[:place] + b"\xfe\xff\xff\xff" + content[place + 4 :]
    with pytest.raises(ValueError, match="member 'a' of 4294967294 bytes .* more than the limit"):
        members(huge, "bomb.zip")


def test_f23_a_gzip_that_unpacks_to_much():
    bomb = gzip.compress(bytes(10**7))
    with pytest.raises(ValueError, match="more than the limit of 1000000 bytes"):
        gunzip(bomb, limit=10**6)
    with pytest.raises(ValueError, match=r"bomb\.tar\.gz can't be read: it unpacks to more than"):
        members(bomb, "bomb.tar.gz", limit=10**6)


def test_f23_a_sparse_tar():
    info = tarfile.TarInfo("hole")
    info.pax_headers = {"GNU.sparse.size": str(2**50), "GNU.sparse.numblocks": "0",
                        "GNU.sparse.map": "0,0"}  # fmt: skip
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    with pytest.raises(ValueError, match="its member 'hole' is a sparse file"):
        members(file.getvalue(), "a.tar")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"hello" * 300, bytes(100), b"PK\x03\x04", b"\x1f\x8b"]
)
def test_what_is_no_archive_is_named(content):
    with pytest.raises(ValueError, match=r"members: a\.bin (is|can't)"):
        members(content, "a.bin")


@pytest.mark.parametrize("pack", [tar, zipped, lambda: gzip.compress(tar())])
def test_an_archive_cut_anywhere_is_noticed(pack):
    content = pack()
    for place in range(0, len(content.rstrip(b"\0")), 97):
        with pytest.raises(ValueError, match="members: a "):
            dict(members(content[:place], "a"))


def test_f24_a_damaged_header_in_the_middle_of_tar_is_no_end():
    content = bytearray(tar())
    content[content.index(b"three") + 150] ^= 1  # its checksum
    with pytest.raises(ValueError, match="is cut off or damaged after byte"):
        members(bytes(content), "a.tar")


def test_a_damaged_member_of_zip_is_named():
    content = bytearray(zipped(method=zipfile.ZIP_STORED))
    content[content.index(b"is a rose")] ^= 1
    with pytest.raises(ValueError, match="its member 'three' is damaged .*CRC"):
        dict(members(bytes(content), "a.zip"))


def test_random_damage_is_a_value_error_or_harmless():
    generator = random.Random(0)
    for good in (tar(), zipped(), gzip.compress(tar())):
        for _ in range(100):
            content = bytearray(good)
            for _ in range(generator.choice((1, 5))):
                content[generator.randrange(len(content))] = generator.randrange(256)
            try:
                found = dict(members(bytes(content), "a", limit=10**6))
            except ValueError as error:
                assert str(error).startswith("members: a ")
            else:
                assert all(".." not in name and not name.startswith("/") for name in found)
