"""Finds runs of lines that belong together and are no part of the article: promos, lists of links, quotes of the week.

Example of a promo: "Want to know what the council decides?" (a question to the reader), "Mare Briefing" (a product's name),
"Our award-winning newsletter and podcast explain it." (a pitch). Example of a list: "More from Mare News", three titles
without a full stop, and the end of the page.

Each function looks at all blocks of a page and gives positions, some with what decided them; it changes nothing. A cue is a shape
(a question, a short line above a list, a dash before a name) with few words from `data/phrases`, never a known sentence.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence

from newsarchive.core.boilerplate.phrases import Phrases
from newsarchive.core.text.lines import is_linked, is_prose, is_quotation, names_in, names_one, prose_ends
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words, ends_sentence
from newsarchive.items import Block, BlockVerdict

#: Lines of a promo, from its first question or pitch on.
MAX_PROMO_LINES = 5
#: Words of a product's name that stands as a line of its own.
MAX_PRODUCT_WORDS = 6
#: Words of a short question above a promo.
MAX_TEASING_WORDS = 20
#: Words of a line that calls the reader to a newsletter, channel or app: "our", and what it is. A shorter line is not
#: read.
MIN_CALL_WORDS = 2
#: Words of such a line; a longer line is prose.
MAX_CALL_WORDS = 30
#: Characters of such a line; a longer line is not read.
MAX_CALL_CHARACTERS = 240
#: Characters of a question to the reader; a longer block is not read.
MAX_QUESTION_CHARACTERS = 400
#: Characters of a pitch; a longer block is not read.
MAX_PITCH_CHARACTERS = 500
#: Words of a pitch: "our" and two products. A shorter line is not read.
MIN_PITCH_WORDS = 3
#: Words of the saying in a quote of the week; a longer one is a quotation of the article.
MAX_SAYING_WORDS = 90
#: Lines of a saying, its author's name included.
MAX_SAYING_LINES = 4
#: Words of the line that names the author of a saying.
MAX_SAYING_AUTHOR_WORDS = 8
#: Lines of a list under a head; a longer list (26 podcasts, say) is content.
MAX_LIST_LINES = 8
#: Words of an item of a list that is a sentence. One with fewer may be a title that ends in "Inc.".
MIN_SENTENCE_ITEM_WORDS = 6
#: Words of one line of such a list: a title, a teaser, at most a title with its teaser.
MAX_TEASER_WORDS = 45
#: Labels of a line that calls the reader to read something.
CALLS_TO_READ = ("related", "read more")
#: What parts such a call from the title that it names.
_SAYS_WHAT = re.compile(r"[:：]\s*\w")
#: Words of such a line that does not say what; a longer line holds a title.
MAX_BARE_CALL_WORDS = 5
#: Words of a line that heads a list because it names the page's source.
MAX_SOURCE_HEAD_WORDS = 8
#: Words of a sentence of the article. Above the last sentence of at least this length, a list whose head is known by a name alone
#: stays.
MIN_TEXT_WORDS = 20
#: Lines below a head like "About the author"; more lines are text.
MAX_BIO_LINES = 4
#: Words of the head of a republished article's tail: "Out of the same oven, Mare News".
MAX_TAIL_HEAD_WORDS = 10
#: Heads below a text whose names are looked for in all of the text. Further heads open no tail: a page with 10,000 of them took 12 s.
MAX_TAILS = 50
#: Words of a line that closes such a tail: "Baked first at Mare News".
MAX_TAIL_CLOSING_WORDS = 45
#: Lines that close such a tail, each with the name: an attribution, then a notice.
MAX_TAIL_CLOSING_LINES = 3

#: The line that names the author of a saying: "– Ann Roe", "~ Ann Roe".
_NAMED = re.compile(r"\s*[~–—―-]+\s*\S.{1,80}")
#: A place in a template (Handlebars, Webflow) with the name of what belongs there.
_PLACEHOLDER = re.compile(r"\{\{\s*[\w.-]{1,40}\s*\}\}")
#: A label of up to three words, then 8 to 64 hexadecimal digits or a UUID. A word is taken whole: letters that could be divided
#: between three words took time in the cube of their number.
_TOKEN = re.compile(
    r"(?:[^\W\d]++[ -]?){0,3}\s?[:=#]\s?([0-9a-f]{8,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.I
)

CALL = "promo: calls the reader to what it says is its own"
PROMO = "promo: a question to the reader, a product's name, a pitch: two of these together"

#: (positions of blocks, why they belong together)
Span = tuple[Sequence[int], str]
#: Position of a block → what a table says that its text heads.
Heads = Mapping[int, BlockVerdict]


# -- verification marks ----------------------------------------------------------------------------


def is_token(text: str) -> bool:
    """Whether a line is only a label and a machine's mark, as "Verification: a0d6e82a7952e405", or a place in a template that was
    never filled in, as "{{cta}}".

    >>> is_token("Verification: a0d6e82a7952e405"), is_token("{{cta}}"), is_token("Room: 20250401")
    (True, True, False)
    """
    if text.startswith("{{") and _PLACEHOLDER.fullmatch(text.strip()):
        return True
    if ":" not in text and "=" not in text and "#" not in text:  # far cheaper than the pattern
        return False
    hit = _TOKEN.fullmatch(text.strip())
    return hit is not None and any(c.isdigit() for c in hit[1]) and any(c.isalpha() for c in hit[1])


# -- promos ----------------------------------------------------------------------------------------


def promo_lines(blocks: Sequence[Block], folded: Sequence[str], words: Phrases) -> list[Span]:
    """Promos: a question to the reader that offers the answer, a product's name, a pitch. `folded` are the texts of the blocks, folded.

    Two of the three must stand together, or one line must be both question and pitch, or one line must call the reader
    to what the house says is its own. The product's name is a short line without an end mark that touches one of the
    others.
    """
    questions, pitches, calls = set(), set(), []
    for i, block in enumerate(blocks):
        if len(block.text) >= MAX_PITCH_CHARACTERS:  # longer than each of the three may be
            continue
        if not words.promo.kinds_in(folded[i]):
            continue
        # A question to the reader, with a promise of the answer.
        asks = len(block.text) < MAX_QUESTION_CHARACTERS and ("?" in block.text or "¿" in block.text)
        if asks and words.promo.holds(folded[i], "reader", "offer") and not reports(folded[i], words):
            questions.add(i)
        # Praise of a product of the house: "our", at least two products, a word of praise.
        praises = (
            words.promo.holds(folded[i], "own", "praise") and words.promo.count(folded[i], "product") > 1
        )
        if praises and comparable_words(block.text) >= MIN_PITCH_WORDS and not reports(folded[i], words):
            pitches.add(i)
        is_call = block.kind != "heading" and _is_call(block.text, folded[i], words)
        if is_call and "line" not in words.known(folded[i]):  # a table says more of such a line
            calls.append(i)
    cues = questions | pitches
    found: list[Span] = []
    for i in sorted(cues):
        run = _promo_run(blocks, folded, i, cues, words)
        told = [j for j in run if j in cues]
        sold = any(j in pitches or words.promo.count(folded[j], "product") for j in told)
        if sold and (len(run) > 1 or (i in questions and i in pitches)):
            found.append((run, PROMO))
    return found + [([i], CALL) for i in calls]


def _promo_run(
    blocks: Sequence[Block], folded: Sequence[str], start: int, cues: set[int], words: Phrases
) -> list[int]:
    """A promo line and those below it, with at most one product's name between or beside them, and a short question above that
    has a word of promos."""
    run, at, named = [start], start + 1, False
    while at < len(blocks) and len(run) < MAX_PROMO_LINES:
        if at not in cues:
            opens_section = blocks[at].kind == "heading" and at + 1 not in cues
            if named or opens_section or not _is_product_name(blocks[at]):
                break
            named = True
        run.append(at)
        at += 1
    before = blocks[start - 1] if start else None
    if before and len(run) == 1 and before.kind != "heading" and _is_product_name(before):
        run.insert(0, start - 1)
    above = run[0] - 1
    if len(run) > 1 and above >= 0 and blocks[above].text.rstrip().endswith("?"):
        is_short = comparable_words(blocks[above].text) <= MAX_TEASING_WORDS
        promotes = any(words.promo.holds(folded[above], kind) for kind in ("reader", "product", "offer"))
        if is_short and promotes and not reports(folded[above], words):
            run.insert(0, above)
    return run


def reports(folded: str, words: Phrases) -> bool:
    """Whether a folded text holds a reporter's word ("said"): what somebody said is no promo of the house."""
    return words.promo.holds(folded, "report")


