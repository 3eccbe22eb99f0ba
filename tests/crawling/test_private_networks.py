"""No page leads a crawl into a private network: every way in, to every kind of address, over a network that is made up."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings
from warcio.archiveiterator import ArchiveIterator

from newsarchive.cli.fetching import Fetcher
from newsarchive.crawling import connections
from newsarchive.exceptions import FetchError, PrivateAddress, UsageError
from newsarchive.private_networks import Allowance, doors, is_global, literal, looks_private
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support import warm
from tests.support.serving import Answer, Site, served

#: The address of every public host of these tests; no packet goes there.
PUBLIC = "93.184.215.14"
XML = {"Content-Type": "application/xml"}
#: What a stranger may write in place of a private host, and the addresses to which names resolve.
TARGETS = {
    "127.0.0.1": "", "localhost": "127.0.0.1", "2130706433": "", "0x7f000001": "", "017700000001": "", "127.1": "",
    "0.0.0.0": "", "[::1]": "", "[::ffff:127.0.0.1]": "", "10.0.0.7": "", "172.16.0.1": "", "192.168.0.1": "",
    "169.254.169.254": "", "100.64.0.1": "", "[fe80::1]": "", "[fd00::1]": "", "[64:ff9b::a9fe:a9fe]": "",
    "metadata.google.internal": "169.254.169.254", "private.stranger.example": "10.0.0.8",
}  # fmt: skip


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


def refresh(to: str) -> Answer:
    return Answer(f'<html><head><meta http-equiv="refresh" content="0; url={to}"></head><body></body></html>')


#: way → the answers by which a post at the path leads to an address
WAYS_OF_POSTS = {
    "moved": lambda path, to: {path: redirect(to, 301)},
    "found": lambda path, to: {path: redirect(to)},
    "permanent": lambda path, to: {path: redirect(to, 308)},
    "twice": lambda path, to: {
        path: redirect(f"http://stranger.org{path}again/", 307),
        f"{path}again/": redirect(to),
    },
    "refresh": lambda path, to: {path: refresh(to)},
}


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        (PUBLIC, True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("2002:808:808::", True),
        ("127.0.0.1", False), ("127.255.255.254", False), ("0.0.0.0", False), ("10.255.0.1", False), ("172.31.0.1", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("198.18.0.1", False),
        ("224.0.0.251", False), ("240.0.0.1", False), ("255.255.255.255", False), ("192.0.2.1", False),
        ("::", False), ("::1", False), ("::127.0.0.1", False), ("::ffff:10.0.0.1", False), ("::ffff:0:10.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False), ("64:ff9b:1::808:808", False), ("2002:7f00:1::", False), ("2001:0:a00:1::", False),
        ("fe80::1", False), ("fe80::1%eth0", False), ("fec0::1", False), ("fd00:ec2::254", False), ("ff02::1", False),
        ("ff0e::1", False), ("2001:db8::1", False), ("100::1", False), ("not an address", False),
    ],
)  # fmt: skip
def test_an_address_is_of_the_internet_or_private(address: str, is_public: bool) -> None:
    assert is_global(address) is is_public


def test_a_host_is_private_by_its_name_alone_where_no_stranger_can_own_it() -> None:
    private = [
        "localhost",
        "app.localhost",
        "intranet",
        "wiki.corp",
        "x.internal",
        "printer.local",
        "10.0.0.1",
        "127.1",
    ]
    assert [host for host in private if not looks_private(host)] == []
    assert not any(map(looks_private, ("blog.example", "intranet.example", PUBLIC, "xn--caf-dma.example")))
    assert literal("①②⑦.1") == "127.0.0.1"


def test_a_private_site_that_is_named_opens_its_own_host_and_port() -> None:
    assert doors(["http://127.0.0.1:8000/"]) == {("127.0.0.1", 8000)}
    assert doors(["http://wiki.corp/"]) == {("wiki.corp", 80), ("wiki.corp", 443)}
    assert doors(["https://blog.example/", "http://[::1", ""]) == set()
    named, nobody = ["http://127.0.0.1:8000/"], Allowance()
    assert nobody.permits("127.0.0.1", 8000, "127.0.0.1", named)
    assert not nobody.permits("127.0.0.1", 6379, "127.0.0.1", named)
    assert not nobody.permits("localhost", 8000, "127.0.0.1", named)
    assert not nobody.permits("blog.example", 80, "10.0.0.7", ["http://blog.example/"])


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("169.254.169.254", "169.254.169.254"), ("169.254.1.1", "169.254.1.1"), ("[fd00:ec2::254]", "fd00:ec2::254"),
        ("[::ffff:169.254.169.254]", "::ffff:169.254.169.254"), ("100.100.100.200", "100.100.100.200"),
        ("metadata.google.internal", "169.254.169.254"),
    ],
)  # fmt: skip
def test_the_metadata_of_a_cloud_is_opened_by_the_setting_alone(host: str, address: str) -> None:
    named, plain = [f"http://{host}/"], host.strip("[]")
    assert not Allowance().permits(plain, 80, address, named)
    with pytest.raises(PrivateAddress, match=r"NEWSARCHIVE_ALLOW_PRIVATE"):
        Allowance().check(plain, 80, address, named)
    for word in (plain, f"{literal(host)}/32" if "." in literal(host) else "", "all"):
        if word and not word.startswith("::"):
            assert Allowance.read([word]).permits(plain, 80, address, named)
    assert Allowance().permits("10.0.0.7", 80, "10.0.0.7", ["http://10.0.0.7/"])


def test_the_allowance_opens_hosts_and_networks_and_nothing_else() -> None:
    allowance = Allowance.read(["intranet.example", "10.1.0.0/16", "fd00::/8", "127.1"])
    assert allowance.permits("Intranet.Example.", 8080, "192.168.0.1")
    assert allowance.permits("any.example", 80, "10.1.255.1")
    assert allowance.permits("any.example", 80, "::ffff:10.1.2.3")
    assert allowance.permits("any.example", 80, "fd12::1")
    assert allowance.permits("any.example", 80, "127.0.0.1")
    assert not allowance.permits("any.example", 80, "10.2.0.1")
    assert not allowance.permits("sub.intranet.example", 80, "192.168.0.1")
    assert Allowance.read(["all"]).permits("any.example", 80, "169.254.169.254")


@pytest.mark.parametrize("word", ["10.1.0.0/99", "http://intranet.example", "a b", "me@host", "."])
def test_a_word_that_opens_nothing_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"is no (host and no )?network: write it as"):
        Allowance.read([word])


def test_behind_a_proxy_the_host_is_judged_by_its_name() -> None:
    for host in (host for host in TARGETS if not host.endswith(".example")):
        with pytest.raises(PrivateAddress, match="set NEWSARCHIVE_ALLOW_PRIVATE = "):
            Allowance().check_proxied(f"http://{host}/latest")
    Allowance().check_proxied("http://blog.example/")
    for site in ("http://127.0.0.1:8000/", "http://localhost:8000/", "http://blog.internal/"):
        Allowance().check_proxied(f"{site}x", [site])
    for site in ("http://169.254.169.254/", "http://metadata.google.internal/", "http://instance-data/"):
        with pytest.raises(PrivateAddress):
            Allowance().check_proxied(f"{site}x", [site])
    Allowance.read(["127.0.0.0/8"]).check_proxied("http://127.1/")


def test_a_handler_whose_connections_nobody_can_judge_is_not_used() -> None:
    class Other:
        """A handler that connects by itself."""

    settings = Settings({"DOWNLOAD_HANDLERS": {"https": Other}})
    with pytest.raises(
        UsageError, match=r"nobody can see where Other connects to.*NEWSARCHIVE_ALLOW_PRIVATE = all"
    ):
        connections.guard(settings)
    settings.set("NEWSARCHIVE_ALLOW_PRIVATE", "all")
    connections.guard(settings)
    assert settings["DOWNLOAD_HANDLERS"]["https"] is Other


# -- crawls ------------------------------------------------------------------------------------------


def crawl(
    site: Site,
    folder: Path,
    url: str,
    *options: str,
    names: dict[str, Any],
    more: tuple[str, ...] = (),
    closed: tuple[str, ...] = (),
) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """A crawl over a network that is made up, and the addresses that it connected to. `more` are served as `PUBLIC` is,
    `closed` refuse connections."""
    port, log = int(site.home.rpartition(":")[2]), folder / "connected"
    resolved = {
        name: [addresses] if isinstance(addresses, str) else addresses for name, addresses in names.items()
    }
    table = {
        "names": resolved,
        "servers": dict.fromkeys((PUBLIC, *more), port) | dict.fromkeys(closed, 1),
        "log": str(log),
    }
    (folder / "network.json").write_text(json.dumps(table))
    log.write_text("")
    command = [str(folder / "network.json"), "crawl", "news", "-a", f"url={url}"]
    for setting in (
        "DOWNLOAD_DELAY=0",
        "AUTOTHROTTLE_ENABLED=0",
        "DNSCACHE_ENABLED=0",
        "NEWSARCHIVE_LEARN=0",
        *options,
    ):
        command += ["-s", setting]
    environment = {
        name: value for name, value in warm.own_environment().items() if "proxy" not in name.lower()
    } | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{folder / 'archive.db'}",
    }
    done = warm.run(
        "tests.support.patched_network", *command, environment=environment, cwd=str(folder), timeout=600
    )
    return done, set(log.read_text().split())


def fates(db: Path) -> dict[str, tuple[str, str, str]]:
    return {url: rest for url, *rest in rows(db, "SELECT url, state, reason, reason_detail FROM urls")}  # type: ignore[misc]


@pytest.mark.slow
def test_no_way_of_a_public_blog_leads_into_a_private_network(tmp_path: Path, db: Path) -> None:
    ways = {
        f"/{way}-{number}/": answers(f"/{way}-{number}/", f"http://{host}/latest/")
        for way, answers in WAYS_OF_POSTS.items()
        for number, host in enumerate(TARGETS)
    }
    posts = {path: answer for table in ways.values() for path, answer in table.items()}
    good = ["/a-good-story/", "/a-split-story/"]
    direct = [f"http://{name}.stranger.org/a-story-elsewhere/" for name in ("sister", "rebound")]
    items = "".join(f"<item><title>A story elsewhere</title><link>{url}</link></item>" for url in direct)
    announced = (
        '<link rel="alternate" type="application/rss+xml" href="/feed/"><link rel="https://api.w.org/" href="/wp-json/">'
        '<link rel="next" href="/page/2/">'
    )
    table = {
        "/": front(*ways, *good).replace("<head>", "<head>" + announced),
        "/a-good-story/": post("Good"),
        "/a-split-story/": post(
            "Split", body=STORY + '<p class="page-links">Pages: 1 <a href="/a-split-story/2/">2</a></p>'
        ),
        "/a-split-story/2/": redirect("http://10.0.0.7/"),
        # Without this, the next request would go over the same connection, whose address was judged.
        "/robots.txt": Answer(
            status=302, headers={"Location": "http://127.0.0.1/robots.txt", "Connection": "close"}
        ),
        "/feed/": Answer(
            f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>', headers=XML
        ),
        "/wp-json/wp/v2/posts": redirect("http://169.254.169.254/"),
        "/sitemap.xml": redirect("http://100.64.0.1/sitemap.xml"),
        "/page/2/": redirect("http://192.168.0.1/page/2/"),
        **posts,
    }
    names = {
        "stranger.org": PUBLIC,
        "sister.stranger.org": "10.0.0.9",
        "rebound.stranger.org": [PUBLIC, "10.0.0.7"],
    }
    names |= {name: address for name, address in TARGETS.items() if address}
    with served({path: Answer(a) if isinstance(a, str) else a for path, a in table.items()}) as site:
        done, connected = crawl(site, tmp_path, "http://stranger.org/", names=names)
    assert connected == {PUBLIC}
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    found = fates(db)
    bad = [*(f"http://stranger.org{path}" for path in ways), *direct]
    assert {url: found[url][:2] for url in bad} == {url: ["blocked", "private address"] for url in bad}
    for path, host in zip(ways, (*TARGETS,) * len(WAYS_OF_POSTS), strict=True):
        assert host.strip("[]") in found[f"http://stranger.org{path}"][2]
        assert "NEWSARCHIVE_ALLOW_PRIVATE" in found[f"http://stranger.org{path}"][2]
    assert (
        f"failed: private address ({len(bad)})" in done.stderr
        or f"{len(bad)} failed: private address" in done.stderr
    )
    assert {url for (url,) in rows(db, "SELECT url FROM articles")} == {
        f"http://stranger.org{path}" for path in good
    }
    kept = set()
    for file in (tmp_path / "archive-warc").glob("*.warc.gz"):
        with file.open("rb") as stream:
            kept |= {
                record.rec_headers.get_header("WARC-Target-URI")
                for record in ArchiveIterator(stream)
                if record.rec_type != "metadata"  # what the feed says of posts that nobody fetched
            }
    assert kept - {None} == {f"http://stranger.org{path}" for path in good}


@pytest.mark.slow
@pytest.mark.parametrize(
    "table",
    [{"/": redirect("http://[::1]/a/")}, {"/": front(feed="/feed/"), "/feed/": redirect("http://[::1]/a/")}],
    ids=["front page", "feed"],
)
def test_a_front_page_or_a_feed_that_leads_into_a_private_network_is_named(
    table: dict[str, Any], tmp_path: Path
) -> None:
    with served(table) as site:
        done, connected = crawl(site, tmp_path, "http://stranger.org/", names={"stranger.org": PUBLIC})
    assert done.returncode == 4
    assert connected == {PUBLIC}
    assert "it leads to http://[::1]/a/: ::1 is in a private network" in done.stderr
    assert "set NEWSARCHIVE_ALLOW_PRIVATE = ::1" in done.stderr


@pytest.mark.slow
def test_a_private_site_and_the_allowance_open_exactly_what_they_name(tmp_path: Path, db: Path) -> None:
    links = {
        "http://10.9.9.9/its-own-story/": True,
        "http://10.9.9.9/on-another-port/": False,
        "http://10.9.9.9/on-another-machine/": False,
        "http://10.9.9.9/in-an-allowed-network/": True,
        "http://10.9.9.9/on-an-allowed-host/": True,
    }
    table = {
        "/": front(*links),
        "/its-own-story/": post("Own"),
        "/on-another-port/": redirect("http://10.9.9.9:6379/x/"),
        "/on-another-machine/": redirect("http://10.9.9.10/x/"),
        "/in-an-allowed-network/": redirect("http://10.1.2.3/network/"),
        "/on-an-allowed-host/": redirect("http://wiki.example:8080/host/"),
        "/network/": post("Network", body=STORY.replace("May", "June")),
        "/host/": post("Host", body=STORY.replace("May", "July")),
    }
    private = ("10.9.9.9", "10.9.9.10", "10.1.2.3", "10.77.0.1")
    with served(table) as site:
        done, connected = crawl(
            site, tmp_path, "http://10.9.9.9/", "NEWSARCHIVE_ALLOW_PRIVATE=wiki.example,10.1.0.0/16",
            names={"wiki.example": "10.77.0.1"}, more=private,
        )  # fmt: skip
    assert connected == {"10.9.9.9", "10.1.2.3", "10.77.0.1"}, done.stderr
    states = {url: fate[0] for url, fate in fates(db).items()}
    assert {url: states[url] for url in links} == {
        url: "ok" if is_open else "blocked" for url, is_open in links.items()
    }


# -- commands that fetch without Scrapy --------------------------------------------------------------


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], dict[str, int]]:
    """The addresses that are connected to, and a table by which a test sends one to a port of 127.0.0.1."""
    seen: set[str] = set()
    servers: dict[str, int] = {}
    real = socket.create_connection

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = host if host.startswith("127.0.0.1") and port in servers.values() else ""
        address = address or literal(host) or TARGETS.get(host) or PUBLIC
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(to: tuple[str, int], *given: Any, **named: Any) -> socket.socket:
        seen.add(to[0])
        if to[0] not in servers:
            raise OSError(f"{to[0]}: nothing may be connected to there in this test")
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", getaddrinfo)
            return real(("127.0.0.1", servers[to[0]]), *given, **named)

    getaddrinfo = socket.getaddrinfo
    for name in [name for name in os.environ if "proxy" in name.lower()]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    return seen, servers


@pytest.mark.parametrize("host", TARGETS)
def test_extract_and_the_preview_of_a_site_follow_no_redirect_into_a_private_network(
    host: str, connected: tuple[set[str], dict[str, int]]
) -> None:
    seen, servers = connected
    with served(
        {"/": redirect(f"http://{host}/latest/"), "/robots.txt": redirect(f"http://{host}/robots.txt")}
    ) as site:
        servers[PUBLIC] = int(site.home.rpartition(":")[2])
        with pytest.raises(PrivateAddress) as refused:
            Fetcher(named=["http://stranger.org/"]).get("http://stranger.org/")
    assert seen == {PUBLIC}
    message = str(refused.value)
    assert message.startswith(f"http://stranger.org/: it leads to http://{host}/latest/: ")
    assert f"set NEWSARCHIVE_ALLOW_PRIVATE = {host.strip('[]')}" in message


@pytest.mark.parametrize("host", ["%31%32%37.0.0.1", "%6cocalhost"])
def test_a_host_that_is_escaped_leads_nowhere_else(
    host: str, connected: tuple[set[str], dict[str, int]]
) -> None:
    """Python decodes the host of a URL before it connects."""
    seen, servers = connected
    with served({"/": redirect(f"http://{host}/latest/")}) as site:
        servers[PUBLIC] = int(site.home.rpartition(":")[2])
        with pytest.raises(PrivateAddress, match="it leads to http://"):
            Fetcher().get("http://stranger.org/")
    assert seen == {PUBLIC}
    with pytest.raises(PrivateAddress):
        Allowance().check_proxied(f"http://{host}/")


def test_extract_opens_a_private_address_that_was_named(connected: tuple[set[str], dict[str, int]]) -> None:
    seen, servers = connected
    with served({"/": "here"}) as site:
        servers["10.0.0.7"] = int(site.home.rpartition(":")[2])
        assert Fetcher(named=["http://10.0.0.7/"]).get("http://10.0.0.7/").body == b"here"
        with pytest.raises(PrivateAddress):
            Fetcher(named=["http://10.0.0.7/"]).get("http://10.0.0.7:81/")
    assert seen == {"10.0.0.7"}


@pytest.mark.parametrize("to", ["ftp://10.0.0.7/x", "file:///etc/hostname"])
def test_extract_follows_the_schemes_of_the_web_alone(
    to: str, connected: tuple[set[str], dict[str, int]]
) -> None:
    seen, servers = connected
    with served({"/": redirect(to)}) as site:
        servers[PUBLIC] = int(site.home.rpartition(":")[2])
        with pytest.raises(FetchError, match=r"only http and https|not allowed"):
            Fetcher().get("http://stranger.org/")
    assert seen == {PUBLIC}
