"""Find the name under which a site publishes: "Harbour Post", and neither its motto nor its software.

Sites name themselves in JSON-LD, in `og:site_name`, in the header and in `<title>`: "The mill closes | Harbour Post". Some
themes write the post's own title, an address or "Blogger" in that place instead, and such claims are refused. Where
nothing else names the site, the part of `<title>` does that is named like the host, or that links to the home page, and at
last the title of a feed, the logo or the notice of copyright.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.metadata import eastern_titles, heading_links
from newsarchive.core.metadata.claims import FIRST_HEADINGS, JSON_LD, OPEN_GRAPH, Claim, Place, Source, plain
from newsarchive.core.metadata.elements import text_of
from newsarchive.core.metadata.person_names import like_a_name
from newsarchive.core.text.normalise import in_addresses, key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.urls import parts_of, registered_domain
from newsarchive.items import Block, Candidate
from newsarchive.rules import Rules

#: What stands between the parts of a site's own title: its name, its motto, a section. Also between a headline and the name of the
#: site or section.
SEPARATOR = re.compile(r"\s+[-–—－|·•●»«:/~⋅]+\s+|\s*[|｜»]\s*|:\s+")
#: What stands between the headline and the name of the site in `<title>`.
_TITLE_SEPARATOR = re.compile(r"\s+[-–—－|·•●»«:/~⋅]+\s+|\s*[|»]\s*")
#: Signs around the parts of a site's name.
_AROUND_PART = ' -–—|·•●»«:/~⋅"“”'
#: Signs around a site's name in `<title>` that are no part of it.
_EDGE = " -–—|·•●»«:/~⋅"
#: Sources whose publisher is the name of the site.
_NAMES_SITE = frozenset((
    Place.OPEN_GRAPH, Place.JSON_LD_SITE, Place.JSON_LD, Place.META, Place.SITE, Place.SITEMAP, Place.TITLE,
))  # fmt: skip
#: Sources that say of a name that it is the author's.
_DECLARED = JSON_LD | {Place.MICRODATA}
#: The beginning of an address or an account in the place of a publisher's name.
_NO_NAME = re.compile(r"\s*(?:https?://|@\w)", re.IGNORECASE)
#: Signs of code, with which some blogs set their motto beside their name.
_OF_CODE = re.compile(r"[<>{}$=]")
#: Signs around the name of a site that was cut off a title.
_AROUND_NAME = " \u00a0-–—|·•:~⋅/"
#: Words of a site's name; a longer text is none.
MAX_SITE_NAME_WORDS = 8
#: Letters of a label of the host that a site's name may contain, or whose initials it may have; a shorter label ("my",
#: "de") tells nothing.
MIN_LABEL_LETTERS = 3
#: Letters of a site's name that is part of a label of the host; a shorter name may be there by chance.
MIN_SITE_NAME_LETTERS = 4
#: Letters of a word of the host's name. A shorter word does not tell that a name is that of the site.
MIN_HOST_WORD_LETTERS = 5
#: Words of a headline that no section has; a shorter heading of a page may name its section.
MIN_HEADLINE_WORDS = 4
#: Links to the home page whose pictures are looked at; later ones are not.
MAX_LOGOS = 5
#: Headings in headers of a page among which the site's name is looked for; later ones are not.
MAX_MASTHEAD_HEADINGS = 5
#: Feeds of a page whose titles are read; later ones are those of sections.
MAX_FEEDS = 4
#: Last blocks of a page that are searched for a notice of copyright.
MAX_SEARCHED_BLOCKS = 300
#: Lines with "©" that are read, the last block's first; a page of 60,000 such lines took 20 s.
MAX_NOTICES = 50
#: Characters of such a line that are read; the rest is not.
MAX_NOTICE_CHARACTERS = 300
#: Words of a name in a logo; a longer text is a description of the picture.
MAX_LOGO_WORDS = 6
#: Share of the domain's letters that the name in a feed has, where it has nothing else: "Slate" of slatenyc.example.
MIN_SHARE_OF_DOMAIN = 0.5
_FEEDS = 'link[rel~="alternate"][type*="rss"],link[rel~="alternate"][type*="atom"]'
_WORD_OF_MARK = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_AROUND_MARK = " -–—|·•:»›,.()[]®™"


def without_false_names(claims: Sequence[Claim], url: str, rules: Rules) -> list[Claim]:
    """The claims without those for a publisher that name none: the post's own title, an address or an account, and the software of the
    blog, as Blogger's themes name "Blogger" in JSON-LD. A page of the software's own site, whose host has its name, keeps it."""
    refused = words_of(rules, "nobody", "software").difference((parts_of(url).hostname or "").split(".")[-2:])
    return [
        c
        for c in _without_titles(claims)
        if c.field != "publisher" or not (c.value.casefold() in refused or _NO_NAME.match(c.value))
    ]


def _without_titles(claims: Sequence[Claim]) -> list[Claim]:
    """The claims without a name of the site that is the page's own title, where another source names the site otherwise. Some themes
    fill meta elements with the title of each post (`application-name`), Valaxy the website of JSON-LD, and the Voice of America its
    publisher; in JSON-LD the page must have the title as a heading too, which else would be no headline. A meta element alone that
    has the words of `<title>` and of a first heading names no site either, where they are as long as a headline."""
    titles = {key(c.value) for c in claims if c.field == "headline" and c.source.bare in OPEN_GRAPH | JSON_LD}
    headings = {key(c.value) for c in claims if c.field == "headline" and c.source.bare in FIRST_HEADINGS}
    refused = {Place.META: titles, Place.JSON_LD_SITE: titles & headings}
    names = {key(c.value) for c in claims if c.field == "publisher" and c.source.bare not in refused}
    if not any(names):
        shown = {key(c.value) for c in claims if c.field == "headline" and c.source.place is Place.TITLE}
        long = {
            key(c.value)
            for c in claims
            if c.field == "publisher" and c.value.count(" ") >= MIN_HEADLINE_WORDS - 1
        }
        titles, names = shown & headings & long, {"another"}
        refused = {Place.META: titles}
    else:
        refused[Place.JSON_LD] = titles & headings
    if not titles or not names - titles - {""}:
        return list(claims)
    return [
        c
        for c in claims
        if c.field != "publisher" or key(c.value) not in refused.get(c.source.bare or Place.TEXT, ())
    ]


def is_named(claims: Iterable[Claim]) -> bool:
    """Whether any of the claims names a publisher."""
    return any(c.field == "publisher" and key(c.value) for c in claims)


def at_end_of_eastern_titles(claims: Sequence[Claim], rules: Rules) -> list[Claim]:
    """The claim for the publisher at the end of a Chinese or Japanese `<title>`, where `claims` name none."""
    if is_named(claims):
        return []
    titles = (c for c in claims if c.field == "headline" and c.source.place is Place.TITLE)
    names = (eastern_titles.site_in(c.value, rules) for c in titles)
    return [Claim("publisher", name, Source(Place.TITLE)) for name in names if name][:1]


def of_page(
    claims: Sequence[Claim],
    title: str,
    tree: LexborHTMLParser,
    home: Sequence[LexborNode],
    blocks: Sequence[Block],
    url: str,
    rules: Rules,
) -> tuple[list[Claim], list[Candidate]]:
    """The claims with those that the page at `url` makes for its publisher by what it shows, and refused candidates. `title` is the
    headline, `home` are the links to the home page. A publisher that is the author of the post counts where nothing else names the site."""
    authors = of_authors(claims, url, rules)
    claims = [c for c in claims if c not in authors]
    claims += linked_home(claims, title, tree, home)
    claims, refused = like_host_in_title(claims, title, url)
    if not is_named(claims):
        claims += in_marks(tree, home[:MAX_LOGOS], blocks, title, url, rules)
    if is_named(claims):
        return claims, [*refused, *(c.candidate(reason="is the author") for c in authors)]
    return [*claims, *authors], refused


def linked_home(
    claims: Sequence[Claim], title: str, tree: LexborHTMLParser, home: Sequence[LexborNode]
) -> list[Claim]:
    """The name of a link to the home page, or in the page's header, where `<title>` has it before or behind the headline:
    "Mill closes – Harbour Post". Themes without `og:site_name` name the publisher in this way; Lektor's links it nowhere."""
    titles = [c.value for c in claims if c.field == "headline" and c.source.place is Place.TITLE]
    of_home = heading_links.names_of_home(home)
    same = [n for n in of_home if any(key(n) == key(t) != key(title) for t in titles)]
    if same and key(same[0]):  # the same title on each page
        return [Claim("publisher", same[0], Source(Place.HOME))]
    with_headline = [t for t in titles if key(title) in key(t)]
    around = {key(t).replace(key(title), "", 1) for t in with_headline} - {""}
    if not around:
        return []
    names = [c.value for c in claims if c.source.place is Place.HOME]
    # "Harbour Post » Blog Archive » Mill closes", in the default theme of WordPress until 2010
    split = [title_parts(t) for t in with_headline]
    ends = {key(part) for parts in split for part in (parts[0], parts[-1])}
    around |= {key(name) for name in names if key(name) in ends}
    if not any(c.field == "publisher" and c.source.place is not Place.SITE for c in claims):
        names += heading_links.names_of_home(home)
    if not is_named(claims):
        # A second heading in the page's own header may be the site's motto, which `<title>` may end in as well (blag).
        names += map(text_of, tree.css("header h1,[role=banner] h1")[:MAX_MASTHEAD_HEADINGS])
    found = [name for name in dict.fromkeys(names) if key(name) in around]
    if not found and not is_named(claims):
        # A logo, or "Harbour Post News from the coast", name and motto in one link.
        parts = (part for title_of_page in split for part in title_of_page)
        whole = (part for part in parts if any(name.startswith(f"{part} ") for name in names))
        found = [name for name in (*heading_links.pictures_of_home(home), *whole) if key(name) in around][:1]
    return [Claim("publisher", name, Source(Place.HOME)) for name in found]


