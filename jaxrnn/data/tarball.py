"""One tar file of many small ones, the same bytes whoever makes it."""

import io
import tarfile
from collections.abc import Iterable

__all__ = ["tar_of"]


def tar_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the tar archive of files: no dates, no owners, in the order they come.

    A derived data set is such an archive, so that it can be made anew from its public parts and
    still has the sha256 that is pinned.

    Shapes: none. Args: files, (name in the archive, content).

        >>> from jaxrnn.data.archives import members
        >>> dict(members(tar_of([("poems/one.txt", b"hello")]), "poems.tar"))
        {'poems/one.txt': b'hello'}
    """
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()
