"""Text as it was written: mojibake repaired, every change accounted for.

`repair_step` is the step that `core.steps` runs; `repair` and `repair_texts` are the same on plain strings. Typography stays as published: nothing here
straightens quotes, changes widths or ligatures, or normalises.

C1 controls that stand alone: `I\x92m` is `I’m`.

No text has them, and browsers read the bytes as windows-1252 in every page that says ISO-8859-1
(https://encoding.spec.whatwg.org/#names-and-labels). Where they stand between ASCII or Han, Kana and Hangul, which no
single-byte codec brings forth, they are no part of UTF-8 that was read wrongly.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from newsarchive.core.encoding.changes import one_after_another, texts_of, with_texts
from newsarchive.core.encoding.charsets import charset
from newsarchive.core.encoding.cjk_punctuation import may_be_interpunct
from newsarchive.core.encoding.legacy import may_be_sibling
from newsarchive.core.encoding.mojibake import Reading, Unescaped, unescaped
from newsarchive.core.encoding.ngram_model import grams_model_of
from newsarchive.core.encoding.pair_model import PairModel, model_of, suspects
from newsarchive.core.encoding.runs import Change
from newsarchive.edits import Edit, Repaired, replay
from newsarchive.rules import Rules

if TYPE_CHECKING:
    from newsarchive.core.encoding.mojibake import Reading
    from newsarchive.items import Article


#: So often a page is looked at: one codec may have been read over several others.
PASSES = 8


def repair(text: str, rules: Rules) -> Repaired:
    """Repair the mojibake of one text. Clean text comes back as it is, without edits."""
    return repair_texts([text], rules)[0]


def repair_texts(texts: Sequence[str], rules: Rules) -> list[Repaired]:
    """Repair the texts of one page, which vote together on the codec it was read with.

    `Edit.start` counts from the start of each text; `Edit.where` is empty. What is repaired is looked
    at again, until nothing more is found, so that repairing once more never changes anything. A page
    that does not settle in `PASSES` is left as it is: its text is no damage that we know.
    """
    done = found = _once(texts, rules)
    for _ in range(PASSES):
        if not any(r.edits for r in found):
            return done
        found = _once([r.text for r in done], rules)
        done = [_followed(text, *both) for text, *both in zip(texts, done, found, strict=True)]
    return [Repaired(text, (), damage_of(text)) for text in texts]


def _followed(text: str, first: Repaired, second: Repaired) -> Repaired:
    """Both repairs of a text, as one. What could not be repaired stays known."""
    edits = one_after_another(text, first.edits, second.edits)
    lost = (LOST,) if LOST in first.damage and LOST not in second.damage else ()
    return Repaired(second.text, edits, second.damage + lost)


def _once(texts: Sequence[str], rules: Rules) -> list[Repaired]:
    seen = unescaped("\n".join(texts))
    positions = () if seen.text.isascii() else suspects(model_of(rules), seen.text)
    if positions or (not seen.text.isascii() and _may_hide(seen.text, rules)):
        return _mended(texts, seen, positions, rules)
    return [Repaired(text, (), damage_of(text)) for text in texts]


def _may_hide(text: str, rules: Rules) -> bool:
    """Whether there may be damage in which no two characters look wrong."""
    return may_be_interpunct(text) or may_be_sibling(text, grams_model_of(rules))


def _mended(texts: Sequence[str], seen: Unescaped, positions: Sequence[int], rules: Rules) -> list[Repaired]:
    """The texts, damage looked for at these places of the page."""
    # Most texts are clean: to look at one takes none of these.
    from newsarchive.core.encoding.cjk_punctuation import interpunct_changes
    from newsarchive.core.encoding.ftfy_fallback import is_asked, second_opinion
    from newsarchive.core.encoding.legacy import sibling_changes
    from newsarchive.core.encoding.runs import Repairs, windows
    from newsarchive.core.encoding.voting import changes_of

    model, near = model_of(rules), windows(seen.text, positions)
    grams = grams_model_of(rules)
    repairs = changes_of(seen.text, model, grams, positions, near)
    if not repairs.changes and may_be_sibling(seen.text, grams):
        repairs = Repairs(sibling_changes(seen.text, model, grams), repairs.lost)
    if may_be_interpunct(seen.text):
        repairs = repairs.with_more(interpunct_changes(seen.text, grams))
    if not repairs.lost and (controls := control_changes(seen.text, positions, model)):
        repairs = repairs.with_more(controls)
    if not (repairs.changes or repairs.lost or is_asked(near)):
        return [Repaired(text, (), damage_of(text)) for text in texts]
    page = "\n".join(texts)
    edits: list[list[Edit]] = [[] for _ in texts]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    for change in repairs.changes:
        start, end = seen.original(change.start), seen.original(change.end)
        number = bisect_right(starts, start) - 1
        edits[number].append(_edit(page[start:end], change.reading, start - starts[number]))
    lost = {bisect_right(starts, seen.original(place)) - 1 for place in repairs.lost}
    left = [number for number in range(len(texts)) if not edits[number] and number not in lost]
    for number in left if left and is_asked(near) else ():
        edits[number] += second_opinion(texts[number], model)
    return [_repaired(text, edits[i], i in lost) for i, text in enumerate(texts)]


def _repaired(text: str, edits: Sequence[Edit], is_lost: bool) -> Repaired:
    repaired = replay(text, edits)
    return Repaired(repaired, tuple(edits), damage_of(repaired) + ((LOST,) if is_lost else ()))


def repair_step(article: Article, rules: Rules) -> Article:
    """Repair headline, description, names, captions and blocks of an article, voting as one page."""
    texts = texts_of(article)
    repaired = repair_texts(list(texts.values()), rules)
    return with_texts(article, dict(zip(texts, repaired, strict=True)))


def _edit(before: str, reading: Reading, start: int) -> Edit:
    rule = ", then ".join((reading.rule, *reading.inner))
    evidence = round(reading.gain, 1)
    return Edit("repair", rule, before, reading.after, start=start, evidence=evidence)


#: What `Repaired.damage` says where UTF-8 was read wrongly and bytes of it are gone that cannot be told.
LOST = "lost bytes"

#: U+FFFD, which stands for a character that was lost, as UTF-8 read with windows-1252.
_REPLACED = "ï¿½"
#: Words of question marks, or question marks inside a word; not `What??`, not `page.php?id=1`.
_QUESTIONS = re.compile(r"(?<!\S)\?{2,}\S?(?:\s+\?{2,})+|[^\W\d_]\?{2,}[^\W\d_]")


def damage_of(text: str) -> tuple[str, ...]:
    """What is beyond repair in a text: see `Repaired.damage`."""
    found = []
    if "\ufffd" in text or ("½" in text and _REPLACED in text):
        found.append("replacement characters")
    if "?" in text and "??" in text and _QUESTIONS.search(text):
        found.append("question marks")
    return tuple(found)


#: What may stand beside one: ASCII, what Chinese, Japanese and Korean are written in, the ends of the text.
_BESIDE = r"\x00-\x7f\u3000-\u9fff\uac00-\ud7af\uff00-\uffef"
_CONTROL = re.compile(rf"[\x80-\x9f](?![^{_BESIDE}])(?:(?<=^.)|(?<=[{_BESIDE}].))", re.DOTALL)


def control_changes(text: str, positions: Iterable[int], model: PairModel) -> Sequence[Change]:
    """The controls at these suspicious places that windows-1252 has a character for, where that is likelier."""
    decoded, changes = charset("windows-1252").decoded, []
    beside = {at for place in positions for at in (place, place + 1) if "\x80" <= text[at : at + 1] <= "\x9f"}
    for at in sorted(beside):
        if not _CONTROL.match(text, at):
            continue
        char = text[at]
        before, behind = text[at - 1] if at else "\n", text[at + 1 : at + 2] or "\n"
        if (after := decoded[ord(char)]) == "\ufffd":
            continue
        gain = model.of(before + char + behind) - model.of(before + after + behind)
        if gain > 0:
            rule = "windows-1252 read as iso-8859-1"
            changes.append(Change(at, at + 1, Reading(0, 1, after, rule, gain)))
    return changes
