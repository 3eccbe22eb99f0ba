"""What a site said of the use of a page when it was fetched: the record `Rights`. `core.discovery.rights` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Rights:
    """What was said, as it was said; () where nothing was.

    `refused_agents` are crawlers for mining and training that robots.txt keeps from this page. `directives` are those of
    `X-Robots-Tag` and `<meta name=robots>`, each with its place: "X-Robots-Tag: noai". `tdm` is what TDMRep says: "header: 1
    https://paper.example/policy". `content_usage` are preferences of IETF aipref: "robots.txt: train-ai=n". `licences` are URLs or
    names of licences. `reservations` are the places that reserve text and data mining: "TDMRep header".
    """

    refused_agents: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    tdm: tuple[str, ...] = ()
    content_usage: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return self != Rights()

    def __add__(self, other: Rights) -> Rights:
        """What both say, each word once."""
        both = {
            field.name: tuple(dict.fromkeys(getattr(self, field.name) + getattr(other, field.name)))
            for field in fields(self)
        }
        return Rights(**both)

    @property
    def tdm_reserved(self) -> bool | None:
        """Whether text and data mining is reserved: by any of the places, for a reservation must not be overlooked. `None` where
        nothing was said of it."""
        if self.reservations:
            return True
        return False if self.tdm or self.content_usage else None

    def as_json(self) -> dict[str, Any]:
        """The record without what is empty."""
        return {name: list(value) for name, value in asdict(self).items() if value}


def rights_from(stored: Mapping[str, Any] | None) -> Rights | None:
    """The record of `as_json`; `None` for nothing."""
    return Rights(**{name: tuple(value) for name, value in stored.items()}) if stored else None
