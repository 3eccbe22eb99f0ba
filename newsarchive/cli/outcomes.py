"""What became of the sites of a crawl: counts, exit codes, and how they are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from newsarchive.cli.common import complain, messages, say
from newsarchive.exceptions import ALL_FAILED, DATABASE_FAILED, SOME_FAILED, USAGE

#: Exit codes, of ours and of `scrapy crawl` alike.
#: What the summary shows, in this order; `dropped` and `failed` are sums over their reasons.
COLUMNS = ("discovered", "new", "updated", "unchanged", "gone", "dropped", "failed")


def gravity(code: int) -> float:
    """The rank of a spider's exit code: a spider that broke (1) is graver than a few posts that wait."""
    return 0.5 if code == SOME_FAILED else code


@dataclass
class Result:
    """What became of one site: its spiders' counts, the gravest exit code, and what went wrong."""

    site: str
    code: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""

    def add(self, code: int, stats: dict[str, str]) -> None:
        self.code = max(self.code, code, key=gravity)
        errors = [stats.get(key, "") for key in ("database_error", "site_error", "spider_error")]
        errors += [said for key, said in sorted(stats.items()) if key.startswith("site_left/")]
        self.error = self.error or next(filter(None, errors), "")
        for key, value in stats.items():
            column = key.partition("/")[0]
            if column in COLUMNS and value.isdigit():
                self.counts[column] = self.counts.get(column, 0) + int(value)

    @property
    def holds_articles(self) -> bool:
        """Whether the archive holds an article that this crawl fetched or looked at again."""
        return any(self.counts.get(column) for column in ("new", "updated", "unchanged"))

    @property
    def failed(self) -> bool:
        """Whether the site as a whole could not be crawled; some posts of it may fail."""
        return self.code not in (0, SOME_FAILED)

    @property
    def problem(self) -> str:
        """What went wrong in words, "" where nothing did."""
        if not self.code:
            return ""
        if self.code == SOME_FAILED and not self.error:
            number = self.counts.get("failed", 0)
            return f"{self.site}: {number} posts could not be fetched; the next crawl asks for them again"
        return self.error or f"{self.site}: the crawl ended with {self.code}"


def exit_code(results: Sequence[Result]) -> int:
    failed = [result for result in results if result.failed]
    if len(results) == 1 and results[0].code in (USAGE, SOME_FAILED):
        return results[0].code
    if any(result.code == DATABASE_FAILED for result in failed):
        return DATABASE_FAILED
    if failed and len(failed) == len(results):
        return ALL_FAILED
    return SOME_FAILED if any(result.code for result in results) else 0


def show(results: Sequence[Result], as_json: bool, quiet: bool) -> None:
    """JSON on stdout; a table on a terminal; a line for each site elsewhere; only what went wrong where `quiet`."""
    if as_json:
        for result in results:
            click.echo(json.dumps(record(result), ensure_ascii=False))
        return
    if quiet:
        pass
    elif results and sys.stderr.isatty():
        show_table(results)
    else:
        for result in results:
            say(f"{result.site}: " + ", ".join(f"{result.counts.get(c, 0)} {c}" for c in COLUMNS))
    for result in results:
        if result.problem:
            complain(f"error: {result.problem}")


def record(result: Result) -> dict[str, Any]:
    counts = {column: result.counts.get(column, 0) for column in COLUMNS}
    return {"site": result.site, "exit_code": result.code, "error": result.error, **counts}


def show_table(results: Sequence[Result]) -> None:
    """On standard error, a row a site; its address is neither broken nor cut."""
    from newsarchive.cli import tables

    heads = (*COLUMNS, "site")
    rows = [(*(result.counts.get(column, 0) for column in COLUMNS), result.site) for result in results]
    tables.show(heads, rows, COLUMNS, messages())
