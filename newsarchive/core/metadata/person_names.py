"""Find the names in a byline: "By Jane Doe, Senior Reporter, and John Roe | 3 May 2024" names Jane Doe and John Roe.

A name is never an account (`admin`), a label (`Posted by`), a date, a URL, an e-mail address or a job. The words of
bylines in some fifty languages are data (`data/metadata/bylines.toml`), and so are words that are nobody's name
(`data/metadata/nobody.toml`).

A line may look like a name and be none: "Gesponserte Inhalte", "Launch Gallery", a label of the sidebar. Such a guess
is refused where it stands in a row of buttons, a menu, a caption or a list of tags, where it is the text of a link that
does not lead to a page about a person, and where the same text is such a link, or a label, elsewhere on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from newsarchive.core.metadata import dates
from newsarchive.core.text.normalise import key, without_accents
from newsarchive.items import Block
from newsarchive.rules import Rules

_TOKEN = re.compile(r"\S+")
_STOPS = ".,:;：!?()[]|•·"
_STOP = re.compile("[" + re.escape(_STOPS) + "]")
#: Bylines in scripts without spaces: 記者王小明, 김철수 기자. "記者会" is a press conference.
_BEFORE_HAN = r"(?:记者|記者|撰文|作者)(?=(?![会會])[\u4e00-\u9fff·]{2,4}(?:\W|$))"


@lru_cache(maxsize=1024)
def _tokens(text: str) -> frozenset[str]:
    """The words of a text, stops off, lower case: the same line is looked through for many phrases."""
    return frozenset(_STOP.sub(" ", text.casefold()).split())


class Phrases:
    """Phrases of whole words, looked for in a text from left to right; case does not matter."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        for phrase in sorted(phrases, key=len, reverse=True):
            first, *rest = phrase.split()
            self._by_first.setdefault(first, []).append(rest)

    def find(self, text: str) -> tuple[int, int] | None:
        """Start and end of the first phrase, its colon included; of several the longest."""
        if self._by_first.keys().isdisjoint(_tokens(text)):
            return None
        tokens = [(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        for i, (token, start, end) in enumerate(tokens):
            for rest in self._by_first.get(token.strip(_STOPS), ()):
                following = tokens[i + 1 : i + 1 + len(rest)]
                if [t.strip(_STOPS) for t, _, _ in following] == rest:
                    return start, following[-1][2] if following else end
        return None


@dataclass(frozen=True, eq=False)
class Words:
    """bylines.toml and nobody.toml, compiled."""

    by: re.Pattern[str]
    parting: re.Pattern[str]
    signed: Phrases
    end: Phrases
    role: Phrases
    person: Phrases
    weekdays: frozenset[str]
    weak: frozenset[str]
    particles: frozenset[str]
    labels: frozenset[str]
    surnames: frozenset[str]
    life: frozenset[str]
    never: frozenset[str]
    agency: frozenset[str]
    organisation: frozenset[str]
    legal: frozenset[str]
    boxes: tuple[str, ...]
    first: frozenset[str]
    anywhere: frozenset[str]
    services: frozenset[str]
    pictures: Phrases


@lru_cache(maxsize=8)
def words(rules: Rules) -> Words:
    """The tables of bylines.toml and nobody.toml, compiled."""
    table = {**rules.metadata.get("nobody", {}), **rules.metadata.get("bylines", {})}

    def listed(name: str) -> list[str]:
        return [w for row in table.get(name, {}).values() for w in row]

    both = dates.any_of(listed("and"))
    return Words(
        by=re.compile(
            rf"^\W*(?:(?:{dates.any_of(listed('by'))})(?!\w)\s*[:：/／՝＝・]?\s*|{_BEFORE_HAN}|(?-i:(?:[Ww]ritten |[Pp]osted )?[Bb]y(?=[A-Z])))",
            re.IGNORECASE,
        ),
        parting=re.compile(rf"\s*[,;/／、，；]\s*(?:(?:{both})\s+)?|\s+(?:{both})\s+"),
        signed=Phrases(listed("signed")),
        end=Phrases(listed("end")),
        role=Phrases(listed("role")),
        person=Phrases(listed("person")),
        weekdays=frozenset(listed("weekday")),
        weak=frozenset(listed("weak")),
        particles=frozenset(listed("particle")),
        labels=frozenset(listed("label")),
        surnames=frozenset(listed("surname")),
        life=frozenset(listed("life")),
        never=frozenset(map(key, listed("never"))),
        agency=frozenset(map(key, listed("agency"))),
        organisation=frozenset(listed("organisation")),
        legal=frozenset(listed("legal")),
        boxes=tuple(listed("box")),
        first=frozenset(listed("first")),
        anywhere=frozenset(listed("anywhere")),
        services=frozenset(listed("service")),
        pictures=Phrases(listed("picture")),
    )


#: Characters of a name; a longer text is none ("Office of the United Nations High Commissioner for Human Rights" has 63).
MAX_NAME_CHARS = 80
#: Words of a name; a text with more is none.
MAX_NAME_WORDS = 10
#: Characters of a label before a name; a longer text is no label.
MAX_LABEL_CHARS = 30
#: Characters of an element's text that is set apart; themes put single letters into elements, too.
MIN_PIECE_CHARS = 4
#: Characters of a byline that are read; the rest is cut off.
MAX_BYLINE_CHARS = 1000

_URL = re.compile(
    r"https?:|www\.|^/|@\w|^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|html?|php|io|de|at|ch|eu|uk|fr|es|it|nl|pl|ru|ua|blog|news)$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[(<\[]?[^\s@(<\[]+ ?(?:@|[\[(]at[\])]) ?[^\s@]+\.\w+[)>\]]?")
#: What stands in brackets at the end, the closing one lost or not: "Jane Doe (Brussels".
_BRACKETS = re.compile(r"\s*[(\[（][^()\[\]（）]{0,80}[)\]）]?\s*$")
_EDGE = " \t\"'“”„‚‘’`-–—|·•⋅●,;:/\\*~»«<>_.…()[]&+#©®→←↗►▶▸｜：／（）【】✍✎"
_DIGITS = re.compile(r"\d{2}|^\W*\d")
#: "MD", "Ph.D.", "E-RYT 200", "M.D. FACLM": what is written behind a name.
_TITLE = re.compile(r"(?:[A-Z][a-z]?\.?-?){1,8}(?:[ ,]+(?:(?:[A-Z][a-z]?\.?-?){1,8}|\d+))*")
_GLUED = re.compile(r"[^\W\d_]{4,}(?<=[a-zß-ÿ])[A-ZÀ-Þ]")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-])*")
#: "Jane Doe for the Harbour Post": who she writes for is not her name.
_FOR = re.compile(r"(.{5,45}?) [Ff]or (?:[Tt]he )?[A-Z].*")
#: "Jane DoeUpdated: 3 May": what follows a name without a space.
_RUN_ON = re.compile(
    r"(?<=[a-zß-ÿ])(?=(?:Updated|Published|Posted|Follow|Last|Aktualisiert|Veröffentlicht)\b)"
)
#: `mdelatorreq6vkpg2ma0ci`: what a system calls an account.
_ID = re.compile(r"(?=\S*[a-z]\d|\S*\d[a-z])\S{15,}")
#: Names that end in a stop of their own.
_STOP_OF_ITS_OWN = re.compile(r"(?:\b[a-zA-Z]\. ?[A-Z]|\b(?:Jr|Sr|Inc|Ltd|Co|Corp))$")
_LAST_FIRST = re.compile(r"([^\W\d_][\w'’-]+), ([^\W\d_][\w'’. -]*)")
#: What parts a line of small facts: "By Jane Doe | 3 May 2024 • 4 min read".
SEGMENT = re.compile(r"\s*[|｜•·⋅●∙\t\n]\s*|\s+[-–—]\s+|\s{3,}")


