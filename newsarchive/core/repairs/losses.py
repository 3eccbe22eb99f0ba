"""Where bytes were lost: what can be told is filled, what cannot is left whole.

A sentence of which some bytes are beyond guessing stays as it was published, in every letter: text
that is repaired in half cannot be told from text that was written so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from newsarchive.core.charsets import Charset
from newsarchive.core.repairs.grams import GramModel
from newsarchive.core.repairs.lost import JOINED, Lossy, Mended, lossy
from newsarchive.core.repairs.pairs import PairModel
from newsarchive.core.repairs.quotes import torn_marks
from newsarchive.core.repairs.runs import Change, Repairs, Runs, is_inside, placed, start_of
from newsarchive.core.repairs.sentences import sentence_ends
from newsarchive.core.repairs.stops import torn_stops
from newsarchive.core.repairs.torn import (
    firsts_of,
    heads_of,
    keeps_undefined,
    left_of,
    own_letters,
    unchanged,
)
from newsarchive.core.text.scripts import script

#: What a run must gain by its guesses, in nats.
GAIN = 2.0
#: A run is left as it is if some guess in it is wrong with this probability.
RISK = 0.15
#: Guesses that are wrong with less probability tell what letters a page has.
SURE = 0.05
#: Pages with so many characters in torn runs are not guessed at: each takes a fifth of a millisecond.
MOST = 60_000
#: So many torn runs are asked how lost bytes are spelled.
SAMPLE = 12


def with_lost(
    text: str,
    changes: list[Change],
    places: Sequence[int],
    charset: Charset,
    model: PairModel,
    grams: GramModel,
) -> Repairs:
    """The changes, those where bytes are lost among them, as the runs at these places can be mended.

    Only for a codec already believed: a lone `×` may be anything (measured on 396 real pages, one in
    twelve of which a guess without a vote made worse).
    """
    runs = Runs(text, JOINED)
    spaced = [change for change in changes if " " in text[change.start : change.end]]
    suspect = runs.suspect([*places, *(change.start for change in spaced)])
    if sum(map(len, suspect)) > MOST:
        return Repairs(changes, sorted(places))
    firsts = firsts_of(text, changes, charset)
    heads = heads_of(text, changes, charset, firsts, grams)
    blank = _blank(text, changes, charset, heads, grams)
    marked = [replace(way, marks=_marks_of(text, changes, way, runs)) for way in lossy(text, blank)]
    best, tried, gain = _best(marked, suspect[:SAMPLE], model, grams)
    left = set(left_of(text, changes, charset, firsts, heads))
    if gain < GAIN and not left:
        return Repairs(changes)
    mended = tried | {run: best.mended(run, model, grams) for run in suspect[SAMPLE:]}
    taught = replace(best, letters=_letters(text, changes, heads, mended))
    mended |= {run: taught.mended(run, model, grams) for run, m in mended.items() if m.risk > SURE}
    certain = set(runs.suspect(left if changes else places))
    good = {run: list(m.readings) for run, m in mended.items() if _is_good(m, run in certain)}
    guessed = placed(good, runs)
    certain |= {run for run in mended if not mended[run].readings and _begins(run, best, model)}
    broken = _broken({run: m for run, m in mended.items() if run not in good}, certain, runs, changes)
    kept = [c for c in changes if not is_inside(guessed, c.start, c.end)]
    if not best.spelling:  # the space that was read as a byte may be one behind a byte that is gone
        left |= {change.start for change in spaced}
        kept = [c for c in kept if c not in spaced]
    left |= _left_behind(text, sorted([*kept, *guessed], key=start_of), charset, grams)
    broken += [place for place in left if not is_inside(guessed, place, place + 1)]
    return _whole(text, changes, [*kept, *guessed], sorted(set(broken)))


def _blank(
    text: str, changes: Sequence[Change], charset: Charset, heads: frozenset[str], grams: GramModel
) -> Lossy:
    """A reader of lost bytes that knows the page's letters, and not how these bytes are spelled."""
    letters = {c for c in unchanged(text, changes)[0] if c > "\x7f" and script(c)}
    return Lossy(
        charset,
        heads=heads,
        own=own_letters(text, changes, letters - heads, heads, grams),
        scripts=_scripts_of(text, changes),
        kept=keeps_undefined(text, changes, charset),
    )


