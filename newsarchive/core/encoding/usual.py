"""The usual damage of a page, told at once: `Itโ€™s` is `It’s`, and nothing else on the page looks suspicious.

Most damaged pages are in Latin script, and one codec has made all that looks suspicious on them out of whole sequences of UTF-8.
There is nothing to weigh, but `voting` weighs the readings of several codecs and asks the words of the page. `usual_changes` splits
the page at the sequences of the codec that its first suspicious pair comes from, and answers only if

- the sequences come to Latin letters and signs, each of them is read as a whole, no capital stands behind a small letter, and the
  damaged letters cannot be a word that is known as it stands;
- all that is suspicious is a part of a sequence, stands beside one, or is a single letter between characters of ASCII;
- what stays on the page has no letters but Latin ones, and nothing that may be a part of a sequence;
- every sequence gains enough, and not all of them may be accidents: a letter proves nothing where it stands alone;
- the other codecs in which something may begin there read the same, or gain far less;
- no line has as much beyond ASCII as legacy text of a multi-byte codec has.

The changes are those of `voting.changes_of`, with the same gains. Most damaged pages in Latin script are told here, and take half of
the time or less (`docs/benchmarks/encoding.md`). `tests/core/encoding/test_usual.py` compares both ways.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from newsarchive.core.encoding.charsets import Charset, charsets
from newsarchive.core.encoding.folded_spaces import before_folded_spaces, with_no_break_spaces
from newsarchive.core.encoding.ftfy_fallback import is_asked
from newsarchive.core.encoding.legacy import may_prove_codec
from newsarchive.core.encoding.lost_search import leads_of, unexplained
from newsarchive.core.encoding.mojibake import (
    NO_CODECS,
    UTF8,
    MultiByte,
    Reading,
    RunReadings,
    Utf8,
    codecs_in,
    lead_and_continuation_codecs,
)
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import UNITS_PER_NAT, PairModel
from newsarchive.core.encoding.proof import (
    CAPITAL_LETTERS,
    MIN_SURE_NATS,
    has_words,
    is_drawn,
    may_be_doubtful,
    writings,
)
from newsarchive.core.encoding.runs import (
    MAX_SUSPECT_DISTANCE,
    MIN_SUSPICIOUS_PAIRS,
    Change,
    Window,
    after_changes,
    codecs_named,
    is_single_byte,
    plausible_codecs,
)
from newsarchive.core.encoding.voting import (
    KNOWN_CHARACTER_NATS,
    MAX_CLOSE_NATS,
    MAX_KNOWN_CHARACTERS,
    MAX_LONG_HYPOTHESES,
    MAX_SAMPLE_CHARACTERS,
    MAX_SAMPLE_RUNS,
    MAX_WEIGHT,
    MIN_LONE_LETTER_NATS,
    MIN_PAGE_NATS,
    MIN_WEIGHT,
    PRIOR_NATS,
    STRANGE_SCRIPT_NATS,
    differing,
    is_explained,
    is_legacy,
    scripts_of,
    strangeness,
)
from newsarchive.core.text.scripts import is_allowed, script

#: Nats by which the codec must lead, so that neither words nor the bonus of another codec could make up for it.
MIN_LEAD_NATS = MAX_CLOSE_NATS + max(PRIOR_NATS.values())
#: Nats. The characters that the rest of a page has make a reading likelier by this much at most.
MAX_KNOWN_NATS = MAX_KNOWN_CHARACTERS * KNOWN_CHARACTER_NATS
#: Nats. All that stands on a page makes a reading likelier by this much at most.
MAX_EXTRA_NATS = MAX_KNOWN_NATS + STRANGE_SCRIPT_NATS

_ASCII = bytes(range(0x80))
#: What makes a picture of a sign: it stands behind many emoji, and counts as a letter of no script.
_PICTURED = "\ufe0f"
#: A sign of ordinal numbers behind a letter.
_ORDINAL = re.compile(r"(?<=[^\W\d_])[ªº]")
#: A capital behind a small letter.
_BEHIND_SMALL = re.compile(f"[a-zß-öø-ÿ][{''.join(CAPITAL_LETTERS)}]")


class Usual(NamedTuple):
    """The changes to a page, in order, whether letters stay that look suspicious, and whether nothing is left that another look would
    have to weigh."""

    changes: list[Change]
    has_left: bool
    is_settled: bool


def usual_changes(text: str, positions: Sequence[int], model: PairModel, grams: GramModel) -> Usual | None:
    """The changes to a page whose damage is usual; `None` for every other page. `positions` are the page's `suspects`."""
    codecs = lead_and_continuation_codecs()
    for at in positions:  # most clean pages with a suspicious pair end here
        if bits := codecs.get(text[at], NO_CODECS)[0] & codecs.get(text[at + 1], NO_CODECS)[1]:
            break
    else:
        return None
    codec = charsets()[(bits & -bits).bit_length() - 1]  # the first of them
    parts = _pattern(codec).split(text)  # what stays, sequences, what stays, …
    kept = "".join(parts[::2]).encode("utf-8", "surrogatepass").translate(None, _ASCII)
    rest = kept.decode("utf-8", "surrogatepass")
    for char in set(rest):  # a loop takes half as long as `all`, because there are few
        if not _may_stay(char, model):
            return None
    found = _found(text, parts, positions, codec, rest, model)
    if (
        found
        and not may_prove_codec(text)
        and _is_elected(codec, text, found, parts, model)
        and not _is_left(text, positions, found, rest, codec, model, grams)
    ):
        is_settled = (found.is_clean and not found.left) or _is_settled(text, found, rest, model)
        return Usual(found.changes, bool(found.left), is_settled)
    return None


