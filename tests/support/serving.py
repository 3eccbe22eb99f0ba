"""A web server on loopback that answers from a table, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer

from tests.support import warm
from tests.support.warm import ROOT as ROOT

HTML = "text/html; charset=UTF-8"


#: Options of a crawl on loopback: nothing waits between two requests, and none is tried again. Without the second, each answer that
#: is no page makes the next request wait for a second.
FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", "RETRY_TIMES=0")
#: Seconds between two looks of a server whether it is to end. Python's own 0.5 would be waited for at the end of each test.
POLL_SECONDS = 0.02


@contextmanager
def running(server: BaseServer) -> Iterator[None]:
    """Let a server answer in a thread of its own, and close it at the end."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Answer:
    """What one path gives: body, status, headers; `wait` seconds before it answers, `drip` after each byte."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": HTML})
    wait: float = 0.0
    drip: float = 0.0


@dataclass
class Seen:
    """One request as the server saw it, and what it answered; `at` is monotonic time in seconds."""

    path: str
    headers: Mapping[str, str]
    at: float
    status: int


@dataclass
class Site:
    """A served table: paths may be added while it runs."""

    home: str
    answers: dict[str, Answer]
    seen: list[Seen] = field(default_factory=list)
    #: Told of each request before it is answered, in the thread that answers it.
    watch: Callable[[Seen], None] = lambda request: None

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def pause(self) -> float:
        """Seconds between two requests on average, from the second on: the first two come before robots.txt was read.

        A request that comes in late, on a busy machine, makes the next seem early: so the whole way is measured.
        """
        times = [request.at for request in self.seen[1:]]
        return (times[-1] - times[0]) / (len(times) - 1)


@contextmanager
def served(
    answers: Mapping[str, Answer | str] | Callable[[str], Mapping[str, Answer | str]],
    tls: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
) -> Iterator[Site]:
    """Serve a table (or what a function makes of the site's address) on a free port of loopback, over `tls` if given."""
    site = Site("", {})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the body waits for the client's delayed acknowledgement of the head: 40 ms an answer on Linux.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            answer = site.answers.get(self.path, Answer("not found", 404))
            tag = answer.headers.get("ETag")
            if answer.status == 200 and tag and tag == self.headers.get("If-None-Match"):
                answer = replace(answer, body=b"", status=304)
            site.seen.append(Seen(self.path, dict(self.headers), time.monotonic(), answer.status))
            site.watch(site.seen[-1])
            time.sleep(answer.wait)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not answer.drip:
                self.wfile.write(body)
                return
            with contextlib.suppress(OSError):  # who asked has had enough
                for byte in body[:200]:
                    self.wfile.write(bytes([byte]))
                    time.sleep(answer.drip)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """Nothing is printed of a client that went away: it would stand in what a later test of this process captures."""

    server = Server((address, 0), Handler)
    site.home = f"{'https' if tls else 'http'}://{address}:{server.server_port}"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    table = answers(site.home) if callable(answers) else answers
    site.answers.update({p: a if isinstance(a, Answer) else Answer(a) for p, a in table.items()})
    with running(server):
        yield site


def crawl(
    *arguments: str, db: Path | str, spider: str = "news", fast: bool = True, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run `scrapy crawl` as a user would, in a process of its own; words that are no options become `-a word`."""
    return warm.ended(started(*arguments, db=db, spider=spider, fast=fast), timeout=timeout)


def started(
    *arguments: str, db: Path | str, spider: str = "news", fast: bool = True, own_group: bool = False
) -> subprocess.Popen[str]:
    """The same, while it runs; `own_group` makes it the leader of a process group, which a signal can reach as a whole."""
    words = ["crawl", spider]
    for before, word in zip(("", *arguments), arguments, strict=False):
        option = word.startswith("-") or before.startswith("-")
        words += [word] if option else ["-a", word]
    if fast:
        words += FAST
    url = str(db) if "://" in str(db) else f"sqlite:///{db}"
    environment = warm.own_environment() | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": url,
    }
    folder = str(Path(db).parent) if "://" not in str(db) else None
    process: subprocess.Popen[str] = warm.started(
        "scrapy", *words, environment=environment, cwd=folder, own_group=own_group
    )
    return process


def crawl_killed_at(site: Site, wanted: Callable[[str], bool], count: int, *arguments: str, db: Path) -> None:
    """`kill -9` to a crawl when it asks for one of the `wanted` paths for the `count`th time. Nobody answers that
    request, so the crawl cannot be further on, however slow the machine."""
    process, due = started(*arguments, db=db), count

    def watch(request: Seen) -> None:
        nonlocal due
        if wanted(request.path):
            due -= 1
            if due <= 0:
                process.kill()
                process.wait()

    site.watch = watch
    try:
        process.communicate(timeout=300)
    finally:
        process.kill()
        site.watch = lambda request: None
    assert due <= 0, "the crawl ended before it was killed"