def of_authors(claims: Sequence[Claim], url: str, rules: Rules) -> list[Claim]:
    """The claims of marked data for a publisher that is the person who wrote the post, and not named like the host of the address `url`.
    They count where nothing else names the site. The blog theme of VuePress marks one element as both: `itemprop="publisher author"`."""
    people = {
        key(c.value)
        for c in claims
        if c.field == "authors"
        and c.kind != "organisation"
        and c.source.bare in _DECLARED
        and like_a_name(c.value, rules)
    }
    labels = host_labels(url) if people else []
    return [
        c
        for c in claims
        if c.field == "publisher"
        and c.source.bare in _DECLARED
        and key(c.value) in people
        and not is_named_like(c.value, labels)
    ]


def like_host_in_title(claims: Sequence[Claim], title: str, url: str) -> tuple[list[Claim], list[Candidate]]:
    """The claims with the name in `<title>` that is like the host (`names_like_host`), or else the heading that links to the home page
    and is, and refused candidates.

    It is looked for where the claims name no publisher, or only folders of the address `url`: "Health" below /health/ is
    a section where the title ends in the paper. `title` is the headline.
    """
    claims = list(claims)
    publishers = [c for c in claims if c.field == "publisher" and key(c.value)]
    folders = set(map(key, parts_of(url).path.split("/")[:-1]))
    if any(key(c.value) not in folders for c in publishers):
        return claims, []
    titles = [c.value for c in claims if c.field == "headline" and c.source.place is Place.TITLE]
    named = names_like_host(titles, title, url) or _home_like_host(claims, title, url)
    named = [c for c in named if not _NO_NAME.match(c.value)]
    if not named:
        return claims, []
    refused = [c.candidate(reason="a folder of the address") for c in publishers]
    return [c for c in claims if c not in publishers] + named, refused


