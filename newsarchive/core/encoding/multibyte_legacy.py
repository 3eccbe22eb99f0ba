"""Legacy text of Chinese, Japanese and Korean that was read with a single-byte codec: `ÖÐ¹úÐÂÎÅ` is `中国新闻`, GBK read as Latin-1.

Whole lines are read back, because half of a character may be a letter of ASCII (`¥x¥_` is `台北` in Big5). The bytes of most
Latin text can be read as some Chinese too, but make no pairs of characters that stand in words: of the sequences of letters
in right readings the model knows 36 to 50% (Korean 17%), of those in wrong ones 3% or less.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import log

from newsarchive.core.encoding.changed_words import WORD
from newsarchive.core.encoding.charsets import MULTI_BYTE, Charset, charsets
from newsarchive.core.encoding.mojibake import Reading, lead_and_continuation_codecs
from newsarchive.core.encoding.ngram_model import UNKNOWN_NATS, GramModel, grams_of
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.runs import Change, line_around
from newsarchive.core.text.scripts import is_allowed, script

#: Multi-byte codecs that pages were written in: name → Python codec.
MULTI_BYTE_LEGACY = {**MULTI_BYTE, "euc-jp": "euc_jp"}
#: Scripts that these codecs are for.
SCRIPTS = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
#: Share of characters beyond ASCII of a line that may prove a codec. A line with less may only go along with others.
MIN_DENSE_SHARE = 0.4
#: Characters beyond ASCII of such a line; a shorter line proves nothing.
MIN_DENSE_CHARACTERS = 6
#: Lines that prove a codec; further ones are not asked.
MAX_SAMPLE_LINES = 12
#: Characters of each of these lines; what follows is not asked.
MAX_SAMPLE_CHARACTERS = 200
#: Shares of known sequences of letters, in right readings (a low one) and in readings of anything.
RIGHT_KNOWN_SHARE = 0.15
WRONG_KNOWN_SHARE = 0.01
#: Nats: log-likelihood ratio of right and wrong, by the known and unknown sequences of all lines. A codec with less is not believed.
MIN_PROOF_NATS = 6.0
#: Nats of proof where the page has other text of a script that the lines are then written in.
HOME_NATS = 3.0
#: Nats that a line gains by being read so; a line that gains less stays.
MIN_LINE_NATS = 8.0


@dataclass(frozen=True)
class MultiByteLegacy:
    """The hypothesis that text in the multi-byte codec `true` was read with the single-byte codec `wrong`."""

    true: str
    wrong: Charset

    def decoded(self, line: str) -> str:
        """A line as it was written; "" where that is no text of the codec, or nothing would change."""
        try:
            text = _bytes_of(line, self.wrong).decode(MULTI_BYTE_LEGACY[self.true])
        except UnicodeDecodeError:
            return ""
        return text if text != line and is_allowed(text) else ""

    def readings(self, line: str, model: PairModel) -> list[Reading]:
        """The readings of a line: one for each stretch between characters that stay. None where the line gains too little."""
        if not (text := self.decoded(line)) or _is_utf8(self.wrong.to_bytes(line)):
            return []
        gain = model.cost(f"\n{line}\n") - model.cost(f"\n{text}\n")
        if gain < MIN_LINE_NATS:
            return []
        stretches = list(self._stretches(text))
        if stretches[-1][1] > len(line):
            return []
        evidence, rule = gain / len(stretches), f"{self.true} read as {self.wrong.name}"
        return [Reading(start, end, after, rule, evidence) for start, end, after in stretches]

    def _stretches(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, text) of the parts of a decoded line that are not ASCII, by the places of the damaged line."""
        at, start, after = 0, 0, ""
        for char in text:
            if char < "\x80":
                if after:
                    yield start, at, after
                at, after = at + 1, ""
                start = at
            else:
                at, after = at + len(char.encode(MULTI_BYTE_LEGACY[self.true], "replace")), after + char
        if after:
            yield start, at, after


