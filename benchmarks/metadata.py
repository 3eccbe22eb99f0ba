"""Title, date and authors beside the peers: exact hits and CPU time, every tool on every page in one run.

    python -m benchmarks.metadata [FOLDER] [--half A|B|all] [--failures title|date|authors]

FOLDER (default `NEWSARCHIVE_BENCH_DATA`, else `../shared/data`) holds sets of `truth.jsonl` and
`pages/ID.html.gz`. Half A of the registered domains is what `training/trust.py` learned on and what the code was
developed on; half B (the default) is what counts.

- title: equal after folding white space, case, quotation marks and dashes;
- date: the same day; "either day": that of publication or that of the last change, since the truth has now one and
  now the other where a page prints the change only (peers give one day);
- authors: the same set of names after folding case, of pages whose truth names any; F1 of the name's words beside it;
- silent: of pages of full truth that name no author, the share where the tool names none either.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import re
import time
import unicodedata
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import tldextract
from selectolax.lexbor import LexborHTMLParser

from newsarchive import rules
from newsarchive.core.extraction import step
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.metadata.step import read_metadata
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Block, Capture, Page

#: No page of the data was fetched later; nothing may be dated after it.
FETCHED = datetime(2026, 5, 1, tzinfo=UTC)

_CHARSET = re.compile(rb"""charset=["']?([\w-]+)""")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "…": "..."})
_DEGREE = re.compile(r"(?:(?:[A-Z]+[a-z]?\.?-?){1,5}|\d+)(?: (?:[A-Z]+[a-z]?\.?-?){1,5}| \d+)*")
_domain = tldextract.TLDExtract(suffix_list_urls=())


