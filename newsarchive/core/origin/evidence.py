"""Every place on a page that names a first publisher, as a `Lead`, before anything is decided.

A post may say "Source: Reuters", open with "LONDON (AP) —" and end with "© 2025 The Heron". Each lead has a weight of its
own, and `step` combines them. From the most trusted to the least: a sentence that says so, a link that says so, an
agency's dateline, a byline, the page's metadata, a copyright notice, "via".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from newsarchive import compiled
from newsarchive.core.metadata.claims import Place
from newsarchive.core.origin.attribution import (
    Attribution,
    attribution_of,
    attributions_in,
    details_beside_date,
)
from newsarchive.core.origin.attribution_patterns import any_of, entries_of, words_of
from newsarchive.core.origin.backlinks import (
    label_lines,
    labelled_link,
    original_link,
    without_headline,
)
from newsarchive.core.origin.bylines import agency_alone, publishers_in
from newsarchive.core.origin.credits import READ_MORE, container, credit_lines, credits_picture
from newsarchive.core.origin.mentions import mention_in, not_hosts, unlisted_names
from newsarchive.core.origin.notices import Copyright, begins_line, copyright_of, dateline_of, signature_of
from newsarchive.core.origin.publishers import by_host, by_name, folded_entries, key_of, listed
from newsarchive.core.origin.translators import original_address, with_original_links
from newsarchive.core.text import dates
from newsarchive.core.text.lines import record_lines
from newsarchive.core.text.scripts import has_unspaced
from newsarchive.core.urls import is_category, parts_of, registered_domain, same_site, try_normalise, url_key
from newsarchive.items import Article, Block, Candidate
from newsarchive.rules import Rules

#: Paragraphs at the start of the body that are read for leads.
_MAX_HEAD_PARAGRAPHS = 3
#: Paragraphs at the end of the body that are read for leads.
_MAX_FOOT_PARAGRAPHS = 6
#: Blocks between the body and a notice. A notice farther away is the site's, not the article's.
_MAX_BLOCKS_FROM_BODY = 30
#: Blocks before the text that may hold the details of the article: its day, author and source.
_MAX_DETAILS_BEFORE = 8
#: Characters of a byline. A longer one is the author's life, and where else she writes is no origin.
_MAX_BYLINE_CHARACTERS = 100
#: Weight of a notice with an unlisted holder in the article's element. It supports an origin, and makes none by itself.
NOTICE_IN_CONTENT_WEIGHT = 0.45
#: Weight of "Source: …" without link, domain or listed name. It may be a reference, yet makes an origin by itself.
_BARE_SOURCE_WEIGHT = 0.6
#: Weight of "Credit: Ada Lowe", which credits a person or a picture.
_PERSON_WEIGHT = 0.2
#: Factor on the weight of a lead that may speak of something else than the article.
_HEARSAY_FACTOR = 0.5

_NOTICE_LABELS = ("attribution", "copyright", "byline", "date")
#: Labels of blocks whose details are those of other pages or of other people.
_ELSEWHERE = frozenset(("nav", "related", "comments", "footer", "advert", "share", "consent"))
#: Kinds of blocks that hold running text.
_TEXT_KINDS = ("paragraph", "list_item", "quote")
_PICTURES = re.compile(r"\b(?:Images|Photos|Shutterstock|Unsplash|iStock)\b")

#: A host, with the path behind it. A label has at most 63 characters (RFC 1035, 2.3.4) and a host hardly 20 labels. Without
#: these bounds a long word is read again from each of its letters.
_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[a-z0-9][\w-]{0,62}\.){1,20}[a-z]{2,12})(?![\w-])(/[^\s)）\]]*)?", re.I
)
_ADDRESS = re.compile(r"https?://\S+", re.I)
#: The path of an element that is a paragraph or an item of a list.
_PARAGRAPH = re.compile(r"(?:^|/)(?:p|li|dd|h[1-6])(?:[.#][^/]*)?$")
#: The signs before the mark may not be marks themselves, and few stand behind it: a line of signs alone is read once.
_DATED_NOTICE = re.compile(r"[^\w©]*(?:©|\(c\)|copyright)\W{0,20}(?:19|20)\d\d", re.I)

#: Letters of a name that shows two hosts to be alike where one holds it; a shorter one may be part of any name.
MIN_NAME_LETTERS = 5
#: The ends of files that servers give for pages: `bridge.html` and `bridge/` may be one page.
_FILE_END = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cfm)$", re.IGNORECASE)
#: The year, the month and perhaps the day of a post, as folders of its address.
_DAY = re.compile(r"/((?:19|20)\d\d)/(\d\d?)(?:/(\d\d?))?(?=/)")
#: An address in the path of another, as web archives and caches have it.
_ADDRESS_IN_PATH = re.compile(r"/https?:/", re.IGNORECASE)
#: Sources by which a page's head states its author.
_DECLARED = frozenset(("open graph", "meta", "json-ld"))
#: Weight of what the page's metadata says, by the field of the candidate.
_METADATA_WEIGHTS = {
    "is_based_on": 0.9,
    "original_source": 0.9,
    "syndication_source": 0.9,
    "republication_pixel": 0.9,
    "source_organization": 0.85,
    "canonical_url": 0.75,
    "copyright_holder": 0.7,
    "credit_text": 0.7,
    "publisher": 0.6,
    "article_publisher": 0.4,
}


@dataclass(frozen=True, slots=True)
class Lead:
    """One piece of evidence.

    `text` is the evidence as it stands, `printed` the publisher that it names, `weight` how far it is believed (0 to 1),
    `url` the address of the original if it gives one.
    """

    kind: str
    text: str
    printed: str
    weight: float
    url: str = ""
    notice: Copyright | None = None


def leads_of(article: Article, rules: Rules) -> list[Lead]:
    """Every lead of an article. Leads to the blog itself are among them. A link through a translator is one to the page behind it."""
    article = replace(article, blocks=with_original_links(article.blocks, rules))
    near = list(_near_body(article.blocks))
    authors = [key_of(author.name) for author in article.authors]
    in_blocks = [
        replace(lead, printed=original_address(lead.printed, rules))
        for place in near
        for lead in _from_block(place, article.url, article.headline, authors, rules)
    ]
    if any(lead.kind == "link" for lead in in_blocks) and not label_lines(article.blocks, article.url, rules):
        in_blocks = [lead for lead in in_blocks if lead.kind != "link"]
    found = list(_without_references(list(_with_urls(in_blocks, rules))))
    for _, credit in credit_lines(article.blocks, article, rules):
        # A footer that a phrase knows too is one statement; what the phrase took for the name may be the headline.
        same = [lead for lead in found if credit.is_backlink and lead.text and lead.text in credit.text]
        if any(key_of(lead.printed) == key_of(credit.source) and lead.url == credit.url for lead in same):
            continue
        found = [lead for lead in found if lead not in same]
        found.append(Lead("credit line", credit.text, credit.source, credit.weight, credit.url))
    body = [b for b in article.blocks if b.label in ("body", "attribution") and b.kind in _TEXT_KINDS]
    found += _from_agency(body, rules)
    found += _from_authors(article, near, rules)
    found += _from_details(article, rules)
    return found + list(_from_metadata(article, rules))


def _with_urls(leads: Iterable[Lead], rules: Rules) -> Iterator[Lead]:
    """The leads, with an address given to the paper that was named before it.

    "Republished from X. Read the original article: https://…" gives the address to X, unless X or the address is
    listed as another publisher's.
    """
    named: Lead | None = None
    for lead in leads:
        if lead.kind == "attribution" and _ADDRESS.fullmatch(lead.printed):
            owner = by_host(domain_in(lead.printed), rules)
            known = listed(named.printed, rules) if named else None
            may_own = known is owner if known else owner is None
            if named and may_own and (known or not domain_in(named.printed)):
                yield replace(lead, printed=named.printed, url=lead.url or lead.printed)
                continue
        elif lead.kind == "attribution":
            named = lead
        yield lead


def _without_references(leads: Sequence[Lead]) -> Iterator[Lead]:
    """The leads, with less weight for several bare "Source: …" lines: those are the sources of figures."""
    bare = {lead.text for lead in leads if lead.kind == "source" and lead.weight == _BARE_SOURCE_WEIGHT}
    for lead in leads:
        is_reference = len(bare) > 1 and lead.text in bare
        yield replace(lead, weight=NOTICE_IN_CONTENT_WEIGHT) if is_reference else lead


@dataclass(frozen=True, slots=True)
class _Place:
    """A block that may hold a lead.

    `inside` says that it stands between paragraphs of the body, `in_content` that it stands before the body's end or in
    the element that holds the body.
    """

    block: Block
    inside: bool
    in_content: bool


def _near_body(blocks: tuple[Block, ...]) -> Iterator[_Place]:
    """The first and last paragraphs of the body, and the notices close to it."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"] or [0]
    edges = {*body[:_MAX_HEAD_PARAGRAPHS], *body[-_MAX_FOOT_PARAGRAPHS:]}
    content = container([blocks[i].path for i in body if i < len(blocks)])
    records = record_lines(blocks)
    for i, block in enumerate(blocks[: body[-1] + _MAX_BLOCKS_FROM_BODY]):
        if i > body[-1] and block.label == "comments":
            return
        if i in records:
            continue
        says = block.label in _NOTICE_LABELS or (block.label == READ_MORE and block.links)
        is_notice = says and i > body[0] - _MAX_BLOCKS_FROM_BODY
        if block.kind != "caption" and (is_notice or (i in edges and block.label == "body")):
            in_content = i <= body[-1] or bool(content and block.path.rpartition("/")[0] == content)
            # One of the lines of an element whose other lines are the text: each paragraph of others is an element of its own.
            is_line = block.path == blocks[body[-1]].path and not _PARAGRAPH.search(block.path)
            in_content = in_content or is_line
            yield _Place(block, body[0] < i < body[max(-2, -len(body))], in_content)


