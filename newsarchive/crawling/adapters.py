"""How Scrapy sees newsarchive's records: an `Article` as its flat row, the records before it without their bytes.

`scrapy crawl news -O articles.jsonl` writes what `newsarchive export` writes, as far as it is known before an article is
stored, and a pipeline of another project reads `ItemAdapter(article)["origin_domain"]`. Without this an exporter would
write the record's attributes: blocks, bytes, and an origin within the origin. A `Response`, `Capture` or `Page` is what
`scrapy parse` prints of a spider's items; without this it would end with an error, or print the whole body.

Importing the module registers both adapters with itemadapter.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, KeysView, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn

from itemadapter import ItemAdapter
from itemadapter.adapter import AdapterInterface
from scrapy.exporters import CsvItemExporter
from scrapy.http import Response

from newsarchive.export import plain
from newsarchive.export.text import cell
from newsarchive.fields import CRAWLED, FIELDS, Field, value
from newsarchive.items import Article, Capture, Page
from newsarchive.times import isoformat

#: The fields of a row, in their order.
NAMES: tuple[str, ...] = tuple(field.name for field in CRAWLED)

_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}


class _ReadOnlyAdapter(AdapterInterface):
    """A record as a mapping that cannot be changed. Subclasses give the field names of a class, and `REFUSAL`."""

    REFUSAL: ClassVar[str]

    def field_names(self) -> KeysView[str]:
        return KeysView(dict.fromkeys(self))

    def __setitem__(self, field_name: str, new: Any) -> None:
        self._refuse(field_name)

    def __delitem__(self, field_name: str) -> None:
        self._refuse(field_name)

    def _refuse(self, field_name: str) -> NoReturn:
        """Raises `KeyError` for a name that is no field, as itemadapter's own adapters do: Scrapy's pipelines of files and
        pictures set a field `files` or `images` on each item, and skip an item that has no such field."""
        kind = type(self.item).__name__
        if field_name not in self:
            raise KeyError(f"{kind} does not support field: {field_name}")
        raise TypeError(f"{field_name}: {self.REFUSAL.format(kind)}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.get_field_names_from_class(type(self.item)) or ())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class ArticleAdapter(_ReadOnlyAdapter):
    """An article as a mapping; iterating gives the fields of the flat row.

    Details (`edits`, `blocks`, `origin_evidence` …) are given when they are asked for by name, so that
    `FEED_EXPORT_FIELDS` may name them.
    """

    REFUSAL = "an Article is frozen; return dataclasses.replace(article, …) from the pipeline instead"

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        return issubclass(item_class, Article)

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str]:
        return list(NAMES)

    @classmethod
    def get_field_meta_from_class(cls, item_class: type, field_name: str) -> MappingProxyType[str, Any]:
        kind = _BY_NAME[field_name].kind
        if kind == "moment":
            return MappingProxyType({"serializer": isoformat})
        return MappingProxyType({"serializer": plain} if kind == "records" else {})

    def __getitem__(self, field_name: str) -> Any:
        return value(self.item, _BY_NAME[field_name])


class ArticleCsvExporter(CsvItemExporter):
    """Scrapy's CSV with the cells of `newsarchive export` (`export.text.cell`).

    A file begins with a byte order mark, by which Excel takes it for UTF-8; standard output does not.
    """

    def __init__(self, file: BytesIO, **options: Any) -> None:
        if file is not sys.stdout.buffer and (options.get("encoding") or "utf-8").lower() == "utf-8":
            # This codec writes the mark at the beginning of a file alone, not where `-o` appends to one.
            options["encoding"] = "utf-8-sig"
        #: Whether somebody chose what stands between the values of a list; Scrapy joins them then.
        self.is_separator_chosen = "join_multivalued" in options
        super().__init__(file, **options)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        if isinstance(value, list | tuple) and not (self.is_separator_chosen or "serializer" in field):
            return cell(value)
        return cell(super().serialize_field(field, name, value))


#: Field of a capture as a person sees it → the function that reads it.
CAPTURE: Mapping[str, Callable[[Any], Any]] = {
    "url": lambda capture: capture.url,
    "final_url": lambda capture: capture.base_url,
    "status": lambda capture: capture.status,
    "content_type": lambda capture: capture.content_type,
    "fetched_at": lambda capture: capture.fetched_at,
    "size_bytes": lambda capture: len(capture.body),
}


def _of_capture(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda page: read(page.capture)


#: The same for a page, with the fields of its capture.
PAGE: Mapping[str, Callable[[Any], Any]] = {
    **{name: _of_capture(read) for name, read in CAPTURE.items()},
    "charset_declared": lambda page: page.charset_declared,
    "charset_used": lambda page: page.charset_used,
}
#: The same for a response.
RESPONSE: Mapping[str, Callable[[Any], Any]] = {
    "url": lambda response: response.url,
    "status": lambda response: response.status,
    "content_type": lambda response: (response.headers.get("Content-Type") or b"").decode("latin-1"),
    "size_bytes": lambda response: len(response.body),
}


class ReceivedAdapter(_ReadOnlyAdapter):
    """A response, a capture or a page as a mapping, without its bytes."""

    REFUSAL = "a {} stays as it was received"
    FIELDS_BY_TYPE: Mapping[type, Mapping[str, Callable[[Any], Any]]] = {
        Capture: CAPTURE,
        Page: PAGE,
        Response: RESPONSE,
    }

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        return issubclass(item_class, tuple(cls.FIELDS_BY_TYPE))

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str]:
        return list(cls._readers(item_class))

    @classmethod
    def _readers(cls, item_class: type) -> Mapping[str, Callable[[Any], Any]]:
        return next(readers for kind, readers in cls.FIELDS_BY_TYPE.items() if issubclass(item_class, kind))

    def __getitem__(self, field_name: str) -> Any:
        return self._readers(type(self.item))[field_name](self.item)


ItemAdapter.ADAPTER_CLASSES = deque([ArticleAdapter, ReceivedAdapter, *ItemAdapter.ADAPTER_CLASSES])
