"""Choose the keywords of an article.

They are the whole list of the most trusted source. A page states them in several places, and their lists are not mixed: a feed has the
categories among them, a meta element may hold words for search engines, and a program may have split the headline into words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsarchive.core.metadata.claims import Claim, Place, Source, best
from newsarchive.core.text.normalise import key
from newsarchive.core.text.scripts import has_unspaced
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: What sources print around a keyword.
_SEPARATORS = " >›»/|→"
#: Keywords of one article; the rest is dropped.
MAX_KEYWORDS = 50
#: Characters of a keyword; a longer text is none.
MAX_KEYWORD_CHARS = 80
#: A field of a program among keywords: "content-type: Feature".
_FIELD = re.compile(r"[a-z][A-Za-z-]*: ")
#: The beginning of an element, or code: a page without a quotation mark has what follows among its keywords. Or a variable of a template
#: that was never filled in: `%tags%`, `{{ tags }}`.
_MARKUP = re.compile(r"<[a-z/!]|^\s*%[a-z_]+%\s*$|[{}]|://|\s=\s|=['\"]|=$", re.IGNORECASE)
#: A number of a program, as that of the article. A year, a model or a form has fewer digits ("2025", "5050", "483").
_NUMBER = re.compile(r"0|\d{6,}")
#: Letters of a headline without spaces. All letters of a shorter one may be a keyword.
MIN_LETTERS_OF_HEADLINE = 8
#: Share of a headline without spaces that its parts among the keywords have. Below, the keywords are chosen words.
MIN_SPLIT_SHARE = 0.8
#: Words of a headline that a program has split into keywords. All words of a shorter one may be what the article is about.
MIN_WORDS_OF_HEADLINE = 4
#: One whose name is written as no keyword is: "displayType: list".
_SURE_FIELD = re.compile(r"[a-z]+[A-Z][A-Za-z]*: ")


def choose(
    claims: Sequence[Claim], section: str, headline: str, rules: Rules
) -> tuple[tuple[str, ...], list[Candidate]]:
    """All keywords of the most trusted source, and all candidates. Feeds list the section among the tags; it is no keyword."""
    folded = key(section)
    of_feed = [c for c in claims if c.source.bare is Place.FEED]
    sections_in_feed = [c for c in of_feed if folded and key(c.value) == folded]
    # "locale: US, displayType: standard article, contentId: 15cd". Five of 2,579 real pages have nothing else in their first source of
    # keywords; another source then gives four of them tags.
    of_programs = {c.source for c in claims if _SURE_FIELD.match(c.value)}
    refusals = {
        "is the section": sections_in_feed,
        "is a field of a program": [c for c in claims if c.source in of_programs and _FIELD.match(c.value)],
        "holds markup, code or a variable": [c for c in claims if _MARKUP.search(c.value)],
        "is a number of a program": [c for c in claims if _NUMBER.fullmatch(c.value)],
        "is the headline, or a part of it that is split into keywords": [
            *_split_headline(claims, headline),
            *_headlines(claims, headline),
        ],
    }
    refused = [c.candidate(reason=why) for why, group in refusals.items() for c in group]
    out = [c for group in refusals.values() for c in group]
    claims = [c for c in claims if c not in out]
    _, candidates = best(claims, rules)
    source = next((claim.source for claim, c in zip(claims, candidates, strict=True) if c.chosen), None)
    words: dict[str, str] = {}
    for claim in claims:
        if claim.source == source and key(claim.value) and len(claim.value) <= MAX_KEYWORD_CHARS:
            around = " " if "«" in claim.value else _SEPARATORS  # "ФК «Зенит»", »Die Zeit«
            words.setdefault(key(claim.value), claim.value.strip(around))
    reason = next((c.reason for c in candidates if c.chosen), "")
    chosen = [
        replace(c, chosen=True, reason=reason)
        if claim.source == source
        else (replace(c, reason="says the same") if key(claim.value) in words else c)
        for claim, c in zip(claims, candidates, strict=True)
    ]
    return tuple(words.values())[:MAX_KEYWORDS], chosen + refused


def _split_headline(claims: Sequence[Claim], headline: str) -> list[Claim]:
    """The claims of a source that begins with each word of the headline in its order: "the, mill, closes, for, good, business" (The
    Huffington Post, 2010)."""
    words = [key(word) for word in headline.split() if key(word)]
    of_source: dict[Source, list[Claim]] = {}
    for claim in claims:
        if key(claim.value):
            of_source.setdefault(claim.source, []).append(claim)
    firsts = (found[: len(words)] for found in of_source.values())
    return [
        c
        for found in firsts
        if len(words) >= MIN_WORDS_OF_HEADLINE and [key(c.value) for c in found] == words
        for c in found
    ]


def _headlines(claims: Sequence[Claim], headline: str) -> list[Claim]:
    """The keywords that are the headline itself, or parts of it.

    The first are the headline, with or without the site's name behind it. The others come from a source that cuts a headline without
    spaces into its parts: "磨坊, 关闭, 四十年, 居民, 遗憾" for 磨坊关闭四十年后居民遗憾. They count where they stand in the headline in
    the same order and make up most of it.

    Earns the keywords of 4 of 65 Chinese and Korean news pages.
    """
    folded = key(headline)
    has_parts = has_unspaced(headline) and len(folded) >= MIN_LETTERS_OF_HEADLINE
    if not has_parts and len(headline.split()) < MIN_WORDS_OF_HEADLINE:
        return []
    out = [c for c in claims if key(c.value).startswith(folded)]
    for source in dict.fromkeys(c.source for c in claims) if has_parts else ():
        run, at, letters = [], 0, 0
        for claim in (c for c in claims if c.source == source and key(c.value)):
            found = folded.find(key(claim.value), at)
            if found < 0:
                break
            run.append(claim)
            at, letters = found + len(key(claim.value)), letters + len(key(claim.value))
        if letters >= MIN_SPLIT_SHARE * len(folded):
            out += run
    return out