def _from_block(
    place: _Place, url: str, headline: str, authors: Sequence[str], rules: Rules
) -> Iterator[Lead]:
    block = place.block
    if credits_picture(block.text, rules) or (
        block.label == READ_MORE and not original_link(block, url, rules)
    ):
        return
    # "© 2025 The Fen. Distributed by …" names the holder first.
    for found in () if _DATED_NOTICE.match(block.text) else _attributions(block.text, headline, rules):
        if _credits_author(found, authors, rules):
            continue
        found = _better_named(_as_linked(found, block), block, url, headline, rules)
        hearsay = place.inside and found.kind != "attribution"  # the source of a figure or a quotation
        weight = found.weight * (_HEARSAY_FACTOR if hearsay else 1)
        link = original_link(block, url, rules, found.source)
        if found.kind == "source" and not listed(found.source, rules):
            if _may_credit_person(found, rules):
                weight = min(weight, _PERSON_WEIGHT)
            elif not (link or domain_in(found.text)):
                weight = min(weight, _BARE_SOURCE_WEIGHT)
        yield Lead(found.kind, found.text, found.source, weight, link)
    if link := labelled_link(block, url, rules):
        yield Lead("link", f"{block.text} → {link}", domain_in(link), 0.85, link)
    if block.label in ("copyright", "body", "attribution") and (notice := copyright_of(block.text, rules)):
        # "dpa-infocom, dpa:250303-99" and "Mare News (Mare Ltd)" hold more than the firm's name.
        firm = re.sub(r"\s+\(.*|,\s*\w+:\d.*", "", notice.holder)
        known = place.in_content and begins_line(notice, rules) and listed(firm, rules)
        # No site says of its own pages who distributes them.
        is_distributed = notice.year is not None and _distributed(rules).search(block.text) is not None
        weight = 0.8 if known or is_distributed else NOTICE_IN_CONTENT_WEIGHT if place.in_content else 0.3
        if place.inside and notice.year is None:  # of a picture, whose credit stands below it
            weight *= _HEARSAY_FACTOR
        yield Lead("copyright", notice.notice, firm, weight, notice=notice)


