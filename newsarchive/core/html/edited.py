"""Edits of a text made in its HTML, and in parts of it, whose mark-up stays where it was.

A run of damaged letters does not end where an element does: half of `Ð¼<b>Ð¸</b>Ñ€` is inside `<b>`. So an edit cannot be
looked for in the HTML; it is carried over by its place in the text.

    >>> edits = [Edit("repair", "windows-1252", "Ð¼Ð¸Ñ€", "мир")]
    >>> edited_html("Ð¼<b>Ð¸</b>Ñ€ &amp; R", EditedText("Ð¼Ð¸Ñ€ & R", edits))
    'м<b>и</b>р &amp; R'
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise

from newsarchive.core.html.markup import CELL_SEPARATOR, escape
from newsarchive.edits import Edit, replay

_TAG = re.compile(r"""(<(?:"[^"]*"|[^">])*>)""")
#: White space that the HTML of a block may have more of than its text: `a <b> c</b>` is the text `a c`.
_BLANK = re.compile(r"[ \t\n\f\r]+")


class EditedText:
    """A text and its edits, whose parts can be asked for as they are after the edits.

    Raises `ValueError` where an edit does not fit the text or overlaps another.

    >>> EditedText("Ð¼Ð¸Ñ€", [Edit("repair", "windows-1252", "Ð¼Ð¸Ñ€", "мир")]).part(2, 6)
    'ир'
    """

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        self.edits = sorted(edits, key=lambda edit: edit.start)
        self.text, self.repaired = text, replay(text, self.edits)
        self._starts = [edit.start for edit in self.edits]
        self._known: dict[int, list[int]] = {}
        #: How far the text behind the first N edits has moved.
        self._shifts = list(accumulate((len(e.after) - len(e.before) for e in self.edits), initial=0))

    def part(self, start: int, end: int) -> str:
        """What `text[start:end]` has become. Parts that make up the text make up the edited text."""
        return self.repaired[self._place(start) : self._place(end)]

    def _place(self, at: int) -> int:
        if at <= 0:
            return 0
        if at >= len(self.text):
            return len(self.repaired)
        number = bisect_right(self._starts, at)
        if number:
            edit, shift = self.edits[number - 1], self._shifts[number - 1]
            if at < edit.start + len(edit.before):
                if number not in self._known:
                    self._known[number] = _shares(edit.before, edit.after)
                return edit.start + shift + self._known[number][at - edit.start]
        return at + self._shifts[number]


def edited_html(markup: str, edited: EditedText) -> str:
    """The HTML of a text after the edits of the text. HTML that is not that of the text comes back as it is.

    Each piece of text between two tags becomes what its letters have become.
    """
    pieces = _TAG.split(markup)  # text, tag, text, …, text
    plain = ["\n" * (piece == "<br>") if n % 2 else html.unescape(piece) for n, piece in enumerate(pieces)]
    _part_cells(pieces, plain)
    places = _places(plain, edited.text)
    if places is None:
        return markup
    out = []
    for number, piece in enumerate(pieces):
        start, end = places[number], places[number + 1]
        after = piece if number % 2 else edited.part(start, end)
        out.append(piece if number % 2 or after == edited.text[start:end] else escape(after))
    return "".join(out)


def _part_cells(pieces: list[str], plain: list[str]) -> None:
    """Put what the text of a row has between two cells (`1889 | Eiffel Tower`) in the place of the tags there."""
    cells = [number for number, piece in enumerate(pieces) if number % 2 and piece.startswith(("<td", "<th"))]
    is_first = True
    for number, end in pairwise([*cells, len(plain)]):
        if any(plain[number:end]):
            plain[number] = "" if is_first else CELL_SEPARATOR
            is_first = False


def _places(plain: list[str], text: str) -> list[int] | None:
    """Where each piece begins in the text, and the text's end; `None` where they differ in more than white space."""
    joined = "".join(plain)
    bounds = list(accumulate(map(len, plain), initial=0))
    if joined == text:
        return bounds
    if _BLANK.sub("", joined) != _BLANK.sub("", text):
        return None
    letters = [place for place, letter in enumerate(text) if letter not in " \t\n\f\r"]
    places, seen = [0], 0
    for piece in plain[:-1]:
        seen += len(_BLANK.sub("", piece))
        ends_blank = piece[-1:] in (" ", "\t", "\n", "\f", "\r")
        place = letters[seen] if ends_blank and seen < len(letters) else letters[seen - 1] + 1 if seen else 0
        places.append(max(place, places[-1]))
    return [*places, len(text)]


def _shares(before: str, after: str) -> list[int]:
    """For each place in `before`, how many letters of `after` stand for the letters in front of it.

    ASCII letters stand for themselves, and between them each letter of `after` for as many as it has bytes in UTF-8.

    >>> _shares("Ð¼Ð¸ Ñ€", "ми р")
    [0, 0, 1, 1, 2, 3, 3, 4]
    """
    kept_before = [place for place, letter in enumerate(before) if letter.isascii()]
    kept_after = [place for place, letter in enumerate(after) if letter.isascii()]
    if [before[place] for place in kept_before] != [after[place] for place in kept_after]:
        kept_before, kept_after = [], []
    found: list[int] = []
    low = first = 0
    for high, last in zip([*kept_before, len(before)], [*kept_after, len(after)], strict=True):
        ends = list(accumulate(len(letter.encode("utf-8", "surrogatepass")) for letter in after[first:last]))
        bytes_a_letter = ends[-1] / (high - low) if ends and high > low else 0.0
        found += [first + bisect_right(ends, n * bytes_a_letter + 1e-9) for n in range(high - low)]
        found.append(last)
        low, first = high + 1, last + 1
    return found