@cache
def _pattern(codec: Charset) -> re.Pattern[str]:
    """Lead bytes with continuation bytes behind them, as the characters that a codec makes of them. A match that is UTF-8 as a whole
    is what `mojibake.UTF8` finds there."""
    leads, continuations = (
        "".join(re.escape(chr(code)) for code, byte in codec.inverse.items() if first <= byte <= last)
        for first, last in ((0xC2, 0xF4), (0x80, 0xBF))
    )
    return re.compile(f"([{leads}][{continuations}]+(?:[{leads}][{continuations}]+)*)")


@lru_cache(maxsize=1 << 13)
def _may_stay(char: str, model: PairModel) -> bool:
    """Whether a character may stand on the page once it is repaired: a Latin letter, or a sign of no script."""
    is_latin = model.scripts[model.symbols[char]] in ("", "LATIN") and script(char) in ("", "LATIN")
    return is_latin and is_allowed(char) and not writings(char) and not plausible_codecs(char)[1]


class _Sequences(NamedTuple):
    """Sequences of UTF-8 side by side, as a codec has read them, whatever stands beside.

    `after` is what they come to, and `gain` how much likelier that is, in nats. `is_clean` says that clean text has it, `is_weak` that
    it proves nothing by itself, `is_letter` that it proves nothing where it stands alone. `gone` are the scripts that
    go, Latin apart, `symbols` those of the first and the last character, before and after.
    """

    after: str
    rule: str
    gain: float
    is_clean: bool
    is_weak: bool
    is_letter: bool
    gone: frozenset[str]
    symbols: Sequence[int]


@lru_cache(maxsize=1 << 13)
def _sequences(codec: Charset, text: str, model: PairModel) -> _Sequences | None:
    """What a match of `_pattern` is; `None` where that is not UTF-8, or nothing usual."""
    try:
        after = codec.to_bytes(text).decode()
    except UnicodeDecodeError:
        return None
    # Letters that may be a word as they stand are no damage. Words that begin with a Latin letter are not looked up: the `Ãº` of
    # `mÃºsica` holds a letter of no script.
    if has_words(_ORDINAL.sub("", text)) or plausible_codecs(text)[1]:
        return None
    if not all(char == _PICTURED or _may_stay(char, model) for char in after):
        return None
    is_letter = len(after) == 1 and after.isalpha()
    is_weak = may_be_doubtful(text, after, False) and is_drawn(text, after, model)
    is_weak |= is_letter and len(model.names[model.symbols[after]]) > 1  # no language has it
    rule, gain = codec.variant(text), model.cost(text) - model.cost(after)
    gone = scripts_of(text) - scripts_of(after) - {"LATIN"}
    symbols = [model.symbols[char] for char in (text[0], text[-1], after[0], after[-1])]
    return _Sequences(after, rule, gain, model.is_clean(after), is_weak, is_letter, gone, symbols)


def _whole_gain(codec: Charset, run: str, model: PairModel) -> float | None:
    """What sequences gain that clean text does not have between these two characters; `None` where they are not read as a whole."""
    readings = Utf8(codec).of(run, model)
    is_whole = len(readings) == 1 and readings[0].end - readings[0].start == len(run) - 2
    return readings[0].gain if is_whole and not readings[0].inner else None