@lru_cache(maxsize=8)
def _distributed(rules: Rules) -> re.Pattern[str]:
    return compiled.regex(rf"(?<!\w)(?:{any_of(entries_of(rules, 'distributors'))})(?!\w)", re.I)


def _attributions(text: str, headline: str, rules: Rules) -> tuple[Attribution, ...]:
    """The attributions in a text, where none is those in the text without the headline that it quotes. The headline is no source."""
    found = attributions_in(text, rules)
    key = key_of(headline)
    if not found or any(key and key in key_of(one.source) for one in found):
        line = without_headline(text, headline)
        found = attributions_in(line, rules, quotes=True) if line != text else found
    return found


def _may_credit_person(found: Attribution, rules: Rules) -> bool:
    """Whether the name after "Credit:" or "Posted by:", labels of people too, lacks the words of papers' names."""
    label = key_of(found.text.partition(found.source)[0])
    if _PICTURES.search(found.source) or credits_picture(found.source, rules):
        return True
    if label not in folded_entries(rules, "people_labels") or domain_in(found.source):
        return False
    return not any(name.press for name in unlisted_names(found.source, words_of(found.source, rules), rules))


def _credits_author(found: Attribution, authors: Sequence[str], rules: Rules) -> bool:
    """Whether "Posted by: Jane Doe" or "Article by Jane Doe" names an author of the page, who is no publisher. What follows may
    stand close to the name: "Jane Doeon: 3 May"."""
    label, _, _ = found.text.partition(found.source)
    if key_of(label) not in folded_entries(rules, "people_labels") or listed(found.source, rules):
        return False
    source = key_of(found.source)
    return any(author and source.startswith(author) for author in authors)


