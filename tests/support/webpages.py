"""An archive with something on every page of `newsarchive web`, made through the store, and its server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.db import site_templates
from newsarchive.db.engine import open_engine, open_readonly, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import Base
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.items import (
    Article,
    Author,
    Block,
    Candidate,
    Edit,
    Evidence,
    Image,
    Link,
    Origin,
    Place,
    Quality,
)
from newsarchive.rules import default
from tests.support.storage import START, delete_post, make_article

#: Far more than the server takes to start and to end on a busy machine.
MAX_START_SECONDS = 120
PAPER, BLOG, MIRROR = (
    "https://paper.example/ferry",
    "https://blog.example/ferry",
    "https://mirror.example/ferry",
)

STORY = [
    "The last ferry to the outer islands left the harbour on Friday night with forty people on board.",
    "Since 1911 the line had run twice a day, in every weather but the hardest storms of January.",
    "“We knew that it would end,” said Captain Aino Lehto, “but nobody told us that it would end this week.”",
    "The company blames the price of fuel, which has doubled in three years, and a bridge that opened in May.",
    "Islanders now drive for two hours to the nearest hospital, and the school bus takes the same road.",
    "The regional council will meet on Tuesday to hear a plan for a smaller boat that runs on batteries.",
    "Until then the post comes by helicopter, weather permitting, and costs four times as much as before.",
    "Tickets that were sold for the summer can be given back at the old booth on the pier until the end of June.",
]

#: A text that must stay text wherever it is shown.
HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>\"'><svg onload=window.hacked=1>"
    '</title></textarea></style><a href="javascript:window.hacked=1">click</a>{{ 7*7 }}'
)
HOSTILE_URL = 'https://evil.example/"><script>window.hacked=1</script>'

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3

THAI = "เรือเฟอร์รี่เที่ยวสุดท้ายไปยังเกาะรอบนอกออกจากท่าเรือเมื่อคืนวันศุกร์ โดยมีผู้โดยสารสี่สิบคน"
ARABIC = "غادرت العبارة الأخيرة إلى الجزر الخارجية الميناء ليلة الجمعة وعلى متنها أربعون شخصا."
CHINESE = "最后一班开往外岛的渡轮周五晚上载着四十人离开了港口。公司将责任归咎于燃料价格。"


def article(number: int, body: str, **fields: Any) -> Article:
    return rendered(fingerprint_step(make_article(number, body=body, **fields), default()))


def repaired() -> Article:
    """A copy with damaged quotes, chrome around it, an origin, and the reasons for its date."""
    body = [*STORY[:7], "The pier stays open for walkers."]
    start = body[2].index("“")
    blocks = [
        Block("Home | News | About us", label="nav", rule="menu: a run of links", path="html/body/nav", score=-3.1),
        *(Block(text) for text in body[:4]),
        Block("Subscribe to our newsletter!", label="subscribe", rule="phrase: subscribe", links=(("Subscribe", "https://blog.example/s"),)),
        *(Block(text) for text in body[4:]),
        Block("This article first appeared in The Island Paper.", label="attribution", rule="attribution: first appeared in"),
        Block("Share this:", label="share", rule="head: share"),
        Block("© 2025 The Island Paper", label="copyright", rule="copyright line"),
    ]  # fmt: skip
    edits = (
        Edit("repair", "cp1252", "â€œ", "“", "blocks/3", start, 18.2),
        Edit("repair", "cp1252", "â€", "”", "blocks/3", start + len("â€œWe knew that it would end,"), 9.4),
        Edit("repair", "html entity", "&#8217;", "’", "headline", len("The islands"), None),
    )
    origin = Origin(
        "The Island Paper", "paper.example", PAPER, as_printed="The Island Paper", date=START,
        credit_text="This article first appeared in The Island Paper.", copyright_notice="© 2025 The Island Paper",
        copyright_year=2025, confidence=0.94,
        evidence=(
            Evidence("attribution line", "This article first appeared in The Island Paper.", 0.8),
            Evidence("copyright line", "© 2025 The Island Paper", 0.6),
        ),
    )  # fmt: skip
    made = make_article(
        1, url=BLOG, blocks=tuple(blocks), edits=edits, origin=origin, headline="The islands’ last ferry has left",
        description="After 114 years the boat to the outer islands stops.", article_section="Travel",
        authors=(Author("Aino Lehto"), Author("Reuters", "agency")), keywords=("ferry", "islands"),
        image=Image("https://blog.example/boat.jpg", "The boat at the pier", "A. Lehto"),
        date_published=START + timedelta(hours=7), date_published_raw="1 April 2025", date_published_source="json-ld",
        damage=("question marks",),
        candidates=(
            Candidate("date_published", "2025-04-01T19:00:00+00:00", "json-ld", True, "the most trusted of its kind"),
            Candidate("date_published", "2025-03-31", "url", False, "less trusted than json-ld"),
        ),
    )  # fmt: skip
    assert made.capture is not None
    place = Place("crawl-1.warc.gz", 1_234_567, 4_321, "sha256:0")
    made = replace(made, capture=replace(made.capture, place=place))
    return rendered(fingerprint_step(made, default()))


def changed() -> Article:
    """The same page three days later: a sentence corrected, one gone."""
    first = repaired()
    body = [block for block in first.blocks if block.text != STORY[5]]
    body = [replace(b, text=b.text.replace("forty people", "forty-one people")) for b in body]
    capture = (
        replace(first.capture, body=b"<p>later</p>", fetched_at=START + timedelta(days=3))
        if first.capture
        else None
    )
    edits = tuple(edit for edit in first.edits if edit.where != "blocks/9")
    again = replace(first, capture=capture, edits=edits).with_blocks(body)
    return rendered(fingerprint_step(again, default()))


def articles() -> list[Article]:
    elsewhere = [STORY[0], STORY[1].replace("1911", "1912"), *STORY[2:6], "We say: a loss for all of us."]
    return [
        article(2, "\n\n".join(STORY), url=PAPER, headline="Last ferry to the outer islands", date_published=START),
        article(3, "\n\n".join(elsewhere), url=MIRROR, headline="Ferry line closes", date_published=START + timedelta(days=1, hours=2)),
        article(4, THAI, url="https://thai.example/1", headline="เรือเฟอร์รี่เที่ยวสุดท้าย", in_language="th"),
        article(5, ARABIC, url="https://arabic.example/1", headline="العبارة الأخيرة", in_language="ar", authors=(Author("ليلى حداد"),)),
        article(6, CHINESE, url="https://chinese.example/1", headline="最后一班渡轮", in_language="zh", is_accessible_for_free=False, date_published_source="url (month)"),
        article(7, f"A word: {LONG_WORD}.", url="https://long.example/1", headline=LONG_WORD, in_language="de"),
        article(8, "A post that never had a headline, only this sentence about a harbour.", url="https://blog.example/none", headline=""),
        article(9, "Everybody wrote this.", url="https://many.example/1", headline="Three hundred authors", authors=tuple(Author(f"Author Number {n}") for n in range(1, 301))),
        hostile(),
        article(11, "A page that was read badly.", url="https://doubt.example/1", quality=Quality(0.41, 0.5, ("thin margin",))),
        *(article(20 + n, f"Harbour news number {n}.", headline=f"Harbour news {n}", date_published=START - timedelta(days=12 * n)) for n in range(45)),
    ]  # fmt: skip


def hostile() -> Article:
    """Markup in every field that a blog decides."""
    blocks = (
        Block(HOSTILE), Block("Nothing to see."), Block(HOSTILE, label="nav", rule=HOSTILE),
    )  # fmt: skip
    origin = Origin(
        HOSTILE, "evil.example", "javascript:window.hacked=1", as_printed=HOSTILE, credit_text=HOSTILE,
        copyright_notice=HOSTILE, license=HOSTILE, confidence=0.5, evidence=(Evidence("attribution", HOSTILE, 0.5),),
    )  # fmt: skip
    return make_article(
        10, url=HOSTILE_URL, blocks=blocks, headline=HOSTILE, alternative_headline=HOSTILE + "!", description=HOSTILE,
        authors=(Author(HOSTILE),), keywords=(HOSTILE,), image=Image("javascript:window.hacked=1", HOSTILE, HOSTILE),
        article_section=HOSTILE, origin=origin, damage=(HOSTILE,), article_html=HOSTILE, canonical_url="javascript:window.hacked=1",
        edits=(Edit("repair", HOSTILE, HOSTILE, HOSTILE, "blocks/0", 0, 1.0),), in_language='en" onload="window.hacked=1',
        candidates=(Candidate("authors", HOSTILE, HOSTILE, True, HOSTILE),), content_hash="hostile",
    )  # fmt: skip


def build(file: Path) -> Engine:
    """The archive; `BLOG` is an article with repairs, dropped text, two versions, and copies on two blogs."""
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    fill(engine)
    return engine


def fill(engine: Engine) -> None:
    """Puts everything into an empty archive."""
    store = Store(engine)
    store.ingest([repaired(), *articles()])
    store.ingest([changed(), replace(hostile(), headline=HOSTILE + "2", content_hash="hostile2")])
    delete_post(engine, "https://blog.example/none", START + timedelta(days=9))
    _crawled(engine)
    with writing(engine) as connection:
        link = {"a_id": 3, "b_id": 8, "score": 0.62, "shared": ["harbour", "1911"]}
        connection.execute(Base.metadata.tables["paraphrases"].insert(), link)
    finding = Finding("chrome", "share", "on 45 of 47 pages, whatever they are about")
    entries = {
        7: Entry(7, finding, 45, 40, "Share this:"),
        8: Entry(8, Finding("chrome", "nav", HOSTILE), 3, 2, HOSTILE),
    }
    site_templates.save(engine, Template("blog.example", entries))


def _crawled(engine: Engine) -> None:
    """A run of blog.example with a page that failed and one that was skipped."""
    frontier = Frontier(engine)
    site = frontier.open_site("https://blog.example/", "wordpress")
    frontier.name_site(site, "A Blog by the Sea")
    run = Store(engine).start_run("news", {"url": "https://blog.example/"})
    links = [
        Link(f"https://blog.example/{name}", "feed") for name in ("broken", "short", 'a"><script>x</script>')
    ]
    frontier.discover(site, run, links)
    frontier.failed("https://blog.example/broken", "http 500")
    frontier.settle("https://blog.example/short", "skipped", "too short")
    Store(engine).finish_run(run, "finished", {"new": "47", "failed/http 500": "1"})


@contextmanager
def serving(file: Path, *, sql: bool = False, **started: Any) -> Iterator[str]:
    """The pages of an archive on a free port of loopback, with `sql` for SQL too; gives the address without its last slash."""
    engine = open_readonly(f"sqlite:///{file}")
    with serving_engine(engine, sql=sql, **started) as address:
        yield address


@contextmanager
def serving_engine(engine: Engine, **started: Any) -> Iterator[str]:
    """The same for an open archive; `started` are the fields of `server.Start`."""
    import uvicorn

    from newsarchive.web import server

    taken = server.bound("127.0.0.1", 0)
    config = uvicorn.Config(
        server.application(engine, server.LOOPBACK, server.Start(**started)),
        lifespan="on",
        log_level="warning",
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    end = time.monotonic() + MAX_START_SECONDS
    while not running.started:
        assert time.monotonic() < end, "the pages are not served"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(MAX_START_SECONDS)
        taken.close()
        engine.dispose()
