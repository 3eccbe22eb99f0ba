"""Exports in memory and time: `python -m benchmarks.export [--articles 20000] [--folder DIR]`.

Builds an archive of synthetic articles (`benchmarks.store`) with their raw bytes, exports a tenth of it and all of it in every
format and as one file an article (`files`), each in a process of its own, and prints for both the peak of resident memory and the CPU time.
Flat memory is a ratio near 1.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.store import Words, articles
from newsarchive.core.html.render import rendered
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.export import FORMATS
from newsarchive.items import Article, Capture
from newsarchive.warc.files import default_folder
from newsarchive.warc.writer import WarcWriter

BATCH = 500
#: Stands for one file an article, under names by a template.
FILES = "files"


def build(file: Path, count: int) -> None:
    """An archive of `count` articles; goes on with one that is there."""
    engine = open_engine(str(file))
    upgrade(engine)
    words, store = Words(), Store(engine)
    writer = WarcWriter(default_folder(str(file)))
    for start in range(0, count, BATCH):
        made = articles(words, min(BATCH, count - start), 300, start)
        store.ingest([with_bytes(rendered(article), writer) for article in made])
    writer.close()
    engine.dispose()


def with_bytes(article: Article, writer: WarcWriter) -> Article:
    """The article with the place of its page in a WARC file."""
    page = f"<!DOCTYPE html><title>{article.headline}</title>{article.article_html}".encode()
    headers = [("Content-Type", "text/html; charset=utf-8")]
    asked = [("User-Agent", "newsarchive")]
    place = writer.write_response(article.url, "HTTP/1.1 200 OK", headers, page, request_headers=asked)
    return replace(article, capture=Capture(article.url, page, place=place))


#: Runs a command and prints what it took. `VmHWM` is of this program alone, while the `ru_maxrss` of a
#: child starts at that of its parent.
_MEASURED = """
import re, resource, sys
from newsarchive.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
used = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
print(int(peak) / 1024, used.ru_utime + used.ru_stime)
"""


def run(*words: str) -> tuple[float, float]:
    """Peak resident memory in MiB and CPU seconds of one command."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    peak, cpu = map(float, done.stdout.split())
    return peak, cpu


def export(file: Path, name: str, limit: int, folder: Path) -> tuple[float, float, int]:
    """Memory, CPU and bytes of one export."""
    target = folder / f"out-{name}"
    words = (
        [str(target / "{site}" / "{date}-{slug}.md")] if name == FILES else [str(target), "--format", name]
    )
    found = run("export", *words, "--limit", str(limit), "--db", str(file))
    written = [path for path in (target.rglob("*") if target.is_dir() else [target]) if path.is_file()]
    size = sum(path.stat().st_size for path in written)
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return *found, size


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="where the archive is made and kept")
    parser.add_argument("--format", action="append", choices=[*FORMATS, FILES], help="only these")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "many.db"
        if not file.exists():
            build(file, arguments.articles)
        small, large = arguments.articles // 10, arguments.articles
        print(
            f"{'':10} {small:>10,} articles {large:>12,} articles        memory  CPU ms an article  MiB written"
        )
        for name in arguments.format or [*FORMATS, FILES]:
            first, _, _ = export(file, name, small, folder)
            second, cpu, size = export(file, name, large, folder)
            print(
                f"{name:10} {first:>15.0f} MiB {second:>18.0f} MiB {second / first:>10.2f}x"
                f" {1000 * cpu / large:>12.2f} {size / 2**20:>17.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
