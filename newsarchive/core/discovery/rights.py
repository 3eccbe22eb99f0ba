"""What a site says of the use of a page by machines, read from its robots.txt, the headers of the answer, and the
page; and the sitemaps that its robots.txt names.

A paper answers `tdm-reservation: 1`, a blog's robots.txt keeps `GPTBot` out, a third names a Creative Commons licence in its
footer. An archive keeps these words beside the page, as they stood on that day. Nothing here decides what may be done: law does.

    of_answer({"tdm-reservation": "1"}, html, "https://blog.example/post/", rules).reservations    # ("TDMRep header",)

Sources:

- TDMRep: W3C Community Group, "TDM Reservation Protocol (TDMRep)", final report of 2024: header fields `tdm-reservation` and `tdm-policy`,
  `<meta name>` of the same names, and the file `/.well-known/tdmrep.json`, whose first rule that matches counts.
- IETF aipref: draft-ietf-aipref-attach (header `Content-Usage`, a dictionary of RFC 9651, and the rule of the same name in
  robots.txt: the rule with the longest path counts) and draft-ietf-aipref-vocab (categories, `y` and `n`).
- RFC 9309 (robots.txt); Google's specification of `X-Robots-Tag` and the robots meta tag.
- Licences: RFC 4946 and HTML (`rel=license`), RFC 8288 (`Link:`), schema.org (`license`).

Where two places differ, both are kept, and a reservation in any counts.

`noarchive` reads what a site asks of archives (`<meta name=robots content=noarchive>`), and is obeyed. Scrapy's
middleware for robots.txt decides whether a URL may be fetched at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from protego import Protego

from newsarchive.core.discovery.links import attributes, link_header
from newsarchive.core.html.parsing import parse
from newsarchive.core.text.tolerant_json import loads
from newsarchive.core.urls import try_normalise
from newsarchive.items import Rights
from newsarchive.rules import Rules
from newsarchive.version import NAME

#: Directives that carry a value after a colon; any other word before a colon names a robot. What has spaces is no word: the
#: day of `unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT` has colons too.
_VALUE_DIRECTIVES = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))

#: Where a site says what crawlers may do, and where it may keep its reservations of text and data mining (TDMRep).
ROBOTS_PATH = "/robots.txt"
TDMREP_PATH = "/.well-known/tdmrep.json"
SITE_FILES = frozenset((ROBOTS_PATH, TDMREP_PATH))
#: Characters of a robots.txt; the rest is not read. A crawler must read at least 500 KiB (RFC 9309, 2.5).
MAX_ROBOTS_TXT_CHARACTERS = 512_000

#: Sitemaps that are taken from one robots.txt; further ones are left out.
MAX_SITEMAPS = 100


def noarchive(headers: Mapping[str, str], html_text: str) -> str:
    """The place that forbids a copy (`X-Robots-Tag` or `<meta name=…>`), "" where copies are allowed.

    `headers` has lower-case names.
    """
    for robot, directive in _header_directives(headers.get("x-robots-tag", "")):
        if directive == "noarchive" and robot in ("", "*", NAME):
            return "X-Robots-Tag"
    for meta in map(attributes, parse(html_text).css("meta[name][content]")):
        name = meta["name"].strip().lower()
        if name in ("robots", NAME) and "noarchive" in re.split(r"[,\s]+", meta["content"].lower()):
            return f"<meta name={name}>"
    return ""


#: An agent in a line of robots.txt: 1 is all before it, 2 its product token, 3 what stands behind: `User-agent: newsarchive/0.1`.
_AGENT = re.compile(
    r"^([ \t]*+user[ -]?agent[ \t]*+(?::[ \t]*+|(?<=[ \t])))([\w-]++)([^#\r\n]*+)",
    re.IGNORECASE | re.MULTILINE,
)


def for_protego(robots_txt: str) -> str:
    """A robots.txt that Protego reads as RFC 9309 wants it. Our product token must be the whole token of a line, which ends before a
    version (2.2.1; RFC 9110, 10.1.5). Protego looks for the beginning of our name: it took what forbids `newsarchive/0.1` for a rule about
    somebody else, and what `news` may for a rule about us, in place of that for all.

    >>> for_protego("User-agent: newsarchive/0.1 # ours"), for_protego("User-agent: News")
    ('User-agent: newsarchive # ours', 'User-agent: -News')
    """
    return _AGENT.sub(_whole_token, robots_txt)


def _whole_token(match: re.Match[str]) -> str:
    token = match[2].casefold()
    if token == NAME:
        return match[1] + match[2] + match[3][len(match[3].rstrip()) :]
    return f"{match[1]}-{match[2]}{match[3]}" if NAME.startswith(token) else match[0]


def robots_sitemaps(robots_txt: str, url: str) -> list[str]:
    """The sitemaps that a robots.txt names, absolute, each once; hostile addresses are left out.

    Protego reads what Google tolerates too: `Site-map:`, a missing colon, CR alone at the end of a line.
    """
    # Protego would compile all rules besides, which takes half a second for 500 KB.
    lines = (
        line for line in robots_txt[:MAX_ROBOTS_TXT_CHARACTERS].splitlines() if "site" in line.casefold()
    )
    named = Protego.parse("\n".join(line.lstrip("\ufeff\u200b") for line in lines)).sitemaps
    given = (value.split()[0].strip("<>\"'\ufeff") for value in islice(named, MAX_SITEMAPS))
    found = (try_normalise(address, url) for address in given if address)
    return list(dict.fromkeys(u for u in found if u))


def _header_directives(value: str) -> Iterator[tuple[str, str]]:
    for line in value.lower().splitlines():
        robot = ""
        for part in line.split(","):
            name, colon, rest = part.partition(":")
            name = name.strip()
            if colon and name not in _VALUE_DIRECTIVES and " " not in name:
                robot, part = name, rest
            yield robot, part.strip()


#: Characters of a word of a site that is kept; further ones are cut.
MAX_WORD_CHARACTERS = 300
#: Directives, licences and rules that are kept of a page, each; further ones are left out.
MAX_WORDS = 20
#: Characters of a file tdmrep.json; a longer one is not read. The report's examples have 300.
MAX_TDMREP_CHARACTERS = 512_000
#: Rules of a file tdmrep.json that are read; further ones are left out.
MAX_TDM_RULES = 1000
#: Files of sites, robots.txt and tdmrep.json, that are kept as they were read: a crawl asks for each post of a site.
MAX_KEPT_FILES = 64

_USAGE_LINE = re.compile(
    r"[ \t]*content-usage[ \t]*:[ \t]*(?:(?P<path>/[^ \t]*)[ \t]+)?(?P<usage>[^#\r\n]*)", re.I
)
_AGENT_LINE = re.compile(r"[ \t]*user-agent[ \t]*:[ \t]*(?P<agent>[^#\r\n]*)", re.I)
_RULE_LINE = re.compile(r"[ \t]*(?:allow|disallow|content-usage)[ \t]*:", re.I)
#: A member of a dictionary (RFC 9651, 3.2) whose value is a token or true; parameters are passed over.
_MEMBER = re.compile(
    r"(?P<key>[a-z*][a-z0-9_.*-]*)(?:=(?P<value>[A-Za-z*][\w:/!#$%&'*+.^`|~-]*|\?[01]))?(?:[ ]*;[^,]*)?"
)


@lru_cache(maxsize=8)
def _words(rules: Rules, name: str) -> frozenset[str]:
    """A list of the table; nothing where somebody's rules have no such table."""
    return frozenset(rules.discovery.get("rights", {}).get(name, ()))