#: What stands behind a reporter in Chinese: "台北報導", where from and that it is a report.
_REPORTED = re.compile(r"[\u4e00-\u9fff]{0,8}(?:報導|報道|报道|專電|专电|摄影报道|電|讯|訊)")
_BEHIND = re.compile(
    r"\W*([\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3·]{2,8})\s?(?:기자|특파원|記者|特派員)(?!\w)"
)


def names(text: str, rules: Rules, *, printed: bool = True) -> list[str]:
    """The names in a byline, in order.

    `printed` is for what readers see: there the first part that holds a name is the byline, and what follows
    is kept only where it looks like a name. A value written for machines holds nothing but names.

    >>> from newsarchive import rules
    >>> names("By Jane Doe, Senior Reporter, and John Roe | 3 May 2024", rules.default())
    ['Jane Doe', 'John Roe']
    """
    text = _EMAIL.sub("", text[:MAX_BYLINE_CHARS].replace("\u00ad", "")).strip()
    if printed:
        text = _RUN_ON.sub(" | ", text)
    if not text or _URL.search(text) or is_credit(text, rules):
        return []
    if (match := _LAST_FIRST.fullmatch(text)) and not words(rules).role.find(match[2]):
        return [found] if (found := clean(f"{match[2]} {match[1]}", rules)) else []
    if not printed:
        return list(_names_for_machines(text, rules))
    for segment in segments(text, rules):
        if found_here := list(_names_for_readers(segment, rules)):
            return found_here
    return []


