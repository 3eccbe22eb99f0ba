"""Metrics in Prometheus' text format, the dashboard that shows them, and a log of JSON lines."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from newsarchive.db.engine import sqlite_file, writing
from newsarchive.db.models import AlarmRow
from newsarchive.db.reading import metrics
from newsarchive.db.reading.metrics import MAX_SITES, OTHER_SITES, names, samples
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import SOME_FAILED, OutputError
from newsarchive.extensions.json_log import JsonFormatter
from newsarchive.items import Quality
from newsarchive.times import utc_now
from tests.crawling.test_crawl import front, post
from tests.crawling.test_crawl_sites import follow, run
from tests.support.serving import crawl, served
from tests.support.storage import START, make_article

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
#: A sample as https://prometheus.io/docs/instrumenting/exposition_formats/ has it.
LABEL = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"([a-z_]+)(?:\{{{LABEL}(?:,{LABEL})*\}})? [-+.\de]+")


@pytest.fixture
def engine(engine: Engine) -> Engine:
    store = Store(engine, clock=lambda: START)
    run = store.start_run("news", {"url": "https://blog.example/"})
    store.ingest([make_article(number) for number in range(3)], run)
    store.ingest([make_article(9, quality=Quality(0.3))], run)
    store.ingest([make_article(1, url="https://other.example/1")], run)
    store.finish_run(run, "finished", {})
    with writing(engine) as connection:
        row = {"kind": 'odd "kind"\\', "since": START, "raised_at": START, "site_id": 1}
        connection.execute(insert(AlarmRow).values(row))
    return engine


def test_every_line_is_of_the_format_and_every_metric_has_its_type(engine: Engine) -> None:
    text = metrics.text(engine)
    assert text.endswith("\n")
    for name in names():
        (kind,) = re.findall(rf"^# TYPE {name} (\w+)$", text, re.M)
        assert kind == ("counter" if name.endswith("_total") else "gauge")
        assert f"# HELP {name} " in text
    assert (
        "# TYPE newsarchive_articles gauge\n" in text
    )  # an article that is taken down is none that comes anew
    found = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in found if not SAMPLE.fullmatch(line)] == []
    assert {SAMPLE.fullmatch(line)[1] for line in found} >= set(names()) - {  # type: ignore[index]
        "newsarchive_site_last_success_timestamp_seconds"
    }
    assert 'newsarchive_articles{site="blog.example"} 4' in found
    assert 'newsarchive_quarantined_articles{site="blog.example"} 1' in found
    assert r'newsarchive_alarms{site="blog.example",kind="odd \"kind\"\\"} 1' in found
    assert f"newsarchive_last_run_timestamp_seconds {START.timestamp():.15g}" in found


def test_sites_beyond_the_bound_are_summed_up(engine: Engine) -> None:
    assert MAX_SITES >= 100
    found = {metric.name: dict(values) for metric, values in samples(engine, max_sites=1)}
    assert found["newsarchive_articles"] == {("blog.example",): 4, (OTHER_SITES,): 1}


def test_the_file_is_replaced_whole_and_readable_by_all(sqlite: Engine, tmp_path: Path) -> None:
    file = tmp_path / "news.prom"
    file.write_text("old")
    metrics.write(sqlite, file)
    assert file.read_text() == metrics.text(sqlite)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(tmp_path.glob(".news.prom*")) == []
    with pytest.raises(OutputError, match="cannot be written"):
        metrics.write(sqlite, tmp_path / "missing" / "news.prom")


def test_metrics_replace_neither_an_archive_nor_what_is_no_file(sqlite: Engine, tmp_path: Path) -> None:
    """Who runs it as root would lose `/dev/null`."""
    pipe, link, file = tmp_path / "pipe", tmp_path / "link.prom", tmp_path / "news.prom"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        metrics.write(sqlite, pipe)
        assert reader.communicate(timeout=120)[0] == metrics.text(sqlite)
    assert pipe.is_fifo()
    file.write_text("old")
    link.symlink_to(file)
    metrics.write(sqlite, link)
    assert (link.is_symlink(), file.read_text()) == (True, metrics.text(sqlite))
    archive = sqlite_file(sqlite)
    assert archive is not None
    with pytest.raises(OutputError, match=r"archive\.db is a database, perhaps the archive itself"):
        metrics.write(sqlite, archive)


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text("utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    # One metric each: `a or b` leaves out the series of b that have the labels of one of a.
    asked = [re.findall(r"newsarchive_\w+", query) for query in queries]
    assert {len(found) for found in asked} == {1}
    assert {name for (name,) in asked} <= set(names())
    assert len(asked) >= 8
    rules = (EXAMPLES / "prometheus-rules.yml").read_text("utf-8")
    assert set(re.findall(r"newsarchive_\w+", rules)) <= set(names())
    if promtool := shutil.which("promtool"):
        subprocess.run(
            [promtool, "check", "rules", EXAMPLES / "prometheus-rules.yml"], check=True, capture_output=True
        )


def test_a_record_is_one_line_of_json() -> None:
    record = logging.LogRecord("news", logging.WARNING, "a.py", 1, "two\nlines of %s", ("text",), None)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line) | {"time": ""} == {
        "time": "", "level": "WARNING", "logger": "news", "message": "two\nlines of text",
    }  # fmt: skip


@pytest.mark.slow
def test_a_crawl_writes_its_metrics_and_logs_json(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "news.prom"
    options = ("-s", f"NEWSARCHIVE_METRICS={file}", "-s", "NEWSARCHIVE_LOG_FORMAT=json", "-L", "INFO")
    with served({"/": front("/a-first-story/", "/a-lost-story/"), "/a-first-story/": post("A")}) as site:
        done = crawl(f"url={site.home}/", *options, db=db)
    assert 'newsarchive_articles{site="127.0.0.1' in file.read_text("utf-8")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(line.get("message", "").startswith("Scrapy ") for line in lines)  # its first line
    assert [line["stats"]["new"] for line in lines if line.get("event") == "summary"] == [1]
    assert any("a-lost-story" in line.get("message", "") for line in lines)


@pytest.mark.slow
def test_metrics_are_written_where_no_site_is_due(db: Path, tmp_path: Path) -> None:
    """Otherwise the alarm that the file is old rings for every quiet hour."""
    file = tmp_path / "news.prom"
    follow(db, "https://blog.example/")
    with sqlite3.connect(db) as connection:
        connection.execute("UPDATE sites SET last_success_at = ?", (f"{utc_now():%Y-%m-%d %H:%M:%S.%f}",))
    done = run("crawl", "--all", "--metrics", str(file), db=db)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'newsarchive_site_last_success_timestamp_seconds{site="blog.example"}' in file.read_text("utf-8")
    lost = run("crawl", "--all", "--metrics", str(tmp_path / "missing" / "news.prom"), db=db)
    assert (lost.returncode, "the metrics cannot be written" in lost.stderr) == (SOME_FAILED, True)


@pytest.mark.slow
def test_a_damaged_moment_costs_the_metrics_and_not_the_crawl(db: Path, tmp_path: Path) -> None:
    options = ("-s", f"NEWSARCHIVE_METRICS={tmp_path / 'news.prom'}")
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        crawl(f"url={site.home}/", db=db)
        with sqlite3.connect(db) as connection:
            connection.execute(
                "INSERT INTO crawl_runs (spider, arguments, started_at, finished_at, finish_reason, stats, version, site, reached)"
                " SELECT 'other', '{}', started_at, 'soon', '', '{}', '', '', 0 FROM crawl_runs"
            )
        done = crawl(f"url={site.home}/", *options, db=db)
    assert done.returncode == SOME_FAILED
    assert "error: a stored time is damaged: 'soon'" in done.stderr
    assert "Traceback" not in done.stderr
