"""The page votes: one wrong codec explains its damage, or several in turn.

A single run that could be read otherwise is weak evidence; ten runs that the same codec explains
are strong. So the gains of all runs are summed codec by codec, the best codec is believed if it
gains enough, and then each of its runs needs little by itself.

What hypotheses make of the runs of a page, and what that is worth on this page: every reading is likelier or less
for what else stands there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from math import log
from typing import Protocol

from newsarchive.core.encoding.charsets import MULTI_BYTE, charsets
from newsarchive.core.encoding.cjk_punctuation import torn_stops_codec
from newsarchive.core.encoding.legacy import (
    CONTROLS,
    Legacy,
    are_controls,
    are_only_controls,
    by_line,
    likeliest,
)
from newsarchive.core.encoding.lost_search import torn, with_lost
from newsarchive.core.encoding.mojibake import Found, Reading, Utf8
from newsarchive.core.encoding.multibyte import MultiByte, multi_bytes
from newsarchive.core.encoding.ngram_model import GramModel, compared, cost_of_words, known_words, lines_of
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.proof import Proof
from newsarchive.core.encoding.quotation_marks import torn_codec
from newsarchive.core.encoding.runs import Change, Repairs, Runs, Window, conceivable, is_single_byte, placed
from newsarchive.core.text.scripts import script

#: A letter of a script that the rest of the page does not use may cost this much more, in nats.
STRANGER = 6.0
#: A character that the rest of the page also has is likelier by this, in nats, up to so many.
KNOWN, KNOWN_MOST = 1.0, 3


class Hypothesis(Protocol):
    """One way in which a page may have been read wrongly."""

    def readings(self, runs: Iterable[str], model: PairModel) -> Found: ...


class Readers:
    """What hypotheses make of the runs of a page: each of them reads a run once, however often it is asked."""

    def __init__(self, model: PairModel, runs: Runs, proof: Proof) -> None:
        self.model, self.runs, self.proof = model, runs, proof
        self._found: dict[Hypothesis, dict[str, list[Reading]]] = {}
        self._weighed: dict[Hypothesis, tuple[Found, Found]] = {}

    def for_page(self, hypothesis: Hypothesis, runs: Sequence[str]) -> Found:
        """The readings of some runs as the whole page makes them likelier."""
        found = self.readings(hypothesis, runs)
        before, weighed = self._weighed.get(hypothesis, (None, found))
        if found != before:
            is_legacy = isinstance(hypothesis, Legacy)
            proven = found if is_legacy else self.proof.of_page(found, isinstance(hypothesis, MultiByte))
            weighed = _for_page(proven, self.runs)
            self._weighed[hypothesis] = found, weighed
        return weighed

    def readings(self, hypothesis: Hypothesis, runs: Sequence[str]) -> Found:
        """See `Hypothesis.readings`."""
        known = self._found.setdefault(hypothesis, {})
        if new := [run for run in runs if run not in known]:
            found = hypothesis.readings(new, self.model)
            proven = found if isinstance(hypothesis, Legacy) else self.proof.of_words(found)
            known |= dict.fromkeys(new, _NOTHING) | proven
        return {run: readings for run in runs if (readings := known[run])}


_NOTHING: list[Reading] = []


def gain_of(found: Found, runs: Runs) -> float:
    """The gain of a codec over the page, less what it costs to bring in a script that is not there."""
    gains = [
        max(0.0, sum([r.gain for r in rs])) * min(1.5, 1 + len(runs.places[run]) / 8)
        for run, rs in found.items()
    ]
    brought = {s for rs in found.values() for r in rs if r.gain > 0 for s in scripts_of(r.after)}
    return sum(gains) - STRANGER * sum(not runs.scripts[s] for s in brought - {"", "LATIN"})


def _for_page(found: Found, runs: Runs) -> Found:
    """The readings, likelier where they take a script off the page that nothing else on it uses,
    and where they read as letters that the rest of the page does use."""
    inside = Counter(
        "".join([run[r.start : r.end] * len(runs.places[run]) for run, rs in found.items() for r in rs])
    )
    strange = _Strange(runs, inside)
    afters, letters = set("".join([r.after for rs in found.values() for r in rs])), runs.letters
    known = frozenset([c for c in afters if letters.get(c, 0) > inside.get(c, 0)])
    extras = _Extras(strange, known)
    return {
        run: [r.likelier(extra) if (extra := extras[run[r.start : r.end], r.after]) else r for r in readings]
        for run, readings in found.items()
    }


class _Strange(dict[str, float]):
    """Script → by how much its letters are likelier to be damage, in nats, if those `inside` are."""

    def __init__(self, runs: Runs, inside: Counter[str]) -> None:
        super().__init__({"LATIN": 0.0})
        self.runs, self.inside = runs, inside

    def __missing__(self, name: str) -> float:
        outside = self.runs.foreign[name]
        outside -= sum([number for char, number in self.inside.items() if script(char) == name])
        self[name] = gain = min(STRANGER, log((1 + self.runs.scripts.total()) / (1 + outside)))
        return gain


class _Extras(dict[tuple[str, str], float]):
    """(before, after) → by how much that is likelier, in nats, for what else is on the page: see `_for_page`."""

    def __init__(self, strange: _Strange, known: frozenset[str]) -> None:
        super().__init__()
        self.strange, self.known = strange, known

    def __missing__(self, change: tuple[str, str]) -> float:
        before, after = change
        gone = scripts_of(before) - scripts_of(after)
        extra = max([self.strange[s] for s in gone]) if gone else 0.0
        if not self.known.isdisjoint(after):
            extra += min(KNOWN_MOST, sum(c in self.known for c in after)) * KNOWN
        self[change] = extra
        return extra


@lru_cache(maxsize=1 << 13)
def scripts_of(text: str) -> frozenset[str]:
    """The scripts of the letters of a text, "" for what is none."""
    return frozenset(map(script, text))


#: A codec is believed from this gain on, in nats, summed over the page; one of many bytes from that on.
PAGE, MANY_BYTES = 12.0, 20.0
#: Where a codec explains one letter alone, however often it stands there, that must gain so much.
LONE = 30.0
#: How many codecs one page may have been read with, one after another.
ROUNDS = 4
#: So many suspect runs are asked who is to blame.
SAMPLE = 150
#: What speaks for a codec before anything is seen, in nats: the web is read as windows-1252.
PRIOR = {"windows-1252": 3.0, "iso-8859-1": 2.0, "windows-1251": 1.0, "windows-1250": 1.0, "windows-874": 1.0}
#: Where reading the suspect runs as UTF-8 saves this share of their cost, nothing else is asked.
EXPLAINED = 0.4
#: Codecs that gain no less than this below the best are told by the words they bring forth, of so many
#: runs; what these cost counts so much.
CLOSE, MANY, WORD = 12.0, 40, 0.5
#: Legacy text read as legacy needs so many runs and characters, so much a pair as they stand, and that much more gain.
FEWEST, STRANGE, ODD = 3, 6.0, 20.0
#: So many different words, and such a share of them, must be known in legacy text once it is read right; one more
#: where the wrong codec did not make all that is suspicious, and one where only one letter is read otherwise.
WORDS, WORDED = 2, 0.37
#: A word of so many letters is no accident.
LONG = 4
_MANY = frozenset(MULTI_BYTE)


def changes_of(
    text: str, model: PairModel, grams: GramModel, positions: Sequence[int], near: Sequence[Window]
) -> Repairs:
    """What to change on a page; nothing on a clean one.

    `positions` are its `suspects`, `near` the windows around them: most clean text that looks
    suspicious is told by these, before anything is weighed.
    """
    names = _gaining(conceivable(near), near, model)
    if not names and not _may_be_legacy(near, model):
        return Repairs()
    runs = Runs(text)
    suspect = runs.suspect(positions)
    readers = Readers(model, runs, Proof(runs, grams, model))
    taken: Found = {}
    changes: Sequence[Change] = ()
    for _ in range(ROUNDS):
        left = [run for run in suspect if run not in taken]
        believed = elect(left, runs, readers, grams, names) if left else None
        if believed is None:
            break
        others = [run for run in runs.places if run not in taken]
        found = readers.for_page(believed, others)
        if isinstance(believed, Legacy):
            return Repairs([*changes, *by_line(found, runs, believed.wrong, grams)])
        good = readers.proof.enough(found)
        if _is_lone_letter(good, runs, grams):
            break
        taken |= good
        changes = placed(taken, runs)
        if not isinstance(believed, Utf8) or believed.inner:
            continue
        if rest := torn(text, positions, changes, believed.charset, model, grams):
            return with_lost(text, changes, rest, believed.charset, model, grams)
    single = names - _MANY
    if not changes and (marks := torn_codec(text, single) or torn_stops_codec(text, single)):
        codec, places = marks
        return with_lost(text, [], places, codec, model, grams)
    return Repairs(changes)


def _gaining(names: frozenset[str], near: Sequence[Window], model: PairModel) -> frozenset[str]:
    """These names without the codecs of many bytes in which nothing suspicious reads better. Most clean text
    in Han characters ends here: it has two that may be UTF-8, but not as anything likely."""
    many = [h for h in multi_bytes() if h.name in names]
    return names - {h.name for h in many if not h.is_in([w.core for w in near], model)} if many else names


def _is_lone_letter(found: Found, runs: Runs, grams: GramModel) -> bool:
    """Whether all that a codec explains is one letter, not very likely, in words most of which are not known, or
    beside a lost byte: `\xa0•` may be `ʥ`, but is a list."""
    readings = [r for rs in found.values() for r in rs]
    if len({r.after for r in readings}) != 1 or not script(readings[0].after[0]):
        return False
    if any("\ufffd" in run for run, rs in found.items() if rs):
        return True
    known, words = known_words(found, runs, grams)
    return max(r.gain for r in readings) < LONE and not 0 < words <= 2 * known


def _may_be_legacy(near: Iterable[Window], model: PairModel) -> bool:
    runs = [run for run, *_ in near if is_single_byte(run)]
    return len(runs) >= FEWEST and _is_strange(runs[:SAMPLE], model)


def elect(
    suspect: list[str], runs: Runs, readers: Readers, grams: GramModel, names: frozenset[str]
) -> Hypothesis | None:
    """The hypothesis that explains the suspect runs best; `None` where none is believed.

    UTF-8 is looked for in the codecs with these names.
    """
    sample, model = suspect[:SAMPLE], readers.model
    chars = "".join(sorted({char for run in sample for char in run if char > "\x7f"}))
    hypotheses = _differing(names, chars) or (Utf8(charsets()[0]),)
    found = {h: readers.for_page(h, sample) for h in hypotheses}
    totals = {h: gain_of(found[h], runs) + PRIOR.get(_name(h), 0.0) for h in hypotheses}
    first = _first(totals, found, runs, grams)
    total = totals[first]
    best: Hypothesis = first
    if isinstance(first, Utf8):
        best = Utf8(first.charset, _layers(found[first]))
    explained = _is_all(sample, found[first]) or _share(sample, found[first], model) > EXPLAINED
    single = [] if explained else [run for run in sample if is_single_byte(run)]
    least = (
        MANY_BYTES if isinstance(first, MultiByte) and not _is_spelled(found[first], runs, grams) else PAGE
    )
    if len(single) < FEWEST or not _is_strange(single, model):
        return best if total >= least else None
    if legacy := _legacy(single, sample, readers, grams):
        rival = gain_of(readers.for_page(legacy, sample), runs) - ODD
        if rival > total:
            best, total, least = legacy, rival, PAGE
    return best if total >= least else None


def _legacy(single: list[str], sample: Sequence[str], readers: Readers, grams: GramModel) -> Legacy | None:
    """The pair of codecs that legacy text was read with, where words or controls say so."""
    legacy, runs = likeliest(single[:60], readers.model), readers.runs
    if legacy is None:
        return None
    found = readers.for_page(legacy, sample)
    words = WORDS + any(b"?" in legacy.wrong.to_bytes(run[1:-1]) for run in sample) + _is_one_letter(found)
    if _has_words(found, runs, grams, words):
        return legacy
    if not are_controls(sample):
        return None
    everywhere = readers.for_page(legacy, list(runs.places))
    return legacy if are_only_controls(everywhere, runs, grams) else CONTROLS


def _first(
    totals: Mapping[Utf8 | MultiByte, float],
    found: Mapping[Utf8 | MultiByte, Found],
    runs: Runs,
    grams: GramModel,
) -> Utf8 | MultiByte:
    """The hypothesis that gains most; of those that gain about as much, the one with the likeliest words:
    `mĂĄnader` can be `mánader` and `månader`."""
    best = max(totals.values())
    close = [h for h, total in totals.items() if total > best - CLOSE]
    if len(close) == 1:
        return close[0]
    texts = {h: {run: [r.after for r in rs] for run, rs in found[h].items()} for h in close}
    common = set.intersection(*({run for run, rs in found[h].items() if rs} for h in close))
    differing = [run for run in sorted(common) if any(texts[h][run] != texts[close[0]][run] for h in close)]
    return max(close, key=lambda h: totals[h] - WORD * cost_of_words(found[h], runs, grams, differing[:MANY]))


def _is_one_letter(found: Found) -> bool:
    """Whether one letter alone is read otherwise, all over the page: languages that nobody told us of have some."""
    return len({run[r.start : r.end] for run, rs in found.items() for r in rs}) == 1


def _has_words(found: Found, runs: Runs, grams: GramModel, least: int) -> bool:
    """Whether these readings give at least `least` known words, and no fewer than they take away. Any text can be
    read with another codec, but that gives no words (measured: of the words of legacy text at least 42% are known
    after the right reading, of other text at most 33%)."""
    known, words = known_words(found, runs, grams, least=3)
    sides = compared(lines_of(placed(found, runs), runs), runs.text[1:], grams)
    return known >= least and known >= WORDED * words and sides.stand <= sides.come


def _is_spelled(found: Found, runs: Runs, grams: GramModel) -> bool:
    """Whether letters are brought forth, and in known words of `LONG` letters and more only: `체ber` is `über`."""
    known, words = known_words(found, runs, grams)
    return known == words == known_words(found, runs, grams, least=LONG)[1] > 0


@lru_cache(maxsize=1 << 10)
def _differing(names: frozenset[str], chars: str) -> tuple[Utf8 | MultiByte, ...]:
    """The hypotheses of these codecs; the first of those to which the characters are the same bytes."""
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
    hypotheses: list[Utf8 | MultiByte] = [*(Utf8(c) for c in charsets()), *multi_bytes()]
    return {_name(h): h for h in hypotheses}


def _name(hypothesis: Utf8 | MultiByte) -> str:
    return hypothesis.charset.name if isinstance(hypothesis, Utf8) else hypothesis.name


def _layers(found: Found) -> tuple[str, ...]:
    """The further layers that most of the gain comes from."""
    if not any(r.inner for readings in found.values() for r in readings):
        return ()
    gains = Counter[tuple[str, ...]]()
    for readings in found.values():
        for r in readings:
            gains[r.inner] += max(0, round(r.gain))
    return gains.most_common(1)[0][0] if gains else ()


def _is_all(sample: list[str], found: Found) -> bool:
    """Whether each run is read as a whole, and gains."""
    own = [(run, found.get(run, ())) for run in sample]
    return all(len(rs) == 1 and rs[0].gain > 0 and rs[0].end - rs[0].start == len(run) - 2 for run, rs in own)


def _share(sample: list[str], found: Found, model: PairModel) -> float:
    """How much of what the sample costs is gone once it is read so (measured: UTF-8 0.68 and more,
    legacy text that happens to be UTF-8 in places 0.15 and less)."""
    gains = sum(r.gain for rs in found.values() for r in rs if r.gain > 0)
    return gains / model.total("\n".join(sample))


def _is_strange(sample: list[str], model: PairModel) -> bool:
    """Whether the runs are unlikely as a whole, not only here and there."""
    joined = "\n".join(sample)
    return model.total(joined) > STRANGE * len(joined)