def _is_call(text: str, folded: str, words: Phrases) -> bool:
    """Whether a line calls the reader to the house's own newsletter, channel or app: with its first words, or by "you"."""
    if len(text) > MAX_CALL_CHARACTERS:
        return False
    if words.promo.holds(folded, "ours", "sold"):
        speaks_to = words.promo.holds if words.promo.holds(folded, "reader") else words.promo.begins
        calls = any(speaks_to(folded, kind) for kind in ("call", "offer"))
    elif words.promo.holds(folded, "ours", "network"):
        # Articles write about networks, too, and about what these do for "you": the call must open the line or close it.
        calls = words.promo.begins(folded, "call") or words.promo.ends(folded, "call")
    else:
        return False
    is_line = MIN_CALL_WORDS <= comparable_words(text) <= MAX_CALL_WORDS
    return calls and is_line and not reports(folded, words) and not is_quotation(text)


def sells(text: str, words: Phrases) -> bool:
    """Whether a line tells the reader to do something about something that is sold: a weak cue of a promo.

    Prose may do as much, so the cue counts only beside other evidence, as for a line that repeats.
    """
    folded = fold(text)
    if len(words.promo.kinds_in(folded)) < 2:
        return False
    offer = words.promo.holds(folded, "offer") or words.promo.holds(folded, "call")
    product = words.promo.holds(folded, "product") or words.promo.holds(folded, "sold")
    if offer and product:
        return True
    return (offer or product) and (words.promo.holds(folded, "own") or words.promo.holds(folded, "reader"))


