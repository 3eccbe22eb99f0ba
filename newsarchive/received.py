"""How Scrapy sees what is on its way to becoming an article: a `Response`, a `Capture`, a `Page`, without its bytes.

A spider may yield a response. Scrapy itself takes none for an item, so that `scrapy parse` and exporters would end
with an error at it; at a capture or a page they would print the whole body. Importing the module registers it with
itemadapter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, KeysView, Mapping
from typing import Any

from itemadapter import ItemAdapter
from itemadapter.adapter import AdapterInterface
from scrapy.http import Response

from newsarchive.items import Capture, Page

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
