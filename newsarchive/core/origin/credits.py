"""A line at the edge of an article → the credit that it is, told by its parts where no known phrase meets it.

A credit has a form in any language: a short line that stands alone before or after the text, names one paper, and says
little else than that something was published, taken over, permitted or thanked for. Each part is worth points
(`POINTS`); what prose, an author's life, a promo or a picture's credit has takes points away. From `ENOUGH` points on the
line is a credit, and it weighs the more, the more points it has.

The lines at the edges of an article, and the credits among them, for the chrome step and for the origin step alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.metadata.sources import Place
from newsarchive.core.origin.attribution import attribution_of
from newsarchive.core.origin.attribution_patterns import any_of, every
from newsarchive.core.origin.mentions import Links, Mention, mention_in
from newsarchive.core.origin.publishers import key_of
from newsarchive.core.origin.vocabulary import AGAINST, FOR, Word, words_of
from newsarchive.core.text.lines import is_prose
from newsarchive.core.text.scripts import is_caseless
from newsarchive.core.text.words import comparable_words
from newsarchive.core.urls import same_site
from newsarchive.items import PROVED, Article, Block, DecidedBy
from newsarchive.rules import Rules

#: A longer line, in characters and in words, is prose.
LONGEST, WORDS = 320, 45
#: So many points make a credit; so many more make it as sure as a known phrase.
ENOUGH, SURE = 5.0, 3.0
#: So many more are asked of a name that may be anybody's.
BARE = 1.0
#: What a credit weighs that has just enough, and the most that any of them weighs.
LEAST, MOST = 0.6, 0.9

#: What a part is worth. Those of one kind count once.
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
#: The parts that tell a paper's name from a person's.
PAPERS = ("listed", "domain", "press", "taught", "links to the same title")
#: So many words of a title are no accident.
_SAME = 3
#: So many unknown words are forgiven; with more than so many a line is no credit, whatever else it says.
_FORGIVEN, _STRANGE = 1, 10
_OLD_YEAR = re.compile(r"(?<!\d)1[5-9]\d\d(?!\d)")
_SPEECH = re.compile(r"[“”„«»「『\"]\s*[^“”„«»「」『』\"]{0,200}[,，.!?。！？]\s*[“”»«」』\"]")
_LABEL = re.compile(r"\s*[:：﹕|]\s*[«“„《「『‘\"(（\[]*\s*$")
_BRACKETED = re.compile(r"[(（\[【].*[)）\]】]\.?")
_END = re.compile(r"[\s.。!！)）\]»”」』》’\"…]*$")
_ADDRESS = re.compile(r"[(（\[]?\s*(?:https?://)?(?:[\w-]+\.)+[a-z]{2,12}(?:/\S*)?\s*[)）\]]?", re.I)


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit line, whom it names as printed, the link to it, and how far it is believed (0 to 1).

    `parts` says what decided, in words.
    """

    text: str
    source: str
    domain: str
    url: str
    weight: float
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a line: the page's URL, the words of its headline and address, the notices and the heads of
    lists beside it (folded), and whether the site's template knows the line's form as a credit."""

    url: str
    beside: frozenset[str] = frozenset()
    taught: bool = False
    title: frozenset[str] = frozenset()


def words_of_address(url: str) -> frozenset[str]:
    """The words of an address's path, folded, of at least four letters: what a slug keeps of a headline."""
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    return frozenset(w for w in re.findall(r"[^\W\d_]{4,}", path.casefold()))


def credit_of(block: Block, around: Surroundings, rules: Rules) -> Credit | None:
    """The credit that a line is, `None` for any other. The blog's own name is not taken out."""
    text = block.text.strip()
    return _credit(text, block.links, around, rules) if 0 < len(text) <= LONGEST and "©" not in text else None


@lru_cache(maxsize=1024)
def _credit(text: str, links: Links, around: Surroundings, rules: Rules) -> Credit | None:
    """Remembered, for the chrome step and the origin step ask for the same lines."""
    words = words_of(text, rules)
    if len(words) > WORDS or not _may_be(words, text, links, around, rules):
        return None
    mention = mention_in(text, links, around.url, rules)
    if mention is None:
        return None
    points = Counter(dict(_points(text, words, mention, around)))
    if not any(points[part] for part in PAPERS) and _is_by_somebody(words, mention, rules):
        return None
    total = sum(POINTS[part] * count for part, count in points.items())
    if total < ENOUGH + (0 if _is_firm(points) else BARE) or not _says_enough(points):
        return None
    weight = min(MOST, LEAST + (MOST - LEAST) * (total - ENOUGH) / SURE)
    parts = tuple(part for part in POINTS if points[part] and POINTS[part] > 0)
    return Credit(text, mention.printed, mention.domain, mention.url, round(weight, 3), parts)


def _is_by_somebody(words: Sequence[Word], mention: Mention, rules: Rules) -> bool:
    """Whether the name stands behind "by", as a writer's or a translator's does."""
    before = next((w for w in reversed(words) if w.end <= mention.start), None)
    return before is not None and "from" not in before.groups and before.text.casefold() in _by(rules)


