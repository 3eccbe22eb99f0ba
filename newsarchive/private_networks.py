"""Which addresses are private, and which of them the user has opened.

The author of a page chooses where its links and redirects lead: to 127.0.0.1, to 10.0.0.7, to the metadata service of a
cloud at 169.254.169.254, or to a name that resolves there. A crawl stores and shows what it fetches. So such an address
is refused, unless the user named it, either as the site to crawl or in `NEWSARCHIVE_ALLOW_PRIVATE`. The metadata
services of clouds are opened by the setting alone.

The address of each connection is judged, not the name. A name is judged only where a proxy makes the connection and
resolves the name itself.
"""

from __future__ import annotations

import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from newsarchive.exceptions import PrivateAddress

SETTING = "NEWSARCHIVE_ALLOW_PRIVATE"
#: The word that opens every address.
ALL = "all"

#: The only IPv6 addresses that are routed on the internet (RFC 4291, 2.4).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Prefixes of IPv6 addresses that stand for an IPv4 address: compatible, mapped (RFC 4291, 2.5.5) and translated ones
#: (RFC 6052, 2.1).
_IPV4_INSIDE = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96")))
#: Domains that no public name server knows (RFC 6761; RFC 6762, 3 and G; RFC 8375).
_PRIVATE_DOMAINS = (
    "localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa",
)  # fmt: skip
#: Where clouds give the machine its secrets: link-local addresses (RFC 3927), and those of AWS and Alibaba besides. No
#: site is there, and a URL that leads there was mostly pasted from elsewhere. So naming it as a site does not open it;
#: only the setting does.
_METADATA: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("169.254.0.0/16"), IPv6Network("fd00:ec2::254/128"), IPv4Network("100.100.100.200/32"),
)  # fmt: skip
#: First words of the names of these services, where a proxy makes the connection.
_METADATA_NAMES = ("metadata", "instance-data")
_PORTS = {"http": 80, "https": 443}


def is_global(address: str) -> bool:
    """Whether an IP address is one of the internet; False for what is no IP address.

    >>> [is_global(a) for a in ("93.184.215.14", "127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "100.64.0.1")]
    [True, False, False, False, False]
    """
    try:
        found = _meant(ip_address(address))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found not in _GLOBAL_UNICAST:
        return False
    return found.is_global and not found.is_multicast


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _IPV4_INSIDE):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or address


def literal(host: str) -> str:
    """The IP address that a host is written as, in any spelling that resolvers take; "" for a name.

    >>> [literal(h) for h in ("127.1", "0x7f000001", "2130706433", "[::1]", "１２７.０.０.１", "blog.example")]
    ['127.0.0.1', '127.0.0.1', '127.0.0.1', '::1', '127.0.0.1', '']
    """
    plain = unicodedata.normalize("NFKC", host).strip("[]").rstrip(".")
    try:
        return str(ip_address(plain))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(plain))  # looks nothing up
    except OSError:
        return ""


def looks_private(host: str) -> bool:
    """Whether a host is private by its name alone: a private IP address, `localhost`, a name without a dot, or one in a
    domain such as `.internal`. Any other name may be anybody's, and its owner chooses where it leads."""
    if address := literal(host):
        return not is_global(address)
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith(tuple(f".{domain}" for domain in _PRIVATE_DOMAINS))


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of a URL; ("", 0) for one that has none. A host that is escaped is read as who connects reads it.

    >>> host_and_port("http://%31%32%37.0.0.1/"), host_and_port("/")
    (('127.0.0.1', 80), ('', 0))
    """
    try:
        parts = urlsplit(url)
        return unquote(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


def doors(urls: Iterable[str]) -> frozenset[tuple[str, int]]:
    """The hosts with their ports that the user opens by naming these sites; none for sites of the internet.

    A site opens its own port, not the other servers of its machine. One without a port opens both of the web, since many
    sites redirect from http to https.
    """
    found: set[tuple[str, int]] = set()
    for host, port in map(host_and_port, urls):
        if host and looks_private(host):
            found |= {(host, p) for p in (_PORTS.values() if port in _PORTS.values() else (port,))}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The private addresses that the user has opened, by name and by network."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    everything: bool = False

    @classmethod
    def read(cls, words: Iterable[str]) -> Allowance:
        """The allowance that the setting gives. Raises `ValueError` that names a word which is no host and no network."""
        hosts, networks, everything = set(), [], False
        for word in words:
            if word == ALL:
                everything = True
            elif address := literal(word):
                networks.append(ip_network(address))
            elif "/" in word:
                try:
                    networks.append(ip_network(word, strict=False))
                except ValueError:
                    raise ValueError(f"{word!r} is no network: write it as 10.1.0.0/16") from None
            elif set(word) & set(":@ ") or not word.strip("."):
                raise ValueError(
                    f"{word!r} is no host and no network: write it as intranet.example or 10.1.0.0/16"
                )
            else:
                hosts.add(word.lower().rstrip("."))
        return cls(frozenset(hosts), tuple(networks), everything)

    def permits(self, host: str, port: int, address: str, named: Iterable[str] = ()) -> bool:
        """Whether a connection to `address` may be made, which `host` resolved to ("" for a name that a proxy resolves);
        `named` are sites of the user."""
        if self.everything or is_global(address) or host.lower().rstrip(".") in self.hosts:
            return True
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:  # a name that a proxy resolves
            is_metadata = host.lower().partition(".")[0] in _METADATA_NAMES
        else:
            if any(one in network for one in (found, _meant(found)) for network in self.networks):
                return True
            is_metadata = any(_meant(found) in network for network in _METADATA)
        return not is_metadata and (host.lower(), port) in doors(named)

    def check(self, host: str, port: int, address: str, named: Iterable[str] = ()) -> None:
        """Raises `PrivateAddress`, which names the setting, where the connection may not be made."""
        if not self.permits(host, port, address, named):
            raise refusal(host, address)

    def check_proxied(self, url: str, named: Iterable[str] = ()) -> None:
        """Raise `PrivateAddress` for a URL that a proxy fetches, where its host may not be asked: the host is judged by
        its name alone."""
        host, port = host_and_port(url)
        if looks_private(host):
            self.check(host, port, literal(host), named)


def refusal(host: str, address: str) -> PrivateAddress:
    """The error for a private address that is not opened."""
    leads = f"{host} is {address}," if address and address != host else f"{host} is"
    return PrivateAddress(
        f"{leads} in a private network that nobody opened: if it is yours, set {SETTING} = {host}"
    )
