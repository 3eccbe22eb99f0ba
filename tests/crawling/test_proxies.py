"""A crawl by way of the proxy that the environment names, as in newsrooms and universities."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from newsarchive import demo
from newsarchive.cli.fetching import Fetcher, proxy_of
from newsarchive.exceptions import ALL_FAILED, FetchError
from newsarchive.extensions.warc import is_for_proxy
from tests.support.serving import crawl, running

HOME = demo.ADDRESS
NAMES = ("http_proxy", "https_proxy")

SetProxy = Callable[[str], None]


@pytest.fixture
def by_way_of(monkeypatch: pytest.MonkeyPatch) -> SetProxy:
    """Sets a proxy for all hosts but this machine."""

    def set_proxy(address: str) -> None:
        for name in NAMES:
            monkeypatch.setenv(name, address)
            monkeypatch.delenv(name.upper(), raising=False)

    return set_proxy


@pytest.mark.slow
def test_the_password_of_a_proxy_is_not_stored(by_way_of: SetProxy, db: Path) -> None:
    with demo.served(HOME) as proxy:
        by_way_of(proxy.replace("//", "//reporter:secret@"))
        done = crawl(f"url={HOME}/", db=db)
    assert "3 new" in done.stderr, done.stderr
    (file,) = db.parent.glob("*-warc/*.warc.gz")
    with file.open("rb") as stream:
        sent = [
            record.http_headers.headers for record in ArchiveIterator(stream) if record.rec_type == "request"
        ]
    assert len(sent) == 4  # robots.txt and three posts
    assert [name for headers in sent for name, _ in headers if is_for_proxy(name)] == []
    assert all("user-agent" in {name.lower() for name, _ in headers} for headers in sent)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        (
            "http://reporter:secret@127.0.0.1:{closed}",
            "the proxy http://127.0.0.1:{closed} refused the connection",
        ),
        (
            "http://no-such-host.invalid:3128",
            "the proxy http://no-such-host.invalid:3128 is a host that does not exist",
        ),
        (
            "socks5://127.0.0.1:{closed}",
            "the proxy socks5://127.0.0.1:{closed} is no proxy of HTTP, and Scrapy knows no other",
        ),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(
    by_way_of: SetProxy, db: Path, closed_port: int, proxy: str, says: str
) -> None:
    by_way_of(proxy.format(closed=closed_port))

    done = crawl(f"url={HOME}/", db=db)

    assert (
        f"error: {HOME}/: {says.format(closed=closed_port)}: correct the variables http_proxy" in done.stderr
    )
    assert "secret" not in done.stderr
    assert done.returncode == ALL_FAILED


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_says_how_to_give_it(
    by_way_of: SetProxy, db: Path, scheme: str
) -> None:

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(407)

        do_CONNECT = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        by_way_of(f"http://127.0.0.1:{server.server_port}")
        done = crawl(f"url={scheme}://blog.example/", db=db)
    assert f"{scheme}_proxy = http://NAME:PASSWORD@HOST:PORT" in done.stderr
    assert done.returncode == ALL_FAILED


def test_a_command_that_fetches_names_the_proxy(by_way_of: SetProxy, closed_port: int) -> None:
    proxy = f"127.0.0.1:{closed_port}"
    by_way_of(f"http://reporter:secret@{proxy}/")
    with pytest.raises(FetchError, match=f"by way of the proxy {proxy}: ") as failed:
        Fetcher(ignore_robots=True).get("http://blog.example/post")
    assert "secret" not in str(failed.value)


def test_no_proxy_is_named_where_none_is_asked(by_way_of: SetProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    by_way_of("http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "blog.example")
    assert proxy_of("http://blog.example/post") == ""
    assert proxy_of("http://other.example/post") == "proxy.example:3128"