class _Found(NamedTuple):
    """The changes to a page, and what the election needs of them.

    `voting` are the changes of suspicious runs, `left` the runs that stay although they look suspicious, in order. `cost` is what it
    costs to bring in a script (`voting.gain_of`), and `unsure` what a run may gain less in the election, in nats. `is_whole` says that
    every run that changes is read as a whole, `is_clean` that clean text has all changes where they are, and `is_foreign` that the others
    bring characters which no single-byte codec has, between characters of ASCII.
    """

    changes: list[Change]
    voting: list[Change]
    left: list[str]
    cost: float
    unsure: float
    is_whole: bool
    is_clean: bool
    is_foreign: bool


def _found(
    text: str, parts: Sequence[str], positions: Sequence[int], codec: Charset, rest: str, model: PairModel
) -> _Found | None:
    """The changes of the sequences of a page, every other one of its parts; `None` where one of them is not usual, or where all
    together prove nothing. `rest` are the characters beyond ASCII that stay."""
    symbols, costs, limits = model.symbols, model.costs, model.limits
    framed, end, seen = f"\n{text}\n", 0, 0
    changes: list[Change] = []
    voting: list[Change] = []
    left: list[int] = []
    extras: dict[str, float] = {}
    stays, signs = frozenset(rest), sum([not script(char) for char in rest])
    is_whole = is_clean = is_foreign = True
    is_weak = is_proof = is_asked = has_capital = has_picture = False
    for number in range(1, len(parts), 2):
        before = parts[number]
        start = end + len(parts[number - 1])
        end = start + len(before)
        if (own := _sequences(codec, before, model)) is None:
            return None
        after, rule, gain, fits, is_own_weak, is_letter, gone, (first, last, after_first, after_last) = own
        run = framed[start : end + 2]
        row, behind = costs[symbols[run[0]]], symbols[run[-1]]
        left_cost, right_cost = row[after_first], costs[after_last][behind]
        gain += (row[first] + costs[last][behind] - left_cost - right_cost) / UNITS_PER_NAT
        fits = fits and gain > 0 and left_cost <= limits[after_first] and right_cost <= limits[behind]
        if not fits:
            if (whole := _whole_gain(codec, run, model)) is None:
                return None
            gain = whole
        if is_letter and not (run[0].isalpha() or run[-1].isalpha()):
            is_own_weak = True
        while seen < len(positions) and positions[seen] < start - 1:
            left.append(positions[seen])
            seen += 1
        here = -seen
        seen = bisect_left(positions, end, seen)
        here += seen
        if (extra := extras.get(before)) is None:
            extra = extras[before] = _extra(after, gone, stays, signs, len(text))
            has_capital |= not CAPITAL_LETTERS.isdisjoint(after)
            has_picture |= _PICTURED in after
        if has_capital and _BEHIND_SMALL.search(run[0] + after):
            return None
        is_alone = run[0] < "\x80" > run[-1]
        is_whole &= is_alone
        if not fits:
            is_clean = False
            is_foreign &= is_alone and lead_and_continuation_codecs().keys().isdisjoint(after)
        is_weak |= is_own_weak
        changes.append(change := Change(start, end, Reading(0, end - start, after, rule, gain + extra)))
        if here:
            voting.append(change)
            is_proof |= gain >= MIN_SURE_NATS and not is_own_weak
            is_asked |= is_alone and here >= MIN_SUSPICIOUS_PAIRS and len(before) <= MAX_SUSPECT_DISTANCE
    left += positions[seen:]
    # Where some runs have no vote, their letters are strange ones that stand elsewhere on the page as long as the others vote.
    is_quiet = len(voting) < len(changes)
    cost, unsure = STRANGE_SCRIPT_NATS * has_picture, STRANGE_SCRIPT_NATS * is_quiet
    if not is_asked or (is_weak and not is_proof) or not _are_enough(changes, voting, cost + unsure, text):
        return None
    if (is_quiet or has_picture) and not is_whole:
        return None
    if has_capital and not CAPITAL_LETTERS.isdisjoint(rest):
        return None
    if (runs := _lone_letters(framed, left)) is None:
        return None
    return _Found(changes, voting, runs, cost, unsure, is_whole, is_clean, is_foreign)


def _lone_letters(framed: str, positions: Iterable[int]) -> list[str] | None:
    """The runs at suspicious positions, in the order of the text; `None` where one of them has several characters."""
    runs: dict[int, str] = {}
    for position in positions:
        at = position if framed[position + 1] > "\x7f" else position + 1
        runs[at] = run = framed[at : at + 3]
        if not run[0] < "\x80" < run[1] or run[2] > "\x7f":
            return None
    return list(runs.values())


