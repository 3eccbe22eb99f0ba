"""What one line of a page looks like (prose, link text, a quotation), and which lines of a page belong to a list of records.

"Read more" is no prose and may be a link; "The ferry left the town at noon, an hour late, with thirty people on board."
is prose. Nothing here knows a phrase or a language: the tables of phrases in `newsarchive/data` do.

Lines may be a list of records: models with their data, games with their publishers, groups of teams. A line of such a list may
look like boilerplate by itself: "Publisher: Heron Games" is a credit at the end of an article, but part of the article where
nine other games have a line for their publisher too.

Lines of different pages are compared by numbers. Archives store these, so what they are made of must not change:

- `line_key`: two lines read the same. "Posted on 3 May" and "posted on 17 May." share it.
- `form_key`: two lines are built the same, but for names, domains and quoted titles. "First published on The Heron" and
  "First published on Mare News" share it.
- `signature`: two elements have the same place in a page, whichever post the page shows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from newsarchive.core.text.normalise import VOWEL_SIGNS, fold, fold_keeping_emoji
from newsarchive.core.text.scripts import (
    HAN_AND_KANA_BLOCKS,
    SOUTHEAST_ASIAN_BLOCKS,
    WORD_MARKS,
    character_class,
)
from newsarchive.core.text.words import STOPS, comparable_words, ends_sentence
from newsarchive.items import Block

#: The label of a domain: "heron" of www.heron.co.uk.
_DOMAIN_LABEL = re.compile(r"(?:www\.)?([\w-]{4,})\.[a-z]{2,}")
_OPENING_QUOTES = tuple("\"'“‘«„「『‹»")
#: Characters of a block that are link text, as a share of all its characters. From here on the block is a link.
MIN_LINKED_SHARE = 0.8
#: Characters of a folded name of a source. A shorter name stands in too many lines by chance, and is left out.
MIN_NAME_CHARACTERS = 4
#: Lines with the same label and no prose between them. From here on they are lines of records; two lines may be the
#: sources of two figures.
MIN_LABELLED_LINES = 3
#: Characters of a line of a record. A longer line is a sentence with a colon in it.
MAX_RECORD_LINE_CHARACTERS = 120
#: Words of a sentence. A sentence with at least these ends a list of records, a shorter one does not.
MIN_PROSE_WORDS = 12

#: The label of a line `Label: value`.
_LABEL = re.compile(r"\W*([^\W\d_][^:：\n]{0,30}?)\s*[:：]\s*\S")


def is_prose(block: Block, min_words: int = 12) -> bool:
    """Whether a block is no heading, ends as a sentence does and has at least `min_words` `comparable_words`."""
    # Words are counted last: most lines of a page end otherwise.
    return block.kind != "heading" and ends_sentence(block.text) and comparable_words(block.text) >= min_words


def prose_ends(blocks: Sequence[Block], places: Sequence[int], min_words: int = 12) -> list[int]:
    """The first and the last of these places at which a block is prose (`is_prose`); an empty list where none is.

    >>> prose_ends([Block("Read more"), Block("The rain " * 6 + "fell."), Block("Next")], range(3))
    [1, 1]
    """
    for first in places:
        if is_prose(blocks[first], min_words):
            return [first, next(i for i in reversed(places) if is_prose(blocks[i], min_words))]
    return []


def is_linked(block: Block) -> bool:
    """Whether a block's text is link text, all of it or nearly all."""
    links = block.links
    if not links:
        return False
    linked = len(links[0][0]) if len(links) == 1 else sum([len(text) for text, _ in links])
    return linked >= MIN_LINKED_SHARE * len(block.text)


def is_quotation(text: str) -> bool:
    """Whether a line opens with a quotation mark of any language."""
    return not text[:1].isalnum() and text.lstrip().startswith(_OPENING_QUOTES)


def names_one(folded: str, names: Iterable[str]) -> bool:
    """Whether a folded line holds one of the names, also where the line has spaces that the name lacks.

    >>> names_one("read more from the guardian", ["theguardian"]), names_one("read more", ["theguardian"])
    (True, False)
    """
    squeezed = folded.replace(" ", "")
    return any(name in folded or name in squeezed for name in names)


def source_names(*texts: str) -> tuple[str, ...]:
    """Folded names of a source: the texts given, and the label of each domain in them; short names are left out.

    >>> source_names("Mare News", "www.heron.example")
    ('mare news', 'www.heron.example', 'heron')
    """
    labels = [label for text in texts for label in _DOMAIN_LABEL.findall(text.lower())]
    return tuple(name for text in (*texts, *labels) if len(name := fold(text)) >= MIN_NAME_CHARACTERS)


