"""The one paper that a line names: "with thanks to Mare News (marenews.example)".

The name may be listed, be a domain, be the text of a link to another site, or be unlisted. A line that names two papers
is a list of partners or prose, and gives none. Sites where people meet (`not_hosts`) and the blog itself are no papers.

`unlisted_names` finds names that no table lists: «Озёрные заметки», "in The Heron", 湖畔新聞. Such a name is recognised by
quotation marks or by its capitals. In scripts without capitals it is the rest of a line without the words of credits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.origin.attribution_patterns import Word, entries_of, not_names, vocabulary, words_of
from newsarchive.core.origin.publishers import (
    Publisher,
    by_host,
    by_name,
    ends_name,
    is_spelt,
    key_of,
    longest_name,
    registry,
    stem_of,
)
from newsarchive.core.text.scripts import HANGUL, UNSPACED, is_caseless
from newsarchive.core.urls import is_web_archive, registered_domain, same_site
from newsarchive.rules import Rules

#: Words of a name. A quotation with more is none; a run of capitals may have two more, for joining words.
_MAX_UNLISTED_NAME_WORDS = 6
#: Words of a quoted name that begins without a capital; a longer quotation is speech.
_MAX_CASELESS_NAME_WORDS = 4
#: Characters of a name that is one word of a script without capitals; a longer one is a sentence.
_MAX_UNSPACED_NAME_CHARACTERS = 14

_QUOTED = compiled.regex(
    r"«\s*([^«»]{2,60}?)\s*»|“([^“”]{2,60})”|„([^„“”]{2,60})[“”]|《([^《》]{2,30})》|「([^「」]{2,30})」|『([^『』]{2,30})』"
    r"|‘([^‘’]{2,40})’(?![^\W\uac00-\ud7a3\u3040-\u9fff])|\"([^\"]{2,60})\"|【([^【】]{2,30})】"
)
_BRACKETS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
#: What stands between the words of one name.
_JOINT = re.compile(r"[ \u00a0]|['’ʼ.&-]|\.? & |\. ")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:]\s|\n)\W*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name between `start` and `end` of its line.

    `mark` says how it was recognised: `quoted`, `capital` or `rest`. `press` says that it has a word of papers' names,
    `opens` that its only sign is a capital at the start of a sentence.
    """

    text: str
    start: int
    end: int
    mark: str
    press: bool = False
    opens: bool = False


def unlisted_names(line: str, words: Sequence[Word], rules: Rules) -> tuple[Name, ...]:
    """The names of a line, of the surest kind alone.

    Quoted names are the most certain. Of the others, names with a word of papers' names are more certain, and names whose
    only sign is the capital of a sentence less.
    """
    found = [n for n in _quoted(line, words) if _may_name(n.text, rules)]
    if not found:
        runs = (*_capital(line, words, rules), *_rest(line, words, rules))
        found = [n for n in runs if _may_name(n.text, rules)]
    sure = [n for n in found if n.press] or [n for n in found if not n.opens] or found
    return tuple(dict.fromkeys(sure))


def _quoted(line: str, words: Sequence[Word]) -> Iterator[Name]:
    for match in _QUOTED.finditer(line):
        group = match.lastindex or 0
        text, start, end = _BRACKETS.sub("", match[group]).strip(), match.start(group), match.end(group)
        inside = [w for w in words if start <= w.start < end]
        is_name = inside and (inside[0].is_capital or is_caseless(text))
        most = _MAX_UNLISTED_NAME_WORDS if inside and inside[0].is_capital else _MAX_CASELESS_NAME_WORDS
        if is_name and len(inside) <= most and not re.search(r"[.!?。！？,，]$", text):
            yield Name(text, start, end, "quoted", is_press(inside))


