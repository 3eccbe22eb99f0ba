"""Which stored article a page would replace wholly, and which other posts of its site may say what that page is.

An edit keeps something of a text. Where nothing is left, the page may be another one: the blog died, and its host answers each
address with a shop; or a wall stands before all posts. `newsarchive.crawling.one_page` finds out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from newsarchive.core.near_duplicates.fingerprint import likeness
from newsarchive.core.urls import url_key
from newsarchive.db.readonly import reading
from newsarchive.db.rows import minhash_of
from newsarchive.items import Article

#: Share of equal values in two MinHash signatures (0 to 1). Below it next to nothing of a text is left: two posts of a blog that writes
#: in set phrases may have a quarter in common. A higher number asks sites more often, and refuses no more pages.
MAX_LEFT = 0.3
#: The same for two texts that are one: at or above it, one page was given for both addresses, with the words of the address in it.
MIN_SAME = 0.5
#: Posts of the site among which others are looked for. Of a site whose texts are lost already, all of them have the new text.
MAX_OTHERS = 20

_STORED = "SELECT id, site_id, content_hash, minhash FROM articles WHERE url_key = :key"
_OTHERS = """
    SELECT url, content_hash, minhash FROM articles
    WHERE site_id = :site AND id <> :id AND gone_at IS NULL ORDER BY last_seen_at DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Text:
    """What tells whether two texts are one."""

    content_hash: str
    minhash: Sequence[int]

    def likeness(self, other: Text) -> float:
        """From 0 to 1; 0 for different texts of fewer words than a signature takes."""
        if self.content_hash == other.content_hash != "":
            return 1.0
        return likeness(self.minhash, other.minhash)

    def is_one_with(self, other: Text) -> bool:
        return self.likeness(other) >= MIN_SAME

    def has_nothing_of(self, other: Text) -> bool:
        return self.likeness(other) < MAX_LEFT


def text_of(article: Article) -> Text:
    return Text(article.content_hash, article.minhash)


def others_of_replaced(engine: Engine, article: Article) -> list[str] | None:
    """The addresses of other posts of its site, if the stored text of this article has nothing of the new one; otherwise `None`.

    The stored texts of those posts have nothing of the new text and nothing of the article's old one.
    """
    new = text_of(article)
    if not new.content_hash:
        return None
    with reading(engine) as reader:
        rows = reader.rows(_STORED, {"key": url_key(article.url)})
        if not rows or not _text(rows[0]).content_hash or not new.has_nothing_of(_text(rows[0])):
            return None
        old = _text(rows[0])
        values = {"site": rows[0]["site_id"], "id": rows[0]["id"], "most": MAX_OTHERS}
        others = [(row["url"], _text(row)) for row in reader.rows(_OTHERS, values)]
    return [url for url, text in others if text.has_nothing_of(new) and text.has_nothing_of(old)]


def _text(row: dict[str, Any]) -> Text:
    return Text(row["content_hash"], minhash_of(row["minhash"]))
