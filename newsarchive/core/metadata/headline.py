"""Choose the headline among a page's titles, and refuse descriptions that only repeat the text.

The head of a page (JSON-LD, Open Graph, `<title>`) is written for machines and search results, its headings for
readers: "The mill closes - Harbour Post" and "The mill closes". Titles of the same words are one option. The name of
the site and of the section are never a headline. They are cut off a title only where the page itself shows that they
are no part of it.

Many content systems fill the description with the first lines of the text, cut off at some length. Such a description
is refused. Some sites put marks for machines before their posts ("Verification: a0d6e82a7952e405"), and these stand
in the description, too. Such a mark is cut out.

`original_headlines` reads the line in which a copy says what the original's headline was: "（原标题：老磨坊关闭）". Portals give the
articles of others a headline of their own, and print the first one above or below the text. The words are in
`data/metadata/houses.toml`; those of other languages stand before the titles of films and books as often ("Titre original"),
and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from functools import lru_cache
from itertools import islice, product, takewhile
from unicodedata import category

from newsarchive import compiled
from newsarchive.core.metadata import byline_words, eastern_titles
from newsarchive.core.metadata.claims import (
    FIRST_HEADINGS,
    IN_BODY,
    MAX_SEARCHED_BLOCKS,
    OPEN_GRAPH,
    Claim,
    Option,
    Place,
    Source,
    Trait,
    weigh,
)
from newsarchive.core.metadata.publisher import MIN_HOST_WORD_LETTERS, SEPARATOR, host_labels, is_named_like
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.text.scripts import has_unspaced
from newsarchive.core.urls import parts_of
from newsarchive.items import Block, Candidate
from newsarchive.rules import Rules

#: What stands between headline and name in a script without spaces, where a name of the site stands behind it.
_UNSPACED_SEPARATOR = re.compile(r"[:：－–—]")
#: Signs that part the headline, the sections and the site in titles of East Asian and other portals, and in no headline.
_CHAIN = re.compile(r"\s*[_＿｜|]\s*")
#: What Dreamweaver, FrontPage and browsers write into `<title>` of a new page, without spaces.
_UNTITLED = re.compile(
    r"(?:untitled|unbenanntes|naamloos)(?:document|dokument|page)?\d{0,2}|newpage\d|neueseite\d|nouvellepage\d|documentsanstitre|"
    r"documentosint[ií]tulo|documentosemt[ií]tulo|documentosenzatitolo|无标题文档|無題ドキュメント"
)
#: What stands before the name of the host in a title.
_HOST_SEPARATOR = re.compile(r"\s+[.·•|–—-]\s+(?=\S)")
#: Letters of the first part of such a chain; a shorter part may be a section.
MIN_CHAIN_LETTERS = 8
#: Separators of a title between which a part of it is looked for; later ones are not.
MAX_TITLE_SEPARATORS = 10
#: Letters of a title without the site's name. A shorter rest is no title, and nothing is cut off.
MIN_TITLE_LETTERS = 8
#: Spaces in a part of a title that the page shows elsewhere, too. A part with fewer may be a section.
MIN_SHOWN_SPACES = 2
#: Blocks of the text that may stand above a line with the headline, or be that line.
MAX_BODY_BEFORE_HEADLINE = 2
#: Characters of a block without links, and of no heading, that is part of a text.
MIN_PROSE_CHARS = 60
#: Labels of blocks that show no headline.
_NOT_ABOVE_TEXT = frozenset(("nav", "footer", "related", "comments", "copyright"))
#: Elements that are marked as the headline and are no `<h1>`.
_MARKED = frozenset((Place.HEADLINE, Place.H2_MARKED))
#: The path of an element whose class says that it holds the headline of a post.
_POST_TITLE = re.compile(
    r"(?:post|entry|article|story)[-_]*(?:main[-_]*)?(?:title|headline)[^/]*$", re.IGNORECASE
)
#: Signs before a heading that link to it: diaries print "_" or a square before each entry.
_ANCHOR_SIGNS = " _#■□◆◇●○★☆▼▽▲"
#: Share of the shorter title's words that both titles have. Below, the titles have nothing to do with each other.
MIN_COMMON_WORDS_SHARE = 0.6
#: Characters of a headline; a longer text is refused.
MAX_HEADLINE_CHARS = 300
#: Letters that a description and the text must share. Below, both may only open with the same phrase.
MIN_REPEATED_LETTERS = 40
#: Letters of a paragraph before the repeat: a place, an agency, a date. Above, the description is no beginning of it.
MAX_LETTERS_BEFORE_REPEAT = 60
#: Paragraphs of the text that a description is compared with. A byline or a heading may precede the first sentence.
MAX_PARAGRAPHS = 4
#: Letters of the text that are compared with a description; the rest is not looked at.
MAX_COMPARED_LETTERS = 4000
#: Letters of a description without its mark. A shorter rest says nothing, and the description is refused.
MIN_LETTERS_WITHOUT_MARK = 20


def decide(
    claims: Sequence[Claim],
    site_names: Sequence[str],
    sections: Sequence[str],
    rules: Rules,
    blocks: Sequence[Block] = (),
    url: str = "",
) -> tuple[str, list[Candidate], list[Claim]]:
    """The headline ("" where the page has none), all candidates with the reason for each, and the claims weighed.

    `site_names` are the names of the site that the page itself gives, `sections` its sections, `blocks` its text, and
    `url` its address.
    """
    claims = _without_eastern_sites(claims, site_names, blocks, rules)
    claims = _as_shown(claims, site_names, blocks, url, rules)
    site_names = [*site_names, *_names_before(claims, blocks, url)]
    claims, same_everywhere = _without_site_titles(claims, site_names, blocks)
    claims, of_days = _without_days(claims, site_names, blocks, rules)
    claims, of_site = _without_site_headings(claims)
    claims, of_boxes = _without_headings_of_boxes(claims, site_names, rules)
    offered, refused = options(claims, site_names, sections)
    refused += same_everywhere + of_days + of_site + of_boxes
    chosen, candidates = weigh(offered, "headline", rules)
    value = chosen.claims[0].value if chosen else _signs_alone(claims)
    return value, candidates + refused, [c for option in offered for c in option.claims]


def _signs_alone(claims: Sequence[Claim]) -> str:
    """The title of a post that has signs for words, "🌊🌊🌊", where two places of the page or its site state it; else ""."""
    stated = [c.value.strip() for c in claims if c.source.place is not Place.HOME]
    for value in stated:
        is_signs = not key(value) and any(category(letter) == "So" for letter in value)
        if is_signs and sum(other.startswith(value) for other in stated) > 1:
            return value
    return ""


def _without_site_titles(
    claims: Sequence[Claim], site_names: Iterable[str], blocks: Sequence[Block]
) -> tuple[list[Claim], list[Candidate]]:
    """The claims without a `<title>` that names the site and not the post, and these as refused candidates: "Harbour Post | Notes from the
    coast" over each post, whose headline stands in `<div class="post-title">`.

    The title begins with the site's name and a separator. The page has no `<h1>`, and marks one headline, which has nothing of the title
    and stands above the text as that of a post: "page-title" may be a section, and one below the text that of another post.
    """
    marked = {key(c.value): c.value for c in claims if c.source.place in _MARKED}
    if len(marked) != 1 or any(c.source.place in FIRST_HEADINGS for c in claims):
        return list(claims), []
    [(folded, headline)] = marked.items()
    if not any(_POST_TITLE.search(b.path) and key(b.text) == folded for b in _above_text(blocks)):
        return list(claims), []
    names = tuple(name for name in site_names if name)
    of_site = [
        c
        for c in claims
        if c.source.place is Place.TITLE
        and any(c.value.startswith(name) and SEPARATOR.match(c.value, len(name)) for name in names)
        and folded not in key(c.value)
        and not alike(headline, c.value)
    ]
    others = [c for c in claims if c not in of_site]
    return others, [c.candidate(reason="is the site's title") for c in of_site]


def _without_site_headings(claims: Sequence[Claim]) -> tuple[list[Claim], list[Candidate]]:
    """The claims without an `<h1>` that is no title of the post, and these as refused candidates: "Blog" over each post of OceanWP,
    whose headline stands below in `<h2 class="entry-title">`.

    `<title>` begins with the only headline that is marked so in an `<h2>`, and has nothing of the `<h1>`, nor has any title of the head.
    """
    tops = [c for c in claims if c.source.place in FIRST_HEADINGS]
    marked = {key(c.value) for c in claims if c.source.place is Place.H2_MARKED} - {""}
    titles = [c.value for c in claims if not _in_body(c) and key(c.value)]
    if not tops or len(marked) != 1 or not titles:
        return list(claims), []
    [second] = marked
    is_titled = len(second) >= MIN_TITLE_LETTERS and any(
        c.source.place is Place.TITLE and key(c.value).startswith(second) for c in claims
    )
    if not is_titled or any(
        key(t) in key(c.value) or key(c.value) in key(t) or alike(c.value, t) for c in tops for t in titles
    ):
        return list(claims), []
    return [c for c in claims if c not in tops], [
        c.candidate(reason="no title has it, and one has the next heading") for c in tops
    ]


def _without_headings_of_boxes(
    claims: Sequence[Claim], site_names: Iterable[str], rules: Rules
) -> tuple[list[Claim], list[Candidate]]:
    """The claims without headings that name a menu or a box, where no title of the head has their words: `<h1>Main menu</h1>`. A page
    whose titles are all the site's name keeps them: a poem may be called "Comments"."""
    known, of_site = byline_words.words(rules).widgets, {key(name) for name in site_names}
    boxes = [c for c in claims if _in_body(c) and key(c.value) in known]
    if not boxes:
        return list(claims), []
    titles = {key(c.value) for c in claims if not _in_body(c)} - of_site - {""}
    boxes = [c for c in boxes if titles and not any(key(c.value) in title for title in titles)]
    reason = "names a menu or a box of the page"
    return [c for c in claims if c not in boxes], [c.candidate(reason=reason) for c in boxes]


