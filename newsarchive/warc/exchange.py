"""Copies one capture, or what a source said of a post, out of an archive's WARC files, so that it stands alone in another file.

    response  https://blog.example/post   first crawl           → the same bytes
    revisit   https://blog.example/post   second crawl          → a response with the headers of the second answer
                                                                  and the body of the first

The request that is stored behind its response is copied with it, without the header fields by which a client proves who
it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from warcio.warcwriter import WARCWriter

from newsarchive.items import Place
from newsarchive.warc.files import Folder
from newsarchive.warc.reader import raw_body, records_at
from newsarchive.warc.writer import HttpHeaders, member

#: Fields of a request that hold a secret of the person who crawled.
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
#: The field that names the record from which the body of a former revisit was taken.
_RESOLVED_FROM = "X-Resolved-From"
#: The namespace of the identifiers of such responses: one revisit always gives the same identifier.
_SPACE = uuid.UUID("6f0d3c1e-6f2b-5d0a-9c3e-2f6f5c0f7a11")


@dataclass(frozen=True, slots=True)
class Record:
    """A record as one gzip member, and what an index says of it.

    `kind` is its WARC-Type, `date` its WARC-Date, `status` the code of the answer ("" for none), `mime` the media type
    without parameters, `digest` that of its payload.
    """

    data: bytes
    kind: str
    url: str
    date: str
    status: str = ""
    mime: str = ""
    digest: str = ""


def exchange(folder: Folder, place: Place, payload: Place) -> Iterator[Record]:
    """The response at `place`, then its request where it is stored; `payload` is where the body of a revisit lies.

    Raises `DatabaseUnavailable`, naming file and offset, for a record that is not there, damaged, or has another digest
    than its header or `place` says.
    """
    with records_at(folder, place.file, place.offset, check_digests=True) as (records, stream):
        record = next(records)
        identifier = record.rec_headers.get_header("WARC-Record-ID")
        if record.rec_type == "revisit":
            yield _resolved(record, folder, payload)
        elif record.rec_type != "response" or record.http_headers is None:
            raise ValueError(f"a {record.rec_type} record, no response")
        else:
            yield _copied(record, records, stream, place)
        behind = next(records, None)
        if (
            behind is not None
            and behind.rec_type == "request"
            and behind.rec_headers.get_header("WARC-Concurrent-To") == identifier
        ):
            of = _new_identifier(identifier) if record.rec_type == "revisit" else identifier
            yield _request(behind, of)


def statement(folder: Folder, place: Place) -> Record:
    """The record of what a source said of a post. Raises as `exchange` does."""
    with records_at(folder, place.file, place.offset, check_digests=True) as (records, stream):
        record = next(records)
        if record.rec_type != "metadata":
            raise ValueError(f"a {record.rec_type} record, where the words of a source should lie")
        return _copied(record, records, stream, place)


def _copied(record: Any, records: Any, stream: BinaryIO, place: Place) -> Record:
    while record.raw_stream.read(2**16):
        pass
    named = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    if record.digest_checker.passed is False or (place.digest and named != place.digest):
        raise ValueError("its bytes do not have the digest that is stored")
    length = records.get_record_length()
    back = stream.tell()
    stream.seek(place.offset)
    data = stream.read(length)
    stream.seek(back)
    return _described(record, data if data.startswith(b"\x1f\x8b") else member(data, 0), named)


def _resolved(record: Any, folder: Folder, payload: Place) -> Record:
    """A revisit as the full response that it stands for, with the body at `payload` as it came from the wire."""
    with records_at(folder, payload.file, payload.offset, check_digests=True) as (records, _):
        original = next(records)
        if original.rec_type != "response":
            raise ValueError(f"a {original.rec_type} record, where the body of a revisit should lie")
        body = raw_body(original)
        if original.digest_checker.passed is False:
            raise ValueError("the body of a revisit, which lies there, is damaged")
    headers = record.rec_headers
    url, identifier = headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Record-ID")
    kept = {
        name: value
        for name, value in headers.headers
        if name.startswith("X-") or name in ("WARC-Date", "WARC-IP-Address")
    }
    http = HttpHeaders(
        record.http_headers.statusline,
        list(record.http_headers.headers),
        protocol=record.http_headers.protocol,
    )
    kept |= {"WARC-Record-ID": _new_identifier(identifier), _RESOLVED_FROM: identifier}
    made, data = _made(url, "response", body, http, kept)
    digest = made.rec_headers.get_header("WARC-Payload-Digest") or ""
    if digest != headers.get_header("WARC-Payload-Digest"):
        raise ValueError("a revisit of a body that has another digest")
    return _described(made, data, digest)


def _request(record: Any, concurrent_to: str) -> Record:
    """A request without the secrets of the person who crawled."""
    headers, http = record.rec_headers, record.http_headers
    url = headers.get_header("WARC-Target-URI")
    kept = [(name, value) for name, value in http.headers if name.lower() not in _SECRET]
    sent = HttpHeaders(f"{http.protocol} {http.statusline}", kept, is_http_request=True)
    own = {name: headers.get_header(name) for name in ("WARC-Date", "WARC-Record-ID")}
    more = own | {"WARC-Concurrent-To": concurrent_to}
    _, data = _made(url, "request", record.raw_stream.read(), sent, more)
    return Record(data, "request", url, own["WARC-Date"])


def _made(url: str, kind: str, body: bytes, http: HttpHeaders, more: dict[str, str]) -> tuple[Any, bytes]:
    """A new record with these fields besides, and its gzip member."""
    writer = WARCWriter(BytesIO(), gzip=False, warc_version="1.1")
    made = writer.create_warc_record(
        url, kind, BytesIO(body), len(body), http_headers=http, warc_headers_dict=more
    )
    writer.write_record(made)
    return made, member(writer.out.getvalue(), 0)


def _described(record: Any, data: bytes, digest: str) -> Record:
    headers, http = record.rec_headers, record.http_headers
    url, date = headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Date")
    if http is None:
        return Record(data, record.rec_type, url, date, digest=digest)
    mime = (http.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    return Record(data, "response", url, date, http.get_statuscode(), mime, digest)


def _new_identifier(of: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(_SPACE, of)}>"
