"""At the end of a crawl: is the site broken although it answers? Alarms go into the archive, the summary and out.

    NEWSARCHIVE_ALARM_COMMAND = mail -s newsarchive me@example.org
    NEWSARCHIVE_ALARM_WEBHOOK = https://hooks.example/newsarchive

The command gets a JSON object on standard input, the webhook gets it by POST: `text`, `site`, `raised` and `cleared`, each alarm
with `kind`, `since`, `sentence` and `evidence`. An alarm is sent once, and once more when it is over; what could not be
sent is sent again at the end of the next crawl. Nothing here may end a crawl or lose its record.

`Breakages` says at the end of a crawl what that one crawl sees by itself: nothing failed on the way, and still nothing good came.

    breakage(Counts({"newsarchive/dropped/script only": 30}), {})
    # "all of the 30 posts that were fetched need scripts to be read; …"

What only a site's history tells (fewer posts, no dates where there always were) is told by its alarms.

`LostPages` says that pages which a spider of another project yielded came to no end: a pipeline of the project gave back something
else than it got. The usual one has forgotten `return item`; the crawl then ends as if all were well, and stores nothing.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import shlex
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes, urlsplit

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.misc import load_object

from newsarchive.core.alarms.records import AlarmKind
from newsarchive.crawling.failures import Dropped, database_failed
from newsarchive.crawling.responses import blog_of
from newsarchive.crawling.stats import (
    HELD,
    SKIPPED_AS_KNOWN,
    Count,
    Counts,
    Detail,
    Failure,
    Group,
    SkipReason,
    key,
    sentences,
)
from newsarchive.db.engine import writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.writing import alarms
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.exceptions import Damaged, DatabaseError
from newsarchive.items import Article, Capture, DropReason
from newsarchive.reprs import counted
from newsarchive.times import isoformat, utc_now
from newsarchive.version import user_agent

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: Seconds that a command or a webhook may take. After that it is ended or left alone, and has failed.
MAX_DELIVERY_SECONDS = 10.0
#: Characters of what a command says on standard error that are repeated in the log.
MAX_ERROR_CHARACTERS = 200
#: Posts of one crawl. With fewer, nothing is said of the site.
MIN_POSTS = 5
#: Share of the posts of a crawl that must be lost in one way (0 to 1). A site that works in part is not broken.
MIN_SHARE = 0.8
#: Why pages are refused when a site serves something else than its posts → what all its posts do then, and the remedy.
_SITES_OWN: Mapping[DropReason, tuple[str, str]] = {
    DropReason.SCRIPT_ONLY: ("need scripts to be read", "set browser = \"on\" (pip install 'newsarchive[browser]')"),
    DropReason.LOGIN_PAGE: ("are a page to log in", "look at one in a browser; its feed may have the texts"),
    DropReason.CONSENT_PAGE: ("are a page that asks for consent", "look at one in a browser"),
    DropReason.PARKED_DOMAIN: ("offer the domain for sale", "the blog is gone; its articles stay in the archive"),
    DropReason.ONE_PAGE_FOR_ALL: ("have one text that other addresses give too", "the blog is gone, changed hands or is broken: look at one in a browser; its articles stay as they were"),
    DropReason.CUT_SHORT: ("have less than half of the text that they had", "does the site show excerpts, or a wall? Its articles keep the whole text"),
    DropReason.ERROR_PAGE: ("are an error page", "look at one in a browser; the site may be down"),
    DropReason.PAYWALL: ("are behind a paywall", "its feed may have the texts"),
    DropReason.PROTECTED: ("ask for a password", "ask the site's owner"),
    DropReason.EMPTY: ("are empty", "look at one in a browser; the site may be down"),
}  # fmt: skip
#: Reasons that say nothing of the site.
_NO_BREAKAGE = frozenset((DropReason.NOARCHIVE, DropReason.BEFORE_SINCE))
#: The pipeline that writes into the archive, as a path: the pipelines import the extensions.
STORE = "newsarchive.pipelines.StorePipeline"
#: Counts of the pages that reached the archive.
STORED = (*map(key, HELD), key(Group.SKIPPED, SkipReason.WITHHELD))


class DeliveryFailed(Exception):
    """An alarm could not be sent; the message is a sentence for a person."""


def look(crawler: Crawler, engine: Engine, run_id: int) -> None:
    """Judge the site of a crawl, keep its alarms, and send what is new. Called from a thread; raises nothing."""
    stats = crawler.stats.get_stats()
    if key(Failure.DATABASE) in stats:
        return  # it is told already
    home = blog_of(crawler)
    try:
        site_id = Frontier(engine).find_site(home) if home else None
        if site_id is None:
            return
        failed = key(Failure.SITE) in stats or bool(sentences(stats, Detail.SITE_LEFT))
        with writing(engine) as connection:
            changes = alarms.look(connection, site_id, utc_now(), run_id, failed=failed)
        for alarm in changes.standing:
            crawler.stats.set_value(key(Detail.ALARM, alarm.kind), alarm.sentence)
        for alarm in changes.cleared:
            crawler.stats.set_value(key(Detail.ALARM_CLEARED, alarm.kind), alarm.sentence)
        new = [alarm for alarm in changes.standing if not alarm.told]
        why = str(stats.get(key(Failure.SITE), "")).removeprefix(f"{home}: ")
        if (new or changes.over) and _deliver(crawler, message(home, new, changes.over, why)):
            with writing(engine) as connection:
                alarms.told(connection, [alarm.id for alarm in (*new, *changes.over)], utc_now())
    except DatabaseError as error:
        database_failed(crawler, error)
    except Damaged as error:
        _failed(crawler, "judge", f"the alarms could not be judged: {error}")
    except Exception as error:
        logger.exception("the alarms of this crawl could not be judged")
        _failed(crawler, "judge", f"the alarms could not be judged: {type(error).__name__}: {error}")


def message(
    home: str, raised: Sequence[alarms.KeptAlarm], cleared: Sequence[alarms.KeptAlarm], why: str = ""
) -> dict[str, Any]:
    """What a command or webhook gets. `text` is for people: Slack, Mattermost and the like show the field of this name. `why` is what
    kept this crawl from the site, which stands there behind the alarm that it cannot be reached."""

    def words(one: alarms.KeptAlarm) -> str:
        return f"{one.sentence}: {why}" if why and one.kind is AlarmKind.UNREACHABLE else one.sentence

    def told(one: alarms.KeptAlarm) -> dict[str, Any]:
        return {
            "kind": one.kind.value,
            "since": isoformat(one.since),
            "sentence": one.sentence,
            "evidence": one.evidence,
        }

    lines = [*map(words, raised), *(f"over: {one.sentence}" for one in cleared)]
    return {
        "text": "\n".join(f"{home}: {line}" for line in lines),
        "site": home,
        "raised": list(map(told, raised)),
        "cleared": list(map(told, cleared)),
    }


def _deliver(crawler: Crawler, content: dict[str, Any]) -> bool:
    """Send to all that is set up; whether there was anything, and all of it worked."""
    body = json.dumps(content, ensure_ascii=False).encode()
    ways: tuple[tuple[str, Callable[[str, bytes], None]], ...] = (
        ("NEWSARCHIVE_ALARM_COMMAND", run_command),
        ("NEWSARCHIVE_ALARM_WEBHOOK", post),
    )
    done = []
    for setting, send in ways:
        if target := crawler.settings.get(setting):
            try:
                send(target, body)
                done.append(True)
            except DeliveryFailed as error:
                done.append(False)
                _failed(crawler, setting, f"{setting}: {error}; the next crawl tries again")
    return bool(done) and all(done)


def _failed(crawler: Crawler, what: str, words: str) -> None:
    logger.error("%s", words)
    crawler.stats.set_value(key(Detail.ALARM_PROBLEM, what), words)


def run_command(command: str, body: bytes, seconds: float = MAX_DELIVERY_SECONDS) -> None:
    """Run a command, without a shell, with this on its standard input. Raises `DeliveryFailed`."""
    with _for_errors() as errors:
        try:
            if not (words := shlex.split(command)):
                raise ValueError("it names no program")
            done = subprocess.run(
                words, input=body, stdout=subprocess.DEVNULL, stderr=errors, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise DeliveryFailed(f"it was ended after {seconds:g} seconds") from None
        except (OSError, ValueError) as error:
            raise DeliveryFailed(f"it could not be run: {error}") from error
        if done.returncode:
            errors.seek(0)
            said = _shortened(errors.read(4 * MAX_ERROR_CHARACTERS))
            raise DeliveryFailed(f"it ended with {done.returncode}" + (f": {said}" if said else ""))


def _for_errors() -> IO[bytes]:
    """Where a command writes what went wrong: no pipe, because a program that the command leaves behind would hold it open,
    and the crawl with it. Where the disk takes no file, which may be what the alarm is about, the words are lost."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return Path(os.devnull).open("r+b")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that moves is told: nobody but its owner says where alarms go."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def post(url: str, body: bytes, seconds: float = MAX_DELIVERY_SECONDS) -> None:
    """Send this to a webhook; name and password in its address are sent as HTTP asks for it (Basic).

    Raises `DeliveryFailed`, whose message does not repeat the address: whoever knows it can write there.
    """
    headers = {"Content-Type": "application/json", "User-Agent": user_agent("")}
    try:
        parts = urlsplit(url)
        account, at, host = parts.netloc.rpartition("@")
        if at:
            headers["Authorization"] = "Basic " + b64encode(unquote_to_bytes(account)).decode()
        request = urllib.request.Request(parts._replace(netloc=host).geturl(), body, headers)
    except ValueError:
        raise DeliveryFailed("it is no address: write it as https://hooks.example/…") from None
    problem: list[str] = [f"it gave no answer within {seconds:g} seconds"]

    def send() -> None:
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds):
                problem.clear()
        except urllib.error.HTTPError as error:
            problem[:] = [_refused(error)]
        except Exception as error:  # what urllib raises is no closed set
            cause = getattr(error, "reason", error)
            problem[:] = [f"it cannot be reached: {getattr(cause, 'strerror', '') or type(cause).__name__}"]

    # A socket's timeout counts from byte to byte: a server that drips would hold the crawl.
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(seconds)
    if said := "".join(problem):  # `send` may empty the list at any moment
        raise DeliveryFailed(said)


