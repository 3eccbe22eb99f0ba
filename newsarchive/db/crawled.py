"""What a run of a crawl says in its row: the site that it crawled, and whether it reached it.

    crawled_site({"url": "https://blog.example/feed"})  # 'blog.example'

Both are columns of `crawl_runs`, written with the run: the days on which a site was crawled come from an index alone, where the
arguments and figures of each run had to be read for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from newsarchive.core.urls import site_of
from newsarchive.exceptions import NewsArchiveError

#: Stats of a run in which the site could not be crawled begin so.
FAILED_STATS = ("site_error", "site_left/")


def crawled_site(arguments: Mapping[str, Any] | str) -> str:
    """The site that the arguments of a run name, also where they are given as JSON; "" for none.

    >>> crawled_site('{"site": "blog.example"}'), crawled_site({"path": "pages.warc.gz"})
    ('blog.example', '')
    """
    given: Mapping[str, Any] = json.loads(arguments) if isinstance(arguments, str) else arguments
    named = str(given.get("url") or given.get("site") or "")
    try:
        return site_of(named if "://" in named else f"https://{named}/") if named else ""
    except (NewsArchiveError, ValueError):
        return ""


def has_reached(stats: Iterable[str]) -> bool:
    """Whether a run that was finished with these stats could crawl its site."""
    return not any(key.startswith(FAILED_STATS) for key in stats)