def _home_like_host(claims: Sequence[Claim], headline: str, url: str) -> list[Claim]:
    """The claim for the publisher in a heading that links to the home page and is named like the host: `<h1><a href="/">Harbour Post</a>`
    over a page whose `<title>` is the headline alone.

    Earns a publisher on 9 of 1,009 real pages that name none in another way.
    """
    names = [c.value for c in claims if c.source.place is Place.HOME and key(c.value) not in key(headline)]
    labels = [label for label in host_labels(url) if len(label) >= MIN_HOST_WORD_LETTERS]
    same = set(host_labels(url))
    own = (n for n in names if (is_named_like(n, labels) or key(n) in same) and not _OF_CODE.search(n))
    return [Claim("publisher", name, Source(Place.HOME)) for name in own][:1]


def names_like_host(titles: Sequence[str], headline: str, url: str) -> list[Claim]:
    """The claim for the publisher that stands at either end of `<title>` and is named like the host of the address `url`,
    also by its initials: "The mill closes | Harbour Post" of harbourpost.example. `titles` are texts of `<title>`.

    Earns a publisher on 124 of 1,282 real pages; of 532 pages that name one otherwise, the two agree on 504
    (`docs/benchmarks/metadata.md`).
    """
    labels = host_labels(url)
    headline = key(headline)
    for title in titles:
        first, *others = title_parts(title)
        for part in (others[-1], first) if others else ():
            name = part.split(": ", 1)[0]  # "harbourpost.example: Transport"
            folded = key(name)
            is_own = bool(folded) and folded not in headline and headline not in folded
            if is_own and not name.startswith("by ") and is_named_like(name, labels):
                return [Claim("publisher", name, Source(Place.TITLE))]
    return []


