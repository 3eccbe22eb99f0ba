"""The archive's index of copies under load: what `benchmarks.duplicates` measures with.

Fingerprints, index, proof and clusters are the archive's own (`db.near_duplicates.clusters.assign`) on its own schema;
only the article's row is written straight, without revisions, full text and relations.
"""

from __future__ import annotations

import array
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, insert, select

from newsarchive.core.near_duplicates.fingerprint import fingerprints
from newsarchive.db.engine import open_engine, reading, writing
from newsarchive.db.models import ArticleRow, Site
from newsarchive.db.near_duplicates import clusters
from newsarchive.db.schema import upgrade

#: Articles of one transaction.
BATCH = 500
#: Words of a made-up article, on average, and how many in a hundred are copies.
WORDS, COPIES = 400, 10
#: Words read of each real text: enough for a vocabulary of tens of thousands.
_READ = 500
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Archive:
    """An archive that takes texts and finds their copies; `seconds` is CPU time of just that."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.seconds, self._last = engine, 0.0, 0
        upgrade(engine)
        with writing(engine) as connection:
            if engine.dialect.name == "sqlite":  # it would take longer than all else, and half of the cache
                connection.exec_driver_sql("DROP TRIGGER articles_search_insert")
            connection.execute(insert(Site).values(domain="blog.example"))

    def add(self, texts: Sequence[str]) -> None:
        start = time.process_time()
        with writing(self.engine) as connection:
            entries = []
            for body, found in zip(texts, fingerprints(texts), strict=True):
                self._last += 1
                entries.append(
                    clusters.Entry(
                        self._last, body, found.content_hash, found.minhash,
                        is_new=True, shingles=found.shingles,
                    )
                )  # fmt: skip
            paused = time.process_time()
            connection.execute(insert(ArticleRow), list(map(_row, entries)))
            start += time.process_time() - paused
            clusters.assign(connection, entries, _NOW)
        self.seconds += time.process_time() - start

    def groups(self) -> list[list[int]]:
        """The clusters, as positions of the texts in the order they were added."""
        found: dict[int, list[int]] = {}
        with reading(self.engine) as connection:
            query = select(ArticleRow.cluster_id, ArticleRow.id).where(ArticleRow.cluster_id.is_not(None))
            for cluster_id, article_id in connection.execute(query):
                found.setdefault(cluster_id, []).append(article_id - 1)
        return list(found.values())


def _row(entry: clusters.Entry) -> dict[str, object]:
    return {
        "id": entry.id, "url": f"https://blog.example/{entry.id}", "url_key": f"blog.example/{entry.id}",
        "canonical_key": f"blog.example/{entry.id}", "site_id": 1, "headline": "", "article_body": entry.body,
        "content_hash": entry.content_hash, "first_seen_at": _NOW, "last_seen_at": _NOW,
        "minhash": array.array("I", entry.minhash).tobytes() if entry.minhash else None,
    }  # fmt: skip


@contextmanager
def archive(url: str = "") -> Iterator[Archive]:
    """An archive at `url`, else an SQLite file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{Path(folder) / 'archive.db'}")
        yield Archive(engine)
        engine.dispose()


class Chain:
    """Texts with the words of real ones, each word followed by one that followed it somewhere.

    So unrelated texts share as many phrases as real ones do, and more; common words are common.
    """

    def __init__(self, texts: Sequence[str], seed: int = 9) -> None:
        self._draw = np.random.default_rng(seed)
        words = [word for text in texts for word in text.split()[:_READ]]
        self.vocabulary, codes = np.unique(words, return_inverse=True)
        order = np.argsort(codes[:-1], kind="stable")
        self._next = codes[1:][order]
        self._count = np.bincount(codes[:-1], minlength=len(self.vocabulary))
        self._first = np.concatenate(([0], np.cumsum(self._count)[:-1]))

    def batch(self, count: int) -> list[list[str]]:
        steps = np.empty((WORDS * 2, count), dtype=np.int64)
        steps[0] = self._draw.integers(0, len(self.vocabulary), count)
        for i in range(1, len(steps)):
            at = steps[i - 1]
            move = (self._draw.random(count) * self._count[at]).astype(np.int64)
            steps[i] = self._next[np.minimum(self._first[at] + move, len(self._next) - 1)]
        lengths = self._draw.integers(WORDS // 4, WORDS * 7 // 4, count)
        return [
            self.vocabulary[steps[:length, i]].tolist()
            for i, length in zip(range(count), lengths, strict=True)
        ]


def stream(texts: Sequence[str], seed: int = 9) -> Iterator[list[str]]:
    """Batches of made-up texts without end; one in ten is a copy of one of the last ones, altered or cut."""
    draw, chain = random.Random(seed), Chain(texts, seed)
    vocabulary = chain.vocabulary.tolist()
    lately: list[list[str]] = []
    while True:
        made = chain.batch(BATCH)
        for i in range(COPIES, len(made), 100 // COPIES):
            copied = draw.choice(lately or made[:1])
            kept = copied[: int(len(copied) * draw.choice((1, 1, 0.67)))]
            made[i] = [draw.choice(vocabulary) if draw.random() < 0.05 else word for word in kept]
        lately = [words for i, words in enumerate(made) if i % (100 // COPIES)]
        yield [" ".join(words) for words in made]


def scale(
    count: int, texts: Sequence[str], url: str = "", minutes: float = 30.0, *, again: bool = False
) -> None:
    """Print articles a second and peak memory at each power of ten and each tenth of `count`.

    `again` reclusters what was made, in a process of its own.
    """
    stops = {count, *(10**n for n in range(4, 8)), *(count * n // 10 for n in range(1, 10))}
    begun, seconds, done, last = time.monotonic(), 0.0, 0, 0
    with archive(url) as grown:
        for batch in stream(texts):
            grown.add(batch)
            done += len(batch)
            late = time.monotonic() - begun > minutes * 60
            if late or any(last < stop <= done for stop in stops):
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                rate = (done - last) / (grown.seconds - seconds)
                print(
                    f"{done:>9} articles  {rate:7.0f} a second since the line above  peak {peak} MB",
                    flush=True,
                )
                last, seconds = done, grown.seconds
            if late or done >= count:
                break
        print(f"{sum(map(len, grown.groups()))} articles in {len(grown.groups())} clusters", flush=True)
        if again:
            _recluster(grown.engine)


#: Peak memory from the kernel's account of this program alone: `ru_maxrss` begins with the parent's.
_AGAIN = """
import re, sys, time
from pathlib import Path
from newsarchive.db.engine import open_engine
from newsarchive.db.near_duplicates.rebuild import recluster
done = recluster(open_engine(sys.argv[1]))
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(f"recluster: {done / time.process_time():7.0f} a second  peak {peak} MB")
"""


def _recluster(engine: Engine) -> None:
    """Recluster the archive in a process of its own: articles a second, peak memory (on Linux)."""
    url = engine.url.render_as_string(hide_password=False)
    subprocess.run([sys.executable, "-c", _AGAIN, url], check=True)