def _is_product_name(block: Block) -> bool:
    text = block.text
    short = 0 < comparable_words(text) <= MAX_PRODUCT_WORDS
    return short and not ends_sentence(text) and not is_quotation(text)


# -- quotes of the week ----------------------------------------------------------------------------


def quotes(blocks: Sequence[Block], heads: Heads) -> list[Span]:
    """Quotes of the week: a head, and the lines of a saying up to the name of its author, behind a dash or tilde; else one line in
    quotation marks."""
    found: list[Span] = []
    for i in (i for i, verdict in heads.items() if verdict.label == "quote"):
        first = blocks[i + 1].text if i + 1 < len(blocks) else ""
        end = i + 1 + (is_quotation(first) and comparable_words(first) <= MAX_SAYING_WORDS)
        for at in range(i + 1, min(i + 1 + MAX_SAYING_LINES, len(blocks))):
            words = comparable_words(blocks[at].text)
            if at > i + 1 and words <= MAX_SAYING_AUTHOR_WORDS and _NAMED.fullmatch(blocks[at].text):
                end = at + 1
                break
            if words > MAX_SAYING_WORDS or blocks[at].kind == "heading":
                break
        if end > i + 1:
            found.append((range(i, end), f"{heads[i].rule}, and the saying under it"))
    return found


# -- lists of links --------------------------------------------------------------------------------


