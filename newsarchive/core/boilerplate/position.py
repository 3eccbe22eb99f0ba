"""Tells lines by where they stand: bylines and dates at the edges of a text, filler.

Example: "By Ann Roe" above the first sentence is a byline; the same words in the middle of a text are the article's.
Each function takes all blocks of a page, and most functions take `body`, the positions of the article's blocks. All
of them give positions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise, takewhile

from newsarchive.core.boilerplate import figures
from newsarchive.core.boilerplate.phrases import phrases
from newsarchive.core.extraction.markup_rules import is_other_page
from newsarchive.core.html.markup import is_cell
from newsarchive.core.metadata import byline_words, person_names
from newsarchive.core.metadata.credit_labels import Role
from newsarchive.core.metadata.credit_lines import people_in
from newsarchive.core.metadata.relative_dates import MAX_RELATIVE_CHARS, ago
from newsarchive.core.origin.bylines import agency_alone
from newsarchive.core.origin.publishers import by_name
from newsarchive.core.text import dates
from newsarchive.core.text.lines import is_prose, is_quotation, prose_ends
from newsarchive.core.text.normalise import fold, key
from newsarchive.core.text.words import comparable_words, ends_sentence
from newsarchive.items import Block, BlockVerdict, DecidedBy
from newsarchive.rules import Rules

#: Characters of a byline or a date; a longer line is text.
MAX_BYLINE_CHARACTERS = 90
#: Characters of a line of details with a label before each; a longer line is text.
MAX_LINE_OF_DETAILS_CHARACTERS = 200
#: Characters, for each author, of a line that says where linked authors work; a longer line is text.
MAX_LINE_OF_AUTHORS_CHARACTERS = 150
#: Lines of the body from its start among which bylines and dates are looked for: a heading, a lede and the line of a
#: picture may come first.
MAX_LINES_ABOVE = 4
#: Paragraphs at the end of a text that may tell of its authors, one each.
MAX_LIVES = 4
#: Paragraphs above those; with fewer the text may be about a person.
MIN_PROSE_ABOVE_LIVES = 2
#: Characters behind a name in which its owner's job stands.
MAX_LIFE_CHARACTERS = 200
#: Words of a time counted from now, with those for publishing ("vor etwa 3 Stunden veröffentlicht"); with more it is a sentence.
MAX_WORDS_OF_COUNTED_TIME = 6
#: The role for which a label of one word makes a line of credits: "Edited by Jane Doe". "Interview: Jane Doe" may be a headline.
_HELPERS: tuple[Role, ...] = ("editing",)
#: The day from which such times are counted to see whether they are any.
_ANY_DAY = datetime(2020, 1, 1, tzinfo=UTC)
#: Words that may stand beside a date: "Last updated on", "at 09:27 am", the weekday. With more words it is a sentence.
MAX_WORDS_BESIDE_DATE = 7
#: Words that may stand between a date, an author and topics: "by", "tagged as", "in". With more words it is a sentence.
MAX_WORDS_BESIDE_FIELDS = 4
#: Part of a line without a word for "by" that names and a date must fill; the rest may be a job.
MIN_NAMED_SHARE = 0.5
#: Words before a job in a line of its own: "Senior Harbour Correspondent".
MAX_WORDS_BEFORE_JOB = 2
#: How the text begins that printers and makers of templates fill a place with, in any language.
FILLER = "lorem ipsum"

#: Characters of program code outside of a script. A shorter line may be a sentence about it.
MIN_SCRIPT_CHARACTERS = 200
#: Signs of program code as a share of all characters: 0.059 and more in the code of these pages, less than 0.04 in nearly all prose.
MIN_SCRIPT_SIGNS = 0.05
#: Blocks with the numbers 1, 2, 3, 4, one behind the other. Fewer may be numbers of paragraphs that the page shows as pictures.
MIN_COUNTED_BLOCKS = 4
#: Words of a paragraph that is text; beside a shorter one filler is all that a page says.
MIN_TEXT_WORDS = 12

#: The end of a text, and what stands between two authors in a line.
_END_MARK = re.compile(r"[-–—]{1,2} ?30 ?[-–—]{1,2}")
_BETWEEN_AUTHORS = re.compile(r"\s[-–—&/]\s|,\s")
BYLINE = BlockVerdict("byline", "byline: names who wrote it, at the edge of the text", DecidedBy.FIELD)
DATE = BlockVerdict("date", "date: says when it was published or changed, and no more", DecidedBy.FIELD)
LINKED_LIFE = BlockVerdict(
    "author bio", "byline: names its authors, with links to their pages, and where they work", DecidedBy.FIELD
)
WORDLESS = BlockVerdict("other", "other: no letter in it, at the edge of the text", DecidedBy.FILLER)
COUNTED = BlockVerdict("nav", "nav: the numbers of a row of pictures or pages", DecidedBy.FILLER)
LINE_NUMBERS = BlockVerdict("other", "other: the numbers of the lines of code beside it", DecidedBy.FILLER)
FILLED = BlockVerdict("other", "other: fills a template until somebody writes", DecidedBy.FILLER)
SCRIPT = BlockVerdict("other", "other: program code that stands outside of its script", DecidedBy.FILLER)

#: Characters between "is" and the end of what an author does besides: "the prize-winning author".
MAX_CHARACTERS_BEFORE_TRADE = 40
#: What stands before an author's name in a line about her life: "About the author:", or a Greek article.
_BEFORE_LIFE = re.compile(r"[^:.]{3,30}:\s*|[ΗΟ] ")
#: The names of boxes around pictures and their credits.
_OF_PICTURE = re.compile(r"credit|caption|figure|photo|image|picture")
#: The place of a report in capitals, and a stroke before its day: "KIROV, Russia | ".
_PLACE_BEFORE = re.compile(r"^[A-Z][A-Z .'’-]{2,30}(?:, [A-Z][\w. ]{1,20})?\s[|·]\s")
#: What may stand behind a time of day: "10:20 BST", "10:20 (GMT+7)", "10時20分".
_TIME_ZONE = re.compile(r"\s*\(?(?:[A-Z]{2,4}(?:[+-]\d{1,2})?|[ap]m|分)\)?$")

#: What stands between the parts of a line: "9 August 2012 · by Ann Roe · 3 comments".
_BETWEEN_PARTS = re.compile(r"\s[·•|/–—-]\s")
#: What ends a sentence, and not "5:03 p.m.".
_STOP_OF_SENTENCE = re.compile(r"\w{2}[.!?…。।]$")

#: Signs that code has many of, and prose few.
_SCRIPT_SIGNS = ";{}()=+"
#: What scripts of pages ask for.
_SCRIPT = re.compile(r"\b(?:document|window|navigator)\.\w|\bfunction\s?\w*\(|\bvar \w+ ?=")

#: Characters of the question of an accordion; a longer line is none.
MAX_QUESTION_CHARACTERS = 200
#: What an accordion, or one of its parts, is called in a class or an id; and the element that is one.
_ACCORDION = re.compile(r"(?:^|[#._-])(?:accordion|toggle|collaps|faq|spoiler)|^details", re.IGNORECASE)
#: What the part of an accordion is called, or made of, that a reader clicks.
_CLICKED = re.compile(r"question|title|button|label|head", re.IGNORECASE)
#: Labels of lines that are links or controls, or of which nothing is known.
_UNSURE = frozenset({"nav", "form", "other"})
#: What gives a block its first label: the classifier, and the names of the elements around it. Everything else has proved what it
#: says.
GUESSES = frozenset({DecidedBy.MODEL, DecidedBy.MARKUP})

#: Spaces in the title of another post; a link with fewer may lead to a person or a section.
MIN_TITLE_SPACES = 2
QUESTION = BlockVerdict("body", "the question of an accordion whose answer is text", DecidedBy.NEIGHBOURS)


def teasers(blocks: Sequence[Block], places: Iterable[int], url: str) -> set[int]:
    """The places, of those given, of other posts as a page tells of them: a heading that is a link to another page of the site, with the
    lines below it; an item that begins with such a link; and the heading above them. `url` is the page's address.

    A text that is shorter than the excerpts below it is still the text.
    """
    found: set[int] = set()
    last, under, head = -2, False, -1
    for i in sorted(places):
        if i != last + 1:
            under, head = False, -1
        block, last = blocks[i], i
        said, href = block.links[0] if block.links else ("", "")
        is_title = bool(said) and block.text.startswith(said) and said.count(" ") >= MIN_TITLE_SPACES
        if is_title and block.kind in ("heading", "list_item") and is_other_page(href, url):
            under = block.kind == "heading"
            found.update((i, head) if head >= 0 else (i,))
            head = -1
        elif under:
            found.add(i)
        else:
            head = i if block.kind == "heading" else -1
    return found


def bylines_and_dates(
    blocks: Sequence[Block],
    body: Sequence[int],
    authors: Collection[str],
    topics: Collection[str],
    rules: Rules,
) -> Iterator[tuple[int, BlockVerdict]]:
    """Bylines and dates among the first lines of a body, or below its last sentence. `topics` are the section and the tags that
    the page is known to have."""
    prose = prose_ends([blocks[i] for i in body], range(len(body))) or [len(body)]
    first, last = prose[0], prose[-1]
    signed = False
    for at, i in enumerate(body):
        block, is_above = blocks[i], at < first
        if not is_above and _counts_hours(block, rules):
            yield i, DATE
            continue
        if is_above and i > 0 and not signed:  # by a byline's box, or by a line that the classifier left out
            before = blocks[i - 1]
            is_line = before.label == "other" and len(before.text) <= MAX_BYLINE_CHARACTERS
            signed = before.label == "byline" or (is_line and _is_byline(before.text, authors, rules))
        is_edge = not MAX_LINES_ABOVE <= at <= last
        # A lone cell is layout: no cell is in its HTML. A paragraph in a cell may be a byline.
        is_data = block.kind == "code" or (block.kind == "table" and is_cell(block.html))
        if is_edge and not is_data and _is_of_linked_authors(block, authors):
            signed = True
            yield i, BYLINE if is_above else LINKED_LIFE
            continue
        if not is_edge or len(block.text) > MAX_LINE_OF_DETAILS_CHARACTERS or is_data:
            continue
        whole = block.text.split("\n")
        details = list(chain.from_iterable(_details(line, rules) for line in whole))
        if len(block.text) > MAX_BYLINE_CHARACTERS and len(details) <= len(whole):
            continue
        lines = [rest for line in details if (rest := _without_labels(line, rules))]
        others = [line for line in lines if not _is_date(line, block, rules, is_above=is_above)]
        if lines and not others:
            yield i, DATE
        if not others or (
            block.kind == "heading"
            and not (is_above and all(_opens_with_author(line, authors, rules) for line in others))
        ):
            continue
        if all(
            _is_byline(line, authors, rules)
            or _states_fields(line, authors, topics, rules)
            or (is_above and _goes_with_byline(line, signed or line is not others[0], rules))
            for line in others
        ):
            # In the elements of a picture's credit "NBC News" is whose picture it is.
            if _OF_PICTURE.search("/".join(block.path.split("/")[-2:])):
                yield i, figures.IN_FIGURE
            else:
                signed = True
                yield i, BYLINE


def _is_of_linked_authors(block: Block, authors: Collection[str]) -> bool:
    """Whether a line begins with the link to an author and goes on with where that author works: "Ann Roe, Professor of Oceans,
    University of Fenby". Journals of universities print one above a text, and one below it.

    >>> line = Block("Ann Roe, University of Fenby", links=(("Ann Roe", "https://a.example/roe"), ("University of Fenby", "https://f.example/")))
    >>> _is_of_linked_authors(line, ["Ann Roe"]), _is_of_linked_authors(line, ["Tom Ash"])
    (True, False)
    """
    text, name = block.text, block.links[0][0].strip() if block.links else ""
    is_short = len(text) <= MAX_LINE_OF_AUTHORS_CHARACTERS * max(1, len(authors))
    return name in authors and is_short and text.startswith(f"{name}, ") and not ends_sentence(text)


def lives(
    blocks: Sequence[Block], body: Sequence[int], authors: Collection[str], rules: Rules
) -> Iterator[int]:
    """The last paragraphs of a text, where each begins with the name of one of its authors and says what they do: "Ann Roe is a
    contributing editor of the Post.", "Ann Roe covers chips.".

    Takes such a paragraph out of ten of 2,579 real pages, and no other.
    """
    people = tuple(name for name in authors if " " in name)
    if not people or sum(is_prose(blocks[i]) for i in body) <= MIN_PROSE_ABOVE_LIVES:
        return
    table = byline_words.words(rules)
    above = ""
    for i in reversed(body[-MAX_LIVES:]):
        text = blocks[i].text.lstrip()
        if above and blocks[i].kind == "heading" and text.strip() == above:
            yield i
            continue
        label = _BEFORE_LIFE.match(text)
        if label and (":" not in label[0] or table.trade.find(label[0])):  # "About the author:"
            text = text[label.end() :]
        name = next((name for name in people if text.startswith(f"{name} ")), "")
        life = text[len(name) :].strip()[:MAX_LIFE_CHARACTERS]
        verb, _, rest = life.partition(" ")
        says_job = verb in table.tells_job or (verb in table.is_now and _names_job(rest, table) is not None)
        says_job = says_job or (_names_job(life, table) or (1, 1))[0] == 0  # Arabic has no "is"
        if not name or not says_job or blocks[i].kind in ("heading", "code", "quote"):
            break
        above = name
        yield i


def _names_job(text: str, table: byline_words.Words) -> tuple[int, int] | None:
    """Start and end of a job, or of what somebody does besides, in a text; `None` for a text without one."""
    return table.role.find(text) or table.trade.find(text[:MAX_CHARACTERS_BEFORE_TRADE])


def wordless(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """Lines without a letter or digit ("-", "* * *") above the first line that has one, and below the last, and the mark by which
    journalists of North America end a text: "-30-"."""
    for run in (body, body[::-1]):
        for i in run:
            if any(map(str.isalnum, blocks[i].text)) and not _END_MARK.fullmatch(blocks[i].text):
                break
            if blocks[i].kind != "embed":
                yield i
    yield from (
        i for i in body if _END_MARK.fullmatch(blocks[i].text)
    )  # the contacts of a press release may follow


def counters(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """Lines that count the pictures of a row or the pages of an article, one number each: "1", "2", "3", "4". The first one, which
    is shown, may be no part of the text already."""
    run: list[int] = []
    for i in (*body, len(blocks)):
        number = blocks[i].text if i < len(blocks) and blocks[i].kind not in ("code", "table") else ""
        goes_on = bool(run) and i == run[-1] + 1 and number == str(int(blocks[run[-1]].text) + 1)
        if not goes_on:
            if len(run) >= MIN_COUNTED_BLOCKS:
                yield from run
            run = []
        if goes_on or number == "1" or (number == "2" and i and blocks[i - 1].text == "1"):
            run.append(i)


def line_numbers(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """The numbers of the lines of a listing, which stand beside it: code that is "1", "2", "3" and no more, with code behind it."""
    for i in body:
        if blocks[i].kind == "code" and i + 1 < len(blocks) and blocks[i + 1].kind == "code":
            lines = blocks[i].text.split()
            if lines == [str(number + 1) for number in range(len(lines))]:
                yield i


def filler(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """Lines that only fill a template until somebody writes: "Lorem ipsum dolor sit amet …".

    None where no other paragraph would be left: then the page is a trial, and its maker wants to see its text.
    """
    fills = {i: blocks[i].text[: len(FILLER)].lower() == FILLER for i in body}
    others = (blocks[i] for i in body if not fills[i] and blocks[i].kind == "paragraph")
    if any(comparable_words(block.text) >= MIN_TEXT_WORDS for block in others):
        yield from (i for i in body if fills[i] and blocks[i].kind not in ("code", "quote"))


def scripts(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """Program code that a page shows because the start tag of its script was lost: it stands in no element but `<body>`.

    Two of 141 news pages of 2008 begin with one to two thousand characters of it.
    """
    for i in body:
        block = blocks[i]
        text = block.text
        if block.kind == "paragraph" and len(text) >= MIN_SCRIPT_CHARACTERS and block.path.count("/") == 1:
            signs = sum(map(text.count, _SCRIPT_SIGNS))
            if signs >= MIN_SCRIPT_SIGNS * len(text) and _SCRIPT.search(text):
                yield i


def _details(line: str, rules: Rules) -> list[str]:
    """The details of a line with a label before each, without those that are boilerplate as a line of their own: "Okunma: 1234"."""
    found = dates.with_a_label_each(line)
    known = phrases(rules).known
    return found if len(found) == 1 else [one for one in found if "line" not in known(fold(one))]


def _without_labels(line: str, rules: Rules) -> str:
    """A line without the parts between signs that are boilerplate as a line of their own.

    >>> from newsarchive import rules
    >>> _without_labels("Posted on August 9, 2012 by Ann Roe · 0 comments | Share this", rules.default())
    'Posted on August 9, 2012 by Ann Roe'

    Takes a line of date and topics or date, author and comments out of four of 2,579 real pages, and no other line.
    """
    parts = _BETWEEN_PARTS.split(line)
    if len(parts) == 1:
        return line.strip()
    known = phrases(rules).known
    return " · ".join(part for part in parts if part.strip() and "line" not in known(fold(part)))


def _is_date(line: str, block: Block, rules: Rules, *, is_above: bool) -> bool:
    """Whether a line is a date and no part of the article. It is one of these:

    - a labelled date, in a block of any kind;
    - in a paragraph, a date with at most its weekday; in a list or a heading, such a date belongs to the list or the heading;
    - in a paragraph above the text, a time counted from now: "14 hours ago", "vor 3 Monaten". This case takes such a line out of four
      of 2,579 real pages, and no other line.
    """
    if _is_labelled_date(line, rules):
        return True
    may_count = is_above and any(map(str.isdigit, line)) and len(line.split()) <= MAX_WORDS_OF_COUNTED_TIME
    counts = may_count and ago(line, _ANY_DAY, rules) is not None
    return block.kind == "paragraph" and (counts or _is_bare_date(line, rules))


def _counts_hours(block: Block, rules: Rules) -> bool:
    """Whether a paragraph is a time less than a day before the fetch: "2 hours ago" above an entry of a live blog. "2 months ago" may be
    the heading of a part of a story; a time of day ("14:32") says when something happened, and stays."""
    text = block.text
    if block.kind != "paragraph" or len(text) > MAX_RELATIVE_CHARS or ends_sentence(text):
        return False
    if not any(map(str.isdigit, text)) or len(text.split()) > MAX_WORDS_OF_COUNTED_TIME:
        return False
    time = ago(text, _ANY_DAY, rules)
    return time is not None and _ANY_DAY - time < timedelta(days=1)


def _is_bare_date(line: str, rules: Rules) -> bool:
    """Whether a line is a date with at most its weekday, its time of day and a time zone, or an agency behind it.

    >>> from newsarchive import rules
    >>> lines = ("Viernes, 30 de abril de 2021", "Fri 3 May 2024 10.20 BST", "2015.08.15 10:28MTI", "London, 3 May 2024")
    >>> [_is_bare_date(t, rules.default()) for t in lines]
    [True, True, True, False]
    >>> lines = ("PHNOM PENH | Fri Jul 19, 2013 1:38am EDT", "1:18PM Tuesday January 15, 2008", "Monday, October 22, 2012 at 9:55PM")
    >>> [_is_bare_date(t, rules.default()) for t in (*lines, "26-28 November 1997")]
    [True, True, True, False]
    """
    found = dates.date_text(line, rules)
    if not found:
        return False
    before, _, after = line.partition(found)
    before = _PLACE_BEFORE.sub("", before)
    before = dates.without_time(before) if ":" in before else before  # "26-28 November" begins with no time
    rest = dates.without_time(dates.TIME_BEHIND.sub("", after, count=1)).strip()
    if rest != after.strip():
        rest = _TIME_ZONE.sub("", rest)
    if rest and not before and agency_alone(rest, rules) == rest:
        return True
    beside = byline_words.words(rules).weekdays | byline_words.words(rules).before_dates
    return all(w.strip(" .,،()（）") in beside for w in f"{before} {rest}".casefold().split())


def _is_labelled_date(line: str, rules: Rules) -> bool:
    """Whether a line is a date with a word for publishing or changing before it, or two dates and no sentence.

    >>> from newsarchive import rules
    >>> [_is_labelled_date(t, rules.default()) for t in ("Last updated on 3 May 2024 at 09:27", "Built in May 2024")]
    [True, False]
    >>> [_is_labelled_date(t, rules.default()) for t in (
    ...     "on May 3, 2024 at 4:44 PM, updated May 3, 2024 at 5:03 p.m.", "He published it on 3 May 2024 and died on 5 May 2025.")]
    [True, False]
    """
    found = dates.date_text(line, rules)
    if not found or not dates.signs(line, rules):
        return False
    if comparable_words(line.replace(found, " ")) <= MAX_WORDS_BESIDE_DATE:
        return True
    for part in dates.with_a_date_each(line, rules):
        before, _, behind = part.partition(dates.date_text(part, rules) or "\0")
        beside = f"{before} {dates.TIME_BEHIND.sub('', behind, count=1)}"
        if comparable_words(beside) > MAX_WORDS_BESIDE_FIELDS:
            return False
    return not _STOP_OF_SENTENCE.search(line)


def _states_fields(line: str, authors: Collection[str], topics: Collection[str], rules: Rules) -> bool:
    """Whether a line has a date, a known author and a known topic, and hardly a word besides.

    >>> from newsarchive import rules
    >>> line = "2025-07-18 by Ann Roe, tagged as ferries, harbour"
    >>> [_states_fields(line, ["Ann Roe"], topics, rules.default()) for topics in (["ferries", "harbour"], [])]
    [True, False]
    >>> _states_fields("On 2025-07-18 Ann Roe wrote here why ferries pay", ["Ann Roe"], ["ferries"], rules.default())
    False

    Earns the first line of each of 16 posts of BlazeBlogger, and no line on 1,282 real pages.
    """
    found = dates.date_text(line, rules)
    rest = line.replace(found, " ") if found else ""
    for words in (authors, topics):
        before = rest
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, " ")
        if rest == before:
            return False
    return comparable_words(rest) <= MAX_WORDS_BESIDE_FIELDS


def _goes_with_byline(line: str, signed: bool, rules: Rules) -> bool:
    """Whether a line above the text names nothing but an agency, or below an author (`signed`) her paper or her job.

    >>> from newsarchive import rules
    >>> [_goes_with_byline(t, False, rules.default()) for t in ("Associated Press", "Los Angeles Times")]
    [True, False]
    >>> lines = ("AP Business Writer", "Los Angeles Times", "Harbour Correspondent", "Ferries")
    >>> [_goes_with_byline(t, True, rules.default()) for t in lines]
    [True, True, True, False]
    """
    start, end = byline_words.words(rules).role.find(line) or (0, 0)
    before = line[:start].split()
    if signed and end == len(line) and len(before) <= MAX_WORDS_BEFORE_JOB:
        return True
    if agency_alone(line, rules):
        return True
    return signed and by_name(" ".join(before) or line.strip("()[] —–-"), rules) is not None


def _opens_with_author(text: str, authors: Collection[str], rules: Rules) -> bool:
    """Whether a text is a word for "by" and known authors, as some papers print them in a heading."""
    by = byline_words.words(rules).by.match(text)
    return (
        by is not None
        and fold(by[0]) not in byline_words.words(rules).weak
        and text[by.end() :].strip(" ,").casefold() in map(str.casefold, authors)
    )


def _is_byline(text: str, authors: Collection[str], rules: Rules) -> bool:
    """Whether a line opens as a byline does and goes on with what looks like names, or says little but the names of
    the authors that the page is known to have.

    >>> from newsarchive import rules
    >>> [_is_byline(t, ["Ann Roe"], rules.default()) for t in ("Ann Roe", "Von Jane Doe", "Jane Doe")]
    [True, True, False]
    >>> [_is_byline(t, [], rules.default()) for t in ("By admin on 3 May 2024", "By noon on 3 May 2024")]
    [True, False]
    >>> _is_byline("Antonio Roe F.", ["Antonio Roe F."], rules.default())
    True
    """
    if people_in(text, rules, alone=_HELPERS):
        return True
    if text.strip() in authors and person_names.like_a_name(text.strip(), rules):
        return True  # also "Ann R."
    if ends_sentence(text) or is_quotation(text):
        return False
    people = _BETWEEN_AUTHORS.split(text.strip())
    if len(people) > 1 and all(name in authors and person_names.like_a_name(name, rules) for name in people):
        return True
    table, folded = byline_words.words(rules), text.casefold()
    by = table.by.match(text)
    opens = by is not None and fold(by[0]) not in table.weak
    if not opens and not any(author.casefold() in folded for author in authors):
        return False  # cheaper than to read the names
    found = person_names.names(text, rules)
    if not found:
        return by is not None and opens and _names_nobody(text[by.end() :], rules)
    known = set(found) <= set(authors)
    like_names = all(person_names.like_a_name(name, rules) for name in found)
    if opens:
        return known or like_names
    if (
        by is not None
        and known
        and like_names
        and text[by.end() :].strip(" .").casefold() == found[-1].casefold()
    ):
        return True  # "Report: Jane Doe"
    if text.strip() in authors and person_names.is_listed_paper(text, rules):
        return True
    # The page's author may be wrong, made of a heading: so the names must look like names, and fill the line
    # with the author's day, job and paper.
    start, end = table.role.find(text) or (0, 0)
    beside = len(dates.date_text(text, rules)) + len(person_names.paper_behind(text, rules)) + end - start
    named = sum(map(len, found)) + beside
    return known and like_names and named >= MIN_NAMED_SHARE * len(text)


def _names_nobody(text: str, rules: Rules) -> bool:
    """Whether a text is an account that is nobody's, with a date and what joins the two: "admin on 3 May 2024"."""
    found = dates.date_text(text, rules)
    account = text.partition(found)[0].split() if found else []
    behind = dates.TIME_BEHIND.sub("", text.partition(found)[2]).strip() if found else ""
    table = byline_words.words(rules)
    if account and account[-1].casefold() in table.before_dates:
        account.pop()
    return not behind and key(" ".join(account)) in table.never