def title_parts(title: str) -> list[str]:
    """The parts of a `<title>` between its separators.

    >>> title_parts("Harbour Post » Blog Archive » The mill closes")
    ['Harbour Post', 'Blog Archive', 'The mill closes']
    """
    return [part.strip(_EDGE) for part in _TITLE_SEPARATOR.split(title)]


def site_names(claims: Sequence[Claim], url: str) -> list[str]:
    """The names that the site gives itself, the texts that link to its home page, and its host."""
    names = [c.value for c in claims if c.field == "publisher" and c.source.bare in _NAMES_SITE]
    names += [c.value for c in claims if c.source.place is Place.HOME]
    names += _called_like_host(claims, url)
    names += [short for name in names if (short := without_motto(name, url)) != name]
    host = (parts_of(url).hostname or "").removeprefix("www.")
    return [*names, host, host.rsplit(".", 1)[0]] if host else names


def _called_like_host(claims: Iterable[Claim], url: str) -> Iterator[str]:
    """The part at either end of `<title>` that is spelled like the host: "Harbour Post - The mill closes" of harbourpost.example, on a
    page that names its site nowhere else."""
    labels = {label for label in host_labels(url) if len(label) >= MIN_HOST_WORD_LETTERS}
    for claim in claims:
        if claim.field == "headline" and claim.source.place is Place.TITLE and labels:
            first, *others = title_parts(claim.value)
            yield from (part for part in (first, *others[-1:]) if others and labels & in_addresses(part))


def written_name(name: str, names: Sequence[str], url: str) -> str:
    """The publisher's chosen name without its motto, and without a dash, bar or stroke at its ends; one in small letters as another of
    the names that the site gives has it.

    >>> url = "https://www.harbourpost.example/1"
    >>> written_name("harbourpost.example/", [], url)
    'harbourpost.example'
    >>> written_name("Harbour Post |", [], url), written_name("harbourpost", ["harbourpost", "Harbour Post"], url)
    ('Harbour Post', 'Harbour Post')
    >>> written_name("Harbour Post - News from elsewhere", ["Harbour Post - News from elsewhere", "Harbour Post"], "https://hp.example/1")
    'Harbour Post'
    """
    name = name.strip(_AROUND_NAME)
    others = [other.strip(_AROUND_NAME) for other in names]
    if name.islower() and "." not in name:  # "heron.example" is how it is written
        name = next((other for other in others if key(other) == key(name) and not other.islower()), name)
    # All in One SEO writes the site's name and its motto in `og:site_name`, and the name alone in JSON-LD.
    first, *mottos = SEPARATOR.split(name)
    if mottos and key(first) in map(key, others):
        return first.strip(_AROUND_PART)
    return without_motto(name, url)