def _extra(after: str, gone: frozenset[str], stays: frozenset[str], signs: int, size: int) -> float:
    """How much likelier a reading is by what else stands on a page of that size, in nats, as `voting` weighs it. `stays` are the
    characters beyond ASCII that stay, Latin letters and signs, and `signs` is how often one of these signs stands on the page."""
    extra = 0.0
    for name in gone:
        extra = max(extra, strangeness(size, 0 if name else signs))
    known = sum(map(stays.__contains__, after))
    return extra + min(MAX_KNOWN_CHARACTERS, known) * KNOWN_CHARACTER_NATS


def _are_enough(changes: Sequence[Change], voting: Sequence[Change], cost: float, text: str) -> bool:
    """Whether a change of a suspicious run gains enough for its codec at that cost, every change gains enough or is a sign that does
    elsewhere, and they are not all the same letter, which gains little."""
    gains = [change.reading.gain for change in changes]
    if max([change.reading.gain for change in voting]) < MIN_PAGE_NATS + cost:
        return False
    if min(gains) < MIN_SURE_NATS:
        small = [change for change in changes if change.reading.gain < MIN_SURE_NATS]
        sure = {text[c.start : c.end] for c in changes if c.reading.gain >= MIN_SURE_NATS}
        if any(text[c.start : c.end] not in sure or any(map(str.isalpha, c.reading.after)) for c in small):
            return False
    first = changes[0].reading.after
    return (
        not script(first[0])
        or max(gains) >= MIN_LONE_LETTER_NATS
        or any(change.reading.after != first for change in changes)
    )


def _is_elected(codec: Charset, text: str, found: _Found, parts: Sequence[str], model: PairModel) -> bool:
    """Whether `voting` believes the codec, whatever other codecs it asks."""
    own, is_whole = Utf8(codec), found.is_whole and not found.left
    hypotheses = _hypotheses(set(parts[1::2])) if found.is_whole else ()
    if is_whole and len(found.changes) <= MAX_SAMPLE_RUNS and hypotheses == (own,):
        return True
    if (runs := _readings(text, found.voting)) is None:
        return False
    same: dict[str, list[str]] = {}  # the runs that differ in what stands beside them alone
    for run in runs:
        same.setdefault(run[1:-1], []).append(run)
    hypotheses = hypotheses or _hypotheses(same)
    sample, left = list(runs), list(dict.fromkeys(found.left))
    if left:
        sample = sorted([*sample, *left], key=f"\n{text}\n".find)
    is_previewed = len(hypotheses) > MAX_LONG_HYPOTHESES and sum(map(len, sample)) > MAX_SAMPLE_CHARACTERS
    if (
        is_previewed
        or own not in hypotheses
        or len(sample) > MAX_SAMPLE_RUNS
        or not (found.is_whole or not any(plausible_codecs(core)[1] for core in same))
        or not (is_whole or is_explained(sample, runs, model))
        or is_legacy(list(filter(is_single_byte, left)), model)
    ):
        return False
    cores = list(_cores(same, runs, codec, found))
    least = MIN_LEAD_NATS + found.cost
    return all(rival == own or _lead(rival, cores, runs, model) > least for rival in hypotheses)


def _hypotheses(cores: Collection[str]) -> tuple[Utf8 | MultiByte, ...]:
    """The hypotheses about runs, without what stands beside, which may say something else."""
    codecs = 0
    for core in cores:
        codecs |= codecs_in(core)
    return differing(codecs_named(codecs), "".join(sorted(set("".join(cores)))))


class _Core(NamedTuple):
    """Runs that are the same apart from what stands beside, their bytes in the codec, and what each gains at least, in nats. `advantage`
    is how much likelier the same readings may be for another codec, which leaves other characters on the page as they are."""

    text: str
    raw: bytes
    runs: list[str]
    gains: list[float]
    advantage: float


def _cores(
    same: Mapping[str, list[str]], runs: RunReadings, codec: Charset, found: _Found
) -> Iterator[_Core]:
    damage = set("".join(same))
    for text, some in same.items():
        gains = [sum([r.gain - found.unsure for r in runs[run]]) for run in some]
        if found.is_whole:  # another codec leaves characters of the damage alone
            known = [sum(map(damage.__contains__, r.after)) for r in runs[some[0]]]
        else:
            known = [MAX_KNOWN_CHARACTERS] * len(runs[some[0]])
        nats = KNOWN_CHARACTER_NATS * sum([min(MAX_KNOWN_CHARACTERS, number) for number in known])
        yield _Core(text, codec.to_bytes(text), some, gains, MAX_WEIGHT * nats)


