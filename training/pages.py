"""Folders of pages with truth, in the layout of `truth.jsonl` and `pages/ID.html.gz`.

`load` drops identical pages; `fold_of` puts all pages of a registered domain into one fold, so that
no model is ever judged on a site that it has seen.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from newsarchive.core.encoding.decoding import decode_step
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture, Page
from newsarchive.rules import Rules, default

FOLDS = 5


@dataclass(frozen=True)
class Example:
    """A page and what is known of it; `truth` is its line of `truth.jsonl`."""

    page: Page
    truth: dict[str, Any]
    domain: str

    @property
    def id(self) -> str:
        return str(self.truth["id"])

    @property
    def fold(self) -> int:
        return fold_of(self.domain)


def load(folder: Path, rules: Rules | None = None) -> list[Example]:
    """The pages of a folder in the order of their ids, identical ones once."""
    seen: set[bytes] = set()
    out = []
    for truth in sorted(_lines(folder / "truth.jsonl"), key=lambda t: str(t["id"])):
        body = gzip.decompress((folder / "pages" / f"{truth['id']}.html.gz").read_bytes())
        digest = hashlib.sha256(body).digest()
        if digest in seen:
            continue
        seen.add(digest)
        url = truth["url"] or ""
        out.append(Example(decoded(url, body, rules or default()), truth, domain_of(url) or str(truth["id"])))
    return out


def decoded(url: str, body: bytes, rules: Rules) -> Page:
    """The page as the pipeline decodes it; as UTF-8 where that refuses it."""
    capture = Capture(url, body, headers={"content-type": "text/html"})
    try:
        return decode_step(capture, rules)
    except NotAnArticle:
        return Page(capture, body.decode("utf-8", "replace"))


def digest_of(folder: Path) -> str:
    """A SHA-256 over the truth and all pages of a folder: what a model was trained on."""
    total = hashlib.sha256((folder / "truth.jsonl").read_bytes())
    for path in sorted((folder / "pages").glob("*.html.gz")):
        total.update(path.name.encode() + gzip.decompress(path.read_bytes()))
    return total.hexdigest()


def fold_of(domain: str) -> int:
    """The fold of a registered domain, from 0 to `FOLDS` - 1: by hash, so that it never moves."""
    return int(hashlib.sha256(domain.encode()).hexdigest(), 16) % FOLDS


def domain_of(url: str) -> str:
    """The registered domain (`blog.example.co.uk` -> `example.co.uk`) by the bundled suffix list."""
    return _suffixes()(url).top_domain_under_public_suffix or url


@cache
def _suffixes() -> Any:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)
