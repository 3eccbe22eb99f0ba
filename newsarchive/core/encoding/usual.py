"""The usual damage of a page, told at once: `Itโ€™s` is `It’s`, and nothing else on the page looks suspicious.

Most damaged pages are in Latin script, and one codec has made all that looks suspicious on them out of whole sequences of UTF-8.
There is nothing to weigh, but `voting` weighs the readings of several codecs and asks the words of the page. `usual_changes` splits
the page at the sequences of the codec that its first suspicious pair comes from, and answers only if

- the sequences come to Latin letters and signs that stand side by side in clean text, without capitals, which would have to be
  looked at more closely, and the damaged letters cannot be a word that is known as it stands;
- all that is suspicious is a part of a sequence or stands beside one, and each sequence has something suspicious;
- what stays on the page has no letters but Latin ones, and nothing that may be a part of a sequence;
- every sequence gains enough, and not all of them may be accidents;
- the other codecs in which something may begin there read the same, or gain far less;
- no line has as much beyond ASCII as legacy text of a multi-byte codec has.

The changes are those of `voting.changes_of`, with the same gains. Nine of ten short pages damaged as the starting post is are told
here, and take half of the time (`docs/benchmarks/encoding.md`). `tests/core/encoding/test_usual.py` compares both ways.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from newsarchive.core.encoding.charsets import Charset, charsets
from newsarchive.core.encoding.folded_spaces import before_folded_spaces, with_no_break_spaces
from newsarchive.core.encoding.legacy import may_prove_codec
from newsarchive.core.encoding.lost_search import leads_of, unexplained
from newsarchive.core.encoding.mojibake import (
    NO_CODECS,
    UTF8,
    Reading,
    RunReadings,
    Utf8,
    codecs_in,
    lead_and_continuation_codecs,
)
from newsarchive.core.encoding.multibyte import MultiByte
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
    codecs_named,
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
    MIN_PAGE_NATS,
    MIN_WEIGHT,
    PRIOR_NATS,
    STRANGE_SCRIPT_NATS,
    differing,
    is_explained,
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


class Usual(NamedTuple):
    """The changes to a page, in order, and whether nothing suspicious is left."""

    changes: list[Change]
    is_clean: bool


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
    if not all(_may_stay(char, model) for char in set(rest)):
        return None
    found = _found(text, parts, positions, codec, rest, model)
    if (
        found
        and not may_prove_codec(text)
        and _is_elected(codec, text, found, parts, model)
        and not _is_left(text, positions, found.changes, rest, codec, model, grams)
    ):
        return Usual(found.changes, found.is_clean)
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
    """Sequences of UTF-8 side by side, as a codec has read them.

    `after` is what they come to, `gain` how much likelier that is, in nats, apart from what stands beside. `is_weak` says that it
    proves nothing by itself. `gone` are the scripts that go, `symbols` those of the first and the last character, before and after.
    """

    after: str
    rule: str
    gain: float
    is_weak: bool
    gone: frozenset[str]
    symbols: Sequence[int]


@lru_cache(maxsize=1 << 13)
def _sequences(codec: Charset, text: str, model: PairModel) -> _Sequences | None:
    """What a match of `_pattern` is; `None` where that is not UTF-8, or nothing usual."""
    try:
        after = codec.to_bytes(text).decode()
    except UnicodeDecodeError:
        return None
    if has_words(text) or plausible_codecs(text)[1] or not CAPITAL_LETTERS.isdisjoint(after):
        return None
    if not model.is_clean(after) or not all(_may_stay(char, model) for char in after):
        return None
    is_letter = len(after) == 1 and after.isalpha()
    is_weak = is_letter or (may_be_doubtful(text, after, False) and is_drawn(text, after, model))
    rule, gain = codec.variant(text), model.cost(text) - model.cost(after)
    gone = scripts_of(text) - scripts_of(after)
    symbols = [model.symbols[char] for char in (text[0], text[-1], after[0], after[-1])]
    return _Sequences(after, rule, gain, is_weak, gone, symbols)


class _Found(NamedTuple):
    """The changes to a page, and whether every run is read as a whole. For `is_clean` see `Usual`."""

    changes: list[Change]
    is_whole: bool
    is_clean: bool


def _found(
    text: str,
    parts: Sequence[str],
    positions: Sequence[int],
    codec: Charset,
    rest: str,
    model: PairModel,
) -> _Found | None:
    """The changes of the sequences of a page, every other one of its parts; `None` where one of them is not usual, or where all
    together prove nothing. `rest` are the characters beyond ASCII that stay."""
    symbols, costs, limits = model.symbols, model.costs, model.limits
    framed, end, seen = f"\n{text}\n", 0, 0
    changes: list[Change] = []
    extras: dict[str, float] = {}
    stays, signs = frozenset(rest), sum([not script(char) for char in rest])
    is_whole = is_clean = True
    is_weak = is_proof = is_asked = False
    for number in range(1, len(parts), 2):
        before = parts[number]
        start = end + len(parts[number - 1])
        end = start + len(before)
        if (own := _sequences(codec, before, model)) is None:
            return None
        run = framed[start : end + 2]
        first, last, after_first, after_last = own.symbols
        row, behind = costs[symbols[run[0]]], symbols[run[-1]]
        left, right = row[after_first], costs[after_last][behind]
        gain = own.gain + (row[first] + costs[last][behind] - left - right) / UNITS_PER_NAT
        fits = left <= limits[after_first] and right <= limits[behind]
        here = bisect_left(positions, end) - bisect_left(positions, start - 1)
        if gain <= 0 or not here or not (fits or len(own.after) == 1):
            return None
        if before not in extras:
            extras[before] = _extra(own, stays, signs, len(text))
        is_alone = run[0] < "\x80" > run[-1]
        is_whole &= is_alone
        is_clean &= fits
        is_weak |= own.is_weak
        is_proof |= gain >= MIN_SURE_NATS and not own.is_weak
        is_asked |= is_alone and here >= MIN_SUSPICIOUS_PAIRS and len(before) <= MAX_SUSPECT_DISTANCE
        seen += here
        gain += extras[before]
        changes.append(Change(start, end, Reading(0, end - start, own.after, own.rule, gain)))
    if seen < len(positions) or not is_asked or (is_weak and not is_proof) or not _are_enough(changes, text):
        return None
    return _Found(changes, is_whole, is_clean)


def _extra(sequences: _Sequences, stays: frozenset[str], signs: int, size: int) -> float:
    """How much likelier a reading is by what else stands on a page of that size, in nats, as `voting` weighs it. `stays` are the
    characters beyond ASCII that stay, Latin letters and signs, and `signs` is how often one of these signs stands on the page."""
    extra = 0.0
    for name in sequences.gone - {"LATIN"}:
        extra = max(extra, strangeness(size, 0 if name else signs))
    known = sum([char in stays for char in sequences.after])
    return extra + min(MAX_KNOWN_CHARACTERS, known) * KNOWN_CHARACTER_NATS


def _are_enough(changes: Sequence[Change], text: str) -> bool:
    """Whether one change gains enough for its codec, every one gains enough or is a sign that does elsewhere, and they are not all the
    same letter."""
    gains = [change.reading.gain for change in changes]
    if max(gains) < MIN_PAGE_NATS:
        return False
    if min(gains) < MIN_SURE_NATS:
        small = [change for change in changes if change.reading.gain < MIN_SURE_NATS]
        sure = {text[c.start : c.end] for c in changes if c.reading.gain >= MIN_SURE_NATS}
        if any(text[c.start : c.end] not in sure or any(map(str.isalpha, c.reading.after)) for c in small):
            return False
    first = changes[0].reading.after
    return not script(first[0]) or any(change.reading.after != first for change in changes)


def _is_elected(codec: Charset, text: str, found: _Found, parts: Sequence[str], model: PairModel) -> bool:
    """Whether `voting` believes the codec, whatever other codecs it asks."""
    own = Utf8(codec)
    if found.is_whole and len(found.changes) <= MAX_SAMPLE_RUNS and _hypotheses(set(parts[1::2])) == (own,):
        return True
    if (runs := _readings(text, found.changes)) is None:
        return False
    cores = [run[1:-1] for run in runs]
    hypotheses = _hypotheses(cores)
    is_previewed = len(hypotheses) > MAX_LONG_HYPOTHESES and sum(map(len, runs)) > MAX_SAMPLE_CHARACTERS
    return (
        not is_previewed
        and (found.is_whole or not any(plausible_codecs(core)[1] for core in cores))
        and (found.is_whole or is_explained(list(runs), runs, model))
        and own in hypotheses
        and all(rival == own or _is_beaten(rival, runs, model) for rival in hypotheses)
    )


def _hypotheses(cores: Collection[str]) -> tuple[Utf8 | MultiByte, ...]:
    """The hypotheses about runs, without what stands beside, which may say something else."""
    codecs = 0
    for core in cores:
        codecs |= codecs_in(core)
    return differing(codecs_named(codecs), "".join(sorted(set("".join(cores)))))


def _is_beaten(rival: Utf8 | MultiByte, runs: RunReadings, model: PairModel) -> bool:
    """Whether another codec gains far less than these readings, whatever else stands on the page and wherever the runs are."""
    lead = 0.0
    for run, readings in runs.items():
        most = _most(rival, run[1:-1], model)
        if most is None:
            others = rival.readings([run], model).get(run, ())
            if [r[:3] for r in others] == [r[:3] for r in readings]:
                lead -= MAX_WEIGHT * MAX_KNOWN_NATS * len(readings)
                continue
            most = sum([max(0.0, r.gain + MAX_EXTRA_NATS) for r in others])
        own = sum([r.gain for r in readings]) - most
        lead += own * (MIN_WEIGHT if own > 0 else MAX_WEIGHT)
    return lead > MIN_LEAD_NATS


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
            found.setdefault(run, []).append(reading._replace(start=at, end=at + end - start))
    return found


def _is_left(
    text: str,
    positions: Sequence[int],
    changes: Sequence[Change],
    rest: str,
    codec: Charset,
    model: PairModel,
    grams: GramModel,
) -> bool:
    """Whether something is left that may be a part of a sequence, or a sequence whose last byte has become a space."""
    ends = {text[change.end - 1] for change in changes}
    if (
        not before_folded_spaces().isdisjoint(ends.union(rest))
        and with_no_break_spaces(text, positions) != text
    ):
        return True
    if leads_of(codec).isdisjoint(rest):
        return False
    letters = Counter(rest + "".join([text[change.start : change.end] for change in changes]))
    return bool(unexplained(text, positions, changes, codec, model, grams, letters).places)
