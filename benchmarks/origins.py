"""Origins by wordings: how many credit lines are read, and how many lines that only look like one are not.

    python -m benchmarks.origins --part dev --misses misses.txt
    python -m benchmarks.origins --part test

Each line of `tests/cases/origin/wordings.toml` ends (or begins) an article of an invented blog, a whole HTML page.
Half of the lines of each language are `test`: score them seldom, and change nothing after what you see there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.blog_scores import table
from newsarchive import extract
from newsarchive.items import Article
from tests.support.originlines import PARTS, Wording, page_of, wordings


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="dev")
    parser.add_argument("--language", help="only this one")
    parser.add_argument("--misses", type=Path, help="write what went wrong into this file")
    arguments = parser.parse_args()
    lines = [w for w in wordings(arguments.part) if arguments.language in (None, w.language)]
    read(lines[0])  # compiles the tables
    started = time.process_time()
    answers = [(line, read(line)) for line in lines]
    spent = time.process_time() - started
    languages = dict.fromkeys(line.language for line in lines)
    rows = [row(name, [a for a in answers if a[0].language == name]) for name in languages]
    print(table([HEAD, *rows, row("all", answers)]))
    print(f"{1000 * spent / len(lines):.1f} ms CPU a page, all steps")
    if arguments.misses:
        arguments.misses.write_text("".join(misses(answers)), encoding="utf-8")
    return 0


def read(line: Wording) -> Article:
    return extract(page_of(line).encode(), url="https://www.lakeside-notes.example/2024/03/bridge")


HEAD = [
    "",
    "credits",
    "name P",
    "name R",
    "domain P",
    "domain R",
    "dropped",
    "others",
    "no origin",
    "not labelled",
]


def row(name: str, answers: Sequence[tuple[Wording, Article]]) -> list[str]:
    """Precision counts the other lines too; recall and `dropped` the credits alone."""
    count: Counter[str] = Counter()
    for line, article in answers:
        is_credit = line.name is not None
        count["credits" if is_credit else "others"] += 1
        count["dropped"] += is_credit and line.text not in article.article_body
        count["kept"] += not is_credit and not _is_labelled(line, article)
        origin = article.origin
        count["silent"] += not is_credit and origin is None
        if is_credit and line.domain:
            count["domains"] += 1
        if origin:
            count["named"] += 1
            count["name"] += origin.name in line.names
            count["hosted"] += bool(origin.domain)
            count["domain"] += bool(origin.domain) and origin.domain == line.domain
    return [
        name,
        str(count["credits"]),
        _share(count["name"], count["named"]),
        _share(count["name"], count["credits"]),
        _share(count["domain"], count["hosted"]),
        _share(count["domain"], count["domains"]),
        _share(count["dropped"], count["credits"]),
        str(count["others"]),
        _share(count["silent"], count["others"]),
        _share(count["kept"], count["others"]),
    ]


def _is_labelled(line: Wording, article: Article) -> bool:
    return any(b.label == "attribution" and b.text == line.text for b in article.blocks)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else ""


def misses(answers: Sequence[tuple[Wording, Article]]) -> list[str]:
    found = []
    for line, article in answers:
        origin = article.origin
        got = (origin.name, origin.domain) if origin else (None, "")
        right = got == (None, "") if line.name is None else got[0] in line.names and got[1] == line.domain
        where = "kept" if line.text in article.article_body else "dropped"
        if not right or (where == "kept" if line.name else _is_labelled(line, article)):
            found.append(
                f"{line.language}\t{line.text}\twant {line.name} {line.domain}\tgot {got[0]} {got[1]}\t{where}\n"
            )
    return found


if __name__ == "__main__":
    sys.exit(main())
