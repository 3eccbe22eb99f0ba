"""Credit lines that no known phrase matches: "Grateful to The Heron, where this ran in March."

In any language a credit is a short line before or after the text. It names one paper, and says little else than that
something was published, taken over, permitted or thanked for. Each such part is worth points (`POINTS`). Parts of prose,
of an author's life, of a promo or of a picture's credit cost points. A line with `MIN_CREDIT_POINTS` is a credit, and
its weight grows with its points. The boilerplate step and the origin step ask for the same lines (`credit_lines`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from newsarchive import compiled
from newsarchive.core.metadata.claims import Place
from newsarchive.core.metadata.credit_lines import ROLES, people_in
from newsarchive.core.origin.attribution import attribution_of
from newsarchive.core.origin.attribution_patterns import AGAINST, FOR, Word, any_of, entries_of, words_of
from newsarchive.core.origin.backlinks import (
    Backlink,
    backlink_in,
    is_link_label,
    links_away,
    original_link,
    without_headline,
)
from newsarchive.core.origin.mentions import Links, Mention, mention_in, not_hosts
from newsarchive.core.origin.publishers import is_agency, key_of
from newsarchive.core.text.lines import prose_ends
from newsarchive.core.text.scripts import is_caseless
from newsarchive.core.text.words import comparable_words
from newsarchive.core.urls import registered_domain, same_site
from newsarchive.items import Article, Block, DecidedBy
from newsarchive.rules import Rules
from newsarchive.verdicts import PROVED

#: Characters of a credit; a longer line is prose.
MAX_LINE_CHARACTERS = 320
#: Words of a credit; a longer line is prose.
MAX_LINE_WORDS = 45
#: Points. A line with fewer is no credit; a line with just these has `MIN_CREDIT_WEIGHT`.
MIN_CREDIT_POINTS = 5.0
#: Points beyond `MIN_CREDIT_POINTS` with which a credit has `MAX_CREDIT_WEIGHT`.
SURPLUS_POINTS = 3.0
#: Points beyond `MIN_CREDIT_POINTS` that a line needs where its name may be a person's.
UNPROVED_NAME_POINTS = 1.0
#: Weight, 0 to 1, of a credit with just enough points.
MIN_CREDIT_WEIGHT = 0.6
#: Weight, 0 to 1, of a credit with `SURPLUS_POINTS` or more: that of a known phrase.
MAX_CREDIT_WEIGHT = 0.9

#: Points of each part of a line. A group of words (`attribution_patterns.FOR`, `AGAINST`) counts once, however often it occurs.
POINTS = {
    "this": 0.5,
    "work": 1.0,
    "publish": 1.0,
    "first": 1.5,
    "take": 2.0,
    "grace": 2.0,
    "thanks": 1.5,
    "from": 1.5,
    "read": 1.0,
    "place": 1.0,
    "listed": 2.0,
    "domain": 2.5,
    "linked": 1.5,
    "quoted": 1.0,
    "press": 1.0,
    "after a preposition": 1.0,
    "at the end": 1.0,
    "behind a label": 1.5,
    "nothing else": 1.0,
    "in brackets alone": 3.0,
    "a name alone": -4.0,
    "links to the same title": 4.0,
    "named beside it": 3.0,
    "taught": 4.0,
    "say": -2.5,
    "life": -3.0,
    "ask": -4.0,
    "fiction": -3.0,
    "another": -4.0,
    "imprint": -4.0,
    "unknown word": -0.8,
    "quotation": -3.0,
    "question": -3.0,
    "old year": -4.0,
    "long": -1.5,
}
#: Weight, 0 to 1, of a line that links the page's headline to another site: that of the surest phrase.
BACKLINK_WEIGHT = 0.95
#: Weight, 0 to 1, of a line that links the headline to another site and does not say why. It supports an origin, and makes none.
HINT_WEIGHT = 0.4
#: Weight, 0 to 1, of "Read more" with a link to the same title on another site.
READ_MORE_WEIGHT = 0.85
#: The label of lines such as "Read the original article". It is a credit where its link leads to another site.
READ_MORE = "read more"
#: Parts that prove the name to be a paper's, not a person's.
PAPER_PARTS = ("listed", "domain", "press", "taught", "links to the same title")
#: Parts that say where a text is from; one of them is enough.
_TELLING_PARTS = (
    "first", "take", "grace", "from", "in brackets alone", "named beside it", "taught", "links to the same title",
)  # fmt: skip
#: Words that an address shares with a title. Fewer may be an accident.
_MIN_SHARED_TITLE_WORDS = 3
#: Numbers of a day in a line: "3" and "2024".
_MAX_NUMBERS_OF_DAY = 2
#: Unknown words that cost no points.
_MAX_FORGIVEN_WORDS = 1
#: Unknown words of a credit; a line with more is none, whatever else it says.
_MAX_UNKNOWN_WORDS = 10
#: Words before a colon; with more, the colon ends no label.
_MAX_LABEL_WORDS = 5
#: Words of a line besides the name; more of them cost points ("long").
_MAX_SHORT_LINE_WORDS = 25
#: Characters of a line that credits a picture; a longer line is prose about one.
_MAX_PICTURE_CREDIT_CHARACTERS = 150
#: Groups that speak for a credit. A word that is in one of them too never counts against it.
_AMBIGUOUS_GROUPS = frozenset({"take", "grace", "from", "publish"})
#: Words of a paragraph of the article's text. A credit stands before the first such paragraph or after the last one,
#: and has fewer than twice as many words itself.
MIN_PROSE_WORDS = 25
#: Blocks that are read before the first paragraph.
MAX_BLOCKS_BEFORE = 4
#: Blocks that are read after the last paragraph.
MAX_BLOCKS_AFTER = 10
#: Lines beside the text's element in the element around it; with more, that one holds a part of the page too.
MAX_LINES_IN_BOX = 8
#: Blocks between a line and the notice or head of a list that belongs to it.
MAX_NEIGHBOUR_BLOCKS = 6
#: Characters of a notice that names a holder and nothing else.
_MAX_NOTICE_CHARACTERS = 120
#: Labels under which a credit may stand. Under `_GUESSED_LABELS` it may stand where extraction guessed them inside the
#: article's element.
_OPEN_LABELS = frozenset({"body", "attribution"})
_GUESSED_LABELS = frozenset({"other", "footer", "related", "nav"})
#: Labels of what stands in no element that is the text's alone.
_PARTS_OF_PAGE = frozenset({"title", "comments", "author bio"})
_LINE_KINDS = frozenset({"paragraph", "list_item", "quote", "heading"})
_OLD_YEAR = re.compile(r"(?<!\d)1[5-9]\d\d(?!\d)")
_SPEECH = re.compile(r"[“”„«»「『\"]\s*[^“”„«»「」『』\"]{0,200}[,，.!?。！？]\s*[“”»«」』\"]")
_LABEL = re.compile(r"\s*[:：﹕|]\s*[«“„《「『‘\"(（\[]*\s*$")
_BRACKETED = re.compile(r"[(（\[【].*[)）\]】]\.?")
_END = re.compile(r"[\s.。!！)）\]»”」』》’\"…]*$")
_ADDRESS = re.compile(r"[(（\[]?\s*(?:https?://)?(?:[\w-]+\.)+[a-z]{2,12}(?:/\S*)?\s*[)）\]]?", re.I)


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit line (`text`): the paper as printed, its domain and a link to it, and its weight from 0 to 1.

    `parts` are the keys of `POINTS` that spoke for it. `is_backlink` says that it links the page's own headline.
    """

    text: str
    source: str
    domain: str
    url: str
    weight: float
    parts: tuple[str, ...]
    is_backlink: bool = False


