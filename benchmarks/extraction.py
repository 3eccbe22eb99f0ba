"""Extraction beside its peers: `python -m benchmarks.extraction ../shared/data/articles [more folders]`.

For any folder of `truth.jsonl` and `pages/ID.html.gz`. Every page goes through every tool before the
next page comes, so that all share the machine's moods; times are CPU times. On pages that our model
was trained on, `--folds` names a folder of out-of-fold models (`python -m training.extraction --folds`),
and each page is judged by the one that has not seen its site.

`--speed` times alone, like with like: our extraction and all our steps, which both give text and metadata, beside
trafilatura's text and its text with metadata. Other peers would only change what the processor's caches hold.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.peers import Extracted, Tool, installed, trafilatura, trafilatura_text
from benchmarks.scores import Row, scored, table
from newsarchive.core.extraction.classifier import MODEL
from newsarchive.core.html.parsing import parse
from newsarchive.core.steps import STEPS
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article
from newsarchive.rules import Rules, default
from training.pages import FOLDS, Example, load

#: Characters of a text that may stand above a headline inside it: a section, a date.
MAX_ABOVE_HEADLINE_CHARACTERS = 200
#: (page, our rules) → what a tool made of it.
Runner = Callable[[Example, Rules], Extracted]

DATA = Path(os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data"))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", default=[DATA / "articles", DATA / "snippets"])
    parser.add_argument("--folds", type=Path, help="folder of extraction.0.json … extraction.4.json")
    parser.add_argument("--only", help="comma-separated tools; ours is newsarchive")
    parser.add_argument(
        "--pages", type=int, default=10**6, help="pages to take of each folder (default: all)"
    )
    parser.add_argument("--half", type=int, choices=(0, 1), help="pages of one half alone, by hash")
    parser.add_argument(
        "--headline",
        action="store_true",
        help="set each tool's own headline above its text, for a truth that counts headlines as text",
    )
    parser.add_argument("--speed", action="store_true", help="CPU time beside trafilatura's, and no scores")
    parser.add_argument("--lines", type=Path, help="write one JSON line a page and tool")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.speed:
        print(
            "\n".join(
                [*SPEED_HEAD, *(speed(folder.name, load(folder)[: given.pages]) for folder in given.folders)]
            )
        )
        return
    for folder in given.folders:
        pages = [e for e in loaded(folder) if given.half is None or half_of(folder, e.id) == given.half]
        chosen = tools(given.only)
        if given.headline:
            chosen = {name: headed(tool) for name, tool in chosen.items()}
        rows = list(run(pages[: given.pages], chosen, given.folds))
        print(f"\n## {folder.name}: {len({r.page for r in rows})} pages\n")
        print(table(rows))
        if given.lines:
            with given.lines.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps(dataclasses.asdict(r)) + "\n" for r in rows)


#: The line between article and comments in dragnet's truth. It was typed by hand (`!@#$%^&*()  COMMENTS`): where a sign of it is
#: wrong, the comments stand in the truth's text.
_COMMENTS_BELOW = re.compile(r"\n[!@#$%^&*() ]{6,}COMMENTS\b.*", re.S)


def loaded(folder: Path) -> list[Example]:
    """The pages of a folder; a truth that holds readers' comments below its line for them holds the article alone."""
    return [dataclasses.replace(e, truth=without_comments(e.truth)) for e in load(folder)]


def without_comments(truth: dict[str, Any]) -> dict[str, Any]:
    """The truth of a page without the comments below the article.

    >>> without_comments({"id": "1", "text": "The ferry runs.\\n!@ $%^&*()  COMMENTS\\nAt last!"})["text"]
    'The ferry runs.'
    """
    return {**truth, "text": _COMMENTS_BELOW.sub("", truth["text"])} if truth.get("text") else truth


def headed(tool: Runner) -> Runner:
    """The same tool with its headline above its text, where the text does not begin with it."""

    def run(example: Example, rules: Rules) -> Extracted:
        found = tool(example, rules)
        headline = " ".join((found.title or "").split())
        begins = " ".join(found.text[: 2 * len(headline) + MAX_ABOVE_HEADLINE_CHARACTERS].split())
        if not headline or not found.text or headline in begins:
            return found
        return dataclasses.replace(found, text=f"{headline}\n{found.text}")

    return run


