"""Shortcodes of WordPress that readers see since the plug-in that ran them is gone: `[et_pb_text admin_label="Text"]It sails.[/et_pb_text]`,
and names in a program's template that the program did not fill in: `[ad_1]`, `{image}`, `%%item_read_more_button%%`.

A shortcode has a name, and attributes in quotation marks, which WordPress makes curly, or makes signs of inches behind a number.
A line of nothing else is no text of the article. Page builders put a whole article into theirs, so that they stand in its
lines too: these are taken away where no shortcode of the page stands alone amid a sentence, and the page does not speak of them.
Programs that republish posts surround each text with places for advertisements, and print `[ad_1]` where the blog has none; a name
with an underscore in brackets is such a place, or a shortcode without attributes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.edits import Edit

RULE = "shortcode"
NOT_RUN = "other: shortcodes that no plug-in ran"
NOT_FILLED = "other: names in a template that no program filled in"
CAPTION = "caption: in the shortcode of a caption, which no plug-in ran"
_MARKS = "\"'“”„«»‘’″′"
_ATTRIBUTE = rf"\s++[A-Za-z_][\w-]*+\s?=\s?(?:[{_MARKS}][^{_MARKS}\[\]]*+[{_MARKS}]++|[^\s\[\]{_MARKS}]++)"
_END = r"\s*+/?\]"
#: Names by which Divi, WPBakery, Avada, Enfold, Jupiter, Salient, King Composer, Newspaper and themes of Qode begin their shortcodes.
_BUILT = rf"\[/?(?:et_pb|vc|fusion|av|mk|nectar|kc|tdc|td_block|qode)_\w++(?:{_ATTRIBUTE})*+{_END}"
#: A name of at least two words that no writer puts in brackets: `[ad_1]`, `[author_name]`.
_NAMED = r"\[[a-z][a-z0-9]*+(?:_[a-z0-9]++)++\]"
#: The address of a video or a sound between two shortcodes: `[embedyt]https://…[/embedyt]`. In `[url]` an address is text.
_PLAYED = r"\[(?!url\]|link\])(?P<name>[A-Za-z]\w*+)\]\s*+https?://[^\s\[]++\s*+\[/(?P=name)\]"
_ANY = re.compile(
    rf"\[embed\]\s*+[^\s\[]++\s*+\[/embed\]|{_PLAYED}|\[/?[A-Za-z][\w-]*+(?:{_ATTRIBUTE})*+{_END}"
)
#: What is a shortcode wherever it stands; `[sic]` may be none.
_SURE = re.compile(
    rf"{_BUILT}|{_NAMED}|{_PLAYED}|\[/?(?:caption|gallery|embed)(?:{_ATTRIBUTE})*+{_END}|\[[A-Za-z][\w-]*+(?:{_ATTRIBUTE})++{_END}"
)
_RUN = re.compile(rf" *+(?:(?:{_BUILT}|{_NAMED}) *+)++")
#: What an interface for news puts at the end of a text that it cut: "The ferry sails a… [+2153 chars]".
_CUT = re.compile(r" ?\[\+\d++ chars\]\Z")
_CAPTION = re.compile(rf"\[caption(?:{_ATTRIBUTE})*+\][^\[\]]++\[/caption\]")
#: Names as the templates of programs write them, in signs that no line of text is made of: `{image}`, `{{ title }}`, `{$permalink}`,
#: `[#item_image]`, `%%item_url%%`, `%source_name%`, `%FEEDTITLE%`.
_PLACE = re.compile(
    r"(?:\{\{?\s?\$?[A-Za-z][\w.:]*+\s?\}?\}|\[#[a-z]\w*+\]|%%[A-Za-z]\w*?%%"
    r"|%(?:[A-Z]{4,}+|[a-z][a-z0-9]*+(?:_[a-z0-9]++)++(?:\[\w++\])?)%)[\s,|·–-]*+"
)
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


def is_unfilled(text: str) -> bool:
    """Whether a text is nothing but names in a template that no program filled in.

    >>> is_unfilled("{image}"), is_unfilled("%%item_read_more_button%%"), is_unfilled("{image} of a ferry")
    (True, True, False)
    """
    return text[:1] in ("{", "%", "[") and not _PLACE.sub("", text)


def is_caption(text: str) -> bool:
    """Whether a text is the caption of a picture, in a shortcode that no plug-in ran.

    >>> is_caption('[caption id="attachment_12" width="600"] A ferry at the pier[/caption]')
    True
    """
    return text.startswith("[caption") and _CAPTION.fullmatch(text) is not None


def verdict_on(text: str) -> tuple[str, str] | None:
    """The label of a block that is no text but what programs left in it, with the reason; `None` for all other blocks."""
    if text[:1] not in "[{%":
        return None
    found = [_verdict_on_line(line.strip()) for line in text.split("\n")]
    return next((one for one in found if one and one[0] == "other"), found[0]) if all(found) else None


def _verdict_on_line(line: str) -> tuple[str, str] | None:
    if is_caption(line):
        return "caption", CAPTION
    if is_shortcodes(line):
        return "other", NOT_RUN
    return ("other", NOT_FILLED) if is_unfilled(line) else None


def shortcode_edits(texts: Sequence[str]) -> dict[int, list[Edit]]:
    """Number of a text → the edits that take away the shortcodes of page builders and names in a template; a text of nothing else
    stays."""
    found = {
        number: [*_RUN.finditer(text)]
        for number, text in enumerate(texts)
        if "_" in text and "[" in text and not is_shortcodes(text)
    }
    cuts = {n: [cut] for n, text in enumerate(texts) if text.endswith("]") and (cut := _CUT.search(text))}
    runs = [run for own in found.values() for run in own]
    is_in_sentence = any(
        run[0].count("]") == 1 and (not _is_at_edge(run) or _opens_sentence(run)) for run in runs
    )
    found = {} if not runs or is_in_sentence or any(map(_SUBJECT.search, texts)) else found
    return {number: [_edit(run) for run in own] for number, own in {**cuts, **found}.items() if own}


def _edit(run: re.Match[str]) -> Edit:
    """The edit that takes a run away, with the end of a line that has nothing else."""
    text, (start, end) = run.string, run.span()
    if text[max(0, start - 1) : start] in ("", "\n"):
        end += text[end : end + 1] == "\n"
        start -= end == len(text) and start > 0
        return Edit("repair", RULE, text[start:end], "", start=start)
    return Edit("repair", RULE, run[0], "" if _is_at_edge(run) else " ", start=start)


def _is_at_edge(run: re.Match[str]) -> bool:
    text, (start, end) = run.string, run.span()
    return text[max(0, start - 1) : start] in ("", "\n") or text[end : end + 1] in ("", "\n")


def _opens_sentence(run: re.Match[str]) -> bool:
    """Whether a name is the first word of a sentence: "[ad_1] is printed where no notice is"."""
    is_named = re.fullmatch(_NAMED, run[0].strip()) is not None
    return is_named and run[0].endswith(" ") and run.string[run.end() : run.end() + 1].islower()