@dataclass(frozen=True, slots=True)
class LineContext:
    """What is known around a line.

    `url` is the page's address, `title` the words of its headline and address. `neighbours` are the notices and heads
    of lists beside the line, folded. `in_template` says that the site's template, or the table of its platform, labels
    lines of this form as credits.
    """

    url: str
    neighbours: frozenset[str] = frozenset()
    in_template: bool = False
    title: frozenset[str] = frozenset()


def words_of_address(url: str) -> frozenset[str]:
    """The words of at least four letters in the path of an address, folded: the part of a headline that a slug keeps."""
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    return frozenset(re.findall(r"[^\W\d_]{4,}", path.casefold()))


def credit_of(block: Block, context: LineContext, rules: Rules) -> Credit | None:
    """The credit in a line, `None` for any other line. It may name the blog itself."""
    text = block.text.strip()
    if not 0 < len(text) <= MAX_LINE_CHARACTERS or "©" in text:
        return None
    return _credit(text, block.links, context, rules)


@lru_cache(maxsize=1024)
def _credit(text: str, links: Links, context: LineContext, rules: Rules) -> Credit | None:
    # Remembered, because the boilerplate step and the origin step ask for the same lines.
    words = words_of(text, rules)
    if len(words) > MAX_LINE_WORDS or not _may_be(words, text, links, context, rules):
        return None
    mention = mention_in(text, links, context.url, rules)
    if mention is None:
        return None
    points = Counter(dict(_points(text, words, mention, context)))
    # A name that follows "by" is that of a writer or a translator.
    before = next((w for w in reversed(words) if w.end <= mention.start), None)
    is_by = before is not None and "from" not in before.groups and before.text.casefold() in _by(rules)
    # "Originally written by www.heron.example" names a site.
    if is_by and mention.name != mention.domain and not any(points[part] for part in PAPER_PARTS):
        return None
    surplus = sum(POINTS[part] * count for part, count in points.items()) - MIN_CREDIT_POINTS
    if surplus < (0 if _names_paper(points) else UNPROVED_NAME_POINTS) or not _says_enough(points):
        return None
    weight = MIN_CREDIT_WEIGHT + (MAX_CREDIT_WEIGHT - MIN_CREDIT_WEIGHT) * surplus / SURPLUS_POINTS
    weight = min(MAX_CREDIT_WEIGHT, weight)
    parts = tuple(part for part in POINTS if points[part] and POINTS[part] > 0)
    return Credit(text, mention.printed, mention.domain, mention.url, round(weight, 3), parts)