def record_lines(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of lines `Label: value` whose label begins at least three lines with no prose between them.

    The prose tells records from comments, which have a line "Posted by: Ann" each, and a sentence under it.
    """
    with_colon = [":" in b.text or "：" in b.text for b in blocks]
    if sum(with_colon) < MIN_LABELLED_LINES:
        return frozenset()
    places_of: dict[str, list[int]] = {}
    found: set[int] = set()
    for i, block in enumerate(blocks):
        if places_of and is_prose(block, MIN_PROSE_WORDS):
            places_of.clear()
        elif with_colon[i] and len(block.text) <= MAX_RECORD_LINE_CHARACTERS:
            if not (label := _LABEL.match(block.text)):
                continue
            places = places_of.setdefault(fold(label[1]), [])
            places.append(i)
            if len(places) >= MIN_LABELLED_LINES:
                found.update(places if len(places) == MIN_LABELLED_LINES else [i])
    return frozenset(found)


#: Stands in a form for a run of capitalised words.
NAME = "▲"
#: Stands in a form for a domain or an address.
DOMAIN = "◆"
#: Stands in a form for a title in quotation marks.
QUOTED = "❝"
#: Words of a form besides its marks. A line with fewer has no form: "▲ and ▲" is a title like any other.
MIN_FORM_WORDS = 3
#: Ordinals are digits too: "22nd" and "1st" differ in the day alone. A search skips to one character (`\d\d*`), but not to a
#: repetition (`\d+`), which takes twice as long.
_DIGITS = re.compile(r"\d\d*(?:st\b|nd\b|rd\b|th\b)?")
#: A domain or an address. It is tried where its first label begins alone: a line may be one word of 100,000 letters.
_DOMAIN = re.compile(r"(?:https?://|(?<![\w-])(?<![\w-]\.))(?:[\w-]++\.)+[a-z]{2,12}(?:/[^\s)]*)?", re.I)
#: A dot and two letters, which every domain holds. A line without them needs no search for `_DOMAIN`, which takes twenty times as long.
_IN_DOMAIN = re.compile(r"\.[a-z]{2}", re.I)
#: A title in quotation marks, as an attribution gives it.
_QUOTED = re.compile(r"“[^“”]{8,200}”|„[^„“”]{8,200}[“”]|«[^«»]{8,200}»|《[^《》]{2,80}》|\"[^\"]{8,200}\"")
#: What begins a sentence about a thing, in languages that may write the thing with a capital.
_DETERMINERS = frozenset(["a", "an", "the", "this", "these", "our", "der", "die", "das", "dieser", "diese",
                          "dieses", "ein", "eine", "unser", "unsere", "le", "la", "les", "l", "ce", "cet",
                          "cette", "notre", "el", "los", "las", "este", "esta", "nuestro", "il", "lo",
                          "gli", "questo", "questa", "o", "os", "as", "um", "uma", "esse", "essa", "het",
                          "een", "dit", "deze"])  # fmt: skip
_SMALL_WORDS_OF_NAMES = r"(?:\s+(?:of|the|and|de|la|du|des|der|die|das|van|von|for|di|&)){0,2}\s*"
#: Small letters beyond ASCII, of all scripts that know capitals.
_SMALL_LETTERS = "".join(char for char in map(chr, range(0x80, 0x2000)) if char.islower())
_CAPITAL = rf"[^\W\d_a-z{_SMALL_LETTERS}]"
#: A search skips to one set of characters, but not to `\b`.
_CAPITALISED = rf"{_CAPITAL}(?<!\w{_CAPITAL})[\w’'.-]*"
_CAPITALS = re.compile(rf"{_CAPITALISED}(?:{_SMALL_WORDS_OF_NAMES}{_CAPITALISED})*")
_UNSPACED = re.compile(f"[{character_class((*SOUTHEAST_ASIAN_BLOCKS, *HAN_AND_KANA_BLOCKS))}]")
_FIRST_WORD = re.compile(r"\W*\w+")
_LETTERS = re.compile(r"[^\W\d_]+")
#: What ends a statement, but no title, which may be a question.
_FULL_STOPS = STOPS.difference("!?…！？؟")
#: A word of letters, with the vowel signs and points on them.
_PLAIN_WORD = rf"[^\W\d_](?:[^\W\d_]|[{WORD_MARKS}{VOWEL_SIGNS}])*+"
#: A short label, a colon and a title.
_LEAD = re.compile(rf"({_PLAIN_WORD}(?: {_PLAIN_WORD}){{0,3}})\s?[:：]\s*(\S+(?:\s+\S+){{2,}}|\S{{6,}})")
#: Ids and classes that differ from post to post: those with a digit, and WordPress' own for topics and authors.
_PER_POST = re.compile(
    r"[#.](?:[\w-]*\d[\w-]*|(?<=\.)(?:category|tag|author|status|format|has|wp-image|type)-[\w-]*)"
)
#: Classes that a build tool makes up, such as `.title__x3Fz9` and `.css-1ylu0bo`.
_HASHED = re.compile(r"\.(?:[\w-]*__[\w-]{5,}|(?:css|sc|jsx)-[\w-]+)")


def number(text: str) -> int:
    """A signed 64-bit number for a text (BLAKE2b, RFC 7693); archives store it, and it is the same in every run."""
    hashed = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(hashed.digest(), "big", signed=True)


@lru_cache(maxsize=16384)
def line_key(text: str) -> int:
    """The number of a line in NFKC and lower case with all digits alike; 0 for a line without a letter.

    >>> line_key("Posted on 3 May") == line_key("posted on 17 May.")
    True
    """
    plain = _DIGITS.sub("0", fold_keeping_emoji(text))
    return number(plain) if plain[:1].isalpha() or any(map(str.isalpha, plain)) else 0


@lru_cache(maxsize=16384)
def form_of(text: str) -> str:
    """A line in which marks stand for names, domains and quoted titles; "" where fewer than three other words are left.

    The first word of a line has its capital from the grammar, so that it is no name by itself.

    >>> form_of("This article first appeared on The Heron (www.heron.example).")
    'this article first appeared on ▲ (◆)'
    """
    marked = text.strip()
    if '"' in marked or not marked.isascii():
        marked = _QUOTED.sub(QUOTED, marked)
    if "." in marked[:-2] and _IN_DOMAIN.search(marked):
        marked = _DOMAIN.sub(DOMAIN, marked)
    first = _FIRST_WORD.match(marked)
    start = first.end() if first and not _CAPITALS.match(marked[first.end() :].lstrip()) else 0
    marked = marked[:start] + _CAPITALS.sub(NAME, marked[start:])
    if NAME not in marked and DOMAIN not in marked and QUOTED not in marked:
        return ""
    plain = _DIGITS.sub("0", fold_keeping_emoji(marked))
    has_words = sum(map(str.isalpha, plain.split())) >= MIN_FORM_WORDS  # enough for most lines, and faster
    has_words = has_words or sum(map(_word_count, _LETTERS.findall(plain))) >= MIN_FORM_WORDS
    return plain if has_words else ""


def _word_count(word: str) -> int:
    """How many words a run of letters is; in a script without spaces between words, two characters make one.

    Archives store the numbers that follow from this. It must therefore never change, and is no call of `words`.
    """
    if word.isascii() or not (unspaced := len(_UNSPACED.findall(word))):
        return 1
    return len(_UNSPACED.sub(" ", word).split()) + (unspaced + 1) // 2


def names_in(text: str) -> list[str]:
    """The runs of capitalised words in a line, without a run at its beginning.

    >>> names_in("More Articles from Mare News")
    ['Mare News']
    """
    return [m[0] for m in _CAPITALS.finditer(text.strip()) if m.start() > 1]


def starts_with_name(text: str) -> bool:
    """Whether a line begins with two or more capitalised words, as a sentence about a person does.

    A label such as "Further Reading:" begins so too, but has a colon behind it.

    >>> [starts_with_name(text) for text in ("Ada Lund is a reporter.", "Dieser Text ist von ihr.", "Это её текст.")]
    [True, False, False]
    """
    first = _CAPITALS.match(text.strip())
    if first is None or len(words := re.split(r"[\s’']+", first[0])) < 2:
        return False
    return words[0].lower() not in _DETERMINERS and text.strip()[first.end() : first.end() + 1] != ":"


def form_key(text: str) -> int:
    """The number of a line's form, or of its label where it leads to another article; 0 where it has neither."""
    lead = fold_keeping_emoji(lead_of(text)[0])
    form = f"lead {lead}" if lead else form_of(text)
    return number("form " + form) if form else 0


def lead_of(text: str) -> tuple[str, str]:
    """The label and the title of a line that leads to another article; two empty strings for any other line.

    >>> lead_of("Next shelf: The swans of the lake"), lead_of("Note: it was closed."), lead_of("यह भी पढ़ें: झील के हंस")
    (('Next shelf', 'The swans of the lake'), ('', ''), ('यह भी पढ़ें', 'झील के हंस'))
    """
    if ":" not in text and "：" not in text:
        return "", ""
    hit = _LEAD.fullmatch(text.strip())
    return (hit[1], hit[2]) if hit and hit[2][-1] not in _FULL_STOPS else ("", "")


@lru_cache(maxsize=16384)
def signature(path: str) -> str:
    """A tag path without the ids and classes that belong to one post alone.

    >>> signature("html/body.single.postid-7/article#post-7.post.category-news/p")
    'html/body/article.post/p'
    """
    return "/".join(map(_step, path.split("/")))


@lru_cache(maxsize=16384)
def _step(step: str) -> str:
    return "body" if step.startswith("body") else _HASHED.sub("", _PER_POST.sub("", step))