def link_lists(blocks: Sequence[Block], known: Heads, calls: Heads, sources: Sequence[str]) -> list[Span]:
    """Heads of link lists with the lines that go with them.

    A head is a line that a table knows (`known`). Below the text, and over titles only, two more lines are heads: one that a
    table knows as a call to read something and that ends there (`calls`: "Read also"), and a short line with one of the
    `sources`, folded names that the page gives for the source of its article. A run of at most eight lines that reaches
    boilerplate or the page's end goes whole. From a run that reaches prose, or that consists of sentences, only the links
    at its beginning go; where it has none, its head stays too.
    """
    heads = {i: verdict.rule for i, verdict in known.items() if verdict.label == "related"}
    weak = {
        i: verdict.rule
        for i, verdict in calls.items()
        if i not in known and _is_bare_call(blocks[i], verdict)
    }
    for i, block in enumerate(blocks) if sources else ():
        if i not in known and _names_source(block, sources):
            weak.setdefault(i, "head: a short line that names the source")
    heads = dict(sorted((heads | weak).items()))
    if not heads:
        return []
    is_body = [b.label == "body" for b in blocks]
    body = [i for i, is_text in enumerate(is_body) if is_text]
    last_text = max(prose_ends(blocks, body, MIN_TEXT_WORDS), default=-1)
    found: list[Span] = []
    for i, rule in heads.items():
        run = _list_run(blocks, is_body, i + 1, heads)
        if i in weak and (i < last_text or any(is_prose(blocks[j]) for j in run)):
            continue
        if run or (i not in weak and not any(is_body[i + 1 : i + 2])):
            found.append(([i, *run], f"{rule}, and the list under it"))
    return found


def _is_bare_call(block: Block, verdict: BlockVerdict) -> bool:
    """Whether a line that a table knows calls the reader to read something, and the line does not say what."""
    is_call = verdict.label in CALLS_TO_READ and not is_linked(block)
    return (
        is_call and not _SAYS_WHAT.search(block.text) and comparable_words(block.text) <= MAX_BARE_CALL_WORDS
    )


def _names_source(block: Block, sources: Sequence[str]) -> bool:
    """Whether a block is a short line that holds more than a name of the page's source."""
    if ends_sentence(block.text) or is_linked(block):
        return False
    folded = fold(block.text)
    is_named = folded not in sources and names_one(folded, sources)
    return is_named and comparable_words(block.text) <= MAX_SOURCE_HEAD_WORDS


def _list_run(
    blocks: Sequence[Block], is_body: Sequence[bool], start: int, heads: Container[int]
) -> list[int]:
    """The lines of a list from `start` on: all of them, or the links at its beginning."""
    run: list[int] = []
    for at in range(start, start + MAX_LIST_LINES + 1):
        if at >= len(blocks) or not is_body[at] or at in heads:
            # Titles have no full stop, the article going on has: at least half of the lines must be titles.
            if 2 * sum(is_linked(blocks[i]) or not _is_sentence(blocks[i]) for i in run) >= len(run):
                return run
            break
        if len(run) == MAX_LIST_LINES or not _is_teaser(blocks[at]):
            break
        run.append(at)
    first_text = next((k for k, i in enumerate(run) if not is_linked(blocks[i])), len(run))
    return run[:first_text]


def _is_sentence(block: Block) -> bool:
    """Whether a block is prose, or an item of a list that ends in a full stop: "Ann Roe wrote a book on keels in 2014."."""
    is_item = block.kind == "list_item" and block.text.rstrip().endswith((".", "。"))
    return is_prose(block) or (is_item and comparable_words(block.text) >= MIN_SENTENCE_ITEM_WORDS)


def _is_teaser(block: Block) -> bool:
    """Whether a line is short enough for a title or teaser, and a line of text or a link as a whole."""
    is_line = block.kind in ("paragraph", "list_item", "heading") or is_linked(block)
    return is_line and comparable_words(block.text) <= MAX_TEASER_WORDS


# -- what stands below the text --------------------------------------------------------------------