@lru_cache(maxsize=8)
def _by(rules: Rules) -> frozenset[str]:
    return frozenset(entry.rpartition(" ")[2].casefold() for entry in entries_of(rules, "by")) - {"from"}


def _names_paper(points: Counter[str]) -> bool:
    """Whether the name is a paper's, and not that of a person, a town or a product."""
    return any(points[part] for part in (*PAPER_PARTS, "named beside it"))


def _says_enough(points: Counter[str]) -> bool:
    """Whether the line says where its text is from, and not only that there is a text or thanks."""
    if any(points[part] for part in _TELLING_PARTS):
        return True
    about = points["publish"] + points["work"] + points["this"] + points["read"] + points["place"]
    whole = points["nothing else"] and points["after a preposition"] and about > 0
    named = points["listed"] or points["press"]
    if points["domain"] and points["at the end"] and named:  # "Baked by Mare News (marenews.example)"
        return True
    said = points["publish"] + points["thanks"] + points["behind a label"] > 0
    return _names_paper(points) and bool(whole or said or (named and about > 1))


def _may_be(words: Sequence[Word], text: str, links: Links, context: LineContext, rules: Rules) -> bool:
    """A cheap test: the line has a word of credits or other evidence, few unknown words, and credits no picture."""
    unknown = sum(not w.groups and not w.is_capital for w in words)
    said = any(g in POINTS and POINTS[g] >= 1 for w in words for g in w.groups)
    alone = bool(_BRACKETED.fullmatch(text))
    linked = any(_has_title(url, context.title) for _, url in links)
    spoken = said or alone or linked or bool(context.neighbours) or context.in_template
    return spoken and unknown <= _MAX_UNKNOWN_WORDS and not credits_picture(text, rules)


def credits_picture(text: str, rules: Rules) -> bool:
    """Whether a short line credits a picture: "Photo: Reuters", "Featured image © AFP"."""
    return len(text) < _MAX_PICTURE_CREDIT_CHARACTERS and bool(_pictures(rules).match(text))


@lru_cache(maxsize=8)
def _pictures(rules: Rules) -> re.Pattern[str]:
    words = any_of(entries_of(rules, "pictures"))
    return compiled.regex(rf"\W*(?:\w+\s){{0,2}}{words}(?:\W|(?<=[^\x00-\u02ff]))", re.I)


