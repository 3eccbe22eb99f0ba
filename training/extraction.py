"""Train the block classifier: `python -m training.extraction DATA/articles --snippets DATA/snippets`.

One command from folders of pages and truth to `newsarchive/data/models/extraction.json`: the worth
of class and id names, and a forest of shallow trees (LightGBM). Scores of five folds by registered
domain are printed and written into the model; the model itself is trained on all pages. The same
folder gives the same bytes: fixed seed, one thread, sorted names.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from newsarchive.core.extraction.class_names import Names, is_page_form, tokens
from newsarchive.core.extraction.classifier import (
    MODEL,
    Forest,
    Model,
    Sheet,
    Verdict,
    judge,
    matrix,
    sheet_of,
)
from newsarchive.rules import DATA
from training.copies import Copy, bare, shortened
from training.labels import labels, snippet_labels, words
from training.pages import FOLDS, Example, digest_of, load
from training.scores import shingle_f1, word_f1

ATTRIBUTION = (
    "Learned from WCXB, Murrough Foley, 2026, CC-BY-4.0, and from evaluation pages of trafilatura, Apache-2.0 "
    "(pages are their publishers' and not included)"
)
DEPTH = 4
ROUNDS = 300
#: Share of pages that are trained on a second time without ids, classes and telling tags, so that
#: the bare markup of many themes is read as well.
BARE = 0.15
#: Weight of the copy of a page whose article is cut short, where the page has the weight 1.
SHORTENED_WEIGHT = 0.4
#: Paragraphs that are left of an article in this copy: from one to this number, by the page's number.
MAX_SHORTENED_PARAGRAPHS = 3
PARAMETERS: dict[str, Any] = {
    "objective": "cross_entropy",
    "num_leaves": 2**DEPTH,
    "max_depth": DEPTH,
    "learning_rate": 0.06,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
#: What one block that a snippet names counts beyond its length, where a page with full text counts 100.
SNIPPET = 4.0
#: Weight of a page with snippets, which has no shortened copy beside it, where a page with full text has the weight 1.
SNIPPETS_WEIGHT = 1.5
#: A name counts once it was seen on this many sites; the prior pulls rare names to the mean.
FEWEST_SITES, PRIOR, PRIOR_WEIGHT, LEAST_WORTH = 3, 0.35, 3.0, 0.1


@dataclass
class Sample:
    """A page with its answers: `target` the share of each block that is article, `words` its length, `known`
    whether the truth speaks of it. The truth of a page with snippets speaks of few blocks."""

    example: Example
    sheet: Sheet
    target: NDArray[np.float64]
    words: NDArray[np.float64]
    known: NDArray[np.bool_]
    shares: dict[str, float] | None = None

    @property
    def fold(self) -> int:
        return self.example.fold


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--snippets", type=Path, help="a folder whose truth has snippets and no texts")
    parser.add_argument("--out", type=Path, default=DATA / "models" / MODEL)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--scores", type=Path, help="write one line a page: id, word F1, shingle F1, out of fold"
    )
    parser.add_argument(
        "--folds", type=Path, help="keep the models of the folds in this folder, for benchmarks"
    )
    given = parser.parse_args()
    PARAMETERS["num_threads"] = given.threads
    started = time.process_time()
    folders = [given.folder, *([given.snippets] if given.snippets else [])]
    samples = [s for folder in folders for e in load(folder) if (s := sample(e)).known.any()]
    print(f"{len(samples)} pages read, {time.process_time() - started:.0f} s")
    folds = out_of_fold(samples, given.rounds, given.folds)
    summary = report(samples, folds, given.scores)
    forest, table = train(samples, given.rounds)
    model = {
        "attribution": ATTRIBUTION,
        "made_by": "python -m training.extraction",
        "data": {"pages": len(samples), "sha256": [digest_of(folder) for folder in folders]},
        "cross_validated": summary,
        **forest,
        "tokens": table,
    }
    given.out.write_text(
        json.dumps(model, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(f"{given.out}: {given.out.stat().st_size / 1000:.0f} kB, {time.process_time() - started:.0f} s")


def sample(example: Example) -> Sample:
    """Read a page and align it with its truth."""
    sheet = sheet_of(example.page.text, example.truth["url"] or "")
    texts = [b.text for b in sheet.reading.blocks]
    lengths = np.array([float(len(words(t))) for t in texts])
    if text := example.truth.get("text"):
        return Sample(example, sheet, np.array(labels(texts, text)), lengths, np.ones(len(texts), bool))
    target, known = snippet_labels(texts, example.truth["with"], example.truth["without"])
    return Sample(example, sheet, target, lengths, known)


def train(samples: Sequence[Sample], rounds: int) -> tuple[dict[str, Any], dict[str, float]]:
    """(forest as JSON, table of names). A page's own site never tells it what its names are worth:
    each fold is described by a table made from the other folds."""
    rows, targets, weights = [], [], []
    for fold in range(FOLDS):
        names = Names(name_table(s for s in samples if s.fold != fold))
        for number, one in enumerate(samples):
            if one.fold != fold:
                continue
            for copy in _copies(one, number):
                found, columns = matrix(copy.sheet, names)
                rows.append(found[copy.known])
                targets.append(copy.target[copy.known])
                weights.append(copy.weights[copy.known])
    data = lightgbm.Dataset(np.vstack(rows), np.concatenate(targets), weight=np.concatenate(weights))
    booster = lightgbm.train(PARAMETERS, data, rounds)
    return as_json(booster, columns), name_table(samples)


def _copies(one: Sample, number: int) -> Iterator[Copy]:
    """A page as it is trained on: as it stands, some pages with bare markup, and every article cut short."""
    weights = page_weights(one)
    yield Copy(one.sheet, one.target, weights, one.known)
    if number % round(1 / BARE) == 0:
        yield Copy(bare(one.sheet), one.target, weights, one.known)
    left = 1 + number % MAX_SHORTENED_PARAGRAPHS
    if one.known.all() and (cut := shortened(Copy(one.sheet, one.target, weights, one.known), left)):
        yield cut._replace(weights=SHORTENED_WEIGHT * cut.weights)


def page_weights(one: Sample) -> NDArray[np.float64]:
    """Every page counts the same; within it, a block counts by the root of its words. A page with snippets
    counts by how much is known of it."""
    weights = np.maximum(one.words, 1) ** 0.5
    if not one.known.all():
        return SNIPPETS_WEIGHT * (weights / weights.sum() * 100 + SNIPPET * one.known)
    result: NDArray[np.float64] = weights / weights.sum() * 100
    return result


def name_table(samples: Iterable[Sample]) -> dict[str, float]:
    """Word of a tag, class or id → log of the odds that text below it is article, over the prior odds."""
    good: defaultdict[str, float] = defaultdict(float)
    seen: defaultdict[str, int] = defaultdict(int)
    for one in samples:
        for name, share in _shares(one).items():
            good[name] += share
            seen[name] += 1
    prior = math.log(PRIOR / (1 - PRIOR))
    out = {}
    for name in sorted(seen):
        if seen[name] >= FEWEST_SITES:
            yes = good[name] + PRIOR_WEIGHT * PRIOR
            no = seen[name] - good[name] + PRIOR_WEIGHT * (1 - PRIOR)
            worth = round(math.log(yes / no) - prior, 2)
            if abs(worth) >= LEAST_WORTH:
                out[name] = worth
    return out


def _shares(one: Sample) -> dict[str, float]:
    """Name → the share of the text below it, on this page, that is article."""
    if one.shares is None:
        total: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        answers = zip(one.sheet.reading.blocks, one.target, one.known, strict=True)
        for block, target in ((b, t) for b, t, known in answers if known):
            names: set[str] = set()
            box = block.box
            while box is not None:
                tag = "div" if is_page_form(box, len(one.target)) else box.tag
                names.update(tokens(tag, box.ident, box.classes))
                box = box.parent
            weight = min(len(block.text), 400) ** 0.5
            for name in names:
                total[name][0] += weight * target
                total[name][1] += weight
        one.shares = {name: good / all_ for name, (good, all_) in total.items()}
    return one.shares


def as_json(booster: lightgbm.Booster, columns: tuple[str, ...]) -> dict[str, Any]:
    """LightGBM's trees filled up to full binary trees, features that no tree asks for left out."""
    trees = [_full(t["tree_structure"]) for t in booster.dump_model()["tree_info"]]
    used = sorted({f for features, _, _ in trees for f in features})
    place = {feature: i for i, feature in enumerate(used)}
    return {
        "depth": DEPTH,
        "features": [columns[f] for f in used],
        "trees": [[[place[f] for f in features], cuts, leaves] for features, cuts, leaves in trees],
    }


