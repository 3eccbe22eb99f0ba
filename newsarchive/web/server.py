"""The work of `newsarchive web`: checks the archive, takes the port, serves until it is stopped."""

from __future__ import annotations

import errno
import importlib.util
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import SplitResult, urlsplit

from newsarchive.db import schema
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import command, open_existing, open_readonly, parse_url, shown, sqlite_file
from newsarchive.db.reading import browse
from newsarchive.exceptions import DatabaseUnavailable, UsageError
from newsarchive.plainwords import printable

if TYPE_CHECKING:
    import uvicorn
    from sqlalchemy import Engine

    from newsarchive.web.security import Guard

#: Names of this machine that no other machine can reach.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

#: Seconds between two looks for an archive that `--wait` waits for.
SECONDS_BETWEEN_LOOKS = 2.0

#: Seconds that answers under way get to end after a signal; a reader who takes longer is cut off. Docker kills a service that has not
#: ended after ten.
STOP_SECONDS = 5

#: The path of Datasette's pages.
TABLES = "/archive"


@dataclass(frozen=True, slots=True)
class Start:
    """How the pages are served. `names` are further host names of the server. `sql` lets requests bring SQL of their
    own. `base_url` is the address of the pages where a proxy stands before the server. Every reader is asked for the
    `password`, and a reader with the `token` may judge the quarantine; "" for none. With `keys` our pages have a script
    for the keys j and k."""

    names: tuple[str, ...] = ()
    sql: bool = False
    base_url: str = ""
    password: str = ""
    token: str = ""
    keys: bool = False

    @property
    def base(self) -> SplitResult:
        """The parts of the address. Raises `UsageError` as `address_parts` does, and for the address of the tables."""
        parts = address_parts(self.base_url) if self.base_url else urlsplit("")
        if parts.path.rstrip("/") == TABLES:
            raise UsageError(
                f"--base-url {self.base_url}: the tables are at {TABLES} themselves, so that nobody could tell them from other pages: "
                "give another path, such as /press"
            )
        return parts


def address_parts(url: str) -> SplitResult:
    """The parts of a server's public address. Raises `UsageError` for another than `http://…` or `https://…` with a host."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment):
            return parts
    raise UsageError(f"--base-url {url}: give an address such as https://news.example/press")


def serve(
    db: str,
    host: str,
    port: int,
    ready: Callable[[str], None],
    start: Start = Start(),
    waits: Callable[[str], None] | None = None,
) -> None:
    """Serve the archive until SIGINT (`KeyboardInterrupt`) or SIGTERM (`SystemExit` with 0); `ready` gets the address once the
    server answers. With `waits` it first waits for an archive that can be read, says there why it waits, and serves one without
    articles, too.

    Raises `UsageError` for a wrong database, host or port, `DatabaseUnavailable` for an archive that cannot be read.
    """
    start.base  # noqa: B018 - raises before anything is opened
    hosts = {*LOOPBACK, host.lower(), *(name.lower() for name in start.names)}
    if is_public(host):
        hosts |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    named = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    with sigterm_is_no_failure():
        engine = opened(db) if waits is None else awaited(db, waits)
        with bound(host, port) as taken, redirect_stderr(_Printable(sys.stderr)):
            address = f"http://{named}:{taken.getsockname()[1]}/"
            made = quiet_server(application(engine, hosts, start), lambda: ready(address), lifespan="on")
            made.run(sockets=[taken])


@contextmanager
def sigterm_is_no_failure() -> Iterator[None]:
    """Inside the `with` block, SIGTERM ends the program with 0: a service that is told to stop has not failed. uvicorn ends its
    answers first, and then sends itself the signal again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # The system does not end the first process of a container on SIGTERM unless that process handles it.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def quiet_server(application: Any, ready: Callable[[], None] = lambda: None, **given: Any) -> uvicorn.Server:
    """A server that logs warnings alone; `ready` is called once it answers, and `given` are further options of uvicorn."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    return Server(
        uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            **given,
        )
    )


class _Printable:
    """A stream on which visitors' words move no cursor: Datasette prints what was wrong with a request there."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        return self.stream.write(printable(text))


def is_public(host: str) -> bool:
    """Whether other machines reach a server that listens on this address."""
    return host.lower() not in LOOPBACK and not host.startswith("127.")


def opened(db: str, *, may_be_empty: bool = False) -> Engine:
    """The archive, read-only. Raises `UsageError` for another database, `DatabaseUnavailable` for one that is missing or old, or
    that has no article, unless it `may_be_empty`, and `DatabaseTooNew` for one of a newer version."""
    missing = [
        name for name in ("starlette", "uvicorn", "jinja2", "yaml") if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise UsageError(f"newsarchive web needs {' and '.join(missing)}: pip install 'newsarchive[web]'")
    engine = open_readonly(db) if dialect_of(parse_url(db)).is_file else open_existing(db)
    schema.require_current(engine)
    if not may_be_empty and not browse.holds_articles(engine):
        raise DatabaseUnavailable(
            f"{shown(engine)} holds no article yet; first: {command(engine, 'crawl https://blog.example')}"
        )
    return engine


def awaited(db: str, tell: Callable[[str], None]) -> Engine:
    """The archive, as soon as it can be read: a first crawl, an upgrade or the start of the database may still be going on. It may
    hold no article, since its numbers (`/metrics`) are asked for from the first minute on. Raises `UsageError` for another
    database."""
    said = ""
    while True:
        try:
            return opened(db, may_be_empty=True)
        except DatabaseUnavailable as error:
            if str(error) != said:
                said = str(error)
                tell(said)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def application(engine: Engine, hosts: Collection[str], start: Start = Start()) -> Guard:
    """Our pages, and Datasette behind them where it is installed and the archive is a file. `hosts` are the names to answer to."""
    from newsarchive.web import app
    from newsarchive.web.library import Library
    from newsarchive.web.render import Frame

    file = sqlite_file(engine)
    has_tables = file is not None and importlib.util.find_spec("datasette") is not None
    frame = Frame(start.base.path.rstrip("/"), has_tables, bool(start.token), start.keys)
    library = Library(
        engine, frame, base_url=start.base_url.rstrip("/"), password=start.password, token=start.token
    )
    library.overview.get(wait=0)  # begins to count
    behind = None
    if file is not None and has_tables:
        from newsarchive.web import datasette

        behind = datasette.datasette(file, browse.columns(engine), frame, sql=start.sql).app()
    return app.application(library, behind, {*hosts, *filter(None, [start.base.hostname])})


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `UsageError` where the port is taken or the address is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise UsageError(f"--host {host}: no such address on this machine; try 127.0.0.1") from None
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except OSError as error:
        made.close()
        why = {
            errno.EADDRINUSE: f"--port {port} on {host} is taken: name another, or 0 for any that is free",
            errno.EACCES: f"--port {port} may only be opened by root: name one above 1023",
            errno.EADDRNOTAVAIL: f"--host {host} is no address of this machine: try 127.0.0.1",
        }
        other = f"{host}:{port} cannot be opened: {error.strerror}"
        raise UsageError(why.get(error.errno or 0, other)) from None
    return made
