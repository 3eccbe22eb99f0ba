"""Near-duplicates: newsarchive beside datasketch, rensa and simhash, on copies whose truth is known.

    python -m benchmarks.duplicates [FOLDER] [--part report] [--grow 100000 | --spun]

FOLDER holds `*.txt` files or `*.jsonl` files with a `text` (default `NEWSARCHIVE_BENCH_DATA`, else
`../shared/data`, its `articles`). From each text copies are made: 8% of words changed, a third cut, both, a
teaser of a fifth. "Close" texts are other stories, an eighth of whose sentences are quoted from the
original (a quarter of it at most): found as copies they are false. All run in one process; times are CPU time of this process.

`--grow` streams that many made-up articles (one in twenty a copy) through the index on disk and prints
articles a second and peak memory as it grows.

Needs: pip install datasketch rensa simhash
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from newsarchive.core.copies import (
    MOST_CANDIDATES,
    WHOLE_BANDS,
    Link,
    Text,
    bands,
    clusters,
    link_of,
    ranked,
    text_of,
)
from newsarchive.core.fingerprint import content_hash, minhash, normalise, shingles
from newsarchive.core.paraphrase import Marked, marks, paraphrases

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


def ours(texts: list[str]) -> Iterable[Pair]:
    """The whole of newsarchive: signature, index on disk, proof, clusters."""
    with tempfile.TemporaryDirectory() as folder, closing(Index(Path(folder) / "index.db")) as index:
        for id, text in enumerate(texts):
            index.add(id, text)
        groups = clusters(index.links)
    return [(a, b) for group in groups for a in group for b in group if a < b]


class Index:
    """The band table as the archive keeps it: bodies on disk, one at a time in memory."""

    def __init__(self, path: Path) -> None:
        self.links: list[Link] = []
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -64000;"
            "CREATE TABLE bands (hash INT, id INT, PRIMARY KEY (hash, id)) WITHOUT ROWID;"
            "CREATE TABLE bodies (id INTEGER PRIMARY KEY, body TEXT); BEGIN"
        )

    def add(self, id: int, body: str) -> None:
        folded = normalise(body)
        content_hash(folded)
        keys = bands(minhash(folded))
        candidates = self._sharing(keys[:WHOLE_BANDS]) + self._sharing(keys[WHOLE_BANDS:])
        self._db.executemany("INSERT INTO bands VALUES (?, ?)", [(key, id) for key in keys])
        self._db.execute("INSERT INTO bodies VALUES (?, ?)", (id, body))
        if candidates:
            text = text_of(id, body)
            proofs = (link_of(text, self._text(other)) for other in ranked(candidates))
            self.links += [proof for proof in proofs if proof]
        if id % 1000 == 999:
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")

    def _sharing(self, keys: list[int]) -> list[int]:
        marks = ", ".join("?" * len(keys))
        query = f"SELECT id FROM bands WHERE hash IN ({marks}) LIMIT {MOST_CANDIDATES}"
        return [row[0] for row in self._db.execute(query, keys)]

    def _text(self, id: int) -> Text:
        return text_of(id, self._db.execute("SELECT body FROM bodies WHERE id = ?", (id,)).fetchone()[0])

    def close(self) -> None:
        self._db.close()


def with_datasketch(texts: list[str]) -> Iterator[Pair]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.5, num_perm=128)
    for id, text in enumerate(texts):
        signature = MinHash(num_perm=128)
        signature.update_batch([s.encode() for s in shingles(normalise(text))])
        yield from ((other, id) for other in index.query(signature))
        index.insert(id, signature)


def with_rensa(texts: list[str]) -> Iterator[Pair]:
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    for id, text in enumerate(texts):
        signature = RMinHash(num_perm=128, seed=42)
        signature.update(shingles(normalise(text)))
        yield from ((other, id) for other in index.query(signature))
        index.insert(id, signature)


def with_simhash(texts: list[str]) -> Iterator[Pair]:
    from simhash import Simhash, SimhashIndex

    index = SimhashIndex([], k=6)
    for id, text in enumerate(texts):
        value = Simhash(shingles(normalise(text)) or [text])
        yield from ((int(other), id) for other in index.get_near_dups(value))
        index.add(str(id), value)


WAYS: dict[str, Callable[[list[str]], Iterable[Pair]]] = {
    "newsarchive": ours,
    "datasketch": with_datasketch,
    "rensa": with_rensa,
    "simhash": with_simhash,
}


def report(corpus: Corpus) -> None:
    print(f"{len(corpus.texts)} texts, {sum(map(len, corpus.pairs.values()))} pairs of original and copy")
    print(f"{'':14}" + "".join(f"{kind:>22}" for kind in KINDS) + f"{'precision':>12}{'articles/s':>12}")
    for name, way in WAYS.items():
        start = time.process_time()
        found = {tuple(sorted(pair)) for pair in way(corpus.texts)}
        seconds = time.process_time() - start
        right = sum(corpus.story[a] == corpus.story[b] for a, b in found)
        recalls = [sum(p in found for p in corpus.pairs[kind]) / len(corpus.pairs[kind]) for kind in KINDS]
        print(
            f"{name:14}"
            + "".join(f"{r:22.3f}" for r in recalls)
            + f"{right / max(1, len(found)):12.4f}{len(corpus.texts) / seconds:12.0f}"
        )


def spun(texts: list[str], seed: int = 5) -> None:
    """Paraphrase links: every small word of six in ten replaced, sentences shuffled, names and numbers kept."""
    draw = random.Random(seed)
    small = [w for t in texts for w in t.split()[:200] if w.islower()]
    articles = [Marked(2 * i, marks(text)) for i, text in enumerate(texts)]
    for i, text in enumerate(texts):
        sentences = [
            " ".join(draw.choice(small) if w.islower() and draw.random() < 0.6 else w for w in s.split())
            for s in text.replace("\n", " ").split(". ")
        ]
        draw.shuffle(sentences)
        articles.append(Marked(2 * i + 1, marks(". ".join(sentences))))
    start = time.process_time()
    found = paraphrases(articles)
    seconds = time.process_time() - start
    print(f"{len(texts)} texts, each with a made-up paraphrase, no dates; {seconds:.1f} s")
    for threshold in (0.4, 0.5, 0.6, 0.7):
        pairs = [(p.a, p.b) for p in found if p.score >= threshold]
        right = sum(a // 2 == b // 2 for a, b in pairs)
        print(
            f"score {threshold}: recall {right / len(texts):.3f}  precision {right / max(1, len(pairs)):.3f}"
        )


def grow(count: int, texts: list[str], seed: int = 9) -> None:
    """Articles a second and peak memory while the index grows; making the articles is not counted."""
    draw = random.Random(seed)
    vocabulary = sorted({word for text in texts for word in text.split()})
    kept = ""
    with tempfile.TemporaryDirectory() as folder, closing(Index(Path(folder) / "index.db")) as index:
        seconds, step = 0.0, max(1, count // 10)
        for id in range(count):
            copy = bool(kept) and id % 20 == 19
            body = changed(kept, draw, vocabulary) if copy else " ".join(draw.choices(vocabulary, k=400))
            kept = body if id % 20 == 0 else kept
            start = time.process_time()
            index.add(id, body)
            seconds += time.process_time() - start
            if (id + 1) % step == 0:
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                print(
                    f"{id + 1:>9} articles  {step / seconds:7.0f} a second  peak {memory} MB  {len(index.links)} links"
                )
                seconds = 0.0


def main() -> None:
    default = os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(default) / "articles")
    parser.add_argument(
        "--part", choices=("dev", "report", "all"), default="report", help="half of the texts"
    )
    parser.add_argument("--grow", type=int, default=0, metavar="N", help="stream N made-up articles")
    parser.add_argument("--spun", action="store_true", help="measure paraphrase links")
    args = parser.parse_args()
    texts = read(args.folder)
    if args.part != "all":
        texts = [t for t in texts if zlib.crc32(t.encode()) % 2 == (args.part == "report")]
    if len(texts) < 4:
        parser.error(
            f"{args.folder}: fewer than four texts of {SHORTEST} words; name a folder of *.txt or *.jsonl"
        )
    if args.grow:
        grow(args.grow, texts)
    elif args.spun:
        spun(texts)
    else:
        report(corpus_of(texts))


if __name__ == "__main__":
    main()
