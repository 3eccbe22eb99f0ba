"""C1 controls that stand alone: `I\\x92m` is `I’m`.

No text has them, and browsers read the bytes as windows-1252 in every page that says ISO-8859-1
(https://encoding.spec.whatwg.org/#names-and-labels). Where they stand between ASCII or Han, Kana and Hangul, which no
single-byte codec brings forth, they are no part of UTF-8 that was read wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from newsarchive.core.charsets import charset
from newsarchive.core.repairs.mojibake import Reading
from newsarchive.core.repairs.pairs import PairModel
from newsarchive.core.repairs.runs import Change

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