def of_site(robots_txt: str, tdmrep: str, url: str, agent: str, rules: Rules) -> Rights:
    """What the files of a site say of a page: its robots.txt and its `/.well-known/tdmrep.json`, "" for none of them.

    `agent` is our own product token, by whose group of robots.txt the preferences are read.
    """
    named = _named_agents(robots_txt, _words(rules, "agents")) if robots_txt else ()
    refused = tuple(agent for agent, written in named if not _parsed(robots_txt).can_fetch(url, written))
    usages = _usages_of(robots_txt, url, agent) if "content-usage" in robots_txt.casefold() else ()
    said = Rights(
        refused_agents=refused,
        content_usage=tuple(f"robots.txt: {usage}" for usage in usages),
        reservations=("robots.txt",) if refused else (),
    )
    if any(_forbids_mining(usage, rules) for usage in usages):
        said += Rights(reservations=("Content-Usage robots.txt",))
    if not tdmrep:
        return said
    path = _path(url)  # the first rule whose location matches counts
    matching = (rule for location, *rule in _tdm_rules(tdmrep) if _matches(location, path))
    return said + _tdm("tdmrep.json", *next(matching, ("", "")))


def of_headers(headers: Mapping[str, str], rules: Rules) -> Rights:
    """What the headers of an answer say, which have lower-case names."""
    said = _tdm("header", headers.get("tdm-reservation", ""), headers.get("tdm-policy", ""))
    if value := headers.get("x-robots-tag", ""):
        said += _directives("X-Robots-Tag", value, rules)
    if usage := headers.get("content-usage", ""):
        reserved = ("Content-Usage header",) if _forbids_mining(usage, rules) else ()
        said += Rights(content_usage=(f"header: {_word(usage)}",), reservations=reserved)
    if "license" in headers.get("link", "").lower():
        named = (url for url, rel in link_header(headers["link"]) if "license" in rel.lower().split())
        said += Rights(licences=tuple(map(_word, islice(named, MAX_WORDS))))
    return said


