"""What the sites of a test or a benchmark together show, without an archive: there `db.site_templates` asks the same of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from newsarchive.core.site_template.observations import Network, Observation, Window, elsewhere


def network(windows: Iterable[Window], heads: Mapping[int, Any] | None = None) -> Network:
    """Join the windows of all sites. Lines of one site alone are left out: its own template has them."""
    pages = [page for window in windows for page in window.pages.values()]
    seen: dict[int, list[Observation]] = defaultdict(list)
    named: dict[int, set[str]] = defaultdict(set)
    copies: dict[str, list[Observation]] = defaultdict(list)
    for page in pages:
        copies[page.cluster].append(page)
        for key in {k for line in page.lines if line.is_body for k in (line.key, line.form) if k}:
            seen[key].append(page)
        for line in page.lines:
            if line.names_origin:
                named[line.key].add(page.cluster)
    shared = {key: found for key, found in seen.items() if len({p.site for p in found}) > 1}
    keys = {key: elsewhere(found, copies, named[key]) for key, found in shared.items()}
    return Network(keys, heads or {})