def _best(
    ways: Sequence[Lossy], sample: Sequence[str], model: PairModel, grams: GramModel
) -> tuple[Lossy, dict[str, Mended], float]:
    """The way to spell lost bytes by which a sample of runs gains most, what it makes of them, and that gain in nats."""
    tried = [(way, {run: way.mended(run, model, grams) for run in sample}) for way in ways]
    gains = [sum(max(0.0, m.gain) for m in mended.values()) for _, mended in tried]
    at = max(range(len(ways)), key=gains.__getitem__)
    return *tried[at], gains[at]


def _is_good(mended: Mended, certain: bool) -> bool:
    """Whether the guesses for a run are taken: all of it can be read, without much risk, and that it is torn is
    shown by what it gains, or was certain before."""
    told = mended.gain >= GAIN or (certain and mended.gain >= -GAIN)
    return mended.is_whole and mended.risk < RISK and told


def _whole(text: str, changes: Sequence[Change], repaired: Iterable[Change], broken: list[int]) -> Repairs:
    """The repairs of the sentences that are whole then, and where the others are broken."""
    sentences = [0, *sentence_ends(text, changes), len(text) + 1]
    lost = {bisect_right(sentences, place) for place in broken}
    whole = [c for c in repaired if bisect_right(sentences, c.start) not in lost]
    return Repairs(sorted(whole, key=start_of), broken)


def _left_behind(text: str, changes: Sequence[Change], charset: Charset, grams: GramModel) -> set[int]:
    """Where first bytes are left that only the guesses tell for ones."""
    firsts = firsts_of(text, changes, charset)
    return set(left_of(text, changes, charset, firsts, heads_of(text, changes, charset, firsts, grams)))


def _marks_of(text: str, changes: list[Change], lossy: Lossy, runs: Runs) -> dict[tuple[str, int], str]:
    """Which mark is torn at which place of a run, where it is the same wherever the run stands."""
    told = torn_marks(text, changes, lossy.charset, lossy.spelling, lambda: _language(text, changes))
    told |= torn_stops(text, changes, lossy.charset, lossy.spelling)
    marks: dict[tuple[str, int], set[str]] = {}
    for start, run in runs.spans if told else ():
        for at in range(1, len(run) - 1):
            if start + at in told:
                marks.setdefault((run, at), set()).add(told[start + at])
    return {place: chars.pop() for place, chars in marks.items() if len(chars) == 1}


def _language(text: str, changes: Sequence[Change]) -> str:
    from newsarchive.core.text.language import detect  # its tables take half a second to load

    return detect(unchanged(text, changes)[1])[0]


def _broken(mended: dict[str, Mended], certain: set[str], runs: Runs, changes: Sequence[Change]) -> list[int]:
    """Where runs are that are damaged and yet cannot be mended: `certain` are those for sure."""
    places = []
    for run, result in mended.items():
        for place in runs.places[run]:
            damaged = run in certain or (result.readings and result.gain >= GAIN)
            if damaged or (not result.is_whole and is_inside(changes, place, place + len(run))):
                places.append(place + 1)
    return sorted(places)


def _begins(run: str, lossy: Lossy, model: PairModel) -> bool:
    """Whether a sequence begins in a run: in two characters that clean text does not have side by side, or in a
    letter of a script that the page does not have."""
    raw = lossy.charset.to_bytes(run)
    firsts = [at for at in range(1, len(run) - 1) if run[at] > "\x7f" and 0xC2 <= raw[at] <= 0xF4]
    places = (at for at in firsts if run[at + 1] > "\x7f" and 0x80 <= raw[at + 1] < 0xC0)
    return any(script(run[at]) not in ("", "LATIN", *lossy.scripts) for at in firsts) or any(
        not model.is_seen(run[at : at + 2]) for at in places
    )


def _letters(
    text: str, changes: Sequence[Change], heads: frozenset[str], mended: dict[str, Mended]
) -> Counter[str]:
    """How often letters stand on the page, in either case: where it is right, and where guesses are sure."""
    letters = Counter(text.lower())
    letters -= Counter("".join([text[c.start : c.end] for c in changes]).lower())
    letters += Counter("".join([c.reading.after for c in changes]).lower())
    letters += Counter("".join([m.guesses for m in mended.values() if m.risk < SURE]).lower())
    return Counter({char: n for char, n in letters.items() if char not in heads and script(char)})


def _scripts_of(text: str, changes: Sequence[Change]) -> frozenset[str]:
    """The scripts of what was read back, and those that most letters of are beside the changes."""
    inside = Counter(map(script, "".join([text[c.start : c.end] for c in changes])))
    own = Counter(map(script, text))
    back = {script(char) for c in changes for char in c.reading.after}
    return frozenset(back | {s for s, number in own.items() if number > 2 * inside[s]})
