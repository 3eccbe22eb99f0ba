"""A server of object storage on loopback (moto), for tests: what was asked of it, and answers that fail when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from newsarchive.warc import object_storage
from tests.support.serving import running

BUCKET = "news"
ADDRESS = f"s3://{BUCKET}/warc"


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


@contextmanager
def stored(monkeypatch: Any) -> Iterator[Storage]:
    """A server with an empty bucket; this process finds it in its environment, as the processes that it starts do."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    storage = Storage()
    inner = DomainDispatcherApplication(create_backend_app)

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
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",  # of botocore, which waits for seconds between its own; s3fs and we try again besides
        "NO_PROXY": "127.0.0.1",
    }
    for name, value in storage.environment.items():
        monkeypatch.setenv(name, value)
    forget()
    with running(server):
        client = _client(storage)
        if client.exists(BUCKET):  # moto's storage is one for the whole process
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
