"""Text as it was written: mojibake repaired, and every change accounted for.

`repair` mends a text, `repair_texts` the texts of one page, and `repair_step` an article. All three end in `_repaired_texts`, which
undoes three kinds of damage one after the other: mojibake (`_without_mojibake`), escapes and shortcodes (`_without_escapes`), and
markup that a translator broke. One wrong reading may lie over others, so `_settled` repeats `_repaired_once` until nothing changes;
`_repaired_page` asks the rest of the package in turn and makes the edits of one pass. Typography stays as published: nothing here
straightens quotes, changes widths or ligatures, or normalises.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from newsarchive import compiled
from newsarchive.core.encoding.broken_markup import broken_markup_edits, may_be_broken
from newsarchive.core.encoding.changes import one_after_another, texts_of, with_texts
from newsarchive.core.encoding.charsets import MULTI_BYTE, charset, charsets
from newsarchive.core.encoding.cjk_punctuation import interpunct_changes, may_be_interpunct
from newsarchive.core.encoding.escapes import escape_edits, reference_edits
from newsarchive.core.encoding.folded_spaces import folded_letter_changes, with_no_break_spaces
from newsarchive.core.encoding.legacy import may_be_sibling, sibling_changes
from newsarchive.core.encoding.lone_letters import lone_letter_changes, may_be_lone_letter
from newsarchive.core.encoding.lost_beam import Work
from newsarchive.core.encoding.mojibake import Reading, Unescaped, unescaped
from newsarchive.core.encoding.ngram_model import GramModel, gram_model_of
from newsarchive.core.encoding.pair_model import PairModel, model_of, suspects, unclean_pairs
from newsarchive.core.encoding.runs import Change, Repairs, Window, windows
from newsarchive.core.encoding.shown import shown_changes
from newsarchive.core.text import caches
from newsarchive.core.text.scripts import CJK_SCRIPTS, HANGUL, UNSPACED, script
from newsarchive.core.text.shortcodes import shortcode_edits
from newsarchive.edits import Edit, Repaired, replay
from newsarchive.items import Article
from newsarchive.rules import Rules

#: Times that a page is repaired, because one wrong reading may lie over others. A page that still changes in the last pass is left as
#: it was: it is no damage that we know.
MAX_PASSES = 8
#: Suspicious positions of a page. A page with more is left as it is, because each takes 10 to 50 µs and becomes an edit that is
#: stored. A wholly damaged text of 60,000 Russian or 30,000 Chinese letters has as many.
MAX_SUSPECTS = 100_000
#: Changes of a page. A page with more is left as it is: 100,000 wrong letters of Turkish, which no pair of characters tells, are as
#: many edits, and take 3 s. A wholly damaged text of 500,000 Turkish letters has as many.
MAX_CHANGES = 50_000
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
    places = list(texts)
    found = _repaired_texts(
        list(texts.values()), rules, shows_code=any(block.kind == "code" for block in article.blocks)
    )
    repaired = {places[number]: text for number, text in sorted(found.items())}
    return with_texts(article, repaired, rules)


def repair_texts(texts: Sequence[str], rules: Rules) -> list[Repaired]:
    """Repair the texts of one page, whose damage together tells the codec that it was read with.

    `Edit.start` counts from the start of each text, and `Edit.where` is empty. Repaired texts are repaired again until
    nothing changes, so that repairing a result never changes it.
    """
    found = _repaired_texts(texts, rules)
    return [found[number] if number in found else Repaired(text) for number, text in enumerate(texts)]


#: Number of a text of a page → what was made of it. Texts that are left out are right as they are, as most are.
Found = dict[int, Repaired]


def _repaired_texts(texts: Sequence[str], rules: Rules, *, shows_code: bool = False) -> Found:
    """The texts without mojibake and escapes, and then without the markup that a translator broke, until none is left: `& lt; p & gt;`
    is `< p >` first."""
    repaired = _without_escapes(texts, rules, shows_code=shows_code)
    for _ in range(0 if shows_code else MAX_PASSES):
        after = _after(texts, repaired)
        page = "\n".join(after)
        broken = broken_markup_edits(after) if may_be_broken(page) else {}
        if not broken or sum(map(len, broken.values())) > MAX_CHANGES:
            break
        last = _edited(after, broken)
        repaired = {**repaired, **_in_turn(texts, {n: repaired[n] for n in broken if n in repaired}, last)}
    return repaired


def _without_escapes(texts: Sequence[str], rules: Rules, *, shows_code: bool) -> Found:
    """The texts without mojibake, and then without references that were escaped twice, other escapes, or shortcodes."""
    repaired = _without_mojibake(texts, rules)
    after = _after(texts, repaired)
    page = "\n".join(after)
    resolved = reference_edits(after) if "&" in page else {}
    is_escaped = not resolved and bool(resolved := escape_edits(after, gram_model_of(rules)))
    resolved = resolved or (shortcode_edits(after) if "[" in page and not shows_code else {})
    if not resolved or sum(map(len, resolved.values())) > MAX_CHANGES:
        return repaired
    last = _edited(after, resolved)
    if is_escaped and _has_edits(_without_mojibake(_after(after, last), rules)):
        return repaired  # a text is repaired whole or left
    return {**repaired, **_in_turn(texts, {n: repaired[n] for n in resolved if n in repaired}, last)}


def _edited(texts: Sequence[str], edits: Mapping[int, Sequence[Edit]]) -> Found:
    """The texts that have edits, with them made."""
    made = ((number, replay(texts[number], own)) for number, own in edits.items())
    return {number: Repaired(text, tuple(edits[number]), damage_of(text)) for number, text in made}


def _without_mojibake(texts: Sequence[str], rules: Rules) -> Found:
    """The texts without mojibake. A page that still changes after `MAX_PASSES` stays as it is."""
    work = Work()
    repaired, is_whole = _settled(texts, rules, work)
    for _ in range(MAX_PASSES):
        if is_whole:
            return repaired
        # Texts that were taken back stand beside others that were repaired, and may be judged otherwise now.
        last, is_whole = _settled(_after(texts, repaired), rules, work)
        is_whole = is_whole or not _has_edits(last)
        repaired = _in_turn(texts, repaired, last)
    return _damaged(texts, "\n".join(texts))


def _settled(texts: Sequence[str], rules: Rules, work: Work) -> tuple[Found, bool]:
    """The texts, repaired again until nothing changes, and whether no repair was taken back (`_is_whole`)."""
    repaired, is_last = _repaired_once(texts, rules, work)
    for _ in range(MAX_PASSES):
        if is_last:
            kept, is_whole = dict(repaired), True
            for number, result in repaired.items():
                if result.edits and not _is_whole(result, model_of(rules)):
                    kept[number] = Repaired(texts[number], (), (*damage_of(texts[number]), LOST))
                    is_whole = False
            return kept, is_whole
        last, is_last = _repaired_once(_after(texts, repaired), rules, work)
        repaired = _in_turn(texts, repaired, last)
    return _damaged(texts, "\n".join(texts)), True


def _has_edits(found: Found) -> bool:
    return any(repaired.edits for repaired in found.values())


def _after(texts: Sequence[str], found: Found) -> list[str]:
    """The texts as they are after a repair."""
    after = list(texts)
    for number, repaired in found.items():
        after[number] = repaired.text
    return after


def _is_whole(repaired: Repaired, model: PairModel) -> bool:
    """Whether nothing is left of UTF-8 that was read with a multi-byte codec. Where it is repaired in parts only, the text
    stays as it was: the parts of such damage do not keep to its characters, so that nobody could read what is left."""
    codecs = {codec for edit in repaired.edits for codec in edit.rule.split(", then ")}
    if codecs.isdisjoint(MULTI_BYTE):
        return True
    after = repaired.text
    left = (after[at : at + 2] for at in unclean_pairs(model, after))
    return "\ufffd" not in after and not any(script(char) in CJK_SCRIPTS for pair in left for char in pair)


def _in_turn(texts: Sequence[str], first: Found, second: Found) -> Found:
    """Two repairs of texts as one. Lost bytes that the first has found stay noted."""
    found = dict(second)
    for number, early in first.items():
        late = second.get(number) or Repaired(early.text, (), damage_of(early.text))
        edits = one_after_another(texts[number], early.edits, late.edits)
        lost = (LOST,) if LOST in early.damage and LOST not in late.damage else ()
        found[number] = Repaired(late.text, edits, late.damage + lost)
    return found


def _repaired_once(texts: Sequence[str], rules: Rules, work: Work) -> tuple[Found, bool]:
    """The texts after one pass, and whether another pass would find nothing. Most texts are clean, and are told by their pairs of
    characters alone."""
    page = unescaped("\n".join(texts))
    if page.text.isascii():
        return _damaged(texts, page.text), True
    model, grams = model_of(rules), gram_model_of(rules)
    positions = suspects(model, page.text)
    if positions and not page.ends and len(positions) <= MAX_SUSPECTS:
        from newsarchive.core.encoding.usual import usual_changes

        if usual := usual_changes(page.text, positions, model, grams):
            if not usual.has_left:
                positions = ()
            near = windows(page.text, positions)
            found = _repaired_page(texts, page, positions, Repairs(usual.changes), near, model, grams)
            is_all = usual.is_settled and sum([len(r.edits) for r in found.values()]) == len(usual.changes)
            return found, is_all and not _may_be_damaged("\n".join(_after(texts, found)), grams)
    if positions and (spaced := with_no_break_spaces(page.text, positions)) != page.text:
        page = replace(page, text=spaced)
        positions = suspects(model, page.text)
    if len(positions) > MAX_SUSPECTS:
        return _left(texts, page, positions), True
    if not positions and not _may_be_damaged(page.text, grams):
        return _damaged(texts, page.text), True
    from newsarchive.core.encoding.voting import changes_of

    near = windows(page.text, positions)
    repairs = changes_of(page.text, model, grams, positions, near, work)
    if not repairs.changes and may_be_sibling(page.text, grams, positions):
        repairs = Repairs(sibling_changes(page.text, model, grams), repairs.lost)
    found = _repaired_page(texts, page, positions, repairs, near, model, grams)
    return found, not _has_edits(found)


def _may_be_damaged(text: str, grams: GramModel) -> bool:
    """Whether a text may have damage in which no two characters look wrong."""
    return may_be_interpunct(text) or may_be_lone_letter(text) or may_be_sibling(text, grams, ())


def _damaged(texts: Sequence[str], page: str) -> Found:
    """The texts that have damage beyond repair, as they are; `page` are all of them together."""
    # Two characters are looked for 80 times as slowly as one.
    if "\ufffd" not in page and ("?" not in page or "??" not in page):
        return {}
    damages = ((number, damage_of(text)) for number, text in enumerate(texts))
    return {number: Repaired(texts[number], (), damage) for number, damage in damages if damage}


def _left(texts: Sequence[str], page: Unescaped, positions: Sequence[int]) -> Found:
    """The texts as they are; those that are damaged say so."""
    import numpy as np

    starts = _starts(texts)
    found = _damaged(texts, page.text)
    for number in np.unique(np.searchsorted(starts, page.originals(positions), side="right") - 1).tolist():
        found[number] = Repaired(texts[number], (), (*damage_of(texts[number]), TOO_MUCH))
    return found


def _starts(texts: Iterable[str]) -> list[int]:
    """Where each text begins on the page, and where the next one would."""
    return list(accumulate((len(text) + 1 for text in texts), initial=0))


def _repaired_page(
    texts: Sequence[str],
    page: Unescaped,
    positions: Sequence[int],
    repairs: Repairs,
    near: Sequence[Window],
    model: PairModel,
    grams: GramModel,
) -> Found:
    """The texts with these repairs, and others that are looked for at these positions of the page.

    Chinese dots, controls, and signs of lost characters are looked for after UTF-8 and legacy text that were read with a wrong codec.
    What no codec explains is shown to ftfy, text by text.
    """
    from newsarchive.core.encoding.ftfy_fallback import is_asked, second_opinion

    text = page.text
    repairs = folded_letter_changes(text, repairs, model, grams)
    if may_be_interpunct(text):
        repairs = repairs.with_more(interpunct_changes(text, grams))
    left = repairs.uncovered(positions)
    if not repairs.lost and (controls := control_changes(text, left, model)):
        repairs = repairs.with_more(controls)
    if left and (replacements := list(replacement_changes(text, left, model))):
        repairs = repairs.with_more(replacements)
    if (
        not repairs.changes
        and not repairs.lost
        and (letters := list(lone_letter_changes(text, model, grams)))
    ):
        repairs = repairs.with_more(letters)

    shown = shown_changes(text, repairs.changes)
    if shown:
        kept = {change.start for change in shown}
        repairs = Repairs([change for change in repairs.changes if change.start not in kept], repairs.lost)
    if len(repairs.changes) > MAX_CHANGES:
        return _left(texts, page, [change.start for change in repairs.changes])
    edits: dict[int, list[Edit]] = {}
    starts = _starts(texts) if repairs.changes or repairs.lost or shown else [0]
    for start, end, reading in repairs.changes:
        if page.ends:
            start, end = page.original(start), page.original(end)
        number = bisect_right(starts, start) - 1
        start, end = start - starts[number], end - starts[number]
        _, _, after, rule, gain, inner = reading
        if inner:
            rule = ", then ".join((rule, *inner))
        edit = Edit("repair", rule, texts[number][start:end], after, "", start, round(gain, 1))
        edits.setdefault(number, []).append(edit)
    lost = {bisect_right(starts, page.original(place)) - 1 for place in repairs.lost}
    about = {bisect_right(starts, page.original(change.start)) - 1 for change in shown}
    if len(edits.keys() | lost) < len(texts) and is_asked(near):
        for number, own in enumerate(texts):
            is_unexplained = not own.isascii() and not any(number in known for known in (edits, lost, about))
            if is_unexplained and (opinion := list(second_opinion(own, model, grams))):
                edits[number] = opinion
    found = _damaged(texts, page.text)
    for number in sorted(edits.keys() | lost):
        after = replay(texts[number], edits[number]) if number in edits else texts[number]
        damage = damage_of(after) + ((LOST,) if number in lost else ())
        found[number] = Repaired(after, tuple(edits.get(number, ())), damage)
    return found


#: Nats that U+FFFD must be likelier than what it was read as. Measured: 9.6 for `яПН`, 18 and more for all that is no text.
MIN_REPLACEMENT_NATS = 12.0


class _Misread(NamedTuple):
    """U+FFFD, which stands for a lost character, as UTF-8 read with a single-byte codec: the text, the codec, what U+FFFD gains in
    nats, and two neighbours in the text that clean text does not have."""

    text: str
    codec: str
    gain: float
    pair: str


@lru_cache(maxsize=4)
def _misread_replacements(model: PairModel) -> tuple[_Misread, ...]:
    raw, cost = "\ufffd".encode(), model.cost("\n\ufffd\n")
    names = {codec.to_text(raw): codec.name for codec in reversed(charsets())}
    pairs = {
        text: text[at : at + 2] for text in names if "\ufffd" not in text for at in unclean_pairs(model, text)
    }
    found = (_Misread(text, names[text], model.cost(f"\n{text}\n") - cost, pairs[text]) for text in pairs)
    return tuple(misread for misread in found if misread.gain > MIN_REPLACEMENT_NATS)


def replacement_changes(text: str, positions: Sequence[int], model: PairModel) -> Iterator[Change]:
    """Where a text has U+FFFD as UTF-8 read with a wrong codec: `ï¿½`. What was lost there stays lost, and is noted.

    `positions` are the suspicious ones of the text. `яПН` is U+FFFD too, read as iso-8859-5, but may stand in a menu of weekdays.
    """
    suspicious = {text[position : position + 2] for position in positions}
    for misread, name, gain, pair in _misread_replacements(model):
        for match in re.finditer(misread, text) if pair in suspicious else ():
            yield Change(*match.span(), Reading(0, len(misread), "\ufffd", name, gain))


#: Several question marks. A search for a pattern that begins with a character takes a tenth of the time of others.
_QUESTION_MARKS = re.compile(r"\?\?+")
#: Words of question marks, if they begin one; not `What??`.
_QUESTION_WORDS = re.compile(r"(?<!\S)\?{2,}\S?(?:\s+\?{2,})+")
#: A byte in hexadecimal, before or behind question marks: they stand for any byte there, in signatures of programs.
_BYTE_BEFORE = re.compile(r"[0-9A-Fa-f]{2}\s*$")
_BYTE_BEHIND = re.compile(r"\s*[0-9A-Fa-f]{2}(?!\w)")
#: Question marks inside a word, with a letter before and behind them: not `page.php?id=1`, and not between two sentences, as in
#: `真的??我不信` and, by its capital, in `Really??No`.
_INNER_QUESTION_MARKS = compiled.regex(rf"(?<=[^\W\d_{UNSPACED}{HANGUL}])\?{{2,}}[^\W\d_{UNSPACED}{HANGUL}]")


def damage_of(text: str) -> tuple[str, ...]:
    """The damage of a text that is beyond repair: see `Repaired.damage`."""
    found = []
    if "\ufffd" in text:
        found.append("replacement characters")
    if "??" in text and _has_lost_words(text):
        found.append("question marks")
    return tuple(found)


def _has_lost_words(text: str) -> bool:
    """Whether question marks stand for words or letters that were lost, and not for bytes: "4C 8B DC ?? ?? 49 89"."""
    end = 0  # of a row that stands for bytes
    for marks in _QUESTION_MARKS.finditer(text):
        at = marks.start()
        if at < end:
            continue
        if row := _QUESTION_WORDS.match(text, at):
            end = row.end()
            is_of_bytes = _BYTE_BEFORE.search(text, max(0, at - 4), at) or _BYTE_BEHIND.match(text, end)
            if not is_of_bytes or any(mark != "??" for mark in row[0].split()):
                return True
        elif _INNER_QUESTION_MARKS.match(text, at) and not (
            text[at - 1].islower() and text[marks.end()].isupper()
        ):
            return True
    return False


#: C1 controls.
_CONTROLS = frozenset(map(chr, range(0x80, 0xA0)))
#: What may stand beside a control: ASCII, Chinese, Japanese and Korean, the ends of the text. No single-byte codec brings
#: forth Han, kana or Hangul, so that the control is no part of UTF-8 that was read wrongly. Nor is it where a letter of Latin
#: script stands behind it, because such a letter would be a byte that begins the next character.
_BESIDE_CONTROL = r"\x00-\x7f\u3000-\u9fff\uac00-\ud7af\uff00-\uffef"
_CONTROL = compiled.regex(
    rf"[\x80-\x9f](?![^À-\u024f{_BESIDE_CONTROL}])(?:(?<=^.)|(?<=[{_BESIDE_CONTROL}].))", re.DOTALL
)

#: Nats that a character must be likelier than the control: 23 and more where it is right, 5 for `€` behind a word.
MIN_CONTROL_NATS = 12.0


def control_changes(text: str, positions: Sequence[int], model: PairModel) -> Sequence[Change]:
    """C1 controls that stand alone, as the likelier characters of windows-1252: `I\\x92m` is `I’m`.

    No text has such controls, so that each of them is suspicious: `positions` are those of the text. Browsers read the bytes as
    windows-1252 in every page that says ISO-8859-1 (https://encoding.spec.whatwg.org/#names-and-labels).
    """
    decoded, changes = charset("windows-1252").decoded, []
    for at in [0, *[position + 1 for position in positions if text[position + 1] in _CONTROLS]]:
        if not _CONTROL.match(text, at):
            continue
        after = decoded[ord(text[at])]
        if after == "\ufffd":
            continue
        if (gain := model.gain(text, at, at + 1, after)) > MIN_CONTROL_NATS:
            changes.append(Change(at, at + 1, Reading(0, 1, after, "windows-1252 read as iso-8859-1", gain)))
    return changes
