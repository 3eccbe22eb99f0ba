"""Packs what a page alone was read as, so that a template that is learned later costs no second reading of the page.

Example: page 4 of a new blog still has the blog's promo in its text, since four pages prove nothing. Page 34 proves it.
The article of page 4, as the steps left it before any template was applied, is unpacked, the new template is applied, and
the text is right. From the page's bytes the same takes forty times as long.

A reading belongs to one process and version of the program, and is never part of an archive: it is pickled, which is
the fastest, and unpacked by nobody else. Of its capture it has all but the bytes.
"""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from operator import attrgetter

from newsarchive.compression import compress, decompress
from newsarchive.items import Article, Block

#: Effort of Zstandard (1 to 22). Level 1 makes 18 KB of the 139 KB of a real page in 0.17 ms; level 3 makes 17 KB in 0.22.
COMPRESSION_LEVEL = 1

_columns = attrgetter(*(field.name for field in fields(Block)))


def pack_reading(article: Article) -> bytes:
    """An article as `core.steps.article_from` gives it, without its capture's bytes and its record for learning."""
    capture = article.capture.without_body() if article.capture else None
    plain = replace(article, blocks=(), capture=capture, seen=None)
    blocks = list(map(_columns, article.blocks))  # as tuples they take a third of the time of dataclasses
    return compress(pickle.dumps((plain, blocks), pickle.HIGHEST_PROTOCOL), COMPRESSION_LEVEL)


def unpack_reading(data: bytes) -> Article:
    """The article that `pack_reading` packed in this process."""
    plain, blocks = pickle.loads(decompress(data))
    article: Article = plain
    return replace(article, blocks=tuple(Block(*columns) for columns in blocks))
