"""Which lines of a page go with it, where legacy text was read with another legacy codec."""

from __future__ import annotations

import re
from collections.abc import Collection

from newsarchive.core.charsets import Charset, charset
from newsarchive.core.repairs.grams import GramModel
from newsarchive.core.repairs.legacy import FOREIGN, Legacy
from newsarchive.core.repairs.mojibake import Found
from newsarchive.core.repairs.runs import Change, Runs, placed
from newsarchive.core.repairs.worded import compared, gain_of_words, known_words, lines_of, words_of

#: No text has these.
C1 = re.compile("[\x80-\x9f]")
#: What they are where no other codec makes words of them (https://encoding.spec.whatwg.org/#names-and-labels).
CONTROLS = Legacy(charset("windows-1252"), charset("iso-8859-1"))


def by_line(found: Found, runs: Runs, wrong: Charset, grams: GramModel) -> list[Change]:
    """Legacy text is wrong line by line, in each of its runs or in none; the evidence of each is that of its line."""
    text = runs.text[1:]
    changes: list[Change] = []
    for line in lines_of(placed(found, runs), runs):
        if not _is_in(wrong, line[0].start, text) or (evidence := _evidence(line, text, grams)) <= 0:
            continue
        if _goes_with_the_page(line, text, grams):
            changes += [c._replace(reading=c.reading._replace(gain=evidence)) for c in line]
    return changes


def _evidence(line: list[Change], text: str, grams: GramModel) -> float:
    """What a change of a line gains on average, in nats; where letters by pairs lose, words count too."""
    total = sum(change.reading.gain for change in line)
    if total <= 0:
        total += gain_of_words(line, text, grams)
    return total / len(line)


def _is_in(codec: Charset, at: int, text: str) -> bool:
    """Whether a codec has most characters of the line at some place; of one with controls others say too little."""
    line = text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)]
    if C1.search(line):
        return True
    beyond = sum(char > "\x7f" for char in line)
    return codec.to_bytes(line).count(b"?") - line.count("?") <= FOREIGN * beyond


def _goes_with_the_page(line: list[Change], text: str, grams: GramModel) -> bool:
    """Whether a line goes with the page: it must not take more known words than it brings forth, and one with
    punctuation alone at stake must bring forth some."""
    words = compared([line], text, grams)
    if words.stand and words.stand >= words.come:
        return False
    before = "".join(text[c.start : c.end] for c in line)
    is_sure = C1.search(before) or any(map(str.isalpha, before))
    return bool(is_sure) or any(len(word) > 2 and grams.knows(word) for word in words_of(line, text))


def are_controls(some: Collection[str]) -> bool:
    """Whether most runs have C1 controls, which no text has: quotation marks and dashes of windows-1250 and its
    like, read as the ISO codec of the same letters."""
    return 2 * sum(bool(C1.search(run)) for run in some) > len(some)


def are_only_controls(found: Found, runs: Runs, grams: GramModel) -> bool:
    """Whether these readings change nothing but C1 controls, and make words of those that are letters: `cie\x9cniny`."""
    letters: Found = {}
    for run, readings in found.items():
        for r in readings:
            both = zip(run[r.start : r.end], r.after, strict=True)
            if any(before != after and not C1.match(before) for before, after in both):
                return False
        if any(char.isalpha() for r in readings for char in r.after):
            letters[run] = readings
    known, words = known_words(letters, runs, grams, least=3)
    return not letters or 0 < known >= words / 2
