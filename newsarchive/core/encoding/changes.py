"""The edits of an article: repaired texts put back in it, and edits of blocks as edits of its body.

Steps speak of `blocks/N`, and the archive keeps one body text. `body_edits` moves the edits of blocks that stayed in the
article to where they stand in `article_body` before any repair: `unreplay(article.article_body, body edits)` gives the
body as the page had it.

The HTML of a text is edited too (`edited_html`). A run of damaged letters does not end where an element does: half of
`Ð¼<b>Ð¸</b>Ñ€` is inside `<b>`. So an edit cannot be looked for in the HTML; it is carried over by its place in the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any

from newsarchive.core.html.markup import CELL_SEPARATOR, escape
from newsarchive.core.html.render import article_html
from newsarchive.core.text.language import with_language
from newsarchive.edits import Edit, Repaired, replay, unreplay
from newsarchive.items import Article
from newsarchive.rules import Rules

#: What `Article.with_blocks` puts between two blocks.
SEPARATOR = "\n\n"

BODY = "article_body"
#: Edits of an article that are stored. Where there are more, neighbours with the least text between them are joined into one edit
#: until this number is left: a page of 3 MB may have 660,000 edits, which took 69 MB in the archive.
MAX_EDITS = 2_000
#: Different rules that a joined edit names; where it had more, it ends in "and others".
MAX_NAMED_RULES = 3
_TAG = re.compile(r"""(<(?:"[^"]*"|[^">])*>)""")
#: White space that the HTML of a block may have more of than its text: `a <b> c</b>` is the text `a c`.
_BLANK = re.compile(r"[ \t\n\f\r]+")

_start = attrgetter("start")


def stored_edits(article: Article) -> tuple[Edit, ...]:
    """The edits of an article as the archive has them: `body_edits`, joined where there are more than `MAX_EDITS`. At least
    one edit is left for each text, and all together hold no more than each text twice, before and after its repair."""
    edits = body_edits(article)
    return edits if len(edits) <= MAX_EDITS else _joined(edits, article)


def _joined(edits: Sequence[Edit], article: Article) -> tuple[Edit, ...]:
    """The edits with the nearest neighbours joined, as many as `MAX_EDITS` asks for. A joined edit holds the text between
    them too."""
    by_text: dict[str, list[Edit]] = defaultdict(list)
    for edit in sorted(edits, key=_start):
        by_text[edit.where].append(edit)
    texts = {BODY: article.article_body, **texts_of(article)}
    before = {where: original_of(texts.get(where, ""), own) for where, own in by_text.items()}
    pairs = [pair for where, own in by_text.items() if before[where] is not None for pair in pairwise(own)]
    gaps = [late.start - early.start - len(early.before) for early, late in pairs]
    nearest = sorted(range(len(pairs)), key=gaps.__getitem__)[: len(edits) - MAX_EDITS]
    behind_another = {id(pairs[number][1]) for number in nearest}
    found: list[Edit] = []
    for where, own in by_text.items():
        groups: list[list[Edit]] = []
        for edit in own:
            if id(edit) in behind_another:
                groups[-1].append(edit)
            else:
                groups.append([edit])
        found += [_as_one(group, before[where] or "") for group in groups]
    return tuple(found)


def _as_one(edits: Sequence[Edit], text: str) -> Edit:
    if len(edits) == 1:
        return edits[0]
    start, end = edits[0].start, edits[-1].start + len(edits[-1].before)
    after, at = [], start
    for edit in edits:
        after += [text[at : edit.start], edit.after]
        at = edit.start + len(edit.before)
    names = list(dict.fromkeys(edit.rule for edit in edits))
    rule = " and ".join([*names[:MAX_NAMED_RULES], *["others"] * (len(names) > MAX_NAMED_RULES)])
    evidence = round(sum(edit.evidence or 0.0 for edit in edits), 1)
    return replace(edits[0], rule=rule, before=text[start:end], after="".join(after), evidence=evidence)


def body_edits(article: Article) -> tuple[Edit, ...]:
    """All edits of an article; those of body blocks with `where="article_body"`.

    Edits of dropped blocks keep `blocks/N`, N being the block's place on the page, and so do edits
    that no longer fit their block, since nothing that a step did is forgotten.
    """
    if not article.edits:
        return ()
    by_block: dict[str, list[Edit]] = defaultdict(list)
    for edit in article.edits:
        by_block[edit.where].append(edit)
    moved: list[Edit] = []
    at = 0  # where the block starts in the unrepaired body
    for number, block in enumerate(article.blocks):
        if block.label != "body":
            continue
        edits = by_block.get(f"blocks/{number}", [])
        original = original_of(block.text, edits)
        if original is not None:
            moved += [edit.moved(BODY, edit.start + at) for edit in edits]
            by_block.pop(f"blocks/{number}", None)
        at += len(block.text if original is None else original) + len(SEPARATOR)
    left = [edit for edit in article.edits if edit.where in by_block]
    return (*moved, *left)


def one_after_another(text: str, first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """Two rounds of edits as one: `first` are edits of the text, `second` edits of what they made of it; the result are edits
    of the text that do the same.

    Where both rounds change one place, one edit stands for all of them. It names their rules in order, and its evidence is
    the sum of theirs.
    """
    if not first or not second:
        return tuple(first or second)
    middle = replay(text, first)
    found: list[Edit] = []
    shift = 0
    for start, end, early, late in _places(first, second):
        inside = [edit.moved(edit.where, edit.start - start) for edit in late]
        after = replay(middle[start:end], inside)
        length = end - start + sum(len(edit.before) - len(edit.after) for edit in early)
        before = text[start + shift : start + shift + length]
        if before != after:
            own = [*early, *late]
            rule = ", then ".join(dict.fromkeys(edit.rule for edit in own))
            evidence = round(sum(edit.evidence or 0.0 for edit in own), 1)
            at = start + shift
            found.append(replace(own[0], rule=rule, before=before, after=after, start=at, evidence=evidence))
        shift += length - (end - start)
    return tuple(found)


def _places(
    first: Iterable[Edit], second: Iterable[Edit]
) -> Iterator[tuple[int, int, list[Edit], list[Edit]]]:
    """The places that `first` or `second` changed, in the text between the two rounds: start, end, and the edits of each
    round."""
    shift, spans = 0, []
    for edit in sorted(first, key=_start):
        spans.append((edit.start + shift, edit.start + shift + len(edit.after), 0, edit))
        shift += len(edit.after) - len(edit.before)
    spans += [(edit.start, edit.start + len(edit.before), 1, edit) for edit in second]
    spans.sort(key=lambda span: span[:3])
    start, end = spans[0][:2]
    edits: tuple[list[Edit], list[Edit]] = ([], [])
    for low, high, kind, edit in spans:
        # An edit of the first round that took a text away has no length here.
        if low > end or (low == end and low < high and start < end):
            yield start, end, *edits
            start, end, edits = low, high, ([], [])
        end = max(end, high)
        edits[kind].append(edit)
    yield start, end, *edits


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text as it stands now; `edit` is what put it there, `None` where nothing was changed."""

    text: str
    edit: Edit | None = None


