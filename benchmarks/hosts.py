"""Host names for blogs on loopback: archivers that refuse bare IP addresses can be measured too.

No file of the machine is changed. In this process `named` answers for the names; a Scrapy process gets
`-s DNS_RESOLVER=benchmarks.hosts.Resolver` and the environment variable.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed

VARIABLE = "NEWSARCHIVE_BENCH_HOSTS"


@contextlib.contextmanager
def named(hosts: Mapping[str, str]) -> Iterator[None]:
    """Let host names stand for loopback addresses, here and (by the environment) in child processes."""
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        return original(hosts.get(host, host), *args, **kwargs)

    os.environ[VARIABLE] = json.dumps(dict(hosts))
    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = original
        del os.environ[VARIABLE]


class Resolver(CachingThreadedResolver):
    """Scrapy's resolver, which knows our names first."""

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:
        known = json.loads(os.environ.get(VARIABLE, "{}"))
        return succeed(known[name]) if name in known else super().getHostByName(name, timeout)
