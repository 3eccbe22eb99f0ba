"""What an archive holds and how its crawls go, as numbers that a monitoring system asks for again and again.

They are written in Prometheus' text format, for `--metrics FILE` and for `/metrics` of `newsarchive web`:

# HELP newsarchive_articles Articles that are stored.
# TYPE newsarchive_articles gauge
newsarchive_articles{site="blog.example"} 812
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsarchive.compiled import replacing
from newsarchive.config import SQLITE_BEGINNING
from newsarchive.db.readonly import Source, reading
from newsarchive.db.values import moment
from newsarchive.exceptions import OutputError
from newsarchive.reprs import why_not_written

#: This many sites, those with most articles, have samples of their own. The articles of the others are summed up,
#: because each label is a time series that the monitoring system keeps.
MAX_SITES = 500
#: The label of the sites that are summed up.
OTHER_SITES = "(other sites)"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name, its type (`counter` or `gauge`), its meaning, its labels, and its SQL, whose last column is
    the value.

    The names follow Prometheus: base units, and `_total` for what only grows. The numbers of articles, versions and their
    bytes are gauges, since posts move to other sites and are taken down: Prometheus takes the fall of a counter for a
    new start, and would add all of it to `increase`. `is_time` says that the value is a moment.
    """

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    sql: str
    is_time: bool = False


METRICS = (
    Metric(
        "newsarchive_articles", "gauge", "Articles that are stored.", ("site",),
        "SELECT s.domain, count(*) FROM articles AS a JOIN sites AS s ON s.id = a.site_id GROUP BY s.domain",
    ),
    Metric(
        "newsarchive_revisions", "gauge", "Versions of articles, by what made them.", ("cause",),
        "SELECT change_kind, count(*) FROM article_revisions GROUP BY change_kind",
    ),
    Metric(
        "newsarchive_captures_total", "counter", "Answers that were stored, by HTTP status.", ("status",),
        "SELECT status, count(*) FROM captures GROUP BY status",
    ),
    Metric(
        "newsarchive_captured_bytes", "gauge", "Bytes of stored answers in WARC files.", (),
        "SELECT coalesce(sum(warc_length), 0) FROM captures",
    ),
    Metric(
        "newsarchive_crawl_runs_total", "counter", "Runs that finished, by spider.", ("spider",),
        # Else SQLite takes the index that begins with `spider`, and reads each row for `finished_at`: they are large.
        "SELECT spider || '', count(*) FROM crawl_runs WHERE finished_at IS NOT NULL GROUP BY 1",
    ),
    Metric(
        "newsarchive_urls", "gauge", "Known addresses of posts, by state.", ("state",),
        "SELECT state, count(*) FROM urls GROUP BY state",
    ),
    Metric(
        "newsarchive_quarantined_articles", "gauge", "Articles that wait in quarantine.", ("site",),
        "SELECT s.domain, count(*) FROM quarantine AS q JOIN articles AS a ON a.id = q.article_id"
        " JOIN sites AS s ON s.id = a.site_id WHERE q.state = 'waiting' GROUP BY s.domain",
    ),
    Metric(
        "newsarchive_alarms", "gauge", "Alarms that stand: 1 for each.", ("site", "kind"),
        "SELECT s.domain, a.kind, 1 FROM alarms AS a JOIN sites AS s ON s.id = a.site_id WHERE a.cleared_at IS NULL",
    ),
    Metric(
        "newsarchive_site_last_success_timestamp_seconds", "gauge", "When a site was last crawled with success.", ("site",),
        "SELECT domain, last_success_at FROM sites WHERE last_success_at IS NOT NULL", is_time=True,
    ),
    Metric(
        "newsarchive_last_run_timestamp_seconds", "gauge", "When the last run finished.", (),
        "SELECT max(finished_at) FROM crawl_runs", is_time=True,
    ),
)  # fmt: skip
#: The size of the database, which is no query.
DATABASE_BYTES = Metric("newsarchive_database_bytes", "gauge", "Bytes of the database on disk.", (), "")

_LARGEST = """
    SELECT s.domain FROM sites AS s LEFT JOIN articles AS a ON a.site_id = s.id
    GROUP BY s.domain ORDER BY count(a.id) DESC, s.domain LIMIT :most
"""

#: A metric's label values, and its value.
Sample = tuple[tuple[str, ...], float]


def samples(source: Source, *, max_sites: int = MAX_SITES) -> list[tuple[Metric, list[Sample]]]:
    with reading(source) as reader:
        sites = {domain for (domain,) in reader.tuples(_LARGEST, {"most": max_sites})}
        found: list[tuple[Metric, list[Sample]]] = []
        for metric in METRICS:
            summed: dict[tuple[str, ...], float] = {}
            for *labels, value in reader.tuples(metric.sql):
                values = tuple(map(str, labels))
                if "site" in metric.labels and values[0] not in sites:
                    if metric.is_time or (metric.kind == "gauge" and "kind" in metric.labels):
                        continue
                    values = (OTHER_SITES, *values[1:])
                at = moment(value) if metric.is_time else None
                if value is not None:
                    number = float(value) if at is None else at.timestamp()
                    summed[values] = summed.get(values, 0.0) + number
            found.append((metric, sorted(summed.items())))
        return [*found, (DATABASE_BYTES, [((), float(reader.dialect.disk_bytes(reader)))])]


def names() -> Sequence[str]:
    return [metric.name for metric in (*METRICS, DATABASE_BYTES)]


def text(source: Source) -> str:
    """All metrics of an archive. Raises `DatabaseError`."""
    lines = []
    for metric, found in samples(source):
        lines += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in found:
            pairs = ",".join(
                f'{name}="{label.translate(_ESCAPES)}"'
                for name, label in zip(metric.labels, labels, strict=True)
            )
            lines.append(f"{metric.name}{'{' + pairs + '}' if pairs else ''} {value:.15g}")
    return "\n".join(lines) + "\n"


def write(source: Source, file: Path) -> None:
    """Replace a file by the metrics in one step: a program that reads the file meanwhile finds either the old or the
    new metrics, and always all of them. A device or a pipe is written to as it is: in the name of root, `/dev/null` would be
    replaced too.

    Raises `OutputError` where it cannot be written or is a database, `DatabaseError` where the archive cannot be read.
    """
    content = text(source).encode()
    try:
        file = file.resolve() if file.is_file() else file  # a link stays a link
        if file.exists() and not (file.is_file() or file.is_dir()):
            file.write_bytes(content)
            return
        if file.is_file():
            with file.open("rb") as old:
                if old.read(len(SQLITE_BEGINNING)) == SQLITE_BEGINNING:
                    raise OutputError(
                        f"{file} is a database, perhaps the archive itself: name another file for the metrics"
                    )
        with replacing(file) as out:
            out.write(content)
            os.fchmod(out.fileno(), 0o644)  # another user's exporter reads it
    except OSError as error:
        raise OutputError(f"{file}: the metrics cannot be written: {why_not_written(error)}") from error
