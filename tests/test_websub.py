"""WebSub: a hub's word hastens a crawl, and nothing that a hub or a stranger sends does more than that."""

from __future__ import annotations

import hmac
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from sqlalchemy import Engine

from newsarchive import websub
from newsarchive.cli import websub as cli_websub
from newsarchive.cli.websub import _crawl, _crawling, _requests
from newsarchive.db.engine import open_engine
from newsarchive.db.frontier.hubs import Hubs, HubState, State
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.schema import upgrade
from newsarchive.exceptions import FetchError
from newsarchive.items import Capture
from newsarchive.spider_processes.server import SpiderServer
from newsarchive.times import utc_now
from newsarchive.websub import LEASE_SECONDS, Subscriber
from tests.cli.test_cli import run
from tests.crawling.test_crawl import post, rows
from tests.support import warm
from tests.support.serving import POLL_SECONDS, Answer, crawl, served
from tests.support.waiting import wait_for

SITE, FEED, HUB = "https://blog.example/", "https://blog.example/feed", "https://hub.example/"
BODY = '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="{feed}"/><link rel="hub" href="{hub}"/>{entries}</feed>'


class World:
    """A clock, feeds and hubs that do as a test says."""

    def __init__(self) -> None:
        self.now, self.asked, self.fetched, self.status, self.said = 0.0, [], [], 202, []
        self.subscriber = self.started()

    def started(self) -> Subscriber:
        return Subscriber(
            "https://archive.example/push/",
            b"a secret",
            self.get,
            self.post,
            lambda: self.now,
            self.said.append,
        )

    def get(self, url: str) -> Capture:
        self.fetched.append(url)
        return Capture(url, BODY.format(feed=FEED, hub=HUB, entries="").encode())

    def post(self, hub: str, form: bytes) -> int:
        if self.status == 0:
            raise FetchError("cannot be asked: refused")
        self.asked.append({name: value for name, [value] in parse_qs(form.decode()).items()} | {"hub": hub})
        return self.status

    def look(self) -> None:
        self.subscriber.look([(SITE, FEED)])

    def verified(self, lease: str = str(LEASE_SECONDS)) -> str:
        self.look()
        token = self.asked[-1]["hub.callback"].rpartition("/")[2]
        question = {
            "hub.mode": "subscribe",
            "hub.topic": FEED,
            "hub.challenge": "abc",
            "hub.lease_seconds": lease,
        }
        assert self.subscriber.verify(token, question) == (200, "abc")
        return token

    def signed(self, body: bytes) -> str:
        return "sha256=" + hmac.new(self.asked[-1]["hub.secret"].encode(), body, "sha256").hexdigest()


def test_a_feed_with_a_hub_is_subscribed_to_with_a_secret() -> None:
    world = World()
    world.look()
    [form] = world.asked
    assert form["hub"] == HUB
    assert (form["hub.mode"], form["hub.topic"], form["hub.lease_seconds"]) == (
        "subscribe",
        FEED,
        str(LEASE_SECONDS),
    )
    assert re.fullmatch(r"https://archive\.example/push/[0-9a-f]{64}", form["hub.callback"])
    assert len(form["hub.secret"]) == 64  # the standard: fewer than 200 bytes
    assert form["hub.secret"] not in form["hub.callback"]
    world.look()
    assert (len(world.asked), world.fetched) == (1, [FEED])  # the feed is looked at once a day
    # Whoever starts anew with the same secret has the same subscription.
    again = World()
    again.look()
    assert again.asked == world.asked


def test_a_feed_that_names_the_hub_and_the_address_of_another_takes_no_push_from_it() -> None:
    world = World()
    world.subscriber.look([("https://a.example/", "https://a.example/feed"), (SITE, FEED)])
    for form in world.asked:
        token = form["hub.callback"].rpartition("/")[2]
        question = {"hub.mode": "subscribe", "hub.topic": FEED, "hub.challenge": "abc"}
        assert world.subscriber.verify(token, question) == (200, "abc")
        signature = "sha256=" + hmac.new(form["hub.secret"].encode(), b"x", "sha256").hexdigest()
        assert world.subscriber.push(token, signature, b"x") == 202
    assert list(world.subscriber.waiting) == ["https://a.example/", SITE]


def test_only_what_was_asked_for_is_confirmed() -> None:
    world = World()
    world.look()
    token = world.asked[0]["hub.callback"].rpartition("/")[2]
    right = {
        "hub.mode": "subscribe",
        "hub.topic": FEED,
        "hub.challenge": "abc",
        "hub.lease_seconds": "864000",
    }
    for other, change in (
        ("0" * 64, {}), (token, {"hub.topic": "https://other.example/feed"}), (token, {"hub.mode": "unsubscribe"}),
        (token, {"hub.challenge": ""}), (token, {"hub.mode": ""}),
    ):  # fmt: skip
        assert world.subscriber.verify(other, right | change) == (404, "")
    assert world.subscriber.push(token, world.signed(b"x"), b"x") == 404  # not before it is verified
    assert world.subscriber.verify(token, right) == (200, "abc")