def _points(
    text: str, words: Sequence[Word], mention: Mention, context: LineContext
) -> Iterator[tuple[str, int]]:
    others = [w for w in words if not (mention.start <= w.start < mention.end)]
    groups = {g for w in others for g in w.groups if g in FOR}
    yield from ((group, 1) for group in groups)
    same = _has_title(mention.url, context.title)
    yield "links to the same title", int(same)
    yield from _of_name(text, others, mention, same)
    key = key_of(mention.name)
    if len(key) > 3 and any(key in text for text in context.neighbours):
        yield "named beside it", 1
    if context.in_template:
        yield "taught", 1
    yield from _against_credit(text, others)


def _of_name(line: str, others: Sequence[Word], mention: Mention, same: bool) -> Iterator[tuple[str, int]]:
    """The parts that show how the paper is named, and what stands before and after its name."""
    if mention.mark in POINTS:
        yield mention.mark, 1
    before = [w for w in others if w.end <= mention.start]
    after = [w for w in others if w.start >= mention.end]
    called = any("place" in w.groups for w in (*before[-1:], *after[:1]))  # "the newspaper X", "газета «X»"
    called = called and mention.name != mention.domain
    if mention.mark != "listed" and (mention.press or called):
        yield "press", 1
    named = [w for w in before if w.groups != {"small"}]  # "in the Harbour Gazette"
    beside = (named[-1:] if named else []) + ([w for w in after[:1] if is_caseless(w.text)])
    if any("at" in w.groups for w in beside):
        yield "after a preposition", 1
    if _END.fullmatch(_ADDRESS.sub("", line[mention.end :], count=1)):
        yield "at the end", 1
    if not others:
        bracketed = bool(_BRACKETED.fullmatch(line.strip()))
        is_paper = mention.press or mention.mark == "listed"  # "Discuss…" may lead to the same title too
        yield "in brackets alone" if bracketed else "a name alone", int(bracketed or not (same and is_paper))
    if _LABEL.search(line[: mention.start]) and len(before) <= _MAX_LABEL_WORDS:
        yield "behind a label", 1


def _has_title(url: str, title: frozenset[str]) -> bool:
    """Whether an address has most of its words from a title: it leads to the same article elsewhere."""
    slug = words_of_address(url) if url and title else frozenset()
    return len(slug & title) >= max(_MIN_SHARED_TITLE_WORDS, len(slug) / 2)


