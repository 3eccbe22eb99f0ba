"""Storage, in ratios and CPU time: `python -m benchmarks.store [--articles 1000000] [--folder DIR]`.

`python -m benchmarks.store --pages FOLDER` stores the real pages of a folder (as `benchmarks.snapshot` finds them), each
with its record for learning, two in a transaction as a crawl does, and prints CPU milliseconds of the store (also of
articles that were packed before, as the workers of a crawl do), bytes an article of each table and index, and bytes that
were written to the disk.

Builds an archive of synthetic articles (words by Zipf's law, s = 1.07, over 50,000 words) and prints,
in one run: batched writes against an ORM commit for each item, keyed queries and searches in CPU
milliseconds, opening from a cold process, bytes for a byte of text, bytes of raw captures for a byte
of gzip, and how keyed queries grow with the archive.

CPU time is of this process, the median of several runs; the file cache is as it comes.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from benchmarks import snapshot
from newsarchive.core.steps import observed
from newsarchive.core.urls import site_of
from newsarchive.db import schema
from newsarchive.db.bulk import table_of
from newsarchive.db.engine import open_engine, reading
from newsarchive.db.models import ArticleRow, Base, Revision, Site
from newsarchive.db.reading import search
from newsarchive.db.reading.articles import get
from newsarchive.db.rows import VERSION_FIELDS, article_row, keys, revision_row, text_row
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.packed import PackedArticle, packed
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Author, Block, Origin
from newsarchive.warc.writer import WarcWriter

START = datetime(2015, 1, 1, tzinfo=UTC)
VOCABULARY = 50_000
SITES, ORIGINS = 200, 50


class Words:
    """Random text in which the word of rank r comes with a frequency of r ** -1.07."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgkqjxz"
        self.words = list(dict.fromkeys(self._word(letters) for _ in range(VOCABULARY * 2)))[:VOCABULARY]
        self.weights = list(accumulate(rank**-1.07 for rank in range(1, len(self.words) + 1)))

    def _word(self, letters: str) -> str:
        return "".join(self.random.choices(letters, k=self.random.randint(2, 9)))

    def text(self, length: int) -> str:
        drawn = self.random.choices(self.words, cum_weights=self.weights, k=length)
        sentences = [" ".join(drawn[i : i + 18]).capitalize() + "." for i in range(0, length, 18)]
        return "\n\n".join(" ".join(sentences[i : i + 4]) for i in range(0, len(sentences), 4))


