"""Which pages a new template may take otherwise than the one before it: those that hold a line of which it says something
else.

Example: page 34 proves that "Brass owl desk" is boilerplate. Of 33 pages the four that have this line are looked at again,
by its key in each page's record; the other 29 are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.site_template.observations import Observation


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two templates of a site: `keys` of lines, forms and anchors, or, with `everywhere`,
    something that may concern any page."""

    keys: frozenset[int]
    everywhere: bool = False

    def concerns(self, page: Observation) -> bool:
        """Whether the two templates may take a page differently. Where this is false, they do not."""
        return self.everywhere or not self.keys.isdisjoint(page.keys)


def difference(old: Template, new: Template) -> Difference:
    """What differs between two templates, as far as `template.verdict_of`, `layout_of` or `effects` can tell."""
    entries = old.entries.keys() | new.entries.keys()
    keys = {key for key in entries if _says(old.entries, key) != _says(new.entries, key)}
    before, after = ({layout.number: layout for layout in each.layouts} for each in (old, new))
    moved = {n: x.container for n, x in before.items()} != {n: x.container for n, x in after.items()}
    for number in before.keys() & after.keys():
        keys |= before[number].starts ^ after[number].starts
        keys |= before[number].ends ^ after[number].ends
    habits = [[convention.name for convention in each.conventions.known] for each in (old, new)]
    return Difference(frozenset(keys), moved or habits[0] != habits[1])


def _says(entries: Mapping[int, Entry], key: int) -> tuple[str, str, str] | None:
    """What an entry does to a page; how often it was seen, and why, does nothing."""
    entry = entries.get(key)
    return (entry.finding.role, entry.finding.label, entry.first) if entry else None
