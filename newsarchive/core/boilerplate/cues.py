"""Runs of lines that belong together: promos, list heads with their lists, quotes of the week.

Each function looks at all lines of a page and gives spans with what decided them; it changes
nothing. A cue is a shape (a question to the reader, a head, a mark before a name) with few words
from `data/chrome`, never a known sentence.

The tail that a republished article brings along, told by its build instead of its words.

A short head with a name, a few titles, and a line with the same name again: the list is the source's
other articles and the line says so ("Out of the same oven, Mare News" … "Baked first at Mare News").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsarchive.core.boilerplate.phrases import Phrases
from newsarchive.core.text.line_keys import names_in
from newsarchive.core.text.lines import is_linked, is_prose, is_quotation, names_one
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.sentences import ends_sentence
from newsarchive.core.text.words import comparable_words
from newsarchive.items import BY_TABLE, Block

#: A list under a head holds at most so many lines; a longer one is content (26 podcasts, say).
RUN = 8
#: A line of such a list: a title, a teaser, at most a title with its teaser.
TEASER = 45
#: A quote of the week: the longest saying, in words.
SAYING = 90
#: Most lines below a head like "About the author".
BIO = 4
_NAMED = re.compile(r"\s*[~–—―-]+\s*\S.{1,80}")
_TOKEN = re.compile(
    r"(?:[^\W\d]+[ _-]?){0,3}\s?[:=#]\s?([0-9a-f]{8,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.I
)

CALL = "promo: calls the reader to what it says is its own"
PROMO = "promo: a question to the reader, a product's name, a pitch: two of these together"

Span = tuple[Sequence[int], str]


class Head(NamedTuple):
    """What makes a line the head of a list: why in words, and whether a name of the page's source is all that does."""

    rule: str
    only_named: bool = False


NAMES_SOURCE = Head("head: a short line that names the source", only_named=True)


def is_token(text: str) -> bool:
    """Whether a line is only a label and a machine's mark, as "Verification: a0d6e82a7952e405".

    >>> is_token("Verification: a0d6e82a7952e405"), is_token("Room: 20250401")
    (True, False)
    """
    if ":" not in text and "=" not in text and "#" not in text:  # far cheaper than the pattern
        return False
    hit = _TOKEN.fullmatch(text.strip())
    return hit is not None and any(c.isdigit() for c in hit[1]) and any(c.isalpha() for c in hit[1])


def promo_lines(blocks: Sequence[Block], words: Phrases) -> list[Span]:
    """Promos: a question to the reader that offers the answer, a product's name, a pitch.

    Two of the three must stand together, or one line must be both question and pitch, or call the reader to
    what is its own. The product's
    name is a short line with no end mark that touches one of the others.
    """
    question = {i for i, b in enumerate(blocks) if _is_question(b.text, words)}
    pitch = {i for i, b in enumerate(blocks) if _is_pitch(b.text, words)}
    found: list[Span] = []
    for i in sorted(question | pitch):
        run = _promo_run(blocks, i, question | pitch, words)
        cues = [j for j in run if j in question or j in pitch]
        sells = any(j in pitch or _has(fold(blocks[j].text), "product", words) for j in cues)
        if sells and (len(run) > 1 or (i in question and i in pitch)):
            found.append((run, PROMO))
    found += [([i], CALL) for i, b in enumerate(blocks) if b.kind != "heading" and _is_call(b.text, words)]
    return found


def _promo_run(blocks: Sequence[Block], start: int, cues: set[int], words: Phrases) -> list[int]:
    """From one promo line onwards: other promo lines, and at most one name between or beside them."""
    run, at, named = [start], start + 1, False
    while at < len(blocks) and len(run) < 5:
        if at not in cues and (named or not _is_name(blocks[at]) or _is_section(blocks, at, cues)):
            break
        named = named or at not in cues
        run.append(at)
        at += 1
    before = blocks[start - 1] if start else None
    if before and not named and len(run) == 1 and before.kind != "heading" and _is_name(before):
        run.insert(0, start - 1)
    if len(run) > 1 and run[0] and _is_teasing(blocks[run[0] - 1].text, words):
        run.insert(0, run[0] - 1)
    return run


