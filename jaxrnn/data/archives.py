"""Members of tar and zip archives, read in memory: nothing is ever written to a disk.

Names and sizes of all members are checked before the first is unpacked, so neither a name that
leads elsewhere nor a few bytes that would unpack to terabytes do any harm.
"""

import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator

__all__ = ["gunzip", "members"]

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second begins an empty one
_BLOCK = 512  # of a tar file

# what the two libraries raise for content that is damaged or that they don't know
_DAMAGE = (
    EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError, struct.error,
    tarfile.TarError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def gunzip(content: bytes, *, limit: int = 2**30) -> bytes:
    """Return the content of a gzip file; what is not gzip is returned as it is.

    Shapes: none; no more than `limit` bytes are unpacked.
    Raises: ValueError if it is cut off, damaged, or unpacks to more than `limit` bytes.

        >>> gunzip(gzip.compress(b"hello")), gunzip(b"hello")
        (b'hello', b'hello')
    """
    if content[:2] != _GZIP:
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"it is no whole gzip file ({error})") from None
    if len(plain) > limit:
        raise ValueError(f"it unpacks to more than the limit of {limit} bytes")
    return plain


def members(content: bytes, name: str, *, limit: int = 2**30) -> Iterator[tuple[str, bytes]]:
    """Return the name and content of each file in a tar, tar.gz or zip archive, in its order.

    Folders are passed over. A member that a careless reader would write somewhere else is refused:
    `../x`, an absolute path, a backslash, a link, a device, a name that comes twice. So is one of
    a form whose size is unknown or untrue: sparse, encrypted, longer than `limit`.

    Shapes: none; the sizes, read from the headers, are added up before anything is unpacked.
    Args: content, of the archive; name, of the archive, for errors; limit, how many bytes all
        members may have together.
    Raises: ValueError naming the archive, and the member if one is to blame, before the first
        member is returned; damage inside a member is found when its turn comes.

        >>> file = io.BytesIO()
        >>> with zipfile.ZipFile(file, "w") as archive:
        ...     archive.writestr("poems/one.txt", "hello")
        >>> dict(members(file.getvalue(), "poems.zip"))
        {'poems/one.txt': b'hello'}
    """
    try:
        content = gunzip(content, limit=limit)
    except ValueError as error:
        raise ValueError(f"members: {name} can't be read: {error}.") from None
    if content[:4] in _ZIP:
        return _zip_members(content, name, limit)
    return _tar_members(content, name, limit)


def _zip_members(content: bytes, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGE as error:
        raise ValueError(f"members: {name} is no whole zip archive ({error}).") from None
    infos = archive.infolist()
    for info in infos:
        _refuse(name, info.orig_filename, _wrong_with_zip(info))
    files = [info for info in infos if not info.is_dir()]
    _check_sizes(name, ((info.filename, info.file_size) for info in files), limit)

    def contents() -> Iterator[tuple[str, bytes]]:
        for info in files:
            plain = b""
            try:
                with archive.open(info) as file:
                    # a size is given: without one, a header that lies is found out too late
                    plain = file.read(info.file_size + 1)
            except _DAMAGE as error:
                _refuse(name, info.filename, f"is damaged ({error})")
            if len(plain) != info.file_size:
                _refuse(name, info.filename, f"has {len(plain)} bytes, not {info.file_size}")
            yield info.filename, plain

    return contents()


def _tar_members(content: bytes, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    try:
        archive = tarfile.open(fileobj=io.BytesIO(content), mode="r:")
        infos = archive.getmembers()
    except _DAMAGE as error:
        raise ValueError(
            f"members: {name} is neither a whole tar archive nor a zip archive ({error})."
        ) from None
    # tarfile takes a damaged header, and the end of a file that was cut, for the last member
    if content[archive.offset : archive.offset + _BLOCK] != bytes(_BLOCK):
        raise ValueError(
            f"members: {name} is cut off or damaged after byte {archive.offset} of {len(content)}: "
            "expected the next member or the end of the tar archive. Fetch it again."
        )
    for info in infos:
        _refuse(name, info.name, _wrong_with_tar(info))
    files = [info for info in infos if info.isreg()]
    _check_sizes(name, ((info.name, info.size) for info in files), limit)

    def contents() -> Iterator[tuple[str, bytes]]:
        for info in files:
            yield info.name, content[info.offset_data : info.offset_data + info.size]

    return contents()


def _wrong_with_zip(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 if it was written without one
    if kind == stat.S_IFLNK:
        return "is a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is neither a file nor a folder"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that few programs know"
    return _wrong_with_name(info.orig_filename)


def _wrong_with_tar(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return f"is a link to {info.linkname!r}"
    if not (info.isreg() or info.isdir()):
        return "is neither a file nor a folder"
    if info.issparse():
        return "is a sparse file"
    return _wrong_with_name(info.name)


def _wrong_with_name(name: str) -> str:
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in name.split("/"):
        return "leads out of its folder"
    if "\\" in name or "\0" in name:
        return "has a backslash or a null in its name"
    return "" if name else "has no name"


def _refuse(archive: str, member: str, wrong: str) -> None:
    if wrong:
        raise ValueError(
            f"members: {archive} is refused: its member {member!r} {wrong}; expected plain files "
            "and folders inside the archive. Take it only from a place you trust."
        )


def _check_sizes(archive: str, sizes: Iterable[tuple[str, int]], limit: int) -> None:
    total, seen = 0, set()
    for member, size in sizes:
        _refuse(archive, member, "comes twice" if member in seen else "")
        seen.add(member)
        total += size
        if size < 0 or total > limit:
            raise ValueError(
                f"members: {archive} is refused: with its member {member!r} of {size} bytes it "
                f"unpacks to {total} bytes, more than the limit of {limit} bytes."
            )
