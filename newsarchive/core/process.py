"""The path of every page, from the network or from the archive: bytes in, `Article` out.

Each step is a pure function of what the step before it returned and of the rules. The pipelines
call `STEPS` one by one; `article_from` calls them in one go, for a worker or a library user.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newsarchive.core import chrome, encoding, extraction, fingerprint, origin
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture
from newsarchive.rules import Rules

#: name → step, in order. A step takes (record, rules) and returns the next record.
STEPS: dict[str, Callable[[Any, Rules], Any]] = {
    "decode": encoding.decode_step,  # Capture -> Page
    "extract": extraction.extract_step,  # Page -> Article
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
        raise NotAnArticle("broken", f"the last step gave {type(record).__name__}")
    return record
