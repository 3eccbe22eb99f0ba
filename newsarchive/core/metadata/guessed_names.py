"""Refuses texts that look like names and are none: "Gesponserte Inhalte", "Launch Gallery", a label of the sidebar.

A line of two capitalised words below a headline is guessed to be its author's name. The guess is refused in a row of buttons, a menu,
a caption or a list of tags, and where the same text is a label, or a link to something else than a page about a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from newsarchive import compiled
from newsarchive.core.metadata import chinese_names, rows
from newsarchive.core.metadata.byline_words import words
from newsarchive.core.metadata.claims import MAX_SEARCHED_BLOCKS, OPEN_GRAPH, Claim, Place, Source
from newsarchive.core.metadata.elements import Mark, absolute, text_of
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import EASTERN_NAME, like_a_name, says_by, segments
from newsarchive.core.metadata.standing import ancestors_of, aside
from newsarchive.core.text.dates import any_of, date_text
from newsarchive.core.text.normalise import key, without_accents
from newsarchive.core.text.patterns import words_of
from newsarchive.core.urls import parts_of, same_site
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Characters of a paragraph that describes an author; a shorter one is not read as such.
MIN_BIOGRAPHY_CHARS = 40
#: Characters of such a paragraph that are searched for a job.
MAX_BIOGRAPHY_CHARS = 400
#: Labels of blocks in which no name is guessed. "nav" and "other" are missing because 12 of 20 right guesses on half of the
#: benchmark's pages stand in blocks with these labels; "advert" and "author bio" have some too.
_NO_BYLINES = frozenset(
    ["share", "subscribe", "related", "promo", "comments", "caption", "footer", "consent", "form", "tags"]
)
#: Labels of blocks that may be labels of the page. A text that is two such blocks is no name.
_LABEL_BLOCKS = _NO_BYLINES | {"nav", "advert"}
#: Parts at the end of a block's path that are searched; the classes of outer elements describe the page.
MAX_PATH_PARTS = 4
#: Letters of a part of a host that may be a name; a shorter part ("com", "net") is not compared.
MIN_LETTERS_IN_HOST = 5
#: Letters of a name in the last part of an address; fewer of ASCII ("/a-z/") are in many names by chance, while two characters are
#: a whole name in Chinese.
MIN_LETTERS_IN_ADDRESS = 3
#: Letters of initials that an agency prints behind its name.
MAX_LETTERS_OF_INITIALS = 4
#: Letters beside the links of a line of people and the places where they work: "and", "et".
MAX_LETTERS_BETWEEN_LINKS = 8
#: Characters of a paragraph of a press release, which stands above its contacts.
MIN_PARAGRAPH_CHARS = 80
#: Classes of a link that is the name of an account, and the characters of such a name.
_NICK = re.compile(r"(?<![a-z])nick(?![a-z])|nick-?_?name|user-?_?name", re.IGNORECASE)
MAX_NICK_CHARS = 20
#: The box of a name, and the characters of a path in which it is looked for.
_NAME_BOX = re.compile(r"(?:^|[._-])(?:user-?|nick-?)?name(?:$|[._-])", re.IGNORECASE)
MAX_PATH_CHARS = 60
#: Words of a line over a text about a firm: "About Harbour Logistics". A longer line is a sentence.
MAX_WORDS_OF_HEAD = 7
#: Characters of a line of which a part may be a name without a word for "by"; a longer line is a row of details or prose.
MAX_NAME_LINE_CHARS = 80
#: Spaces of a link that may be the title of a post; one with fewer may be a byline: "By Jane Doe, Harbour Post".
MIN_SPACES_OF_TITLE = 5
#: Words of a place that is told by its first one.
MAX_PLACE_WORDS = 3
#: Parts of a row of details; a line with fewer is prose with a dash.
MIN_DETAILS = 3
#: Links of a page among which those to its authors' pages are looked for; later ones are not.
MAX_LINKS = 3000


def may_be_author(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether the guess `name`, read in `block`, may be an author; `blocks` are all blocks of the page."""
    if block.label in _NO_BYLINES or block.kind == "caption" or "©" in block.text:
        return False
    if _is_press_office(name, block, blocks, rules) or _is_place(name, rules):
        return False
    named = [address for text, address in block.links if key(text) and key(name) in key(text)]
    paths = (address.split("//", 1)[-1].partition("/")[2].casefold() for address in named)
    if any(says_profile(f"/{path}", rules) for path in paths):
        return True  # a class of the page's layout may hold "button" or "nav"
    # The box of the text itself may be called a "sidebar", as VnExpress's is.
    path = block.path.rpartition("/article")[2] if block.label == "body" else block.path
    if _is_place_without_names(path, rules) or _is_of_links(name, block.links, rules):
        return False
    if named:
        others = [address for _, address in block.links if address not in named]
        has_folders = any(other.startswith(f"{one.rstrip('/')}/") for one in named for other in others)
        return not has_folders and any(leads_to_person(address, name, rules) for address in named)
    return not _is_label(name, block, blocks, rules)