def is_credit(text: str, rules: Rules) -> bool:
    """Whether a text credits a picture: it names a service that sells them ("Jim Watson/AFP via Getty Images")."""
    return words(rules).pictures.find(text.replace("/", " ")) is not None


def parted(text: str, pieces: Sequence[str], rules: Rules) -> str:
    """A text with its elements set apart: `pieces` are their texts, in order.

    >>> from newsarchive import rules
    >>> parted("Jane Doein General", ["Jane Doe", "General"], rules.default())
    'Jane Doe in General'
    >>> parted("By Jane Doe John Roe", ["Jane Doe", "John Roe"], rules.default())
    'By Jane Doe, John Roe'
    """
    out, at, named = "", 0, False
    for piece in pieces:
        start = text.find(piece, at) if len(piece) >= MIN_PIECE_CHARS else -1
        if start < 0:
            continue
        between, name = text[at:start], like_a_name(piece, rules)
        out += ", " if named and name and not between.strip() else between
        if out and out[-1].isalnum():
            out += " "
        at, named = start + len(piece), name
        out += piece + " " * text[at : at + 1].isalnum()
    return out + text[at:]


def before_title(line: str) -> str:
    """The name in "김철수 기자", "" for a line of another shape."""
    match = None if line.isascii() else _BEHIND.match(line)
    return match[1] if match else ""


@lru_cache(maxsize=1024)
def says_by(label: str, rules: Rules) -> bool:
    """Whether a label is nothing but words that open a byline: "Written by", "Author(s)", "Von:"."""
    if not 0 < len(label) <= MAX_LABEL_CHARS:
        return False
    text = label.replace("(s)", "s").strip(_EDGE)
    match = words(rules).by.match(text) if text else None
    return match is not None and match.end() == len(text)


def segments(line: str, rules: Rules) -> Iterator[str]:
    """The parts of a line that dots, bars, dashes and dates set apart, byline words taken off each."""
    for part in SEGMENT.split(line):
        for piece in dates.without_date(part, rules):
            yield strip_by(piece, rules)


@lru_cache(maxsize=1024)
def strip_by(text: str, rules: Rules) -> str:
    """A text without the words that open or announce a byline: "Updated today. Written by Jane Doe"."""
    if match := _BEHIND.match(text):
        return match[1]
    if at := words(rules).signed.find(text):
        text = text[at[1] :]
    for _ in range(3):
        match = words(rules).by.match(text)
        if match is None or _is_no_opening(match[0], text[match.end() :], rules):
            break
        text = text[match.end() :]
    return text


