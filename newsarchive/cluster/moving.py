"""Moves the WARC files that a worker's spiders finish up into object storage, where the setting `warc` is an address.

The spiders leave this to the worker: so not each of them imports the libraries for it, and a file that a killed spider
left open gets its name and is moved as well. Files that the storage does not take wait on this machine, and are tried
again each minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from newsarchive import config
from newsarchive.exceptions import NewsArchiveError
from newsarchive.warc.files import own_folders
from newsarchive.warc.moving import settle

#: Seconds between two looks for finished files. A look also follows each job.
SECONDS = 60.0


class Mover:
    """Moves files until it is closed. `tell` prints a line for people."""

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        held = config.load()
        self.folders = own_folders(held["warc"], url, held["warc_staging"])
        self.tell, self.finished, self.problem = tell, asyncio.Event(), ""
        self.task = asyncio.get_running_loop().create_task(self._run())

    def look(self) -> None:
        """Look at once, because a job has ended."""
        self.finished.set()

    async def _run(self) -> None:
        while True:
            await self._move()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.finished.wait(), SECONDS)
            self.finished.clear()

    async def _move(self) -> None:
        problem = ""
        try:
            await asyncio.to_thread(settle, self.folders)
        except (NewsArchiveError, OSError) as error:
            problem = str(error)
        if problem and problem != self.problem:
            self.tell(problem)
        elif self.problem and not problem:
            self.tell("the WARC files that waited are moved")
        self.problem = problem

    async def close(self) -> None:
        """Move what the last jobs wrote, once, and end."""
        self.task.cancel()
        await asyncio.wait([self.task])
        await self._move()