def _is_section(blocks: Sequence[Block], at: int, cues: set[int]) -> bool:
    """Whether a line below a promo is a heading of the article: no promo goes on under it."""
    return blocks[at].kind == "heading" and at + 1 not in cues


def _has(text: str, kind: str, words: Phrases) -> int:
    """How many different words of a kind a folded text holds."""
    pattern = words.promo.get(kind)
    return len(set(pattern.findall(text))) if pattern else 0


def _holds(text: str, kind: str, words: Phrases) -> bool:
    """Whether a folded text holds a word of a kind."""
    pattern = words.promo.get(kind)
    return pattern is not None and pattern.search(text) is not None


def _is_question(text: str, words: Phrases) -> bool:
    """A question put to the reader, with the promise of an answer, in at most 60 words."""
    if len(text) >= 400 or not ("?" in text or "¿" in text):
        return False
    folded = fold(text)
    return (
        _holds(folded, "reader", words)
        and _holds(folded, "offer", words)
        and not _holds(folded, "report", words)
    )


def _is_call(text: str, words: Phrases) -> bool:
    """One line that calls the reader to its own newsletter, channel or app: with its first words, or by "you"."""
    if len(text) > 240 or comparable_words(text) > 30:
        return False
    folded = fold(text)
    if not (_holds(folded, "ours", words) and _holds(folded, "sold", words)):  # the rarest first
        return False
    patterns = [words.promo[kind] for kind in ("call", "offer") if kind in words.promo]
    begins = any(pattern.match(folded) for pattern in patterns)
    spoken = _holds(folded, "reader", words) and any(pattern.search(folded) for pattern in patterns)
    return bool(begins or spoken) and not _holds(folded, "report", words) and not is_quotation(text)


def _is_teasing(text: str, words: Phrases) -> bool:
    """One short question, with a word of promos: it opens one where a name and a pitch follow."""
    if not text.rstrip().endswith("?") or comparable_words(text) > 20:
        return False
    folded = fold(text)
    spoken = any(_holds(folded, kind, words) for kind in ("reader", "product", "offer"))
    return spoken and not _holds(folded, "report", words)


@lru_cache(maxsize=16384)  # a site's pages share most of their lines
def _is_pitch(text: str, words: Phrases) -> bool:
    """A sentence that praises its own product: whose, at least two things sold, a word of praise."""
    if len(text) >= 500:
        return False
    folded = fold(text)
    return (
        _holds(folded, "own", words)
        and _holds(folded, "praise", words)
        and _has(folded, "product", words) > 1
        and not _holds(folded, "report", words)
    )


def sells(text: str, words: Phrases) -> bool:
    """A weak cue of a promo: the reader is told to do something, about something that is sold.

    Prose may do as much, so it counts only beside other evidence, as for a line that repeats.
    """
    folded = fold(text)
    offer = _has(folded, "offer", words) + _has(folded, "call", words)
    product = _has(folded, "product", words) + _has(folded, "sold", words)
    if not offer and not product:
        return False
    spoken = _has(folded, "own", words) + _has(folded, "reader", words)
    return (offer > 0 and product + spoken > 0) or (product > 0 and spoken > 0)


def _is_name(block: Block) -> bool:
    """A product's name as a line: at most six words, no end mark, no quotation."""
    text = block.text
    return 0 < comparable_words(text) <= 6 and not ends_sentence(text) and not is_quotation(text)


def quote_slots(blocks: Sequence[Block], words: Phrases) -> list[Span]:
    """Quotes of the week: a head, a saying, and most often a name behind a dash or tilde."""
    found: list[Span] = []
    for i, block in enumerate(blocks):
        verdict = words.head(fold(block.text))
        if verdict and verdict.label == "quote" and (slot := _saying(blocks, i + 1)):
            found.append(([i, *slot], f"{verdict.rule}, and the saying under it"))
    return found


