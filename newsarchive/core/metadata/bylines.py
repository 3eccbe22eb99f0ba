"""Reads authors and dates from plain lines around the headline, where no markup says what they are.

"By Jane Doe | 3 May 2024" is a byline with a date. Agencies ("BERLIN (dpa) –") are read in `signatures`.

A line that is little more than a date gives the day of the post; a dateline ("VENTURA, Calif., Jan. 15, 2008") may be the only
one. Old themes have a sentence with both: "This entry was posted by Jane Doe on Monday, 14 December 2015 at 14:48 and is
filed under General." The date of any other sentence is not used.

Earns 0.4 points of authors on pages in several languages, nothing on 791 articles (`docs/benchmarks/ablation.md`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, takewhile

from newsarchive.core.html.markup import in_embedded_post
from newsarchive.core.metadata import (
    byline_words,
    chinese_names,
    credit_labels,
    credit_lines,
    guessed_names,
    person_names,
    signatures,
)
from newsarchive.core.metadata.claims import MAX_SEARCHED_BLOCKS, WEAK_GUESSES, Claim, Place, Position, Source
from newsarchive.core.metadata.headline import alike
from newsarchive.core.metadata.standing import stands_in_masthead
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.core.text.scripts import has_unspaced, is_caseless
from newsarchive.core.text.words import ends_sentence
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Words of a line besides its date; a line with more is a sentence, unless it begins with a word for "by" and lists its authors.
MAX_WORDS_BESIDE_DATE = 6


def in_prose(line: str, found: str, block: str, rules: Rules) -> bool:
    """Whether the date `found` stands in running text, where it is seldom the day of the post."""
    if dates.signs(line, rules) or byline_words.words(rules).by.match(line):
        return False
    if has_unspaced(line) and ends_sentence(line):
        return True  # "2011年10月3日渡轮回到老港口。" has no words to count
    beside = len(line.replace(found, " ", 1).split())
    whole = line.strip() == found or block[:MAX_BYLINE_CHARS].split("\n", 1)[0].strip() == line.strip()
    return beside > MAX_WORDS_BESIDE_DATE or (len(block) > MAX_BYLINE_CHARS and not whole)


#: Blocks after the headline that are read for bylines and dates.
MAX_BLOCKS_AFTER = 12
#: Blocks before the headline that are read for bylines and dates.
MAX_BLOCKS_BEFORE = 6
#: Blocks after the headline that are read for signatures.
MAX_BLOCKS_BELOW = 300
#: Letters of a headline that may be the end of a longer heading; a shorter headline must be the whole heading.
MIN_HEADLINE_LETTERS = 16
#: Headings that are compared with the headline; later ones are not.
MAX_HEADINGS = 60
#: Lines below the article with a name or a day that are read; later ones are not.
MAX_SIGNATURES = 8
#: Words behind the name of a signature that is a sentence; with more it tells of something else.
MAX_WORDS_BEHIND_SIGNATURE = 3
#: Claims that these lines make; later ones are left out.
MAX_CLAIMS_BELOW = 4
#: Characters of a line that is a byline or holds a date; a longer line is prose.
MAX_BYLINE_CHARS = 160
#: Names of a list below a label for authors; later ones are not read.
MAX_LISTED_AUTHORS = 10
#: Lines between a name and the nearest date. A name within this distance stands beside the date, any other stands alone.
MAX_LINES_APART = 3
#: Labels of blocks below the article in which no date is looked for, and no signature where no class of an article is in
#: the path.
_ELSEWHERE = frozenset(["comments", "related", "nav", "share", "consent", "footer"])
#: Labels of blocks whose dates are those of offers.
_OFFERS = frozenset(["advert", "consent"])
#: Sources that are uncertain, as weak guesses are: signatures far below the headline are read all the same.
_UNSURE = frozenset((Source(Place.LINE, Position.ABOVE), Source(Place.TEXT, Position.PROSE)))
#: The source of a claim from a sentence about the page's own publication.
_FROM_SENTENCE = Source(Place.TEXT, Position.BELOW)
#: Labels of blocks whose sentences are about other pages.
_NOT_ABOUT_PAGE = frozenset(["comments", "related"])
#: Share of a line that is its date. From this share on the line counts as a date alone.
MIN_DATE_SHARE = 0.7
#: Share of a line that is its date. From this share on the line before it may be its label.
MIN_LABELLED_DATE_SHARE = 0.4
#: The editor, where a line above names the writer: "Penulis: Budi Santoso", "Editor: Sri Lestari".
_EDITOR = re.compile(r"editors?\s?:", re.I)
#: The credit of a picture behind its caption: "Harbour Hospital — Foto: Jane Doe".
_PICTURE = re.compile(r"\b(?:foto|fotos|photo|photos|image|imagem|imagen|bild|фото|crédito)\s?[:：]", re.I)
#: A quick test before the tests of a name: two words with capitals.
_TWO_CAPITALS = re.compile(r"[A-Z]\S* (?:\S{1,4} )*[A-Z]")
#: Parts of the classes of an article. They are looked for one by one, because a pattern is slow on long paths.
_ARTICLE = ("article", "entry", "post")
_MENU = re.compile(r"(?:^|/)nav(?:[.#/]|$)")
_NOT_AUTHOR = re.compile(r"desc|bio-?text|related|comment|title|role|job")
#: A separator of details ("3 May 2024 · 3 min read"), or a digit of a date.
_SEPARATOR_OR_DIGIT = re.compile(r"[|•·⋅●∙\t–—\d]| - ")
#: "Authors: …", as opposed to "By …" and "Posted by: …".
_LABEL = re.compile(r"[^\W\d_]{5,}(?:\(s\))?\s?:")
#: Who wrote a post, behind its categories (WordPress, the theme Classic): "Filed under: Harbour — Jane Doe @ 10:20 am".
_BEFORE_TIME = re.compile(r"[–—]\s*([^–—@]{3,40}?)\s@\s\d{1,2}[:.]\d\d")
#: A word for "at" and a time of day before a byline: "ساعت 9:11 توسط علی رضایی".
_HOUR_FIRST = re.compile(r"^\W*[^\W\d_]{2,6}\s\d{1,2}:\d\d\s+")
#: The end of a date, a time of day, and the end of a time of day: "12.11.2012 - 15:03 Uhr", "15:03 | 12.11.2012".
_ENDS_IN_DATE = re.compile(r"\d\d$")
_TIME_FIRST = re.compile(r"\d{1,2}(?:[:h]\d\d|\.\d\d ?uhr)(?!\d)", re.IGNORECASE)
_ENDS_IN_TIME = re.compile(r"(?<![\d:])\d{1,2}[:h]\d\d(?:\s?(?:[ap]\.?m\.?|uhr|h))?$", re.IGNORECASE)
#: The days around the dash of a span: "10 - 22 August 2012".
_SPAN_OF_DAYS = re.compile(r"\d\.?(?: [^\W\d_]+\.?)? [–—-] \d")
#: An ISO 8601 time without a space after it: "2025-04-03T08:15:00+00:003 April 2025". Themes write it for programs.
_ISO_TIME = re.compile(r"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)(?=\S)")


def claims(blocks: Sequence[Block], headline: str, known: Collection[str], rules: Rules) -> list[Claim]:
    """The claims of the lines after the headline, then of those before it, then of signatures below the article.

    `known` are the fields that the page gives elsewhere. Signatures are read for missing fields only. Who signs a post of a social
    network inside the article, and when, is not the article's author.
    """
    blocks = [block for block in blocks if not in_embedded_post(block.path)]
    at = headline_index(blocks, headline)
    after = [*_below_in_heading(blocks, at, headline), *blocks[at + 1 : at + 1 + MAX_BLOCKS_AFTER]]
    before = [
        b
        for b in blocks[max(0, at - MAX_BLOCKS_BEFORE) : max(0, at)]
        if not stands_in_masthead(b, blocks[at])
    ]
    out = [*_dates(after, Position.NEAR, rules), *_dates(before, Position.ABOVE, rules)]
    title = frozenset(headline.casefold().split())
    for lines, where in ((after, Position.NEAR), (before, Position.ABOVE)):
        found = _bylines(lines, where, title, rules)
        named = [
            r for r in found if r[1] is None or guessed_names.may_be_author(r[0].value, r[1], blocks, rules)
        ]
        out += signatures.with_neighbours(named, lines, rules)
    sure = (c for c in out if c.source.place not in WEAK_GUESSES and c.source not in _UNSURE)
    fields = {*known, *(c.field for c in sure if c.field != "authors" or person_names.names(c.value, rules))}
    if missing := {"authors", "date_published"} - fields:
        rest = blocks[at + 1 : at + MAX_BLOCKS_BELOW]
        out += [c for c in _publication_claims(rest, rules) if c.field in missing]
        missing -= {c.field for c in out if c.source == _FROM_SENTENCE}
        ends = [i + 1 for i, b in enumerate(rest[:MAX_BLOCKS_AFTER]) if b.label == "body"]
        behind = rest[
            ends[-1] if ends else MAX_BLOCKS_AFTER :
        ]  # a short article ends within the first blocks
        below = [b for b in behind if len(b.text) <= MAX_BYLINE_CHARS]
        out += _signatures_below(below, missing, rules)
    if "authors" not in known:
        out += signatures.agency_claims(blocks[at + 1 :], rules)
        out += signatures.closing_claims(blocks[at + 1 :], rules)
    out += chinese_names.dateline_claims(blocks[at + 1 :], rules)
    described = guessed_names.people_described(
        blocks[max(0, at - MAX_BLOCKS_BEFORE) : at + MAX_BLOCKS_BELOW], out, rules
    )
    kept = [c for c in out if c.source.bare not in WEAK_GUESSES or c.value not in described]
    return kept + [Claim("authors", name, Source(Place.LIFE)) for name in described]


def _below_in_heading(blocks: Sequence[Block], at: int, headline: str) -> list[Block]:
    """The lines below the headline in its own heading, as one block: PHPCMS prints day, source and author in `<h1>`."""
    first, _, rest = blocks[at].text.partition("\n") if at >= 0 else ("", "", "")
    return [replace(blocks[at], text=rest, kind="paragraph")] if rest and key(first) == key(headline) else []


def headline_index(blocks: Sequence[Block], headline: str) -> int:
    """The index of the block with the headline, else of a similar heading, else of the first `<h1>`, else of the first
    heading; -1 for a page without headings."""
    folded, longest = key(headline), len(headline) + 40
    shortest, same = len(folded) // 2, -1
    found: list[int] = []
    for i, block in enumerate(blocks[:MAX_SEARCHED_BLOCKS]):
        text = key(block.text) if shortest <= len(block.text) < longest else ""
        shown = bool(text) and text == folded
        if block.kind == "heading":
            # A line over the headline ("Opinion") may be in the same heading, while 'One response to "The ferry"' comes later.
            ends_in_it = same < 0 and len(folded) >= MIN_HEADLINE_LETTERS and text.endswith(folded)
            if shown or ends_in_it:
                return i
            found.append(i)
        elif shown and same < 0:
            same = i
    if same >= 0:
        return same
    found = found[:MAX_HEADINGS]
    like = (i for i in found if alike(blocks[i].text, headline) > 0.8)
    first_rank = (i for i in found if blocks[i].path.rsplit("/", 1)[-1].split(".", 1)[0] == "h1")
    return next(chain(like, first_rank, found), -1)


def _details(blocks: Sequence[Block], rules: Rules) -> Iterator[tuple[str, Block]]:
    """The parts of lines between bars, dots and dashes, each with its block. Of a long block the first lines
    are read. Comments below the text are left out; in a forum the first post may be labelled as one."""
    in_text = False
    for block in blocks:
        in_text = in_text or block.label == "body"
        if block.label not in _OFFERS and not (in_text and block.label == "comments"):
            lines = block.text[: MAX_BYLINE_CHARS * 3].split("\n")
            for line in (one for whole in lines for one in dates.with_a_label_each(whole)):
                line = line[:MAX_BYLINE_CHARS]
                segments = _segments(_ISO_TIME.sub(" | ", line) if "T" in line else line, rules)
                yield from (
                    (part, block) for segment in segments for part in dates.with_a_date_each(segment, rules)
                )


def _segments(line: str, rules: Rules) -> Iterator[str]:
    """The parts of a line between bars, dots and dashes; a date and its time of day stay together, and the days of a span:
    "12.11.2012 - 15:03", "10 - 22 August 2012"."""
    at = 0
    is_span = _SPAN_OF_DAYS.search(line) is not None and _ends_span(line, dates.date_text(line, rules), rules)
    for cut in person_names.SEGMENT.finditer(line) if person_names.MAY_PART.search(line) else ():
        apart = line[: cut.start()], line[cut.end() :]
        if not (_ENDS_IN_DATE.search(apart[0]) and _TIME_FIRST.match(apart[1])) and not (
            (_ENDS_IN_TIME.search(apart[0]) and apart[1][:1].isdigit()) or is_span
        ):
            yield line[at : cut.start()]
            at = cut.end()
    yield line[at:]


def _ends_span(line: str, found: str, rules: Rules) -> bool:
    """Whether the date `found` in a line is the end of a span of days, as of an event, and no date of publication."""
    before = line.partition(found)[0][-dates.MAX_CHARS_BEFORE_DATE :] if found else ""
    return (
        bool(found) and dates.parse(found, rules) is not None and dates.parse(before + found, rules) is None
    )


def _dates(blocks: Sequence[Block], where: Position, rules: Rules) -> Iterator[Claim]:
    """A claim for each part of a line that is little more than a date, or is a byline with links or outside the text ("Written by Jane
    Doe in Ferries on 3 May 2024 at 08:30. Add a comment"). The first date counts most, one in running text little."""
    label, dated = "", False
    for line, block in _details(blocks, rules):
        found = dates.date_text(line, rules)
        is_date = bool(found) and len(line) - len(found) <= dates.MAX_CHARS_BESIDE_DATE
        if block.label == "nav" and found and any(found in text and text != found for text, _ in block.links):
            continue  # the day before or after in a diary: "«Prev(2025-07-10)"
        if is_date or (found and (block.label != "body" or block.links[1:]) and _after_by(line, "", rules)):
            start = dates.beginning(line, found)
            is_change = dates.says("modified", line[:start] or label, rules)  # "Updated as of 3 May 2024"
            is_of_source = not is_change and dates.says("looked_at", line[:start], rules)
            if is_of_source or _ends_span(line, found, rules):
                continue
            if is_change:
                yield Claim("date_modified", line[start:], Source(Place.TEXT, where))
            elif in_prose(f"{label} {line}" if dates.signs(label, rules) else line, found, block.text, rules):
                yield Claim("date_published", line[start:], Source(Place.TEXT, Position.PROSE))
            else:
                source = Source(Place.TEXT, Position.LATER if dated else where)
                yield Claim("date_published", line[start:], source)
                dated = True
        label = line


def _bylines(
    blocks: Sequence[Block], where: Position, title: frozenset[str], rules: Rules
) -> Iterator[tuple[Claim, Block | None]]:
    """Claims of lines that begin like a byline, or hold only a name: in a box for authors, beside a date, or below the
    headline. A guess comes with its block, which is then tested for signs against it."""
    lines: list[tuple[str, Block]] = []
    for block in blocks:
        is_long = len(block.text) > MAX_BYLINE_CHARS * 3
        texts = () if is_long or guessed_names.is_link_elsewhere(block, rules) else block.text.split("\n")
        for line in (one for whole in texts for one in dates.with_a_label_each(whole)):
            if 1 < len(line) <= MAX_BYLINE_CHARS:
                # "Jane Doein General" is two links with "in" between them.
                linked = [text for text, _ in block.links if text in line] if block.links else []
                lines.append((person_names.with_spaces(line, linked, rules) if linked else line, block))
    dated = [i for i, (line, _) in enumerate(lines) if dates.date_text(line, rules)]
    inside, between = _ids_inside_and_between(blocks)
    opened = -1
    for i, (line, block) in enumerate(lines):
        after = _line_after(lines[i + 1 : i + 1 + MAX_LISTED_AUTHORS], rules)
        inner = _after_by_inside(line, rules) or _linked_after_by(line, block, rules) if opened < 0 else ""
        signed = _after_by(line, after, rules) or inner
        signed = guessed_names.unless_press_office(signed, block, blocks, rules)
        if signed and not _goes_on(line, signed, rules) and not (opened >= 0 and _EDITOR.match(line)):
            near = (opened < 0 or i - opened == 1) and not (id(block) in inside and _LABEL.match(line))
            near = near and not (signed.islower() and " " not in signed)  # an account says less than a name
            yield Claim("authors", signed, Source(Place.TEXT, where if near else Position.LATER)), None
            opened = i
        elif people := guessed_names.of_links(line, block, rules):
            yield Claim("authors", people, Source(Place.TEXT, where)), None
        elif name := _name_alone(line, block, title, rules):
            apart = id(block) in between
            beside = not apart and any(abs(i - d) <= MAX_LINES_APART for d in dated)
            guess = Place.LINE if beside else Place.NEXT if i == 0 and not apart else Place.ALONE
            place = Place.BOX if _in_author_box(block, rules) else guess
            yield Claim("authors", name, Source(place, where)), None if place is Place.BOX else block


def _ids_inside_and_between(blocks: Sequence[Block]) -> tuple[frozenset[int], frozenset[int]]:
    """Two sets of IDs of the article's blocks, `inside` and `between`; both are empty for an article of fewer than two paragraphs.

    `inside` holds the blocks from the second paragraph on. There, "Authors: Jane Doe" names the authors of a thing that the
    article is about. `between` holds those of them above the last paragraph. There, a line of two capitalised words is a heading,
    "Copper Pipes", also beside a date, or signs a post of a social network; below the last paragraph it may be a signature.
    """
    body = [b for b in blocks if b.label == "body"]
    paragraphs = [i for i, b in enumerate(body) if len(b.text) > MAX_BYLINE_CHARS]
    if len(paragraphs) < 2:
        return frozenset(), frozenset()
    inside, between = body[paragraphs[1] :], body[paragraphs[1] : paragraphs[-1]]
    return frozenset(map(id, inside)), frozenset(map(id, between))


def _line_after(lines: Sequence[tuple[str, Block]], rules: Rules) -> str:
    """The first line, with the names in the list that it begins: "Author(s)" may head such a list."""
    listed = takewhile(lambda r: r[1].kind == "list_item" and person_names.like_a_name(r[0], rules), lines)
    return ", ".join(line for line, _ in listed) or (lines[0][0] if lines else "")


def _after_by(line: str, after: str, rules: Rules) -> str:
    """The text behind "by" at the start of a line, or the line after it, where that may be a name, else ""."""
    if (writers := credit_labels.writers(line, rules)) is not None:
        return writers if credit_lines.people_in(line, rules) or _all_names(writers, rules) else ""
    match = byline_words.words(rules).by.match(line) if len(line) <= 120 else None
    if match is None:
        return chinese_names.reporter(line, rules)
    rest = line[match.end() :] or after
    if byline_words.words(rules).helped.find(match[0]) and (
        at := byline_words.words(rules).signed.find(rest)
    ):
        rest = rest[at[1] :]  # "Reviewed by Jane Doe — Written by John Roe"
    found = next(iter(person_names.names(rest, rules)), "")
    words = found.split()
    if dates.signs(found, rules):
        return ""  # "Haber Giriş Tarihi: 3 Mayıs 2024": the label of a day
    weak = match[0].strip(" :：|").casefold() in byline_words.words(rules).weak
    if not words or (weak and not person_names.like_a_name(found, rules)):
        return ""
    if " " in match[0].strip() and person_names.is_small(rest[0]) and (account := _account(rest, rules)):
        return account
    if len(words) > 2 and not _could_be_name(found, rules):
        return ""
    is_particle = len(words) > 1 and words[0] in byline_words.words(rules).particles
    return rest if is_particle or not person_names.is_small(words[0][0]) else ""


def _account(text: str, rules: Rules) -> str:
    """The word with which a text begins where only the date follows, as in "jdoe77 on Mon, 11/12/2012" behind "Submitted by"; else "".
    A template without an author leaves a small word there: "Publicado por em 3 de maio de 2024"."""
    found = dates.date_text(text, rules)
    name, *more = (text[: dates.beginning(text, found)].split() if found else []) or [""]
    between = byline_words.words(rules).before_dates | byline_words.words(rules).particles
    if name in between or name in byline_words.words(rules).labels:
        return ""
    behind = dates.TIME_BEHIND.sub("", text.partition(found)[2]).split() if found else []
    leads_to_date = not more or (more[0] in between and len(more) < 3)  # the third word is the weekday
    return name if leads_to_date and len(behind) <= MAX_WORDS_BESIDE_DATE else ""


def _after_by_inside(line: str, rules: Rules) -> str:
    """The text behind "by" in a later part of a line: "3 May 2024 · 3 min read · By the Harbour Post Staff".

    Earns 0.6 points of authors on half of the real pages: 4 change (`docs/benchmarks/ablation.md`).
    """
    if not _SEPARATOR_OR_DIGIT.search(line):
        return ""
    if (match := _BEFORE_TIME.search(line)) and _all_names(match[1], rules):
        return match[1]
    pieces = (piece for part in person_names.SEGMENT.split(line) for piece in dates.without_date(part, rules))
    day = dates.date_text(line, rules)
    begins_with_date = bool(day) and line.startswith(day)
    later = islice(pieces, 0 if begins_with_date else 1, 8)
    found = [
        text
        for piece in later
        if (text := _after_by(_HOUR_FIRST.sub("", dates.without_time(piece)), "", rules))
    ]
    if name := next((text for text in found if _all_names(text, rules) or is_caseless(text)), ""):
        return name
    first = found[0].split(",", 1)[0] if found else ""  # the rest is a job
    return first if begins_with_date and person_names.like_a_name(first, rules) else ""


def _linked_after_by(line: str, block: Block, rules: Rules) -> str:
    """The people whom links behind "by" name in a line that begins with its date: "3 May 2024 in Harbour by [Jane Doe] and [John Roe]
    3 min". The addresses must be those of people: what else stands in such a line may be anything.

    Earns nothing on 1,282 real pages, and the authors of Hugo's theme Doks.
    """
    day = dates.date_text(line, rules) if block.links else ""
    if not day or not line.startswith(day):
        return ""
    people = [
        text
        for text, address in block.links
        if text in line
        and person_names.like_a_name(text, rules)
        and guessed_names.leads_to_person(address, text, rules)
    ]
    before = line.partition(people[0])[0].split() if people else []
    is_signed = any(person_names.says_by(" ".join(before[-words:]), rules) for words in (1, 2))
    return ", ".join(people) if before and is_signed else ""


def _all_names(text: str, rules: Rules) -> bool:
    found = person_names.names(text, rules)
    return bool(found) and all(
        _could_be_name(name, rules) or person_names.EASTERN_NAME.fullmatch(name) for name in found
    )


def _could_be_name(text: str, rules: Rules) -> bool:
    return _like_a_signed_name(text, rules) or person_names.kind_of(text, "", rules) != "person"


def _like_a_signed_name(text: str, rules: Rules) -> bool:
    """Whether a text behind a word for "by" may be the name of a person, which may begin with a month there: "by April Fulton"."""
    first, _, rest = text.partition(" ")
    is_given = bool(rest) and first.casefold() in byline_words.words(rules).given_months and first.istitle()
    return person_names.like_a_name(f"{first[0]}. {rest}" if is_given else text, rules)


def _in_author_box(block: Block, rules: Rules) -> bool:
    """Whether the class of an element around a block is one for authors, such as `byline`."""
    tail = block.path[-120:].casefold()
    is_box = "related" not in tail and any(word in tail for word in byline_words.words(rules).boxes)
    return is_box and not _NOT_AUTHOR.search(tail.rsplit("/", 1)[-1])


def _name_alone(line: str, block: Block, title: frozenset[str], rules: Rules) -> str:
    """The first part of a short line that looks like a name and shares no word with the headline, else "".

    In a script without capitals nothing shows a name ("أخبار العالم" is a section), so it must stand in a box for authors.
    """
    has_capitals = not line.isascii() or block.links or _TWO_CAPITALS.search(line)
    if (
        guessed_names.is_prose(line, rules)
        or not has_capitals
        or _PICTURE.search(line)
        or (line.startswith(("—", "–")) and "(@" in line)  # whose post of a network stands above
        or guessed_names.is_signed_by_agency(line, rules)
    ):
        return ""
    if block.kind == "heading" and not (_in_author_box(block, rules) or dates.date_text(line, rules)):
        return ""
    for segment in person_names.segments(line, rules):
        name = person_names.clean(segment, rules)
        if not any(map(str.isupper, name)) and not _in_author_box(block, rules):
            if not guessed_names.is_linked_person(segment, block, rules):
                continue
            return segment
        if person_names.like_a_name(name, rules) and not title & set(name.casefold().split()):
            return name
        if _is_list_of_names(segment, title, rules) or _names_paper_or_job(segment, title, rules):
            return segment
        if any(guessed_names.is_pen_name(segment, *link, rules) for link in block.links):
            return segment
    return ""


def _is_list_of_names(text: str, title: frozenset[str], rules: Rules) -> bool:
    """Whether a text is only a list of names: "Jane Doe, John Roe & Ann Poe", "Jane Doe / dpa"."""
    parts = byline_words.words(rules).separators.split(text)[:8]
    people = [part for part in parts if person_names.kind_of(part, "", rules) != "agency"]
    if not people or len(parts) < 2 or any(title & set(part.casefold().split()) for part in people):
        return False
    return all(person_names.like_a_name(part, rules) for part in people)


def _names_paper_or_job(text: str, title: frozenset[str], rules: Rules) -> bool:
    """Whether a text is only names, and the paper that these people write for or their job there: "Jane Doe The Canadian Press",
    "Jane Doe, AP Sports Writer"."""
    start, end = byline_words.words(rules).role.find(text) or (0, 0)
    is_job = start > 0 and end == len(text) and text[:start].rstrip().endswith(",")
    if not is_job and not person_names.paper_behind(text, rules):
        return False
    people = person_names.names(text, rules)
    return bool(people) and all(
        person_names.like_a_name(name, rules) and not title & set(name.casefold().split()) for name in people
    )


def _signatures_below(blocks: Sequence[Block], missing: Collection[str], rules: Rules) -> list[Claim]:
    """Claims of signatures far below the headline: "Posted by Jane Doe on 3 May 2024", author boxes, and dates alone.

    Comments are signed too: "Jane Doe on 3 May 2024 at 9:12. Reply". Where two lines differ by their names and days alone, both are
    those of comments, or of other posts, and are left out.
    """
    signed = list(islice(_signed_lines(blocks, missing, rules), MAX_SIGNATURES))
    people: dict[str, set[tuple[str, ...]]] = {}
    for form, names, _ in signed:
        people.setdefault(form, set()).add(names)
    kept = (claim for form, _, claims in signed if not form or len(people[form]) < 2 for claim in claims)
    return list(islice(kept, MAX_CLAIMS_BELOW))


def _signed_lines(
    blocks: Sequence[Block], missing: Collection[str], rules: Rules
) -> Iterator[tuple[str, tuple[str, ...], list[Claim]]]:
    """The lines far below the headline that make claims: each with its letters besides names, day and time of day ("-" for
    none, and "" for a line without a name or a day), its names and its claims."""
    label, in_text = "", False
    for block in blocks:
        before, label = label, block.text[:40]
        in_text = in_text or block.label == "body"
        path = block.path
        has_no_signature = block.label in _ELSEWHERE and not any(word in path for word in _ARTICLE)
        is_menu = "menu-item" in path or ("nav" in path and _MENU.search(path) is not None)
        if has_no_signature or is_menu or (in_text and block.label == "comments"):
            continue
        if guessed_names.is_link_elsewhere(block, rules):
            continue
        made: list[Claim] = []
        if "authors" in missing:
            is_label = person_names.says_by(before, rules)
            labelled = _if_people(_after_by(before, block.text, rules), rules) if is_label else ""
            if name := labelled or _signature(block.text, rules):
                made.append(Claim("authors", name, Source(Place.TEXT, Position.BELOW)))
                label = before if labelled and block.kind == "list_item" else label
            elif _in_author_box(block, rules) and person_names.like_a_name(block.text, rules):
                made.append(Claim("authors", block.text, Source(Place.BOX, Position.BELOW)))
        names = tuple(person_names.names(made[0].value, rules)) if made else ()
        may_date = "date_published" in missing and block.label not in _ELSEWHERE
        found = dates.date_text(block.text, rules) if may_date or names else ""
        form = _letters_besides(block.text, (found, *names)) if found and names else ""
        if found and may_date:
            made += _dates_below(block.text, found, before, rules)
        if made:
            yield form, names, made


def _letters_besides(line: str, parts: Iterable[str]) -> str:
    """The letters of a line without these parts and without "am" and "pm"; "-" where it has no others."""
    line = line.casefold()
    for part in parts:
        line = line.replace(part.casefold(), " ")
    return "".join(filter(str.isalpha, re.sub(r"\b[ap]\.?m\b", "", line))) or "-"


def _publication_claims(blocks: Sequence[Block], rules: Rules) -> list[Claim]:
    """The claims of the first sentence about the page's own publication: "This entry was posted on … by …"."""
    for block in blocks:
        if block.label in _NOT_ABOUT_PAGE:
            continue
        when, who = signatures.publication(block.text, rules)
        if not when and not who:
            continue
        changed = dates.says("modified", block.text[: signatures.MAX_SENTENCE_CHARS], rules)
        field = "date_modified" if changed else "date_published"
        found = [Claim(field, when, _FROM_SENTENCE)] if when else []
        return [*found, Claim("authors", who, _FROM_SENTENCE)] if _if_people(who, rules) else found
    return []


def _dates_below(line: str, found: str, label: str, rules: Rules) -> Iterator[Claim]:
    """The claim of a line with the date `found`, where its words or the `label` before it say that it is the date of the
    post, or where the line is little more than the date."""
    share = len(found) / len(line)
    if share > MIN_LABELLED_DATE_SHARE and dates.signs(label, rules):
        line = f"{label} {line}"
    signed = dates.signs(line, rules) or byline_words.words(rules).signed.find(line[:40]) is not None
    if signed or share > MIN_DATE_SHARE:
        field = "date_modified" if dates.says("modified", line, rules) else "date_published"
        source = Source(Place.TEXT, Position.BELOW if signed else Position.ALONE)
        yield Claim(field, line[dates.beginning(line, found) :], source)


def _signature(text: str, rules: Rules) -> str:
    """The names behind "written by" near the beginning of a line, or those of a line that is a byline; else ""."""
    if reporter := chinese_names.reporter(text, rules) if len(text) < MAX_BYLINE_CHARS // 2 else "":
        return reporter
    at = byline_words.words(rules).signed.find(text)
    if at and at[0] < 40:
        return _after_by("by " + text[at[1] :], "", rules)
    if len(text) >= MAX_BYLINE_CHARS // 2:
        return ""
    found = _after_by(text, "", rules)
    if not found and dates.date_text(text, rules) and dates.signs(text, rules):
        found = _after_by_inside(text, rules)  # "Last updated 3 May 2024 by Jane Doe"
    return "" if found and _goes_on(text, found, rules) else _if_people(found, rules)


def _goes_on(text: str, found: str, rules: Rules) -> bool:
    """Whether a line is a sentence that says more of a name than its owner's job: "Di" is "by" in Italian and "in" in Indonesian, and
    "Di Pengadilan Tinggi Hong Kong, dua tahun kemudian, Jutting tampak tenang." is no signature."""
    if not byline_words.words(rules).by.match(text):
        return False
    name = next(iter(person_names.names(found, rules)), found)
    rest = text.partition(name)[2]
    is_long = chinese_names.is_long(rest) or len(rest.split()) > MAX_WORDS_BEHIND_SIGNATURE
    return is_long and ends_sentence(text) and byline_words.words(rules).role.find(rest) is None


def _if_people(text: str, rules: Rules) -> str:
    """The text itself where all its names look like people, else ""."""
    found = person_names.names(text, rules) if text else []
    are_people = (_like_a_signed_name(n, rules) or chinese_names.is_person(n, rules) for n in found)
    return text if found and all(are_people) else ""