def _as_linked(found: Attribution, block: Block) -> Attribution:
    """The attribution, with the name that a link states where others follow it without a space, as in Chinese and Japanese:
    "来源：[海港观察]上海[举报]"."""
    linked = (text.strip() for text, _ in block.links)
    named = [text for text in linked if len(text) > 1 and found.source.startswith(text)]
    if not named or found.source in named or not has_unspaced(found.source):
        return found
    return replace(found, source=max(named, key=len))


def _better_named(found: Attribution, block: Block, url: str, headline: str, rules: Rules) -> Attribution:
    """The attribution, with a better name where its line names one paper by address, link or a word of papers' names."""
    if found.text != block.text.strip() or domain_in(found.source) or listed(found.source, rules):
        return found
    paper = mention_in(block.text, block.links, url, rules)
    if paper is not None and (
        any(found.source in text for text, _ in block.links) or key_of(paper.name) == key_of(headline)
    ):
        paper = None
    if paper is None or not (paper.domain or paper.press) or paper.name == paper.domain:
        return found
    if not paper.domain and found.source in paper.name:  # a table took part of the name for "the newspaper"
        return found
    return replace(found, source=paper.printed)


def _from_agency(body: Sequence[Block], rules: Rules) -> Iterator[Lead]:
    for kind, weight, read in (("dateline", 0.87, dateline_of), ("credit", 0.8, signature_of)):
        line, name = read(body, rules)
        if name:
            yield Lead(kind, line, name, weight)
            return


def _from_authors(article: Article, near: list[_Place], rules: Rules) -> Iterator[Lead]:
    lines = (p.block.text for p in near if p.block.label == "byline")
    authors = [a.name for a in article.authors]
    if not any(by_name(name, rules) for name in authors):
        # A portal declares the paper as the author, and prints the reporter. An address may end in "/index", which is no paper.
        declared = (c for c in article.candidates if c.field == "authors" and c.source in _DECLARED)
        authors += [c.value for c in declared if "://" not in c.value]
    names = authors + [line for line in lines if len(line) <= _MAX_BYLINE_CHARACTERS]
    # A byline "2 March | Science" of a blog with a category Science does not name the journal. A category with an agency's name holds
    # what the agency wrote.
    links = (link for p in near for link in p.block.links if is_category(link[1]))
    linked = (text for text, link in links if same_site(link, article.url))
    sorted_by = map(key_of, (article.article_section, *article.keywords, *linked))
    no_papers = folded_entries(rules, "page_words").union(sorted_by)
    for name in (n for n in dict.fromkeys(names) if not credits_picture(n, rules)):
        if agency := agency_alone(name, rules):
            yield Lead("byline", name, agency, 0.8)
            continue
        for part, printed, found in publishers_in(name[:200], rules):
            if found.kind == "agency":
                yield Lead("byline", name, printed, 0.8)
            elif name in authors or key_of(part) not in no_papers:
                yield Lead("byline", name, printed, 0.6)


def _from_details(article: Article, rules: Rules) -> Iterator[Lead]:
    """An agency or a paper that stands alone beside the article's day, above the text: "Reuters | May 3, 2024". A paper is printed in
    two words there: "Nature" and "Science" are sections of blogs, and "Freitag" is a day."""
    first = next((i for i, b in enumerate(article.blocks) if b.label == "body"), 0)
    days = {when.date() for when in (article.date_published, article.date_modified) if when is not None}
    for block in article.blocks[max(0, first - _MAX_DETAILS_BEFORE) : first + 2]:
        if block.label in _ELSEWHERE:
            continue
        pieces = chain(*details_beside_date(block.text, rules))
        named = [(piece, found) for piece in pieces if (found := by_name(piece, rules))]
        when = dates.parse(dates.date_text(block.text, rules), rules) if named else None
        if when is None or when.date() not in days:
            continue
        for printed, found in named:
            if found.kind == "agency":
                yield Lead("byline", printed, found.name, 0.8)
            elif " " in printed:
                yield Lead("byline", printed, found.name, 0.6)


