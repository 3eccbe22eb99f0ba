"""Scores of one page and one tool, and the tables made of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles
from typing import Any

from benchmarks.peers import Extracted
from training.scores import shingle_f1, word_f1


@dataclass(frozen=True)
class Row:
    """How one tool did on one page; `None` where the truth or the tool says nothing."""

    tool: str
    page: str
    language: str
    seconds: float
    word_f1: float | None = None
    shingle_f1: float | None = None
    kept: float | None = None
    dropped: float | None = None
    title: float | None = None
    date: float | None = None
    authors: float | None = None
    note: str = ""


COLUMNS = ("word_f1", "shingle_f1", "kept", "dropped", "title", "date", "authors")


def scored(tool: str, truth: dict[str, Any], found: Extracted, seconds: float) -> Row:
    """Compare what a tool found with the truth of a page."""
    text = truth.get("text")
    flat = " ".join(found.text.split())
    return Row(
        tool,
        str(truth["id"]),
        truth.get("language") or "",
        seconds,
        word_f1(found.text, text) if text else None,
        shingle_f1(found.text, text) if text else None,
        share(truth.get("with", ()), flat),
        _inverse(share(truth.get("without", ()), flat)),
        _exact(truth.get("title"), found.title),
        _exact(truth.get("date"), found.date),
        people_f1(truth.get("author"), found.authors),
        found.title if found.title and found.title.startswith(("refused:", "failed:")) else "",
    )


def share(snippets: Sequence[str], text: str) -> float | None:
    """Which share of the snippets stands in a text, white space folded."""
    if not snippets:
        return None
    return fmean(" ".join(s.split()) in text for s in snippets)


def _inverse(value: float | None) -> float | None:
    return None if value is None else 1 - value


def _exact(truth: str | None, found: str | None) -> float | None:
    if not truth or found is None:
        return None
    return float(_plain(truth) == _plain(found))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold().split())


_QUOTES = str.maketrans("’‘“”–—", "''\"\"--")
_PARTED = re.compile(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b|\|)\s*")


def people_f1(truth: str | Sequence[str] | None, found: Sequence[str] | None) -> float | None:
    """F1 of two sets of names; the truth is a list, or one string, `A, B and C`."""
    if not truth or found is None:
        return None
    ours, theirs = {_plain(f) for f in found}, _people(truth)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def _people(names: str | Sequence[str]) -> set[str]:
    parts = _PARTED.split(names) if isinstance(names, str) else names
    return {_plain(p) for p in parts if p}


def table(rows: Sequence[Row]) -> str:
    """Markdown: one line a tool, then word F1 or snippets by language where pages have one."""
    tools = list(dict.fromkeys(r.tool for r in rows))
    base = _times(rows, "trafilatura")
    head = ["tool", "word F1", "shingle F1", "kept", "dropped", "title", "date", "authors",
            "ms median", "p95", "p99", "of trafilatura"]  # fmt: skip
    lines = [head, ["---"] * len(head)]
    for tool in tools:
        times = _times(rows, tool)
        of = [r for r in rows if r.tool == tool]
        ratio = f"{times[0] / base[0]:.2f}" if base else ""
        lines.append([tool, *(_mean(of, c) for c in COLUMNS), *(f"{t:.1f}" for t in times), ratio])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines + _by_language(rows, tools))


def _by_language(rows: Sequence[Row], tools: Sequence[str]) -> list[list[str]]:
    out = []
    for language in sorted({r.language for r in rows if r.language}):
        for tool in tools:
            of = [r for r in rows if r.tool == tool and r.language == language]
            if len(of) >= 5:
                cells = [_mean(of, c) for c in COLUMNS]
                out.append([f"{tool}, {language} ({len(of)})", *cells, "", "", "", ""])
    return out


def _mean(rows: Sequence[Row], column: str) -> str:
    values = [v for r in rows if (v := getattr(r, column)) is not None]
    return f"{fmean(values):.3f}" if values else ""


def _times(rows: Sequence[Row], tool: str) -> list[float]:
    """Milliseconds: median, 95th and 99th percentile."""
    times = sorted(1000 * r.seconds for r in rows if r.tool == tool)
    if len(times) < 2:
        return []
    cuts = quantiles(times, n=100, method="inclusive")
    return [median(times), cuts[94], cuts[98]]
