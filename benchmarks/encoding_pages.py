"""Which texts of real pages repair changes: `python -m benchmarks.encoding_pages FOLDER... [--quiet]`.

Real pages are right, but for a few. So every text of them is tried, not only the article: titles, menus, captions, `alt` texts, labels, values of
metadata. All changes are printed, to be read: a change of right text is the worst that repair can do. A last line counts, by language,
pages, texts and changed texts.

    python -m benchmarks.encoding_pages ../shared/data/articles ../shared/data/snippets ../shared/data/older
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from newsarchive import rules
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.encoding.step import repair_texts

#: Attributes that hold text for people.
ATTRIBUTES = ("alt", "title", "content", "placeholder", "value")
#: Characters of an attribute; a longer one holds data, not text.
MAX_ATTRIBUTE_CHARACTERS = 2_000
#: Elements whose text is no text for people.
NO_TEXT = ("script", "style", "noscript")


def texts_of(root: html.HtmlElement) -> Iterator[str]:
    """The texts of a page, white space folded: those of elements, without what their children hold, and of attributes."""
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in NO_TEXT:
            continue
        own = [element.get(name) or "" for name in ATTRIBUTES]
        own = [value for value in own if len(value) <= MAX_ATTRIBUTE_CHARACTERS]
        own.append(" ".join([element.text or "", *(child.tail or "" for child in element)]))
        yield from filter(None, (" ".join(text.split()) for text in own))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders with pages/ID.html.gz, at any depth")
    parser.add_argument("--quiet", action="store_true", help="print the counts alone")
    options = parser.parse_args()
    pages, tried, changed = Counter[str](), Counter[str](), Counter[str]()
    for path in sorted(path for folder in options.folders for path in folder.glob("**/pages/*.html.gz")):
        text = decode(gzip.decompress(path.read_bytes()), "text/html").text
        parser_of_utf8 = html.HTMLParser(encoding="utf-8", huge_tree=True)
        root = html.document_fromstring(text.encode("utf-8", "replace") or b"<p>", parser=parser_of_utf8)
        language = (root.get("lang") or "?")[:2].lower()
        texts = list(texts_of(root))
        pages[language] += 1
        tried[language] += len(texts)
        for repaired in repair_texts(texts, rules.default()):
            changed[language] += bool(repaired.edits)
            for edit in () if options.quiet else repaired.edits:
                print(
                    f"{path.name} {edit.before!r} {edit.after!r} {edit.evidence} {edit.rule}: {repaired.text[:80]!r}"
                )
    counts = (f"{name} {pages[name]:,} {tried[name]:,} {changed[name]:,}" for name, _ in pages.most_common())
    print(
        f"pages, texts, changed texts: all {pages.total():,} {tried.total():,} {changed.total():,};",
        "; ".join(counts),
    )


if __name__ == "__main__":
    main()