def _saying(blocks: Sequence[Block], start: int) -> list[int]:
    """The lines of a saying: up to the name within four lines, else one line in quotation marks."""
    for at in range(start, min(start + 4, len(blocks))):
        text = blocks[at].text
        if at > start and _NAMED.fullmatch(text) and comparable_words(text) <= 8:
            return list(range(start, at + 1))
        if comparable_words(text) > SAYING or blocks[at].kind == "heading":
            break
    if (
        start < len(blocks)
        and is_quotation(blocks[start].text)
        and comparable_words(blocks[start].text) <= SAYING
    ):
        return [start]
    return []


def list_runs(blocks: Sequence[Block], words: Phrases, sources: Sequence[str] = ()) -> list[Span]:
    """Heads of link lists with the lines that go with them.

    A head is a line that a table knows, or a short one with the name of a source (folded) that the page
    gives for its article. A run that reaches chrome or the page's end within `RUN` lines goes whole. One
    that runs into prose gives only the lines that are links, and with none of those not even the head.
    The same holds for a run of sentences.
    """
    chrome = [b.label != "body" for b in blocks]
    heads = {i: head for i, b in enumerate(blocks) if (head := _head(b, words, sources))}
    after = max((i for i, b in enumerate(blocks) if b.label == "body" and is_prose(b, 20)), default=-1)
    found: list[Span] = []
    for i, head in heads.items():
        run = _run(blocks, chrome, i + 1, heads)
        if head.only_named and (i < after or any(is_prose(blocks[j]) for j in run)):
            continue  # a name alone is believed below the text only, over titles only
        if run or (_at_end(chrome, i + 1) and not head.only_named):
            found.append(([i, *run], f"{head.rule}, and the list under it"))
    return found


def _head(block: Block, words: Phrases, sources: Sequence[str]) -> Head | None:
    """What makes a line the head of a list, `None` where nothing does."""
    folded = fold(block.text)
    verdict = words.head(folded)
    if verdict:
        return Head(verdict.rule) if verdict.label == "related" else None
    if not sources:
        return None
    short = comparable_words(block.text) <= 8 and not ends_sentence(block.text) and not is_linked(block)
    return NAMES_SOURCE if short and folded not in sources and names_one(folded, sources) else None


def _run(blocks: Sequence[Block], chrome: Sequence[bool], start: int, heads: Mapping[int, Head]) -> list[int]:
    run: list[int] = []
    for at in range(start, min(start + RUN + 1, len(blocks) + 1)):
        if _at_end(chrome, at) or at in heads:
            if reads_as_titles(blocks, run):
                return run
            break
        if len(run) == RUN or not is_teaser(blocks[at]):
            break
        run.append(at)
    links = 0
    while links < len(run) and is_linked(blocks[run[links]]):
        links += 1
    return run[:links]


def reads_as_titles(blocks: Sequence[Block], run: Sequence[int]) -> bool:
    """Titles have no full stop: where most lines are sentences, it is the article going on."""
    return 2 * sum(is_linked(blocks[i]) or not is_prose(blocks[i]) for i in run) >= len(run)


def _at_end(chrome: Sequence[bool], at: int) -> bool:
    return at >= len(chrome) or chrome[at]


def is_teaser(block: Block) -> bool:
    """A title or teaser: short, or linked as a whole."""
    return comparable_words(block.text) <= TEASER and (
        is_linked(block) or block.kind in ("paragraph", "list_item", "heading")
    )


def comments_tail(blocks: Sequence[Block], body: Sequence[int]) -> int | None:
    """Where the readers' comments begin: a heading of them with most of the article above it.

    One that the phrase tables know: what a theme calls `comment…` may be a heading of the article. And a
    heading, for "Leave a comment" is also a button that some platforms set inside a post.
    """
    total = sum(comparable_words(blocks[i].text) for i in body)
    for i, block in enumerate(blocks):
        known = block.label == "comments" and block.decided_by in BY_TABLE and block.kind == "heading"
        if known and comparable_words(block.text) <= 12:
            above = sum(comparable_words(blocks[j].text) for j in body if j < i)
            if above >= max(40, total / 2):
                return i
    return None


def reports(folded: str, words: Phrases) -> bool:
    """Whether a folded text holds a reporter's word: what somebody said is no promo of the house."""
    return _holds(folded, "report", words)


