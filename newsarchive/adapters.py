"""How Scrapy sees an `Article`: as its flat row, with the names and shapes of `newsarchive.fields`.

`scrapy crawl news -O articles.jsonl` writes what `newsarchive export` writes, as far as it is known before an
article is stored, and a pipeline of a project of one's own reads `ItemAdapter(article)["origin_domain"]`. Without
this an exporter would take the record's attributes: blocks, bytes and an origin within the origin.

Importing the module registers it with itemadapter.

How Scrapy sees what is on its way to becoming an article: a `Response`, a `Capture`, a `Page`, without its bytes.

A spider may yield a response. Scrapy itself takes none for an item, so that `scrapy parse` and exporters would end
with an error at it; at a capture or a page they would print the whole body. Importing the module registers it with
itemadapter.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, KeysView, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

from itemadapter import ItemAdapter
from itemadapter.adapter import AdapterInterface
from scrapy.exporters import CsvItemExporter
from scrapy.http import Response

from newsarchive.export.text import SEPARATOR, cell
from newsarchive.fields import CRAWLED, FIELDS, Field, value
from newsarchive.items import Article, Capture, Page
from newsarchive.times import isoformat

#: The fields of a row, in their order.
NAMES: tuple[str, ...] = tuple(field.name for field in CRAWLED)

_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}


class ArticleAdapter(AdapterInterface):
    """An article as a mapping that can only be read: articles are frozen.

    Iterating gives the flat row. Details (`edits`, `blocks`, `origin_evidence` …) come when they are asked for by
    name, so that `FEED_EXPORT_FIELDS` may name them.
    """

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        return issubclass(item_class, Article)

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str]:
        return list(NAMES)

    @classmethod
    def get_field_meta_from_class(cls, item_class: type, field_name: str) -> MappingProxyType[str, Any]:
        kind = _field(field_name).kind
        if kind == "moment":
            return MappingProxyType({"serializer": isoformat})
        return MappingProxyType({"serializer": _plain} if kind == "records" else {})

    def field_names(self) -> KeysView[str]:
        return KeysView(dict.fromkeys(NAMES))

    def __getitem__(self, field_name: str) -> Any:
        return value(self.item, _field(field_name))

    def __setitem__(self, field_name: str, new: Any) -> None:
        raise TypeError(_FROZEN.format(field_name))

    def __delitem__(self, field_name: str) -> None:
        raise TypeError(_FROZEN.format(field_name))

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


_FROZEN = "{}: an Article is frozen; return dataclasses.replace(article, …) from the pipeline instead"


def _field(name: str) -> Field:
    """The field of a name. Raises `KeyError`."""
    return _BY_NAME[name]


def _plain(records: Any) -> Any:
    from newsarchive.export import plain

    return plain(records)


class ArticleCsvExporter(CsvItemExporter):
    """Scrapy's CSV with the cells of `newsarchive export`: lists, flags, and texts that are no formulas.

    A file begins with a byte order mark, so that Excel reads it right; standard output does not.
    """

    def __init__(self, file: BytesIO, **options: Any) -> None:
        if file is not sys.stdout.buffer and (options.get("encoding") or "utf-8").lower() == "utf-8":
            options["encoding"] = (
                "utf-8-sig"  # writes its mark at the very beginning, and none where `-o` goes on
            )
        options.setdefault("join_multivalued", SEPARATOR)
        super().__init__(file, **options)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        return cell(super().serialize_field(field, name, value))


if ArticleAdapter not in ItemAdapter.ADAPTER_CLASSES:
    ItemAdapter.ADAPTER_CLASSES = deque([ArticleAdapter, *ItemAdapter.ADAPTER_CLASSES])


#: What a person sees of a capture, and how it is had.
CAPTURE: Mapping[str, Callable[[Any], Any]] = {
    "url": lambda capture: capture.url,
    "final_url": lambda capture: capture.base_url,
    "status": lambda capture: capture.status,
    "content_type": lambda capture: capture.content_type,
    "fetched_at": lambda capture: capture.fetched_at,
    "size_bytes": lambda capture: len(capture.body),
}


def _of_capture(value: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda page: value(page.capture)


PAGE: Mapping[str, Callable[[Any], Any]] = {
    **{name: _of_capture(value) for name, value in CAPTURE.items()},
    "charset_declared": lambda page: page.charset_declared,
    "charset_used": lambda page: page.charset_used,
}
RESPONSE: Mapping[str, Callable[[Any], Any]] = {
    "url": lambda response: response.url,
    "status": lambda response: response.status,
    "content_type": lambda response: (response.headers.get("Content-Type") or b"").decode("latin-1"),
    "size_bytes": lambda response: len(response.body),
}


class ReceivedAdapter(AdapterInterface):
    """A record as a mapping that can only be read."""

    SHOWN: Mapping[type, Mapping[str, Callable[[Any], Any]]] = {
        Capture: CAPTURE,
        Page: PAGE,
        Response: RESPONSE,
    }

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        return issubclass(item_class, tuple(cls.SHOWN))

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str]:
        return list(cls._of(item_class))

    @classmethod
    def _of(cls, item_class: type) -> Mapping[str, Callable[[Any], Any]]:
        return next(shown for kind, shown in cls.SHOWN.items() if issubclass(item_class, kind))

    def field_names(self) -> KeysView[str]:
        return KeysView(dict.fromkeys(self))

    def __getitem__(self, field_name: str) -> Any:
        return self._of(type(self.item))[field_name](self.item)

    def __setitem__(self, field_name: str, new: Any) -> None:
        raise TypeError(f"{field_name}: a {type(self.item).__name__} stays as it was received")

    def __delitem__(self, field_name: str) -> None:
        raise TypeError(f"{field_name}: a {type(self.item).__name__} stays as it was received")

    def __iter__(self) -> Iterator[str]:
        return iter(self._of(type(self.item)))

    def __len__(self) -> int:
        return len(self._of(type(self.item)))


if ReceivedAdapter not in ItemAdapter.ADAPTER_CLASSES:
    ItemAdapter.ADAPTER_CLASSES = deque([ReceivedAdapter, *ItemAdapter.ADAPTER_CLASSES])
