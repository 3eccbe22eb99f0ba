"""Refuses pages whose extraction is no article, and rates the extraction of all others.

"404 Not Found", a log-in form, a list of teasers and a page that waits for its script are refused. The evidence is what
extraction found: the blocks that the classifier keeps, and the boxes that they stand in. `discovery.page_kind` judges a
page before that, by its address and its markup alone, while it is crawled.

`reconsidered` says how sure an extraction is once the boilerplate step has judged the lines that the classifier doubted. The
classifier doubts a post of six paragraphs above 400 comments: each comment might be a part of it, so that it expects an F1 of
0.55. A rule then recognises the comments by the list that they stand in, and nothing is left to doubt. The same holds for lines
that a table of phrases knows, and for an article that a page shows twice, once for each width of screen: the classifier gives
either copy an even chance, and one of them is the article for sure.

So the F1 to expect is worked out twice from the scores of the blocks, before and after, and what lies between the two is added
to what the classifier said. No other doubt is touched: what a guess by class names left out stays as likely as it was.

Earns that 4 of 12 right articles and 12 of 39 pages of snippets no longer wait in quarantine; one of these pages, of 96 words,
keeps two lines too many (`docs/benchmarks/article-text.md`).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from newsarchive.core.discovery.page_kind import error_title, is_open_graph_article
from newsarchive.core.extraction.classifier import Sheet, Verdict, is_link, probabilities, words_of
from newsarchive.core.html.boxes import Box, RawBlock
from newsarchive.core.text.words import count_words, ends_sentence
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Block, DecidedBy, DropReason, Quality, QualityFlag
from newsarchive.rules import Rules
from newsarchive.verdicts import DIFFERS_FROM, PROVED

#: Words of an article. A page with fewer holds a caption or a notice and is refused.
MIN_ARTICLE_WORDS = 12
#: Words of an article. One with at least four times `MIN_ARTICLE_WORDS` is not flagged as short.
MIN_UNFLAGGED_WORDS = 4 * MIN_ARTICLE_WORDS
#: Words of an article. With this number or more, a log-in form or an error is only a part of the page.
MIN_CERTAIN_WORDS = 220
#: Teasers of one shape, each with less than half of the text. From this number on the page is an index page.
MIN_INDEX_TEASERS = 3
#: Expected F1 of an extraction, 0 to 1. An extraction below it is flagged as doubtful, which is about one page in twenty.
MIN_EXPECTED_F1 = 0.8
#: Expected F1 of an extraction, 0 to 1. Below, links are not counted as words of an article: a page that has nothing but its menu
#: would be an article of links. A menu of 30 entries has 0.05. Of 860 real pages this refuses none.
MIN_LINKS_F1 = 0.5
#: Characters that a page shows. A page with fewer, and with more than two scripts, waits for a script to fill it.
MIN_VISIBLE_CHARACTERS = 600
#: Characters at the start of a text that are searched for binary data.
BINARY_SAMPLE_CHARACTERS = 20_000
#: Share of control and replacement characters in this sample. Above it the text is binary data.
MAX_CONTROL_SHARE = 0.1

_TAG = re.compile(r"<[a-zA-Z!/]")
_WHITE = " \t\n\r\f\ufeff"
_CONTROL = bytes([*range(9), *range(14, 27), *range(28, 32)])
#: Words in the titles of log-in pages. A password field alone proves nothing: pages of articles have one in their header.
_LOGIN = re.compile(
    r"\blog.?(in|on)\b|\bsign.?(in|up)\b|anmeld|einloggen|connexion|se connecter|iniciar sesi|acceder|accedi|"
    r"entrar|inloggen|zaloguj|войти|вход|giriş|masuk|đăng nhập|ログイン|登录|登入|로그인",
    re.IGNORECASE,
)


def refuse_text(text: str) -> None:
    """Raise `NotAnArticle` for a text that is no HTML page."""
    head = text[:BINARY_SAMPLE_CHARACTERS]
    if not head.strip(_WHITE) and not text.strip(_WHITE):
        raise NotAnArticle(DropReason.EMPTY)
    encoded = head.encode("utf-8", "replace")
    control = len(encoded) - len(encoded.translate(None, _CONTROL)) + head.count("\ufffd")
    if control > MAX_CONTROL_SHARE * len(head):
        raise NotAnArticle(DropReason.BINARY, "one character in ten is no text")
    if not _TAG.search(text):
        raise NotAnArticle(DropReason.NOT_HTML, "there is no tag in it")


def refuse_empty(sheet: Sheet) -> None:
    """Raise `NotAnArticle` for a page without any text."""
    if not sheet.reading.blocks:
        if sheet.tree.css_first("script") is not None:
            raise NotAnArticle(DropReason.SCRIPT_ONLY, "no text until a script has run")
        if sheet.tree.css_first("frame") is not None:
            raise NotAnArticle(DropReason.NO_TEXT, "a page of frames")
        raise NotAnArticle(DropReason.NO_TEXT)


def refuse(sheet: Sheet, verdict: Verdict, rules: Rules) -> None:
    """Raise `NotAnArticle` for error pages, log-in pages and index pages, and where fewer than 12 words are kept."""
    kept = taken(sheet, verdict)
    words = _words(kept, MIN_CERTAIN_WORDS)
    if words < MIN_CERTAIN_WORDS:
        if verdict.expected < MIN_LINKS_F1:
            words = _words([b for b in kept if not is_link(b)], MIN_CERTAIN_WORDS)
        _refuse_small(sheet, words, rules)
    boxes = teasers(sheet, kept)
    if boxes and not _is_one_article(sheet):
        raise NotAnArticle(DropReason.INDEX_PAGE, f"{len(boxes)} teasers alike, the first: {boxes[0][:80]}")


def taken(sheet: Sheet, verdict: Verdict) -> list[RawBlock]:
    """The blocks that the verdict keeps."""
    return [b for b, keep in zip(sheet.reading.blocks, verdict.keep.tolist(), strict=True) if keep]


def _words(blocks: list[RawBlock], enough: int) -> int:
    """The number of words of blocks, counted until there are `enough`."""
    words = 0
    for block in blocks:
        words += count_words(block.text)
        if words >= enough:
            break
    return words


def _refuse_small(sheet: Sheet, words: int, rules: Rules) -> None:
    headings = [b.text for b in sheet.reading.blocks if b.kind == "heading" and b.level == 1][:2]
    if error := error_title([sheet.title, *headings], sheet.tree, rules):
        raise NotAnArticle(DropReason.ERROR_PAGE, error)
    asks = sheet.tree.css_first('input[type="password"]') is not None
    if asks and any(_LOGIN.search(title) for title in [sheet.title, *headings]):
        raise NotAnArticle(DropReason.LOGIN_PAGE, "a password field under a title that asks to log in")
    if words >= MIN_ARTICLE_WORDS:
        return
    visible = sum(len(b.text) for b in sheet.reading.blocks if not b.box.hidden)
    is_written = sheet.tree.css_first("body.single") is not None  # WordPress writes its posts into the page
    if visible < MIN_VISIBLE_CHARACTERS and len(sheet.tree.css("script")) > 2 and not is_written:
        raise NotAnArticle(DropReason.SCRIPT_ONLY, "few words until a script has run")
    raise NotAnArticle(DropReason.TOO_SHORT, f"{words} words")


def _is_one_article(sheet: Sheet) -> bool:
    """Whether Open Graph or WordPress calls the page one article, or its title begins with its only headline, which is the only one of
    the highest rank without a link.

    The first is true of posts under which other posts follow, the last of an article in many parts.
    """
    if is_open_graph_article(sheet.tree) or sheet.tree.css_first("body.single-post") is not None:
        return True
    title = " ".join(sheet.title.split())
    headings = [b for b in sheet.reading.blocks if b.kind == "heading" and not b.links]
    highest = min((b.level for b in headings), default=0)
    tops = [b for b in headings if b.level == highest]
    return len(tops) == 1 and count_words(tops[0].text) >= 5 and title.startswith(tops[0].text)


def teasers(sheet: Sheet, kept: list[RawBlock]) -> list[str]:
    """The linked headings of an index page, `[]` for any other page. They stand in boxes of one shape side by side, each with
    kept text, and none with half of it."""
    linked = [b for b in sheet.reading.blocks if b.kind == "heading" and b.link_chars >= 0.8 * len(b.text)]
    if len(linked) < MIN_INDEX_TEASERS:
        return []
    headed: dict[int, str] = {}
    for block in linked:
        box: Box | None = block.box if block.links else None
        for _ in range(5):
            if box is None:
                break
            headed.setdefault(box.index, block.text)
            box = box.parent
    holds: defaultdict[int, int] = defaultdict(int)
    group: defaultdict[tuple[int, str, str], list[Box]] = defaultdict(list)
    for block in kept:
        box = block.box
        while box is not None:
            if box.index in headed and box.parent is not None:
                if not holds[box.index]:
                    group[box.parent.index, box.tag, box.classes.partition(" ")[0]].append(box)
                holds[box.index] += len(block.text)
            box = box.parent
    total = sum(len(b.text) for b in kept)
    for boxes in group.values():
        sizes = [holds[b.index] for b in boxes]
        if len(boxes) >= MIN_INDEX_TEASERS and max(sizes) < 0.5 * total and sum(sizes) > 0.7 * total:
            return [headed[b.index] for b in boxes]
    return []


def quality(sheet: Sheet, verdict: Verdict) -> Quality:
    """The quality of an extraction: `confidence` is the expected F1, `completeness` the share of the article's text that was
    kept, by the probabilities of the classifier. Each flag is a reason for quarantine."""
    kept = taken(sheet, verdict)
    flags: list[QualityFlag] = []
    if verdict.expected < MIN_EXPECTED_F1:
        flags.append(QualityFlag.THIN_MARGIN)
    if sheet.reading.truncated:
        flags.append(QualityFlag.PAGE_TOO_LONG)
    if kept and not any(ends_sentence(b.text) for b in kept[-4:]) and kept[-1].kind == "paragraph":
        flags.append(QualityFlag.NO_SENTENCE_END)
    if _words(kept, MIN_UNFLAGGED_WORDS) < MIN_UNFLAGGED_WORDS:
        flags.append(QualityFlag.SHORT)
    if teasers(sheet, kept):
        flags.append(QualityFlag.OTHER_ARTICLES)
    chances = probabilities(verdict.margins)
    total = float(chances.sum())
    completeness = float(chances[verdict.keep].sum()) / total if total else 0.0
    return Quality(round(min(1.0, verdict.expected), 3), round(completeness, 3), tuple(flags))


#: Passes that prove a block to be no text, or to be the second copy of a text.
CERTAIN = PROVED | {DecidedBy.HEADLINE, DecidedBy.FILLER, DecidedBy.COMMENTS, DecidedBy.REPETITION}
#: Flags of a confidence that is not the classifier's alone: another text was compared or taken.
OF_OTHER_TEXTS = frozenset({*DIFFERS_FROM.values(), QualityFlag.FROM_JSON_LD})


def reconsidered(article: Article, before: Sequence[Block]) -> Article:
    """The article with the confidence that its blocks have after the passes of the boilerplate step; `before` are the blocks that
    extraction gave.

    Where all that extraction kept is boilerplate the confidence is 0. It stays where another text (a feed, an API) has changed
    it, and for a post on several pages, whose confidence is that of its weakest page.
    """
    quality = article.quality
    is_split = article.capture is not None and bool(article.capture.parts)
    if is_split or article.filled_from or not OF_OTHER_TEXTS.isdisjoint(quality.flags):
        return article
    if not any(block.label == "body" for block in article.blocks):
        flags = tuple(dict.fromkeys((*quality.flags, QualityFlag.SHORT)))
        return replace(article, quality=_with_confidence(replace(quality, flags=flags), 0.0))
    known = expected_f1(article.blocks, certain=True) - expected_f1(before)
    if not known:
        return article
    return replace(article, quality=_with_confidence(quality, min(1.0, max(0.0, quality.confidence + known))))


def expected_f1(blocks: Iterable[Block], *, certain: bool = False) -> float:
    """The F1 to expect of the blocks that are text, 0 to 1. With `certain`, a block that was proved to be no text has no chance to be
    text, and a second copy adds its chance to that of the first.

    >>> post, comment = Block("The ferry runs.", score=1.0), Block("At last!", label="comments", score=0.0)
    >>> known = comment.relabelled("comments", "", DecidedBy.SELECTOR)
    >>> round(expected_f1([post, comment]), 2), round(expected_f1([post, known], certain=True), 2)
    (0.71, 0.84)
    """
    blocks = [b for b in blocks if b.score is not None]
    copies: dict[str, float] = {}
    if certain:
        for block in blocks:
            if block.decided_by == DecidedBy.REPETITION:
                copies[block.text] = copies.get(block.text, 0.0) + _chance(block.score)
    taken = hits = possible = 0.0
    for block in blocks:
        is_text = block.label == "body"
        if certain and not is_text and (block.decided_by in CERTAIN or block.label == "comments"):
            continue
        words, chance = words_of(block.kind, len(block.text)), _chance(block.score)
        if is_text:
            chance = min(1.0, chance + copies.pop(block.text, 0.0))
            taken += words
            hits += words * chance
        possible += words * chance
    return 2 * hits / (taken + possible) if taken else 0.0


@lru_cache(maxsize=8192)  # scores have two decimals
def _chance(score: float | None) -> float:
    """The classifier's chance of a block with this score to be text."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score or 0.0))))


def _with_confidence(quality: Quality, confidence: float) -> Quality:
    """The quality with another confidence, and with the flag that belongs to it."""
    flags = [flag for flag in quality.flags if flag != QualityFlag.THIN_MARGIN]
    if confidence < MIN_EXPECTED_F1:
        flags.insert(0, QualityFlag.THIN_MARGIN)
    return replace(quality, confidence=round(confidence, 3), flags=tuple(flags))
