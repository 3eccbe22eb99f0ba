"""What a page would take from a stored article, and which other posts of its site may say whether that is an edit.

An edit keeps most of a text. Where less than half is left, the page may be another one: the blog died, and its host answers each
address with a shop. Where a part is left and nothing else came, it may be a beginning: a wall stands before the rest, or a
new theme shows excerpts. `newsarchive.crawling.other_addresses` finds out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from newsarchive.core.near_duplicates.fingerprint import likeness, shingles
from newsarchive.core.text.normalise import normalised_bodies
from newsarchive.core.urls import url_key
from newsarchive.db.readonly import reading
from newsarchive.db.rows import signature_of
from newsarchive.items import Article

#: Share of equal values in two MinHash signatures (0 to 1). At or above it two texts are one, with the words of the address in it, or
#: with an edit; so it is for two under one canonical URL, and for one with the platform's id of a withheld post. Two posts of a blog
#: that writes in set phrases may have a third in common, and so may a post and a list of posts.
MIN_SAME = 0.5
#: Share of a stored text's characters (0 to 1). A page with more of them was not cut to a beginning.
MAX_CUT_SHARE = 0.5
#: Share of a short text's shingles that stand in the stored one (0 to 1). With less it is another text; the rest may be a notice that
#: asks to log in.
MIN_OLD_SHARE = 0.5
#: Posts of the site among which others are looked for. Of a site whose texts are lost already, all of them have the new text.
MAX_OTHERS = 20

_STORED = """
    SELECT a.id, a.site_id, a.content_hash, a.minhash, a.article_body, r.payload_digest
    FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id WHERE a.url_key = :key
"""
_OTHERS = """
    SELECT url, content_hash, minhash, article_body FROM articles
    WHERE site_id = :site AND id <> :id AND gone_at IS NULL ORDER BY last_seen_at DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and what tells whether two of them are one."""

    body: str
    content_hash: str
    minhash: Sequence[int]

    def likeness(self, other: Text) -> float:
        """From 0 to 1; 0 for different texts of fewer words than a signature takes."""
        if self.content_hash == other.content_hash != "":
            return 1.0
        return likeness(self.minhash, other.minhash)

    def is_one_with(self, other: Text) -> bool:
        return self.likeness(other) >= MIN_SAME

    def is_cut_from(self, other: Text) -> bool:
        """Whether this is a part of the other text, less than half of it, with hardly anything else."""
        if not self.body or len(self.body) > MAX_CUT_SHARE * len(other.body):
            return False
        own, whole = (set(shingles(body).tolist()) for body in normalised_bodies([self.body, other.body]))
        return bool(own) and len(own & whole) >= MIN_OLD_SHARE * len(own)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A page that takes much from a stored article: all of it, or all but its beginning (`is_cut`). `others` are the stored texts of
    posts of the site, by address, the newest first."""

    is_cut: bool
    others: Mapping[str, Text]


def text_of(article: Article) -> Text:
    return Text(article.article_body, article.content_hash, article.minhash)


def doubt_of(engine: Engine, article: Article) -> Doubt | None:
    """What is doubtful of an article that was read at the address of a stored one; `None` for a new one, or one whose stored text is
    kept for the most part. The same bytes are no doubt: then only the reading differs.

    Where it may be one page for all, the other texts are neither the old text nor the new one.
    """
    new = text_of(article)
    if not new.content_hash:
        return None
    with reading(engine) as reader:
        rows = reader.rows(_STORED, {"key": url_key(article.url)})
        old = _text(rows[0]) if rows else None
        if old is None or not old.content_hash or old.content_hash == new.content_hash:
            return None
        if article.capture is not None and article.capture.digest == rows[0]["payload_digest"]:
            return None
        is_cut = new.is_cut_from(old)
        if not is_cut and new.is_one_with(old):
            return None
        values = {"site": rows[0]["site_id"], "id": rows[0]["id"], "most": MAX_OTHERS}
        others = {row["url"]: _text(row) for row in reader.rows(_OTHERS, values)}
    if not is_cut:
        others = {u: t for u, t in others.items() if not (t.is_one_with(new) or t.is_one_with(old))}
    return Doubt(is_cut, others)


def _text(row: dict[str, Any]) -> Text:
    return Text(row["article_body"] or "", row["content_hash"], signature_of(row["minhash"]))
