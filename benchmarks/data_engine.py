"""What an existing data engine costs: articles out of WARC files in one process, and by two workers of Ray.

    python -m benchmarks.data_engine --pages DATA/articles/pages --files 6 --records 100

Makes WARC files laid out as those of CC-NEWS (one response a page, many hosts) of real pages, and runs docs/examples/cc_news on them in
turn. CPU seconds of all processes that a run started are counted, and the memory of those that are there while it works.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "cc_news" / "cc_news.py"
#: Seconds between two looks at the memory of processes.
LOOK_SECONDS = 1.0


def make_files(pages: Path, folder: Path, files: int, records: int) -> None:
    """WARC files of real pages, each under a host of its own; a page comes again once all were there."""
    bodies = sorted(pages.glob("*.html.gz"))
    for number in range(files):
        name = f"CC-NEWS-20260301000000-{number:05}.warc.gz"
        with (folder / name).open("wb") as file:
            writer = WARCWriter(file, gzip=True)
            writer.write_record(writer.create_warcinfo_record(name, {"format": "WARC File Format 1.0"}))
            for place in range(number * records, (number + 1) * records):
                page = bodies[place % len(bodies)]
                body = gzip.decompress(page.read_bytes())
                headers = StatusAndHeaders(
                    "200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"
                )
                url = f"https://host-{page.name.partition('.')[0]}.example/2026/03/a-report-{place}/"
                given = {"WARC-Date": "2026-03-01T10:00:00Z"}
                writer.write_record(
                    writer.create_warc_record(
                        url,
                        "response",
                        payload=io.BytesIO(body),
                        http_headers=headers,
                        warc_headers_dict=given,
                    )
                )


def descendants(root: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # it has ended
            continue
        parents.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        found += (children := parents.get(waiting.pop(), []))
        waiting += children
    return found


def resident(pid: int) -> int:
    """Bytes that a process alone has in memory, its part of what it shares included (PSS); 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def cpu_of(pid: int) -> float:
    """CPU seconds of a process until now; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(folder: Path, *words: str) -> dict[str, float]:
    """What one run took: pages, seconds, CPU seconds of all its processes and of the work alone, most bytes, processes."""
    cpu: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as target:
        begun, most, processes = time.perf_counter(), 0, 0
        command = [sys.executable, str(EXAMPLE), str(folder / "*.warc.gz"), target, *words]
        with (folder / "out").open("w+") as out, subprocess.Popen(command, stdout=out, text=True) as process:
            while process.poll() is None:
                pids = [process.pid, *descendants(process.pid)]
                cpu |= {pid: max(cpu.get(pid, 0.0), cpu_of(pid)) for pid in pids}
                memory = sum(map(resident, pids))
                most, processes = max(most, memory), max(processes, len(pids))
                time.sleep(LOOK_SECONDS)
            seconds = time.perf_counter() - begun
            out.seek(0)
            told = [json.loads(line) for line in out if line.startswith("{")]
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    work = sum(one["CPU seconds"] for one in told)
    pages = sum(one["pages"] for one in told)
    return {
        "pages": pages, "articles": sum(one["articles"] for one in told), "seconds": seconds, "cpu": sum(cpu.values()), "work": work,
        "bytes": most, "processes": processes,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=Path, required=True, help="a folder of pages, NAME.html.gz")
    parser.add_argument("--files", type=int, default=6)
    parser.add_argument("--records", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    ways = {
        "one process": ("--without-ray",),
        f"Ray, {options.workers} workers": ("--workers", str(options.workers)),
    }
    with tempfile.TemporaryDirectory() as folder:
        make_files(options.pages, Path(folder), options.files, options.records)
        for _ in range(options.runs):
            for name, words in ways.items():
                it = run(Path(folder), *words)
                print(
                    f"{name:16} {it['pages']:.0f} pages, {it['articles']:.0f} articles, {it['pages'] / it['seconds']:.1f} pages/s,"
                    f" {1000 * it['work'] / it['pages']:.1f} ms CPU a page, {it['cpu'] - it['work']:.1f} s CPU besides,"
                    f" {it['bytes'] / 2**20:.0f} MB, {it['processes']:.0f} processes",
                    flush=True,
                )


if __name__ == "__main__":
    main()