@lru_cache(maxsize=8)
def _by(rules: Rules) -> frozenset[str]:
    return frozenset(entry.rpartition(" ")[2].casefold() for entry in every(rules, "by")) - {"from"}


def _is_firm(points: Counter[str]) -> bool:
    """Whether the name is one of a paper, and not any name: of a person, a town, a product."""
    return any(points[part] for part in (*PAPERS, "named beside it"))


def _says_enough(points: Counter[str]) -> bool:
    """Whether the line says where its text is from, and does not only speak of a text or of thanks."""
    if any(
        points[part]
        for part in (
            "first",
            "take",
            "grace",
            "from",
            "in brackets alone",
            "named beside it",
            "taught",
            "links to the same title",
        )
    ):
        return True
    about = points["publish"] + points["work"] + points["this"] + points["read"] + points["place"]
    whole = points["nothing else"] and points["after a preposition"] and about > 0
    named = points["listed"] or points["press"]
    if points["domain"] and points["at the end"] and named:  # "Baked by Mare News (marenews.example)"
        return True
    said = points["publish"] + points["thanks"] + points["behind a label"] > 0
    return _is_firm(points) and bool(whole or said or (named and about > 1))


def _may_be(words: Sequence[Word], text: str, links: Links, around: Surroundings, rules: Rules) -> bool:
    """A cheap look: a word of credits, or other evidence; few words that no table knows; and no picture's credit."""
    unknown = sum(not w.groups and not w.is_capital for w in words)
    said = any(g in POINTS and POINTS[g] >= 1 for w in words for g in w.groups)
    alone = bool(_BRACKETED.fullmatch(text))
    linked = any(_is_same(url, around.title) for _, url in links)
    spoken = said or alone or linked or bool(around.beside) or around.taught
    return spoken and unknown <= _STRANGE and not credits_picture(text, rules)


def credits_picture(text: str, rules: Rules) -> bool:
    """Whether a short line speaks of a picture: "Photo: Reuters", "Featured image © AFP"."""
    return len(text) < 150 and bool(_pictures(rules).match(text))


@lru_cache(maxsize=8)
def _pictures(rules: Rules) -> re.Pattern[str]:
    words = every(rules, "pictures")
    return re.compile(
        rf"\W*(?:\w+\s){{0,2}}{any_of(words)}(?:\W|(?<=[^\x00-\u02ff]))" if words else r"(?!)", re.I
    )


def _points(
    text: str, words: Sequence[Word], mention: Mention, around: Surroundings
) -> Iterator[tuple[str, int]]:
    others = [w for w in words if not (mention.start <= w.start < mention.end)]
    groups = {g for w in others for g in w.groups if g in FOR}
    yield from ((group, 1) for group in groups)
    same = _is_same(mention.url, around.title)
    yield "links to the same title", int(same)
    yield from _of_name(text, others, mention, same)
    yield from _of_place(mention, around)
    yield from _against(text, others)


def _of_name(line: str, others: Sequence[Word], mention: Mention, same: bool) -> Iterator[tuple[str, int]]:
    """How the paper is named, and what stands before and after its name."""
    if mention.mark in POINTS:
        yield mention.mark, 1
    before = [w for w in others if w.end <= mention.start]
    after = [w for w in others if w.start >= mention.end]
    called = any("place" in w.groups for w in (*before[-1:], *after[:1]))  # "the newspaper X", "газета «X»"
    called = called and mention.name != mention.domain
    if mention.mark != "listed" and (mention.press or called):
        yield "press", 1
    beside = (before[-1:] if before else []) + ([w for w in after[:1] if is_caseless(w.text)])
    if any("at" in w.groups for w in beside):
        yield "after a preposition", 1
    if _END.fullmatch(_ADDRESS.sub("", line[mention.end :], count=1)):
        yield "at the end", 1
    if not others:
        bracketed = bool(_BRACKETED.fullmatch(line.strip()))
        is_paper = mention.press or mention.mark == "listed"  # "Discuss…" may lead to the same title too
        yield (
            ("in brackets alone" if bracketed else "a name alone"),
            int(bracketed or not (same and is_paper)),
        )
    if _LABEL.search(line[: mention.start]) and len(before) <= 5:
        yield "behind a label", 1


def _of_place(mention: Mention, around: Surroundings) -> Iterator[tuple[str, int]]:
    key = key_of(mention.name)
    if len(key) > 3 and any(key in text for text in around.beside):
        yield "named beside it", 1
    if around.taught:
        yield "taught", 1


def _is_same(url: str, title: frozenset[str]) -> bool:
    """Whether an address is that of an article with (most of) the same words in its title."""
    slug = words_of_address(url) if url and title else frozenset()
    return len(slug & title) >= max(_SAME, len(slug) / 2)


