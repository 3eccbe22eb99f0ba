"""What the summary of a crawl says besides its counts, of a crawl that did its work: one sentence for each subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from newsarchive.crawling.responses import own_spider
from newsarchive.crawling.stats import Detail, key
from newsarchive.db.reading.changes import restless_by
from newsarchive.db.reading.hidden import hidden_by
from newsarchive.db.readonly import reading
from newsarchive.db.writing.restless import MIN_VERSION_AGE
from newsarchive.exceptions import Damaged, DatabaseError
from newsarchive.reprs import counted

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from sqlalchemy import Engine


def look(crawler: Crawler, engine: Engine, run_id: int) -> None:
    """Note what the archive shows of the articles that this run read."""
    site_id = getattr(own_spider(crawler), "site_id", 0) or None
    try:
        notes = list(_of_archive(engine, run_id, site_id))
    except (DatabaseError, Damaged):  # the summary names the failure already
        return
    for subject, sentence in notes:
        crawler.stats.set_value(key(Detail.NOTE, subject), sentence)


def _of_archive(engine: Engine, run_id: int, site_id: int | None) -> Iterator[tuple[str, str]]:
    with reading(engine) as reader:
        if hidden := hidden_by(reader, run_id, site_id):
            waiting = f"{counted(hidden, 'article')} of low confidence {'waits' if hidden == 1 else 'wait'} in quarantine"
            yield "hidden", f"{waiting}, hidden from readers: see `newsarchive quarantine list`"
        if site_id is not None and (restless := restless_by(reader, run_id, site_id)):
            show = f"{counted(len(restless), 'post')} {'shows' if len(restless) == 1 else 'show'} another text at each look"
            yield (
                "restless",
                (
                    f"{show} (a counter, a teaser), which is no edit, and makes a version at most every {MIN_VERSION_AGE.days} days:"
                    f" see `newsarchive history {restless[0]}`"
                ),
            )
