"""Extraction beside its peers: `python -m benchmarks.extraction ../shared/data/articles [more folders]`.

For any folder of `truth.jsonl` and `pages/ID.html.gz`. Every page goes through every tool before the
next page comes, so that all share the machine's moods; times are CPU times. On pages that our model
was trained on, `--folds` names a folder of out-of-fold models (`python -m training.extraction --folds`),
and each page is judged by the one that has not seen its site.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.peers import Extracted, Tool, installed
from benchmarks.scores import Row, scored, table
from newsarchive.core.extraction import extract_step
from newsarchive.core.pages.judging import MODEL
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article
from newsarchive.rules import Rules, default
from training.pages import FOLDS, Example, load

DATA = Path(os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data"))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", default=[DATA / "articles", DATA / "snippets"])
    parser.add_argument("--folds", type=Path, help="folder of extraction.0.json … extraction.4.json")
    parser.add_argument("--only", help="comma-separated tools, ours is newsarchive")
    parser.add_argument("--pages", type=int, default=10**6, help="at most so many pages a folder")
    parser.add_argument("--lines", type=Path, help="write one JSON line a page and tool")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for folder in given.folders:
        rows = list(run(load(folder)[: given.pages], tools(given.only), given.folds))
        print(f"\n## {folder.name}: {len({r.page for r in rows})} pages\n")
        print(table(rows))
        if given.lines:
            with given.lines.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps(dataclasses.asdict(r)) + "\n" for r in rows)


def tools(only: str | None) -> dict[str, Tool | None]:
    """The tools to compare; ours first, as `None`, because it is called with a page, not a text."""
    found: dict[str, Tool | None] = {"newsarchive": None, **installed()}
    return {name: tool for name, tool in found.items() if not only or name in only.split(",")}


def run(examples: Sequence[Example], chosen: dict[str, Tool | None], folds: Path | None) -> Iterator[Row]:
    """Every page through every tool, the order turned by one from page to page."""
    rules = [fold_rules(folds, fold) for fold in range(FOLDS)]
    _warm_up(examples[:2], chosen, rules)
    names = list(chosen)
    for number, example in enumerate(examples):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found, seconds = timed(chosen[name], example, rules[example.fold])
            yield scored(name, example.truth, found, seconds)


def _warm_up(examples: Sequence[Example], chosen: dict[str, Tool | None], rules: Sequence[Rules]) -> None:
    """Let every tool import and compile what it needs before the clock counts."""
    for example in examples:
        for tool in chosen.values():
            for one in rules:
                timed(tool, example, one)


def timed(tool: Tool | None, example: Example, rules: Rules) -> tuple[Extracted, float]:
    """(what a tool made of a page, CPU seconds); a tool that fails has found nothing."""
    started = time.process_time()
    try:
        found = tool(example.page.text, example.truth["url"] or "") if tool else ours(example, rules)
    except Exception as error:
        if tool is None:
            raise
        found = Extracted(title=f"failed: {type(error).__name__}")
    return found, time.process_time() - started


def ours(example: Example, rules: Rules) -> Extracted:
    """Our extraction step: text and metadata of a decoded page."""
    try:
        return of_article(extract_step(example.page, rules))
    except NotAnArticle as refusal:
        return Extracted("", f"refused: {refusal}", "", ())


def of_article(article: Article) -> Extracted:
    """An article as the benchmark compares it."""
    date = article.date_published.date().isoformat() if article.date_published else ""
    return Extracted(article.article_body, article.headline, date, tuple(a.name for a in article.authors))


def fold_rules(folder: Path | None, fold: int) -> Rules:
    """The shipped rules, with the model that has not seen this fold where there is one."""
    if folder is None:
        return default()
    model = (folder / f"extraction.{fold}.json").read_bytes()
    return dataclasses.replace(default(), models={**default().models, MODEL: model})


if __name__ == "__main__":
    main()
