"""Features in words, for people who ask why a block was kept or dropped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

#: How feature names begin → what they are about; the first that fits.
FAMILIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("token_", "own_groups", "wrap_"), "names of the boxes around it"),
    (("in_",), "a telling word in those names"),
    (("under_", "depth", "kind", "level", "after_break"), "the elements it stands in"),
    (("main", "good"), "its place in the main container"),
    (("box_", "up"), "what else its container holds"),
    (("link", "wrap_link"), "links in and around it"),
    (("same_", "repeats"), "blocks of the same shape"),
    (("prose_", "position", "index", "page_"), "where on the page it stands"),
    (("title", "from_title", "has_title", "since_heading", "under_level"), "its distance from the headline"),
    (("declared",), "the article text that the page declares"),
    (("hidden",), "whether it is on the screen"),
    (("weight-", "weight+"), "the length of its neighbours"),
    (("",), "its own wording and length"),
)


def family(name: str) -> str:
    """What a feature is about."""
    return next(words for starts, words in FAMILIES if name.startswith(starts))


def spoken(parts: Mapping[str, float], top: int = 3) -> str:
    """The strongest reasons with their weight in nats.

    >>> spoken({"weight": 0.5, "words": 0.75, "token_own": -2.0}, top=2)
    '-2.0 names of the boxes around it, +1.2 its own wording and length'
    """
    total: defaultdict[str, float] = defaultdict(float)
    for name, value in parts.items():
        total[family(name)] += value
    order = sorted(total, key=lambda words: (-abs(total[words]), words))
    return ", ".join(f"{total[words]:+.1f} {words}" for words in order[:top])
