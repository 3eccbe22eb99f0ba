"""Text as it was written: mojibake repaired, and every change accounted for.

`repair` mends a text, `repair_texts` the texts of one page, and `repair_step` an article. Read this module from top to
bottom: `repair` → `repair_texts` → `_repaired_once` → `_repaired_page`, which asks the rest of the package in turn.
Typography stays as published: nothing here straightens quotes, changes widths or ligatures, or normalises.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from newsarchive import compiled
from newsarchive.core.encoding.changes import one_after_another, texts_of, with_texts
from newsarchive.core.encoding.charsets import MULTI_BYTE, charset, charsets
from newsarchive.core.encoding.cjk_punctuation import interpunct_changes, may_be_interpunct
from newsarchive.core.encoding.legacy import may_be_sibling, sibling_changes
from newsarchive.core.encoding.lone_letters import lone_letter_changes, may_be_lone_letter
from newsarchive.core.encoding.lost_beam import Work
from newsarchive.core.encoding.mojibake import Reading, Unescaped, unescaped
from newsarchive.core.encoding.ngram_model import gram_model_of
from newsarchive.core.encoding.pair_model import PairModel, model_of, suspects, unclean_pairs
from newsarchive.core.encoding.runs import Change, Repairs, windows
from newsarchive.core.text import caches
from newsarchive.core.text.scripts import script
from newsarchive.edits import Edit, Repaired, replay
from newsarchive.rules import Rules

if TYPE_CHECKING:
    from newsarchive.items import Article

#: In passes: one codec may have been read over several others. A page that still changes in the last pass is left as it
#: is: its text is no damage that we know.
MAX_PASSES = 8
#: Suspicious positions of a page. A page with more is left as it is, because each takes 10 to 50 µs and becomes an edit that is
#: stored. A wholly damaged text of 60,000 Russian or 30,000 Chinese letters has as many.
MAX_SUSPECTS = 100_000
#: Changes of a page. A page with more is left as it is: 100,000 wrong letters of Turkish, which no pair of characters tells, are as
#: many edits, and take 3 s. A wholly damaged text of 500,000 Turkish letters has as many.
MAX_CHANGES = 50_000
#: Scripts of what multi-byte codecs make of UTF-8.
CJK_SCRIPTS = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
#: What `Repaired.damage` says of a text with suspicious positions on such a page.
TOO_MUCH = "too much damage"
#: What `Repaired.damage` says where UTF-8 was read wrongly and its lost bytes cannot be told.
LOST = "lost bytes"


def repair(text: str, rules: Rules) -> Repaired:
    """Repair the mojibake of one text. Clean text comes back as it is, without edits."""
    caches.text_read(len(text))
    return repair_texts([text], rules)[0]


def repair_step(article: Article, rules: Rules) -> Article:
    """Repair headline, description, names, captions and blocks of an article, as the texts of one page."""
    texts = texts_of(article)
    repaired = repair_texts(list(texts.values()), rules)
    return with_texts(article, dict(zip(texts, repaired, strict=True)))


def repair_texts(texts: Sequence[str], rules: Rules) -> list[Repaired]:
    """Repair the texts of one page, whose damage together tells the codec that it was read with.

    `Edit.start` counts from the start of each text, and `Edit.where` is empty. Repaired texts are repaired again until
    nothing changes, so that repairing a result never changes it.
    """
    work = Work()
    repaired, is_whole = _settled(texts, rules, work)
    for _ in range(MAX_PASSES):
        if is_whole:
            return repaired
        # Texts that were taken back stand beside others that were repaired, and may be judged otherwise now.
        last, is_whole = _settled([r.text for r in repaired], rules, work)
        is_whole = is_whole or not any(r.edits for r in last)
        repaired = [_in_turn(text, *both) for text, *both in zip(texts, repaired, last, strict=True)]
    return [Repaired(text, (), damage_of(text)) for text in texts]


def _settled(texts: Sequence[str], rules: Rules, work: Work) -> tuple[list[Repaired], bool]:
    """The texts, repaired again until nothing changes, and whether no repair was taken back (`_whole`)."""
    repaired = last = _repaired_once(texts, rules, work)
    for _ in range(MAX_PASSES):
        if not any(r.edits for r in last):
            model, both = model_of(rules), zip(texts, repaired, strict=True)
            kept = [_whole(text, result, model) if result.edits else result for text, result in both]
            return kept, all(a is b for a, b in zip(kept, repaired, strict=True))
        last = _repaired_once([r.text for r in repaired], rules, work)
        repaired = [_in_turn(text, *both) for text, *both in zip(texts, repaired, last, strict=True)]
    return [Repaired(text, (), damage_of(text)) for text in texts], True


def _whole(text: str, repaired: Repaired, model: PairModel) -> Repaired:
    """A repaired text; the text as it was where UTF-8 was read with a multi-byte codec and is repaired in parts only.

    The parts of such damage do not keep to its characters, so that nobody could read what is left.
    """
    codecs = {codec for edit in repaired.edits for codec in edit.rule.split(", then ")}
    if codecs.isdisjoint(MULTI_BYTE):
        return repaired
    after = repaired.text
    left = (after[at : at + 2] for at in unclean_pairs(model, after))
    if "\ufffd" not in after and not any(script(char) in CJK_SCRIPTS for pair in left for char in pair):
        return repaired
    return Repaired(text, (), (*damage_of(text), LOST))


def _in_turn(text: str, first: Repaired, second: Repaired) -> Repaired:
    """Two repairs of a text as one. Lost bytes that the first has found stay noted."""
    edits = one_after_another(text, first.edits, second.edits)
    lost = (LOST,) if LOST in first.damage and LOST not in second.damage else ()
    return Repaired(second.text, edits, second.damage + lost)


def _repaired_once(texts: Sequence[str], rules: Rules, work: Work) -> list[Repaired]:
    """The texts after one pass. Most texts are clean, and are told by their pairs of characters alone."""
    page = unescaped("\n".join(texts))
    if not page.text.isascii():
        positions = suspects(model_of(rules), page.text)
        if len(positions) > MAX_SUSPECTS:
            return _left(texts, page, positions)
        # In some damage no two characters look wrong.
        if (
            positions
            or may_be_interpunct(page.text)
            or may_be_lone_letter(page.text)
            or may_be_sibling(page.text, gram_model_of(rules))
        ):
            return _repaired_page(texts, page, positions, rules, work)
    return [Repaired(text, (), damage_of(text)) for text in texts]


def _left(texts: Sequence[str], page: Unescaped, positions: Sequence[int]) -> list[Repaired]:
    """The texts as they are; those that are damaged say so."""
    import numpy as np

    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    hit = set((np.searchsorted(starts, page.originals(positions), side="right") - 1).tolist())
    return [
        Repaired(text, (), damage_of(text) + ((TOO_MUCH,) if number in hit else ()))
        for number, text in enumerate(texts)
    ]


def _repaired_page(
    texts: Sequence[str], page: Unescaped, positions: Sequence[int], rules: Rules, work: Work
) -> list[Repaired]:
    """The texts, with damage repaired that is looked for at these positions of the page.

    UTF-8 and legacy text that were read with a wrong codec come first, then legacy text of the same family, Chinese
    dots, controls, and signs of lost characters. What no codec explains is shown to ftfy, text by text.
    """
    from newsarchive.core.encoding.ftfy_fallback import is_asked, second_opinion
    from newsarchive.core.encoding.voting import changes_of

    text, model, grams = page.text, model_of(rules), gram_model_of(rules)
    near = windows(text, positions)
    repairs = changes_of(text, model, grams, positions, near, work)
    if not repairs.changes and may_be_sibling(text, grams):
        repairs = Repairs(sibling_changes(text, model, grams), repairs.lost)
    if may_be_interpunct(text):
        repairs = repairs.with_more(interpunct_changes(text, grams))
    if not repairs.lost and (controls := control_changes(text, model)):
        repairs = repairs.with_more(controls)
    if replacements := list(replacement_changes(text, model)):
        repairs = repairs.with_more(replacements)

    if (
        not repairs.changes
        and not repairs.lost
        and (letters := list(lone_letter_changes(text, model, grams)))
    ):
        repairs = repairs.with_more(letters)

    if len(repairs.changes) > MAX_CHANGES:
        return _left(texts, page, [change.start for change in repairs.changes])
    edits: list[list[Edit]] = [[] for _ in texts]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    for change in repairs.changes:
        start, end = page.original(change.start), page.original(change.end)
        number = bisect_right(starts, start) - 1
        start, end = start - starts[number], end - starts[number]
        edits[number].append(_edit(texts[number][start:end], change.reading, start))
    lost = {bisect_right(starts, page.original(place)) - 1 for place in repairs.lost}
    unexplained = [number for number in range(len(texts)) if not edits[number] and number not in lost]
    if unexplained and is_asked(near):
        for number in unexplained:
            edits[number] += second_opinion(texts[number], model)
    return [_repaired(text, edits[number], number in lost) for number, text in enumerate(texts)]


def _edit(before: str, reading: Reading, start: int) -> Edit:
    rule = ", then ".join((reading.rule, *reading.inner))
    evidence = round(reading.gain, 1)
    return Edit("repair", rule, before, reading.after, start=start, evidence=evidence)


def _repaired(text: str, edits: Sequence[Edit], is_lost: bool) -> Repaired:
    repaired = replay(text, edits) if edits else text
    return Repaired(repaired, tuple(edits), damage_of(repaired) + ((LOST,) if is_lost else ()))


#: Nats that U+FFFD must be likelier than what it was read as. Measured: 9.6 for `яПН`, 18 and more for all that is no text.
MIN_REPLACEMENT_NATS = 12.0


@cache
def _misread_replacements() -> dict[str, str]:
    """U+FFFD, which stands for a lost character, as UTF-8 read with a single-byte codec → the codec."""
    raw = "\ufffd".encode()
    found = {"".join(map(codec.decoded.__getitem__, raw)): codec.name for codec in reversed(charsets())}
    return {text: name for text, name in found.items() if "\ufffd" not in text}


def replacement_changes(text: str, model: PairModel) -> Iterator[Change]:
    """Where a text has U+FFFD as UTF-8 read with a wrong codec: `ï¿½`. What was lost there stays lost, and is noted.

    `яПН` is one too, read as iso-8859-5, but may stand in a menu of weekdays.
    """
    for misread, name in _misread_replacements().items():
        if misread not in text:
            continue
        gain = model.cost(f"\n{misread}\n") - model.cost("\n\ufffd\n")
        for match in re.finditer(misread, text) if gain > MIN_REPLACEMENT_NATS else ():
            yield Change(*match.span(), Reading(0, len(misread), "\ufffd", name, gain))


#: Words of question marks, or question marks inside a word; not `What??`, not `page.php?id=1`.
_QUESTION_MARKS = re.compile(r"(?<!\S)\?{2,}\S?(?:\s+\?{2,})+|[^\W\d_]\?{2,}[^\W\d_]")


def damage_of(text: str) -> tuple[str, ...]:
    """The damage of a text that is beyond repair: see `Repaired.damage`."""
    found = []
    if "\ufffd" in text:
        found.append("replacement characters")
    if "?" in text and "??" in text and _QUESTION_MARKS.search(text):
        found.append("question marks")
    return tuple(found)


#: What may stand beside a control: ASCII, Chinese, Japanese and Korean, the ends of the text. No single-byte codec brings
#: forth Han, kana or Hangul, so that the control is no part of UTF-8 that was read wrongly. Nor is it where a letter of Latin
#: script stands behind it, because such a letter would be a byte that begins the next character.
_BESIDE_CONTROL = r"\x00-\x7f\u3000-\u9fff\uac00-\ud7af\uff00-\uffef"
_CONTROL = compiled.regex(
    rf"[\x80-\x9f](?![^À-\u024f{_BESIDE_CONTROL}])(?:(?<=^.)|(?<=[{_BESIDE_CONTROL}].))", re.DOTALL
)

#: Nats that a character must be likelier than the control: 23 and more where it is right, 5 for `€` behind a word.
MIN_CONTROL_NATS = 12.0


def control_changes(text: str, model: PairModel) -> Sequence[Change]:
    """C1 controls that stand alone, as the likelier characters of windows-1252: `I\\x92m` is `I’m`.

    No text has such controls. Browsers read the bytes as windows-1252 in every page that says ISO-8859-1
    (https://encoding.spec.whatwg.org/#names-and-labels).
    """
    decoded, changes = charset("windows-1252").decoded, []
    for match in _CONTROL.finditer(text):
        at, after = match.start(), decoded[ord(match[0])]
        if after == "\ufffd":
            continue
        before, behind = text[at - 1] if at else "\n", text[at + 1 : at + 2] or "\n"
        gain = model.cost(before + text[at] + behind) - model.cost(before + after + behind)
        if gain > MIN_CONTROL_NATS:
            changes.append(Change(at, at + 1, Reading(0, 1, after, "windows-1252 read as iso-8859-1", gain)))
    return changes