def test_pushes_that_are_not_the_hubs_are_refused() -> None:
    world = World()
    token = world.verified()
    body = b"<feed>Injected text</feed>"
    assert world.subscriber.push("0" * 64, world.signed(body), body) == 404
    for signature in ("", "sha256=00", world.signed(b"other"), "sha1=" + "0" * 40, "nonsense"):
        assert world.subscriber.push(token, signature, body) == 403
    large = b"x" * (websub.MAX_PUSH_BYTES + 1)
    assert world.subscriber.push(token, world.signed(large), large) == 413
    assert world.subscriber.next_site() is None
    assert world.subscriber.push(token, world.signed(body), body) == 202
    assert world.subscriber.next_site() == SITE


def test_a_hub_that_pushes_without_end_brings_one_crawl_a_minute() -> None:
    world = World()
    token = world.verified()
    crawls = 0
    for second in range(300):
        world.now = second
        for _ in range(10):
            world.subscriber.push(token, world.signed(b"x"), b"x")
        crawls += world.subscriber.next_site() is not None
    assert crawls == 5
    assert len(world.subscriber.waiting) <= 1


@pytest.mark.parametrize(
    ("lease", "seconds"),
    [
        ("86400", 64_800.0),
        ("1", 225.0),
        ("-5", 225.0),
        ("99999999999", 1_944_000.0),
        ("9" * 400, 1_944_000.0),
        ("soon", 648_000.0),
        ("", 648_000.0),
    ],
)
def test_a_lease_is_renewed_before_it_ends_whatever_the_hub_says(lease: str, seconds: float) -> None:
    world = World()
    token = world.verified(lease)
    world.now = seconds - 1
    world.look()
    assert len(world.asked) == 1
    world.now = seconds
    world.look()
    assert len(world.asked) == 2
    assert world.asked[0] == world.asked[1]
    # The old subscription holds until the hub says otherwise.
    assert world.subscriber.push(token, world.signed(b"x"), b"x") == 202


def test_a_hub_that_refuses_or_fails_is_asked_again_in_a_day() -> None:
    for status in (0, 400, 500):
        world = World()
        world.status = status
        world.look()
        assert "asked again in a day" in world.said[0]
        world.status, world.now = 202, 86_399.0
        world.look()
        before = len(world.asked)
        world.now = 86_400.0
        world.look()
        assert len(world.asked) == before + 1
    world = World()
    token = world.verified()
    assert world.subscriber.verify(token, {"hub.mode": "denied", "hub.topic": FEED, "hub.reason": "no"}) == (
        200,
        "",
    )
    assert world.subscriber.subscriptions[token].state is State.REFUSED
    assert world.subscriber.push(token, world.signed(b"x"), b"x") == 404


def test_a_feed_that_cannot_be_fetched_is_named_once() -> None:
    """The message of whoever fetches begins with the address."""
    world = World()

    def refused(url: str) -> Capture:
        raise FetchError(f"{url}: the server answered 410 Gone")

    world.subscriber.get = refused
    world.look()
    assert world.said == [f"{FEED}: the server answered 410 Gone"]


def test_a_hub_that_never_verifies_is_asked_again() -> None:
    world = World()
    world.look()
    world.now = websub.MAX_VERIFICATION_SECONDS
    world.look()
    assert len(world.asked) == 2


def test_a_site_that_is_not_followed_any_more_is_let_go() -> None:
    world = World()
    token = world.verified()
    world.subscriber.look([])
    assert world.subscriber.push(token, world.signed(b"x"), b"x") == 404
    world.look()
    assert len(world.asked) == 2, "a site that comes back is subscribed to at once"


def test_a_crawl_that_cannot_be_started_is_tried_again() -> None:
    world, ended, tried = World(), threading.Event(), list[str]()
    assert world.subscriber.push(world.verified(), world.signed(b"x"), b"x") == 202

    def crawl(site: str) -> bool:
        tried.append(site)
        world.now += 60.0
        if len(tried) == 1:
            raise OSError("Cannot allocate memory")
        ended.set()
        return True

    class NoHubs:
        def pushed(self, site: str, at: object) -> None:
            pass

    _crawl(world.subscriber, crawl, NoHubs(), ended)
    assert tried == [SITE, SITE]