def _is_no_opening(by: str, rest: str, rules: Rules) -> bool:
    """Whether a word that opens bylines is the first of a name itself: "Editor Desk", "Contributors to Wikimedia
    projects", but not "Editor: Jane Doe"."""
    tokens = rest.split()
    if by.strip().casefold() not in words(rules).weak or not tokens:
        return False
    organisations = words(rules).organisation
    goes_on = is_small(tokens[0][0]) and tokens[0] not in words(rules).particles
    return goes_on or (len(tokens) <= 2 and all(t.casefold().strip(".,") in organisations for t in tokens))


def _names_for_machines(text: str, rules: Rules) -> Iterator[str]:
    """The names of a value written for machines; a degree or a job after a comma is none."""
    found = False
    for i, part in enumerate(words(rules).parting.split(text)[:60]):
        name = _without_role_behind(clean(part, rules, printed=False), rules)
        if i == 0 and not name and _URL.search(part):
            return  # "post.example, Frankfurt, Germany": an imprint
        at = words(rules).role.find(name)
        if name and not (found and (_TITLE.fullmatch(name) or (at and at[0] == 0))):
            found = True
            yield name


def _names_for_readers(segment: str, rules: Rules) -> Iterator[str]:
    """The names of a byline for readers: the first part, and what looks like a name after it."""
    first = ""
    for part in words(rules).parting.split(segment)[:60]:
        name = _without_role(clean(part, rules), rules)
        if not name or (first and (_TITLE.fullmatch(name) or words(rules).role.find(name))):
            continue
        if first and not like_a_name(name, rules) and (" " in name or " " in first or name.islower()):
            continue
        if _is_phrase(name, rules):
            continue
        first = first or name
        yield name


def _is_phrase(name: str, rules: Rules) -> bool:
    """`Personal finance`: capital first, small letters after; nobody is written so."""
    first, *rest = name.split()
    small = any(is_small(t[0]) and t.casefold() not in words(rules).particles for t in rest)
    return small and first[0].isupper() and not organisation(name, rules)


@lru_cache(maxsize=1024)
def clean(name: str, rules: Rules, *, printed: bool = True) -> str:
    """One name without the words and signs around it, "" for what is none."""
    name = _BRACKETS.sub("", strip_by(name, rules))
    if printed and (at := words(rules).end.find(name)):
        name = name[: at[0]]
    if (match := _FOR.fullmatch(name)) and like_a_name(match[1], rules) and not organisation(match[1], rules):
        name = match[1]
    whole, name = name, _without_initials(name.strip(_EDGE), rules)
    name = _without_services(name, rules)
    if printed:
        name = _without_particles(name, rules)
    if _STOP_OF_ITS_OWN.search(name) and name + "." in whole:
        name += "."
    if (
        not 2 <= len(name) <= MAX_NAME_CHARS
        or len(name.split()) > MAX_NAME_WORDS
        or not any(map(str.isalpha, name))
    ):
        return ""
    if (
        _URL.search(name)
        or key(name) in words(rules).never
        or _ID.fullmatch(name)
        or _REPORTED.fullmatch(name)
        or _of_the_page(name, printed, rules)
        or is_credit(name, rules)
    ):
        return ""
    if _DIGITS.search(name) and (printed or sum(map(str.isdigit, name)) > 2 or " " not in name):
        return ""
    return name.title() if name.isupper() and " " in name and len(name) > 6 else name


def _without_initials(name: str, rules: Rules) -> str:
    """`CM Craig McCarthy` is `Craig McCarthy` (an avatar's letters), `Jane Doe, Fri` is `Jane Doe`."""
    first, *rest = name.split() or [""]
    if (
        len(rest) >= 2
        and first.isupper()
        and first == "".join(t[0] for t in rest)[: len(first)]
        and len(first) > 1
    ):
        name = " ".join(rest)
    before, _, last = name.rpartition(" ")
    short = bool(before) and " " not in before and len(last) < 3  # "Minh Sa", "Kim Do" are whole names
    if not short and last.casefold().strip(".,") in words(rules).weekdays:
        name = before.strip(_EDGE)
    return name


