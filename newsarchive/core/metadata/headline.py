"""Which of the texts that a page calls its title is the headline.

The page's head (JSON-LD, Open Graph, `<title>`) was written for machines and search results, the
headings are what the reader sees; spelled alike they are one option. The site's name and the section are
never a headline, and are cut off one only where the page itself shows that they are not part of it.

What a page says of its article in a sentence of its own.

Many content systems fill the description with the first lines of the text, cut off where the space ends: that says
nothing that the text does not, and where a site sets marks for machines before its posts ("Verification:
a0d6e82a7952e405"), these stand in it, too. Such a repeat is refused, such a mark is cut out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from newsarchive.core.metadata.claims import Claim, Option, Trait, weigh
from newsarchive.core.metadata.sources import FIRST_HEADINGS, SHOWN, Place
from newsarchive.core.text.normalise import key
from newsarchive.items import Block, Candidate
from newsarchive.rules import Rules

#: What parts a headline from a site's name or a section in titles.
_PARTS = re.compile(r"\s+[-–—|·•»«:/~⋅]+\s+|\s*[|»]\s*|:\s+")
#: Shortest word of a host's name that tells whose a title's last part is, and least that is left of the title, in letters.
_HOST_WORD, _REST = 5, 8
#: How alike two titles are that mean the same, as a share of common words.
_ALIKE = 0.6
#: Longest headline, in characters.
LONGEST = 300


def decide(
    claims: Sequence[Claim], site_names: Sequence[str], sections: Sequence[str], rules: Rules
) -> tuple[str, list[Candidate], list[Claim]]:
    """The headline, "" where the page has none, all candidates with the reason for each, and the claims that were weighed.

    `site_names` are the names of the site that the page itself gives, `sections` its sections.
    """
    offered, refused = options(claims, site_names, sections)
    chosen, candidates = weigh(offered, "headline", rules)
    return (
        (chosen.claims[0].value if chosen else ""),
        candidates + refused,
        [c for option in offered for c in option.claims],
    )


def options(
    claims: Sequence[Claim], site_names: Sequence[str], sections: Sequence[str]
) -> tuple[list[Option], list[Candidate]]:
    """What the page offers as its headline, and what was refused."""
    sites, parts = set(map(key, site_names)), set(map(key, sections))
    usable: dict[str, list[Claim]] = {}
    refused: list[Candidate] = []
    parts -= {key(c.value) for c in claims if not _is_shown(c)}
    for claim in _cut(claims, sites, _host_word(site_names)):
        reason = _refusal(claim, sites, parts)
        if reason:
            refused.append(claim.candidate(reason=reason))
        else:
            usable.setdefault(key(claim.value), []).append(claim)
    heads = list(dict.fromkeys(c.value for group in usable.values() for c in group if not _is_shown(c)))
    first = sum(map(_is_first, usable.values()))
    out: list[Option] = []
    for group in usable.values():
        traits = _traits(group, heads)
        if first > 1 and _is_first(group):
            traits += (Trait.ONE_OF_HEADINGS,)
        if any(c.source.place is not Place.H2 for c in group) or traits:
            out.append(Option(tuple(sorted(group, key=_spelling)), traits))
    return out, refused


def _is_shown(claim: Claim) -> bool:
    return claim.source.place in SHOWN


def _is_first(group: Sequence[Claim]) -> bool:
    """Whether a heading of the first rank is among the claims."""
    return any(c.source.place in FIRST_HEADINGS for c in group)


def _spelling(claim: Claim) -> tuple[bool, bool]:
    """Whose spelling wins within an option: what is shown, unless in capitals."""
    return claim.value.isupper(), not _is_shown(claim)


def _refusal(claim: Claim, sites: set[str], sections: set[str]) -> str:
    folded = key(claim.value)
    if len(folded) < 2:
        return "holds no words"
    if claim.source.place is Place.HOME:
        return "links to the home page"
    if folded in sites:
        return "is the site's name"
    if _is_shown(claim) and folded in sections:
        return "is the section"
    return "too long for a headline" if len(claim.value) > LONGEST else ""


def _traits(group: Sequence[Claim], heads: Sequence[str]) -> tuple[Trait, ...]:
    """What else speaks for a heading: that the head says nearly the same."""
    if not all(map(_is_shown, group)):
        return ()
    likeness = max((alike(group[0].value, h) for h in heads), default=0.0)
    if likeness >= 0.85:
        longer = len(group[0].value) > max(map(len, heads))
        return (Trait.CONTAINS_TITLE,) if longer else (Trait.PART_OF_TITLE,)
    return (Trait.LIKE_TITLE,) if likeness > 0 else ()


def _cut(claims: Sequence[Claim], sites: set[str], host: str) -> list[Claim]:
    """Claims without a site's name at either end, where a heading or the site's own name shows it."""
    names = sites - {""}
    cut = {c: _without_name(c.value, names, set(), host) for c in claims if _is_shown(c)}
    shown = set(map(key, cut.values()))
    cut |= {
        c: _without_name(c.value, names, shown, host)
        for c in claims
        if c not in cut and c.source.place is not Place.TITLE
    }
    shown = set(map(key, cut.values()))  # `<title>` holds more than what is written for cards and machines
    cut |= {c: _without_name(c.value, names, shown, host) for c in claims if c not in cut}
    return [c if cut[c] == c.value else replace(c, value=cut[c]) for c in claims]


def _host_word(site_names: Sequence[str]) -> str:
    """The longest word of the host's name, "" if it is short: `apps.shopify.com` is of `shopify`."""
    hosts = [name for name in site_names if "." in name and " " not in name]
    labels = [key(label) for label in hosts[0].split(".")[:-1]] if hosts else []
    longest = max(labels, key=len, default="")
    return longest if len(longest) >= _HOST_WORD else ""


