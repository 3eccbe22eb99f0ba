"""Whether a package that was handed over is whole and unchanged: a WACZ file, or the folder of a dataset or a bag.

    blog.wacz: the file is cut short: it has no table of contents at its end; fetch it again
    blog.wacz: archive/data.warc.gz has another digest than datapackage.json says: its bytes were changed
    blog.wacz: the signature does not fit the package's digest and the key in it

A WACZ file is checked as its specification asks (the section on validation of WACZ Signing and Verification 0.1.0): every file
against `datapackage.json`, that against `datapackage-digest.json`, and the signature of that; then each WARC record
against its own digest, and each line of the index against the record that it names. A bag is checked as RFC 8493 asks, and the
WACZ file in it as one that is given alone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsarchive.exceptions import UsageError
from newsarchive.warc.reader import ZIP_ERRORS, Records, words

#: Bytes of a description that are read. Real descriptions have a few thousand. A longer one is cut, and then fails as
#: broken JSON.
MAX_DESCRIPTION_BYTES = 16 * 2**20
#: Problems that are told. Further problems are left out: they say nothing new.
MAX_PROBLEMS = 100
#: Bytes of a line of an index, which has the address of a record and a few facts. A longer line counts as damage.
MAX_LINE_BYTES = 2**20
#: Bytes of a file that are read at a time.
_CHUNK_BYTES = 2**20
#: Bytes of the last record of a ZIP file without its comment (APPNOTE.TXT, 4.3.16).
_END_BYTES = 22


@dataclass
class Findings:
    """What a check found. `problems` are faults of the package, `notes` what else a reader should know."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: int = 0
    records: int = 0

    def problem(self, text: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def check(target: Path, public_key: bytes = b"") -> Findings:
    """Check a package; `public_key` (encoded) is the key that must have signed it. Raises `UsageError` for what is no package."""
    found = Findings()
    if target.is_dir():
        if (target / "bagit.txt").is_file():
            _check_bag(target, found, public_key)
            return found
        if not (target / "datapackage.json").is_file():
            raise UsageError(
                f"{target} is neither a dataset nor a bag: it has no datapackage.json and no bagit.txt"
            )
        names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
        _check(target, names, found, public_key, is_wacz=False)
        return found
    if not target.exists():
        raise UsageError(f"{target}: there is no such file")
    try:
        with _opened(target) as package, target.open("rb") as file:
            file.seek(-_END_BYTES - len(package.comment), os.SEEK_END)
            end = file.read(_END_BYTES)
            if end[:4] != b"PK\5\6" or int.from_bytes(end[-2:], "little") != len(package.comment):
                found.problem(
                    "its end was changed, or bytes were appended that no digest and no signature covers"
                )
            for name, number in Counter(package.namelist()).items():
                if number > 1:
                    found.problem(
                        f"{name} is in it {number} times: a player may show another than was checked"
                    )
            names = {name for name in package.namelist() if not name.endswith("/")}
            _check(zipfile.Path(package), names, found, public_key, is_wacz=True)
    except zipfile.BadZipFile as error:
        with target.open("rb") as file:
            begins = file.read(4) == b"PK\3\4"
        if not begins:
            raise UsageError(f"{target} is no WACZ file, and no folder of a dataset") from None
        found.problem(
            f"the file's table of contents is damaged: {words(error)}; fetch it again"
            if zipfile.is_zipfile(target)
            else "the file is cut short: it has no table of contents at its end; fetch it again"
        )
    except OSError as error:
        raise UsageError(f"{target} cannot be read: {error.strerror or error}") from error
    return found


def _opened(target: Path) -> zipfile.ZipFile:
    """The ZIP file. Raises `BadZipFile` for any damage of its table of contents, and `OSError`."""
    try:
        return zipfile.ZipFile(target)
    except OSError:
        raise
    except ZIP_ERRORS as error:  # a damaged number of a version raises NotImplementedError
        raise zipfile.BadZipFile(str(error)) from error


#: The name of a list of digests in a bag, and a line of it: digest, space, path. RFC 8493 (2.1.3) has `%0A`, `%0D` and `%25` in paths.
_MANIFEST = re.compile(r"(?:tag)?manifest-(?P<kind>\w+)\.txt")
_LISTED = re.compile(r"(?P<digest>[0-9A-Fa-f]+)[ \t]+\*?(?P<path>\S.*)")


def _check_bag(bag: Path, found: Findings, public_key: bytes) -> None:
    names = {path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file()}
    manifests = {name: match["kind"] for name in sorted(names) if (match := _MANIFEST.fullmatch(name))}
    if not any(name.startswith("manifest-") for name in manifests):
        found.problem("it has no manifest, so nothing vouches for its files")
    listed: set[str] = set()
    for manifest, kind in manifests.items():
        own: set[str] = set()
        for line in (bag / manifest).read_text("utf-8", "replace").splitlines():
            match = _LISTED.fullmatch(line)
            if match is None:
                found.problem(f"{manifest}: a line is no digest with a path: {line[:80]!r}")
                continue
            path = re.sub("%(0[AaDd]|25)", lambda code: chr(int(code[1], 16)), match["path"])
            if path in own:  # RFC 8493, 2.1.3: so a file that is listed 10,000 times is not read as often
                found.problem(f"{path} is listed more than once in {manifest}")
                continue
            own.add(path)
            if path not in names:  # so a path that leads out of the folder is never opened
                found.problem(f"{path} is missing")
                continue
            found.files += path not in listed
            _check_resource(
                bag, path, {"hash": f"{kind}:{match['digest'].lower()}"}, found, described=manifest
            )
        listed |= own
        if not manifest.startswith("tag"):
            for name in sorted(name for name in names - own if name.startswith("data/")):
                found.problem(f"{name} is not listed in {manifest}: it was added later")
    pages = bag / "data" / "pages.wacz"
    if not pages.is_file():
        if public_key:
            found.problem("it has no data/pages.wacz, which a key could have signed")
        return
    inner = check(pages, public_key)
    found.records += inner.records
    found.notes += inner.notes
    for problem in inner.problems:
        found.problem(f"data/pages.wacz: {problem}")


#: A folder or a ZIP file: both give a file by `files / name`.
_Files = Path | zipfile.Path


def _check(files: _Files, names: set[str], found: Findings, public_key: bytes, *, is_wacz: bool) -> None:
    if "datapackage.json" not in names:
        found.problem("datapackage.json is missing: it is no WACZ file, or was packed anew without it")
        return
    described = _json(files, "datapackage.json", found)
    if not isinstance(described, dict) or not isinstance(described.get("resources"), list):
        if described is not None:
            found.problem("datapackage.json names no resources")
        return
    _check_resources(files, names, described, found)
    if is_wacz:
        _check_digest(files, names, found, public_key)
        _check_records(files, names, found)
    elif public_key:
        found.problem("it is a dataset, which has no signature")


def _json(files: _Files, name: str, found: Findings) -> Any:
    try:
        with (files / name).open("rb") as file:
            return json.loads(file.read(MAX_DESCRIPTION_BYTES))
    except ZIP_ERRORS as error:
        found.problem(f"{name} cannot be read: {words(error)}")
        return None


def _check_resources(files: _Files, names: set[str], described: dict[str, Any], found: Findings) -> None:
    listed: set[str] = set()
    for resource in described["resources"]:
        path = resource.get("path") if isinstance(resource, dict) else None
        if not isinstance(path, str):
            found.problem("datapackage.json lists a file without its path")
            continue
        if path in listed:
            found.problem(f"{path} is listed more than once in datapackage.json")
            continue
        listed.add(path)
        if path not in names:  # so a path that leads out of the folder is never opened
            found.problem(f"{path} is missing")
            continue
        found.files += 1
        _check_resource(files, path, resource, found)
    free = {"datapackage.json", "datapackage-digest.json", "croissant.json", "README.md"}
    for name in sorted(names - listed - free):
        found.problem(f"{name} is not listed in datapackage.json: it was added later")


def _check_resource(
    files: _Files,
    path: str,
    resource: dict[str, Any],
    found: Findings,
    *,
    described: str = "datapackage.json",
) -> None:
    """Compare a file with the digest that `described` has of it."""
    kind, _, wanted = str(resource.get("hash", "")).rpartition(":")
    try:
        sums = hashlib.new(kind or "md5", usedforsecurity=False)
        if not sums.digest_size:  # SHAKE, whose digests have no fixed length
            raise ValueError(kind)
    except (ValueError, TypeError):  # TypeError: a NUL in the name
        found.problem(f"{path}: its digest is of an unknown kind: {kind}")
        return
    length = 0
    try:
        with (files / path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                sums.update(chunk)
                length += len(chunk)
    except ZIP_ERRORS as error:
        found.problem(f"{path} cannot be read: {words(error)}")
        return
    if resource.get("bytes") not in (None, length):
        found.problem(f"{path} has {length:,} bytes, and {described} says {resource['bytes']}")
    elif not wanted:
        found.problem(f"{path} has no digest in {described}")
    elif sums.hexdigest() != wanted:
        found.problem(f"{path} has another digest than {described} says: its bytes were changed")


def _check_digest(files: _Files, names: set[str], found: Findings, public_key: bytes) -> None:
    from newsarchive.export.signing import fingerprint, signer

    name = "datapackage-digest.json"
    summed = _json(files, name, found) if name in names else None
    if not isinstance(summed, dict):
        if summed is not None or name not in names:
            found.problem(f"{name} is missing, so nothing vouches for datapackage.json")
        return
    try:
        with (files / "datapackage.json").open("rb") as file:
            digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"  # type: ignore[arg-type]
    except ZIP_ERRORS:
        return  # said already
    if summed.get("hash") != digest:
        found.problem(f"datapackage.json has another digest than {name} says: it was changed")
    data = summed.get("signedData")
    if not isinstance(data, dict):
        if public_key:
            found.problem("the package is not signed")
        else:
            found.notes.append("not signed")
        return
    try:
        key = signer(data, digest)
    except ValueError as error:
        found.problem(str(error))
        return
    if public_key and key != public_key:
        found.problem(f"signed by another key, {fingerprint(key)}, than the one that was given")
        return
    # It also names a day, which the signature does not cover: whoever handed the package on may have written it.
    found.notes.append(
        "signed by the key that was given"
        if public_key
        else f"signed by the key {fingerprint(key)}; ask the publisher whether this key is theirs"
    )


def _check_records(files: _Files, names: set[str], found: Findings) -> None:
    places: set[tuple[str, int]] = set()
    archives = sorted(name for name in names if name.startswith("archive/"))
    if not archives:
        found.problem("archive/ holds no WARC file")
    for name in archives:
        _read_records(files, name, places, found)
    indexes = sorted(
        name for name in names if name.startswith("indexes/") and "idx" not in name.rpartition("/")[2]
    )
    if not indexes:
        found.problem("indexes/ holds no index")
    if "pages/pages.jsonl" not in names:
        found.problem("pages/pages.jsonl is missing")
    for name in indexes:
        try:
            for line in _lines(files, name):
                _check_line(name, line, places, found)
        except ZIP_ERRORS as error:
            found.problem(f"{name} cannot be read: {words(error)}")


def _read_records(files: _Files, name: str, places: set[tuple[str, int]], found: Findings) -> None:
    """Check each record against its own digest, and add its place (file, offset) to `places`."""
    file = name.rpartition("/")[2]
    at: int | None = None
    try:
        with (files / name).open("rb") as stream:
            records = Records(stream, check_digests=True)
            for record in records:
                at = records.offset
                while record.raw_stream.read(_CHUNK_BYTES):
                    pass
                at = records.get_record_offset()
                if record.digest_checker.passed is False:
                    found.problem(
                        f"{name}: record at {at}: its bytes do not have the digest that its header names"
                    )
                found.records += 1
                places.add((file, at))
    except ZIP_ERRORS as error:
        found.problem(f"{name}: record at {at or 0}: {words(error)}")


def _lines(files: _Files, name: str) -> Iterator[bytes]:
    with (files / name).open("rb") as file:
        lines = gzip.GzipFile(fileobj=file) if name.endswith(".gz") else file
        while line := lines.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise ValueError(f"a line is longer than {MAX_LINE_BYTES:,} bytes")
            yield line


def _check_line(name: str, line: bytes, places: set[tuple[str, int]], found: Findings) -> None:
    if line.startswith(b"!") or not line.strip():
        return
    _, begins, rest = line.partition(b" {")
    try:
        entry = json.loads(begins + rest)
        place = (str(entry["filename"]).rpartition("/")[2], int(entry["offset"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        found.problem(f"{name}: a line is not CDXJ: {line[:80].decode('utf-8', 'replace')!r}")
        return
    if place not in places:
        found.problem(
            f"{name} says that {entry.get('url', '')} lies in {place[0]} at {place[1]}, and no record begins there"
        )