def half_of(folder: Path, page: str) -> int:
    """0 or 1, by hash of the last two parts of the folder's path and the page's id, so that a page never moves. Pages of
    half 0 of older sets are read and developed on, those of half 1 are only counted."""
    return int(hashlib.sha256(("/".join(folder.parts[-2:]) + page).encode()).hexdigest(), 16) % 2


def tools(only: str | None) -> dict[str, Runner]:
    """The tools to compare, ours first: extraction alone, and the whole chain that a crawl runs."""
    found = {"newsarchive": ours, "newsarchive (all steps)": all_steps}
    found |= {name: _peer(tool) for name, tool in installed().items()}
    return {name: tool for name, tool in found.items() if not only or name in only.split(",")}


def _peer(tool: Tool) -> Runner:
    """A peer, called as we are; where it fails it has found nothing."""

    def run(example: Example, rules: Rules) -> Extracted:
        try:
            return tool(example.page.text, example.truth["url"] or "")
        except Exception as error:
            return Extracted(title=f"failed: {type(error).__name__}")

    return run


def run(examples: Sequence[Example], chosen: dict[str, Runner], folds: Path | None) -> Iterator[Row]:
    """Every page through every tool, the order turned by one from page to page; our extraction alone always before
    all steps, which would leave it the page's names."""
    rules = [fold_rules(folds, fold) for fold in range(FOLDS)]
    _warm_up(examples[:2], chosen, rules)
    names = list(chosen)
    for number, example in enumerate(examples):
        turn = number % len(names)
        turned = names[turn:] + names[:turn]
        for name in sorted(turned, key=lambda name: chosen[name] is all_steps):
            found, seconds = timed(chosen[name], example, rules[example.fold])
            yield scored(name, example.truth, found, seconds)


#: Names of the columns of `speed`.
SPEED_HEAD = [
    "| pages | extract, ms | all steps, ms | trafilatura text, ms | with metadata, ms "
    "| extract of it with metadata | all steps of its text |",
    "|---|--:|--:|--:|--:|--:|--:|",
]


def speed(name: str, examples: Sequence[Example]) -> str:
    """One line of the table: milliseconds of CPU a page (mean / median), then ratios of the means / of the medians."""
    chosen = {
        "extract": ours,
        "all": all_steps,
        "text": _peer(trafilatura_text),
        "metadata": _peer(trafilatura),
    }
    taken: dict[str, list[float]] = {tool: [] for tool in chosen}
    rules = default()
    _warm_up(examples[:2], chosen, [rules])
    names = list(chosen)
    for number, example in enumerate(examples):
        turn = number % len(names)
        for tool in sorted(names[turn:] + names[:turn], key=lambda tool: tool == "all"):
            taken[tool].append(timed(chosen[tool], example, rules)[1] * 1000)
    means, medians = ({tool: of(times) for tool, times in taken.items()} for of in (fmean, median))
    cells = [f"{means[tool]:.1f} / {medians[tool]:.1f}" for tool in names]
    for one, other in (("extract", "metadata"), ("all", "text")):
        cells.append(f"{means[one] / means[other]:.2f} / {medians[one] / medians[other]:.2f}")
    return f"| {name} ({len(examples)}) | {' | '.join(cells)} |"


def _warm_up(examples: Sequence[Example], chosen: dict[str, Runner], rules: Sequence[Rules]) -> None:
    """Let every tool import and compile what it needs before the clock counts."""
    for example in examples:
        for tool in chosen.values():
            for one in rules:
                timed(tool, example, one)


def timed(tool: Runner, example: Example, rules: Rules) -> tuple[Extracted, float]:
    """(what a tool made of a page, CPU seconds). No tool finds the tree that another one parsed."""
    parse.cache_clear()
    started = time.process_time()
    return tool(example, rules), time.process_time() - started


def ours(example: Example, rules: Rules) -> Extracted:
    """Our extraction step: text and metadata of a decoded page."""
    return _read(example, rules, "extract")


def all_steps(example: Example, rules: Rules) -> Extracted:
    """What a crawl stores, but for what it learns of the site: extraction, repair, chrome, origin, fingerprint."""
    return _read(example, rules, *(name for name in STEPS if name != "decode"))


def _read(example: Example, rules: Rules, *steps: str) -> Extracted:
    record: Any = example.page
    try:
        for name in steps:
            record = STEPS[name](record, rules)
    except NotAnArticle as refusal:
        return Extracted("", f"refused: {refusal}", "", ())
    return of_article(record)


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
