"""Shortcodes of WordPress that readers see since the plug-in that ran them is gone: `[et_pb_text admin_label="Text"]It sails.[/et_pb_text]`.

A shortcode has a name, and attributes in quotation marks, which WordPress makes curly, or makes signs of inches behind a number.
A line of nothing else is no text of the article. Page builders put a whole article into theirs, so that they stand in its
lines too: these are taken away where no shortcode of the page stands alone amid a sentence, and the page does not speak of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.edits import Edit

RULE = "shortcode"
NOT_RUN = "other: shortcodes that no plug-in ran"
_MARKS = "\"'“”„«»‘’″′"
_ATTRIBUTE = rf"\s++[A-Za-z_][\w-]*+\s?=\s?(?:[{_MARKS}][^{_MARKS}\[\]]*+[{_MARKS}]++|[^\s\[\]{_MARKS}]++)"
_END = r"\s*+/?\]"
#: Names by which Divi, WPBakery, Avada, Enfold, Jupiter, Salient, King Composer, Newspaper and themes of Qode begin their shortcodes.
#: And the places of advertisements in the programs WP Automatic, Crawlomatic and their like, which copy and translate posts: `[ad_1]`.
_BUILT = rf"\[/?(?:(?:et_pb|vc|fusion|av|mk|nectar|kc|tdc|td_block|qode)_\w++(?:{_ATTRIBUTE})*+|ad_[12]|matched_content){_END}"
_ANY = re.compile(rf"\[embed\]\s*+[^\s\[]++\s*+\[/embed\]|\[/?[A-Za-z][\w-]*+(?:{_ATTRIBUTE})*+{_END}")
#: What is a shortcode wherever it stands; `[sic]` may be none.
_SURE = re.compile(
    rf"{_BUILT}|\[/?(?:caption|gallery|embed)(?:{_ATTRIBUTE})*+{_END}|\[[A-Za-z][\w-]*+(?:{_ATTRIBUTE})++{_END}"
)
_RUN = re.compile(rf"\A *+(?:{_BUILT} *+)++\n?| *+(?:{_BUILT} *+)++")
#: What a page says that shows shortcodes on purpose.
_SUBJECT = re.compile(
    r"short ?codes?|page ?builder|wpbakery|visual composer|\bdivi\b|шорткод|短代码|短代碼|ショートコード",
    re.I,
)


def is_shortcodes(text: str) -> bool:
    """Whether a text is nothing but shortcodes.

    >>> is_shortcodes("[vc_row][vc_column width=”1/2″]"), is_shortcodes("[gallery ids=”4,5″]"), is_shortcodes("[sic]")
    (True, True, False)
    """
    return "[" in text and _SURE.search(text) is not None and not _ANY.sub("", text).strip()


def shortcode_edits(texts: Sequence[str]) -> dict[int, list[Edit]]:
    """Number of a text → the edits that take the shortcodes of page builders away; a text of nothing else stays."""
    found = {
        number: [*_RUN.finditer(text)]
        for number, text in enumerate(texts)
        if "_" in text and "[" in text and not is_shortcodes(text)
    }
    runs = [run for own in found.values() for run in own]
    is_in_sentence = any(not _is_at_edge(run) and run[0].count("]") == 1 for run in runs)
    if not runs or is_in_sentence or any(map(_SUBJECT.search, texts)):
        return {}
    return {
        number: [
            Edit("repair", RULE, run[0], "" if _is_at_edge(run) else " ", start=run.start()) for run in own
        ]
        for number, own in found.items()
        if own
    }


def _is_at_edge(run: re.Match[str]) -> bool:
    text, (start, end) = run.string, run.span()
    return text[max(0, start - 1) : start] in ("", "\n") or text[end : end + 1] in ("", "\n")