def without_motto(name: str, url: str) -> str:
    """The name of a site without what it says of itself, where one part of it alone is named like the host.

    >>> without_motto("Harbour Post - All about the coast | News", "https://www.harbourpost.example/1")
    'Harbour Post'
    >>> without_motto("Harbour Post ● All about the coast", "https://www.harbourpost.example/1")
    'Harbour Post'
    >>> without_motto("The Ferry: Harbour News", "https://ferry.example/1"), without_motto("A: B", "https://c.example/")
    ('The Ferry', 'A: B')

    A short name may be the initials of the other part, which says more.

    >>> without_motto("4PDA - News of machines", "https://4pda.example/1"), without_motto("HCT - Harbour Times", "https://hct.example/1")
    ('4PDA', 'HCT - Harbour Times')

    Earns the bare name on 42 of 1,139 real pages (`docs/benchmarks/metadata.md`).
    """
    parts = [part.strip(_AROUND_PART) for part in SEPARATOR.split(name)]
    labels = (parts_of(url).hostname or "").removeprefix("www.").split(".")[:-1]
    is_like_host = key(name) in map(key, labels)  # "Harbour|News" of harbour-news.example
    if len(parts) < 2 or not labels or is_like_host:
        return name
    has_short_end = len(labels) > 1 and len(labels[-1]) < MIN_HOST_WORD_LETTERS  # "example.co.uk"
    own = labels[-2:-1] if has_short_end else labels[-1:]
    of_domain = [part for part in parts if any(_begin_alike(part, label) for label in own)]
    of_machine = [part for part in parts if part not in of_domain and _bare(part) == _bare(labels[0])]
    if len(of_domain) + len(of_machine) != 1:
        return name
    # One word that only the machine is called ("Magazine" of magazine.harbour.example) may be what the site is.
    found = next(iter(of_domain or of_machine))
    letters = _bare(found)
    # What the letters may stand for: "Harbour County Times" for "hct", "Bundesministerium für Bildung" for "bmb".
    if len(letters) < MIN_HOST_WORD_LETTERS and any(
        _like_label(part, letters) or key(part)[:1] == letters[:1] for part in parts if part != found
    ):
        return name
    is_name = len(found.split()) <= MAX_SITE_NAME_WORDS and (found in of_domain or " " in found)
    return found if is_name else name


def _begin_alike(name: str, label: str) -> bool:
    one, other = _bare(name), _bare(label)
    shorter = min(len(one), len(other))
    if shorter < MIN_HOST_WORD_LETTERS:
        return one == other and shorter >= MIN_LABEL_LETTERS  # "4PDA" of 4pda.example
    return one.startswith(other) or other.startswith(one)


def _bare(text: str) -> str:
    return key(text).removeprefix("the")


def host_labels(url: str) -> list[str]:
    """The match keys of the labels of the host of an address, without the last: "www" and "harbourpost"."""
    return [key(label) for label in (parts_of(url).hostname or "").split(".")[:-1]]


def is_named_like(name: str, labels: Iterable[str]) -> bool:
    """Whether a part of a title is as short as the name of a site and named like one of the labels of its host."""
    return len(name.split()) <= MAX_SITE_NAME_WORDS and any(_like_label(name, label) for label in labels)


def _like_label(name: str, label: str) -> bool:
    """Whether a name and a label of a host say the same: "Harbour Post Online" and "harbourpost", "Harbour County Times" and
    "hct"."""
    forms = in_addresses(name)
    if len(label) >= MIN_LABEL_LETTERS and any(label in form for form in forms):
        return True
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper()).casefold()
    # "U.S. Small Business Administration" of sba.gov
    is_short_for = len(label) >= MIN_LABEL_LETTERS and initials.endswith(label)
    return (
        is_short_for
        or any(len(form) >= MIN_SITE_NAME_LETTERS and form in label for form in forms)
        or (len(initials) >= MIN_LABEL_LETTERS and initials in label)
    )


