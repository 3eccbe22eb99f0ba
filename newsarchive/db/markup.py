"""The markup of a version in few bytes: the HTML of its text, and for each dropped line where it stood in its page.

A real page drops 160 lines. Their paths, `html/body.home.blog/div#page.site/…/ul#menu/li`, are 100 KB, their links 10 KB,
and its HTML is 15 KB: `packed` makes 5 KB of all that. What people look for with SQL is not in here: the text of a
line, its kind and the rule that left it out are columns (`db.models.articles`).

The format: the HTML, a zero byte, and a JSON list of `[paths, path, element, level, links]`. `paths` has each path once,
the other lists a value for each dropped line in its order: the number of its path, its element, its level and its links.
The links are a URL alone where the whole line is one link. All is packed, with the text of the article as dictionary:
the HTML repeats it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from newsarchive.compression import compress, decompress
from newsarchive.db.values import storable
from newsarchive.items import Block

#: Bytes at the end of a text that are the dictionary. Deflate, which packed older archives, looks back at no more.
MAX_DICTIONARY_BYTES = 32_768

Links = tuple[tuple[str, str], ...]


class Spot(NamedTuple):
    """Where a dropped line stood, with `path`, `kind`, `level` and `links` as in `items.Block`."""

    path: str
    kind: Any
    level: int
    links: Links


def packed(html: str, dropped: Sequence[Block], body: str) -> bytes | None:
    """The markup of a version with this text (`body`); `None` where there is none."""
    if not html and not dropped:
        return None
    numbers: dict[str, int] = {}
    path = [numbers.setdefault(block.path, len(numbers)) for block in dropped]
    lists = (
        [storable(one) for one in numbers],
        path,
        [block.kind for block in dropped],
        [block.level for block in dropped],
        [_links(block) for block in dropped],
    )
    text = json.dumps(lists, ensure_ascii=False, separators=(",", ":"))
    data = storable(html).encode() + b"\0" + text.encode("utf-8", "surrogatepass")
    return compress(data, dictionary=_dictionary(body))


def unpacked(stored: bytes | None, body: str, dropped: Sequence[str]) -> tuple[str, list[Spot]]:
    """The HTML of a version and the spots of its dropped lines, from its text and theirs, as they are stored."""
    if stored is None:
        return "", []
    html, _, lists = decompress(stored, _dictionary(body)).partition(b"\0")
    paths, *columns = json.loads(lists.decode("utf-8", "surrogatepass"))
    spots = [
        Spot(paths[path], kind, level, _read_links(links, line))
        for path, kind, level, links, line in zip(*columns, dropped, strict=True)
    ]
    return html.decode(), spots


def _dictionary(body: str) -> bytes:
    return body.encode()[-MAX_DICTIONARY_BYTES:]


def _links(block: Block) -> Any:
    """The links of a line: the URL alone where the whole line is one link, as most lines of a menu are."""
    if len(block.links) == 1 and block.links[0][0] == block.text == storable(block.text):
        return block.links[0][1]
    return block.links


def _read_links(links: Any, line: str) -> Links:
    return ((line, links),) if isinstance(links, str) else tuple((text, url) for text, url in links)
