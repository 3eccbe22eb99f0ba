"""Counts over the whole archive, made in the background now and then and not for every page."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from newsarchive.exceptions import DatabaseError

T = TypeVar("T")

log = logging.getLogger(__name__)

#: A value is made anew after so many seconds at the soonest, and so many times as long as making it took:
#: counting costs a large archive a twentieth of one core at most.
LEAST_SECONDS = 30.0
TIMES_ITS_COST = 20.0
#: Values kept at a time, one a site: the one that was asked for longest ago goes.
MOST = 500


@dataclass
class _Entry(Generic[T]):
    value: T | None = None
    made_at: float = 0.0
    cost: float = 0.0
    running: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def is_old(self, now: float) -> bool:
        return now - self.made_at > max(LEAST_SECONDS, TIMES_ITS_COST * self.cost)


class Remembered(Generic[T]):
    """Values by key, each made by `make(key)` in a thread; readers get the last one at once."""

    def __init__(self, make: Callable[[Hashable], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._entries: dict[Hashable, _Entry[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable = None, wait: float = 1.0) -> T | None:
        """The value, perhaps an old one while a new one is made; `None` where the first takes longer than
        `wait` seconds. What `make` raises on purpose is logged, and tried again on the next call."""
        with self._lock:
            entry = self._entries.pop(key, None) or _Entry()
            self._entries[key] = entry  # the newest last
            while len(self._entries) > MOST:
                self._entries.pop(next(iter(self._entries)))
            start = not entry.running and (entry.value is None or entry.is_old(self._clock()))
            if start:
                entry.running = True
                entry.done = threading.Event()
        if start:
            threading.Thread(target=self._fill, args=(key, entry), daemon=True).start()
        if entry.value is None:
            entry.done.wait(wait)
        return entry.value

    def _fill(self, key: Hashable, entry: _Entry[T]) -> None:
        before = self._clock()
        try:
            entry.value = self._make(key)
        except DatabaseError as error:
            log.warning("%s", error)
        finally:
            entry.made_at = self._clock()
            entry.cost = entry.made_at - before
            entry.running = False
            entry.done.set()
