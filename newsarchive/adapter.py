"""How Scrapy sees an `Article`: by the fields that are for people, whether or not a project says which to export.

Without this an exporter or `scrapy parse` would take the record's attributes: blocks, bytes, and numbers for
machines. Importing the module registers it with itemadapter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, KeysView
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from itemadapter import ItemAdapter
from itemadapter.adapter import AdapterInterface

from newsarchive.export import plain
from newsarchive.items import Article

#: The fields of an exported article, in their order.
NAMES: tuple[str, ...] = (
    "url", "canonical_url", "headline", "alternative_headline", "description", "authors", "date_published",
    "date_modified", "in_language", "article_section", "keywords", "image", "publisher", "is_based_on",
    "is_accessible_for_free", "article_body", "word_count", "origin", "edits", "quality", "damage", "content_hash",
)  # fmt: skip

_METADATA = {field.name: field.metadata for field in fields(Article)}


class ArticleAdapter(AdapterInterface):
    """An article as a mapping that can only be read: articles are frozen."""

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        return issubclass(item_class, Article)

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str]:
        return list(NAMES)

    @classmethod
    def get_field_meta_from_class(cls, item_class: type, field_name: str) -> MappingProxyType[str, Any]:
        return _METADATA[field_name]

    def field_names(self) -> KeysView[str]:
        return KeysView(dict.fromkeys(NAMES))

    def __getitem__(self, field_name: str) -> Any:
        if field_name not in NAMES:
            raise KeyError(field_name)
        found = getattr(self.item, field_name)
        return found if "serializer" in _METADATA[field_name] else plain(found)

    def __setitem__(self, field_name: str, new: Any) -> None:
        raise TypeError(_FROZEN.format(field_name))

    def __delitem__(self, field_name: str) -> None:
        raise TypeError(_FROZEN.format(field_name))

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


_FROZEN = "{}: an Article is frozen; return dataclasses.replace(article, …) from the pipeline instead"


if ArticleAdapter not in ItemAdapter.ADAPTER_CLASSES:
    ItemAdapter.ADAPTER_CLASSES = deque([ArticleAdapter, *ItemAdapter.ADAPTER_CLASSES])