def multi_byte_legacy_changes(
    text: str, positions: Sequence[int], model: PairModel, grams: GramModel
) -> list[Change]:
    """The changes of the lines that are legacy text of one multi-byte codec; none where nothing proves such a codec.

    `positions` are the suspicious ones of the page. Lines without any are right.
    """
    lines = list(_suspicious_lines(text, positions))
    dense = (text[start : min(end, start + MAX_SAMPLE_CHARACTERS)] for start, end in lines)
    sample = list(islice(filter(_is_dense, dense), MAX_SAMPLE_LINES))
    if (
        not sample
        or (legacy := _likeliest(sample, SCRIPTS.intersection(map(script, set(text))), model, grams)) is None
    ):
        return []
    return [
        Change(start + r.start, start + r.end, r)
        for start, end in lines
        for r in legacy.readings(text[start:end], model)
    ]


def _suspicious_lines(text: str, positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(start, end) of the lines that hold one of these positions, which are in order."""
    end = -1
    for position in positions:
        if position < end:
            continue
        at = position if text[position] != "\n" else position + 1
        if at > end:
            start, end = line_around(text, at)
            yield start, end


def _is_dense(line: str) -> bool:
    """Whether a line may prove a codec: much of it is beyond ASCII, and single-byte codecs have all of it."""
    least = max(MIN_DENSE_CHARACTERS, MIN_DENSE_SHARE * len(line))
    # In UTF-8 each character beyond ASCII has at least one byte more. This test is quicker than to count them.
    if len(line.encode("utf-8", "surrogatepass")) - len(line) < least:
        return False
    beyond_ascii = [char for char in line if char > "\x7f"]
    return len(beyond_ascii) >= least and lead_and_continuation_codecs().keys() >= set(beyond_ascii)


def _is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8, so that they are no legacy text."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _likeliest(
    sample: Sequence[str], home: Collection[str], model: PairModel, grams: GramModel
) -> MultiByteLegacy | None:
    """The codecs that make these lines likeliest, if words prove them and most of the lines are text in them; `None` for others, and
    where a line is UTF-8. `home` are the scripts that the page has."""
    best, most, known = None, 0.0, set[tuple[bytes, ...]]()
    costs = [model.cost(f"\n{line}\n") for line in sample]
    for wrong in charsets():
        raws = tuple(_bytes_of(line, wrong) for line in sample)
        if raws in known:
            continue
        known.add(raws)
        if any(raw and _is_utf8(raw) for raw in raws):
            return None
        for true in MULTI_BYTE_LEGACY:
            texts = [_beginning(raw, true) for raw in raws]
            if 2 * sum(map(bool, texts)) <= sum(map(bool, raws)):
                continue
            both = zip(costs, texts, strict=True)
            gain = sum(cost - model.cost(f"\n{text}\n") for cost, text in both if text)
            if gain > most and _proof("\n".join(texts), home, grams) >= MIN_PROOF_NATS:
                best, most = MultiByteLegacy(true, wrong), gain
    return best


def _bytes_of(line: str, wrong: Charset) -> bytes:
    """A line as the bytes that a codec read; none where the codec does not have all of its characters."""
    raw = wrong.to_bytes(line)
    return raw if raw.count(b"?") == line.count("?") else b""


def _beginning(raw: bytes, true: str) -> str:
    """Bytes in a multi-byte codec as text, a half character at the end left out; "" where they are no such text."""
    try:
        text = getincrementaldecoder(MULTI_BYTE_LEGACY[true])().decode(raw)
    except UnicodeDecodeError:
        return ""
    return text if is_allowed(text) else ""


def _proof(text: str, home: Collection[str], grams: GramModel) -> float:
    """How much likelier the sequences of Chinese, Japanese and Korean letters in a text are in right readings than in wrong ones,
    as a log-likelihood ratio in nats."""
    words = [word for word in WORD.findall(text) if len(word) > 1 and script(word[0]) in SCRIPTS]
    found = [gram for word in words for gram in grams_of(word)]
    known = sum(grams.cost(gram) < UNKNOWN_NATS for gram in found)
    right, wrong = RIGHT_KNOWN_SHARE, WRONG_KNOWN_SHARE
    proof = known * log(right / wrong) + (len(found) - known) * log((1 - right) / (1 - wrong))
    return proof + HOME_NATS * any(script(word[0]) in home for word in words)