def author_boxes(blocks: Sequence[Block], body: Sequence[int], words: Phrases) -> list[int]:
    """The head of what a page tells about its author below the text, and the few lines under it."""
    for at in range(max(1, len(body) - BIO - 1), len(body)):
        verdict = words.edge(fold(blocks[body[at]].text))
        below = body[at + 1 :]
        if verdict and verdict.label == "author bio" and not any(blocks[i].kind == "heading" for i in below):
            return [body[at], *below]
    return []


def last_prose(blocks: Sequence[Block], body: Sequence[int]) -> int:
    """The place of the article's last sentence-like block, -1 where it has none."""
    return max((i for i in body if is_prose(blocks[i])), default=-1)


#: The longest head and the longest closing line, in words.
HEAD, CLOSING = 10, 45
#: Below the closing line there is no more prose of so many words.
PROSE = 20

Tail = tuple[list[int], list[int]]


def named_tails(blocks: Sequence[Block], labels: Sequence[str]) -> Iterator[Tail]:
    """Tails as (head and its list, closing lines), by place, for pages whose text ends above them."""
    prose = [i for i, b in enumerate(blocks) if labels[i] == "body" and is_prose(b, PROSE)]
    for i in range(prose[-1] + 1 if prose else len(blocks), len(blocks)):
        if labels[i] not in ("body", "related", "attribution"):
            continue
        names = _names(blocks[i])
        if _tail(blocks, i, names):  # to look for the names in the whole text takes its time
            told = [fold(b.text) for b, label in zip(blocks[:i], labels, strict=False) if label == "body"]
            names = tuple(name for name in names if not _is_spoken_of(name, told))
            if (tail := _tail(blocks, i, names)) and not _is_record(blocks, labels, tail, names):
                yield tail


def _tail(blocks: Sequence[Block], head: int, names: Sequence[str]) -> Tail | None:
    """The tail that a head with these names opens."""
    run = _tails_run(blocks, head + 1, names) if names else []
    closing = _closing(blocks, head + 1 + len(run), names) if run else []
    return ([head, *run], closing) if closing else None


def _is_record(blocks: Sequence[Block], labels: Sequence[str], tail: Tail, names: Sequence[str]) -> bool:
    """Whether other lines of the text hold the name as well: then it is a fact of each record of a list ("Platform:
    PC"), and no source that head and closing line name."""
    inside = {*tail[0], *tail[1]}
    others = (
        b for i, b in enumerate(blocks) if i not in inside and labels[i] == "body" and not is_prose(b, PROSE)
    )
    return any(_tails_holds(block, names) for block in others)


def _is_spoken_of(name: str, told: Sequence[str]) -> bool:
    """Whether the article above has every word of it: then it is no name of a source, but German's nouns."""
    return all(any(word in text for text in told) for word in name.split())


def _names(block: Block) -> tuple[str, ...]:
    """The names that a head holds, folded and with no article before them; none where it is no head."""
    if comparable_words(block.text) > HEAD or ends_sentence(block.text) or is_linked(block):
        return ()
    found = (fold(name).removeprefix("the ") for name in names_in(block.text))
    return tuple(name for name in found if len(name) > 3)


def _tails_run(blocks: Sequence[Block], start: int, names: Sequence[str]) -> list[int]:
    """The titles from `start` up to a line with one of the names; none where it is no list."""
    for at in range(start, min(start + RUN + 1, len(blocks))):
        if at > start and _tails_holds(blocks[at], names):
            run = list(range(start, at))
            return run if not any(is_prose(blocks[j]) for j in run) else []
        if not is_teaser(blocks[at]):
            return []
    return []


def _closing(blocks: Sequence[Block], start: int, names: Sequence[str]) -> list[int]:
    """The lines from `start` on that hold one of the names: an attribution, then a notice."""
    found = []
    for at in range(start, min(start + 3, len(blocks))):
        if not _tails_holds(blocks[at], names):
            break
        found.append(at)
    return found


def _tails_holds(block: Block, names: Sequence[str]) -> bool:
    return comparable_words(block.text) <= CLOSING and names_one(fold(block.text), names)
