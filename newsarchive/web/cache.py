"""A cache of counts over the whole archive, which are made in the background and not for every page."""

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

#: Seconds for which a value is given without being made again.
MIN_AGE_SECONDS = 30.0
#: The same in times of the seconds that making the value took: counting takes a twentieth of one core at most, however
#: large the archive is.
MIN_AGE_IN_COSTS = 20.0
#: Values that are kept, one for each site; with more, the value that was asked for longest ago is dropped.
MAX_VALUES = 500


@dataclass
class _Entry(Generic[T]):
    value: T | None = None
    made_at: float = 0.0
    cost: float = 0.0
    running: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def is_old(self, now: float) -> bool:
        return now - self.made_at > max(MIN_AGE_SECONDS, MIN_AGE_IN_COSTS * self.cost)


class BackgroundCache(Generic[T]):
    """Values by key, each made by `make(key)` in a thread; readers get the last value at once."""

    def __init__(self, make: Callable[[Hashable], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._entries: dict[Hashable, _Entry[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable = None, wait: float = 1.0) -> T | None:
        """The value, an old one while a new one is made; `None` where the first takes longer than `wait` seconds.

        A `DatabaseError` of `make` is logged, and the next call tries again.
        """
        with self._lock:
            entry = self._entries.pop(key, None) or _Entry()
            self._entries[key] = entry  # the newest last
            while len(self._entries) > MAX_VALUES:
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