def _without_role(name: str, rules: Rules) -> str:
    """`Jane Doe Senior Reporter` is `Jane Doe`; a role alone is nobody, `Staff Reporter` too; `Harbour Staff Writers` stay."""
    at = words(rules).role.find(name)
    if at is None:
        return name
    before = name[: at[0]].strip(_EDGE)
    if organisation(name, rules) and at != (0, len(name)):
        return before if like_a_name(before, rules) and not organisation(before, rules) else name
    return before if not before or like_a_name(before, rules) else name


def _without_role_behind(name: str, rules: Rules) -> str:
    """`Jane Doe Staff Writer` is `Jane Doe` for machines, too; what names no person before the job stays as it is."""
    at = words(rules).role.find(name)
    before = name[: at[0]].strip(_EDGE) if at else ""
    return before if like_a_name(before, rules) and not organisation(before, rules) else name


def _without_services(name: str, rules: Rules) -> str:
    """`Jane Doe Twitter` is `Jane Doe`: profiles stand behind names."""
    tokens = name.split()
    while len(tokens) > 2 and tokens[-1].casefold().strip(".,|()") in words(rules).services:
        tokens.pop()
    before = " ".join(tokens)
    return before if before != name and like_a_name(before, rules) else name


def _without_particles(name: str, rules: Rules) -> str:
    """`Jane Doe le` is `Jane Doe`: a date stood behind it. No name ends in a small word."""
    tokens = name.split()
    while len(tokens) > 2 and tokens[-1].islower() and tokens[-1] in words(rules).particles:
        tokens.pop()
    return " ".join(tokens) if len(tokens) < len(name.split()) else name


def _of_the_page(name: str, printed: bool, rules: Rules) -> bool:
    """Whether a text holds nothing but words of labels, buttons and services: "Launch Gallery", "Zurück zum Newsroom".
    A service alone is one for readers only: its own blog names it to machines."""
    table = words(rules)
    tokens = [t.strip(".,:!?…").casefold() for t in name.split()]
    labels = table.labels, table.first, table.anywhere, table.services, table.particles
    if tokens[0] in table.first and any(t in kind for t in tokens[1:2] for kind in labels):
        return True
    if organisation(name, rules) or all(t in table.particles for t in tokens):
        return False
    if len(tokens) == 1:
        return printed and tokens[0] in table.services
    return all(any(t in kind for kind in labels) for t in tokens)


@lru_cache(maxsize=1024)
def like_a_name(text: str, rules: Rules) -> bool:
    """Whether a text could be the name of a person: two to five capitalised words, none of them a label's.

    >>> from newsarchive import rules
    >>> [like_a_name(t, rules.default()) for t in ("Ludwig van Beethoven", "Read More", "the ferry returns")]
    [True, False, False]
    """
    tokens = text.split()
    if len(text) > 45 or not 1 < len(tokens) <= 5 or text.endswith(("'s", "’s")):
        return False
    table = words(rules)
    if tokens[-1].casefold() in table.surnames:
        tokens = tokens[:-1]
    if tokens[0].casefold() in table.first:
        return False
    if any((word := t.casefold().strip(".,:!?")) in table.labels or word in table.anywhere for t in tokens):
        return False
    if any(not _WORD.fullmatch(t) or (is_small(t[0]) and t not in table.particles) for t in tokens):
        return False
    return text.isupper() or not any((len(t) > 3 and t.isupper()) or _GLUED.search(t) for t in tokens)


def is_small(letter: str) -> bool:
    """Whether a letter is a small one of a script that writes names with capitals: Georgian's small ones are its only
    ones, though Unicode pairs them with capitals for headings."""
    return letter.islower() and not "\u10d0" <= letter <= "\u10ff"


def organisation(name: str, rules: Rules) -> bool:
    """Whether a name speaks of more than one person."""
    return any(t.strip(".,") in words(rules).organisation for t in name.casefold().split())


def firm(name: str, rules: Rules) -> bool:
    """Whether a name ends in a legal form: a firm signs web pages that it makes or owns, not what stands on them."""
    last = name.replace(". ", ".").rsplit(None, 1)[-1].strip(",)").replace(".", "")
    short = len(last) < 3 and last.istitle()  # "Kim Sa" is a person, "Harbour SA" is not
    return " " in name and not short and last.casefold() in words(rules).legal