def _full(root: dict[str, Any]) -> tuple[list[int], list[float], list[float]]:
    features, cuts = [0] * (2**DEPTH - 1), [3e38] * (2**DEPTH - 1)
    leaves = [0.0] * 2**DEPTH

    def fill(node: dict[str, Any], at: int, depth: int) -> None:
        if depth == DEPTH:
            leaves[at - (2**DEPTH - 1)] = round(node["leaf_value"], 4)
        elif "leaf_value" in node:
            fill(node, 2 * at + 1, depth + 1)
            fill(node, 2 * at + 2, depth + 1)
        else:
            features[at], cuts[at] = node["split_feature"], _short(node["threshold"])
            fill(node["left_child"], 2 * at + 1, depth + 1)
            fill(node["right_child"], 2 * at + 2, depth + 1)

    fill(root, 0, 0)
    return features, cuts, leaves


def _short(threshold: float) -> float:
    return float(f"{threshold:.5g}")


def out_of_fold(samples: Sequence[Sample], rounds: int, folder: Path | None) -> list[Verdict]:
    """The verdict on each page by a model that has seen no page of its fold."""
    out: list[Any] = [None] * len(samples)
    for fold in range(FOLDS):
        model, table = train([s for s in samples if s.fold != fold], rounds)
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"extraction.{fold}.json").write_text(json.dumps({**model, "tokens": table}))
        forest, names = Forest.from_json(model), Names(table)
        for i, one in enumerate(samples):
            if one.fold == fold:
                out[i] = judge(one.sheet, Model(forest, names))
        print(f"fold {fold} done", flush=True)
    return out


def report(samples: Sequence[Sample], verdicts: Sequence[Verdict], path: Path | None) -> dict[str, float]:
    """Print and return the cross-validated scores."""
    lines = []
    for one, verdict in zip(samples, verdicts, strict=True):
        if not one.example.truth.get("text"):
            continue
        kept = [b.text for b, k in zip(one.sheet.reading.blocks, verdict.keep, strict=True) if k]
        text, truth = "\n\n".join(kept), one.example.truth["text"]
        lines.append((one.example.id, word_f1(text, truth), shingle_f1(text, truth), verdict.expected))
    summary = {
        "folds": FOLDS,
        "word_f1": round(float(np.mean([line[1] for line in lines])), 4),
        "shingle_f1": round(float(np.mean([line[2] for line in lines])), 4),
    }
    print(summary)
    if path:
        path.write_text("".join(f"{i}\t{w:.4f}\t{s:.4f}\t{e:.4f}\n" for i, w, s, e in lines))
    return summary


if __name__ == "__main__":
    main()
