"""Write small archives as the version at hand makes them: `python -m tests.stored.make` in the project's root.

`archive-REVISION.db.xz` is one on SQLite, called by the revision of its schema. `archive-REVISION.sql.xz` is what `pg_dump`
writes of one on PostgreSQL, and `answers-REVISION.json.xz` is what the reading functions said of it. They stand beside this script. Run
it before a release whose schema is new, and never overwrite an older file: `test_migrations.py` opens each that is here, so
that an archive of any released version can still be read. Articles, times and addresses are those of `storage.py`.
"""

from __future__ import annotations

import json
import lzma
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from newsarchive import Archive
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db import schema
from newsarchive.db.engine import close_all, open_engine, writing
from newsarchive.db.reading import hidden
from newsarchive.db.writing.store import Store
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.items import Article, Block, Origin, Quality
from newsarchive.rules import default
from newsarchive.times import isoformat
from tests.support.storage import START, delete_post, make_article, postgresql_url, rich_article

FOLDER = Path(__file__).parent
#: Searches whose results are kept: a word, a phrase, a part of a text without spaces, one in a headline without its accent, and none.
SEARCHES = ("quagga", '"it is seen"', "今天在", "CAFE", "harbour NOT quagga", "")
#: A story that three sites print. It is long enough to be compared.
STORY = " ".join(
    f"On day {day} the ferry left the harbour at {day % 12} with {day * 7} passengers and came back."
    for day in range(1, 40)
)


def fill(engine: Engine) -> None:
    """Four articles. One has two versions, one has something in every table that an article fills, one is written without
    spaces, and one waits in quarantine."""
    schema.upgrade(engine)
    store = Store(engine, clock=lambda: START)
    run = store.start_run("news", {"site": "blog.example"})
    store.ingest([make_article(1, body="A quagga.\n\nIt is seen."), rich_article()], run_id=run)
    store.ingest([make_article(2, body="總統今天在台北表示", in_language="zh")], run_id=run)
    store.ingest([make_article(3, body="A doubtful quagga.", quality=Quality(confidence=0.3))], run_id=run)
    store.finish_run(run, "finished", {"item_scraped_count": 4})
    later = Store(engine, clock=lambda: START + timedelta(days=1))
    later.ingest([make_article(1, body="A quagga.\n\nIt is seen no more.", day=1)])


def fill_more(engine: Engine) -> None:
    """Six more: a story, a copy that credits its site, and a copy with a menu that was left out; a post that its site deleted, one
    that was taken down, and one with the rarest characters."""
    store = Store(engine, clock=lambda: START + timedelta(days=2))
    run = store.start_run("news", {"site": "paper.example"})
    credited = Origin("The Paper", "paper.example", "https://paper.example/ferry", confidence=0.8)
    menu = (Block("Home | About", label="nav", rule="menu", path="html/body/nav"), Block(STORY))
    store.ingest([_printed("paper.example", 2), _printed("copier.example", 3, origin=credited)], run_id=run)
    store.ingest([_printed("late.example", 4, blocks=menu)], run_id=run)
    store.ingest(
        [make_article(4, body="A deleted quagga."), make_article(5, body="A quagga in court.")], run_id=run
    )
    store.ingest(
        [make_article(6, body="𝒜 𠀀 quagga’s \\n %s 🦓\u2028é\n\n\tend", in_language="zh-Hant-TW")],
        run_id=run,
    )
    store.finish_run(run, "finished", {"item_scraped_count": 6})
    delete_post(engine, "https://blog.example/post-4", START + timedelta(days=3))
    demand = Demand("The court order 2025/17", "A court", at=START + timedelta(days=3))
    withhold(engine, ["https://blog.example/post-5"], demand)


def _printed(site: str, day: int, **given: Any) -> Article:
    article = make_article(1, url=f"https://{site}/ferry", body=STORY, day=day, publisher=site, **given)
    return fingerprint_step(article, default())


def answers(url: str) -> dict[str, Any]:
    """What the reading functions say of the archive at `url`, as JSON has it. None of it depends on the day on which it is asked."""
    with Archive(url) as archive:
        stored = list(archive.articles(hidden=True))
        ids = [article.id for article in stored]
        found: dict[str, Any] = {
            "articles": stored,
            "search": {words: archive.search(words) for words in SEARCHES},
            "by date": {words: archive.search(words, order="date", hidden=True) for words in SEARCHES},
            "count": {words: archive.count(words) for words in SEARCHES},
            "filters": [
                archive.search(site="paper.example"),
                archive.search(author="afp"),
                archive.search(language="zh"),
            ],
            "get": {number: archive.get(number) for number in ids},
            "revisions": {number: archive.revisions(number) for number in ids},
            "trace": {number: archive.trace(number, hidden=True) for number in ids},
            "cite": {form: archive.cite(ids[0], form) for form in ("text", "csl", "bibtex", "ris")},
            "publishers": archive.publishers(),
            "republications": archive.republications(),
            "coverage": archive.coverage(since=START, until=START + timedelta(days=5)),
            "stats": _plain(archive.stats(hidden=True)),
        }
    engine = open_engine(url)
    found |= {"quarantine": hidden.waiting(engine), "withheld": hidden.entries(engine)}
    engine.dispose()
    for changing in ("days_without_crawl", "disk"):
        del found["stats"][changing]
    plain: dict[str, Any] = json.loads(json.dumps(_plain(found)))
    return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, datetime):
        return isoformat(value)
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def dumped(url: str) -> str:
    """The archive as SQL that makes it anew, for any server and any user. Comments, which name the server, are left out, and so is what
    only psql understands."""
    words = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", url.replace("+psycopg", "")]
    written = subprocess.run(words, check=True, capture_output=True, text=True, timeout=600).stdout
    return "".join(line for line in written.splitlines(keepends=True) if not line.startswith(("--", "\\")))


def main() -> None:
    """Write what is not there yet."""
    with tempfile.TemporaryDirectory() as folder, postgresql_url() as url:
        file = Path(folder) / "archive.db"
        engine, server = open_engine(str(file)), open_engine(url)
        fill(engine)
        schema.vacuum(engine)
        fill(server)
        fill_more(server)
        with writing(server) as connection:  # a server that is to take the dump may lack it
            connection.execute(text("DROP EXTENSION IF EXISTS pg_trgm CASCADE"))
        revision = schema.current(engine)
        close_all()
        said = json.dumps(answers(url), ensure_ascii=False, indent=1, sort_keys=True)
        for name, content in (
            (f"archive-{revision}.db.xz", file.read_bytes()),
            (f"archive-{revision}.sql.xz", dumped(url).encode()),
            (f"answers-{revision}.json.xz", said.encode()),
        ):
            if not (FOLDER / name).exists():  # else it shows what an older version wrote, and stays as it is
                (FOLDER / name).write_bytes(lzma.compress(content, preset=9))
        close_all()


if __name__ == "__main__":
    main()