def kind_of(name: str, said: str, rules: Rules) -> str:
    """`agency`, `organisation` or `person`: what the name shows, then what its source said."""
    if key(name) in words(rules).agency:
        return "agency"
    if organisation(name, rules):
        return "organisation"
    return said if said in ("person", "organisation") else "person"


#: Labels of blocks that hold no byline. "nav" and "other" are left out: of twenty right guesses on half A's pages twelve
#: stand in lists of small facts that are labelled so; "advert" and "author bio" hold some, too.
_NO_BYLINES = frozenset(
    ["share", "subscribe", "related", "promo", "comments", "caption", "footer", "consent", "form", "tags"]
)
#: Labels of blocks whose whole text is a label of the page where it stands there twice.
_OF_PAGE = _NO_BYLINES | {"nav", "advert"}
#: Parts of a block's path that are looked at, from its end: classes further up are of the page.
MAX_PATH_PARTS = 4
#: Blocks of a page that are searched for links and labels of the same text.
MAX_BLOCKS = 3000
#: Letters of a host's part that is a name: "com" and "net" are shorter than most.
MIN_LETTERS_IN_HOST = 5


def may_be_author(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether the guess `name`, read in `block`, may be an author; `blocks` are all of the page."""
    if block.label in _NO_BYLINES or block.kind == "caption" or _in_no_place(block.path, rules):
        return False
    if "©" in block.text:
        return False
    named = [address for text, address in block.links if _same(text, name)]
    if named:
        return any(leads_to_person(address, name, rules) for address in named)
    return not _is_label(name, block, blocks, rules)


def leads_to_person(address: str, name: str, rules: Rules) -> bool:
    """Whether an address is that of a page about a person: by its words ("/author/"), or since its last part or its
    host is the name. A tag of the name is none.

    >>> from newsarchive import rules
    >>> [leads_to_person(a, "Jane Doe-Roe", rules.default()) for a in (
    ...     "https://blog.example/author/17", "https://doe-roe.example/", "https://blog.example/jane-doe-roe-1234",
    ...     "https://blog.example/tag/jane-doe-roe", "https://blog.example/jane-doe-roe-wins-award")]
    [True, True, True, False, False]
    """
    whole = without_accents(unquote(address.split("//", 1)[-1]).casefold())
    if _any_word(rules, "profile").search(whole) or "/@" in whole:
        return True
    host, _, path = whole.partition("/")
    last = path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".html").removesuffix(".htm")
    words = [w for w in re.split(r"[\W_]+", last) if w and not w.isdigit() and w not in host]
    letters = key(without_accents(name))
    if words:
        return not _any_word(rules, "collection").search(path) and all(word in letters for word in words)
    return not path and any(
        len(part) >= MIN_LETTERS_IN_HOST and key(part) in letters for part in host.split(".")
    )


def _same(text: str, name: str) -> bool:
    one, other = key(text), key(name)
    return bool(one) and (one == other or other in one)


def _is_label(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether the text of a guess is a link to another kind of page elsewhere, or stands twice as a label. In comments
    authors answer, their names linked to anything."""
    seen = 0
    for other in blocks[:MAX_BLOCKS]:
        if name not in other.text or other.label == "comments":
            continue
        for text, address in other.links:
            if text.strip() == name and not leads_to_person(address, name, rules):
                return True
        seen += other is not block and other.label in _OF_PAGE and other.text.strip() == name
    return seen > 1


@lru_cache(maxsize=2048)
def _in_no_place(path: str, rules: Rules) -> bool:
    """Whether the innermost elements of a path are called a place for no names."""
    tail = "/".join(path.casefold().split("/")[-MAX_PATH_PARTS:])
    return _any_word(rules, "place").search(tail) is not None


@lru_cache(maxsize=32)
def _any_word(rules: Rules, table: str) -> re.Pattern[str]:
    words = rules.metadata.get("nobody", {}).get(table, {}).get("words", [])
    either = "|".join(map(re.escape, words)) or "$^"
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")
