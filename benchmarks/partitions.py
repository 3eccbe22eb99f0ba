"""Ten million rows of `captures` and `article_revisions` on PostgreSQL, in one table and in partitions by month: what does it bring?

    python -m benchmarks.partitions                                   # ten million captures, 24 months
    python -m benchmarks.partitions --table article_revisions --rows 1000000

The tables are made as the archive's own (LIKE … INCLUDING ALL), filled with rows of the lengths that a crawl writes, in the order of
time, unlogged; then each question that the archive asks is asked of both. Seconds are CPU seconds of the server's process for the
connection (/proc), so that other work on the machine does not count. PostgreSQL is one of its own, in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.blog_scores import table
from newsarchive.db.engine import open_engine
from newsarchive.db.queue import conninfo
from newsarchive.db.schema import upgrade
from tests.support.own_postgresql import own_postgresql

#: The first day of the rows.
BEGIN = "2024-01-01 00:00+00"
#: What the server is given: enough that indexes are built in memory, and no helpers whose CPU would not be counted.
SETTINGS = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "autovacuum": "off",
    "jit": "off",
}
#: Row i of each table; %(rows)s rows over %(months)s months. Each page is captured four times, each article has four versions.
FILL = {
    "captures": """
        INSERT INTO {name} (id, url_id, fetched_at, final_url, status, content_type, charset_declared, charset_used, payload_digest,
            warc_file, warc_offset, warc_length, warc_digest, extractor_version, part)
        SELECT i, 1 + (i * 7919) %% ({rows} / 4), '{begin}'::timestamptz + i * interval '{months} months' / {rows},
            'https://blog-' || i %% 5000 || '.example/2025/03/a-post-of-the-usual-length-' || i %% ({rows} / 4) || '/', 200,
            'text/html; charset=utf-8', 'utf-8', 'utf-8', md5(i::text) || md5((i + 1)::text),
            'newsarchive-news-20250430120000-' || lpad((i / 20000)::text, 5, '0') || '-1a2b3c4d.warc.gz', (i %% 20000) * 48000, 48000,
            'sha1:' || upper(md5(i::text)), 40, 1
        FROM generate_series({first}::bigint, {last}::bigint) AS i""",
    "article_revisions": """
        INSERT INTO {name} (id, article_id, capture_id, version, change_kind, extractor_version, seen_at, payload_digest, content_hash,
            headline, alternative_headline, description, article_body)
        SELECT i, 1 + i %% ({rows} / 4), i, 1 + i * 4 / ({rows} + 1), 'publisher', 40,
            '{begin}'::timestamptz + i * interval '{months} months' / {rows}, md5(i::text) || md5((i + 1)::text), md5((i + 2)::text),
            'A headline of the usual length, of article ' || i, '', '', decode(repeat(md5(i::text), {body}), 'hex')
        FROM generate_series({first}::bigint, {last}::bigint) AS i""",
}
TIME = {"captures": "fetched_at", "article_revisions": "seen_at"}
#: Questions: words → SQL with one number of a row, {i}, or of an owner, {owner}.
ASKED = {
    "captures": {
        "one by its id": "SELECT * FROM {name} WHERE id = {i}",
        "the newest of a URL": "SELECT * FROM {name} WHERE url_id = {owner} ORDER BY fetched_at DESC LIMIT 1",
        "the first with a payload": "SELECT * FROM {name} WHERE payload_digest = md5({i}::text) || md5(({i} + 1)::text) ORDER BY id LIMIT 1",
        "those of a place in a file": "SELECT * FROM {name} WHERE warc_file = 'newsarchive-news-20250430120000-' || lpad(({i} / 20000)::text, 5, '0') || '-1a2b3c4d.warc.gz' AND warc_offset = ({i} % 20000) * 48000",
    },
    "article_revisions": {
        "one by its id": "SELECT * FROM {name} WHERE id = {i}",
        "all versions of an article": "SELECT * FROM {name} WHERE article_id = {owner} ORDER BY version",
        "that of a capture": "SELECT * FROM {name} WHERE capture_id = {i}",
    },
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--table", choices=tuple(FILL), default="captures")
    parser.add_argument("--body", type=int, default=16, help="16 bytes each, of a version's stored text")
    parser.add_argument("--asked", type=int, default=2_000, help="times that each question is asked")
    options = parser.parse_args()
    with own_postgresql() as server:
        upgrade(open_engine(server.url))
        with psycopg.connect(conninfo(server.url), autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")  # type: ignore[call-overload]
        server.stop()
        server.start()
        with psycopg.connect(conninfo(server.url), autocommit=True) as connection:
            found = [measured(Measured(connection, options, parted)) for parted in (False, True)]
    print(
        table(
            [
                ["", "one table", f"{options.months} partitions"],
                *([w, a, b] for (w, a), (_, b) in zip(*found, strict=True)),
            ]
        )
    )
    return 0


class Measured:
    """One of the two tables."""

    def __init__(
        self, connection: psycopg.Connection[Any], options: argparse.Namespace, parted: bool
    ) -> None:
        self.connection, self.options, self.parted = connection, options, parted
        self.of, self.name = options.table, f"{options.table}_{'parted' if parted else 'whole'}"
        self.pid = connection.info.backend_pid
        self.random = random.Random(1)

    def run(self, query: str) -> list[Any]:
        cursor = self.connection.execute(query)  # type: ignore[call-overload]
        return list(cursor.fetchall()) if cursor.description else []

    def cpu(self, do: Callable[[], object]) -> float:
        before = self._used()
        do()
        return self._used() - before

    def _used(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def make(self) -> None:
        """The table without indexes, unlogged; its partitions have a month each, and one more the rows that come later."""
        months, time = self.options.months, TIME[self.of]
        copy = f"(LIKE {self.of} INCLUDING DEFAULTS INCLUDING GENERATED)"
        if not self.parted:
            self.run(f"CREATE UNLOGGED TABLE {self.name} {copy}")
            return
        self.run(f"CREATE TABLE {self.name} {copy} PARTITION BY RANGE ({time})")
        for month in range(months + 1):
            bounds = [f"('{BEGIN}'::timestamptz + interval '{m} months')" for m in (month, month + 1)]
            [(low, high)] = self.run(f"SELECT {bounds[0]}::text, {bounds[1]}::text")
            high = "infinity" if month == months else high
            self.run(
                f"CREATE UNLOGGED TABLE {self.name}_{month} PARTITION OF {self.name} FOR VALUES FROM ('{low}') TO ('{high}')"
            )

    def fill(self, first: int, last: int) -> None:
        values = vars(self.options) | {"name": self.name, "begin": BEGIN, "first": first, "last": last}
        self.run(FILL[self.of].format(**values).replace("%%", "%"))

    def index(self) -> None:
        """The indexes of the archive's table. Of a partitioned table a key must hold the time."""
        for (definition,) in self.run(f"SELECT indexdef FROM pg_indexes WHERE tablename = '{self.of}'"):
            kind, _, columns = definition.partition(" USING ")
            unique = "UNIQUE" in kind
            columns = columns.replace(")", f", {TIME[self.of]})", 1) if unique and self.parted else columns
            self.run(f"CREATE {'UNIQUE' if unique else ''} INDEX ON {self.name} USING {columns}")

    def sizes(self) -> tuple[float, float]:
        """GB of rows and of indexes."""
        tables = (
            f"SELECT relid FROM pg_partition_tree('{self.name}')"
            if self.parted
            else f"SELECT '{self.name}'::regclass"
        )
        [(rows, indexes)] = self.run(
            f"SELECT sum(pg_table_size(t)), sum(pg_indexes_size(t)) FROM ({tables}) AS tables (t)"
        )
        return float(rows) / 1e9, float(indexes) / 1e9

    def ask(self, query: str) -> float:
        """CPU milliseconds of a question, whose plan is kept as a program's would be."""
        rows, times = self.options.rows, self.options.asked

        def all_of_them() -> None:
            for _ in range(times):
                self.run(
                    query.format(
                        name=self.name,
                        i=self.random.randrange(1, rows),
                        owner=self.random.randrange(1, rows // 4),
                    )
                )

        return 1000 * self.cpu(all_of_them) / times


def measured(one: Measured) -> list[tuple[str, str]]:
    """Words and figures of one table, in the same order for both."""
    rows, time = one.options.rows, TIME[one.of]
    found: list[tuple[str, str]] = []

    def tell(words: str, figure: str) -> None:
        found.append((words, figure))
        print(one.name, words, figure, file=sys.stderr, flush=True)

    one.make()
    tell("CPU s to write all rows, without indexes", f"{one.cpu(lambda: one.fill(1, rows)):.0f}")
    tell("CPU s to make all indexes", f"{one.cpu(one.index):.0f}")
    one.run(f"VACUUM ANALYZE {one.name}")
    of_rows, of_indexes = one.sizes()
    tell("GB of rows", f"{of_rows:.2f}")
    tell("GB of indexes", f"{of_indexes:.2f}")
    new = 20_000
    tell(
        "CPU µs a new row, indexes and all",
        f"{1e6 * one.cpu(lambda: one.fill(rows + 1, rows + new)) / new:.0f}",
    )
    for words, query in ASKED[one.of].items():
        tell(f"CPU ms: {words}", f"{one.ask(query):.3f}")
    month = f"{time} < '{BEGIN}'::timestamptz + interval '1 month'"
    tell(
        "CPU s to count a month",
        f"{one.cpu(lambda: one.run(f'SELECT count(*) FROM {one.name} WHERE {month}')):.2f}",
    )

    def drop() -> None:
        if one.parted:
            one.run(f"DROP TABLE {one.name}_0")
        else:
            one.run(f"DELETE FROM {one.name} WHERE {month}")
            one.run(f"VACUUM {one.name}")

    tell("CPU s to take the first month out", f"{one.cpu(drop):.2f}")
    one.run(f"DROP TABLE {one.name}")
    return found


if __name__ == "__main__":
    sys.exit(main())