def test_leases_do_not_wait_until_thousands_of_feeds_were_looked_at() -> None:
    world = World()

    def get(url: str) -> Capture:
        world.now += 60.0
        world.fetched.append(url)
        return Capture(url, b"<feed/>")

    world.subscriber.get = get
    feeds = [(f"https://blog{number}.example/", f"https://blog{number}.example/feed") for number in range(12)]
    for looked in (5, 10, 12, 12):
        world.subscriber.look(feeds)
        assert world.fetched == [feed for _, feed in feeds[:looked]]


@pytest.mark.parametrize("failed", [False, True])
@pytest.mark.parametrize("mode", ["subscribe", "denied"])
def test_a_hub_that_asks_back_before_it_answers_is_heard(mode: str, failed: bool) -> None:
    world = World()

    def post(hub: str, form: bytes) -> int:
        [callback] = parse_qs(form.decode())["hub.callback"]
        world.subscriber.verify(
            callback.rpartition("/")[2],
            {"hub.mode": mode, "hub.topic": FEED, "hub.challenge": "abc", "hub.reason": "full"},
        )
        if failed:
            raise FetchError("cannot be asked: timed out")
        return 202

    world.subscriber.post = post
    world.look()
    [one] = world.subscriber.subscriptions.values()
    expected = (State.VERIFIED, "") if mode == "subscribe" else (State.REFUSED, "full")
    assert (one.state, one.problem) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--base-url", "archive.example"), "give an address such as"),
        (("--base-url", "https://[a.example"), "give an address such as"),
        (("--base-url", "https://a.example", "--secret-file", "/no/such/file"), "No such file"),
    ],
)
def test_wrong_usage_says_what_to_type(db: Path, words: tuple[str, ...], says: str) -> None:
    open_engine_of(db).dispose()
    done = run("websub", "serve", *words, "--db", str(db))
    assert done.returncode == 2, done.stderr
    assert says in done.stderr


# -- with a hub on loopback ------------------------------------------------------------------------------------------