def _against_credit(line: str, others: Sequence[Word]) -> Iterator[tuple[str, int]]:
    """The parts that credits lack: speech, questions, old years, words that no table knows."""
    spans = [m.span() for m in _ADDRESS.finditer(line) if "." in m[0]]
    plain = [w for w in others if not any(a <= w.start < b for a, b in spans)]
    only = {g for w in plain for g in w.groups if g in AGAINST and not (w.groups & _AMBIGUOUS_GROUPS)}
    yield from ((group, 1) for group in only)
    # A long run without spaces counts as one word for every three characters.
    unknown = sum(
        max(1, len(w.text) // 3) if is_caseless(w.text) and len(w.text) > 4 else 1
        for w in _without_writer(plain)
        if not w.groups
    )
    # "Originally published 3 May 2024, in Harbour Gazette": the numbers of a day are no words.
    numbers = sum(w.text.isdigit() for w in plain) if "first" in {g for w in plain for g in w.groups} else 0
    yield "unknown word", max(0, unknown - min(numbers, _MAX_NUMBERS_OF_DAY) - _MAX_FORGIVEN_WORDS)
    yield "nothing else", int(unknown == 0 and not only)
    yield "question", int(bool(re.search(r"[?？؟]", line)))
    yield "old year", int(bool(_OLD_YEAR.search(line)))
    yield "quotation", int(bool(_SPEECH.search(line)))
    yield "long", int(len(plain) > _MAX_SHORT_LINE_WORDS)


def _without_writer(words: Sequence[Word]) -> Iterator[Word]:
    """The words without a person's name that follows a preposition: "written by Ada Lowe for …"."""
    skipping = False
    for word in words:
        skipping = skipping and word.is_capital and not word.groups
        if not skipping:
            yield word
        skipping = skipping or "at" in word.groups


def credit_lines(blocks: Sequence[Block], page: Article, rules: Rules) -> Iterator[tuple[int, Credit]]:
    """The credits that no known phrase matches, each with the index of its block.

    `blocks` are the page's, with the labels that they have so far. Credits of the blog itself are left out.
    """
    own = own_names(page, rules)
    title = words_of_address(page.url) | words_of_address("://x/" + page.headline)
    for i in edge_lines(blocks):
        block = blocks[i]
        if backlink := backlink_in(block, page.url, page.headline, rules):
            yield i, _of_backlink(block, backlink, page.url, rules)
            continue
        if block.label == READ_MORE:
            if credit := _of_read_more(block, page, rules):
                yield i, credit
            continue
        if is_link_label(block, rules) and original_link(block, page.url, rules):
            continue
        if not links_away(block, page.url) and people_in(block.text, rules, alone=ROLES):
            continue
        line = without_headline(block.text, page.headline)
        if line != block.text and _is_among_posts(blocks, i, page.url):
            continue
        if attribution_of(block.text, rules) or attribution_of(line, rules, quotes=line != block.text):
            continue
        block = block if line == block.text else replace(block, text=line)
        credit = credit_of(block, _context_of(blocks, i, page.url, title), rules)
        name = key_of(credit.source) if credit else ""
        # A name that links to a page of the same site is a category, a tag or another post.
        if (
            credit is None
            or name in own
            or any(key_of(text) == name and same_site(link, page.url) for text, link in block.links)
        ):
            continue
        if not credit.domain or not same_site(f"https://{credit.domain}/", page.url):
            yield i, credit


def _of_backlink(block: Block, backlink: Backlink, url: str, rules: Rules) -> Credit:
    """The credit of a line that links the headline; without a link of its own the site's name is looked for behind the headline."""
    line, parts = block.text.strip(), ("links to the same title",)
    if not backlink.is_sure:
        return Credit(line, backlink.domain, backlink.domain, backlink.url, HINT_WEIGHT, parts)
    name = backlink.name
    if not name:
        behind = block.text.partition(backlink.text)[2]
        found = mention_in(behind, (), url, rules) if behind.strip() else None
        name = found.name if found else backlink.domain
    return Credit(line, name, backlink.domain, backlink.url, BACKLINK_WEIGHT, parts, True)


def _of_read_more(block: Block, page: Article, rules: Rules) -> Credit | None:
    """The credit of "Read more", the last line of an excerpt: nothing but a link to another site, whose address has most words of the
    headline or of the page's own address, or the name of that site as the link ("Read more on The Heron"). Another link below an article
    leads to what somebody else wrote of the matter."""
    link, line = original_link(block, page.url, rules), block.text.strip()
    linked = [text.strip() for text, url in block.links if url == link] if link else []
    domain = registered_domain(link)
    named = next((t for t in linked if line.rstrip(" .").endswith(t) and _is_name_of(t, domain)), "")
    if not named and not any(key_of(text) == key_of(line) for text in linked):
        return None
    own = (words_of_address(page.url), words_of_address("://x/" + page.headline))
    shared = words_of_address(link)
    same = any(len(shared & words) > max(_MIN_SHARED_TITLE_WORDS - 1, len(words) / 2) for words in own)
    if not same or not _has_title(link, own[0] | own[1]) or domain in not_hosts(rules):
        return None
    return Credit(line, named or domain, domain, link, READ_MORE_WEIGHT, ("links to the same title",))


def _is_name_of(text: str, domain: str) -> bool:
    """Whether a text is a domain, or the words of its first label: "The Heron" and "Heron" for theheron.example."""
    label, name = key_of(domain.partition(".")[0]), key_of(text)
    return bool(name) and name in (key_of(domain), label, label.removeprefix("the"))


def edge_lines(blocks: Sequence[Block]) -> list[int]:
    """The indexes of blocks before the first or after the last paragraph of the text that may be credits."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"]
    if not body:
        return []
    prose = prose_ends(blocks, body, MIN_PROSE_WORDS) or [body[len(body) // 2]]
    content = container([blocks[i].path for i in body])
    around = _box_around(content, blocks)
    first, last = prose[0], prose[-1]
    before = range(max(0, first - MAX_BLOCKS_BEFORE), first + 1)
    after = range(last, min(len(blocks), last + MAX_BLOCKS_AFTER + 1))
    # The first line of a text may be a credit, however many short paragraphs follow it.
    return [
        i for i in dict.fromkeys((body[0], *before, *after)) if _may_hold_credit(blocks[i], (content, around))
    ]


def container(paths: Sequence[str]) -> str:
    """The path of the element that holds most paragraphs of the body, "" where that element is the whole page."""
    parents = Counter(path.rpartition("/")[0] for path in paths)
    parent = parents.most_common(1)[0][0] if parents else ""
    return parent if parent.count("/") > 1 else ""


def _box_around(content: str, blocks: Sequence[Block]) -> str:
    """The element around a text's element (`content`), where it holds nothing else but a few lines above and below; else "".

    Programs that republish posts print "Source link" below the text, which keeps the element that it had on its own site. What holds
    the headline or another part of the page is no such box.
    """
    box = content.rpartition("/")[0]
    if box.count("/") <= 1:
        return ""
    inside, own = f"{box}/", f"{content}/"
    others = (b for b in blocks if b.path.startswith(inside) and not b.path.startswith(own))
    beside = list(islice(others, MAX_LINES_IN_BOX + 1))
    few = len(beside) <= MAX_LINES_IN_BOX and all(b.path.rpartition("/")[0] == box for b in beside)
    return box if few and not any(b.label in _PARTS_OF_PAGE for b in beside) else ""


def _may_hold_credit(block: Block, boxes: Sequence[str]) -> bool:
    if block.kind not in _LINE_KINDS:
        return False
    places = (block.path, block.path.rpartition("/")[0])  # a line may stand loose in the text's element
    inside = any(box in places for box in boxes if box)
    guessed = block.label in _GUESSED_LABELS and block.decided_by not in PROVED
    # "Originally published 3 May 2024, in Harbour Gazette." says when, and where.
    may_hold = block.label in _OPEN_LABELS or (inside and (guessed or block.label in (READ_MORE, "date")))
    return may_hold and 0 < comparable_words(block.text) < 2 * MIN_PROSE_WORDS


def _is_among_posts(blocks: Sequence[Block], at: int, url: str) -> bool:
    """Whether a line, which repeats the headline, is an item of a list in which the item before or after it is nothing but a link to a
    page of the site: the post itself in a list of its series, "The night ferry is back (Current)"."""
    block = blocks[at]
    return block.kind == "list_item" and any(
        len(beside.links) == 1 and beside.links[0][0] == beside.text and same_site(beside.links[0][1], url)
        for beside in (*blocks[max(0, at - 1) : at], *blocks[at + 1 : at + 2])
        if beside.kind == "list_item" and beside.path == block.path
    )


def _context_of(blocks: Sequence[Block], at: int, url: str, title: frozenset[str]) -> LineContext:
    """The context of the block at an index.

    Notices and heads of lists count where they share the block's element: there they name the paper that the article
    came from. Elsewhere on the page they name the blog.
    """
    block = blocks[at]
    parent = block.path.rpartition("/")[0]
    near = (*blocks[max(0, at - MAX_NEIGHBOUR_BLOCKS) : at], *blocks[at + 1 : at + MAX_NEIGHBOUR_BLOCKS])
    texts = {
        key_of(b.text)
        for b in near
        if b.path.rpartition("/")[0] == parent
        and (b.label == "copyright" or (b.label in ("related", "read more") and not b.links))
        and len(b.text) < _MAX_NOTICE_CHARACTERS
    }
    in_template = block.label == "attribution" and block.decided_by in (
        DecidedBy.TEMPLATE,
        DecidedBy.SELECTOR,
    )
    return LineContext(url, frozenset(texts - {""}), in_template, title)


def own_names(page: Article, rules: Rules) -> set[str]:
    """The names that the blog gives itself, folded. Those in JSON-LD are left out: copies name the original there, and so is an agency
    in a meta element of a page that names itself otherwise (papers of Hearst have the agency in `meta name=publisher`)."""
    names = [
        c.value
        for c in page.candidates
        if c.field == "publisher"
        and c.source != Place.JSON_LD
        and not (c.source == Place.META and not c.chosen and is_agency(c.value, rules))
    ]
    host = page.url.partition("://")[2].partition("/")[0].removeprefix("www.").partition(".")[0]
    return {key_of(n) for n in (*names, page.publisher, host) if n} - {""}
