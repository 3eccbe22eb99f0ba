"""Copies whose wording was changed: by a machine, by misread letters, and by people; and reports on one matter that are none.

    python -m benchmarks.rewriting [FOLDER] [--part report]
    python -m benchmarks.rewriting --people CORPUS

FOLDER is the data of the benchmarks (default `NEWSARCHIVE_BENCH_DATA`, else `../shared/data`). Of its `articles` copies
are made: words replaced by words of other texts, and letters misread as a scanner misreads them (`rn` for `m`, `c` for
`e`, a letter or a space too many or too few). Its `sentences.jsonl.gz` gives texts without spaces between words, in which
pieces of the length of a word are replaced. `older/l3s` holds reports of many papers of one winter, dozens of them on one
event: each pair that is found in it is printed, because only a person can say whether it is a copy.

CORPUS is the "Corpus of Plagiarised Short Answers" (Clough, Stevenson 2011) as distributed: `file_information.csv` and the
texts. Its degrees of rewriting are ranked by the archive's scores: the area under the ROC curve says how often a copy
has a higher score than an answer that was written without the source.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.duplicates import changed, read
from benchmarks.growing import BATCH, archive
from newsarchive.core.near_duplicates.clustering import link_of, shared_hashes, text_of
from newsarchive.core.near_duplicates.paraphrase import MIN_SCORE, marked, paraphrases

#: Letters as a scanner misreads them.
MISREAD = {
    "l": "1", "I": "l", "O": "0", "e": "c", "c": "e", "n": "u", "h": "b", "m": "rn", "a": "o", "i": "j", "t": "f", "s": "5",
    "g": "q", "r": "t", "u": "n", "b": "h", "o": "a", "d": "cl", "w": "vv", "f": "t",
}  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: Languages without spaces between words, and the characters of a word.
UNSPACED = {"zh-hans": 2, "zh-hant": 2, "ja": 2, "th": 4}
#: Characters of a text without spaces; a shorter one makes no fair copy.
SHORTEST_UNSPACED = 150


def misread(text: str, draw: random.Random, share: float) -> str:
    """The text with this share of its characters misread: seven in ten for another letter, the rest lost, doubled or parted."""
    made = []
    for char in text:
        kind = draw.random()
        if draw.random() >= share:
            made.append(char)
        elif kind < 0.7:
            made.append(MISREAD.get(char) or draw.choice(LETTERS))
        elif kind < 0.8:
            pass
        elif kind < 0.9:
            made.append(char + draw.choice(LETTERS))
        else:
            made.append("" if char == " " else f"{char} ")
    return "".join(made)


def pieces_changed(text: str, draw: random.Random, pieces: Sequence[str], size: int, share: float) -> str:
    """A text without spaces with this share of its pieces of `size` characters replaced by others."""
    return "".join(draw.choice(pieces) if draw.random() < share else piece for piece in cut(text, size))


def cut(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


def found_pairs(texts: Sequence[str]) -> tuple[set[tuple[int, int]], float]:
    """The pairs of texts that the archive itself puts into one cluster, and the seconds of CPU."""
    with archive() as grown:
        for at in range(0, len(texts), BATCH):
            grown.add(texts[at : at + BATCH])
        return {(a, b) for group in grown.groups() for a in group for b in group if a < b}, grown.seconds


def recall(originals: Sequence[str], copies: Sequence[str]) -> tuple[float, int]:
    """Of the originals, how many are in one cluster with their copy; and how many pairs of different texts are."""
    pairs, _ = found_pairs([*originals, *copies])
    many = len(originals)
    right = sum((i, i + many) in pairs for i in range(many))
    return right / many, sum(b - a != many for a, b in pairs)


def made_copies(texts: Sequence[str]) -> None:
    draw = random.Random(6)
    vocabulary = [word for text in texts for word in text.split()[:200]]
    makers: dict[str, Callable[[str], str]] = {
        f"{share:.0%} of words changed": lambda text, share=share: changed(text, draw, vocabulary, share)  # type: ignore[misc]
        for share in (0.08, 0.2, 0.3, 0.4)
    }
    makers |= {
        f"{share:.0%} of letters misread": lambda text, share=share: misread(text, draw, share)  # type: ignore[misc]
        for share in (0.02, 0.05, 0.1)
    }
    print(f"{len(texts)} texts")
    for name, make in makers.items():
        found, false = recall(texts, [make(text) for text in texts])
        print(f"{name:26} recall {found:.3f}  false pairs {false}")


def unspaced_copies(path: Path, half: int) -> None:
    docs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["lang"] in UNSPACED:
                docs[row["lang"], row["doc"]].append(row["text"])
    draw = random.Random(7)
    for language, size in UNSPACED.items():
        texts = ["\n".join(sentences) for (lang, _), sentences in docs.items() if lang == language]
        texts = [t for t in texts if len(t) >= SHORTEST_UNSPACED and zlib.crc32(t.encode()) % 2 == half]
        pieces = [piece for text in texts for piece in cut(text, size)]
        copies = [pieces_changed(text, draw, pieces, size, 0.3) for text in texts]
        letters = [pieces_changed(text, draw, "".join(texts), 1, 0.05) for text in texts]
        print(f"{language}: {len(texts)} texts", end="")
        for name, made in (("30% of words changed", copies), ("5% of letters misread", letters)):
            found, false = recall(texts, made)
            print(f"; {name}: recall {found:.3f}, false pairs {false}", end="")
        print()


def one_matter(path: Path) -> None:
    """The pairs that are found among reports of one time, with what they begin with."""
    rows = [json.loads(line) for line in filter(None, path.read_text(encoding="utf-8").split("\n"))]
    texts = [row["text"] for row in rows if len((row["text"] or "").split()) >= 60]
    pairs, seconds = found_pairs(texts)
    print(f"{len(texts)} reports of {path.parent.name}: {len(pairs)} pairs found, {seconds:.1f} s")
    for a, b in sorted(pairs):
        link = link_of(text_of(0, texts[a]), text_of(1, texts[b]), {0: texts[a], 1: texts[b]})
        share = f"{link.containment:.2f} {link.ratio:.2f}" if link else "by others"
        print(f"  {share}: {' '.join(texts[a].split())[:70]} | {' '.join(texts[b].split())[:70]}")


def by_people(corpus: Path) -> None:
    """How the archive's scores rank answers that were copied in four degrees, and answers written without the source."""
    with (corpus / "file_information.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = {r["File"]: (corpus / r["File"]).read_text(encoding="utf-8", errors="replace") for r in rows}
    number = {name: i for i, name in enumerate(texts)}
    found = paraphrases([marked(number[name], text) for name, text in texts.items()], threshold=0)
    scores = {(p.a, p.b): p.score for p in found}
    ranks: dict[str, dict[str, list[float]]] = {"runs of three words": {}, "score of paraphrases": {}}
    for row in rows:
        if row["Category"] == "orig":
            continue
        answer, source = row["File"], f"orig_task{row['Task']}.txt"
        a, b = (text_of(number[name], texts[name]).shingles for name in (answer, source))
        pair = min(number[answer], number[source]), max(number[answer], number[source])
        contained = shared_hashes(a, b) / max(1, min(len(a), len(b)))
        ranks["runs of three words"].setdefault(row["Category"], []).append(contained)
        ranks["score of paraphrases"].setdefault(row["Category"], []).append(scores.get(pair, 0.0))
    for name, by in ranks.items():
        wrong = by.pop("non")
        right = [score for those in by.values() for score in those]
        line = "  ".join(f"{degree} {area(those, wrong):.3f}" for degree, those in sorted(by.items()))
        reached = sum(score >= MIN_SCORE for score in right), sum(score >= MIN_SCORE for score in wrong)
        print(f"{name:21} AUC {area(right, wrong):.3f} ({line})", end="")
        print(
            f"; from {MIN_SCORE} on {reached[0]} of {len(right)} copies, {reached[1]} of {len(wrong)} others"
        )


def area(right: Iterable[float], wrong: Sequence[float]) -> float:
    """The area under the ROC curve: how often a right pair has a higher score than a wrong one, a tie counts half."""
    got = [sum((r > w) + (r == w) / 2 for w in wrong) / len(wrong) for r in right]
    return sum(got) / len(got)


def main() -> None:
    default = os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(default))
    parser.add_argument("--part", choices=("dev", "report"), default="report", help="half of the texts")
    parser.add_argument("--people", type=Path, metavar="CORPUS", help="the corpus of rewritten answers")
    args = parser.parse_args()
    half = int(args.part == "report")
    if args.people:
        by_people(args.people)
        return
    start = time.process_time()
    texts = [t for t in read(args.folder / "articles") if zlib.crc32(t.encode()) % 2 == half]
    if len(texts) < 4:
        parser.error(f"{args.folder}: no texts in its folder `articles`; name the folder of the data")
    made_copies(texts)
    unspaced_copies(args.folder / "sentences.jsonl.gz", half)
    one_matter(args.folder / "older" / ("l3s" if half else "dragnet") / "truth.jsonl")
    print(f"{time.process_time() - start:.0f} s of CPU")


if __name__ == "__main__":
    main()
