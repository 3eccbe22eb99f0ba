"""`scrapy` with a network that is made up, so that a test of the guard sends no packet to a private or a public address.

    python -m tests.support.patched_network TABLE.json crawl news -a url=http://blog.example

The table has `names` (host → list of addresses, given one after the other; the last stays; `FAILS` and `LATE` are no
addresses), `servers` (address → port of
127.0.0.1 that is connected to instead) and `log`, a file to which each address that Scrapy connects to is appended.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from newsarchive.private_networks import literal

#: In place of an address: the name server has none.
FAILS = "fails"
#: Before an address: the name server takes its time.
LATE = "late "
LATE_SECONDS = 3.0

Connect = Callable[..., Any]


def patch(table: dict[str, Any]) -> None:
    from twisted.internet._resolver import GAIResolver
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor

    names: dict[str, list[str]] = table["names"]
    real: Connect = AsyncioSelectorReactor.connectTCP

    def resolved(name: str) -> str:
        if address := literal(name):
            return address
        if name not in names:
            raise socket.gaierror(f"{name}: no such name in this test")
        answer = names[name].pop(0) if len(names[name]) > 1 else names[name][0]
        if answer == FAILS:
            raise socket.gaierror(f"{name}: no answer in this test")
        if answer.startswith(LATE):
            time.sleep(LATE_SECONDS)
        return answer.removeprefix(LATE)

    def connect(self: Any, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        with Path(table["log"]).open("a") as log:
            log.write(f"{host}\n")
        if host not in table["servers"]:
            raise OSError(f"{host}: nothing may be connected to there in this test")
        return real(self, "127.0.0.1", table["servers"][host], *args, **kwargs)

    def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        address = resolved(str(host))
        family, rest = (socket.AF_INET6, (0, 0)) if ":" in address else (socket.AF_INET, ())
        return [(family, socket.SOCK_STREAM, 6, "", (address, port, *rest))]

    def resolve(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._getaddrinfo = getaddrinfo
        return resolve_host_name(self, *args, **kwargs)

    resolve_host_name: Connect = GAIResolver.resolveHostName
    GAIResolver.resolveHostName = resolve  # type: ignore[method-assign]
    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
    AsyncioSelectorReactor.connectTCP = connect  # type: ignore[method-assign]


if __name__ == "__main__":
    patch(json.loads(Path(sys.argv[1]).read_text()))
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[2:]])