def _against(line: str, others: Sequence[Word]) -> Iterator[tuple[str, int]]:
    """What credits do not have: speech, questions, old years, words that no table knows."""
    spans = [m.span() for m in _ADDRESS.finditer(line) if "." in m[0]]
    plain = [w for w in others if not any(a <= w.start < b for a, b in spans)]
    only = {g for w in plain for g in w.groups if g in AGAINST and not (w.groups & _MIXED)}
    yield from ((group, 1) for group in only)
    unknown = sum(_weight(w) for w in _without_writer(plain) if not w.groups)
    yield "unknown word", max(0, unknown - _FORGIVEN)
    yield "nothing else", int(unknown == 0 and not only)
    yield "question", int(bool(re.search(r"[?？؟]", line)))
    yield "old year", int(bool(_OLD_YEAR.search(line)))
    yield "quotation", int(bool(_SPEECH.search(line)))
    yield "long", int(len(plain) > 25)


def _without_writer(words: Sequence[Word]) -> Iterator[Word]:
    """The words but for a person's name behind a preposition: "written by Ada Lowe for …"."""
    skipping = False
    for word in words:
        skipping = skipping and word.is_capital and not word.groups
        if not skipping:
            yield word
        skipping = skipping or "at" in word.groups


#: A word that speaks for a credit as much as against one says nothing against it.
_MIXED = frozenset({"take", "grace", "from", "publish"})


def _weight(word: Word) -> int:
    """How many unknown words one counts for: in scripts without spaces, two characters are one."""
    caseless = is_caseless(word.text) and len(word.text) > 4
    return max(1, len(word.text) // 3) if caseless else 1


#: A paragraph of so many words is the article's text: a credit stands before the first or after the last of them.
PROSE = 25
#: How many lines are read before the text and after it, and how far notices and heads stand from what they belong to.
HEAD, FOOT, NEAR = 4, 10, 6
#: A longer notice, in characters, names more than a holder.
_NOTICE = 120
#: Labels that a credit may still have: the article's own, and extraction's guesses inside the article's element.
_OPEN = frozenset({"body", "attribution"})
_GUESSED = frozenset({"other", "footer", "related", "nav"})
_KINDS = frozenset({"paragraph", "list_item", "quote", "heading"})


def credit_lines(blocks: Sequence[Block], page: Article, rules: Rules) -> Iterator[tuple[int, Credit]]:
    """Place → credit, for the lines that no known phrase meets. `blocks` are the page's, with their labels so far."""
    own = own_names(page)
    title = words_of_address(page.url) | words_of_address("://x/" + page.headline)
    for i in edge_lines(blocks):
        block = blocks[i]
        if attribution_of(block.text, rules):
            continue
        credit = credit_of(block, _surroundings(blocks, i, page.url, title), rules)
        if credit and not _is_own(credit, page.url, own):
            yield i, credit


def edge_lines(blocks: Sequence[Block]) -> list[int]:
    """The places of lines that stand before the first or after the last paragraph of the text."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"]
    if not body:
        return []
    prose = [i for i in body if is_prose(blocks[i], PROSE)] or [body[len(body) // 2]]
    content = container([blocks[i].path for i in body])
    first, last = prose[0], prose[-1]
    places = [*range(max(0, first - HEAD), first + 1), *range(last, min(len(blocks), last + FOOT + 1))]
    return [i for i in dict.fromkeys(places) if _is_open(blocks[i], content)]


def container(paths: Sequence[str]) -> str:
    """The element that holds most paragraphs of the body, "" where that is the whole page."""
    parents = Counter(path.rpartition("/")[0] for path in paths)
    parent = parents.most_common(1)[0][0] if parents else ""
    return parent if parent.count("/") > 1 else ""


def _is_open(block: Block, content: str) -> bool:
    if block.kind not in _KINDS or not 0 < comparable_words(block.text) < 2 * PROSE:
        return False
    inside = bool(content) and block.path.rpartition("/")[0] == content
    guessed = block.label in _GUESSED and block.decided_by not in PROVED
    return block.label in _OPEN or (guessed and inside)


def _surroundings(blocks: Sequence[Block], at: int, url: str, title: frozenset[str]) -> Surroundings:
    """What notices and the heads of lists beside a line say, in the element that holds it: they name the paper that
    the article came from. Those of the page name the blog."""
    block = blocks[at]
    parent = block.path.rpartition("/")[0]
    around = (*blocks[max(0, at - NEAR) : at], *blocks[at + 1 : at + NEAR])
    near = [b for b in around if b.path.rpartition("/")[0] == parent]
    heads = [b for b in near if b.label in ("related", "read more") and not b.links]
    notices = [b for b in near if b.label == "copyright"]
    texts = {key_of(b.text) for b in (*heads, *notices) if len(b.text) < _NOTICE}
    taught = block.label == "attribution" and block.decided_by == DecidedBy.TEMPLATE
    return Surroundings(url, frozenset(texts - {""}), taught, title)


def own_names(page: Article) -> set[str]:
    """What the blog calls itself, folded. A JSON-LD publisher is not asked: copies name the original there."""
    names = [c.value for c in page.candidates if c.field == "publisher" and c.source != Place.JSON_LD]
    host = page.url.partition("://")[2].partition("/")[0].removeprefix("www.").partition(".")[0]
    return {key_of(n) for n in (*names, page.publisher, host) if n} - {""}


def _is_own(credit: Credit, url: str, own: set[str]) -> bool:
    if credit.domain and same_site(f"https://{credit.domain}/", url):
        return True
    return key_of(credit.source) in own