def _of_host(part: str, host: str) -> bool:
    """Whether the last part of a title is named like the host: `Shopify App Store`, but not `Rust` of `rust-lang.org`."""
    folded = key(part)
    return bool(host) and (host in folded or (len(folded) >= _HOST_WORD and folded in host))


def _without_name(text: str, names: set[str], shown: set[str], host: str) -> str:
    """`Title - Section - Site` is `Title` if a heading reads `Title`, or the site is named `Site`."""
    if key(text) in shown:
        return text
    parts = [(m.start(), m.end()) for m in _PARTS.finditer(text)][:20]
    for start, end in parts:
        for part in (text[:start], text[end:]):
            if key(part) in shown and len(part) > 3 and key(part) not in names:
                return part
    for start, end in reversed(parts):
        if key(text[end:]) in names:
            return _without_name(text[:start], names, shown, host)
    for start, end in parts:
        if key(text[:start]) in names:
            return _without_name(text[end:], names, shown, host)
    for start, end in parts[-1:]:
        bar = ":" not in text[start:end] and len(key(text[:start])) >= _REST
        if bar and _of_host(text[end:], host):
            return _without_name(text[:start], names, shown, host)
    return text


def alike(one: str, other: str) -> float:
    """How far two titles agree: the share of common words in the shorter, 0 below .6."""
    if key(one) == key(other):
        return 1.0
    first, second = set(one.casefold().split()), set(other.casefold().split())
    shorter = min(len(first), len(second))
    share = len(first & second) / shorter if shorter >= 3 else 0.0
    return share * 0.9 if share >= _ALIKE else 0.0


#: Letters that a description must share with the text to be its repeat: below it, both may open with the same phrase.
MIN_REPEATED_LETTERS = 40
#: Letters that may stand before the repeat in a paragraph: a place, an agency, a date.
MAX_LETTERS_BEFORE = 60
#: Paragraphs of the text that a description is looked for in; a byline or a heading may come before the first sentence.
MAX_PARAGRAPHS = 4
#: Letters of the text that are compared, at most.
MAX_COMPARED_LETTERS = 4000
#: Letters of a description without its mark that still say something.
MIN_LETTERS = 20

#: A label and a machine's mark: a hash, a UUID, or what search engines give out to verify a site.
_MARK = re.compile(
    r"(?:(?<!\w)[^\W\d_]+(?:[ _-][^\W\d_]+){0,3})?\s?[:=#]\s?"
    r"(?P<mark>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,64}|[A-Za-z0-9_-]{30,}={0,2})(?![\w=])",
    re.IGNORECASE,
)
#: The signs of a text that goes on.
_CUT = re.compile(r"\s*(?:\[?\(?(?:…|\.{2,})\)?\]?)\s*$")


def own(
    claims: Sequence[Claim], headline: str, blocks: Sequence[Block]
) -> tuple[list[Claim], list[Candidate]]:
    """The claims that say something of their own, without marks for machines, and those refused.

    `blocks` labelled `body` are the text, as far as it is known.
    """
    paragraphs = _paragraphs(blocks) if claims else []
    kept, refused = [], []
    for claim in claims:
        text = without_marks(claim.value)
        if text != claim.value and len(key(text)) < MIN_LETTERS:
            refused.append(claim.candidate(reason="a mark for machines"))
        elif _repeats(text, headline, paragraphs):
            refused.append(claim.candidate(reason="the beginning of the text"))
        else:
            kept.append(claim if text == claim.value else replace(claim, value=text))
    return kept, refused


def without_marks(text: str) -> str:
    """A text without labels and their machine's marks.

    >>> without_marks("Verification: a0d6e82a7952e405 The ferry returns."), without_marks("Room: 20250401")
    ('The ferry returns.', 'Room: 20250401')
    """
    if ":" not in text and "=" not in text and "#" not in text:
        return text
    cut = _MARK.sub(lambda m: " " if _is_mark(m["mark"]) else m[0], text)
    return " ".join(cut.split()) if cut != text else text


def _is_mark(text: str) -> bool:
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def _paragraphs(blocks: Sequence[Block]) -> list[str]:
    """The first paragraphs of the text, folded, each with what follows it."""
    body = (b.text for b in blocks if b.label == "body")
    texts = [key(text) for text in islice(body, MAX_PARAGRAPHS * 4)]
    return ["".join(texts[i:])[:MAX_COMPARED_LETTERS] for i in range(min(MAX_PARAGRAPHS, len(texts)))]


def _repeats(text: str, headline: str, paragraphs: Sequence[str]) -> bool:
    """Whether a description is the beginning of a paragraph, its last word apart, which may be cut off."""
    whole = _CUT.sub("", text)
    folded = key(whole).removeprefix(key(headline))
    compared = folded[: len(folded) - len(key(whole.rsplit(" ", 1)[-1]))] or folded
    if len(compared) < MIN_REPEATED_LETTERS:
        return False
    return any(0 <= p.find(compared) <= MAX_LETTERS_BEFORE for p in paragraphs)