def _capital(line: str, words: Sequence[Word], rules: Rules) -> Iterator[Name]:
    """Runs of capitalised words, without words of credits at their ends."""
    articles = _listed(rules, "articles")
    for run in _runs(line, words, _listed(rules, "joiners")):
        run = _trimmed(line, run, articles)
        if not run or not run[0].text[0].isupper() or len(run) > _MAX_UNLISTED_NAME_WORDS + 2:
            continue
        starts = bool(_SENTENCE_START.search(line[: run[0].start]))
        # Inside a sentence papers have an article with a capital: "in The Heron".
        is_titled = not starts and len(run) > 1 and run[0].text in articles and len(run[0].text) > 1
        press, opens = is_press(run) or is_titled, starts and len(run) == 1
        yield Name(line[run[0].start : run[-1].end], run[0].start, run[-1].end, "capital", press, opens)


def _runs(line: str, words: Sequence[Word], joiners: Set[str]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for i, word in enumerate(words):
        joined = bool(run) and bool(_JOINT.fullmatch(line[run[-1].end : word.start]))
        joins = word.text in joiners and any(w.is_capital for w in words[i + 1 : i + 3])
        if run and not (joined and (word.is_capital or joins)):
            yield run
            run = []
        if word.is_capital or (run and joins):
            run.append(word)
    if run:
        yield run


def _trimmed(line: str, run: list[Word], articles: Set[str]) -> list[Word]:
    """A run without words of credits and of grammar at its ends. An article that belongs to the name stays."""
    starts = bool(_SENTENCE_START.search(line[: run[0].start]))
    while run and (not run[-1].is_capital or (starts and _is_of_credit(run[-1]))):
        run = run[:-1]
    while run and _is_of_credit(run[0]):
        if run[0].text in articles and len(run) > 1 and run[1].is_capital:
            break
        run = run[1:]
    german = starts and run and run[0].text in ("Das", "Die", "Der", "De")
    return run[1:] if german else run


def _is_of_credit(word: Word) -> bool:
    groups = word.groups
    return "press" not in groups and bool(groups)


def _rest(line: str, words: Sequence[Word], rules: Rules) -> Iterator[Name]:
    """In scripts without capitals: runs of words that no table knows, with words of papers' names among them."""
    run: list[Word] = []
    for word in words:
        fits = is_caseless(word.text) and not word.text[0].isdigit()
        fits = fits and ("press" in word.groups or not word.groups)
        if run and not (fits and line[run[-1].end : word.start].strip() == ""):
            yield from _named(line, run, rules)
            run = []
        if fits:
            run.append(word)
    if run:
        yield from _named(line, run, rules)


def _named(line: str, run: list[Word], rules: Rules) -> Iterator[Name]:
    known, start = vocabulary(rules), run[0].start
    text = known.without_particle(line[start : run[-1].end])
    # whether a table holds each word itself, and not only its ending
    is_listed = all(w.groups and (w.text in known.whole or w.text in known.runs) for w in run)
    is_long = len(run) > _MAX_UNLISTED_NAME_WORDS or (
        len(run) == 1 and len(text) > _MAX_UNSPACED_NAME_CHARACTERS
    )
    if not is_listed and not is_long and len(text) > 1:
        yield Name(text, start, start + len(text), "rest", is_press(run))


def is_press(words: Sequence[Word]) -> bool:
    """Whether one of the words is a word of papers' names."""
    return any("press" in w.groups for w in words)


def _may_name(text: str, rules: Rules) -> bool:
    """Whether a text can be a name. A month, a language and "Facebook" cannot."""
    return len(text) > 1 and not not_names(rules).match(text) and any(map(str.isalpha, text))


#: Words of a listed name, and of a link's text that is a name. Longer texts are not looked up.
_MAX_NAME_WORDS = 7
#: Characters of a name in a script without spaces. A name must have more: with just these it is part of other words.
_MIN_UNSPACED_CHARACTERS = 2
#: Characters of a name that may be misspelt; a shorter one is found as it is listed, or not at all.
_MIN_SLIP_CHARACTERS = 8

_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[a-z0-9][\w-]*\.)+[a-z]{2,12})(?![\w@-])(/[^\s)）\]]*)?", re.I
)
_GAP = re.compile(r"[\s./&'’ʼ+!*-]{0,3}")
#: In these scripts a name may be followed by another word, or by a Korean particle, without a space.
_GLUED = compiled.regex(f"[{UNSPACED}{HANGUL}]")
#: Opening quotation marks. A name behind one must fill the quotation.
_OPENING = tuple("«“„《「『‘")
#: Closing quotation marks, and marks that may follow a quoted name.
_CLOSING = tuple("»”“》」』’(（,，")
#: What joins two names: "Libération et Le Monde".
_AND = re.compile(r" (?:and|et|y|e|und|en|och|i|или|и|&) ")
#: The word before a name, with at most one small word between them.
_BEFORE = re.compile(r"(?P<word>[^\W\d_][\w-]*)(?: (?:of|del|della|di|du|de|des|da|do|der|van|the))? $")
_BEFORE_ADDRESS = re.compile(r"[\s»”\"’》」』]*+[,:：–—-]?+\s*+[(（\[<]?+\s*+$")