def _from_metadata(article: Article, rules: Rules) -> Iterator[Lead]:
    for candidate in article.candidates:
        weight, value = _METADATA_WEIGHTS.get(candidate.field, 0.0), original_address(candidate.value, rules)
        if not weight or not value:
            continue
        if value.startswith(("https://", "http://")):
            yield from _from_url(replace(candidate, value=value), article, weight, rules)
        else:
            notice, labelled = copyright_of(value, rules), attribution_of(value, rules)
            name = notice.holder if notice else labelled.source if labelled else value
            if listed(name, rules):
                yield Lead(candidate.field, value, name, weight)
            elif candidate.field not in ("publisher", "article_publisher"):  # most sites name themselves here
                yield Lead(candidate.field, value, name, weight * _HEARSAY_FACTOR)


def _from_url(candidate: Candidate, article: Article, weight: float, rules: Rules) -> Iterator[Lead]:
    """The lead of a URL on another site. A canonical URL on an unlisted host may be the blog's other address, and one of a page that
    a web archive keeps is never the original's."""
    value, url = candidate.value, article.url
    domain = domain_in(value)
    if same_site(value, url) or not domain or domain in not_hosts(rules):
        return
    is_canonical, parts = candidate.field == "canonical_url", parts_of(value)
    archives = tuple(f".{archive}" for archive in entries_of(rules, "web_archives"))
    if is_canonical and (f".{parts.hostname}".endswith(archives) or _ADDRESS_IN_PATH.search(parts.path)):
        return
    if candidate.field in (
        "publisher",
        "article_publisher",
    ):  # a page of its own on a network: https://ok.ru/reuters
        slug = value.rstrip("/").rpartition("/")[2]
        if by_name(slug, rules):
            yield Lead(candidate.field, value, slug, weight)
        return
    hearsay = is_canonical and by_host(domain, rules) is None and not _is_of_original(candidate, article)
    page = "" if candidate.field == "republication_pixel" else value  # that is the address of a counter
    yield Lead(candidate.field, value, domain, weight * (_HEARSAY_FACTOR if hearsay else 1), page)


def _is_of_original(candidate: Candidate, article: Article) -> bool:
    """Whether `<link rel=canonical>` leads to the original on another site: FeedWordPress, Distributor and Newspack Network give each
    copy the canonical address of its original.

    A site that was renamed, or whose new version stands on a host for tests, has such addresses too. There both hosts have a name in
    common, or both paths end alike and the page states no address of its own (`og:url`, `rel=shortlink`, JSON-LD's WebSite). Copies keep the end of the path as often, but
    they state their own address, or stand in the folder of another day.
    """
    if candidate.source != Place.LINK or try_normalise(candidate.value) is None:
        return False
    if not parts_of(candidate.value).path.strip("/") or _share_name(candidate.value, article):
        return False
    stated = (
        c
        for c in article.candidates
        if c.field == "own_address" or (c.field == "canonical_url" and c.source != Place.LINK)
    )
    if any(same_site(c.value, article.url) for c in stated if "://" in c.value):
        return True
    here, there = _path(article.url), _path(candidate.value)
    if not here or here.rpartition("/")[2] != there.rpartition("/")[2]:
        return True
    days = _DAY.search(here), _DAY.search(there)
    pairs = zip(days[0].groups(), days[1].groups(), strict=True) if days[0] and days[1] else ()
    return any(int(x) != int(y) for x, y in pairs if x and y)


def _share_name(url: str, article: Article) -> bool:
    """Whether the name of one site stands in the host, or in the publisher, of the other: `harbour-post.example` and
    `harbourpostonline.example`, "Harbour Post" and `harbourpost.example`. Hyphens do not count."""
    here, there, publisher = _name(article.url), _name(url), key_of(article.publisher)
    own, others = ((parts_of(one).hostname or "").replace("-", "").split(".") for one in (article.url, url))
    return any(
        name in labels or (len(name) >= MIN_NAME_LETTERS and any(name in label for label in labels))
        for name, labels in ((there, [*own, publisher]), (here, others), (publisher, others))
        if name
    )


def _name(url: str) -> str:
    """The name by which a site is registered, without hyphens; "" for an address that cannot be read."""
    return registered_domain(url).partition(".")[0].replace("-", "")


def _path(url: str) -> str:
    """The path of a page without what servers add to it; "" for a front page, `/?p=12` and what cannot be read."""
    readable = try_normalise(url)
    whole = url_key(readable).partition("?")[0] if readable else ""
    return _FILE_END.sub("", f"/{whole.partition('/')[2]}").casefold().rstrip("/")


def domain_in(text: str) -> str:
    """The registered domain written in a text, "" where there is none."""
    match = _DOMAIN.search(text)
    return registered_domain(f"https://{match[1]}") if match else ""


def host_in(text: str) -> str:
    """The whole host written in a text, without "www."; "" where there is none."""
    match = _DOMAIN.search(text)
    return match[1].lower() if match else ""
