"""A server of object storage on loopback, for tests: what was asked of it, and answers that fail when a test says so.

Behind it answers moto, a model of Amazon's S3 in the tests' own process, or a storage of your own, which `NEWSARCHIVE_TEST_S3`
names with the client's key and secret: `http://KEY:SECRET@127.0.0.1:7480`. Signs that part an address are written in escapes
there: `/` as %2F, `@` as %40, `%` as %25. Its bucket `newsarchive-tests` is emptied.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from newsarchive.warc import object_storage
from tests.support.serving import running

BUCKET = "newsarchive-tests"
ADDRESS = f"s3://{BUCKET}/warc"
#: What may answer behind the server.
STORAGES = ("moto", "own")
#: The storage of a developer's own.
OWN = urlsplit(os.environ.get("NEWSARCHIVE_TEST_S3", ""))
#: Seconds in which it must answer.
MAX_ANSWER_SECONDS = 60

#: What answers a request, as WSGI calls it.
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Storage:
    """`environment` leads s3fs to it. `fails` answers 503 as long as it is set; `watch` is called before each answer."""

    environment: dict[str, str] = field(default_factory=dict)
    #: Method, path and the header Range of each request.
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    fails: bool = False
    watch: Callable[[str, str], None] = lambda method, path: None

    def names(self) -> list[str]:
        """The files that it holds, asked for by a client of this test's own."""
        return sorted(str(name).rpartition("/")[2] for name in _client(self).ls(f"{BUCKET}/warc"))


def _client(storage: Storage) -> Any:
    import s3fs

    return s3fs.S3FileSystem(
        endpoint_url=storage.environment["AWS_ENDPOINT_URL"],
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _moto() -> App:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    app: App = DomainDispatcherApplication(create_backend_app)
    return app


def _own(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Hands a request on to the storage of one's own. The header Host stays, since the client signed it."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if value and (name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH"))
    }
    headers.pop("EXPECT", None)  # the server here has said "100 Continue"
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    own = http.client.HTTPConnection(OWN.hostname or "", OWN.port, timeout=MAX_ANSWER_SECONDS)
    with closing(own):
        own.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body, headers)
        answer = own.getresponse()
        content = answer.read()
    start(f"{answer.status} {answer.reason}", [h for h in answer.getheaders() if h[0] != "Connection"])
    return [content]


@contextmanager
def stored(monkeypatch: Any, behind: str = "moto") -> Iterator[Storage]:
    """A server with an empty bucket; this process finds it in its environment, as the processes that it starts do.

    `behind` is one of `STORAGES`. A test with a storage of one's own skips where none is named.
    """
    if behind == "own" and not OWN.hostname:
        pytest.skip("NEWSARCHIVE_TEST_S3 names no storage (http://KEY:SECRET@127.0.0.1:PORT)")
    from werkzeug.serving import WSGIRequestHandler, make_server

    storage = Storage()
    inner = _own if behind == "own" else _moto()

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        storage.asked.append((method, path, environ.get("HTTP_RANGE", "")))
        storage.watch(method, path)
        if storage.fails:
            start("503 Service Unavailable", [("Content-Type", "application/xml")])
            return [b"<Error><Code>ServiceUnavailable</Code><Message>Out of order</Message></Error>"]
        return inner(environ, start)

    class Quiet(WSGIRequestHandler):
        def log_request(self, *_: Any) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    storage.environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": unquote(OWN.username or "test"),
        "AWS_SECRET_ACCESS_KEY": unquote(OWN.password or "test"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",  # of botocore, which waits for seconds between its own; s3fs and we try again besides
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in storage.environment.items():
        monkeypatch.setenv(name, value)
    forget()
    with running(server):
        client = _client(storage)
        if client.exists(BUCKET):  # an earlier test left it
            client.rm(BUCKET, recursive=True)
        client.mkdir(BUCKET)
        storage.asked.clear()
        try:
            yield storage
        finally:
            forget()


def forget() -> None:
    """Take from the module what it remembers of a storage, as a new process would."""
    object_storage._down.clear()
    object_storage._lengths.clear()
    object_storage._file_system.cache_clear()
    import fsspec

    fsspec.spec.AbstractFileSystem.clear_instance_cache()
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