def pieces(text: str, edits: Iterable[Edit]) -> list[Piece]:
    """A repaired text in stretches, its edits in place: joined they give the text back, and with each
    edit's `before` instead the text as it was.

    Raises `ValueError` where the edits do not belong to this text.

    >>> pieces("It’s", [Edit("repair", "cp1252", "â€™", "’", start=2)])[1].edit.before
    'â€™'
    """
    found: list[Piece] = []
    at = shift = 0
    for edit in sorted(edits, key=_start):
        start = edit.start + shift
        end = start + len(edit.after)
        if start < at or text[start:end] != edit.after:
            raise ValueError(f"edit at {edit.start} does not fit: {edit.after!r}")
        found += [Piece(text[at:start]), Piece(edit.after, edit)]
        at = end
        shift += len(edit.after) - len(edit.before)
    found.append(Piece(text[at:]))
    return [piece for piece in found if piece.text or piece.edit]


def paragraphs(found: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces parted at the blank lines of the text between the edits."""
    parted: list[list[Piece]] = [[]]
    for piece in found:
        lines = [piece.text] if piece.edit else re.split(r"\n\n+", piece.text)
        for number, line in enumerate(lines):
            if number:
                parted.append([])
            if line or piece.edit:
                parted[-1].append(Piece(line, piece.edit))
    return [paragraph for paragraph in parted if paragraph]


def original_of(text: str, edits: Sequence[Edit]) -> str | None:
    """The text before these edits; `None` where `text` is not what the edits made."""
    try:
        return unreplay(text, edits)
    except ValueError:
        return None


_FIELDS = ("headline", "alternative_headline", "description", "article_section", "publisher")


def texts_of(article: Article) -> dict[str, str]:
    """Where → text, for each text of an article that a reader sees; the order is fixed."""
    texts = {name: getattr(article, name) for name in _FIELDS}
    texts |= {f"authors/{i}": author.name for i, author in enumerate(article.authors)}
    texts |= {f"keywords/{i}": word for i, word in enumerate(article.keywords)}
    if article.image:
        texts |= {"image/caption": article.image.caption, "image/credit": article.image.credit}
    texts |= {f"blocks/{i}": block.text for i, block in enumerate(article.blocks)}
    return {where: text for where, text in texts.items() if text}


def with_texts(article: Article, repaired: Mapping[str, Repaired], rules: Rules) -> Article:
    """The article with its texts repaired, the edits and the damage of all of them noted."""
    damage = tuple(dict.fromkeys(word for r in repaired.values() for word in r.damage))
    changed = {where: r for where, r in repaired.items() if r.edits}
    if not changed and not damage:
        return article
    edits = [e.moved(where, e.start) for where, r in changed.items() for e in r.edits]
    flags = tuple(dict.fromkeys((*article.quality.flags, *(f"damaged text: {word}" for word in damage))))
    article = replace(
        article,
        edits=(*article.edits, *edits),
        damage=tuple(dict.fromkeys((*article.damage, *damage))),
        quality=replace(article.quality, flags=flags),
    )
    # Damaged text misleads the detector of languages.
    return with_language(_with_changed(article, changed), rules)


def _with_changed(article: Article, changed: Mapping[str, Repaired]) -> Article:
    def now(where: str, text: str) -> str:
        return changed[where].text if where in changed else text

    image = article.image
    if image:
        caption = now("image/caption", image.caption)
        image = replace(image, caption=caption, credit=now("image/credit", image.credit))
    blocks = list(article.blocks)
    for number, block in enumerate(article.blocks):
        if repaired := changed.get(f"blocks/{number}"):
            text = EditedText(block.text, repaired.edits)
            markup = edited_html(block.html, text) if block.html else ""
            blocks[number] = replace(block, text=text.repaired, html=markup, links=_links(block.links, text))
    fields: dict[str, Any] = {name: now(name, getattr(article, name)) for name in _FIELDS}
    article = replace(
        article,
        **fields,
        authors=tuple(replace(a, name=now(f"authors/{i}", a.name)) for i, a in enumerate(article.authors)),
        keywords=tuple(now(f"keywords/{i}", word) for i, word in enumerate(article.keywords)),
        image=image,
    )
    return article.with_blocks(blocks, article_html=article_html(blocks) if article.article_html else "")


def _links(links: Iterable[tuple[str, str]], block: EditedText) -> tuple[tuple[str, str], ...]:
    """Links with their texts repaired, which stand in the text of their block in this order."""
    found, at = [], 0
    for text, url in links:
        start = block.text.find(text, at)
        if start >= 0:
            at = start + len(text)
            text = block.part(start, at)
        found.append((text, url))
    return tuple(found)


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
                    self._known[number] = _letters_before(edit.before, edit.after)
                return edit.start + shift + self._known[number][at - edit.start]
        return at + self._shifts[number]


def edited_html(markup: str, edited: EditedText) -> str:
    """The HTML of a text after the edits of the text. HTML that is not that of the text comes back as it is.

    Each piece of text between two tags becomes what its letters have become.

    >>> edits = [Edit("repair", "windows-1252", "Ð¼Ð¸Ñ€", "мир")]
    >>> edited_html("Ð¼<b>Ð¸</b>Ñ€ &amp; R", EditedText("Ð¼Ð¸Ñ€ & R", edits))
    'м<b>и</b>р &amp; R'
    """
    pieces = _TAG.split(markup)  # text, tag, text, …, text
    plain = ["\n" * (piece == "<br>") if n % 2 else html.unescape(piece) for n, piece in enumerate(pieces)]
    # What the text of a row has between two cells (`1889 | Eiffel Tower`) stands in the place of the tags there.
    cells = [number for number, piece in enumerate(pieces) if number % 2 and piece.startswith(("<td", "<th"))]
    is_first = True
    for number, end in pairwise([*cells, len(plain)]):
        if any(plain[number:end]):
            plain[number] = "" if is_first else CELL_SEPARATOR
            is_first = False
    places = _pieces_in(plain, edited.text)
    if places is None:
        return markup
    out = []
    for number, piece in enumerate(pieces):
        start, end = places[number], places[number + 1]
        after = piece if number % 2 else edited.part(start, end)
        out.append(piece if number % 2 or after == edited.text[start:end] else escape(after))
    return "".join(out)


def _pieces_in(plain: list[str], text: str) -> list[int] | None:
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


def _letters_before(before: str, after: str) -> list[int]:
    """For each place in `before`, how many letters of `after` stand for the letters in front of it.

    ASCII letters stand for themselves, and between them each letter of `after` for as many as it has bytes in UTF-8.

    >>> _letters_before("Ð¼Ð¸ Ñ€", "ми р")
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
