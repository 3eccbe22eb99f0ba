"""Near-duplicates: newsarchive beside datasketch, rensa and simhash, on copies whose truth is known.

    python -m benchmarks.duplicates [FOLDER] [--part report] [--scale 100000 | --spun]

FOLDER holds `*.txt` files or `*.jsonl` files with a `text` (default `NEWSARCHIVE_BENCH_DATA`, else
`../shared/data`, its `articles`). From each text copies are made: 8% of words changed, a third cut, both, a
teaser of a fifth. "Close" texts are other stories, an eighth of whose sentences are quoted from the
original (a quarter of it at most): found as copies they are false. All run in one process; times are CPU time of this process.

`--scale` streams that many made-up articles (one in ten a copy) through the index on disk and prints
articles a second and peak memory as it grows.

Needs: pip install datasketch rensa simhash
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.growing import BATCH, archive, scale
from newsarchive.core.near_duplicates.paraphrase import marked, paraphrases
from newsarchive.core.text.normalise import normalise

Pair = tuple[int, int]
#: Shorter texts, in words, make no fair copies.
SHORTEST = 120
KINDS = ("8% of words changed", "a third cut", "both", "a teaser of a fifth")


@dataclass
class Corpus:
    """Texts by id, the true pairs (original, copy) by kind, and which original each text is of."""

    texts: list[str] = field(default_factory=list)
    story: list[int] = field(default_factory=list)
    pairs: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, text: str, story: int) -> int:
        self.texts.append(text)
        self.story.append(story)
        return len(self.texts) - 1


def read(folder: Path) -> list[str]:
    """The texts of a folder, in a fixed order."""
    found = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt"))]
    for path in sorted(folder.rglob("*.jsonl")):
        rows = map(json.loads, filter(None, path.read_text(encoding="utf-8").split("\n")))
        found += [row["text"] for row in rows if isinstance(row.get("text"), str)]
    return [text for text in dict.fromkeys(found) if len(text.split()) >= SHORTEST]


def corpus_of(texts: list[str], seed: int = 4) -> Corpus:
    """Half of the texts with their copies, the other half as close stories."""
    draw, made = random.Random(seed), Corpus()
    vocabulary = [word for text in texts for word in text.split()[:200]]
    half = len(texts) // 2
    for number, (text, other) in enumerate(zip(texts[:half], texts[half:], strict=False)):
        original = made.add(text, number)
        cut = first(text, 0.67)
        for kind, copy in zip(
            KINDS,
            (changed(text, draw, vocabulary), cut, changed(cut, draw, vocabulary), first(text, 0.2)),
            strict=True,
        ):
            made.pairs.setdefault(kind, []).append((original, made.add(copy, number)))
        made.add(quoting(other, text, draw), half + number)
    return made


def first(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: int(len(words) * share)])


def changed(text: str, draw: random.Random, vocabulary: list[str], share: float = 0.08) -> str:
    return " ".join(draw.choice(vocabulary) if draw.random() < share else w for w in text.split())


def quoting(text: str, source: str, draw: random.Random, share: float = 0.125) -> str:
    """Another story in which an eighth of the sentences are the source's, never over a quarter of those."""
    ours, theirs = (t.replace("\n", " ").split(". ") for t in (text, source))
    quoted = draw.sample(theirs, min(len(theirs) // 4, int(len(ours) * share)))
    for place, sentence in zip(draw.sample(range(len(ours)), len(quoted)), quoted, strict=True):
        ours[place] = sentence
    return ". ".join(ours)


# --- the four ways ---------------------------------------------------------------------------------


def ours(texts: list[str]) -> tuple[Iterable[Pair], float]:
    """The archive itself: fingerprint, index on disk, proof, clusters."""
    with archive() as grown:
        for at in range(0, len(texts), BATCH):
            grown.add(texts[at : at + BATCH])
        groups = grown.groups()
        return [(a, b) for group in groups for a in group for b in group if a < b], grown.seconds


def timed(way: Callable[[list[str]], Iterable[Pair]]) -> Callable[[list[str]], tuple[Iterable[Pair], float]]:
    def run(texts: list[str]) -> tuple[Iterable[Pair], float]:
        start = time.process_time()
        return list(way(texts)), time.process_time() - start

    return run


def words_of(text: str) -> list[str]:
    """The shingles of a text for the others: the same three words, as strings."""
    words = normalise(text).split()
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def with_datasketch(texts: list[str]) -> Iterator[Pair]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.5, num_perm=128)
    for id, text in enumerate(texts):
        signature = MinHash(num_perm=128)
        signature.update_batch([s.encode() for s in words_of(text)])
        yield from ((other, id) for other in index.query(signature))
        index.insert(id, signature)


def with_rensa(texts: list[str]) -> Iterator[Pair]:
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    for id, text in enumerate(texts):
        signature = RMinHash(num_perm=128, seed=42)
        signature.update(words_of(text))
        yield from ((other, id) for other in index.query(signature))
        index.insert(id, signature)


def with_simhash(texts: list[str]) -> Iterator[Pair]:
    from simhash import Simhash, SimhashIndex

    index = SimhashIndex([], k=6)
    for id, text in enumerate(texts):
        value = Simhash(words_of(text))
        yield from ((int(other), id) for other in index.get_near_dups(value))
        index.add(str(id), value)


WAYS: dict[str, Callable[[list[str]], tuple[Iterable[Pair], float]]] = {
    "newsarchive": ours,
    "datasketch": timed(with_datasketch),
    "rensa": timed(with_rensa),
    "simhash": timed(with_simhash),
}


def report(corpus: Corpus) -> None:
    print(f"{len(corpus.texts)} texts, {sum(map(len, corpus.pairs.values()))} pairs of original and copy")
    print(f"{'':14}" + "".join(f"{kind:>22}" for kind in KINDS) + f"{'precision':>12}{'articles/s':>12}")
    for name, way in WAYS.items():
        pairs, seconds = way(corpus.texts)
        found = {tuple(sorted(pair)) for pair in pairs}
        right = sum(corpus.story[a] == corpus.story[b] for a, b in found)
        recalls = [sum(p in found for p in corpus.pairs[kind]) / len(corpus.pairs[kind]) for kind in KINDS]
        print(
            f"{name:14}"
            + "".join(f"{r:22.3f}" for r in recalls)
            + f"{right / max(1, len(found)):12.4f}{len(corpus.texts) / seconds:12.0f}"
        )


def spun(texts: list[str], seed: int = 5) -> None:
    """Paraphrase links. Half of the texts get a made-up paraphrase: six in ten of the small words replaced,
    a quarter of the sentences dropped, the others shuffled; names, numbers and quotations stay. Of the
    other half each is cut in two: two reports on one matter that share names and are no paraphrases.
    """
    draw = random.Random(seed)
    small = [w for t in texts for w in t.split()[:200] if w.islower()]
    half = len(texts) // 2
    articles = [marked(2 * i, text) for i, text in enumerate(texts[:half])]
    for i, text in enumerate(texts[:half]):
        sentences = [
            " ".join(draw.choice(small) if w.islower() and draw.random() < 0.6 else w for w in s.split())
            for s in text.replace("\n", " ").split(". ")
        ]
        kept = draw.sample(sentences, max(1, len(sentences) * 3 // 4))
        articles.append(marked(2 * i + 1, ". ".join(kept)))
    for i, text in enumerate(texts[half:], half):
        words = text.split(" ")
        for n, part in enumerate((words[: len(words) // 2], words[len(words) // 2 :])):
            articles.append(marked(2 * (i + n * len(texts)), " ".join(part)))
    start = time.process_time()
    found = paraphrases(articles, threshold=0.3)
    seconds = time.process_time() - start
    print(f"{half} texts with a made-up paraphrase, {len(texts) - half} pairs on one matter; {seconds:.1f} s")
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        pairs = [(p.a, p.b) for p in found if p.score >= threshold]
        right = sum(a // 2 == b // 2 for a, b in pairs)
        print(f"score {threshold}: recall {right / half:.3f}  precision {right / max(1, len(pairs)):.3f}")


def main() -> None:
    default = os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(default) / "articles")
    parser.add_argument(
        "--part", choices=("dev", "report", "all"), default="report", help="half of the texts"
    )
    parser.add_argument("--scale", type=int, default=0, metavar="N", help="stream N made-up articles")
    parser.add_argument("--db", default="", metavar="URL", help="an empty database for --scale")
    parser.add_argument(
        "--recluster", action="store_true", help="after --scale: recluster it in a process of its own"
    )
    parser.add_argument("--minutes", type=float, default=30, help="when --scale stops at the latest")
    parser.add_argument("--spun", action="store_true", help="measure paraphrase links")
    args = parser.parse_args()
    texts = read(args.folder)
    if args.part != "all":
        texts = [t for t in texts if zlib.crc32(t.encode()) % 2 == (args.part == "report")]
    if len(texts) < 4:
        parser.error(
            f"{args.folder}: fewer than four texts of {SHORTEST} words; name a folder of *.txt or *.jsonl"
        )
    if args.scale:
        scale(args.scale, texts, args.db, args.minutes, again=args.recluster)
    elif args.spun:
        spun(texts)
    else:
        report(corpus_of(texts))


if __name__ == "__main__":
    main()
