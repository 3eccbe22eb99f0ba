"""What a reader of a page sees although its source does not hold it as text.

- The marks of a quotation: `She <q>will never return</q>` is shown as She “will never return”. The author writes no marks there, a
  browser draws those of the language (HTML Living Standard, 4.5.7). Without them the words of a quoted person are the paper's own.
- A smiley that is a picture: WordPress writes `<img class="wp-smiley" alt=":)">`, and its feeds have each emoji so.
- A first letter that is a picture: `<img alt="T">he mayor` is shown as "The mayor".
- A raised number: 10<sup>6</sup> is a million, and not 106.
- The space between a word that was struck and the one that came in its place: `<del>10</del><ins>12</ins>` is not 1012.
- Lines that the style alone makes lines: `<span style="display: block">`, `<span class="post-meta">`, `<span class="br"></span>`.

And what a link in a sentence tells a screen reader alone, "(opens in a new tab)", is not seen. All this is written into the tree, so
that every reader of it finds it.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import BLOCKS, upwards

#: `<q>` elements of a page. Later ones stay without marks.
MAX_QUOTATIONS = 500
#: Smileys, raised numbers, lines and hints of a page, each. Later ones stay as they are.
MAX_SIGNS = 2000
#: Characters of what stands for a smiley. A longer text describes a picture.
MAX_SMILEY_CHARACTERS = 12
#: Characters of a hint to a screen reader. A longer one is more than a hint.
MAX_HINT_CHARACTERS = 60
#: Quotations around a quotation. One within more stays without marks.
MAX_OUTER_QUOTATIONS = 3
#: Elements around a quotation that are looked at for its language and for quotations around it.
MAX_LEVELS = 30
#: Characters of a language's tag (RFC 5646) that are read.
MAX_TAG_CHARACTERS = 35

#: Marks around a quotation, and around one within it → languages (CLDR 48.2, `delimiters`). All others have those of English.
_ENGLISH = ("“", "”", "‘", "’")
_MARKS = {
    _ENGLISH: "bm-nkoo ff-adlm uz-arab uz-cyrl zh-hans",
    (
        "«",
        "»",
        "“",
        "”",
    ): "ast blo bm br ca cv dyo el es-us eu ewo ie it kab kk lij mg mua nnh pms pt-ao pt-ch pt-cv pt-gq pt-gw pt-lu"
    " pt-mo pt-mz pt-pt pt-st pt-tl sc sg ti",
    ("„", "“", "‚", "‘"): "bs-cyrl cs de dsb et hr hsb is ksh lb luy mk nds sk sl",
    ("«", "»", "‹", "›"): "am az-arab az-cyrl fa fr-ch gsw jgo kkj mzn rm sdh wae",
    ("«", "»", "„", "“"): "bas be bua ky os ru sah tyv uk",
    ("”", "”", "’", "’"): "fi he lag rn se sn sv yi",
    ("«", "»", "‘", "’"): "dua el-polyton ksf nb nn no rw",
    ("「", "」", "『", "』"): "ja yue zh-hant zh-hk zh-mo zh-tw",
    ("«", "»", "«", "»"): "fr ht hy oc yav",
    ("”", "“", "’", "‘"): "ar lld ms-arab syr ur",
    ("„", "“", "„", "“"): "bg lt prg sgs",
    ("‘", "’", "“", "”"): "fur ia ti-er tn",
    ("„", "”", "«", "»"): "nmg pl ro",
    ("„", "”", "‚", "’"): "agq ff",
    ("»", "«", "›", "‹"): "kk-arab ug",
    ("«", "»", "„", "”"): "shi zgh",
    ("„", "”", "»", "«"): "hu szl",
    ("“", "”", "“", "”"): "tk",
    ("„", "”", "‘", "’"): "bs",
    ("“", "”", "«", "»"): "eo",
    ("„", "”", "’", "’"): "sr",
    ("“", "”", "’", "‘"): "uz",
    ("„", "“", "«", "»"): "ka",
    ("‘", "’", "‘", "’"): "nl",
    ("“", "’", "“", "”"): "st",
    ("«", "»", "”", "“"): "fr-ca",
}
_ANY_BLOCK = ",".join(sorted(BLOCKS))
_BY_LANGUAGE = {language: marks for marks, languages in _MARKS.items() for language in languages.split()}
#: What is raised: an exponent, or the number of a footnote behind a year.
_NUMBER = re.compile(r"\s*[-−–+]?\d{1,4}[-−–+]?\s*")
#: What stands before it: a digit, or a measure of length.
_BASE = re.compile(r"(?:\d|(?<![^\W\d_])[kcdmnµ]?m)\Z")
#: Characters before a raised number that are looked at.
_MAX_BASE_CHARACTERS = 20
#: A line by its style; `inline-block` is none.
_AS_LINE = re.compile(r"display:\s?block")
#: What only a screen reader reads, by the classes of WordPress, Bootstrap, Drupal and HTML5 Boilerplate. Not "p a .sr-only": lexbor
#: takes each link around such an element for each other one, 4 s for 900 KB of them in 120 links.
_UNSEEN = ".screen-reader-text, .sr-only, .visually-hidden, .visuallyhidden"
_SMILEYS = "img.wp-smiley, img.emoji"
_REPLACED = "del + ins, s + ins, strike + ins"
_STYLED = "span[style*=block]"
#: The row of a post's details, which themes show as a line of its own (Beautiful Jekyll and Hugo have spans).
_ROWS = frozenset(("post-meta", "entry-meta"))
_ROW = ", ".join(f"span.{name}" for name in sorted(_ROWS))
#: A line's end in the texts of The Times of India and its sister papers.
_BREAK = "span.br"
_ANY = f"q, sup, {_SMILEYS}, {_REPLACED}, {_STYLED}, {_ROW}, {_BREAK}, {_UNSEEN}"
_RAISED = str.maketrans("0123456789-−–+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺")
#: A mark that the author wrote all the same, before the quotation or at its beginning.
_WRITTEN = re.compile("[\"'“”„‟‘’‚‛«»‹›「『＂]")


def write(tree: LexborHTMLParser) -> None:
    """Write what the page shows into its tree."""
    _first_letters(tree)
    # One query, which most often finds something, is far cheaper than a search for the names in the source.
    if tree.css_first(_ANY) is None:
        return
    _quotations(tree)
    _smileys(tree)
    _raised_numbers(tree)
    for node in tree.css(_REPLACED)[:MAX_SIGNS]:
        node.insert_before(" ")
    for node in tree.css(f"{_STYLED}, {_ROW}")[:MAX_SIGNS]:
        is_row = not _ROWS.isdisjoint((node.attributes.get("class") or "").split())
        if is_row or _AS_LINE.search(node.attributes.get("style") or ""):
            node.insert_before(tree.create_node("br"))
            node.insert_after(tree.create_node("br"))
    for node in tree.css(_BREAK)[:MAX_SIGNS]:
        if not node.text():
            node.replace_with(tree.create_node("br"))
    _hints(tree)


def _quotations(tree: LexborHTMLParser) -> None:
    """Write the marks around each `<q>` of a line, and take the element out. One that has marks already gets no second ones; one with
    blocks in it is a box of the layout, and stays as it is."""
    language = _language(tree.root) if tree.root is not None else ""
    marked: list[LexborNode] = []
    for node in tree.css("q")[:MAX_QUOTATIONS]:
        around = list(upwards(node.parent, MAX_LEVELS))
        outer = sum(above.tag == "q" for above in around)
        if outer > MAX_OUTER_QUOTATIONS or not node.text().strip() or node.css_first(_ANY_BLOCK) is not None:
            continue
        if not _WRITTEN.match(node.text().lstrip()) and not _WRITTEN.match(_before(node).rstrip()[-1:]):
            declared = next(filter(None, map(_language, [node, *around])), language)
            opening, closing = _marks(declared)[2 * (outer % 2) :][:2]
            node.insert_before(opening)
            node.insert_after(closing)
        marked.append(node)
    for node in marked:
        node.unwrap()


def _smileys(tree: LexborHTMLParser) -> None:
    """Put the sign that a small picture stands for in its place."""
    for node in tree.css(_SMILEYS)[:MAX_SIGNS]:
        sign = (node.attributes.get("alt") or "").strip()
        if sign and len(sign) <= MAX_SMILEY_CHARACTERS and not sign.isalnum():
            node.replace_with(sign)


def _first_letters(tree: LexborHTMLParser) -> None:
    """Put the capital that a picture shows, as its `alt` says, before the rest of its word in small letters."""
    for node in tree.css("img[alt]")[:MAX_SIGNS]:
        letter = (node.attributes.get("alt") or "").strip()
        if len(letter) == 1 and letter.isupper():
            after = node.next
            if after is not None and after.tag == "-text" and after.text()[:1].islower():
                node.replace_with(letter)


def _raised_numbers(tree: LexborHTMLParser) -> None:
    """Raise the digits of `<sup>` behind a digit or a measure of length, where they would be read as digits of the same number, as
    "2" in m². Marks of footnotes, which are links, stay elements."""
    for node in tree.css("sup")[:MAX_SIGNS]:
        number, before = node.text(), node.prev
        if (
            before is None
            or before.tag in BLOCKS
            or node.css_first("a") is not None
            or not _NUMBER.fullmatch(number)
        ):
            continue
        if _BASE.search(_before(node)[-_MAX_BASE_CHARACTERS:]):
            node.replace_with(number.translate(_RAISED))


def _hints(tree: LexborHTMLParser) -> None:
    """Take out what a link in a paragraph tells a screen reader alone, where the link says something else besides."""
    #: Link → its characters that are not taken out. The text of each link is asked for once.
    characters: dict[int, int] = {}
    for node in tree.css(_UNSEEN)[:MAX_SIGNS]:
        around = list(upwards(node.parent, MAX_LEVELS))
        link = next((at for at, above in enumerate(around) if above.tag == "a"), len(around))
        if len(node.text()) > MAX_HINT_CHARACTERS or all(above.tag != "p" for above in around[link:]):
            continue
        name = around[link].mem_id
        if name not in characters:
            characters[name] = _visible(around[link])
        if characters[name] > _visible(node):
            characters[name] -= _visible(node)
            node.decompose()


def _visible(node: LexborNode) -> int:
    """Characters of the text of an element but white space."""
    return len("".join(node.text().split()))


def _before(node: LexborNode) -> str:
    """The piece of text that stands right before an element in its line. Only the last piece is asked for: what stands before each of
    480 elements, one in the other, were all texts of the page each time, 1.3 s and 700 MB for 5 MB."""
    before = node.prev
    if before is not None and before.tag in BLOCKS:
        return ""
    for _ in range(MAX_LEVELS):
        if before is None or before.tag == "-text":
            break
        before = before.last_child
    return before.text() if before is not None and before.tag == "-text" else ""


def _language(node: LexborNode) -> str:
    """The tag of the language that an element declares, in lower case; "" without one."""
    return (node.attributes.get("lang") or "").strip()[:MAX_TAG_CHARACTERS].lower().replace("_", "-")


def _marks(language: str) -> tuple[str, str, str, str]:
    parts = language.split("-")
    names = ("-".join(parts[:2]), "-".join(parts[::2]), parts[0])  # of "zh-hant-tw": "zh-hant", "zh-tw", "zh"
    return next((_BY_LANGUAGE[name] for name in names if name in _BY_LANGUAGE), _ENGLISH)