def author_box(blocks: Sequence[Block], body: Sequence[int], words: Phrases) -> list[int]:
    """The head of what a page tells about its author below the text, and the lines under it."""
    for at in range(max(1, len(body) - MAX_BIO_LINES - 1), len(body)):
        verdict = words.known(fold(blocks[body[at]].text)).get("edge")
        below = body[at + 1 :]
        if verdict and verdict.label == "author bio" and not any(blocks[i].kind == "heading" for i in below):
            return [body[at], *below]
    return []


# -- the tail of a republished article -------------------------------------------------------------

#: (positions of a head and its list, positions of the lines that close it)
Tail = tuple[list[int], list[int]]


def republished_tails(blocks: Sequence[Block]) -> Iterator[Tail]:
    """The tails that republished articles bring along, told by their build instead of their words.

    A tail is a short head with a name, a few titles, and a sentence with the same name again: "Out of the same oven, Mare
    News" … "Baked first at Mare News." The titles are the source's other articles, and the last line says where the
    article is from. Only lines below the last sentence of the text can be a tail.
    """
    labels = [b.label for b in blocks]  # as they are now: the caller may label a tail that it is given
    prose = prose_ends(blocks, [i for i, label in enumerate(labels) if label == "body"], MIN_TEXT_WORDS)
    asked = 0
    for i in range(prose[-1] + 1 if prose else len(blocks), len(blocks)):
        if labels[i] not in ("body", "related", "attribution"):
            continue
        names = _names_in_head(blocks[i])
        if _tail(blocks, i, names):  # looking for the names in the whole text takes its time
            asked += 1
            if asked > MAX_TAILS:
                return
            text = [fold(b.text) for b, label in zip(blocks[:i], labels, strict=False) if label == "body"]
            # Where the article has every word of a name, it is none of a source, but a noun of German, say.
            names = tuple(
                n for n in names if not all(any(word in line for line in text) for word in n.split())
            )
            tail = _tail(blocks, i, names)
            if tail is None:
                continue
            # Where other short lines of the text hold the name too, it is a fact of each record of a list ("Platform: PC").
            inside = {*tail[0], *tail[1]}
            others = (b for j, b in enumerate(blocks) if labels[j] == "body" and j not in inside)
            if not any(_closes_tail(b, names) for b in others if not is_prose(b, MIN_TEXT_WORDS)):
                yield tail


def _names_in_head(block: Block) -> tuple[str, ...]:
    """The names that a head holds, folded and without "the"; none where the line is no head."""
    if ends_sentence(block.text) or is_linked(block) or comparable_words(block.text) > MAX_TAIL_HEAD_WORDS:
        return ()
    found = (fold(name).removeprefix("the ") for name in names_in(block.text))
    return tuple(name for name in found if len(name) > 3)


def _tail(blocks: Sequence[Block], head: int, names: Sequence[str]) -> Tail | None:
    """The tail that a head with these names opens: the titles below it, and the lines with one of the names."""
    if not names:
        return None
    start = head + 1
    end = start
    while end < len(blocks) and not (end > start and _closes_tail(blocks[end], names, states=True)):
        if end - start >= MAX_LIST_LINES or not _is_teaser(blocks[end]):
            return None
        end += 1
    if end >= len(blocks) or any(is_prose(blocks[j]) for j in range(start, end)):
        return None
    closing = end + 1
    while closing < min(end + MAX_TAIL_CLOSING_LINES, len(blocks)) and _closes_tail(blocks[closing], names):
        closing += 1
    return list(range(head, end)), list(range(end, closing))


def _closes_tail(block: Block, names: Sequence[str], *, states: bool = False) -> bool:
    """Whether a line that closes a tail by its length holds one of the names and, where `states`, also states something.

    Titles, items of a list and questions state nothing: of 23 real pages that lost text to a tail, most lost a list of the article
    whose items hold one name ("Ryan Miller (University of Notre Dame)").
    """
    is_named = comparable_words(block.text) <= MAX_TAIL_CLOSING_WORDS and names_one(fold(block.text), names)
    is_statement = ends_sentence(block.text) and not block.text.rstrip().endswith(("?", "？"))
    return is_named and (is_statement or not states)