@dataclass(frozen=True, slots=True)
class Mention:
    """The paper that a line names between `start` and `end`; `name` may be its domain, `url` is a link to it.

    `mark` says how it is named: `listed`, `domain`, `linked`, `quoted`, `capital`, `rest`. `press` says that an unlisted
    name holds a word of papers' names.
    """

    name: str
    start: int
    end: int
    mark: str
    domain: str = ""
    url: str = ""
    press: bool = False

    @property
    def printed(self) -> str:
        """The name, with the address that stands beside it, as other attributions print it."""
        with_domain = self.mark == "domain" and self.name != self.domain
        return f"{self.name} ({self.domain})" if with_domain else self.name


@dataclass(frozen=True, slots=True)
class _OtherSite:
    """Another site that a line links (`anchor` is the link's text) or prints.

    `host` holds the path too, because some publishers share a host.
    """

    domain: str
    host: str
    url: str
    start: int
    end: int
    anchor: str = ""


#: (text, URL) of the links of a line.
Links = tuple[tuple[str, str], ...]


def mention_in(line: str, links: Links, url: str, rules: Rules) -> Mention | None:
    """The one paper that a line names, `None` for none or several. `url` is the address of the page."""
    words = words_of(line, rules)
    hosts = tuple(_hosts(line, links, url, rules))
    # Each publisher once, with its first name in the line.
    all_listed = reversed(list(_listed_names(line, words, rules)))
    listed = list({publisher.name: (publisher, name) for publisher, name in all_listed}.values())
    domains = {h.domain for h in hosts}
    if len(listed) > 1 or len(domains) > 1:
        return None
    if listed:
        return _of_listed(listed[0], hosts, rules)
    bare = line  # with spaces for its printed addresses, so that no name is read from them
    for host in (host for host in hosts if not host.anchor):
        bare = bare[: host.start] + " " * (host.end - host.start) + bare[host.end :]
    names = unlisted_names(bare, words, rules)
    long = [n for n in names if len(n.text) >= _MIN_SLIP_CHARACTERS]
    if slips := [(found, n) for n in long if (found := by_name(n.text, rules))]:
        return _of_listed(slips[0], hosts, rules)
    if hosts:
        return _of_host(hosts, names, line, rules)
    if len({key_of(n.text) for n in names}) != 1 or (names[0].opens and not names[0].press):
        return None  # the capital may be that of the sentence
    return Mention(names[0].text, names[0].start, names[0].end, names[0].mark, press=names[0].press)


# --- listed names ----------------------------------------------------------------------------------------------------