def _lead(rival: Utf8 | MultiByte, cores: Iterable[_Core], runs: RunReadings, model: PairModel) -> float:
    """How much less than these readings another codec gains at least, in nats, whatever else stands on the page and wherever the runs
    are."""
    lead = 0.0
    for core, raw, some, gains, advantage in cores:
        if isinstance(rival, Utf8) and rival.charset.to_bytes(core) == raw:
            lead -= len(some) * advantage
        elif (most := _most(rival, core, model)) is not None:
            lead += sum([_weighed(own - most) for own in gains])
        else:
            for run, own in zip(some, gains, strict=True):
                others = rival.readings([run], model).get(run, ())
                if [r[:3] for r in others] == [r[:3] for r in runs[run]]:
                    lead -= advantage
                else:
                    lead += _weighed(own - sum([max(0.0, r.gain + MAX_EXTRA_NATS) for r in others]))
    return lead


def _weighed(lead: float) -> float:
    """The lead in a run, in nats, at the weight that is worst for it."""
    return lead * (MIN_WEIGHT if lead > 0 else MAX_WEIGHT)


@lru_cache(maxsize=1 << 13)
def _most(rival: Utf8 | MultiByte, core: str, model: PairModel) -> float | None:
    """What another codec gains in a run at most, whatever stands beside, in nats; `None` where it may have other readings than one
    character behind another one."""
    if not isinstance(rival, Utf8):
        return None
    matches = list(UTF8.finditer(rival.charset.to_bytes(core)))
    if not matches:
        return 0.0
    start, end = matches[0].span()
    after = matches[0][0].decode()
    if not start or len(matches) > 1 or len(after) > 1:
        return None
    gain = model.cost(core[start - 1 : end]) - model.cost(core[start - 1] + after)
    before, now = (model.costs[model.symbols[char]] for char in (core[end - 1], after))
    behind = map(model.symbols.__getitem__, core[end : end + 1]) if end < len(core) else range(len(before))
    gain += max(before[symbol] - now[symbol] for symbol in behind) / UNITS_PER_NAT
    return max(0.0, gain + MAX_EXTRA_NATS)


def _readings(text: str, changes: Sequence[Change]) -> RunReadings | None:
    """Run → what the changes, which are in order, read in it; `None` for more runs than `voting` takes as a sample. A run that stands in
    several places has the same readings in all of them."""
    found: RunReadings = {}
    places: dict[str, int] = {}
    framed, first, last, run = f"\n{text}\n", 0, 0, ""
    for start, end, reading in changes:
        if end + 2 > last:  # the first change of its run
            first, last = start, end + 2
            while framed[first] > "\x7f":
                first -= 1
            while framed[last - 1] > "\x7f":
                last += 1
            run = framed[first:last]
            if len(found) == MAX_SAMPLE_RUNS and run not in found:
                return None
        if places.setdefault(run, first) == first:
            at = start + 1 - first
            own = Reading(at, at + end - start, reading.after, reading.rule, reading.gain)
            found.setdefault(run, []).append(own)
    return found


def _is_left(
    text: str,
    positions: Sequence[int],
    found: _Found,
    rest: str,
    codec: Charset,
    model: PairModel,
    grams: GramModel,
) -> bool:
    """Whether something is left that may be a part of a sequence, or a sequence whose last byte has become a space."""
    changes = found.changes
    ends = {text[change.end - 1] for change in changes}
    if (
        not before_folded_spaces().isdisjoint(ends.union(rest))
        and with_no_break_spaces(text, positions) != text
    ):
        return True
    if not found.left and leads_of(codec).isdisjoint(rest):
        return False
    letters = Counter(rest + "".join([text[change.start : change.end] for change in changes]))
    return bool(unexplained(text, positions, changes, codec, model, grams, letters).places)


def _is_settled(text: str, found: _Found, rest: str, model: PairModel) -> bool:
    """Whether all that looks suspicious once the changes are made are single letters and characters of no codec, such as emoji, so that
    another look would find nothing."""
    afters = "".join([change.reading.after for change in found.changes])
    return (
        found.is_foreign
        and before_folded_spaces().isdisjoint(rest + afters)
        and not is_legacy(list(filter(is_single_byte, found.left)), model)
        and not is_asked(Window(run, 1, run) for run in found.left)
        and not may_prove_codec(after_changes(text, 0, len(text), found.changes))
    )
