"""Holds what was learned of a site: findings by fingerprint, layouts, its conventions.

A `Template` goes to and from plain rows. `learner` makes it, `template` applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from newsarchive.core.site_template import conventions
from newsarchive.core.site_template.conventions import Convention
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.layouts import Layout


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing learned: a finding on a key, how often it was seen, and a sample of its text.

    `role` of the finding is `chrome`, `head` (takes the list below it), `inset` (takes one inside the text as
    well), `aside` (repeats without proof: kept and flagged), or a lock: `keep`, `drop`. `first` is the one article
    whose own lede the line is.
    """

    key: int
    finding: Finding
    pages: int = 0
    clusters: int = 0
    sample: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A site's learned boilerplate, and the picture, description and keywords that are its own."""

    site: str
    entries: Mapping[int, Entry] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = ()
    conventions: tuple[Convention, ...] = ()

    @property
    def version(self) -> int:
        """The number of the newest layout, 0 before there is one."""
        return max((layout.number for layout in self.layouts), default=0)

    def rows(self) -> list[dict[str, Any]]:
        """Plain rows for a table, entries then layouts, in a stable order."""
        found = []
        for e in sorted(self.entries.values(), key=lambda e: e.key):
            role, label, reason = e.finding.role, e.finding.label, e.finding.reason
            found.append(
                conventions.row_of(e.key, role, label, reason, e.pages, e.clusters, e.sample, e.first, 0)
            )
        found += conventions.rows(self.conventions)
        for layout in self.layouts:
            row = {"label": "", "clusters": 0, "first": "", "version": layout.number, "pages": layout.pages}
            taught = "a feed or an API gave its text" if layout.taught else "most pages agree on it"
            head = {"fingerprint": 0, "role": "container", "reason": taught, "sample": layout.container}
            found.append(row | head | {"is_proved": layout.taught})
            row |= {"reason": "", "sample": ""}
            found += [row | {"fingerprint": key, "role": "start"} for key in sorted(layout.starts)]
            found += [row | {"fingerprint": key, "role": "end"} for key in sorted(layout.ends)]
        return [{"is_proved": False} | row for row in found]


def from_rows(site: str, rows: Iterable[Mapping[str, Any]]) -> Template:
    """The template that `Template.rows` wrote, its rows in any order.

    Older versions wrote a role `length`, which is passed over.
    """
    entries: dict[int, Entry] = {}
    layouts: dict[int, Layout] = {}
    habits: list[Mapping[str, Any]] = []
    for row in sorted(rows, key=lambda row: row["role"] in ("start", "end")):
        number, role = row["version"], row["role"]
        if role == conventions.ROLE:
            habits.append(row)
        elif role == "length":
            continue
        elif not number:
            finding = Finding(role, row["label"], row["reason"])
            entries[row["fingerprint"]] = Entry(
                row["fingerprint"], finding, row["pages"], row["clusters"], row["sample"], row["first"]
            )
        elif role == "container":
            layouts[number] = Layout(number, row["sample"], row["pages"], taught=bool(row["is_proved"]))
        else:
            side = "starts" if role == "start" else "ends"
            keys = getattr(layouts[number], side) | {row["fingerprint"]}
            layouts[number] = replace(layouts[number], **{side: keys})
    known = tuple(layouts[n] for n in sorted(layouts))
    return Template(site, entries, known, conventions.from_rows(habits))