def articles(words: Words, count: int, length: int, start: int = 0) -> Iterator[Article]:
    """Articles of about `length` words, over `SITES` sites and ten years."""
    for number in range(start, start + count):
        site = f"site{number % SITES}.example"
        body = words.text(words.random.randint(length // 2, length * 3 // 2))
        yield Article(
            url=f"https://{site}/{2015 + number % 10}/post-{number}",
            headline=words.text(9),
            date_published=START + timedelta(minutes=number * 5 % 5_000_000),
            in_language="en",
            authors=(Author(f"Author {number % 1000}"),),
            origin=Origin(f"Publisher {number % ORIGINS}", f"publisher{number % ORIGINS}.example"),
            content_hash=f"{number:064x}",
            extractor_version=1,
        ).with_blocks(Block(p) for p in body.split("\n\n"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=120, help="mean words of an article")
    parser.add_argument("--folder", type=Path, help="where the archive goes; kept there")
    data = os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=data, help="folder with real pages, for their raw bytes")
    parser.add_argument(
        "--pages", type=Path, help="measure with the real pages of this folder, and nothing else"
    )
    parser.add_argument("--batch", type=int, default=2, help="real pages in a transaction")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.folder or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        if arguments.pages:
            real_pages(place, arguments.pages, arguments.batch)
            return
        writes(place)
        raw_captures(place, arguments.data)
        sizes(place)
        grown(place, arguments.articles, arguments.words)


def row(name: str, value: float, unit: str, reach: str) -> None:
    print(f"{name:<52} {value:>10.2f} {unit:<6} {reach}", flush=True)


def cpu_ms(work: Callable[[], Any], repeats: int = 15) -> float:
    """The median CPU time of a call, in milliseconds; the first one warms up."""
    work()
    times = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        times.append(1000 * (time.process_time() - before))
    return statistics.median(times)


# -- writes ----------------------------------------------------------------------------------------


def writes(folder: Path, count: int = 2000) -> None:
    """Articles a second of CPU: `Store.ingest` in batches of 50, and the same rows by the ORM."""
    given = list(articles(Words(), count, 300))
    batched = _new(folder / "batched.db")
    before = time.process_time()
    store = Store(batched)
    for i in range(0, count, 50):
        store.ingest(given[i : i + 50])
    ours = count / (time.process_time() - before)
    engine = _new(folder / "orm.db")
    before = time.process_time()
    for article in given[: count // 4]:
        _commit_one(engine, article)
    theirs = count / 4 / (time.process_time() - before)
    one = _new(folder / "one.db")
    before = time.process_time()
    for article in given[: count // 4]:
        Store(one).ingest([article])
    alone = count / 4 / (time.process_time() - before)
    row("batched writes, articles a CPU second", ours, "", "")
    row("  of an ORM commit per item", ours / theirs, "x", "reach 4")
    row("  of Store.ingest of one at a time", ours / alone, "x", "")
    for opened in (batched, engine, one):
        opened.dispose()


def _commit_one(engine: Engine, article: Article) -> None:
    """The usual way: a session, find or add each object, commit."""
    from newsarchive.db.models import ArticleAuthor, ArticleOrigin, AuthorRow, OriginRow

    assert article.origin is not None
    with Session(engine) as session:
        key, canonical = keys(article)
        domain = key.split("/")[0]
        known = session.scalar(select(ArticleRow).where(ArticleRow.url_key == key))
        assert known is None
        site = session.scalar(select(Site).where(Site.domain == domain)) or Site(domain=domain)
        origin = session.scalar(select(OriginRow).where(OriginRow.name == article.origin.name))
        origin = origin or OriginRow(name=article.origin.name, domain=article.origin.domain)
        name = article.authors[0].name
        author = session.scalar(select(AuthorRow).where(AuthorRow.name == name)) or AuthorRow(name=name)
        session.add_all([site, origin, author])
        session.flush()
        texts = revision_row(article, START)
        new = ArticleRow(
            **(article_row(article) | text_row(texts)), url=article.url, url_key=key,
            canonical_key=canonical, site_id=site.id,
            first_seen_at=START, last_seen_at=START,
        )  # fmt: skip
        session.add(new)
        session.flush()
        texts |= {"article_body": None}
        revision = Revision(**texts, article_id=new.id, version=1, change_kind="new")
        session.add(revision)
        session.flush()
        new.revision_id = revision.id
        session.add(ArticleAuthor(article_id=new.id, position=0, author_id=author.id))
        session.add(ArticleOrigin(article_id=new.id, origin_id=origin.id))
        session.commit()


def _new(path: Path) -> Engine:
    for old in path.parent.glob(path.name + "*"):
        old.unlink()
    engine = open_engine(str(path))
    upgrade(engine)
    return engine


# -- real pages ------------------------------------------------------------------------------------

#: Tables and indexes that are printed by name; the others are printed as one.
MAX_NAMED_TABLES = 12


def real_pages(folder: Path, pages: Path, batch: int) -> None:
    """What the articles of real pages cost to store, and what they take."""
    given = [
        article for page in snapshot.found(pages) if (article := snapshot.extracted(page)[1]) is not None
    ]
    rules = snapshot.known_rules()
    given = [replace(one, seen=observed(one, site_of(one.url), rules)) for one in given]
    print(f"{len(given):,} articles of real pages, {batch} in a transaction")
    engine, seconds, written = _stored(folder / "pages.db", given, batch)
    row("store, CPU of an article", 1000 * seconds, "ms", "")
    row("written to the disk for an article", written / 1024, "KB", "")
    packed_engine, seconds, _ = _stored(folder / "packed.db", list(map(packed, given)), batch)
    packed_engine.dispose()
    row("store, CPU of an article that a worker packed", 1000 * seconds, "ms", "reach 3")
    sizes = sorted(_table_sizes(engine).items(), key=lambda one: -one[1])
    texts = sum(len(one.article_body.encode()) for one in given)
    row("text of an article", texts / len(given) / 1024, "KB", "")
    row("the archive, of an article", sum(size for _, size in sizes) / len(given) / 1024, "KB", "")
    for name, size in [
        *sizes[:MAX_NAMED_TABLES],
        ("all others", sum(s for _, s in sizes[MAX_NAMED_TABLES:])),
    ]:
        row(f"  {name}", size / len(given) / 1024, "KB", "")
    engine.dispose()


def _stored(path: Path, given: Sequence[Article | PackedArticle], batch: int) -> tuple[Engine, float, float]:
    """A new archive of these articles, with the CPU seconds and the bytes to the disk that an article took."""
    engine = _new(path)
    store = Store(engine)
    run = store.start_run("news", {})
    store.ingest(given[:batch], run)  # compiles the statements
    before, written = time.process_time(), _written()
    for first in range(batch, len(given), batch):
        store.ingest(given[first : first + batch], run)
    number = len(given) - batch
    return engine, (time.process_time() - before) / number, (_written() - written) / number


def _written() -> int:
    """Bytes that this process gave to the system to write, 0 where it does not count them."""
    counts = Path("/proc/self/io")
    lines = counts.read_text().splitlines() if counts.exists() else []
    return int(dict(line.split(": ") for line in lines).get("wchar", 0))


def _table_sizes(engine: Engine) -> dict[str, int]:
    """Bytes of each table and index, from SQLite's own count of pages; nothing where it was built without."""
    with reading(engine) as connection:
        compiled = [option for (option,) in connection.exec_driver_sql("PRAGMA compile_options")]
        if "ENABLE_DBSTAT_VTAB" not in compiled:
            return {}
        sizes = connection.exec_driver_sql("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
        return {name: int(size) for name, size in sizes}


# -- raw captures ----------------------------------------------------------------------------------


def raw_captures(folder: Path, data: Path) -> None:
    """Bytes of WARC files for a byte that gzip needs for the pages one by one."""
    pages = _pages(data)
    writer, gzipped = WarcWriter(folder / "warc"), 0
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"), ("Date", "today")]
    asked = [("Host", "site.example"), ("User-Agent", "newsarchive"), ("Accept-Encoding", "gzip, deflate")]
    for number, page in enumerate(pages):
        gzipped += len(zlib.compress(page, 9, 31))
        url = f"https://site.example/{number}"
        writer.write_response(url, "HTTP/1.1 200 OK", headers, page, request_headers=asked)
    writer.close()
    kept = sum(path.stat().st_size for path in (folder / "warc").iterdir())
    row(f"raw captures of {len(pages)} pages, bytes a byte of gzip", kept / gzipped, "x", "reach 1.1")


def _pages(data: Path) -> list[bytes]:
    """Real pages where they are at hand, else made ones of a blog's usual size."""
    if files := sorted((data / "articles" / "pages").glob("*.html.gz"))[:300]:
        return [gzip.decompress(file.read_bytes()) for file in files]
    words = Words(2)
    return [f"<div class=menu>{words.text(4000)}</div><p>{words.text(900)}</p>".encode() for _ in range(100)]


def sizes(folder: Path, count: int = 4000, length: int = 500) -> None:
    """What articles of a newspaper's length take."""
    engine = _new(folder / "sizes.db")
    text_bytes, _ = _load(engine, Words(4), 0, count, length)
    schema.vacuum(engine)
    print(f"\n{count:,} articles of {length} words")
    _sizes(engine, text_bytes)
    engine.dispose()


# -- a large archive -------------------------------------------------------------------------------


def grown(folder: Path, count: int, length: int) -> None:
    """An archive at a hundredth, a tenth and all of its size, with its queries at each."""
    words = Words(3)
    path = folder / f"archive-{count}-{length}.db"
    engine, text_bytes = _new(path), 0
    done = 0
    for size in (count // 100, count // 10, count // 2, count):
        added, seconds = _load(engine, words, done, size, length)
        text_bytes += added
        rate = (size - done) / seconds
        done = size
        print(f"\n{size:,} articles of {length} words (stored {rate:,.0f} a CPU second)")
        _queries(engine, words, size)
    schema.vacuum(engine)
    _sizes(engine, text_bytes)
    engine.dispose()
    _cold(path, words)


def _load(engine: Engine, words: Words, start: int, end: int, length: int) -> tuple[int, float]:
    """Store articles; gives the bytes of their texts, and the CPU seconds of the store without those that make them."""
    store, total, seconds = Store(engine, clock=lambda: START), 0, 0.0
    for first in range(start, end, 500):
        batch = list(articles(words, min(500, end - first), length, first))
        total += sum(len(a.article_body.encode()) + len(a.headline.encode()) for a in batch)
        before = time.process_time()
        store.ingest(batch)
        seconds += time.process_time() - before
    return total, seconds


def _queries(engine: Engine, words: Words, size: int) -> None:
    number = size // 2
    domain = f"site{number % SITES}.example"
    url = f"https://{domain}/{2015 + number % 10}/post-{number}"
    day = START + timedelta(minutes=number * 5 % 5_000_000)
    by_site = (
        "SELECT id, headline FROM articles WHERE site_id = (SELECT id FROM sites WHERE domain = :domain)"
        " AND date_published >= :since ORDER BY date_published LIMIT 20"
    )
    by_origin = (
        "SELECT ao.article_id FROM article_origins ao JOIN origins o ON o.id = ao.origin_id"
        " WHERE o.domain = :domain ORDER BY ao.article_id DESC LIMIT 20"
    )
    by_url = "SELECT id, headline FROM articles WHERE url_key = :key"
    publisher = f"publisher{number % ORIGINS}.example"
    with reading(engine) as connection:

        def run(sql: str, **values: Any) -> Callable[[], Any]:
            statement = text(sql)
            return lambda: connection.execute(statement, values).all()

        since = day.strftime("%Y-%m-%d %H:%M:%S.%f")
        row("  by site and date", cpu_ms(run(by_site, domain=domain, since=since)), "ms", "reach 1")
        row("  by origin", cpu_ms(run(by_origin, domain=publisher)), "ms", "reach 1")
        row("  by URL", cpu_ms(run(by_url, key=url.split("://")[1])), "ms", "reach 1")
    row("  query.get(url), the whole record", cpu_ms(lambda: get(engine, url)), "ms", "")
    rare, common = words.words[-200], words.words[5]
    phrase = f'"{words.words[0]} {words.words[1]}"'
    row("  a rare word", cpu_ms(lambda: search.search(engine, rare), 9), "ms", "reach 10")
    row("  a common word, ranked", cpu_ms(lambda: search.search(engine, common), 5), "ms", "reach 150")
    row("  a phrase of common words", cpu_ms(lambda: search.search(engine, phrase), 5), "ms", "reach 300")


def _sizes(engine: Engine, text_bytes: int) -> None:
    """What the text and its index take, from SQLite's own count of pages."""
    if by_name := _table_sizes(engine):
        tables = ("articles", "article_revisions")
        kept = sum(size for n, size in by_name.items() if n in tables or "article_search" in n)
        row("articles, versions and index, bytes a byte of text", kept / text_bytes, "x", "")
        kept -= _facts(engine)
        row("the text with its index, bytes a byte of text", kept / text_bytes, "x", "reach 1.7")
    page_count = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    with reading(engine) as connection:
        whole = int(connection.exec_driver_sql(page_count).scalar_one())
    row("the whole database, bytes a byte of text", whole / text_bytes, "x", "")


def _facts(engine: Engine) -> int:
    """Bytes of the columns of `articles` that are no text: dates, addresses, hashes, scores."""
    columns = [c.name for c in table_of(ArticleRow).c if c.name not in VERSION_FIELDS]
    total = "+".join(f"coalesce(length(CAST({name} AS BLOB)), 0)" for name in columns)
    with reading(engine) as connection:
        return int(connection.exec_driver_sql(f"SELECT sum({total}) FROM articles").scalar_one())


def _cold(path: Path, words: Words) -> None:
    """The CPU time of a new `newsarchive search`: open the archive, answer, print."""
    command = [sys.executable, "-m", "newsarchive", "search", "--db", str(path), words.words[-200]]
    times = []
    for _ in range(5):
        before = _children_ms()
        done = subprocess.run(command, check=False, capture_output=True)
        assert done.returncode <= 1, done.stderr  # 1: nothing found
        times.append(_children_ms() - before)
    row("a new process, to the end of its first search", statistics.median(times), "ms", "reach 300")


def _children_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    assert Base.metadata.tables
    main()