def of_answer(headers: Mapping[str, str], html: str, url: str, rules: Rules) -> Rights:
    """What an answer says: its headers, and the page (its HTML, "" for none)."""
    return of_headers(headers, rules) + (_of_page(html, url, rules) if html else Rights())


# -- the page ------------------------------------------------------------------------------------


#: The elements of a page that may say something of its use.
_SAYING = ", ".join(
    [
        *(f'meta[name="{name}" i][content]' for name in ("robots", "tdm-reservation", "tdm-policy")),
        '[rel~="license" i][href]',
        'script[type*="ld+json" i]',
    ]
)


def _of_page(html: str, url: str, rules: Rules) -> Rights:
    said, tdm, licences = Rights(), dict[str, str](), list[str]()
    for node in parse(html).css(_SAYING):
        if node.tag == "meta":
            own = attributes(node)
            name = own["name"].strip().lower()
            if name == "robots":
                said += _directives("meta robots", own["content"], rules)
            elif name in ("tdm-reservation", "tdm-policy"):
                tdm.setdefault(name, own["content"])
        elif node.tag == "script":
            licences += _of_jsonld(node.text(deep=True), rules)
        elif address := try_normalise(attributes(node)["href"].strip(), url):
            licences.append(address)
    kept = tuple(map(_word, islice(dict.fromkeys(filter(None, licences)), MAX_WORDS)))
    said += _tdm("meta", tdm.get("tdm-reservation", ""), tdm.get("tdm-policy", ""))
    return said + Rights(licences=kept)


def _of_jsonld(script: str, rules: Rules) -> list[str]:
    """The licences of the works that a script describes."""
    if '"license"' not in script:
        return []
    try:
        found = loads(script)
    except ValueError:
        return []
    types = _words(rules, "licensed_types")
    whole = [one for one in _list(found) if isinstance(one, dict)]
    works = (work for one in whole for work in (one, *_list(one.get("@graph"))) if isinstance(work, dict))
    stated = [work.get("license") for work in works if any(one in _list(work.get("@type")) for one in types)]
    licences = (
        next((one[k] for k in ("@id", "url", "name") if one.get(k)), "") if isinstance(one, dict) else one
        for licence in stated
        for one in _list(licence)
    )
    return [one.strip() for one in licences if isinstance(one, str) and one.strip()]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _directives(place: str, value: str, rules: Rules) -> Rights:
    """The words of a robots directive, and whether one of them reserves."""
    words = [word.strip() for word in re.split(r"[,\s]+", value.lower()) if word.strip()]
    reserving = _words(rules, "reserving_directives") & set(words)
    said = ", ".join(islice(words, MAX_WORDS))
    reserved = tuple(f"{place} {word}" for word in sorted(reserving))
    return Rights(directives=(f"{place}: {_word(said)}",) if said else (), reservations=reserved)


# -- TDMRep --------------------------------------------------------------------------------------


def _tdm(place: str, reservation: str, policy: str) -> Rights:
    """A reservation of TDMRep: `1` reserves, `0` does not, any other value is none (section "Errors" of the report). A header that
    comes twice, from the blog and from the server before it, reserves where one of them does."""
    value = max((part.strip() for part in reservation.split(",")), key="01".find)
    if value not in ("0", "1"):
        return Rights()
    said = f"{place}: {value} {_word(policy)}".strip()
    return Rights(tdm=(said,), reservations=(f"TDMRep {place}",) if value == "1" else ())


