"""Decides with which wrong codec a page was read: `â€™` and `Ã¼` on one page are both evidence for windows-1252.

A single run that could be read otherwise is weak evidence, but ten runs that the same codec explains are strong. So the
gains of all runs are summed codec by codec, and the best codec is believed if it gains enough. Each of its runs then
needs little evidence of its own. A codec may explain only a part of the damage; then the rest of the runs votes again.

What else stands on the page makes a reading more or less likely: letters that the rest of the page uses speak for it, a
script that nothing else on the page uses speaks against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import islice
from math import log

from newsarchive.core.encoding.charsets import MULTI_BYTE, charsets
from newsarchive.core.encoding.cjk_punctuation import truncated_punctuation_codec
from newsarchive.core.encoding.legacy import (
    CONTROLS,
    Legacy,
    are_controls,
    are_only_controls,
    changes_by_line,
    is_of_the_page,
    likeliest_pairs,
    multi_byte_legacy_changes,
)
from newsarchive.core.encoding.lost_beam import Work
from newsarchive.core.encoding.lost_search import Unexplained, unexplained, with_lost
from newsarchive.core.encoding.mojibake import MULTI_BYTE_HYPOTHESES, MultiByte, Reading, RunReadings, Utf8
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.proof import (
    MIN_SURE_NATS,
    Proof,
    by_line,
    cost_of_text,
    cost_of_words,
    known_before_and_after,
    known_words,
    makes_inner_capitals,
)
from newsarchive.core.encoding.quotation_marks import truncated_codec
from newsarchive.core.encoding.runs import (
    Change,
    Repairs,
    Runs,
    Window,
    after_changes,
    conceivable_codecs,
    is_single_byte,
    line_around,
    placed,
)
from newsarchive.core.text.scripts import script

#: Nats. The cost of a script that a reading brings to the page, and the greatest bonus of a reading that removes a letter of
#: a script which nothing else on the page uses.
STRANGE_SCRIPT_NATS = 6.0
#: Nats. The bonus of a reading for each of its characters that the rest of the page has.
KNOWN_CHARACTER_NATS = 1.0
#: Characters of a reading that earn this bonus; further ones do not.
MAX_KNOWN_CHARACTERS = 3
#: Nats, summed over the page. A codec that gains less is not believed.
MIN_PAGE_NATS = 12.0
#: The same for a multi-byte codec, unless all words of its readings are known.
MIN_MULTI_BYTE_NATS = 20.0
#: Nats. Where a codec explains only one letter, at one or more places, each reading must gain this.
MIN_LONE_LETTER_NATS = 30.0
#: Weight of a run that stands in one place, when the gains of a page are summed. Each further place adds as much as the first one.
MIN_WEIGHT = 1.125
#: The greatest weight of a run.
MAX_WEIGHT = 1.5
#: Codecs with which parts of one page may have been read; after these no further one is looked for.
MAX_CODECS = 4
#: Suspect runs that vote for a codec; further ones do not.
MAX_SAMPLE_RUNS = 150
#: Characters of the runs that vote. With more of them the codecs are compared by the beginnings of a few runs first.
MAX_SAMPLE_CHARACTERS = 4_000
#: Runs in this comparison; further ones are not read.
MAX_PREVIEWED_RUNS = 40
#: Characters of each of these runs that are read; what follows is not.
MAX_PREVIEWED_RUN_CHARACTERS = 100
#: Codecs that gain most in this comparison, for which all of the runs vote; others are dropped.
MAX_LONG_HYPOTHESES = 5
#: Nats. The bonus of a codec before any evidence: most pages are read with windows-1252.
PRIOR_NATS = {
    "windows-1252": 3.0,
    "iso-8859-1": 2.0,
    "windows-1251": 1.0,
    "windows-1250": 1.0,
    "windows-874": 1.0,
}
#: Share of the cost of the suspect runs that UTF-8 saves. Above it no other hypothesis is tried. Measured: UTF-8 saves 0.68
#: and more; legacy text that happens to be UTF-8 in places saves 0.15 and less.
MIN_EXPLAINED_SHARE = 0.4
#: Nats. Codecs that gain at most this less than the best one are compared by the words of their readings.
MAX_CLOSE_NATS = 12.0
#: Runs that are read for this comparison; further ones are not.
MAX_COMPARED_RUNS = 40
#: Weight of a nat of the cost of words in this comparison, where a nat of gain has 1.
WORD_WEIGHT = 0.5
#: Suspect runs with characters of single-byte codecs only. A page with fewer is not tried as legacy text.
MIN_LEGACY_RUNS = 3
#: Nats a character, over all suspect runs. A page with a lower cost is not tried as legacy text.
MIN_LEGACY_NATS_PER_CHARACTER = 6.0
#: Nats that legacy text must gain above UTF-8, because any text can be read with another legacy codec.
LEGACY_HANDICAP_NATS = 20.0
#: Suspect runs that decide the pair of codecs of legacy text; further ones do not.
MAX_LEGACY_SAMPLE_RUNS = 60
#: Different known words that a reading as legacy text must give. One more is needed where the wrong codec explains only a
#: part of the suspicious text, and one more where the reading changes only one letter.
MIN_LEGACY_KNOWN_WORDS = 2
#: Share of known words in a reading as legacy text. Measured: at least 0.42 in right readings, at most 0.33 in wrong ones.
MIN_LEGACY_KNOWN_SHARE = 0.37
#: Letters of a word in such a reading; a shorter word may be known by accident and does not count.
MIN_LEGACY_WORD_LETTERS = 3
#: Letters of a known word that is no accident; a shorter one may be.
MIN_SPELLED_WORD_LETTERS = 4


_ASCII = frozenset(map(chr, range(0x80)))


#: One way in which a page may have been read wrongly.
Hypothesis = Utf8 | MultiByte | Legacy


class Readers:
    """Gives the readings of hypotheses for the runs of a page. Each hypothesis reads a run once, and the result is kept."""

    def __init__(self, model: PairModel, runs: Runs, proof: Proof) -> None:
        self.model, self.runs, self.proof = model, runs, proof
        self._found: dict[Hypothesis, RunReadings] = {}
        self._weighed: dict[Hypothesis, tuple[RunReadings, RunReadings]] = {}

    def for_page(self, hypothesis: Hypothesis, runs: Sequence[str]) -> RunReadings:
        """The readings of some runs, weighed by what else stands on the page."""
        is_legacy = isinstance(hypothesis, Legacy)
        known = self._found.setdefault(hypothesis, {})
        if new := [run for run in runs if run not in known]:
            own = hypothesis.readings(new, self.model)
            known |= dict.fromkeys(new, _NO_READINGS) | (own if is_legacy else self.proof.of_words(own))
        found = {run: readings for run in runs if (readings := known[run])}
        before, weighed = self._weighed.get(hypothesis, (None, found))
        if found != before:
            proven = found if is_legacy else self.proof.of_page(found, isinstance(hypothesis, MultiByte))
            weighed = _weighed(proven, self.runs)
            self._weighed[hypothesis] = found, weighed
        return weighed


_NO_READINGS: list[Reading] = []


def gain_of(found: RunReadings, runs: Runs) -> float:
    """The gain of a codec over the page, less what it costs to bring in scripts that the page does not use, in nats."""
    gains = [
        max(0.0, sum([r.gain for r in rs])) * min(MAX_WEIGHT, 1 + (MIN_WEIGHT - 1) * len(runs.places[run]))
        for run, rs in found.items()
    ]
    brought = set(map(script, set("".join([r.after for rs in found.values() for r in rs if r.gain > 0]))))
    return sum(gains) - STRANGE_SCRIPT_NATS * sum([not runs.foreign[s] for s in brought - {"", "LATIN"}])


def _weighed(found: RunReadings, runs: Runs) -> RunReadings:
    """The readings with a bonus where they remove a script that nothing else on the page uses, and where they give characters
    that the rest of the page has."""
    extras = _Extras(found, runs)
    return {
        run: [r.likelier(extra) if (extra := extras[run[r.start : r.end], r.after]) else r for r in readings]
        for run, readings in found.items()
    }


class _Extras(dict[tuple[str, str], float]):
    """(before, after) → how much likelier the rest of the page makes that reading, in nats: see `_weighed`."""

    def __init__(self, found: RunReadings, runs: Runs) -> None:
        super().__init__()
        self.found, self.runs = found, runs
        afters = set("".join([r.after for rs in found.values() for r in rs])) & runs.letters.keys()
        self.known = {char for char in afters if runs.letters[char] > self.inside[char]}
        self.strange = {"LATIN": 0.0}

    def __missing__(self, change: tuple[str, str]) -> float:
        before, after = change
        extra = 0.0
        for name in scripts_of(before) - scripts_of(after):
            if name not in self.strange:  # by the letters of the script outside of these readings
                inside = sum([number for char, number in self.inside.items() if script(char) == name])
                size = len(self.runs.framed) - 2
                self.strange[name] = strangeness(size, self.runs.foreign[name] - inside)
            extra = max(extra, self.strange[name])
        if not self.known.isdisjoint(after):
            extra += min(MAX_KNOWN_CHARACTERS, sum(c in self.known for c in after)) * KNOWN_CHARACTER_NATS
        self[change] = extra
        return extra

    @cached_property
    def inside(self) -> Counter[str]:
        """How often each character stands inside of these readings."""
        places = self.runs.places
        parts = [run[r.start : r.end] * len(places[run]) for run, rs in self.found.items() for r in rs]
        return Counter("".join(parts))


def strangeness(size: int, outside: int) -> float:
    """How much likelier the letters of a script are to be damage, in nats. `size` is the number of characters of the page, `outside`
    that of letters of the script which stand elsewhere on it."""
    return min(STRANGE_SCRIPT_NATS, log((1 + size) / (1 + outside)))


@lru_cache(maxsize=1 << 13)
def scripts_of(text: str) -> frozenset[str]:
    """The scripts of the characters of a text, "" for those that are no letters."""
    return frozenset(map(script, text))


def changes_of(
    text: str,
    model: PairModel,
    grams: GramModel,
    positions: Sequence[int],
    near: Sequence[Window],
    work: Work,
) -> Repairs:
    """What to change on a page; nothing on a clean page.

    `positions` are the page's `suspects`, `near` the windows around them. Legacy text of multi-byte codecs is told by whole
    lines, before UTF-8 is looked for, which such text has by accident. Most clean text that looks suspicious is told
    by the windows, before anything is weighed. `work` is what the page may still spend on lost bytes.
    """
    if legacy := multi_byte_legacy_changes(text, positions, model, grams):
        return Repairs(legacy)
    names = conceivable_codecs(near)
    if names:
        # Most clean text in Han characters ends here: some two of them may be UTF-8, but not anything likely.
        cores = dict.fromkeys([window.core for window in near])
        names -= {h.name for h in MULTI_BYTE_HYPOTHESES if h.name in names and not h.gains_in(cores, model)}
    if not names and not is_legacy([window.run for window in near if is_single_byte(window.run)], model):
        return Repairs()
    runs = Runs(text)
    suspect = runs.suspect(positions)
    readers = Readers(model, runs, Proof(runs, grams, model))
    taken: RunReadings = {}
    changes: Sequence[Change] = ()
    for _ in range(MAX_CODECS):
        left = [run for run in suspect if run not in taken]
        believed = elect(left, runs, readers, grams, names) if left else None
        if believed is None:
            break
        some = runs.of_several if isinstance(believed, Utf8) else runs.places
        rest = [run for run in some if run not in taken]
        found = readers.for_page(believed, rest)
        if isinstance(believed, Legacy):
            return Repairs([*changes, *changes_by_line(found, runs, believed.wrong, grams)])
        good = readers.proof.enough(found)
        if not good or _is_unproven_letter(good, runs, grams):
            break
        if makes_inner_capitals(good, runs, grams):
            return Repairs(changes, tuple(change.start for change in placed(good, runs)))
        if isinstance(believed, Utf8):
            good |= readers.proof.of_words(_alike(good, rest, model))
        taken |= good
        changes = placed(taken, runs)
        if not isinstance(believed, Utf8) or believed.inner:
            continue
        lost = unexplained(text, positions, changes, believed.charset, model, grams, runs.letters)
        if lost.places:
            return with_lost(text, changes, lost, believed.charset, model, grams, work)
    single = names.difference(MULTI_BYTE)
    if not changes and (marks := truncated_codec(text, single) or truncated_punctuation_codec(text, single)):
        codec, places = marks
        return with_lost(text, [], Unexplained(places), codec, model, grams, work)
    return Repairs(changes)


def _alike(good: RunReadings, runs: Iterable[str], model: PairModel) -> RunReadings:
    """Readings of the other runs that are the same characters as a run which is read as a whole with certainty: where `sÉ™tir` has
    `ə`, `RÉ™ng` has it too. The evidence is that of both places together."""
    found: RunReadings = {}
    if not (others := [run for run in runs if run not in good]):
        return found
    sure = {
        run[1:-1]: r
        for run, (r, *_) in good.items()
        if r.end - r.start == len(run) - 2 and r.gain >= MIN_SURE_NATS
    }
    for run in others:
        if known := sure.get(run[1:-1]):
            gain = known.gain + model.gain(run, known.start, known.end, known.after)
            if gain > 0:
                found[run] = [known._replace(gain=gain)]
    return found


def _is_unproven_letter(found: RunReadings, runs: Runs, grams: GramModel) -> bool:
    """Whether all that a codec explains is one letter that gains little, and most of its words are unknown or it stands
    beside a lost byte: `\xa0•` may be `ʥ`, but is a list."""
    readings = [r for rs in found.values() for r in rs]
    if len({r.after for r in readings}) != 1 or not script(readings[0].after[0]):
        return False
    if any("\ufffd" in run for run, rs in found.items() if rs):
        return True
    known, words = known_words(found, runs, grams)
    return max(r.gain for r in readings) < MIN_LONE_LETTER_NATS and not 0 < words <= 2 * known


def elect(
    suspect: list[str], runs: Runs, readers: Readers, grams: GramModel, names: frozenset[str]
) -> Hypothesis | None:
    """The hypothesis that explains the suspect runs best; `None` where none is believed.

    UTF-8 is looked for in the codecs with these names. Legacy text is asked only where UTF-8 explains little.
    """
    sample, model = suspect[:MAX_SAMPLE_RUNS], readers.model
    chars = "".join(sorted(set("".join(sample)) - _ASCII))
    hypotheses = differing(names, chars) or (Utf8(charsets()[0]),)
    if len(hypotheses) > MAX_LONG_HYPOTHESES and sum(map(len, sample)) > MAX_SAMPLE_CHARACTERS:
        hypotheses = _likeliest(hypotheses, sample, model)
    found = {h: readers.for_page(h, sample) for h in hypotheses}
    totals = {h: gain_of(found[h], runs) + PRIOR_NATS.get(h.name, 0.0) for h in hypotheses}
    first = _first(totals, found, runs, grams)
    total = totals[first]
    best: Hypothesis = first
    if isinstance(first, Utf8):
        best = Utf8(first.charset, _layers(found[first]))
    least = MIN_PAGE_NATS
    if isinstance(first, MultiByte):
        # Unless all words that it brings forth are known, and none is short: `체ber` is `über`.
        known, words = known_words(found[first], runs, grams)
        long_words = known_words(found[first], runs, grams, min_letters=MIN_SPELLED_WORD_LETTERS)[1]
        least = MIN_PAGE_NATS if known == words == long_words > 0 else MIN_MULTI_BYTE_NATS
    if not is_explained(sample, found[first], model):
        single = [run for run in sample if is_single_byte(run)]
        if is_legacy(single, model) and (legacy := _legacy(single, sample, readers, grams)):
            rival = gain_of(readers.for_page(legacy, sample), runs) - LEGACY_HANDICAP_NATS
            if rival > total:
                best, total, least = legacy, rival, MIN_PAGE_NATS
    return best if total >= least else None


def _likeliest(
    hypotheses: Sequence[Utf8 | MultiByte], sample: Iterable[str], model: PairModel
) -> tuple[Utf8 | MultiByte, ...]:
    """The hypotheses that gain most in the beginnings of the first runs, in the order given."""
    beginnings = [run[:MAX_PREVIEWED_RUN_CHARACTERS] for run in islice(sample, MAX_PREVIEWED_RUNS)]
    gains = {
        h: sum(max(0.0, r.gain) for rs in h.readings(beginnings, model).values() for r in rs)
        for h in hypotheses
    }
    best = sorted(gains, key=gains.__getitem__, reverse=True)[:MAX_LONG_HYPOTHESES]
    return tuple(h for h in hypotheses if h in best)


def is_explained(sample: list[str], found: RunReadings, model: PairModel) -> bool:
    """Whether UTF-8 explains the sample: each run is read as a whole and gains, or the gains are more than
    `MIN_EXPLAINED_SHARE` of what the sample costs."""
    for run in sample:
        readings = found.get(run, ())
        if len(readings) != 1 or readings[0].gain <= 0 or len(run) - 2 != readings[0].end - readings[0].start:
            break
    else:
        return True
    gains = sum(r.gain for rs in found.values() for r in rs if r.gain > 0)
    return gains / model.cost("\n".join(sample)) > MIN_EXPLAINED_SHARE


def is_legacy(single: list[str], model: PairModel) -> bool:
    """Whether runs may be legacy text: there are `MIN_LEGACY_RUNS`, and they are unlikely as a whole, not only here and
    there. Single-byte codecs have all their characters."""
    joined = "\n".join(single[:MAX_SAMPLE_RUNS])
    if len(single) < MIN_LEGACY_RUNS:
        return False
    return model.cost(joined) > MIN_LEGACY_NATS_PER_CHARACTER * len(joined)


def _legacy(single: list[str], sample: Sequence[str], readers: Readers, grams: GramModel) -> Legacy | None:
    """The pair of codecs that legacy text was read with; `None` where neither words nor controls prove it."""
    runs = readers.runs
    close = likeliest_pairs(single[:MAX_LEGACY_SAMPLE_RUNS], readers.model)
    has_controls = are_controls(sample)
    # On nearly all clean pages no pair brings forth words.
    if not close or (not has_controls and not any(_has_words_of(h, sample, readers, grams) for h in close)):
        return None
    if len(close) > 1:
        lines = sorted(
            {line_around(runs.text, runs.places[run][0] + 1) for run in sample[:MAX_COMPARED_RUNS]}
        )
        for h in close:
            changes = placed(readers.for_page(h, list(runs.places)), runs)
            after = "\n".join(after_changes(runs.text, *line, changes) for line in lines)
            close[h] += WORD_WEIGHT * cost_of_text(after, grams)
    legacy = min(close, key=close.__getitem__)
    if _has_words_of(legacy, sample, readers, grams):
        everywhere = readers.for_page(legacy, list(runs.places))
        if is_of_the_page(everywhere, runs, legacy.wrong, grams, sample):
            return legacy
    if not has_controls:
        return None
    everywhere = readers.for_page(legacy, list(runs.places))
    return legacy if are_only_controls(everywhere, runs, grams) else CONTROLS


def _has_words_of(legacy: Legacy, sample: Sequence[str], readers: Readers, grams: GramModel) -> bool:
    """Whether a pair of codecs brings forth enough words in the sample (`_has_words`)."""
    found = readers.for_page(legacy, sample)
    # Languages that the word lists lack have one letter that is read otherwise, all over the page.
    is_one_letter = len({run[r.start : r.end] for run, rs in found.items() for r in rs}) == 1
    is_lacking = any(b"?" in legacy.wrong.to_bytes(run[1:-1]) for run in sample)
    return _has_words(found, readers.runs, grams, MIN_LEGACY_KNOWN_WORDS + is_lacking + is_one_letter)


def _has_words(found: RunReadings, runs: Runs, grams: GramModel, least: int) -> bool:
    """Whether these readings give at least `least` known words, `MIN_LEGACY_KNOWN_SHARE` of all, and no fewer than they
    take away. Any text can be read with another codec, but that gives no words."""
    known, words = known_words(found, runs, grams, min_letters=MIN_LEGACY_WORD_LETTERS)
    if known < least or known < MIN_LEGACY_KNOWN_SHARE * words:
        return False
    sides = known_before_and_after(by_line(placed(found, runs), runs), runs.text, grams)
    return sides.before <= sides.after


def _first(
    totals: Mapping[Utf8 | MultiByte, float],
    found: Mapping[Utf8 | MultiByte, RunReadings],
    runs: Runs,
    grams: GramModel,
) -> Utf8 | MultiByte:
    """The hypothesis that gains most. Among hypotheses that gain about the same it is the one with the likeliest words:
    `mĂĄnader` can be `mánader` and `månader`."""
    best = max(totals.values())
    close = [h for h, total in totals.items() if total > best - MAX_CLOSE_NATS]
    if len(close) == 1:
        return close[0]
    texts = {h: {run: [r.after for r in rs] for run, rs in found[h].items()} for h in close}
    common = set.intersection(*({run for run, rs in found[h].items() if rs} for h in close))
    differing = [run for run in sorted(common) if any(texts[h][run] != texts[close[0]][run] for h in close)]
    compared = differing[:MAX_COMPARED_RUNS]
    return max(close, key=lambda h: totals[h] - WORD_WEIGHT * cost_of_words(found[h], runs, grams, compared))


@lru_cache(maxsize=1 << 10)
def differing(names: frozenset[str], chars: str) -> tuple[Utf8 | MultiByte, ...]:
    """The hypotheses of these codecs. Where several have the same bytes for the characters, the first stands for all."""
    known: set[bytes] = set()
    differing = []
    for name, hypothesis in _hypotheses().items():
        if name not in names:
            continue
        if isinstance(hypothesis, Utf8):
            raw = hypothesis.charset.to_bytes(chars)
            if raw in known:
                continue
            known.add(raw)
        differing.append(hypothesis)
    return tuple(differing)


@cache
def _hypotheses() -> dict[str, Utf8 | MultiByte]:
    """Codec → the hypothesis that UTF-8 was read with it."""
    hypotheses: list[Utf8 | MultiByte] = [*(Utf8(c) for c in charsets()), *MULTI_BYTE_HYPOTHESES]
    return {h.name: h for h in hypotheses}


def _layers(found: RunReadings) -> tuple[str, ...]:
    """The further layers that most of the gain comes from."""
    if not any(r.inner for readings in found.values() for r in readings):
        return ()
    gains = Counter[tuple[str, ...]]()
    for readings in found.values():
        for r in readings:
            gains[r.inner] += max(0, round(r.gain))
    return gains.most_common(1)[0][0] if gains else ()
