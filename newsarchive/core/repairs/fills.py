"""Which letters were lost: the likeliest of the guesses, word by word, and how sure that is.

A word is judged by the letter sequences that its language is made of (`grams`) and by its pairs; what
is no word by its pairs alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from newsarchive.core.repairs.characters import script
from newsarchive.core.repairs.grams import GramModel, grams_of
from newsarchive.core.repairs.pairs import PairModel

#: One place of a text: what it can be, the likeliest first; one string where nothing was lost.
Place = tuple[str, ...]

#: What a pair counts, in a word, against a sequence of letters (measured on clean text with holes).
PAIRS = 0.5
#: By so much, in nats, the best guess must be likelier than the next, in a word and outside of one.
WORD_MARGIN, MARGIN = 3.0, 1.15
#: So many spellings of a word are followed at once; a word has no more holes than this.
BEAM, HOLES = 48, 8

_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}


def filled(
    places: Sequence[Place], before: str, after: str, model: PairModel, grams: GramModel
) -> tuple[str, bool]:
    """The text with its holes filled, and whether every guess is sure."""
    out, sure = before, True
    words = [list(own) for _, own in groupby(places, key=lambda p: _word(p[0]))]
    for number, word in enumerate(words):
        behind = words[number + 1][0][0] if number + 1 < len(words) else after
        if all(len(place) == 1 for place in word):
            out += "".join(place[0] for place in word)
            continue
        is_word = bool(_word(word[0][0])) and sum(len(p) > 1 for p in word) <= HOLES
        text, margin = _best(word, out[-1], behind, model, grams if is_word else None)
        sure = sure and margin >= (WORD_MARGIN if is_word else MARGIN)
        out += text
    return out[len(before) :], sure


def _word(char: str) -> str:
    own = script(char)
    return _ONE_SCRIPT.get(own, own)


def _best(
    word: Sequence[Place], before: str, after: str, model: PairModel, grams: GramModel | None
) -> tuple[str, float]:
    """The cheapest spelling, and how much dearer the next one is."""
    weight = PAIRS if grams else 1.0
    paths = [("", 0.0)]
    for place in word:
        grown = [
            (text + char, cost + weight * model.of((text[-1:] or before) + char))
            for text, cost in paths
            for char in place
        ]
        paths = sorted(grown, key=_cost)[:BEAM]
    ends = [(text, cost + weight * model.of(text[-1] + after)) for text, cost in paths]
    if grams:
        costs = {gram: grams.cost(gram) for text, _ in ends for gram in grams_of(text.lower())}
        ends = [(text, cost + sum(costs[gram] for gram in grams_of(text.lower()))) for text, cost in ends]
    ends.sort(key=_cost)
    return ends[0][0], ends[1][1] - ends[0][1] if len(ends) > 1 else 99.0


def _cost(path: tuple[str, float]) -> float:
    return path[1]
