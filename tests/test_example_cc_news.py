"""The example that reads many WARC files with a data engine: what one worker does with a file, and the same through Ray."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.crawling.test_crawl import front, post
from tests.support.serving import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "cc_news" / "cc_news.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    pytest.importorskip("pyarrow", reason="the example writes Parquet: pip install 'newsarchive[parquet]'")
    spec = importlib.util.spec_from_file_location("cc_news", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def warc(path: Path, records: Sequence[tuple[str, str, str]]) -> Path:
    """A file laid out as those of CC-NEWS: one response for each page (address, media type, body), many hosts."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"format": "WARC File Format 1.0"}))
        for url, media_type, body in records:
            headers = StatusAndHeaders("200 OK", [("Content-Type", media_type)], protocol="HTTP/1.1")
            payload = io.BytesIO(body.encode())
            writer.write_record(
                writer.create_warc_record(url, "response", payload=payload, http_headers=headers)
            )
    return path


HTML = "text/html; charset=utf-8"
RECORDS = [
    ("https://first.example/2025/03/ferry/", HTML, post("A ferry returns")),
    ("https://second.example/2025/03/bridge/", HTML, post("A bridge is built")),
    ("https://second.example/", HTML, front("/a/", "/b/", "/c/")),
    ("https://third.example/report.pdf", "application/pdf", "%PDF-1.4"),
]


def headlines(example: ModuleType, folder: Path) -> list[str]:
    return sorted(
        text
        for file in folder.glob("*.parquet")
        for text in example.pq.read_table(file)["headline"].to_pylist()
    )


@pytest.mark.slow
def test_a_file_becomes_a_table_of_its_articles(example: ModuleType, tmp_path: Path) -> None:
    file = warc(tmp_path / "CC-NEWS-1.warc.gz", RECORDS)
    (tmp_path / "CC-NEWS-1.warc.gz.parquet.17.unfinished").touch()  # by a process that was killed
    counts = example.work(str(file), str(tmp_path))
    assert (counts["pages"], counts["articles"], counts["no page"]) == (3, 2, 1)
    assert sum(number for name, number in counts.items() if name.startswith("no article")) == 1
    [made] = tmp_path.glob("*.parquet")
    table = example.pq.read_table(made)
    assert table.schema.equals(example.SCHEMA)
    first = table.to_pylist()[0]
    assert (first["headline"], first["url"]) == ("A ferry returns", RECORDS[0][0])
    assert first["article_body"]
    assert str(first["date_published"]) == "2025-03-01 08:00:00+00:00"
    # Whoever begins again leaves what is done.
    assert example.work(str(file), str(tmp_path)) == {"file": str(file), "done before": 1}
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_damaged_record_and_a_page_that_crashes_cost_themselves_alone(
    example: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = warc(tmp_path / "CC-NEWS-1.warc.gz", RECORDS[:1])
    damaged = bytearray(file.read_bytes())
    damaged[-200:-190] = b"\0" * 10
    file.write_bytes(damaged + warc(tmp_path / "other.gz", RECORDS[1:2] * 2).read_bytes())
    right, called = example.article_from, []

    def crashes_once(capture: object, rules: object) -> object:
        called.append(capture)
        if len(called) == 1:
            raise ZeroDivisionError
        return right(capture, rules)

    monkeypatch.setattr(example, "article_from", crashes_once)
    counts = example.work(str(file), str(tmp_path))
    assert (counts["damaged record"], counts["crashed: ZeroDivisionError"], counts["articles"]) == (1, 1, 1)
    assert headlines(example, tmp_path) == ["A bridge is built"]


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--without-ray",), ("--workers", "2")])
def test_the_command_reads_every_file(example: ModuleType, tmp_path: Path, words: tuple[str, ...]) -> None:
    if "--workers" in words:
        pytest.importorskip("ray", reason="ray is not installed: pip install ray")
    for number, record in enumerate(RECORDS[:2]):
        warc(tmp_path / f"CC-NEWS-{number}.warc.gz", [record])
    command = [sys.executable, str(EXAMPLE), str(tmp_path / "*.warc.gz"), str(tmp_path / "out"), *words]
    environment = os.environ | {"RAY_ADDRESS": "", "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    if "timed out during startup" in done.stderr:
        pytest.skip("Ray did not start within its own time: the machine is busy")
    assert done.returncode == 0, done.stderr
    told = list(map(json.loads, done.stdout.splitlines()))
    assert sorted((Path(one["file"]).name, one["articles"]) for one in told) == [
        ("CC-NEWS-0.warc.gz", 1), ("CC-NEWS-1.warc.gz", 1),
    ]  # fmt: skip
    assert headlines(example, tmp_path / "out") == ["A bridge is built", "A ferry returns"]


@pytest.mark.slow
def test_no_file_is_an_error_that_names_the_pattern(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    command = [sys.executable, str(EXAMPLE), str(tmp_path / "none-*"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 2
    assert "none-*: no such file" in done.stderr
