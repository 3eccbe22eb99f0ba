"""The publisher that a name or a host means, from `data/publishers.toml`.

A name is found in spite of slips in spaces, case, accents or a letter: "South ChinaMorning Post". A name that is not
listed gives `None`, never a guess: "Reuters Institute" is not Reuters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.origin.attribution_patterns import any_of, entries_of
from newsarchive.core.text.scripts import UNSPACED, WORD_MARKS, has_unspaced
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, strings

#: Characters of a folded name that may have one misspelling; a shorter name may have none, a name of twice the length two.
_MIN_SLIP_CHARACTERS = 8
#: Characters of a text in which a name is looked for; listed names are shorter.
_MAX_NAME_CHARACTERS = 60
#: Characters of a folded name that must be spelt as it is listed ("MAP"); a longer one need not.
_MAX_ACRONYM_CHARACTERS = 4
#: Shorter forms of a firm's name that are looked up; further ones are not made.
_MAX_FIRM_NAMES = 20
#: A number that differs is no slip: "2 minutes" is not "20 Minutes".
_DIGITS = re.compile(r"\d+")
_WORD_END = re.compile(rf"(?<=[\w{WORD_MARKS}])(?![\w{WORD_MARKS}])|(?<=[{UNSPACED}])|(?<=[!.*+/])")
_INFLECTED = re.compile(r"[\u0400-\u04ff]")
_THE = re.compile(r"^the\s+(?=\w)")
#: Articles that a printed name may lack or add: "Quelle: Zeit" means "Die Zeit". "LA Times" begins with none.
_ARTICLE = re.compile(r"^(?:der|die|das|le|la|les|el|il|lo|de|het|o)\s+(?=\w)|^(?:l|al)['’ʼ-]", re.I)


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher. `domains[0]` is the domain that is stored, `kind` a word of `publishers.toml` (`paper`, `agency`). `signs` are
    names by which it is known at the beginning and end of a text alone: "(AA)" is Anadolu, "AA" elsewhere may be anybody. `ends` are
    patterns of lines with which it ends its texts, in lower case and without a full stop."""

    name: str
    domains: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    kind: str = "paper"
    signs: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The domain without its path, "" where none is known."""
        return self.domains[0].partition("/")[0] if self.domains else ""


@dataclass(frozen=True)
class Registry:
    """All publishers, by folded name (`by_key`), by name without its article, by name without case endings, by domain, by what they
    sign with, and with the lines that end their texts (`ends`).

    `long_keys` are the folded names that may hold a slip.
    """

    by_key: Mapping[str, Publisher]
    by_bare: Mapping[str, Publisher]
    by_stem: Mapping[str, Publisher]
    by_domain: Mapping[str, Publisher]
    by_sign: Mapping[str, Publisher]
    ends: tuple[tuple[re.Pattern[str], Publisher], ...]
    long_keys: tuple[str, ...]


@lru_cache(maxsize=8192)
def key_of(name: str) -> str:
    """A name folded for comparison: letters and digits, without case, accents or a leading "the".

    >>> key_of("The South ChinaMorning Post") == key_of("South China Morning Post")
    True
    """
    folded = _THE.sub("", unicodedata.normalize("NFKD", name.strip()).casefold())
    return "".join(filter(str.isalnum, folded))


@lru_cache(maxsize=64)  # a list of the tables each
def folded_entries(rules: Rules, key: str) -> frozenset[str]:
    """The entries of a list in the tables of all languages, folded."""
    return frozenset(map(key_of, entries_of(rules, key)))


def by_name(name: str, rules: Rules) -> Publisher | None:
    """The publisher with a name or alias, `None` for one that is not listed. A long name may hold one or two slips."""
    key = key_of(name)
    if not key or not is_spelt(name, rules):
        return None
    known = registry(rules)
    bare = _without_article(name)
    found = known.by_key.get(key) or known.by_bare.get(bare or key) or known.by_stem.get(stem_of(name, rules))
    return found or known.by_key.get(_near(key, rules))


def is_agency(name: str, rules: Rules) -> bool:
    """Whether a name is that of a listed agency."""
    found = by_name(name, rules)
    return found is not None and found.kind == "agency"


def is_spelt(name: str, rules: Rules) -> bool:
    """Whether a name is no acronym, or is spelt as it is listed: "MAP" is an agency, "Map" is not.

    Agencies may be written in lower case too, because they sign so.
    """
    key = key_of(name)
    publisher = registry(rules).by_key.get(key)
    if publisher is None or len(key) > _MAX_ACRONYM_CHARACTERS or not key.isascii():
        return True
    exact = name.strip() in (publisher.name, *publisher.aliases)
    return exact or (publisher.kind == "agency" and name.strip().islower())


@lru_cache(maxsize=4096)
def listed(printed: str, rules: Rules) -> Publisher | None:
    """The publisher of a printed name, also without the words of a firm at its end ("… Publishers Ltd")."""
    names = [printed]
    for name in names:
        if found := by_name(name, rules):
            return found
        if len(names) < _MAX_FIRM_NAMES:
            bare = name.rstrip(" .,")
            folded = bare.casefold()
            firms = entries_of(rules, "company")
            rests = (bare[: -len(word)] for word in firms if folded.endswith(word.casefold()))
            whole = (rest for rest in rests if rest and not (rest[-1].isascii() and rest[-1].isalnum()))
            names += [shorter for rest in whole if (shorter := rest.rstrip(" .,&"))]
    return None


def longest_name(text: str, rules: Rules, stops: re.Pattern[str] | None = None) -> str:
    """The longest listed name that a text begins with, as printed; "" where it begins with none.

    A capital soon after it makes a longer name, which is not listed: "Reuters Institute" is not Reuters. In scripts
    without spaces the text must end after the name, or go on with punctuation or one of `stops`.

    >>> from newsarchive.rules import default
    >>> longest_name("Notes from Poland under a licence", default())
    'Notes from Poland'
    """
    known = registry(rules)
    for end in reversed([m.end() for m in _WORD_END.finditer(text[:_MAX_NAME_CHARACTERS])]):
        name = text[:end]
        if key_of(name) not in known.by_key and _without_article(name) not in known.by_bare:
            continue
        if ends_name(name, text[end:], stops):
            return name.rstrip(" .,")
    return ""


def ends_name(name: str, after: str, stops: re.Pattern[str] | None) -> bool:
    """Whether a listed name is complete before `after`, and not the beginning of a longer name."""
    if not after[:1] or (stops and stops.match(after)):
        return True
    if has_unspaced(name[-1]):
        return not after[0].isalpha()
    # "Reuters Institute" and "Journal des Rives" go on with a capital, the second after a small word.
    goes_on = re.match(r"[ -](?:(?P<small>[^\W\d_]{2,5}) )?(?P<next>[^\W\d_])", after)
    if goes_on is None:
        return True
    return not (goes_on["next"].isupper() and (goes_on["small"] or "").islower() == bool(goes_on["small"]))


def by_host(host: str, rules: Rules) -> Publisher | None:
    """The publisher that owns a host (`www.scmp.com`, `amp.scmp.com`), `None` for a host that is not listed.

    `host/path` finds a service that shares its host (`bbc.com/thai`) before the owner of the host.
    """
    known = registry(rules).by_domain
    name, _, path = host.lower().removeprefix("www.").partition("/")
    if path and (found := known.get(f"{name}/{path.partition('/')[0]}")):
        return found
    labels = name.split(".")
    return next((p for i in range(len(labels) - 1) if (p := known.get(".".join(labels[i:])))), None)


@lru_cache(maxsize=4096)
def _near(key: str, rules: Rules) -> str:
    """The nearest listed key within one or two slips of a long key, "" where there is none.

    Slips are counted as optimal string alignment distance (Damerau, 1964).
    """
    if len(key) < _MIN_SLIP_CHARACTERS:
        return ""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slips = min(2, len(key) // _MIN_SLIP_CHARACTERS)
    keys = _keys_of_length(len(key), slips, rules)
    found = process.extractOne(key, keys, scorer=OSA.distance, score_cutoff=slips)
    return found[0] if found and _DIGITS.findall(found[0]) == _DIGITS.findall(key) else ""


@lru_cache(maxsize=128)  # fewer than `caches.MIN_ENTRIES`: a table of the rules, which is kept
def _keys_of_length(length: int, slips: int, rules: Rules) -> list[str]:
    """The listed long keys of about this length: a slip makes a key longer or shorter by one character at most."""
    return [key for key in registry(rules).long_keys if abs(len(key) - length) <= slips]


@lru_cache(maxsize=8)
def registry(rules: Rules) -> Registry:
    """The publishers of the rules. Raises `BadRules` for one without a name."""
    by_key: dict[str, Publisher] = {}
    by_domain: dict[str, Publisher] = {}
    by_sign: dict[str, Publisher] = {}
    for row in rules.publishers:
        file, name = "publishers.toml", row.get("name")
        if not isinstance(name, str) or not name.strip():
            raise BadRules(file, "publisher.name", f"must be a name, not {name!r}")
        domains, aliases, signs, ends_with = (
            strings(file, row, key) for key in ("domains", "aliases", "signs", "ends")
        )
        publisher = Publisher(name, domains, aliases, str(row.get("kind", "paper")), signs, ends_with)
        for name in (publisher.name, *publisher.aliases):
            by_key.setdefault(key_of(name), publisher)
        for domain in publisher.domains:
            by_domain.setdefault(domain, publisher)
        by_sign |= dict.fromkeys(publisher.signs, publisher)
    names = [(n, p) for p in dict.fromkeys(by_key.values()) for n in (p.name, *p.aliases)]
    by_stem = {stem: p for n, p in reversed(names) if (stem := stem_of(n, rules))}
    long_keys = tuple(k for k in by_key if len(k) >= _MIN_SLIP_CHARACTERS)
    publishers = dict.fromkeys(by_key.values())
    ends = tuple((compiled.regex(end), p) for p in publishers for end in p.ends)
    # Names without their article count where they belong to one publisher alone: "Presse" belongs to several.
    owners: dict[str, set[str]] = {}
    for name, publisher in names:
        owners.setdefault(_without_article(name), set()).add(key_of(publisher.name))
    by_bare = {bare: by_key[keys.pop()] for bare, keys in owners.items() if len(keys) == 1 and len(bare) > 3}
    return Registry(by_key, by_bare, by_stem, by_domain, by_sign, ends, long_keys)


def stem_of(name: str, rules: Rules) -> str:
    """A name without its case endings ("в «Новой газете»"), "" in an alphabet without a table of endings."""
    if not _INFLECTED.search(name):
        return ""
    words = re.findall(r"\w+", name.casefold())
    return "".join(key_of(_endings(rules).sub("", word)) for word in words)


@lru_cache(maxsize=8)
def _endings(rules: Rules) -> re.Pattern[str]:
    return re.compile(rf"(?<=\w\w\w){any_of(entries_of(rules, 'endings'))}$")


def _without_article(name: str) -> str:
    """The name folded, without its article; "" for a name without one."""
    shorter = _ARTICLE.sub("", name.strip())
    return "" if shorter == name.strip() or name.startswith("LA ") else key_of(shorter)
