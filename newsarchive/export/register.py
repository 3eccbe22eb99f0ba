"""The register of what is withheld, to publish: as CSV, as JSON, or as one page of HTML without script and style of others.

A reader who meets a gap in the archive finds here that an article is withheld, since when, and why. The register has
the address of the article and the digests of its versions, but none of its words. A person who holds a copy can show by
the digests which text it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from html import escape
from io import BytesIO
from typing import Any

from newsarchive.db.reading.hidden import Entry
from newsarchive.export.text import write_rows
from newsarchive.times import isoformat

#: The columns of the register. `identifiers` and `pages` are lists, one for each version.
COLUMNS = (
    "url", "site", "state", "reason", "decided_by", "since", "until", "ended_at", "identifiers", "pages",
)  # fmt: skip
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #999;padding:.4rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}td.day{white-space:nowrap}code{font-size:.75rem}"
)


def csv(entries: Iterable[Entry]) -> str:
    """A line of names and a row an entry, as `newsarchive.export.text.write_rows` writes CSV."""
    out = BytesIO()
    write_rows(COLUMNS, map(row, entries), out)
    return out.getvalue().decode()


def to_json(entries: Iterable[Entry]) -> str:
    """A JSON document: an array with an object an entry, its versions with their digests."""
    found = []
    for entry in entries:
        own = asdict(entry)
        for name in ("since", "until", "ended_at"):
            own[name] = isoformat(own[name])
        del own["id"]
        found.append(own)
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def html(entries: Sequence[Entry]) -> str:
    """A page of HTML. Every text in it is escaped; it loads nothing."""
    rows = "\n".join(map(_html_row, entries))
    heads = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Address", "State", "Since", "Until", "Reason", "Versions")
    )
    table = f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Withheld</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Withheld</h1>\n"
        "<p>What this archive does not show, or does not hold any more, and why. A digest names a text or a page without "
        "its words: who has a copy can compute it again.</p>\n"
        f"{table if entries else '<p>Nothing is withheld.</p>'}\n</body>\n</html>\n"
    )


def row(entry: Entry) -> dict[str, Any]:
    """The columns of an entry."""
    own = {name: getattr(entry, name) for name in COLUMNS[:8]}
    return own | {
        "identifiers": [version.qualified for version in entry.versions],
        "pages": [version.payload_digest for version in entry.versions],
    }


def _html_row(entry: Entry) -> str:
    days = (f"{moment:%Y-%m-%d}" if moment else "" for moment in (entry.since, entry.until))
    state = entry.state + (f" on {entry.ended_at:%Y-%m-%d}" if entry.ended_at else "")
    by = f" ({escape(entry.decided_by)})" if entry.decided_by else ""
    versions = "<br>".join(
        f"{version.version}: <code>{escape(version.qualified)}</code>" for version in entry.versions
    )
    day_cells = "".join(f'<td class="day">{day}</td>' for day in days)
    return (
        f"<tr><td>{escape(entry.url)}</td><td>{escape(state)}</td>{day_cells}"
        f"<td>{escape(entry.reason)}{by}</td><td>{versions}</td></tr>"
    )


#: What a register can be written as.
FORMATS: dict[str, Callable[[Sequence[Entry]], str]] = {"csv": csv, "html": html, "json": to_json}