def _listed_names(line: str, words: Sequence[Word], rules: Rules) -> Iterator[tuple[Publisher, Name]]:
    """The listed names from left to right. Of several that begin at one word the longest is taken."""
    at = 0
    for i, word in enumerate(words):
        caseless = is_caseless(word.text)
        if word.start < at or not (word.is_capital or caseless or word.text in _small_beginnings(rules)):
            continue
        # A word in a script without capitals may be a word of credits too: "الخبر" is a paper, and "the news".
        if caseless and word.groups - {"press"} and not word.text[0].isdigit():
            continue
        found = _spaced(line, words[i : i + _MAX_NAME_WORDS], rules) or _unspaced(line, word.start, rules)
        if found:
            at = found[1].end
            yield found
    # Where no word begins with a listed name, one may be glued to other words.
    if at == 0 and _GLUED.search(line):
        for start in range(len(line) - _MIN_UNSPACED_CHARACTERS):
            found = _unspaced(line, start, rules) if start >= at else None
            if found:
                at = found[1].end
                yield found


@lru_cache(maxsize=8)
def _small_beginnings(rules: Rules) -> frozenset[str]:
    """The first words of listed names that begin without a capital: "taz"."""
    names = (n for p in registry(rules).by_key.values() for n in (p.name, *p.aliases))
    return frozenset(m[0] for n in names if (m := re.match(r"\w+(?:-\w+)*", n)) and m[0][0].islower())


def _spaced(line: str, words: Sequence[Word], rules: Rules) -> tuple[Publisher, Name] | None:
    """The longest listed name that the words begin with."""
    known, keys = registry(rules), ""
    ends: list[tuple[str, int]] = []
    for i, word in enumerate(words):
        if i and not _GAP.fullmatch(line[words[i - 1].end : word.start]):
            break
        bare = vocabulary(rules).without_particle(word.text)
        ends.append((keys + key_of(bare), word.start + len(bare)))
        keys += key_of(word.text)
    for key, end in reversed(ends):
        text = line[words[0].start : end]
        publisher = known.by_key.get(key) or known.by_bare.get(key) or known.by_stem.get(stem_of(text, rules))
        if publisher and _is_written(text, publisher, rules) and _stands(line, words[0].start, end, rules):
            return publisher, Name(text, words[0].start, end, "listed")
    return None


def _stands(line: str, start: int, end: int, rules: Rules) -> bool:
    """Whether a listed name is a whole name: no capitalised word extends it, and it fills its quotation marks."""
    before, after = line[:start].rstrip(), line[end:].lstrip()
    if before[-1:] in _OPENING and not after.startswith(_CLOSING):
        return False
    last = _BEFORE.search(line[:start])
    word = words_of(last["word"], rules) if last else ()
    if word and word[0].is_capital and not (word[0].groups - {"press"}):
        return False
    joined = _AND.match(line[end:])
    other = longest_name(line[end + joined.end() :], rules) if joined else ""
    return bool(other) or ends_name(line[start:end], line[end:], None)


def _is_written(text: str, publisher: Publisher, rules: Rules) -> bool:
    """Whether a text is written as a name: with a capital, or just as it is listed."""
    if text in (publisher.name, *publisher.aliases):
        return True
    capital = is_caseless(text) or text[0].isupper() or text[0].isdigit()
    return capital and is_spelt(text, rules)


def _unspaced(line: str, start: int, rules: Rules) -> tuple[Publisher, Name] | None:
    """The longest listed name of a script without spaces that begins at `start`."""
    for name, publisher in _by_beginning(rules).get(line[start : start + _MIN_UNSPACED_CHARACTERS], ()):
        if line.startswith(name, start) and len(name) > _MIN_UNSPACED_CHARACTERS:
            return publisher, Name(name, start, start + len(name), "listed")
    return None


@lru_cache(maxsize=8)
def _by_beginning(rules: Rules) -> Mapping[str, tuple[tuple[str, Publisher], ...]]:
    """First two characters → listed names without spaces, the longest first."""
    found: dict[str, list[tuple[str, Publisher]]] = defaultdict(list)
    for publisher in dict.fromkeys(registry(rules).by_key.values()):
        for name in (publisher.name, *publisher.aliases):
            if _GLUED.match(name):
                found[name[:_MIN_UNSPACED_CHARACTERS]].append((name, publisher))
    return {k: tuple(sorted(v, key=lambda pair: -len(pair[0]))) for k, v in found.items()}


