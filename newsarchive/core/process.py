"""The path of every page, from the network or from the archive: bytes in, `Article` out.

Each step is a pure function of what the step before it returned and of the rules. The pipelines
call `STEPS` one by one; `article_from` calls them in one go, for a worker or a library user.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from newsarchive.core import chrome, encoding, fingerprint, origin
from newsarchive.core.facts.conventions import applied, effects
from newsarchive.core.furniture.lengths import doubted
from newsarchive.core.furniture.sightings import Sighting, sighting
from newsarchive.core.furniture.teaching import taught
from newsarchive.core.pages.parsing import parse
from newsarchive.core.pages.render import rendered
from newsarchive.core.pages.walking import read_blocks
from newsarchive.core.posts import whole
from newsarchive.core.template import Template, is_odd, layout_of, marked, verdict_of, verdicts
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture, DropReason
from newsarchive.rules import Rules

#: name → step, in order. A step takes (record, rules) and returns the next record.
STEPS: dict[str, Callable[[Any, Rules], Any]] = {
    "decode": whole.decode_step,  # Capture -> Page
    "extract": whole.extract_step,  # Page -> Article
    "repair": encoding.repair_step,  # Article -> Article, and so on
    "chrome": chrome.chrome_step,
    "origin": origin.origin_step,
    "fingerprint": fingerprint.fingerprint_step,
}


def article_from(capture: Capture, rules: Rules) -> Article:
    """Run every step on one capture.

    Raises `NotAnArticle` where the page holds none.
    """
    record: Any = capture
    for step in STEPS.values():
        record = step(record, rules)
    if not isinstance(record, Article):
        raise NotAnArticle(DropReason.BROKEN, f"the last step gave {type(record).__name__}")
    return record


def templated(article: Article, template: Template, rules: Rules) -> Article:
    """The article as its site's template has it, its last steps run again where a block changed.

    Takes the article as `article_from` gives it. A crawl, learning and re-extraction all come through here:
    so the same page and template give the same text. `seen` of the result is the page's record for learning.
    """
    seen = sighted(article, template.site, rules)
    marks = verdicts(seen.lines, template, article.url)
    changing = effects(seen.said, template.conventions)
    layout = layout_of(seen.lines, template)
    seen = replace(seen, verdict=verdict_of(marks, changing), layout=layout.number if layout else 0)
    seen = replace(seen, odd=is_odd(seen.lines, template, layout))
    done = replace(doubted(marked(article, marks), seen.lines, template.usual), seen=seen)
    done = applied(done, changing, template.conventions, rules, lambda: _page_text(article.capture, rules))
    if done.blocks == article.blocks:
        return done
    again = origin.origin_step(rendered(done), rules)
    if again.origin is None:  # the line that named it went out as furniture: it is no less true
        again = replace(again, origin=article.origin)
    return fingerprint.fingerprint_step(again, rules)


def _page_text(capture: Capture | None, rules: Rules) -> str:
    """The text of a page once more: it is not kept with the article."""
    return "" if capture is None else str(whole.decode_step(capture, rules).text)


def sighted(article: Article, site: str, rules: Rules) -> Sighting:
    """The record of a page for learning, with what the feed or the API says of its post, where that is the full text.

    Takes the article as `article_from` gives it, and the domain of its site.
    """
    page = sighting(article, rules, site=site)
    source = article.capture.source_text if article.capture else None
    if source is None or not source.html:
        return page
    return taught(page, [block.text for block in read_blocks(parse(source.html), page.url).blocks])