class Hub(ThreadingHTTPServer):
    """A hub of loopback: verifies what is subscribed to, and pushes when a test says so."""

    def __init__(self) -> None:
        hub = self
        self.forms: list[dict[str, str]] = []
        self.verified: list[bool] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: value for name, [value] in parse_qs(body).items()}
                hub.forms.append(form)
                self.send_response(202)
                self.end_headers()
                threading.Thread(target=hub.verify, args=(form,)).start()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def verify(self, form: dict[str, str]) -> None:
        question = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.topic": form["hub.topic"],
                "hub.challenge": "a b&c",
                "hub.lease_seconds": "86400",
            }
        )
        with urllib.request.urlopen(f"{form['hub.callback']}?{question}", timeout=60) as answer:
            self.verified.append(answer.read() == b"a b&c")

    def push(self, body: bytes, secret: str = "") -> int:
        form = self.forms[-1]
        made = hmac.new((secret or form["hub.secret"]).encode(), body, "sha256").hexdigest()
        request = urllib.request.Request(form["hub.callback"], body, {"X-Hub-Signature": f"sha256={made}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def refused_before_its_end(port: int) -> bytes:
    """The status for a push to an address that nobody was given, whose body never comes."""
    with socket.create_connection(("127.0.0.1", port), 60) as stranger:
        stranger.sendall(b"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        return stranger.recv(99).split()[1]


def wait_while_running(done: Callable[[], object], process: subprocess.Popen[str]) -> None:
    wait_for(lambda: done() or process.poll() is not None)
    assert process.poll() is None


@pytest.mark.slow
def test_a_push_brings_the_new_post_and_nothing_of_its_own_text(db: Path, tmp_path: Path) -> None:
    hub = Hub()
    entry = '<entry><title>A report</title><link href="{}"/><id>{}</id><updated>2025-04-01T00:00:00Z</updated></entry>'
    first, second = "/a-first-long-story/", "/a-second-long-story/"
    with served({"/": "", first: post("First story"), second: Answer("", 404)}) as site:

        def feed(*paths: str) -> Answer:
            entries = "".join(entry.format(site.home + path, path) for path in paths)
            text = BODY.format(
                feed=f"{site.home}/feed", hub=hub.address, entries=f"<title>Blog</title>{entries}"
            )
            return Answer(text, headers={"Content-Type": "application/atom+xml"})

        front = '<title>Blog</title><link rel="alternate" type="application/atom+xml" href="/feed"><p>A blog'
        site.answers |= {"/": Answer(front), "/feed": feed(first)}
        engine = open_engine_of(db)
        Sites(engine).follow(f"{site.home}/", {"delay": 0.01})
        engine.dispose()
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        assert rows(db, "SELECT headline FROM articles") == [("First story",)]
        environment = warm.own_environment() | {"NEWSARCHIVE_ALLOW_PRIVATE": "all"}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        words = ("websub", "serve", "--base-url", f"http://127.0.0.1:{port}", "--port", port, "--db", str(db))
        with (tmp_path / "log").open("w") as log:
            streams = (None, None, log.fileno())
            process = warm.started(
                "newsarchive", *words, environment=environment, cwd=str(tmp_path), streams=streams
            )
        try:
            wait_while_running(lambda: hub.verified, process)
            assert hub.verified == [True]
            wait_while_running(
                lambda: rows(db, "SELECT state FROM hub_subscriptions") == [("verified",)], process
            )
            site.answers |= {"/feed": feed(second, first), second: Answer(post("Second story"))}
            pushed = b"<feed><entry><title>Injected headline</title></entry></feed>"
            assert hub.push(pushed, "a wrong secret") == 403
            assert hub.push(b"x" * (websub.MAX_PUSH_BYTES + 1)) == 413
            assert refused_before_its_end(int(port)) == b"404"
            seen = len(site.seen)
            assert hub.push(pushed) == 202
            wait_while_running(lambda: "pushed: crawled" in (tmp_path / "log").read_text(), process)
            assert len(site.seen) > seen
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
            assert (tmp_path / "log").read_text().splitlines()[-1] == "stopped"
        finally:
            process.kill()
            process.wait()
            hub.shutdown()
            hub.server_close()
    assert rows(db, "SELECT headline FROM articles ORDER BY headline") == [
        ("First story",),
        ("Second story",),
    ]
    # The push announced the second post; the first was there before. Once a hub has announced enough, it is relied on.
    engine = open_engine(f"sqlite:///{db}")
    later = utc_now() + timedelta(minutes=20)
    Hubs(engine, lambda: later).keep(
        [HubState(f"{site.home}/", hub.address, f"{site.home}/feed", "verified", 86_400.0)]
    )
    engine.dispose()
    assert rows(db, "SELECT announced FROM hub_subscriptions") == [(1,)]
    assert rows(db, "SELECT count(*) FROM hub_pushes") == [(1,)]


def open_engine_of(db: Path) -> Engine:
    """An archive without a site."""
    engine = open_engine(f"sqlite:///{db}")
    upgrade(engine)
    return engine


@pytest.mark.slow
def test_a_secret_that_could_be_guessed_is_refused(db: Path, tmp_path: Path) -> None:
    open_engine_of(db).dispose()
    (tmp_path / "secret").write_text("short\n")
    done = run(
        "websub",
        "serve",
        "--base-url",
        "https://a.example",
        "--secret-file",
        str(tmp_path / "secret"),
        "--db",
        str(db),
    )
    assert done.returncode == 2
    assert "openssl rand -hex 32" in done.stderr


@pytest.mark.slow
def test_a_fault_ends_the_server(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would answer hubs for ever, and crawl nothing."""

    def broken(*given: object) -> None:
        raise RuntimeError("a fault")

    open_engine_of(db).dispose()
    monkeypatch.setattr(cli_websub, "_look", broken)
    with pytest.raises(RuntimeError, match="a fault"):
        cli_websub.serve.callback("https://archive.example", "127.0.0.1", 0, None, str(db))


@pytest.mark.slow  # crawls
def test_the_spiders_of_pushes_are_forks_of_one_process(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, fork = [], SpiderServer.started

    def noted(server: SpiderServer, module: str, *rest: object) -> object:
        child = fork(server, module, *rest)
        started.append((server, module, child is not None))
        return child

    monkeypatch.setattr(SpiderServer, "started", noted)
    monkeypatch.setenv("NEWSARCHIVE_ALLOW_PRIVATE", "all")
    engine = open_engine_of(db)
    with served({"/": "<p>A blog"}) as site:
        crawled = _crawling(f"sqlite:///{db}", Sites(engine), [])
        assert crawled(f"{site.home}/")
        assert crawled(f"{site.home}/")
    engine.dispose()
    server = started[0][0]
    assert started == [(server, "scrapy", True)] * 2
    server.close()


@pytest.mark.slow  # crawls
def test_a_pushed_crawl_says_what_went_wrong(
    db: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_ALLOW_PRIVATE", "all")
    engine = open_engine_of(db)
    with served({}) as site:
        assert _crawling(f"sqlite:///{db}", Sites(engine), [])(f"{site.home}/")
    engine.dispose()
    said = capsys.readouterr().err
    assert f"error: {site.home}/" in said
    assert "pushed: crawled, which ended with 4" in said


def test_a_hub_that_cannot_be_asked_is_told(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSARCHIVE_ALLOW_PRIVATE", "127.0.0.0/8")
    _, ask = _requests()
    with served({}) as site:
        assert ask(f"{site.home}/hub", b"hub.mode=subscribe") == 501  # this server takes no POST
    for address in (f"http://127.0.0.1:{closed_port}/", "http://[::1"):
        with pytest.raises(FetchError, match="cannot be asked"):
            ask(address, b"hub.mode=subscribe")
