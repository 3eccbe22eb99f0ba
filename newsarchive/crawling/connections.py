"""The connections that a crawl makes: none into private networks that nobody opened, and why a certificate was refused.

`guarded` makes a download handler out of Scrapy's own (for HTTP/1.1, or the browser's for what it fetches without
one). The address is judged in the call that connects to it, after every redirect, so a name that resolves to another
address the second time gains nothing. A spider of another project takes the guard with

    DOWNLOAD_HANDLERS = {"http": "newsarchive.crawling.connections.GuardedHandler", "https":
    "newsarchive.crawling.connections.GuardedHandler"}
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from urllib.request import getproxies

from cryptography import x509
from OpenSSL import SSL
from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    TunnelError,
    _TunnelingTCP4ClientEndpoint,
)
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    IgnoreRequest,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object
from service_identity import CertificateError, VerificationError, hazmat
from twisted.internet.endpoints import HostnameEndpoint, _WrapperEndpoint
from twisted.python.failure import Failure
from zope.interface import directlyProvides, providedBy

from newsarchive.crawling.browser import BrowserProxy
from newsarchive.crawling.stats import FetchProblem
from newsarchive.exceptions import PrivateAddress, UsageError
from newsarchive.private_networks import ALL, SETTING, Allowance, host_and_port, refusal

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: The key in `Request.meta` that says whether the server's certificate was checked; absent without TLS.
TLS_VERIFIED = "newsarchive_tls_verified"
#: The first part of a pool's key for connections to a proxy, in place of the scheme.
PROXY = b"http-proxy"

#: Connections whose verdict on the certificate is kept; with more, that of the oldest is lost, and a refused
#: certificate is reported without its cause.
MAX_TLS_CONNECTIONS = 64


class AddressRefused(IgnoreRequest):
    """A request would have led into a private network. Like what robots.txt forbids, it is not tried again."""

    problem = FetchProblem.PRIVATE_ADDRESS


class CertificateRefused(IgnoreRequest):
    """The certificate of a server is not valid. A second try would not mend it."""

    problem = FetchProblem.BAD_CERTIFICATE


class ProxyFailed(DownloadFailedError):
    """The proxy that the environment names could not be used; the site was not asked."""


#: What Scrapy raises where a proxy cannot be used → the sentence behind the proxy's name.
PROXY_FAILURES: dict[type[Exception], str] = {
    CannotResolveHostError: "is a host that does not exist",
    DownloadConnectionRefusedError: "refused the connection",
    UnsupportedURLSchemeError: "is no proxy of HTTP, and Scrapy knows no other",
}
#: The same, with what it raises where a proxy does not connect to a site of HTTPS.
PROXY_ERRORS: tuple[type[Exception], ...] = (*PROXY_FAILURES, TunnelError)
#: What is raised for a certificate that names other hosts, or none.
OTHER_NAME = (VerificationError, CertificateError)


class JudgingReactor:
    """Twisted's reactor for the connections to one host: an address is judged before it is connected to."""

    def __init__(self, reactor: Any, host: str, port: int, guard: Guard) -> None:
        self.reactor, self.host, self.port, self.guard = reactor, host, port, guard
        directlyProvides(self, *providedBy(reactor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reactor, name)

    def connectTCP(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        """Connect to an IP address. Raises `PrivateAddress`."""
        if not self.guard.permits(self.host, self.port, host):
            raise refusal(self.host, host)
        return self.reactor.connectTCP(host, port, *args, **kwargs)


class Guard:
    """Mixed into a download handler that is Scrapy's for HTTP/1.1, or built on it."""

    _crawler: Crawler
    _pool: Any
    _contextFactory: Any

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)  # type: ignore[call-arg]  # the handler's own
        settings = crawler.settings
        self.allowance = Allowance.read(settings.getlist(SETTING))
        self.verifies = settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
        self._judge_connections()
        self._judge_browser()
        self._keep_verdicts()

    def permits(self, host: str, port: int, address: str) -> bool:
        return self.allowance.permits(host, port, address, self.named)

    @property
    def named(self) -> list[str]:
        """The addresses that the user named for this crawl."""
        return getattr(self._crawler.spider, "named_addresses", [])

    def site_of(self, url: str) -> str:
        """The address under which the site of a page is followed: it may lie in a folder, and its posts on another host."""
        spider = self._crawler.spider
        return getattr(spider, "url", "") or getattr(spider, "site", "") or urljoin(url, "/")

    def _judge_connections(self) -> None:
        give = self._pool.getConnection

        def judged(key: Any, endpoint: Any) -> Any:
            inner = endpoint
            if key[0] != PROXY and not isinstance(endpoint, _TunnelingTCP4ClientEndpoint):
                while isinstance(inner, _WrapperEndpoint):
                    inner = inner._wrappedEndpoint
                if not isinstance(inner, HostnameEndpoint):
                    raise TypeError(f"{inner!r}: a connection that cannot be judged is not made")
                if not isinstance(inner._reactor, JudgingReactor):
                    host = inner._hostText.strip("[]")
                    inner._reactor = JudgingReactor(inner._reactor, host, inner._port, self)
            return give(key, endpoint)

        self._pool.getConnection = judged

    def _judge_browser(self) -> None:
        """Give the browser of scrapy-playwright, where this is its handler, a proxy that judges, unless there is one."""
        options = getattr(getattr(self, "config", None), "launch_options", None)
        if options is None or "proxy" in options or getproxies().keys() & {"http", "https", "all"}:
            return
        proxy = BrowserProxy(self.permits)
        options["proxy"] = {"server": proxy.address, "bypass": "<-loopback>"}
        self._crawler.signals.connect(proxy.start, signals.engine_started, weak=False)
        self._crawler.signals.connect(proxy.close, signals.engine_stopped, weak=False)

    def _keep_verdicts(self) -> None:
        """Keep the last TLS connection to each host, from which OpenSSL's verdict on its certificate is read."""
        #: (host, port) → connection of OpenSSL
        self.tls: dict[tuple[str, int], Any] = {}
        make = self._contextFactory.creatorForNetloc

        def creator_for(host: bytes, port: int) -> Any:
            creator = make(host, port)
            connect = creator.clientConnectionForTLS

            def connection(protocol: Any) -> Any:
                made = self.tls[host.decode("ascii"), port] = connect(protocol)
                if self.verifies:
                    made.set_verify(
                        SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
                        _check(host.decode("ascii"), protocol),
                    )
                while len(self.tls) > MAX_TLS_CONNECTIONS:
                    del self.tls[next(iter(self.tls))]
                return made

            creator.clientConnectionForTLS = connection
            return creator

        self._contextFactory.creatorForNetloc = creator_for

    async def download_request(self, request: Request) -> Response:
        """The answer. Raises `AddressRefused` and `CertificateRefused`, each with URL and remedy, and what Scrapy raises."""
        proxied = bool(request.meta.get("proxy"))
        try:
            if proxied:
                self.allowance.check_proxied(request.url, self.named)
            response: Response = await super().download_request(request)  # type: ignore[misc]
        except PrivateAddress as error:
            raise AddressRefused(f"it leads to {request.url}: {error}") from error
        except PROXY_ERRORS as error:
            if not proxied:
                raise
            raise ProxyFailed(proxy_problem(request.meta["proxy"], error)) from error
        except DownloadFailedError as error:
            if self.verifies and (problem := self.certificate_problem(request, error)):
                site = self.site_of(request.url)
                raise CertificateRefused(
                    f"the certificate of {host_and_port(request.url)[0]} is not valid ({problem}): if you take its pages all "
                    f"the same, newsarchive sites add --verify-certificates false {quote(site)}, or DOWNLOAD_VERIFY_CERTIFICATES = 0"
                ) from error
            raise
        if request.url.startswith("https:"):
            request.meta[TLS_VERIFIED] = self.verifies
        return response

    def certificate_problem(self, request: Request, error: BaseException) -> str:
        """What is wrong with the certificate, "" where the connection failed for another reason."""
        # The error with its causes. Twisted's exceptions hold theirs as `reasons`, mostly wrapped as failures.
        causes: list[BaseException | None] = [error]
        for cause in causes:
            causes += [cause.__cause__] if cause is not None else []
            causes += (getattr(one, "value", one) for one in getattr(cause, "reasons", None) or ())
        host, port = host_and_port(request.url)
        if any(isinstance(cause, OTHER_NAME) for cause in causes):
            return "it is for another name"
        if any(
            isinstance(cause, SSL.Error) and "certificate verify failed" in str(cause) for cause in causes
        ):
            return _verdict(self.tls.get((host, port)))
        return ""


def proxy_problem(proxy: str, error: Exception) -> str:
    """What is wrong with a proxy, and where it is set; `proxy` is its address without name and password."""
    if isinstance(error, TunnelError):
        if "'status': 407" in str(error):
            return f"the proxy {proxy} asks for a name and a password: https_proxy = http://NAME:PASSWORD@HOST:PORT"
        status = re.search(r"'status': (\d+)", str(error))
        return f"the proxy {proxy} did not connect to the site" + (
            f": it answered {status[1]}" if status else ""
        )
    said = next(words for kind, words in PROXY_FAILURES.items() if isinstance(error, kind))
    return f"the proxy {proxy} {said}: correct the variables http_proxy and https_proxy, or name the site in no_proxy"


def _check(host: str, protocol: Any) -> Callable[..., bool]:
    """Whether the certificate of a connection is good, for OpenSSL. In the place of Twisted's own check (26.4), which logs a
    traceback for a certificate without any `subjectAltName`, and takes one that an authority signed for every host."""
    try:
        wanted: hazmat.ServiceID = hazmat.IPAddress_ID(host.strip("[]"))
    except ValueError:
        wanted = hazmat.DNS_ID(host)
    waiting = weakref.proxy(protocol)  # whose connection keeps this function

    def is_good(connection: Any, certificate: Any, error: int, depth: int, ok: int) -> bool:
        if ok and depth == 0:
            try:
                hazmat.verify_service_identity(list(_hosts(certificate)), [wanted], [])
            except OTHER_NAME:
                waiting.failVerification(Failure())  # type: ignore[no-untyped-call]
                return False
        return bool(ok)

    return is_good


def _hosts(certificate: Any) -> Iterator[hazmat.CertificatePattern]:
    """The hosts that a certificate names. What else it names says nothing about them: `service_identity` itself (26.1) would refuse it
    for an IP address that stands among the names, or for a URI with a port."""
    try:
        names = certificate.to_cryptography().extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return
    for name in names.value.get_values_for_type(x509.DNSName):
        with suppress(CertificateError):
            yield hazmat.DNSPattern.from_bytes(name.encode())
    yield from map(hazmat.IPAddressPattern, names.value.get_values_for_type(x509.IPAddress))


def _verdict(connection: Any) -> str:
    """OpenSSL's words for what is wrong with a certificate. pyOpenSSL offers no access to them for a connection."""
    library: Any = getattr(SSL, "_lib", None)
    ffi: Any = getattr(SSL, "_ffi", None)
    try:
        code = library.SSL_get_verify_result(connection._ssl)
        words: str = ffi.string(library.X509_verify_cert_error_string(code)).decode("ascii")
    except AttributeError:
        return "it cannot be verified"
    return words


class GuardedHandler(Guard, HTTP11DownloadHandler):
    """Scrapy's handler for HTTP/1.1, guarded."""


def guarded(handler: type) -> type:
    """A download handler with the guard. Raises `UsageError` for one whose connections it cannot judge."""
    if issubclass(handler, Guard):
        return handler
    if not issubclass(handler, HTTP11DownloadHandler):
        raise UsageError(
            f"DOWNLOAD_HANDLERS: nobody can see where {handler.__name__} connects to, so pages could lead a crawl into "
            f"your network: use Scrapy's HTTP11DownloadHandler, or allow that with {SETTING} = {ALL}"
        )
    return type(f"Guarded{handler.__name__}", (Guard, handler), {})


def guard(settings: BaseSettings) -> None:
    """Put the guard around the handlers of the web. Raises `UsageError` where that cannot be done and is not waived."""
    handlers, own = settings.getwithbase("DOWNLOAD_HANDLERS"), settings["DOWNLOAD_HANDLERS"]
    waived = Allowance.read(settings.getlist(SETTING)).everything
    if not settings.getbool("TWISTED_REACTOR_ENABLED", True) and not waived:
        raise UsageError(
            "TWISTED_REACTOR_ENABLED = False: without Twisted's reactor nobody can see where Scrapy connects to, so pages could "
            f"lead a crawl into your network: take this line out of the settings, or allow that with {SETTING} = {ALL}"
        )
    for scheme in ("http", "https"):
        if path := handlers.get(scheme):
            try:
                handler = guarded(load_object(path))
            except UsageError:
                if not waived:
                    raise
                continue
            own.set(
                scheme,
                handler,
                max(own.getpriority(scheme) or 0, settings.getpriority("DOWNLOAD_HANDLERS") or 0),
            )
