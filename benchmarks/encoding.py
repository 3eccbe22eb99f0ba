"""How much mojibake is repaired, what clean text suffers, how fast: `python -m benchmarks.encoding`.

Clean sentences are damaged in every way of `encoding_damage`: a whole page, one sentence of it,
only its punctuation. A line counts where it comes back exactly. ftfy runs beside us on the same
lines. Sentences of one half of the documents are for development; the other half is reported.

    python -m benchmarks.encoding [--data ../shared/data] [--half report|develop] [--pages 30] [--only speed]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import ftfy

from benchmarks.encoding_damage import Cell, cells
from benchmarks.encoding_others import clean_lines, decoding_lines, speed_lines, word_lines
from newsarchive import rules
from newsarchive.core.encoding.step import repair_texts

PLACEMENTS = ("page", "sentence", "punctuation")
#: Group → its number of placements, where it does not have all: legacy text is no matter of punctuation.
NUMBER_OF_PLACEMENTS = {"legacy": 1, "CJK legacy": 2}
#: Sentences a page.
LENGTH = 15
LATIN = "da de en es fi fr it nl no pt sv"
_PUNCTUATION = re.compile(r"[^\w\s\x00-\x7f]")

Page = tuple[str, list[str]]
Scores = dict[tuple[str, str, str, str], "Score"]


@dataclass
class Score:
    """Of the damaged lines: restored exactly, changed but wrong; of the others: changed."""

    damaged: int = 0
    restored: int = 0
    wrong: int = 0
    whole: int = 0
    whole_changed: int = 0
    examples: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, truth: str, before: str, after: str) -> None:
        if before == truth:
            self.whole += 1
            self.whole_changed += after != truth
            return
        self.damaged += 1
        self.restored += after == truth
        self.wrong += after not in (truth, before)
        if after != truth:
            self.examples.append((truth, before, after))

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, f) + getattr(other, f) for f in self.__dataclass_fields__))


def sentences(data: Path, half: str) -> Iterator[tuple[str, str, str]]:
    """(language, document, text) of one half of the documents, or of `all`."""
    with gzip.open(data / "sentences.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            own = ("develop", "report")[zlib.crc32(str(row["doc"]).encode()) % 2]
            if half in (own, "all"):
                yield row["lang"], row["doc"], row["text"].replace("\n", " ")


def pages(data: Path, half: str) -> list[Page]:
    """Pages of `LENGTH` sentences of one document each, languages in turn."""
    documents: dict[tuple[str, str], list[str]] = defaultdict(list)
    for language, document, text in sentences(data, half):
        documents[language, document].append(text)
    by_language: dict[str, list[Page]] = defaultdict(list)
    for (language, _), texts in sorted(documents.items(), key=lambda d: zlib.crc32(repr(d[0]).encode())):
        by_language[language] += [(language, texts[i : i + LENGTH]) for i in range(0, len(texts), LENGTH)]
    turns = max(map(len, by_language.values()))
    return [ps[i] for i in range(turns) for _, ps in sorted(by_language.items()) if i < len(ps)]


def damaged(cell: Cell, placement: str, lines: list[str]) -> list[str]:
    """The lines of a page after the damage."""
    if placement == "page":
        return [cell.damage(line) or line for line in lines]
    if placement == "punctuation":
        return [_PUNCTUATION.sub(lambda m: cell.damage(m[0]) or m[0], line) for line in lines]
    able = [i for i, line in enumerate(lines) if cell.damage(line)]
    hit = able[zlib.crc32(lines[0].encode()) % len(able)] if able else -1
    return [cell.damage(line) or line if i == hit else line for i, line in enumerate(lines)]


def run(chosen: Iterable[Cell], corpus: list[Page], most: int) -> Scores:
    """(tool, group, cell, placement) → score."""
    scores: dict[tuple[str, str, str, str], Score] = defaultdict(Score)
    for number, cell in enumerate(chosen):
        able = [lines for language, lines in corpus if not cell.languages or language in cell.languages]
        start = number * most % max(1, len(able))
        for placement in PLACEMENTS[: NUMBER_OF_PLACEMENTS.get(cell.group, len(PLACEMENTS))]:
            taken = 0
            for lines in able[start:] + able[:start]:
                bad = damaged(cell, placement, lines)
                if bad == lines:
                    continue
                taken += 1
                for tool, repaired in (
                    ("newsarchive", _ours(bad)),
                    ("ftfy", [ftfy.fix_encoding(b) for b in bad]),
                ):
                    for row in zip(lines, bad, repaired, strict=True):
                        scores[tool, cell.group, cell.name, placement].add(*row)
                        if cell.without and placement == "page" and cell.without(row[0]) != row[1]:
                            scores[tool, HIT, cell.name, placement].add(*row)
                if taken == most:
                    break
    return scores


def _ours(lines: list[str]) -> list[str]:
    return [r.text for r in repair_texts(lines, rules.default())]


#: Of the pages with lost bytes, the lines in which one was lost.
HIT = "lines with a lost byte"

GROUPS = {
    "single-byte": "UTF-8 read as single-byte, 27 codecs",
    "multi-byte": "UTF-8 read as gbk, gb18030, big5, cp932, cp949",
    "multi-byte, bytes lost": "the same five, bytes lost",
    "layers": "two and three layers",
    "layers, multi-byte": "two layers, one of them multi-byte",
    "legacy": "legacy read as legacy, page",
    "CJK legacy": "Chinese, Japanese and Korean legacy read as single-byte, page / one sentence",
    "lost bytes": "lost bytes, all damaged lines of such pages",
    HIT: "of these, page, lines in which a byte was lost",
    "entities": "character references",
}


def table(scores: Scores) -> Iterator[str]:
    """The table of the groups, in Markdown."""
    yield "| lines restored exactly, % (page / one sentence / punctuation only) | ftfy | newsarchive | lines |"
    yield "|---|---|---|---|"
    for group, title in GROUPS.items():
        ftfys, ours = (_shares(scores, tool, group, "restored") for tool in ("ftfy", "newsarchive"))
        yield f"| {title} | {ftfys} | {ours} | {_sum(scores, 'ftfy', group).damaged:,} |"
    for group in (
        "single-byte",
        "multi-byte, bytes lost",
        "layers, multi-byte",
        "CJK legacy",
        "lost bytes",
        HIT,
    ):
        ftfys, ours = (_shares(scores, tool, group, "wrong") for tool in ("ftfy", "newsarchive"))
        yield f"| changed into something still wrong: {group} | {ftfys} | {ours} | |"
    whole = {tool: _sum(scores, tool) for tool in ("ftfy", "newsarchive")}
    changed = " | ".join(str(score.whole_changed) for score in whole.values())
    yield f"| undamaged lines changed on damaged pages | {changed} | {whole['ftfy'].whole:,} |"
    worst = sorted((share, name) for name, share in _cells(scores))[:3]
    yield f"| worst single-byte codecs | | {'; '.join(f'{name} {share:.1f}' for share, name in worst)} | |"


def _cells(scores: Scores) -> Iterator[tuple[str, float]]:
    names = {cell for tool, group, cell, _ in scores if group == "single-byte"}
    for name in names:
        score = _sum(scores, "newsarchive", "single-byte", cell=name)
        yield name, 100 * score.restored / max(1, score.damaged)


def _sum(scores: Scores, tool: str, group: str = "", placement: str = "", cell: str = "") -> Score:
    wanted = (tool, group, cell, placement)
    total = Score()
    for key, score in scores.items():
        if key[1] == HIT != group:
            continue
        if all(not want or want == got for want, got in zip(wanted, key, strict=True)):
            total += score
    return total


def _shares(scores: Scores, tool: str, group: str, what: str) -> str:
    found = [_sum(scores, tool, group, placement) for placement in PLACEMENTS]
    return " / ".join(f"{100 * getattr(s, what) / s.damaged:.1f}" for s in found if s.damaged)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    )
    parser.add_argument("--half", choices=("report", "develop", "all"), default="report")
    parser.add_argument("--pages", type=int, default=8, help="pages for each codec and placement")
    parser.add_argument("--words", type=int, default=20_000, help="words of each language")
    parser.add_argument("--only", choices=PARTS, default="", help="one part of the table")
    options = parser.parse_args()
    print(f"newsarchive and ftfy {ftfy.__version__}, {date.today()}, half: {options.half}\n")
    for part in (options.only,) if options.only else PARTS:
        for line in lines_of(part, options):
            print(line, flush=True)


PARTS = ("damage", "clean", "words", "decoding", "speed")


def lines_of(part: str, options: argparse.Namespace) -> Iterable[str]:
    """The rows of one of `PARTS`."""
    if part == "clean":
        return clean_lines([text for _, _, text in sentences(options.data, options.half)])
    if part == "words":
        return word_lines(options.words)
    corpus = pages(options.data, options.half)
    if part == "damage":
        return table(run(cells(), corpus, options.pages))
    if part == "decoding":
        return decoding_lines(corpus, options.pages)
    seed = (options.data / "seed" / "post.txt").read_text(encoding="utf-8")
    return speed_lines(corpus, like_the_seed(corpus), seed)


def like_the_seed(corpus: list[Page]) -> list[str]:
    """The pages in Latin script with their punctuation damaged as on the page that this project started from."""
    cell = next(c for c in cells() if c.name == "windows-874, cp1252")
    latin = (lines for language, lines in corpus if language in LATIN.split())
    damages = ((lines, damaged(cell, "punctuation", lines)) for lines in latin)
    return ["\n".join(bad) for lines, bad in damages if bad != lines]


if __name__ == "__main__":
    main()
