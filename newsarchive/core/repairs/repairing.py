"""Repair every text of an article, with the page's vote behind each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from newsarchive.edits import Edit, Repaired

if TYPE_CHECKING:
    from newsarchive.items import Article, Block, Image

_FIELDS = ("headline", "alternative_headline", "description", "article_section", "publisher")


def texts_of(article: Article) -> dict[str, str]:
    """Where → text, for each text of an article that a reader sees; the order is fixed."""
    texts = {name: getattr(article, name) for name in _FIELDS}
    texts |= {f"authors/{i}": author.name for i, author in enumerate(article.authors)}
    texts |= {f"keywords/{i}": word for i, word in enumerate(article.keywords)}
    if article.image:
        texts |= {"image/caption": article.image.caption, "image/credit": article.image.credit}
    texts |= {f"blocks/{i}": block.text for i, block in enumerate(article.blocks)}
    return {where: text for where, text in texts.items() if text}


def with_texts(article: Article, repaired: Mapping[str, Repaired]) -> Article:
    """The article with its texts repaired, the edits and the damage of all of them noted."""
    damage = tuple(dict.fromkeys(word for r in repaired.values() for word in r.damage))
    changed = {where: r for where, r in repaired.items() if r.edits}
    if not changed and not damage:
        return article
    edits = [replace(e, where=where) for where, r in changed.items() for e in r.edits]
    flags = tuple(dict.fromkeys((*article.quality.flags, *(f"damaged text: {word}" for word in damage))))
    article = replace(
        article,
        edits=(*article.edits, *edits),
        damage=tuple(dict.fromkeys((*article.damage, *damage))),
        quality=replace(article.quality, flags=flags),
    )
    return _language(_with_blocks(replace(article, **_plain(article, changed)), changed))


def _language(article: Article) -> Article:
    """The language once more: damaged text misleads the detector."""
    from newsarchive.core.text.language import finish_language

    declared = next((c.value for c in article.candidates if c.field == "in_language" and c.chosen), "")
    found, source = finish_language(article.article_body[:5000], declared)
    return replace(article, in_language=found, in_language_source=source)


def _plain(article: Article, changed: Mapping[str, Repaired]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: changed[name].text for name in _FIELDS if name in changed}
    fields["authors"] = tuple(
        replace(author, name=_text(changed, f"authors/{i}", author.name))
        for i, author in enumerate(article.authors)
    )
    fields["keywords"] = tuple(_text(changed, f"keywords/{i}", w) for i, w in enumerate(article.keywords))
    fields["image"] = _image(article.image, changed)
    return fields


def _image(image: Image | None, changed: Mapping[str, Repaired]) -> Image | None:
    if image is None:
        return None
    caption = _text(changed, "image/caption", image.caption)
    return replace(image, caption=caption, credit=_text(changed, "image/credit", image.credit))


def _text(changed: Mapping[str, Repaired], where: str, text: str) -> str:
    return changed[where].text if where in changed else text


def _with_blocks(article: Article, changed: Mapping[str, Repaired]) -> Article:
    blocks = [_block(b, changed.get(f"blocks/{i}")) for i, b in enumerate(article.blocks)]
    in_order = [
        e for i in range(len(blocks)) if f"blocks/{i}" in changed for e in changed[f"blocks/{i}"].edits
    ]
    return article.with_blocks(blocks, article_html=follow(article.article_html, in_order))


def _block(block: Block, repaired: Repaired | None) -> Block:
    if repaired is None:
        return block
    links = tuple((follow(text, repaired.edits), url) for text, url in block.links)
    return replace(block, text=repaired.text, html=follow(block.html, repaired.edits), links=links)


def follow(copy: str, edits: Iterable[Edit]) -> str:
    """Make the same changes in a copy of a text, or of a part of it, that has markup in between.

    An edit whose text does not stand in the copy (after the one before) is passed over.
    """
    out, at = [], 0
    for edit in edits:
        found = copy.find(edit.before, at)
        if found >= 0:
            out += [copy[at:found], edit.after]
            at = found + len(edit.before)
    return "".join([*out, copy[at:]])