@dataclass(frozen=True, slots=True)
class Row:
    """One page with its truth; an empty value is unknown or absent."""

    folder: str
    id: str
    url: str
    title: str
    authors: tuple[str, ...]
    date: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool says of a page."""

    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    changed: str = ""


def rows(folder: Path) -> Iterator[Row]:
    """Every page of every set, in the order of the files."""
    for truth in sorted(folder.glob("*/truth.jsonl")):
        for line in filter(None, truth.read_text(encoding="utf-8").split("\n")):
            row = json.loads(line)
            body = gzip.decompress((truth.parent / "pages" / f"{row['id']}.html.gz").read_bytes())
            names = row["author"] or ()
            names = (names,) if isinstance(names, str) else tuple(names)
            yield Row(
                truth.parent.name,
                row["id"],
                row["url"] or "",
                row["title"] or "",
                names,
                row["date"] or "",
                body,
            )


def half(url: str) -> str:
    """A or B, by a hash of the registered domain, so that a site never stands on both sides."""
    parts = _domain(url)
    domain = parts.top_domain_under_public_suffix or parts.domain or url
    return "AB"[hashlib.sha256(domain.lower().encode()).digest()[0] % 2]


def page_of(row: Row) -> Page:
    """The page as the extraction step would see it: UTF-8 where it is, else as declared."""
    try:
        text = row.body.decode("utf-8")
    except UnicodeDecodeError:
        declared = _CHARSET.search(row.body[:3000])
        try:
            text = row.body.decode(declared[1].decode() if declared else "cp1252", "replace")
        except LookupError:
            text = row.body.decode("cp1252", "replace")
    return Page(Capture(row.url, row.body, fetched_at=FETCHED), text)


def read_page(row: Row) -> tuple[Page, LexborHTMLParser, Sequence[Block]]:
    """The page, its tree and its blocks as the extraction step hands them to the metadata step."""
    page = page_of(row)
    tree = LexborHTMLParser(page.text)
    try:
        return page, tree, step.extract_step(page, rules.default()).blocks
    except NotAnArticle:
        return page, tree, [Block(b.text, b.kind, path=b.path) for b in read_blocks(tree, row.url).blocks]


def exact(title: str) -> str:
    """A title as it is compared."""
    return " ".join(unicodedata.normalize("NFKC", title).translate(_QUOTES).split()).casefold()


def author_set(names: Iterable[str]) -> frozenset[str]:
    """Names as they are compared; one string that lists several counts as several, a degree behind a name as none."""
    parts = re.split(r"\s*[|;,]\s*|\s+(?:and|und|&)\s+", ";".join(names))
    kept = [p for i, p in enumerate(parts) if p.strip() and not (i and _DEGREE.fullmatch(p.strip()))]
    return frozenset(" ".join(p.split()).casefold() for p in kept)


def token_f1(one: Iterable[str], other: Iterable[str]) -> float:
    """F1 of two bags of words."""
    first, second = (Counter(re.findall(r"\w+", " ".join(x).casefold())) for x in (one, other))
    common = sum((first & second).values())
    return 2 * common / (first.total() + second.total()) if common else 0.0


def newsarchive(row: Row, clock: dict[str, float]) -> Found:
    """This project; the parse is shared with the extraction of the text and not counted."""
    page, tree, blocks = read_page(row)
    start = time.process_time()
    found = read_metadata(tree, page, blocks, rules.default())
    clock["newsarchive without the parse"] = time.process_time() - start
    days = (found.get(name) for name in ("date_published", "date_modified"))
    published, changed = (when.date().isoformat() if when else "" for when in days)
    return Found(
        found.get("headline", ""), tuple(a.name for a in found.get("authors", ())), published, changed
    )


def trafilatura(row: Row, clock: dict[str, float]) -> Found:
    from trafilatura import load_html
    from trafilatura.metadata import extract_metadata

    start = time.process_time()
    found = extract_metadata(load_html(row.body), default_url=row.url or None)
    clock["trafilatura"] = time.process_time() - start
    return Found(found.title or "", (found.author,) if found.author else (), found.date or "")


def htmldate(row: Row, clock: dict[str, float]) -> Found:
    from htmldate import find_date

    start = time.process_time()
    found = find_date(row.body, url=row.url or None, original_date=True)
    clock["htmldate"] = time.process_time() - start
    return Found(date=found or "")


def newspaper(row: Row, clock: dict[str, float]) -> Found:
    from newspaper import Article

    text = page_of(row).text
    start = time.process_time()
    article = Article(row.url or "https://example.org/", fetch_images=False)
    article.download(input_html=text)
    article.parse()
    clock["newspaper4k (whole parse)"] = time.process_time() - start
    date = article.publish_date
    return Found(article.title or "", tuple(article.authors or ()), date.date().isoformat() if date else "")


Tool = Callable[[Row, dict[str, float]], Found]
TOOLS: tuple[Tool, ...] = (newsarchive, trafilatura, newspaper, htmldate)


def score(row: Row, found: Found) -> Iterator[tuple[str, float]]:
    """What one page adds to each measure."""
    if row.title:
        yield "title", exact(found.title) == exact(row.title)
    if row.date:
        yield "date", found.date == row.date[:10]
        yield "either day", row.date[:10] in (found.date, found.changed)
    if row.authors:
        yield "authors", author_set(found.authors) == author_set(row.authors)
        yield "authors F1", token_f1(found.authors, row.authors)
    elif row.folder == "articles":
        yield "silent", not found.authors


def measure(
    data: Iterable[Row], tools: Iterable[Tool]
) -> tuple[dict[Any, list[float]], dict[str, list[float]]]:
    """(folder, measure, tool) → values, and clock → seconds."""
    scores, times = defaultdict(list), defaultdict(list)
    for row in data:
        for tool in tools:
            clock: dict[str, float] = {}
            try:
                found = tool(row, clock)
            except Exception as error:  # a peer that breaks on a page has found nothing there
                found = Found()
                print(f"{tool.__name__} broke on {row.folder}/{row.id}: {error!r:.80}")
            for name, value in score(row, found):
                scores[row.folder, name, tool.__name__].append(value)
                scores["all", name, tool.__name__].append(value)
            for name, seconds in clock.items():
                times[name].append(seconds)
    return scores, times


def report(scores: dict[Any, list[float]], times: dict[str, list[float]]) -> None:
    for folder in sorted({f for f, _, _ in scores}):
        print(f"\n{folder:24}" + "".join(f"{tool.__name__:>14}" for tool in TOOLS) + f"{'pages':>8}")
        for name in ("title", "date", "either day", "authors", "authors F1", "silent"):
            columns = [scores.get((folder, name, tool.__name__), []) for tool in TOOLS]
            if any(columns):
                # a tool that never says anything is not asked (htmldate reads dates only)
                cells = (f"{sum(c) / len(c):14.3f}" if any(c) and (name in ("date", "either day") or tool is not htmldate) else " " * 14
                         for c, tool in zip(columns, TOOLS, strict=True))  # fmt: skip
                print(f"{name:24}" + "".join(cells) + f"{max(map(len, columns)):8}")
    print(f"\n{'CPU a page, ms':34}{'median':>8}{'p95':>8}")
    for name, seconds in times.items():
        seconds.sort()
        print(f"{name:34}{median(seconds) * 1000:8.2f}{seconds[int(len(seconds) * 0.95)] * 1000:8.2f}")


def failures(data: Iterable[Row], name: str) -> None:
    """Every page on which this project misses `name`, with all candidates and their reasons."""
    which = {"title": "headline", "date": "date_published", "authors": "authors"}[name]
    for row in data:
        if all(value for measured, value in score(row, newsarchive(row, {})) if measured == name):
            continue
        page, tree, blocks = read_page(row)
        found = read_metadata(tree, page, blocks, rules.default())
        print(
            f"--- {row.folder}/{row.id} {row.url}\n    truth: {row.title if name == 'title' else getattr(row, name)}"
        )
        for c in dict.fromkeys(c for c in found["candidates"] if c.field == which):
            print(f"  {'*' if c.chosen else ' '} {c.source} | {c.value[:100]} | {c.reason}")


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", nargs="?", default=os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    )
    parser.add_argument("--half", choices=["A", "B", "all"], default="B")
    parser.add_argument("--failures", choices=["title", "date", "authors"])
    parser.add_argument("--alone", action="store_true", help="without the peers")
    arguments = parser.parse_args()
    data = (r for r in rows(Path(arguments.folder)) if arguments.half in ("all", half(r.url)))
    if arguments.failures:
        failures(data, arguments.failures)
    else:
        report(*measure(data, TOOLS[:1] if arguments.alone else TOOLS))


if __name__ == "__main__":
    main()