def _refused(error: urllib.error.HTTPError) -> str:
    """What a webhook answered that did not take a message: chat programs say there what they miss."""
    if 300 <= error.code < 400:
        return f"it answered {error.code}: its address leads to another one; write that one down"
    with suppress(OSError, http.client.HTTPException):
        said = _shortened(error.read(4 * MAX_ERROR_CHARACTERS))
        return f"it answered {error.code} {error.reason}" + (f": {said}" if said else "")
    return f"it answered {error.code} {error.reason}"


def _shortened(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:MAX_ERROR_CHARACTERS]


def breakage(counts: Counts, texts: Mapping[tuple[str, str], int]) -> str:
    """What broke at the site as a whole, in a sentence; "" where nothing did.

    `texts` counts the articles of the crawl by headline and hash of the text. Posts may share a text under other headlines.
    """
    dropped = {
        reason: number
        for reason, number in counts.reasons[Group.DROPPED].items()
        if reason.partition(": ")[0] not in _NO_BREAKAGE
    }
    held = sum(counts[name] for name in HELD)
    absent = counts[Count.MISSING] + counts[Count.GONE]
    looked = held + sum(dropped.values()) + absent + counts[Group.FAILED]
    if _most(absent, looked) and not held:  # a list of old addresses breaks no site whose new posts come
        return f"{_of(absent, looked)} answered 404 or 410: has the site new addresses, or a broken theme? Look at one in a browser"
    for reason, (what, remedy) in _SITES_OWN.items():
        if _most(number := dropped.get(reason, 0), looked):
            return f"{_of(number, looked)} {what} ({reason}): {remedy}"
    if not held and not counts.skipped(SKIPPED_AS_KNOWN) and looked >= MIN_POSTS and dropped:
        said = ", ".join(f"{number} {reason}" for reason, number in sorted(dropped.items()))
        return f"none of the {looked} posts that were fetched is an article ({said}): is this a blog?"
    articles = sum(texts.values())
    number = max((number for (_, text), number in texts.items() if text), default=0)
    if _most(number, articles):
        return f"{_of(number, articles)} have one and the same headline and text: the site serves one page for all; look at one in a browser"
    return ""


