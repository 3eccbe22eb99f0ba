"""UTF-8 read with a single-byte codec, with bytes of it lost on the way: what may start at each place of a run.

A byte that the codec does not define may be gone, or stand as U+FFFD or `?`. A no-break space may have become a space, a
soft hyphen may be dropped. `Lossy` says which sequences may start at each place of a run, `lost_beam.likeliest` which of
them did, what was lost in them, and how sure that is. `lost_search` finds the runs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import product, repeat
from math import inf, log, prod

from newsarchive.core.encoding.charsets import Charset
from newsarchive.core.encoding.lost_beam import VOWELS, Grams, Starting, Token, Work, likeliest
from newsarchive.core.encoding.mojibake import Reading
from newsarchive.core.encoding.ngram_model import UNPARTED_GRAM_LETTERS
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.quotation_marks import SPELLINGS
from newsarchive.core.text.scripts import is_allowed, kind, script

#: Nats. The cost of a sequence with a lost byte that may be several characters.
LOST_BYTE_NATS = 4.0
#: Nats. The cost of a sequence with a lost byte that can be one character only.
CERTAIN_BYTE_NATS = 1.0
#: Nats. The cost of a letter of a script that the page does not use.
STRANGE_SCRIPT_NATS = 6.0
#: Nats. The cost of `à` on a page that has `í` and no other `à`: a soft hyphen is gone there.
STRANGE_LETTER_NATS = 9.0
#: Nats. The cost of a dropped byte where the next byte may take its place.
ORPHAN_NATS = 40.0
#: Nats. The cost of a space that is read against the words around it (`_is_odd_space`).
JOINING_NATS = 6.0
#: Nats of cost for each nat by which a letter is rarer on the page than another guess.
RARE_LETTER_WEIGHT = 2.5
#: Nats. The greatest cost of a rare letter.
MAX_RARE_LETTER_NATS = 9.0
#: Nats. The cost of a vowel mark of Arabic or Hebrew, which costs nothing by sequences of letters.
VOWEL_NATS = 20.0
#: Natural logarithm of the ratio between two letters of one language. A letter that is rarer by less costs nothing. In Latin
#: script every rarer letter costs, because all letters beyond a to z are rare.
USUAL_LOG_RATIO = 1.5
#: Nats. The cost of another mark than the one that `quotation_marks` or `cjk_punctuation` restores.
OTHER_MARK_NATS = 30.0
#: Nats. The cost of an unchanged character that begins sequences elsewhere on the page. With 6 as many lines come out wrong, and 39
#: instead of 46% of Hebrew pages come back, where a `×` that lost its continuation byte looks like a sign behind a word.
STANDING_LEAD_NATS = 20.0
#: Kinds of pictures and parts of drawings. They may stand anywhere, so that a lost one is never guessed.
PICTURES = frozenset(["arrow", "technical", "box", "block element", "geometric", "dingbat"])
#: Nats that a run gains by its guesses. With less, the run is not believed to have lost bytes.
MIN_RUN_NATS = 2.0
#: Characters of the longest sequence of UTF-8, in a codec that has one for each byte.
MAX_SEQUENCE_CHARACTERS = 4
#: Possible characters of one place. With more, nothing is guessed there.
MAX_GUESSES = 160


@dataclass(frozen=True, slots=True)
class Mended:
    """A run after the guesses.

    `readings` are what is read back, `gain` how much likelier that makes the run, in nats. `is_whole` says that no part
    of a sequence is left, `risk` how likely some guess is wrong, 0 to 1. `guesses` are the letters that were guessed.
    `is_given_up` says that the page takes too long, so that the run was not read.
    """

    readings: tuple[Reading, ...]
    gain: float
    is_whole: bool
    risk: float
    guesses: str
    is_given_up: bool = False


#: What becomes of the runs for which no work is left.
GIVEN_UP = Mended((), 0.0, False, 1.0, "", is_given_up=True)


@dataclass(frozen=True, eq=False)
class Lossy:
    """The hypothesis that UTF-8 was read with a codec, and that bytes which the codec does not define were lost.

    - `spelling` is what stands for a lost byte: nothing, U+FFFD or `?`.
    - `spaces` says whether a space may have been a no-break space, `hyphens` whether soft hyphens may be gone.
    - `is_folded` says that no-break spaces were folded into the spaces behind them, and that nothing else was lost.
    - `heads` are the characters that begin sequences on this page.
    - `own` are the letters that the page has in right words, `scripts` its scripts.
    - `kept` says whether undefined bytes stand on the page under another name. Then they are not lost.
    - `letters` is how often each letter stands on the page, small or capital, where that is sure.
    - `marks` maps (run, place) to the punctuation mark that lost a byte there, where that can be told; "" says that the
      codec loses none of the marks that may stand there.
    """

    charset: Charset
    spelling: str = ""
    spaces: bool = True
    hyphens: bool = True
    is_folded: bool = False
    heads: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    kept: bool = False
    letters: Counter[str] = field(default_factory=Counter)
    marks: Mapping[tuple[str, int], str] = field(default_factory=dict)
    #: Whether ASCII stands before a place, and the characters of it and behind it → the sequences that may start there.
    _known_starting: dict[tuple[bool, str], Starting] = field(default_factory=dict, init=False, repr=False)
    #: Guesses → the cost of each, as far as they were weighed.
    _weighed: dict[tuple[str, ...], tuple[float, ...]] = field(default_factory=dict, init=False, repr=False)

    def mended(self, run: str, model: PairModel, grams: Grams, work: Work, max_risk: float = inf) -> Mended:
        """The run with all characters restored that can be; it has one character of context at either end. Where some guess is wrong
        with a probability of more than `max_risk`, it is restored up to there, if that shows that bytes were lost."""
        if work.is_vain:
            return GIVEN_UP
        restored = self._restored(run, model, grams, work, max_risk)
        if restored.risk > max_risk and restored.gain < MIN_RUN_NATS:
            return self._restored(run, model, grams, work, inf)
        return restored

    def _restored(self, run: str, model: PairModel, grams: Grams, work: Work, max_risk: float) -> Mended:
        raw = self.charset.to_bytes(run)
        first = 0x80 if self._heads and not self.spelling else 0xC2
        spelled = likeliest(
            run,
            lambda at: self._starting(run, raw, at) if raw[at] >= first or run[at] == self.spelling else (),
            lambda c: STANDING_LEAD_NATS * (c in self.heads),
            model,
            grams,
            work,
            max_risk,
        )
        if spelled.is_given_up:
            return GIVEN_UP
        tokens, text = spelled.tokens, spelled.text
        readings = tuple(self._readings(run, tokens, text, model))
        gain = model.cost(run) - model.cost(run[0] + text + run[-1]) - sum(t.loss for t in tokens)
        guesses = "".join(t.char for t in tokens if len(t.guesses) > 1)
        is_whole = not (self._is_torn(run, tokens, text, model) or _is_guesswork(text, tokens, grams))
        return Mended(readings, gain, is_whole, spelled.risk, guesses)

    def _readings(
        self, run: str, tokens: tuple[Token, ...], text: str, model: PairModel
    ) -> Iterator[Reading]:
        """One reading for each row of neighbouring tokens. `text` is the run after the guesses."""
        shift = 1  # where in the run the next place of `text` stands, less that place
        pieces: list[list[tuple[Token, str]]] = []
        for token in tokens:
            char = text[token.start - shift]
            shift += token.end - token.start - 1
            if pieces and pieces[-1][-1][0].end == token.start:
                pieces[-1].append((token, char))
            else:
                pieces.append([(token, char)])
        for piece in pieces:
            start, end = piece[0][0].start, piece[-1][0].end
            after = "".join(char for _, char in piece)
            lost = sum(t.loss for t, _ in piece)
            rule = self.charset.variant(run[start:end]) + (", bytes lost" if lost else "")
            yield Reading(start, end, after, rule, model.gain(run, start, end, after) - lost)

    def _is_torn(self, run: str, tokens: tuple[Token, ...], text: str, model: PairModel) -> bool:
        """Whether a part of a sequence is left, or a guess makes a pair that clean text does not have."""
        if not is_allowed(text.replace("\ufffd", "")):
            return True
        owners: list[Token | None] = [None]
        at = 1
        for token in tokens:
            owners += [None] * (token.start - at) + [token]
            at = token.end
        owners += [None] * (len(run) - at)
        whole = run[0] + text + run[-1]
        for i in range(len(whole) - 1):
            if not model.is_clean(whole[i : i + 2]) and any(
                (o.guesses if o else self._is_part(c))
                for o, c in ((owners[i], whole[i]), (owners[i + 1], whole[i + 1]))
            ):
                return True
        heads = (o is None and c in self.heads for o, c in zip(owners, whole, strict=True))
        return bool(tokens) and ("\ufffd" in text or any(heads))

    def _is_part(self, char: str) -> bool:
        byte = self.charset.inverse.get(ord(char), 0) if char > "\x7f" and char not in self.own else 0
        return 0x80 <= byte <= 0xF4

    def _starting(self, run: str, raw: bytes, at: int) -> Starting:
        """The sequences that may start at a place. They are remembered by the characters that tell them, but where a space is one of
        these, which asks for the words around."""
        has_space = not self.spelling and " " in run[at : at + MAX_SEQUENCE_CHARACTERS + 1]
        if has_space or (run, at) in self.marks:
            return _by_length(self._tokens(run, raw, at), len(run) - at)
        byte = raw[at]
        length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        places = self._known_starting
        place = run[at - 1] < "\x80", run[at : at + length + 1]
        if (found := places.get(place)) is None:
            found = places[place] = _by_length(self._tokens(run, raw, at), len(run) - at)
        return found

    def _tokens(self, run: str, raw: bytes, at: int) -> Iterator[Token]:
        """The sequences that may start at a place, as if it were the first."""
        byte = raw[at]
        if run[at] == self.spelling or (run[at] > "\x7f" and 0x80 <= byte < 0xC0 and not self.spelling):
            # Of a sequence of two bytes the first was lost.
            there = at + len(self.spelling)
            if raw[there : there + 1] and 0x80 <= raw[there] < 0xC0 and run[there] > "\x7f":
                yield from self._decoded(run, raw, at, there + 1, [self._heads, (raw[there],)], True)
            elif self.spelling and self._lost and run[there : there + 1] == self.spelling:
                yield from self._decoded(
                    run, raw, at, there + 1, [self._heads, self._lost], True
                )  # both were
        if run[at] > "\x7f" and 0xC2 <= byte <= 0xF4:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            for end, choices in self._tails(run, raw, at + 1, length - 1):
                lost = any(len(c) > 1 or c[0] >= 256 for c in choices) or end - at < length
                yield from self._decoded(run, raw, at, end, [(byte,), *choices], lost)

    def _tails(self, run: str, raw: bytes, at: int, left: int) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
        """(end, possible bytes) of the continuation bytes behind a lead byte. At most one byte of a sequence is dropped."""
        if not left:
            yield at, []
            return
        for width, choice, gone in self._next(run, raw, at):
            if gone:
                rest = raw[at : at + left - 1]
                if len(rest) == left - 1 and all(0x80 <= b < 0xC0 for b in rest):
                    yield at + left - 1, [choice, *((b,) for b in rest)]
                continue
            for end, choices in self._tails(run, raw, at + width, left - 1):
                yield end, [choice, *choices]

    def _next(self, run: str, raw: bytes, at: int) -> Iterator[tuple[int, tuple[int, ...], bool]]:
        """(number of characters, bytes that they may have been, whether the byte is dropped) of one continuation byte."""
        char = run[at : at + 1]
        if not char:
            return
        if 0x80 <= raw[at] < 0xC0 and char > "\x7f":
            yield 1, (raw[at],), False
        elif char == self.spelling and self._lost:
            yield 1, self._lost, False
        elif char == " " and self.spaces and self.charset.decoded[0xA0] == "\xa0":
            yield 1, (0xA0 + 256,), False
        # A no-break space is folded into the space behind it; at the end of a text it is stripped with other space.
        is_space = char == "\n" or (char == " " and self.is_folded and raw[at - 1] in FOLDED_HEADS)
        if not self.spelling and (gone := (*self._gone, 0xA0) if is_space else self._gone):
            yield 0, gone, True

    def _decoded(
        self, run: str, raw: bytes, at: int, end: int, choices: list[tuple[int, ...]], lost: bool
    ) -> Iterator[Token]:
        """A token for each character that the possible bytes make. A byte with 256 added was a space."""
        chars = _chars_of(tuple(choices), lost)
        behind = run[end : end + 1]
        if lost and run[at - 1] < "\x80" and behind < "\x80":
            # A letter alone of a script that the page does not have is no letter: `×` closes a window.
            chars = tuple(char for char in chars if script(char) in ("", "LATIN", *self.scripts))
        guesses = chars if lost else ()
        loss = 0.0 if not lost else CERTAIN_BYTE_NATS if len(chars) == 1 else LOST_BYTE_NATS
        if lost and behind > "\x7f" and 0x80 <= raw[end] < 0xC0 and behind not in self.own:
            loss += ORPHAN_NATS  # no continuation byte stands behind a complete sequence
        if lost and not self.spelling and " " in run[end - 1 : end + 1]:
            loss += JOINING_NATS * _is_odd_space(run, at, end, chars)
            loss += STRANGE_LETTER_NATS * (self.is_folded and self._is_strange(chars))
        if lost and (mark := self.marks.get((run, at))) is not None:
            if not mark:
                return  # no mark of this codec can stand here
            # The mark is decided. Another sequence may still begin or end elsewhere, so others only cost more.
            yield from (
                Token(0, end - at, char, (), loss + OTHER_MARK_NATS * (char != mark)) for char in chars
            )
            return
        if len(chars) > MAX_GUESSES:
            return
        unlikely = self._unlikely(guesses) if lost else repeat(0.0)
        yield from (
            Token(0, end - at, char, guesses, loss + more)
            for char, more in zip(chars, unlikely, strict=False)
        )

    def _unlikely(self, guesses: tuple[str, ...]) -> tuple[float, ...]:
        """The cost of each guess in nats: of a letter that is rarer on the page than another guess, and of one of a script that the
        page does not use."""
        if guesses in self._weighed:
            return self._weighed[guesses]
        most = max((self.letters[char.lower()] for char in guesses), default=0)
        costs = []
        for char in guesses:
            own, cost = script(char), 0.0
            if own:
                rarer = log((most + 0.5) / (self.letters[char.lower()] + 0.5))
                rarer -= USUAL_LOG_RATIO * (own != "LATIN")
                cost = min(MAX_RARE_LETTER_NATS, RARE_LETTER_WEIGHT * max(0.0, rarer))
                cost += STRANGE_SCRIPT_NATS * (own not in self.scripts)
                cost += VOWEL_NATS * (char in VOWELS)  # `الألُية` is `الألفية`
            costs.append(cost)
        self._weighed[guesses] = tuple(costs)
        return self._weighed[guesses]

    def _is_strange(self, chars: tuple[str, ...]) -> bool:
        """Whether the page does not have a letter that ends in the byte of a no-break space, but the one that ends in a soft
        hyphen."""
        rivals = {char.encode()[:-1] + b"\xad" for char in chars}
        return self.own.isdisjoint(chars) and not rivals.isdisjoint(map(str.encode, self.own))

    @cached_property
    def _lost(self) -> tuple[int, ...]:
        is_none = self.kept or self.is_folded
        return () if is_none else tuple(b for b in sorted(self.charset.undefined) if b < 0xC0)

    @cached_property
    def _gone(self) -> tuple[int, ...]:
        is_hyphen_gone = self.hyphens and not self.is_folded and self.charset.decoded[0xAD] == "\xad"
        return (*self._lost, *([0xAD] if is_hyphen_gone else []))

    @cached_property
    def _heads(self) -> tuple[int, ...]:
        return tuple(b for b in sorted(self.charset.undefined) if 0xC2 <= b < 0xE0)


def _by_length(tokens: Iterable[Token], size: int) -> Starting:
    """The sequences that start at a place, as `Starting`. `size` is the number of characters from there on; no sequence holds the last
    of them, which is context."""
    found: dict[int, list[Token]] = {}
    for token in tokens:
        if token.end < size:
            found.setdefault(token.end, []).append(token)
    return tuple((length, tuple(found[length])) for length in sorted(found, reverse=True))


def _is_odd_space(run: str, start: int, end: int, chars: tuple[str, ...]) -> bool:
    """Whether a space is read against the words around it: as a part of the sequence `run[start:end]`, which joins two words,
    or as the space behind it, which parts a letter from its word. `chars` are what the sequence may be.

    Of the letters that end in the byte of a no-break space only `à` is a word. So `Å koda` is `Škoda`, and consonants alone
    behind a space belong to the word before it: `Ã s` is `às`.
    """
    is_joined = run[end - 1] == " "
    rest = end if is_joined else end + 1
    is_no_break_space = len(chars) == 1 and chars[0].encode()[-1] == 0xA0
    if not is_no_break_space or not run[rest : rest + 1].isalpha():
        return is_joined and run[rest : rest + 1].isalpha()
    is_alone = not run[start - 1].isalnum() and run[start - 1] < "\x80"
    is_one_word = bool(_END_OF_WORD.match(run, rest)) or (is_alone and chars != ("à",))
    return is_joined != is_one_word


#: Lead bytes of the Latin letters that end in the byte of a no-break space: `à`, `Ġ`, `Š`, `Ơ`.
FOLDED_HEADS = range(0xC3, 0xC7)
#: Consonants that are no word by themselves.
_END_OF_WORD = re.compile(r"[bcdfghjklmnpqrstvwxz]{1,2}+(?![^\W\d_]|['’])")


def _is_guesswork(text: str, tokens: Iterable[Token], grams: Grams) -> bool:
    """Whether several letters of an unknown word, and at least half of them, are guesses. `text` is the run after the guesses."""
    shift = 1
    guessed: Counter[int] = Counter()
    words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    for token in tokens:
        at = token.start - shift
        shift += token.end - token.start - 1
        word = bisect_right(words, (at, len(text))) - 1
        if len(token.guesses) > 1 and word >= 0 and script(token.char) not in ("", *UNPARTED_GRAM_LETTERS):
            guessed[word] += 1
    return any(
        number > 1 and 2 * number >= words[w][1] - words[w][0] and grams.unknown(text[slice(*words[w])])
        for w, number in guessed.items()
    )


_WORD = re.compile("[^\x00-\x40\\s“”„‘’«»…–—]+")

#: Invisible characters that belong to the spelling of Persian and Indic words.
_JOINERS = "\u200c\u200d"


@lru_cache(maxsize=1 << 12)
def _chars_of(choices: tuple[tuple[int, ...], ...], lost: bool) -> tuple[str, ...]:
    """The characters that bytes make which may each be one of several; none where there are too many. A byte with 256
    added was a space."""
    if prod(map(len, choices)) > 4 * MAX_GUESSES:
        return ()
    chars = []
    for sequence in product(*choices):
        try:
            char = bytes(b & 255 for b in sequence).decode()
        except UnicodeDecodeError:
            continue
        if is_allowed(char) and not (lost and kind(char) == "format" and char not in _JOINERS):
            chars.append(char)
    if lost and len(chars) > 1:
        chars = [char for char in chars if kind(char) not in PICTURES]
    return tuple(chars)


def lossy(text: str, blank: Lossy) -> Iterator[Lossy]:
    """The hypotheses about the spelling of lost bytes that the page suggests; `blank` is one without a spelling."""
    blank = replace(blank, spaces="\xa0" not in text, hyphens="\xad" not in text)
    heads = map(blank.charset.decoded.__getitem__, FOLDED_HEADS)
    if blank.spaces and "  " not in text and any(f"{head} " in text for head in heads):
        yield replace(blank, is_folded=True)
    for spelling in SPELLINGS:
        if spelling in text:
            yield replace(blank, spelling=spelling)