def _without_days(
    claims: Sequence[Claim], site_names: Iterable[str], blocks: Sequence[Block], rules: Rules
) -> tuple[list[Claim], list[Candidate]]:
    """The claims with the only heading of a diary's day in the place of titles that have the site's name and that day alone: "Harbour
    Diary(2025-07-17)" over `<h2>2025-07-17</h2>` and `<h3>The mill closes</h3>` (tDiary, Hatena Diary). A day with several entries keeps
    its title."""
    names = set(map(key, site_names)) - {""}
    of_days = [
        c
        for c in claims
        if not _in_body(c) and (bare := _without_day(c.value, rules)) != c.value and key(bare) in names
    ]
    heading = _only_heading(blocks, names, rules) if of_days else ""
    if not heading:
        return list(claims), []
    others = [c for c in claims if c not in of_days]
    refused = [c.candidate(reason="is the site's name and a day") for c in of_days]
    return [*others, Claim("headline", heading, Source(Place.HEADLINE))], refused


def _without_day(text: str, rules: Rules) -> str:
    """A title without its first date."""
    day = dates.date_text(text, rules) if len(text) <= MAX_HEADLINE_CHARS else ""
    return text.replace(day, " ", 1) if day else text


def _only_heading(blocks: Sequence[Block], names: Set[str], rules: Rules) -> str:
    """The first heading of a page that is neither the site's name nor a date, without the sign that links to it, where no other heading of
    its rank follows in its place and no text stands above it; else ""."""
    headings = (b for b in islice(blocks, MAX_SEARCHED_BLOCKS) if b.kind == "heading")
    own = [
        b
        for b in headings
        if b.label not in _NOT_ABOVE_TEXT and key(_without_day(b.text, rules)) not in {"", *names}
    ]
    if not own or sum(b.path == own[0].path for b in own) > 1:
        return ""
    # A heading below the first sentences of a page is of a part, of comments or of a list.
    above = takewhile(lambda b: b.kind == "heading" or len(b.text) < MIN_PROSE_CHARS or b.links, blocks)
    return own[0].text.lstrip(_ANCHOR_SIGNS) if own[0] in above else ""