def questions(blocks: Sequence[Block]) -> Iterator[int]:
    """The questions of accordions: dropped lines right above a block of the article, in one accordion with it.

    A block editor writes `<div class="accordion-item"><h3><a href="#1">Who pays?</a></h3><div><p>The town does.</p></div></div>`.
    The answer reads like text. The question, which a reader clicks to see it, is a link and little else, or a button, and reads
    like a menu. No element that holds the answer and not the question may be named like a question: "Expand all" stands above the
    first question, which does not answer it.

    Gives 44 questions back on 17 of 2,579 real pages; all 22 on the nine pages that were looked at are questions or titles.

    >>> item = "html/body/div.accordion-item"
    >>> asked = Block("Who pays?", "heading", "nav", "links and little else", path=f"{item}/h3", decided_by=DecidedBy.MARKUP)
    >>> list(questions([asked, Block("The town pays.", path=f"{item}/div.accordion-body/p")]))
    [0]
    """
    for i, (line, below) in enumerate(pairwise(blocks)):
        if (
            below.label == "body"
            and below.kind != "heading"
            and line.label in _UNSURE
            and line.decided_by in GUESSES
            and line.kind in ("heading", "paragraph")
            and len(line.text) <= MAX_QUESTION_CHARACTERS
        ):
            steps, others = line.path.split("/"), below.path.split("/")
            shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(steps, others, strict=False))))
            if any(map(_ACCORDION.search, steps[2:shared])) and not any(
                map(_CLICKED.search, others[shared:])
            ):
                yield i