# --- hosts -----------------------------------------------------------------------------------------------------------


def _hosts(line: str, links: Links, url: str, rules: Rules) -> Iterator[_OtherSite]:
    """The other sites that a line links to or prints."""
    for anchor, link in links:
        domain = registered_domain(link)
        if domain and _is_paper(domain, link, url, rules):
            start = line.find(anchor) if anchor else -1
            end = start + len(anchor) if start >= 0 else 0
            yield _OtherSite(domain, _host(link), link, max(start, 0), end, anchor)
    for match in _ADDRESS.finditer(line):
        domain = registered_domain(f"https://{match[1]}")
        whole = match[0] if match[0].lower().startswith("http") else "https://" + match[0]
        is_address = match[0].lower().startswith(("http", "www.")) or match[1].islower() or match[2]
        if domain and is_address and _is_paper(domain, whole, url, rules):
            yield _OtherSite(domain, _host(whole), whole if match[2] else "", match.start(), match.end())


def _host(link: str) -> str:
    return link.partition("://")[2].lower()


def _is_paper(domain: str, link: str, url: str, rules: Rules) -> bool:
    return domain not in not_hosts(rules) and not same_site(link, url) and not is_web_archive(link)


@lru_cache(maxsize=64)
def _listed(rules: Rules, key: str) -> frozenset[str]:
    return frozenset(entries_of(rules, key))


def not_hosts(rules: Rules) -> frozenset[str]:
    """Domains that are no papers: social networks, shorteners of links, stores of pictures."""
    return _listed(rules, "not_hosts")


# --- the mention -----------------------------------------------------------------------------------------------------


def _of_listed(found: tuple[Publisher, Name], hosts: Sequence[_OtherSite], rules: Rules) -> Mention | None:
    publisher, name = found
    others = [h for h in hosts if (p := by_host(h.host, rules)) is not None and p is not publisher]
    if others and not any(by_host(h.host, rules) is publisher for h in hosts):
        return None
    url = next((h.url for h in hosts if h.url), "")
    return Mention(name.text, name.start, name.end, "listed", publisher.domain, url)


def _of_host(hosts: Sequence[_OtherSite], names: Sequence[Name], line: str, rules: Rules) -> Mention | None:
    """The site with its name: the text of its link, the name before its address, or a name spelt like its domain."""
    url = next((h.url for h in hosts if h.url), "")
    first = hosts[0]
    owner = by_host(first.host, rules)
    domain = owner.domain if owner else first.domain
    for host in hosts:
        for name in names:
            is_short = bool(host.anchor) and len(host.anchor.split()) <= _MAX_NAME_WORDS
            linked = is_short and host.start <= name.start < host.end
            name = _whole(name, host, line) if linked else name
            beside = not host.anchor and bool(_BEFORE_ADDRESS.fullmatch(line[name.end : host.start]))
            if linked or beside or _spells(name.text, host.domain):
                mark = "listed" if owner else "linked" if linked else "domain"
                return Mention(name.text, name.start, name.end, mark, domain, url, name.press)
    if first.anchor and len(names) == 1 and owner is None:
        return Mention(names[0].text, names[0].start, names[0].end, "linked", domain, url, names[0].press)
    printed = owner.name if owner else domain
    return Mention(printed, first.start, first.end, "linked" if first.anchor else "domain", domain, url)


def _whole(name: Name, host: _OtherSite, line: str) -> Name:
    """A name inside the text of a link, extended to all of that text where the text is short and not the whole line."""
    text = host.anchor.strip(" \t\"'“”‘’«»„()")
    is_long = len(text.split()) > _MAX_NAME_WORDS
    if name.text not in text or is_long or text.endswith((".", "…")) or line == host.anchor:
        return name
    return Name(text, host.start, host.end, name.mark, name.press)


def _spells(name: str, domain: str) -> bool:
    label = key_of(domain.partition(".")[0])
    return len(label) > 3 and key_of(name) in (label, "the" + label)
