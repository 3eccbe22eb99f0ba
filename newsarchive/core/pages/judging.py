"""The learned judgement of a page: which of its blocks are the article, and how sure that is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.html.blocks import Reading, read_blocks
from newsarchive.core.html.parsing import declared_body, parse
from newsarchive.core.pages.boxes import Names
from newsarchive.core.pages.decision import agreed, chances, choose, smoothed
from newsarchive.core.pages.features import features
from newsarchive.core.pages.trees import Forest
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules

MODEL = "extraction.json"
#: A block is a link where so much of its text is.
LINKED = 0.8


@dataclass(frozen=True, eq=False)
class Model:
    """The forest that scores blocks, and the worth of class and id names that it was trained with."""

    forest: Forest
    names: Names


@dataclass(slots=True)
class Sheet:
    """A page as the judge reads it: its tree, blocks, `<title>` and declared article text."""

    tree: LexborHTMLParser
    reading: Reading
    title: str
    declared: str


@dataclass(slots=True)
class Verdict:
    """`scores` are log-odds of each block alone, `margins` after its kind and its neighbours were heard; `keep` the
    blocks taken; `expected` the F1 to expect of them, from 0 to 1."""

    scores: NDArray[np.float64]
    margins: NDArray[np.float64]
    keep: NDArray[np.bool_]
    expected: float

    def chances(self) -> NDArray[np.float64]:
        """The probability of each block to be article, from 0 to 1."""
        return chances(self.margins)


@lru_cache(maxsize=8)
def model_of(rules: Rules) -> Model:
    """The model of the rules, compiled once. Raises `BadRules` where it is missing or damaged."""
    try:
        model = json.loads(rules.models[MODEL])
        return Model(Forest.from_json(model), Names(model["tokens"]))
    except KeyError as error:
        raise BadRules(
            f"models/{MODEL}", str(error), "missing; python -m training.extraction makes it"
        ) from error
    except (ValueError, TypeError, IndexError) as error:
        raise BadRules(f"models/{MODEL}", "", f"not a model: {error}") from error


def sheet_of(text: str, url: str) -> Sheet:
    """Parse a page and read its blocks."""
    tree = parse(text)
    title = tree.css_first("title")
    return Sheet(tree, read_blocks(tree, url), title.text() if title is not None else "", declared_body(text))


def matrix(
    sheet: Sheet, names: Names, wanted: tuple[str, ...] = ()
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """(rows, column names): the features of every block, all of them or those wanted."""
    found = features(sheet.reading, names, sheet.title, sheet.declared)
    columns = wanted or tuple(found)
    return np.array([found[name] for name in columns], np.float32).T, columns


def judge(sheet: Sheet, model: Model) -> Verdict:
    """Score every block, hear its kind and its neighbours, and take the set with the best prospects."""
    rows, _ = matrix(sheet, model.names, model.forest.names)
    scores = model.forest.scores(rows)
    return decided(scores, sheet.reading)


def decided(scores: NDArray[np.float64], reading: Reading) -> Verdict:
    """The verdict on blocks with these scores."""
    margins = smoothed(agreed(scores, kinds(reading)))
    keep, expected = choose(margins, word_weights(reading))
    return Verdict(scores, margins, keep, expected)


def kinds(reading: Reading) -> NDArray[np.int64]:
    """A number a block, the same for blocks in boxes of one kin that are links, or are none."""
    ids: dict[int, int] = {}
    # The complement is another number than that of any kin, and no pair is made for each block.
    keys = (~b.box.kin if b.link_chars > LINKED * len(b.text) else b.box.kin for b in reading.blocks)
    return np.array([ids.setdefault(key, len(ids)) for key in keys], np.int64)


def word_weights(reading: Reading) -> NDArray[np.float64]:
    """About how many words each block has, from its length: good for any script."""
    lengths = [len(b.text) if b.kind != "embed" else -5.4 for b in reading.blocks]
    return 1 + np.array(lengths, np.float64) / 6