def _above_text(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks without links, up to the third one of the text, among which a page shows its headline."""
    body = (i for i, b in enumerate(blocks) if b.label == "body")
    end = next(islice(body, MAX_BODY_BEFORE_HEADLINE, None), len(blocks))
    return (b for b in blocks[:end] if b.label not in _NOT_ABOVE_TEXT and not b.links)


def _without_eastern_sites(
    claims: Sequence[Claim], site_names: Sequence[str], blocks: Sequence[Block], rules: Rules
) -> list[Claim]:
    """The claims with titles in Chinese and Japanese cut as `eastern_titles.without_site` cuts them."""
    if not any(c.source.place is Place.TITLE and has_unspaced(c.value) for c in claims):
        return list(claims)
    names = set(map(key, site_names)) - {""}
    lines = {key(c.value) for c in claims if c.source.place is not Place.TITLE} | _lines(blocks)
    return [
        replace(c, value=eastern_titles.without_site(c.value, lines, names, rules))
        if c.source.place is Place.TITLE
        else c
        for c in claims
    ]


def _lines(blocks: Iterable[Block]) -> set[str]:
    """The match keys of the lines of short blocks."""
    short = (b.text for b in islice(blocks, MAX_SEARCHED_BLOCKS) if len(b.text) <= MAX_HEADLINE_CHARS)
    return {key(line) for text in short for line in text.split("\n")}


def _as_shown(
    claims: Sequence[Claim], site_names: Iterable[str], blocks: Sequence[Block], url: str, rules: Rules
) -> list[Claim]:
    """The claims with titles of the head cut to the part between separators that the page shows above its text: "harbour post : The mill
    closes" and `<p class=big><b>The mill closes</b></p>`. Old layouts mark no headline; where a heading or another title states a part
    of a title, nothing is cut here. They show the name of the site above their text, too.

    Earns the bare headline on 17 of 325 real pages of 2004 to 2012 and on one of 320 others. Five of the 17 get a date near it.
    """
    stated = {key(c.value) for c in claims if c.source.place is not Place.HOME} - {""}
    titles = [c for c in claims if not _in_body(c) and SEPARATOR.search(c.value)]
    titles = [c for c in titles if not any(one in key(c.value) for one in stated - {key(c.value)})]
    if not titles:
        return list(claims)
    lines = _lines(_above_text(blocks)) - set(map(key, site_names))
    labels = host_labels(url)
    return [
        replace(c, value=_shown_part(c.value, lines, labels, rules)) if c in titles else c for c in claims
    ]


def _names_before(claims: Sequence[Claim], blocks: Sequence[Block], url: str) -> Iterator[str]:
    """What stands before the headline in `<title>` and is the site's name: two headings show the parts of "Harbour Post: The mill
    closes", and only the first part is named like the host. Blogs of Movable Type and Blogger have their own name in `<h1>`.

    Earns the headline on 3 of 672 real pages of 2012, where a blog's name was it.
    """
    titles = [c.value for c in claims if c.source.place is Place.TITLE]
    parts = [(t[: m.start()], t[m.end() :]) for t in titles for m in islice(SEPARATOR.finditer(t), 20)]
    labels = host_labels(url)
    named = [(n, t) for n, t in parts if is_named_like(n, labels) and not is_named_like(t, labels)]
    if named:
        headings = {key(b.text) for b in islice(blocks, MAX_SEARCHED_BLOCKS) if b.kind == "heading"}
        yield from (name for name, title in named if {key(name), key(title)} <= headings)


def _shown_part(title: str, lines: Set[str], labels: Iterable[str], rules: Rules) -> str:
    """The part of a title before, behind or between separators that is one of the `lines`, where it is the only one that is not named
    like the host with these labels; else the title."""
    separators = [m.span() for m in islice(SEPARATOR.finditer(title), MAX_TITLE_SEPARATORS)]
    starts, ends = (0, *(end for _, end in separators)), (*(start for start, _ in separators), len(title))
    parts = {title[a:b] for a, b in product(starts, ends) if a < b} - {title}
    found = [
        p
        for p in parts
        if p.count(" ") >= MIN_SHOWN_SPACES
        and key(p) in lines
        and not is_named_like(p, labels)
        and not dates.date_text(p, rules)
    ]
    return found[0] if len(found) == 1 and key(title) not in lines else title


def without_folders(claims: Sequence[Claim], url: str) -> tuple[list[Claim], list[Candidate]]:
    """The claims without those of one word that is a folder of the address `url`, and these as refused candidates.

    Content systems print "News" over each page of "/news/", also in `<title>`. Such claims are refused only where a first heading or
    a card has another headline.
    """
    folders = set(map(key, parts_of(url).path.strip("/").split("/")[:-1])) - {""}
    named = [c for c in claims if " " not in c.value.strip() and key(c.value) in folders]
    others = [c for c in claims if c not in named]
    if not named or not any(c.source.place in FIRST_HEADINGS | OPEN_GRAPH for c in others):
        return list(claims), []
    return others, [c.candidate(reason="a folder of the address") for c in named]


def options(
    claims: Sequence[Claim], site_names: Sequence[str], sections: Sequence[str]
) -> tuple[list[Option], list[Candidate]]:
    """The options for the headline, and the claims that were refused."""
    sites = set(map(key, site_names))
    section_keys = set(map(key, sections)) - {key(c.value) for c in claims if not _in_body(c)}
    usable: dict[str, list[Claim]] = {}
    refused: list[Candidate] = []
    for claim in _without_site_names(claims, sites, _host_words(site_names)):
        if reason := _refusal(claim, sites, section_keys):
            refused.append(claim.candidate(reason=reason))
        else:
            usable.setdefault(key(claim.value), []).append(claim)
    head_titles = list(dict.fromkeys(c.value for group in usable.values() for c in group if not _in_body(c)))
    first_headings = sum(map(_has_first_heading, usable.values()))
    out: list[Option] = []
    for group in usable.values():
        traits = _traits(group, head_titles)
        if first_headings > 1 and _has_first_heading(group):
            traits += (Trait.ONE_OF_HEADINGS,)
        if any(c.source.place is not Place.H2 for c in group) or traits:
            # The spelling of the page's body wins, unless it is in capitals.
            spelled = sorted(group, key=lambda claim: (claim.value.isupper(), not _in_body(claim)))
            out.append(Option(tuple(spelled), traits))
    return out, refused


def _in_body(claim: Claim) -> bool:
    return claim.source.place in IN_BODY


def _has_first_heading(group: Sequence[Claim]) -> bool:
    """Whether an `<h1>` is among the claims."""
    return any(c.source.place in FIRST_HEADINGS for c in group)


def _refusal(claim: Claim, sites: set[str], sections: set[str]) -> str:
    folded = key(claim.value)
    if len(folded) < 2:
        return "holds no words"
    if claim.source.place is Place.HOME:
        return "links to the home page"
    if _UNTITLED.fullmatch(folded):
        return "the title that a program gave to a new page"
    if folded in sites:
        return "is the site's name"
    if _in_body(claim) and folded in sections:
        return "is the section"
    return "too long for a headline" if len(claim.value) > MAX_HEADLINE_CHARS else ""


def _traits(group: Sequence[Claim], head_titles: Sequence[str]) -> tuple[Trait, ...]:
    """What speaks for a heading beside its sources: that a title in the head has nearly the same words."""
    if not all(map(_in_body, group)):
        return ()
    likeness = max((alike(group[0].value, title) for title in head_titles), default=0.0)
    if likeness >= 0.85:
        longer = len(group[0].value) > max(map(len, head_titles))
        return (Trait.CONTAINS_TITLE,) if longer else (Trait.PART_OF_TITLE,)
    return (Trait.LIKE_TITLE,) if likeness > 0 else ()


def _without_site_names(claims: Sequence[Claim], sites: set[str], hosts: Sequence[str]) -> list[Claim]:
    """Claims without the site's name at either end, where a heading shows the rest, or where the page names its site so; and
    without a chain of names, where no heading is like the title."""
    names = sites - {""}
    cut = {c: _without_name(c.value, names, set(), hosts) for c in claims if _in_body(c)}
    known = set(map(key, cut.values()))
    for_cards = (c for c in claims if c not in cut and c.source.place is not Place.TITLE)
    cut |= {c: _without_name(c.value, names, known, hosts) for c in list(for_cards)}
    known = set(map(key, cut.values()))  # `<title>` comes last: the titles for cards are shorter
    cut |= {c: _without_name(c.value, names, known, hosts) for c in claims if c not in cut}
    headings = [cut[c] for c in claims if _in_body(c) and c.source.place is not Place.HOME]
    for claim, text in cut.items():
        if not _in_body(claim) and not any(alike(one, text) or key(one) in key(text) for one in headings):
            cut[claim] = _without_chain(text, names)
    return [c if cut[c] == c.value else replace(c, value=cut[c]) for c in claims]


def _host_words(site_names: Sequence[str]) -> tuple[str, ...]:
    """The words of the host's name without the short ones, the longest first: "shopify" of "apps.shopify.com", "blogspot" and "adwords"
    of "adwords.blogspot.com"."""
    hosts = [name for name in site_names if "." in name and " " not in name]
    labels = [key(label) for label in hosts[0].split(".")[:-1]] if hosts else []
    return tuple(
        sorted((label for label in labels if len(label) >= MIN_HOST_WORD_LETTERS), key=len, reverse=True)
    )


def _named_like_host(part: str, hosts: Sequence[str]) -> bool:
    """Whether the last part of a title is named like the host: "Shopify App Store", but not "Rust" of "rust-lang.org".

    A word of the host that is not its longest must be half of the part: "Inside AdWords", but not "Media and Power" of
    "media.example.org"."""
    folded = key(part)
    if len(folded) >= MIN_HOST_WORD_LETTERS and any(folded in host for host in hosts):
        return True
    return any(host in folded and (i == 0 or len(host) * 2 >= len(folded)) for i, host in enumerate(hosts))


def _without_name(text: str, names: set[str], known: set[str], hosts: Sequence[str]) -> str:
    """The title without the site's name: "Title - Section - Site" becomes "Title" where another title (`known`) reads
    "Title", or "Title - Section" where the site is named "Site"."""
    if key(text) in known:
        return text
    separators = [(m.start(), m.end()) for m in SEPARATOR.finditer(text)][:20]
    for start, end in separators:
        for part in (text[:start], text[end:]):
            if key(part) in known and len(part) > 3 and key(part) not in names:
                return part
    for start, end in reversed(separators):
        if key(text[end:]) in names:
            return _without_name(text[:start], names, known, hosts)
    for start, end in separators:
        if key(text[:start]) in names:
            return _without_name(text[end:], names, known, hosts)
    if has_unspaced(text) and (marks := list(_UNSPACED_SEPARATOR.finditer(text))):
        before, behind = text[: marks[-1].start()], text[marks[-1].end() :]
        if key(behind) in names and len(key(before)) >= MIN_TITLE_LETTERS:
            return before.rstrip()
    for start, end in [(start, end) for start, end in separators if ":" not in text[start:end]][-1:]:
        if len(key(text[:start])) >= MIN_TITLE_LETTERS and _named_like_host(text[end:], hosts):
            return _without_name(text[:start], names, known, hosts)
    return text


def _without_chain(text: str, names: set[str]) -> str:
    """The headline of a title that ends in a chain of sections and sites: "Mill closes_News_Harbour Post", or in the
    host and a name of the site: "Mill closes . post.example | Harbour". A chain has three parts, and the first
    is the longest.

    >>> _without_chain("Mill closes for good_News_Harbour Post", set()), _without_chain("A | B | C", set())
    ('Mill closes for good', 'A | B | C')
    """
    first, *others = _CHAIN.split(text)
    longest = max((len(key(other)) for other in others), default=0)
    if len(others) >= 2 and len(key(first)) >= max(MIN_CHAIN_LETTERS, longest + 1):
        return first
    for separator in islice(_HOST_SEPARATOR.finditer(text), 20):
        before, host = text[: separator.start()], text[separator.end() :].split(maxsplit=1)[0]
        is_host = "." in host and any(name.endswith(key(host)) for name in names)
        if is_host and len(key(before)) >= MIN_TITLE_LETTERS:
            return before
    return text


def alike(one: str, other: str) -> float:
    """How far two titles agree, from 0 to 1: 1 for the same words, else 0.9 times the share of the shorter title's words
    that both have, 0 where this share is less than `MIN_COMMON_WORDS_SHARE`."""
    if key(one) == key(other):
        return 1.0
    first, second = set(one.casefold().split()), set(other.casefold().split())
    shorter = min(len(first), len(second))
    share = len(first & second) / shorter if shorter >= 3 else 0.0
    return share * 0.9 if share >= MIN_COMMON_WORDS_SHARE else 0.0


#: A label and a mark for machines: a hash, a UUID, or a token by which a search engine verifies a site.
_MACHINE_MARK = re.compile(
    r"(?:(?<!\w)[^\W\d_]+(?:[ _-][^\W\d_]+){0,3})?\s?[:=#]\s?"
    r"(?P<mark>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,64}|[A-Za-z0-9_-]{30,}={0,2})(?![\w=])",
    re.IGNORECASE,
)
#: An ellipsis at the end.
_ELLIPSIS = re.compile(r"\s*(?:\[?\(?(?:…|\.{2,})\)?\]?)\s*$")


def own_descriptions(
    claims: Sequence[Claim], headline: str, blocks: Sequence[Block]
) -> tuple[list[Claim], list[Candidate]]:
    """The claims that do not only repeat the text, without marks for machines, and the refused claims.

    The blocks labelled `body` are the text, as far as it is known.
    """
    # The first paragraphs of the text, each with the text that follows it.
    body = (b.text for b in blocks if b.label == "body")
    texts = [key(text) for text in islice(body, MAX_PARAGRAPHS * 4 if claims else 0)]
    paragraphs = ["".join(texts[i:])[:MAX_COMPARED_LETTERS] for i in range(min(MAX_PARAGRAPHS, len(texts)))]
    kept, refused = [], []
    for claim in claims:
        text = without_marks(claim.value)
        if text != claim.value and len(key(text)) < MIN_LETTERS_WITHOUT_MARK:
            refused.append(claim.candidate(reason="a mark for machines"))
        elif _repeats(text, headline, paragraphs):
            refused.append(claim.candidate(reason="the beginning of the text"))
        else:
            kept.append(claim if text == claim.value else replace(claim, value=text))
    return kept, refused


def without_marks(text: str) -> str:
    """A text without marks for machines and their labels.

    >>> without_marks("Verification: a0d6e82a7952e405 The ferry returns."), without_marks("Room: 20250401")
    ('The ferry returns.', 'Room: 20250401')
    """
    if ":" not in text and "=" not in text and "#" not in text:
        return text
    cut = _MACHINE_MARK.sub(
        lambda m: " " if any(map(str.isdigit, m["mark"])) and any(map(str.isalpha, m["mark"])) else m[0], text
    )
    return " ".join(cut.split()) if cut != text else text


def _repeats(text: str, headline: str, paragraphs: Sequence[str]) -> bool:
    """Whether a description is the beginning of a paragraph. Its last word is not compared, since it may be cut off."""
    whole = _ELLIPSIS.sub("", text)
    folded = key(whole).removeprefix(key(headline))
    compared = folded[: len(folded) - len(key(whole.rsplit(" ", 1)[-1]))] or folded
    if len(compared) < MIN_REPEATED_LETTERS:
        return False
    return any(0 <= p.find(compared) <= MAX_LETTERS_BEFORE_REPEAT for p in paragraphs)


#: Characters of such a line; a longer one is text.
MAX_LINE_CHARS = 200
#: Characters of a headline; a shorter text is none.
MIN_HEADLINE_CHARS = 4
_BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】"}
_QUOTES = {"《": "》", "“": "”", '"': '"', "「": "」"}


def original_headline(line: str, rules: Rules) -> str:
    """The headline that a line says the original had; "" for any other line.

    >>> from newsarchive.rules import default
    >>> [original_headline(t, default()) for t in ("（原标题：老磨坊关闭）", "（原题为《老磨坊“关闭”》）", "原标题是记者写的")]
    ['老磨坊关闭', '老磨坊“关闭”', '']
    """
    if len(line) > MAX_LINE_CHARS or not (
        "题" in line or "題" in line
    ):  # each of the words of `_opening` has one
        return ""
    text = _without_pair(line.strip(), _BRACKETS)
    match = _opening(rules).match(text)
    found = _without_pair(text[match.end() :].strip(), _QUOTES) if match else ""
    return found if len(found) >= MIN_HEADLINE_CHARS else ""


def original_headlines(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """The claim for the alternative headline that the first such line of a page's text makes."""
    texts = (block.text for block in islice(blocks, MAX_SEARCHED_BLOCKS) if not block.text.isascii())
    lines = (line for text in texts for line in text.split("\n"))
    found = (text for line in lines if (text := original_headline(line, rules)))
    yield from (Claim("alternative_headline", text, Source(Place.TEXT)) for text in islice(found, 1))


def _without_pair(text: str, pairs: dict[str, str]) -> str:
    """A text without the pair of signs around it."""
    closing = pairs.get(text[:1])
    return text[1:-1].strip() if closing and text.find(closing) == len(text) - 1 else text


@lru_cache(maxsize=8)
def _opening(rules: Rules) -> re.Pattern[str]:
    """Matches the words for an original headline, with a colon or before a quotation."""
    words = dates.any_of(words_of(rules, "houses", "original_headline"))
    quotes = "".join(map(re.escape, _QUOTES))
    return compiled.regex(rf"(?:{words})[为為是]?\s?(?:[:：]\s?|(?=[{quotes}]))", re.IGNORECASE)
