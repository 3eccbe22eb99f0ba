"""Refuses pages whose extraction is no article.

"404 Not Found", a log-in form, a list of teasers and a page that waits for its script are refused. The evidence is what
extraction found: the blocks that the classifier keeps, and the boxes that they stand in. `discovery.page_kind` judges a
page before that, by its address and its markup alone, while it is crawled.
"""

from __future__ import annotations

import re
from collections import defaultdict

from newsarchive.core.discovery.page_kind import error_title
from newsarchive.core.discovery.shown import is_open_graph_article
from newsarchive.core.extraction.classifier import Sheet, Verdict, is_link
from newsarchive.core.html.boxes import Box, RawBlock
from newsarchive.core.text.words import count_words
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import DropReason
from newsarchive.rules import Rules

#: Words of an article. A page with fewer holds a caption or a notice and is refused.
MIN_ARTICLE_WORDS = 12
#: Words of an article. With this number or more, a log-in form or an error is only a part of the page.
MIN_CERTAIN_WORDS = 220
#: Teasers of one shape, each with less than half of the text. From this number on the page is an index page.
MIN_INDEX_TEASERS = 3
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
    words = words_up_to(kept, MIN_CERTAIN_WORDS)
    if words < MIN_CERTAIN_WORDS:
        if verdict.expected < MIN_LINKS_F1:
            words = words_up_to([b for b in kept if not is_link(b)], MIN_CERTAIN_WORDS)
        _refuse_small(sheet, words, rules)
    boxes = teasers(sheet, kept)
    if boxes and not _is_one_article(sheet):
        raise NotAnArticle(DropReason.INDEX_PAGE, f"{len(boxes)} teasers alike, the first: {boxes[0][:80]}")


def taken(sheet: Sheet, verdict: Verdict) -> list[RawBlock]:
    """The blocks that the verdict keeps."""
    return [b for b, keep in zip(sheet.reading.blocks, verdict.keep.tolist(), strict=True) if keep]


def words_up_to(blocks: list[RawBlock], enough: int) -> int:
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