def is_prose(line: str, rules: Rules) -> bool:
    """Whether a line is too long for a name without a word for "by", and no row of details with a day: "Posted on 3 May 2024 |
    4 minutes | 712 words | Jane Doe"."""
    if len(line) <= MAX_NAME_LINE_CHARS:
        return False
    parts = list(segments(line, rules))
    return (
        len(parts) < MIN_DETAILS or not date_text(line, rules) or max(map(len, parts)) > MAX_NAME_LINE_CHARS
    )


def is_link_elsewhere(block: Block, rules: Rules) -> bool:
    """Whether a block is one link of many words that leads to no person: the title of another post, which no author signs."""
    whole = block.text.strip()
    if not block.links or whole.count(" ") < MIN_SPACES_OF_TITLE or date_text(whole, rules):
        return False
    return any(
        text.strip() == whole and not leads_to_person(address, text, rules) for text, address in block.links
    )


def _is_place(name: str, rules: Rules) -> bool:
    """Whether a text that may be a name is that of a place, as it stands in a dateline: "North Yorkshire" beside the day."""
    first, *more = name.casefold().split()
    is_short = len(more) < MAX_PLACE_WORDS  # "West Bell Dental Care" is a house
    return (is_short and first in words_of(rules, "nobody", "before_place")) or key(name) in _places(rules)


@lru_cache(maxsize=8)
def _places(rules: Rules) -> frozenset[str]:
    return frozenset(map(key, words_of(rules, "nobody", "places")))