@lru_cache(maxsize=MAX_KEPT_FILES)
def _tdm_rules(tdmrep: str) -> tuple[tuple[str, str, str], ...]:
    """Location, reservation and policy of each rule of a file; none for a file that is too long or no list of rules."""
    try:
        found = loads(tdmrep) if len(tdmrep) <= MAX_TDMREP_CHARACTERS else []
    except ValueError:
        return ()
    return tuple(
        (rule["location"], str(rule.get("tdm-reservation", "")), str(rule.get("tdm-policy") or ""))
        for rule in islice(_list(found), MAX_TDM_RULES)
        if isinstance(rule, dict) and isinstance(rule.get("location"), str)
    )


def _path(url: str) -> str:
    """The path of an address with its query, as the patterns of robots.txt and tdmrep.json are compared with it."""
    parts = urlsplit(url)
    return unquote(parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _matches(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern of robots.txt says: `*` stands for any characters, `$` for the end.

    >>> _matches("/news/*.html$", "/news/a/b.html"), _matches("/news", "/newsletter"), _matches("/a$", "/ab")
    (True, True, False)
    """
    is_whole = pattern.endswith("$")
    first, *rest = unquote(pattern.removesuffix("$")).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1] if is_whole and rest else rest:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if not is_whole:
        return True
    return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at if rest else at == len(path)


# -- robots.txt and aipref -----------------------------------------------------------------------


@lru_cache(maxsize=MAX_KEPT_FILES)
def _parsed(robots_txt: str) -> Any:
    return Protego.parse(for_protego(robots_txt[:MAX_ROBOTS_TXT_CHARACTERS]))


@lru_cache(maxsize=MAX_KEPT_FILES)
def _named_agents(robots_txt: str, agents: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Those of our agents that robots.txt names, each as it is written there: `GPTBot`, `GPTBot/1.1`."""
    written = [m["agent"].strip().casefold() for m in map(_AGENT_LINE.match, _lines(robots_txt)) if m]
    groups = {name.partition("/")[0]: name for name in written}
    return tuple((agent, groups[agent.casefold()]) for agent in sorted(agents) if agent.casefold() in groups)


def _usages_of(robots_txt: str, url: str, agent: str) -> tuple[str, ...]:
    """The preferences of robots.txt for a page, of those with the longest path that matches."""
    path, known = _path(url), _usage_rules(robots_txt, agent.casefold())
    found = [(len(p), usage) for p, usage in known if _matches(p or "/", path)]
    longest = max((length for length, _ in found), default=0)
    usages = (_word(usage) for length, usage in found if length == longest)
    return tuple(islice(dict.fromkeys(usages), MAX_WORDS))


@lru_cache(maxsize=MAX_KEPT_FILES)
def _usage_rules(robots_txt: str, agent: str) -> tuple[tuple[str, str], ...]:
    """Paths and preferences of the group for our agent, else of that for all."""
    groups: dict[str, list[tuple[str, str]]] = {}
    current: list[str] = []
    is_begun = False
    for line in _lines(robots_txt):
        if named := _AGENT_LINE.match(line):
            current = [] if is_begun else current
            current.append(named["agent"].strip().casefold())
            groups.setdefault(current[-1], [])
            is_begun = False
        elif _RULE_LINE.match(line):
            is_begun = True
            if usage := _USAGE_LINE.match(line):
                for name in current:
                    groups[name].append((usage["path"] or "", usage["usage"].strip()))
    return tuple(groups.get(agent, groups.get("*", [])))


def _lines(robots_txt: str) -> Iterable[str]:
    return robots_txt[:MAX_ROBOTS_TXT_CHARACTERS].splitlines()


def _forbids_mining(usage: str, rules: Rules) -> bool:
    """Whether a preference of aipref keeps a page from mining or training: `n` for one of the categories."""
    categories = _words(rules, "mining_categories")
    return any(key in categories and value == "n" for key, value in preferences(usage).items())


def preferences(usage: str) -> dict[str, str]:
    """The members of a dictionary of preferences; none where it cannot be parsed (RFC 9651, 4.2: then all of it is ignored).

    >>> preferences("train-ai=n, search=y;x=1"), preferences("train-ai=n, ???")
    ({'train-ai': 'n', 'search': 'y'}, {})
    """
    found: dict[str, str] = {}
    for part in usage.split(","):
        member = _MEMBER.fullmatch(part.strip(" \t"))
        if member is None:
            return {}
        found[member["key"]] = member["value"] or "?1"
    return found


def _word(text: str) -> str:
    return " ".join(text.split())[:MAX_WORD_CHARACTERS]
