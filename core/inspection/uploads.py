"""Uploads -> a spool folder: limits, archives, and names that stay labels.

Whether a file is a photograph is for the decoder to say, later and one by one; here only
what would hurt is kept out. A ZIP archive is opened by its content, never by its name, and
read in bounded steps that count every byte: sizes in its headers are not believed. Only
stored and deflated members are read, because the other methods let a header demand
gigabytes before the first byte.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from core.errors import ImageRejected, UploadRefused
from core.inspection.file_names import passed_over
from core.inspection.images import MAX_BYTES
from core.inspection.spool import SpooledFile, discard, new_folder
from core.inspection.zip_names import member_name

_NESTED = "An archive inside an archive is not opened. Upload it by itself."
_TOO_LARGE = f"The file has more than {MAX_BYTES / 1e6:.1f} MB. Save it smaller or as JPEG."
_ENCRYPTED_ARCHIVE = "The archive is protected by a password. Unpack it and upload the photographs."
_DAMAGED_ARCHIVE = "The archive is damaged or incomplete. Make it again."
_DAMAGED_MEMBER = "The file is damaged inside its archive. Make the archive again."
_METHOD = "The file is packed in an unusual way. Make the archive again as an ordinary ZIP."

CHUNK = 256 * 1024
_DIRECTORY_BYTES_PER_FILE = 1024
"""Bytes of an archive's table of contents for each file that is allowed, names included."""
_ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class Upload(Protocol):
    """An uploaded file: a name and a seekable stream of bytes."""

    @property
    def name(self) -> str: ...

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one upload may hold, archives unpacked."""

    files: int
    megabytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """A filled folder, not sealed yet."""

    folder: Path
    files: tuple[SpooledFile, ...]


@dataclass(slots=True)
class _Account:
    """What has been taken of the limits so far."""

    limits: Limits
    files: int = 0
    read: int = 0
    in_vain: int = 0
    """Bytes unpacked from archives that were refused in the end."""

    def add_file(self) -> None:
        self.files += 1
        if self.files > self.limits.files:
            raise UploadRefused(
                f"It holds more than {self.limits.files:,} files in one upload. "
                "Upload them in smaller parts."
            )

    def add_bytes(self, count: int) -> None:
        self.read += count
        if self.read > self.limits.megabytes * 1_000_000:
            raise UploadRefused(
                f"It holds more than {self.limits.megabytes:,} MB in one upload. "
                "Upload it in smaller parts."
            )

    def give_back(self, files: int, read: int) -> None:
        """Return to these counts after a refusal; many bombs together still end the upload."""
        self.in_vain += self.read - read
        self.files, self.read = files, read
        if self.in_vain > 2 * self.limits.megabytes * 1_000_000:
            raise UploadRefused(
                "Its archives unpack to far more than an upload may hold. Leave them out."
            )


def receive(uploads: Iterable[Upload], root: Path, limits: Limits) -> Received:
    """Copy uploads into a new spool folder, archives unpacked.

    A file or archive that cannot be taken is listed with its reason and stops nothing.
    Raises UploadRefused, and keeps nothing, where the upload as a whole breaks a limit,
    holds no file, or cannot be written.
    """
    folder = new_folder(root)
    account = _Account(limits)
    files: list[SpooledFile] = []
    try:
        for upload in uploads:
            if passed_over(upload.name.replace("\\", "/")):
                continue
            if _is_archive(upload):
                files += _unpack(upload, folder, account)
            else:
                account.add_file()
                files.append(_copy(_chunks(upload), upload.name, folder, account))
        if not files:
            raise UploadRefused("There is no photograph in this upload. Choose some files.")
    except OSError as error:
        discard(folder)
        raise UploadRefused(
            f"The upload cannot be kept on disk ({error.strerror}). Free some disk and upload "
            "it again."
        ) from error
    except BaseException:
        discard(folder)
        raise
    return Received(folder, tuple(files))


def _is_archive(upload: Upload) -> bool:
    upload.seek(0)
    start = upload.read(4)
    upload.seek(0)
    return start in _ARCHIVE_STARTS


def _chunks(stream: Upload) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _copy(chunks: Iterator[bytes], name: str, folder: Path, account: _Account) -> SpooledFile:
    """Keep one file under the next number, or say why not."""
    number = f"{account.files:06}"
    path = folder / number
    digest = hashlib.sha256()
    count = 0
    try:
        with path.open("wb") as target:
            for chunk in chunks:
                account.add_bytes(len(chunk))
                digest.update(chunk)
                if count == 0 and chunk.startswith(_ARCHIVE_STARTS):
                    raise ImageRejected(_NESTED)
                count += len(chunk)
                if count > MAX_BYTES:
                    raise ImageRejected(_TOO_LARGE)
                target.write(chunk)
    except ImageRejected as rejected:
        path.unlink()
        return SpooledFile(name, "", "", rejected.reason)
    return SpooledFile(name, number, digest.hexdigest())


def _unpack(upload: Upload, folder: Path, account: _Account) -> list[SpooledFile]:
    """Every file of an archive, or the archive itself with the reason it is refused."""
    files_before, read_before = account.files, account.read
    files: list[SpooledFile] = []
    try:
        with _opened(upload, account.limits) as archive:
            members = [member for member in archive.infolist() if _is_wanted(member)]
            if not members:
                raise ImageRejected("The archive holds no photographs.")
            if any(member.flag_bits & _ENCRYPTED for member in members):
                raise ImageRejected(_ENCRYPTED_ARCHIVE)
            for member in members:
                account.add_file()
                name = f"{upload.name}/{member_name(member)}"
                files.append(_copy(_member(archive, member), name, folder, account))
    except (ImageRejected, UploadRefused) as refusal:
        for file in files:
            if file.stored_as:
                (folder / file.stored_as).unlink()
        account.give_back(files_before, read_before)
        account.add_file()
        return [SpooledFile(upload.name, "", "", str(refusal))]
    return files


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    name = member_name(member)
    return not name.endswith("/") and not passed_over(name)


@contextmanager
def _opened(upload: Upload, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive with its table of contents read; raises ImageRejected where it is damaged."""
    largest = max(4 * CHUNK, limits.files * _DIRECTORY_BYTES_PER_FILE)
    try:
        archive = zipfile.ZipFile(cast(IO[bytes], _BoundedReads(upload, largest)))
    except ImageRejected:
        raise
    except Exception as error:  # a damaged table of contents raises many types
        raise ImageRejected(_DAMAGED_ARCHIVE) from error
    with archive:
        yield archive


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of one file; raises ImageRejected where it cannot be unpacked."""
    if member.compress_type not in _METHODS:
        raise ImageRejected(_METHOD)
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise ImageRejected(_DAMAGED_MEMBER) from error


class _BoundedReads:
    """A stream that refuses to be read in one piece larger than ``largest`` bytes.

    The table of contents is read in one piece, of a size that the archive itself names; each
    of its entries becomes an object ten times as large.
    """

    def __init__(self, upload: Upload, largest: int) -> None:
        self._largest = largest
        self._upload = upload
        self.seek = upload.seek
        self.tell = upload.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._upload.read(self._largest + 1 if size < 0 else min(size, self._largest + 1))
        if len(data) > self._largest:
            raise ImageRejected("The archive lists too many files. Upload them in smaller parts.")
        return data
