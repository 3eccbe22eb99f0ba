"""The work of `newsarchive web`: checks the archive, takes the port, serves until it is stopped."""

from __future__ import annotations

import errno
import importlib.util
import logging
import socket
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from newsarchive.db import readonly, schema
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import open_readonly, parse_url, shown, sqlite_file
from newsarchive.db.reading import browse
from newsarchive.exceptions import DatabaseUnavailable, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.web.app import App

#: Names of this machine that no other machine can reach.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(
    db: str,
    host: str,
    port: int,
    ready: Callable[[str], None],
    *,
    names: Collection[str] = (),
    sql: bool = False,
) -> None:
    """Serve the archive until SIGINT or SIGTERM; `ready` gets the address once the server answers.

    `names` are further host names by which it is asked for; `sql` lets requests bring SQL of their own.

    Raises `UsageError` for a wrong database, host or port, `DatabaseUnavailable` for an archive that cannot be read.
    """
    engine = opened(db)
    taken = bound(host, port)
    address = _address(host, taken)
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready(address)

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    hosts = {*LOOPBACK, host.lower(), *(name.lower() for name in names)}
    if is_public(host):
        hosts |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    config = uvicorn.Config(
        application(engine, hosts, sql=sql),
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    with taken:
        Server(config).run(sockets=[taken])


def is_public(host: str) -> bool:
    """Whether other machines reach a server that listens on this address."""
    return host.lower() not in LOOPBACK and not host.startswith("127.")


def opened(db: str) -> Engine:
    """The archive, read-only. Raises `UsageError` for another database, `DatabaseUnavailable` for one that
    is missing, old or empty."""
    parsed = parse_url(db)
    if not dialect_of(parsed).is_file:
        raise UsageError(
            f"newsarchive web reads an SQLite file, and {shown(parsed)} is {dialect_of(parsed).title}: copy it first with"
            f" newsarchive db copy {shown(parsed)} sqlite:///copy.db, then newsarchive web --db copy.db"
        )
    if importlib.util.find_spec("datasette") is None:
        raise UsageError("newsarchive web needs Datasette: pip install 'newsarchive[web]'")
    engine = open_readonly(db)
    held = schema.current(engine)
    if held is None:
        raise DatabaseUnavailable(
            f"{shown(engine)} holds no archive: name the one that a crawl wrote with --db"
        )
    if held != readonly.head():
        raise DatabaseUnavailable(f"{shown(engine)} holds an old archive; first: newsarchive db upgrade")
    if not browse.holds_articles(engine):
        raise DatabaseUnavailable(
            f"{shown(engine)} holds no article yet; first: scrapy crawl news -a url=https://blog.example"
        )
    return engine


def application(engine: Engine, hosts: Collection[str], *, sql: bool = False) -> App:
    """Our pages and Datasette over one archive. `hosts` are the names to answer to."""
    from newsarchive.web import datasette
    from newsarchive.web.app import App
    from newsarchive.web.views import Library

    file = sqlite_file(engine)
    assert file is not None
    library = Library(engine)
    library.overview.get(wait=0)  # begins to count
    return App(library, datasette.datasette(file, browse.columns(engine), sql=sql).app(), hosts)


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
        raise UsageError(_why_not(error, host, port)) from None
    return made


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port {port} on {host} is taken: name another, or 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"--port {port} may only be opened by root: name one above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is no address of this machine: try 127.0.0.1"
    return f"{host}:{port} cannot be opened: {error.strerror}"


def _address(host: str, taken: socket.socket) -> str:
    """The address to type in a browser on this machine."""
    named = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{named}:{taken.getsockname()[1]}/"