def unless_press_office(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> str:
    """The name behind a word for "by" that was read in `block`, "" where it is one of a press release."""
    return "" if name and _is_press_office(name, block, blocks, rules) else name


def _is_press_office(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether a name is one of a press release: of a firm that the text under its heading tells of ("About Harbour Logistics"), or of
    whom to ask, below a line such as "Media contacts"."""
    at = next((i for i, other in enumerate(blocks) if other is block), -1)
    if at > 0 and key(blocks[at - 1].text) in words(rules).contact:
        # The last item of a menu above the text may be "Contact", too.
        return any(len(above.text) >= MIN_PARAGRAPH_CHARS for above in blocks[: at - 1])
    under = blocks[at + 1].text if 0 <= at < len(blocks) - 1 else ""
    # A paragraph that is a heading in bold says more than the name.
    is_heading = block.kind == "heading" or (
        block.text != name and block.text.endswith(f" {name}") and len(block.text.split()) < MAX_WORDS_OF_HEAD
    )
    if not is_heading or not under.startswith(f"{name} "):
        return False
    table = words(rules)
    return table.person.find(under) is None and table.role.find(under) is None


def _is_of_links(name: str, links: Iterable[tuple[str, str]], rules: Rules) -> bool:
    """Whether a link to no person has words of the name as its text: "Newsvine Delicious" of two buttons. The letters of a button are
    no words of a name: "in" beside "Martin"."""
    whole = _words(name)
    parts = ((_words(text), address) for text, address in links)
    return any(
        part.strip() and part in whole and part != whole and not leads_to_person(address, name, rules)
        for part, address in parts
    )


def _words(text: str) -> str:
    return f" {' '.join(map(key, text.split()))} "


def says_profile(address: str, rules: Rules) -> bool:
    """Whether an address has a word of pages about people, such as "/author/"."""
    return _any_word(rules, "profile").search(address) is not None


def leads_to_person(address: str, name: str, rules: Rules) -> bool:
    """Whether an address is that of a page about a person: it has a word such as "/author/", or its last part or its host
    is the name. The page of a tag with the name is no such page.

    >>> from newsarchive import rules
    >>> [leads_to_person(a, "Jane Doe-Roe", rules.default()) for a in (
    ...     "https://blog.example/author/17", "https://doe-roe.example/", "https://blog.example/jane-doe-roe-1234",
    ...     "https://blog.example/tag/jane-doe-roe", "https://blog.example/jane-doe-roe-wins-award")]
    [True, True, True, False, False]
    >>> leads_to_person("https://blog.example/王芳", "王芳", rules.default()), leads_to_person("/a-z/", "Zora Adams", rules.default())
    (True, False)
    """
    whole = without_accents(unquote(address.split("//", 1)[-1]).casefold())
    if says_profile(whole, rules) or "/@" in whole or "/u/" in whole:
        return True
    host, _, path = whole.partition("/")
    last = path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".html").removesuffix(".htm")
    words = [w for w in re.split(r"[\W_]+", last) if w and not w.isdigit() and w not in host]
    letters = key(without_accents(name))
    if words:
        whole_word = "".join(words)
        is_long = len(whole_word) >= MIN_LETTERS_IN_ADDRESS or not whole_word.isascii()
        is_name = is_long and all(word in letters for word in words)
        return is_name and not _any_word(rules, "collection").search(path)
    return not path and any(
        len(part) >= MIN_LETTERS_IN_HOST and key(part) in letters for part in host.split(".")
    )


def is_pen_name(text: str, linked: str, address: str, rules: Rules) -> bool:
    """Whether a text is a name of one word that links to the page of its author: "Foxglove" at /author/foxglove/."""
    is_one = text == linked and " " not in text and len(text) >= MIN_LETTERS_IN_ADDRESS
    whole = without_accents(unquote(address).casefold())
    return is_one and key(unquote(_last_part(address))) == key(text) and says_profile(whole, rules)


def is_linked_person(text: str, block: Block, rules: Rules) -> bool:
    """Whether a text is all of a link to a page about a person, and may be a name in a script without capitals: Velog's "[김민수] ·
    2024년 5월 3일", where the link leads to /@writer. A Chinese name may stand in a box for names, too."""
    if not EASTERN_NAME.fullmatch(text):
        return False
    is_box = _NAME_BOX.search(block.path[-MAX_PATH_CHARS:]) and chinese_names.is_person(text, rules)
    return any(
        linked.strip() == text and (is_box or leads_to_person(address, text, rules))
        for linked, address in block.links
    )


def of_links(line: str, block: Block, rules: Rules) -> str:
    """The people of a line of links that begins with a person and goes on with where she works, "" for any other line: "[Ann Roe],
    [University of Fenby] and [Tom Ash], [Fenby College]". The addresses of the people must be those of profiles, and nothing but "and"
    may stand beside the links. So begin the articles of The Conversation on the sites that republish them."""
    if len(block.links) < 2 or not line.startswith(first := block.links[0][0]):
        return ""
    people = [
        text
        for text, address in block.links
        if like_a_name(text, rules) and says_profile(address.casefold(), rules)
    ]
    beside = line
    for text, _ in block.links:
        beside = beside.replace(text, " ")
    is_line = people[:1] == [first] and len(people) < len(block.links)
    return ", ".join(people) if is_line and len(key(beside)) <= MAX_LETTERS_BETWEEN_LINKS else ""


def is_signed_by_agency(line: str, rules: Rules) -> bool:
    """Whether a line is an agency and initials of those who worked for it: "PTI ABC XYZ"."""
    first, *rest = line.split() or [""]
    is_agency = key(first) in words(rules).agency
    return bool(rest) and is_agency and all(len(w) <= MAX_LETTERS_OF_INITIALS and w.isupper() for w in rest)


def at_profiles(claims: Sequence[Claim], tree: LexborHTMLParser, url: str, rules: Rules) -> Iterator[Claim]:
    """The authors whom the page at `url` declares by the address of their page on the same site (`article:author`), by the text of a
    link to it: "Jane Doe" at /editors/jane-doe/. Only the last part of both addresses is compared, which must be the name."""
    addresses = (c.value for c in claims if c.field == "authors" and c.source.bare in OPEN_GRAPH)
    own = (a for a in addresses if a.startswith("http") and same_site(a, url))
    slugs = {slug for a in own if (slug := key(unquote(_last_part(a))))}
    for link in tree.css("a[href]")[:MAX_LINKS] if slugs else ():
        slug = key(unquote(_last_part(link.attributes.get("href") or "")))
        if slug in slugs and key(name := text_of(link)) == slug and like_a_name(name, rules):
            slugs.remove(slug)
            yield Claim("authors", name, Source(Place.OPEN_GRAPH), "person")


#: Blocks behind the headline that are looked at for a link to a person behind "by"; later ones are not.
MAX_BLOCKS_BEHIND = 8


def linked_behind_by(blocks: Sequence[Block], headline: int, rules: Rules) -> Iterator[Claim]:
    """The people whom links behind "by" name in a row of details below the headline, whatever else stands there: "News by [Jane Doe]
    Posted 3 days ago". The links lead to profiles. `headline` is the number of its block."""
    table = words(rules)
    for block in blocks[headline + 1 : headline + 1 + MAX_BLOCKS_BEHIND]:
        if block.label in _NO_BYLINES or len(block.text) > MAX_NAME_LINE_CHARS * 2:
            continue
        people = [
            text
            for text, to in block.links
            if like_a_name(text, rules) and says_profile(to.casefold(), rules) and text in block.text
        ]
        before = block.text.partition(people[0])[0] if people else ""
        is_signed = before.strip() != "" and says_by(before.split()[-1], rules)
        if is_signed and not (table.pictures.find(before) or table.helped.find(before)):
            yield from (Claim("authors", name, Source(Place.TEXT), "person") for name in people)
            return


#: Pictures near the headline that are looked at for a face; later ones are not.
MAX_FACES = 5
#: Elements around a face that begin with it: a link, a box that makes it round.
MAX_STEPS_FROM_FACE = 2
#: Classes and addresses of faces. "rounded-full" and "rounded-circle" make a picture round (Tailwind CSS, Bootstrap).
_FACE = re.compile(
    r"avatar|rounded-(?:full|circle)|img-circle|headshot|portrait|(?<![a-z])(?:authors?|profiles?|users?|staff|team)(?![a-z])",
    re.IGNORECASE,
)


def beside_face(headline: Mark | None, other_posts: OtherPosts, rules: Rules) -> Iterator[Claim]:
    """The name right behind a face near the headline: `<img class="avatar"><p>Jane Doe</p>`, also a Chinese one, which nothing else tells."""
    own = ancestors_of(headline)
    faces = 0
    for node in rows.beside(headline.node) if headline is not None else ():
        for image in node.css("img")[:MAX_FACES]:
            names = f"{image.attributes.get('class') or ''} {(image.attributes.get('src') or '')[:300]}"
            if not _FACE.search(names) or aside(image, near=True, own=own) or other_posts.holds(image):
                continue
            faces += 1
            name = next(iter(segments(rows.behind(image, MAX_STEPS_FROM_FACE), rules)), "")
            if like_a_name(name, rules) or chinese_names.is_person(name, rules):
                yield Claim("authors", name, Source(Place.BOX), "person")
            if name or faces == MAX_FACES:
                return


def at_accounts(tree: LexborHTMLParser, url: str, rules: Rules) -> Iterator[Claim]:
    """The author by the text of the first link to the account below which the page stands: "王小明" at /wang/ of /wang/article/17, or a
    name in a box that is called one, or a name with the letters of the account: "Jane Doe" at /janedoe/. Hosts of blogs print no word for
    "by" beside it."""
    path = parts_of(url).path
    account, _, rest = path.strip("/").partition("/")
    if not account or not rest:
        return
    for link in tree.css("a[href]")[:MAX_LINKS]:
        address = link.attributes.get("href") or ""
        if account not in address or not (leads := absolute(address, url)):
            continue
        if parts_of(leads).path.strip("/") == account and same_site(leads, url) and (name := text_of(link)):
            names = (
                f"{link.attributes.get('class') or ''} {(link.parent or link).attributes.get('class') or ''}"
            )
            is_called = _NICK.search(names) is not None and len(name) <= MAX_NICK_CHARS
            # Sections have hyphens: "Resource Center" at /resource-center/.
            is_spelled = key(name) == account.casefold() and like_a_name(name, rules)
            if is_called or is_spelled or chinese_names.is_person(name, rules):
                yield Claim("authors", name, Source(Place.REL), "person")
                return


def _last_part(address: str) -> str:
    return address.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


def _is_label(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether the text of a guess is elsewhere on the page a link to another kind of page, or twice a label.

    Comments are not searched: authors answer there, and their names may link to anything.
    """
    seen = 0
    for other in blocks[:MAX_SEARCHED_BLOCKS]:
        if name not in other.text or other.label == "comments":
            continue
        for text, address in other.links:
            if text.strip() == name and not leads_to_person(address, name, rules):
                return True
        seen += other is not block and other.label in _LABEL_BLOCKS and other.text.strip() == name
    return seen > 1


@lru_cache(maxsize=2048)
def _is_place_without_names(path: str, rules: Rules) -> bool:
    """Whether a class of the innermost elements is one of places without names, such as menus."""
    tail = "/".join(path.casefold().split("/")[-MAX_PATH_PARTS:])
    return _any_word(rules, "place").search(tail) is not None


@lru_cache(maxsize=32)
def _any_word(rules: Rules, table: str) -> re.Pattern[str]:
    return compiled.regex(rf"(?<![^\W_])(?:{any_of(words_of(rules, 'nobody', table))})(?![^\W_])")


def people_described(blocks: Sequence[Block], found: Sequence[Claim], rules: Rules) -> list[str]:
    """The printed names with which a paragraph of the page begins: "Jane Doe is a writer who …"."""
    authors = {c.value for c in found if c.field == "authors"}
    people = tuple(f"{name} " for name in authors if like_a_name(name, rules))
    if not people:
        return []
    table = words(rules)
    lives = (
        (name, b.text[len(name) : MAX_BIOGRAPHY_CHARS])
        for b in blocks
        if len(b.text) > MIN_BIOGRAPHY_CHARS
        for name in people
        if b.text.startswith(name)
    )
    # Without a job or a word such as "she" the text describes a product or a firm.
    return sorted({
        name.strip()
        for name, life in lives
        if life.split(" ", 1)[0] in table.life and (table.role.find(life) or table.person.find(life))
    })  # fmt: skip