def in_marks(
    tree: LexborHTMLParser,
    home: Iterable[LexborNode],
    blocks: Sequence[Block],
    headline: str,
    url: str,
    rules: Rules,
) -> list[Claim]:
    """The claim for the publisher in the title of a feed, or else in the logo, or in a line with "©", of the page at `url`, which names
    its publisher nowhere else: `<link rel="alternate" title="Harbour Post » Feed">`, `<a href="/"><img alt="Harbour Post logo"></a>`.

    Such texts may also be a section, a motto or "Home", so they count where they are named like the domain. A notice may name a firm or
    a person; in it the words count that spell the domain: "© 2026 Harbour Post Ltd." of harbourpost.example.

    Where a page of 2,579 real ones names its publisher otherwise and a notice spells its domain, the two agree on 430 pages, one is a part
    of the other on 230, and they differ on 41, most of which name a section or another form of the name.
    """
    # "harbourpost" of https://www.harbourpost.co.example/
    label = key(registered_domain(url).partition(".")[0])
    if len(label) < MIN_LABEL_LETTERS:
        return []
    feeds = (plain(link.attributes.get("title")) for link in tree.css(_FEEDS)[:MAX_FEEDS])
    logos = heading_links.pictures_of_home(home)
    for texts, place, like in ((feeds, Place.LINK, _is_label), (logos, Place.HOME, _is_like_label)):
        for name in _names_in_marks(texts, rules):
            folded = key(name)
            is_other = folded and folded not in key(headline) and key(headline) not in folded
            if is_other and like(name, label, rules):
                return [Claim("publisher", name, Source(place))]
    marked = (b.text for b in blocks[: -MAX_SEARCHED_BLOCKS - 1 : -1] if "©" in b.text)
    lines = (line for text in marked for line in text.split("\n") if "©" in line)
    names = (spelled_as(line[:MAX_NOTICE_CHARACTERS], label) for line in islice(lines, MAX_NOTICES))
    return [Claim("publisher", name, Source(Place.TEXT)) for name in names if name][:1]


def spelled_as(line: str, label: str) -> str:
    """The words of a line that spell the label of a domain, "" for none.

    >>> spelled_as("© 2026 The Harbour Post Ltd.", "harbourpost"), spelled_as("© Harbours", "harbour")
    ('Harbour Post', '')
    >>> spelled_as("© 2026 Harbour Post", "2026")  # a year
    ''
    """
    if label.isdigit():
        return ""
    words = [(m.start(), m.end(), key(m[0])) for m in _WORD_OF_MARK.finditer(line)]
    for i, (start, _, _) in enumerate(words):
        spelled = ""
        for _, end, word in words[i:]:
            spelled += word
            forms = in_addresses(spelled)
            # In small letters it is a word of a sentence, or an address.
            if label in forms and not line[start:end].islower():
                return line[start:end]
            if not any(label.startswith(form) for form in forms):
                break
    return ""


def _names_in_marks(texts: Iterable[str], rules: Rules) -> Iterator[str]:
    """The texts without the words that say what they are the name of, part by part, and then whole."""
    labels = _labels(rules)
    for text in texts:
        parts = title_parts(text)
        for part in (*parts, text) if len(parts) > 1 else (text,):
            if name := _without_labels(part, labels):
                yield name


def _without_labels(text: str, labels: Set[str]) -> str:
    """A text without the labels at its ends: "RSS Feed", "logo", "Home page".

    >>> [_without_labels(t, {"rss", "feed", "logo"}) for t in ("Harbour Post RSS Feed", "logo: Harbour Post", "RSS")]
    ['Harbour Post', 'Harbour Post', '']
    >>> _without_labels("Harbour Press Union (HPU)", {"logo"})
    'Harbour Press Union (HPU)'
    """
    words = text.split()
    while words and key(words[-1]) in labels:
        words.pop()
    while words and key(words[0]) in labels:
        words.pop(0)
    name = " ".join(words).strip(_AROUND_MARK)
    return f"{name})" if name.count("(") > name.count(")") else name


@lru_cache(maxsize=8)
def _labels(rules: Rules) -> frozenset[str]:
    return frozenset(map(key, words_of(rules, "nobody", "site_mark"))) | {""}


def _is_like_label(name: str, label: str, rules: Rules) -> bool:
    """Whether the text of a logo is the name of the site: a few words like the domain's, none of which says that it is a picture."""
    words = _WORD_OF_MARK.findall(name)
    has_name = len(words) <= MAX_LOGO_WORDS and is_named_like(name, [label])
    return has_name and _labels(rules).isdisjoint(map(key, words))


def _is_label(name: str, label: str, rules: Rules) -> bool:
    """Whether the title of a feed is the domain's name, or that with "The" or "Blog" beside it. More words name a section."""
    folded = key(name)
    if label in folded:
        rest = folded.replace(label, "", 1)
        return not rest or rest in words_of(rules, "nobody", "site_word")
    is_long = len(folded) >= max(MIN_SITE_NAME_LETTERS, MIN_SHARE_OF_DOMAIN * len(label))
    return is_long and folded in label
