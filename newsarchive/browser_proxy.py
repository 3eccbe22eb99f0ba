"""The proxy through which the browser of a crawl connects, so that no page leads it into a private network.

Chromium resolves names and follows redirects by itself, where nobody could judge an address. So it is given a proxy, in the
process of the crawl: it resolves a host, judges the address, and connects to that very address. Where the user has a proxy
of their own, Chromium takes that one, and this one is not used.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

#: Bytes of the head of a request; one with more is not answered.
MAX_HEAD_BYTES = 64 * 1024
#: Bytes that are passed on at once.
CHUNK_BYTES = 64 * 1024
#: Seconds for connecting; a host that takes longer counts as one that does not answer.
CONNECT_SECONDS = 30.0

Permits = Callable[[str, int, str], bool]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class BrowserProxy:
    """Listens on loopback from the moment it is made; answers once `start` was called, in the running event loop.

    `permits` says of host, port and IP address whether a connection may be made.
    """

    def __init__(self, permits: Permits) -> None:
        self.permits = permits
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, sock=self.socket, limit=MAX_HEAD_BYTES)

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
        self.socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.rstrip("\r\n").split("\r\n")
            method, target, version = line.split(" ")
            parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host, port = parts.hostname or "", parts.port or 80
            other = await self._connect(host, port)
            if other is None:
                writer.write(
                    b"HTTP/1.1 403 Private address\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            else:
                if method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                else:
                    # One request a connection: the next one may be for another host.
                    kept = [
                        f for f in fields if f.split(":")[0].lower() not in ("connection", "proxy-connection")
                    ]
                    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                    lines = [f"{method} {path} {version}", *kept, "Connection: close", "", ""]
                    other[1].write("\r\n".join(lines).encode("latin-1"))
                await asyncio.gather(_pass_on(reader, other[1]), _pass_on(other[0], writer))
        except (
            OSError,
            ValueError,
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ) as error:
            logger.debug("a request of the browser failed: %s", error)
        finally:
            writer.close()

    async def _connect(self, host: str, port: int) -> Streams | None:
        """A connection to an address of the host that may be connected to, `None` where none may be."""
        loop = asyncio.get_running_loop()
        for *_, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if self.permits(host, port, str(address[0])):
                return await asyncio.wait_for(asyncio.open_connection(str(address[0]), port), CONNECT_SECONDS)
        logger.warning("%s: the browser is not let into a private network", host)
        return None


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end."""
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()
