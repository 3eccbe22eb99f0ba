"""At the end of a crawl: is the site broken although it answers? Alarms go into the archive, the summary and out.

    NEWSARCHIVE_ALARM_COMMAND = mail -s newsarchive me@example.org
    NEWSARCHIVE_ALARM_WEBHOOK = https://hooks.example/newsarchive

The command gets a JSON object on standard input, the webhook gets it by POST: `site`, `raised` and `cleared`, each alarm
with `kind`, `since`, `sentence` and `evidence`. An alarm is sent once, and once more when it is over; what could not be
sent is sent again at the end of the next crawl. Nothing here may end a crawl or lose its record.
"""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from newsarchive.crawl_stats import Detail, Failure, key, sentences
from newsarchive.crawling import database_failed
from newsarchive.db.engine import writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.writing import alarms
from newsarchive.exceptions import DatabaseError
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


class DeliveryFailed(Exception):
    """An alarm could not be sent; the message is a sentence for a person."""


def look(crawler: Crawler, engine: Engine, run_id: int) -> None:
    """Judge the site of a crawl, keep its alarms, and send what is new. Called from a thread; raises nothing."""
    try:
        _look(crawler, engine, run_id)
    except DatabaseError as error:
        database_failed(crawler, error)
    except Exception as error:
        logger.exception("the alarms of this crawl could not be judged")
        _failed(crawler, "judge", f"the alarms could not be judged: {type(error).__name__}: {error}")


def _look(crawler: Crawler, engine: Engine, run_id: int) -> None:
    stats = crawler.stats.get_stats()
    if key(Failure.DATABASE) in stats:
        return  # it is told already
    home = getattr(crawler.spider, "url", "") or getattr(crawler.spider, "site", "")
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
    over = [alarm for alarm in changes.cleared if alarm.told]
    if (new or over) and _deliver(crawler, message(home, new, over)):
        with writing(engine) as connection:
            alarms.told(connection, [alarm.id for alarm in new], utc_now())


def message(home: str, raised: list[alarms.KeptAlarm], cleared: list[alarms.KeptAlarm]) -> dict[str, Any]:
    """What a command or webhook gets."""

    def told(one: alarms.KeptAlarm) -> dict[str, Any]:
        return {
            "kind": one.kind.value,
            "since": isoformat(one.since),
            "sentence": one.sentence,
            "evidence": one.evidence,
        }

    return {"site": home, "raised": list(map(told, raised)), "cleared": list(map(told, cleared))}


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
    try:
        done = subprocess.run(
            shlex.split(command),
            input=body,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeliveryFailed(f"it was ended after {seconds:g} seconds") from None
    except (OSError, ValueError) as error:
        raise DeliveryFailed(f"it could not be run: {error}") from error
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:MAX_ERROR_CHARACTERS]
        raise DeliveryFailed(f"it ended with {done.returncode}" + (f": {said}" if said else ""))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that moves is told: nobody but its owner says where alarms go."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def post(url: str, body: bytes, seconds: float = MAX_DELIVERY_SECONDS) -> None:
    """Send this to a webhook. Raises `DeliveryFailed`."""
    headers = {"Content-Type": "application/json", "User-Agent": user_agent("")}
    request = urllib.request.Request(url, body, headers)
    problem: list[str] = ["it gave no answer"]

    def send() -> None:
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds):
                problem.clear()
        except Exception as error:  # what urllib raises is no closed set
            problem[:] = [str(error) or type(error).__name__]

    # A socket's timeout counts from byte to byte: a server that drips would hold the crawl.
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(seconds)
    if problem:
        raise DeliveryFailed(f"{problem[0]} (waited at most {seconds:g} seconds)")