def _most(number: int, looked: int) -> bool:
    return number >= MIN_POSTS and number >= MIN_SHARE * looked


def _of(number: int, looked: int) -> str:
    return f"{'all' if number == looked else number} of the {looked} posts that were fetched"


class Breakages:
    """Makes a breakage the failure of the site: in the summary, the exit code and the state of the site."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.stats = crawler, crawler.stats
        #: headline and hash of a text → articles of this crawl that have both
        self.texts: Counter[tuple[str, str]] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.scraped, signals.item_scraped)
        # Connected before the pipelines are opened, and so called before they record how the run ended.
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def scraped(self, item: Any) -> None:
        if isinstance(item, Article | PackedArticle):
            article = head_of(item)
            self.texts[article.headline, article.content_hash] += 1

    def closed(self) -> None:
        stats, site = self.stats.get_stats(), blog_of(self.crawler)
        told = any(key(failure) in stats for failure in Failure) or sentences(stats, Detail.SITE_LEFT)
        if site and not told and (sentence := breakage(Counts(stats), self.texts)):
            self.stats.set_value(key(Failure.SITE), f"{site}: {sentence}")


class LostPages:
    """Counts the pages that a spider yielded, those that were stored, and those that were dropped or failed.

    At most as many are lost as items came out of the last pipeline as something else than an article: `scrapy parse` tells
    nobody what became of its items.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.refused, self.others = crawler, 0, 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if getattr(crawler.spidercls, "is_archive_spider", False):
            raise NotConfigured
        made = cls(crawler)
        for signal in (signals.item_dropped, signals.item_error):
            crawler.signals.connect(made.ended, signal)
        crawler.signals.connect(made.scraped, signals.item_scraped)
        crawler.signals.connect(made.closed, signals.spider_closed)
        return made

    def ended(self, item: Any, exception: Exception | None = None) -> None:
        """A pipeline of the project may have made a capture of its spider's own item, which is then dropped as a page."""
        self.refused += isinstance(item, Response | Capture) or isinstance(exception, Dropped)

    def scraped(self, item: Any) -> None:
        self.others += not isinstance(item, Article | PackedArticle)

    def closed(self) -> None:
        # The project may have switched it off.
        if self.crawler.get_item_pipeline(load_object(STORE)) is None:
            return
        stats = self.crawler.stats
        stored = sum(stats.get_value(name, 0) for name in STORED)
        lost = min(stats.get_value(key(Count.DISCOVERED), 0) - stored - self.refused, self.others)
        if lost > 0:
            logger.warning(
                "%s reached no archive: a pipeline of this project gave back something else than the record that it got; let it "
                "end with `return item`",
                counted(lost, "page"),
            )
