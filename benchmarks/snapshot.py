"""What every page of a folder gives, before and after a change of the code that should change nothing.

    python -m benchmarks.snapshot DATA… --out before.jsonl.gz
    python -m benchmarks.snapshot DATA… --out after.jsonl.gz
    python -m benchmarks.snapshot --compare before.jsonl.gz after.jsonl.gz

Each DATA is searched for `*.html.gz` and `*.html`; `truth.jsonl` beside a folder `pages` tells the addresses, else the page
itself does (`rel=canonical`). Each page goes through all steps, and the articles then go into an archive of their own, from
which they are read again. A line of the file is one page: every field of its article, and of what the archive says of it, or
the reason why it is none.

The comparison prints each field that differs, with how many pages differ in it and one of them (with --all: each of them),
and exits with 1 where any does. Fields that only one of the two files has are named, but are no difference. Where one file
holds fewer pages (--every), the pages that both hold are compared.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from newsarchive import Archive, rules
from newsarchive.core.steps import article_from
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture
from newsarchive.rules import Rules

#: No page of the data was fetched later, and none may be dated after it (`benchmarks.metadata` has the same day).
FETCHED = datetime(2026, 5, 1, tzinfo=UTC)
#: Fields that differ from run to run, or are too large to be worth a line.
LEFT_OUT = frozenset(
    ["capture", "seen", "minhash", "id", "article_id", "first_seen_at", "last_seen_at", "seen_at"]
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="*", type=Path, help="folders of pages")
    parser.add_argument("--out", type=Path, help="write the snapshot here")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("BEFORE", "AFTER"))
    parser.add_argument(
        "--all", action="store_true", help="with --compare: print every page that differs in a field"
    )
    parser.add_argument("--every", type=int, default=1, help="take every Nth page alone (default: all)")
    options = parser.parse_args()
    if options.compare:
        return compare(*options.compare, print_all=options.all)
    if not options.data or not options.out:
        parser.error("give DATA and --out, or --compare")
    pages = [page for folder in options.data for page in found(folder)][:: options.every]
    if not pages:
        parser.error(f"{options.data[0]}: no page (*.html, *.html.gz) is here")
    with ProcessPoolExecutor(os.cpu_count()) as pool, gzip.open(options.out, "wt", encoding="utf-8") as out:
        read = list(pool.map(extracted, pages, chunksize=16))
        kept = stored([article for _, article, _ in read if article])
        for name, article, line in read:
            told = line if article is None else {"article": plain(article), "stored": kept.get(article.url)}
            print(json.dumps({"page": name} | told, ensure_ascii=False), file=out)
    print(f"{len(pages)} pages, {len(kept)} articles: {options.out}")
    return 0


def found(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, file, and address of each page."""
    for path in sorted([*folder.rglob("*.html.gz"), *folder.rglob("*.html")]):
        name = str(path.relative_to(folder.parent))
        key = path.name.removesuffix(".gz").removesuffix(".html")
        url = addresses(path.parent.parent).get(key, "")
        yield name, path, url if url.startswith(("http://", "https://")) else ""


_ADDRESSES: dict[Path, dict[str, str]] = {}


def addresses(folder: Path) -> dict[str, str]:
    if folder not in _ADDRESSES:
        truth = folder / "truth.jsonl"
        lines = truth.read_text(encoding="utf-8").split("\n") if truth.exists() else []
        _ADDRESSES[folder] = {
            str(one["id"]): one.get("url") or "" for one in map(json.loads, filter(None, lines))
        }
    return _ADDRESSES[folder]


def own_address(body: bytes) -> str:
    """The canonical address that a page states, "" where it states none."""
    link = re.search(rb"<link\b[^>]*\bcanonical\b[^>]*>", body, re.IGNORECASE)
    address = re.search(rb"""href=["']?(https?://[^"'\s>]+)""", link[0], re.IGNORECASE) if link else None
    return unescape(address[1].decode(errors="replace")) if address else ""


@cache
def known_rules() -> Rules:
    """The rules, loaded once a process: their patterns are compiled anew for every other `Rules`."""
    return rules.load()


def extracted(page: tuple[str, Path, str]) -> tuple[str, Article | None, dict[str, Any]]:
    name, path, url = page
    body = path.read_bytes()
    body = gzip.decompress(body) if path.suffix == ".gz" else body
    url = url or own_address(body) or f"https://page.example/{name}"
    capture = Capture(url=url, body=body, headers={"content-type": "text/html"}, fetched_at=FETCHED)
    try:
        return name, article_from(capture, known_rules()), {}
    except NotAnArticle as error:
        return name, None, {"refused": error.reason, "why": str(error)}
    except Exception as error:  # a page that breaks us is a result too, and the next is read
        return name, None, {"broken": type(error).__name__}


def stored(articles: list[Article]) -> dict[str, Any]:
    """What an archive says of the articles that were put into it, by their addresses."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "snapshot.db"
        engine = open_engine(f"sqlite:///{database}")
        upgrade(engine)
        store = Store(engine)
        for at in range(0, len(articles), 100):
            store.ingest(articles[at : at + 100])
        engine.dispose()
        with Archive(database) as archive:
            return {one.url: plain(one) for one in archive.articles(hidden=True)}


def plain(value: Any) -> Any:
    """JSON of a record, without the fields of `LEFT_OUT`."""
    if is_dataclass(value) and not isinstance(value, type):
        named = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: plain(one) for name, one in named if name not in LEFT_OUT}
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items() if name not in LEFT_OUT}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def compare(before: Path, after: Path, *, print_all: bool = False) -> int:
    """Print the fields that differ on the pages of both snapshots. Return the exit code: 1 where any does, or no page is in both."""
    differing: dict[str, list[tuple[str, Any, Any]]] = defaultdict(list)
    only: dict[str, set[str]] = {"before": set(), "after": set()}
    old, new = read(before), read(after)
    common = sorted(old.keys() & new.keys())
    for page in common:
        if old[page] == new[page]:
            continue
        one, other = flat(json.loads(old[page])), flat(json.loads(new[page]))
        seen: set[str] = set()
        for path in one.keys() | other.keys():
            name = ".".join(part for part in path.split(".") if not part.isdigit())
            if (path in one) != (path in other) and not is_list(path):
                only["before" if path in one else "after"].add(name)
            elif one.get(path) != other.get(path) and name not in seen:
                seen.add(name)
                differing[name].append((page, one.get(path), other.get(path)))
    for side, names in only.items():
        if names:
            print(f"only {side}: {', '.join(sorted(names))}")
    for name, places in sorted(differing.items(), key=lambda item: -len(item[1])):
        print(f"{name}: {len(places)} pages differ")
        for page, one, other in places if print_all else places[:1]:
            print(f"  {page}\n  - {str(one)[:200]!r}\n  + {str(other)[:200]!r}")
    print(f"{len(old)} pages before, {len(new)} after, {len(common)} in both: {len(differing)} fields differ")
    return 1 if differing or not common else 0


def is_list(path: str) -> bool:
    return any(part.isdigit() for part in path.split("."))


def read(path: Path) -> dict[str, str]:
    """Page → its line. A line begins with the page's name, which is not parsed for it: a snapshot has gigabytes of JSON."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {line.split('"', 4)[3]: line for line in lines}


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {
            k: v
            for name, one in value.items()
            for k, v in flat(one, f"{path}.{name}" if path else name).items()
        }
    if isinstance(value, list):
        return {f"{path}.len": len(value)} | {
            k: v for i, one in enumerate(value) for k, v in flat(one, f"{path}.{i}").items()
        }
    return {path: value}


if __name__ == "__main__":
    raise SystemExit(main())
