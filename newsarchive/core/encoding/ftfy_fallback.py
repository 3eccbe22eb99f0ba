"""A second opinion on texts that look damaged and that no codec of ours explains: ftfy's.

ftfy (Speer 2019, doi:10.5281/zenodo.2591652) is asked for encoding repair alone, nothing that touches
typography, and each of its changes has to convince the pair model too: by itself it changes more
damaged lines into something still wrong than it mends.

Earns 0.2 points of damaged lines with lost bytes, nothing on 2,579 real pages (`docs/benchmarks/ablation.md`); "Il rentre
ensuite à Marseille" needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import PairModel, suspects
from newsarchive.core.encoding.proof import with_rest_of_words, writings
from newsarchive.core.encoding.runs import Window, plausible_single_bytes, windows
from newsarchive.core.text.scripts import is_allowed
from newsarchive.edits import Edit

#: Nats that a change must gain. One that gains less is not made, because nothing else on the page speaks for it.
MIN_CONVINCING_NATS = 16.0
#: The codecs that Latin script is read with: ftfy knows no others that this package lacks.
LATIN_CODECS = frozenset(["windows-1252", "iso-8859-1", "windows-1250", "windows-1254", "windows-1257",
                          "iso-8859-2", "cp437", "macintosh"])  # fmt: skip
#: Characters of a text. A longer text is not shown to ftfy.
MAX_ASKED_CHARACTERS = 4000
#: Characters between two characters of ASCII. A longer stretch is compared as a whole, because a comparison character by character
#: takes time in the cube of its length.
MAX_COMPARED_CHARACTERS = 40


def is_asked(near: Iterable[Window]) -> bool:
    """Whether something suspicious may be UTF-8 that was read as Latin, a space for a no-break space."""
    runs = (f"{run[:-1]}\xa0\n" if run[-1] == " " else run for run, *_ in near)
    return not plausible_single_bytes(runs).isdisjoint(LATIN_CODECS)


def second_opinion(text: str, model: PairModel, grams: GramModel) -> Iterator[Edit]:
    """The changes that ftfy would make to one text and that the model finds far likelier; none where damage would be left."""
    if len(text) > MAX_ASKED_CHARACTERS or not is_asked(windows(text, suspects(model, text))):
        return
    import ftfy  # takes its time to load

    # Of the few options that `fix_encoding` reads, these touch more than encoding.
    config = ftfy.TextFixerConfig(replace_lossy_sequences=False, fix_c1_controls=False)
    fixed = ftfy.fix_encoding(text, config=config)
    if fixed == text:
        return
    if plausible_single_bytes(run for run, *_ in windows(fixed, suspects(model, fixed))):
        return  # a text is repaired whole or left
    for a, b, after in differences(text, fixed):
        if a == b or not all(map(is_allowed, after)):
            continue
        if not writings(after) <= writings(text) or _is_capital(text, a, after, grams):
            continue
        beside = f"{text[a - 1 : a]}{text[b : b + 1]}"
        if (
            len(after) == 1
            and after.isalpha()
            and not any(map(str.isalpha, beside))
            and not grams.knows(after)
        ):
            continue  # no word is this letter: `Ã²` is a symbol and its exponent
        if (gain := model.gain(text, a, b, after)) >= MIN_CONVINCING_NATS:
            yield Edit("repair", "ftfy", text[a:b], after, start=a, evidence=round(gain, 1))


def _is_capital(text: str, start: int, after: str, grams: GramModel) -> bool:
    """Whether `Ã` that would become `à` is the capital that it seems: the word is likelier with `ã`, and whoever wrote it held the
    shift key down (`amanhÃ`, `xÃ`)."""
    if text[start] != "Ã" or after != "à":
        return False
    first, last = with_rest_of_words(text, start, start + 1)
    before, behind = text[first:start], text[start + 1 : last]
    return grams.cost_of_word(f"{before}ã{behind}") < grams.cost_of_word(f"{before}à{behind}")


def differences(text: str, fixed: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, after) of what was changed in a text to get `fixed`.

    Mojibake has no printable ASCII but spaces, so that both texts have the same ASCII in the same order, and only what
    stands between is compared. Nothing is given for texts with different ASCII.

    >>> list(differences("voilÃ\xa0 une idÃ©e", "voilà une idée"))
    [(4, 6, 'à'), (13, 15, 'é')]
    """
    if _PRINTABLE.findall(text) != _PRINTABLE.findall(fixed):
        return
    at = 0
    for before, after in zip(_PRINTABLE.split(text), _PRINTABLE.split(fixed), strict=True):
        if before != after:
            yield from ((at + a, at + b, new) for a, b, new in _compared(before, after))
        at += len(before) + 1


def _compared(before: str, after: str) -> Iterator[tuple[int, int, str]]:
    from difflib import SequenceMatcher

    same = 0  # characters at the end
    while same < min(len(before), len(after)) and before[-1 - same] == after[-1 - same]:
        same += 1
    before, after = before[: len(before) - same], after[: len(after) - same]
    if max(len(before), len(after)) > MAX_COMPARED_CHARACTERS:
        yield 0, len(before), after
        return
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield a, b, after[c:d]


#: A character of ASCII that no codec makes of other characters.
_PRINTABLE = re.compile(r"[!-~]")
