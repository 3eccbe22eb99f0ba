"""What stands before every page, ours or Datasette's: who may ask, and what a browser may do with the answer.

A page of another site can make a browser ask this server under a name that the other site owns (DNS rebinding), and
could then read the archive: such a name is refused. Requests of another site's page under the server's right name are
refused too (Fetch Metadata): the page could not read the answer, but the server would do the work. A reader may follow
a link of another site to our pages, but not to tables. What a blog wrote cannot run even where escaping failed: the
Content-Security-Policy allows no script at all, or one file of ours by its whole address (`--keys`).
"""

from __future__ import annotations

import asyncio
import hmac
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from ipaddress import ip_address
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
#: Answers a request with a status, a title and a sentence.
Refuse = Callable[[int, str, str], Application]

#: The Content-Security-Policy. It allows no script at all, ours or Datasette's, unless `--keys` adds one. Nothing is loaded from elsewhere, no form is
#: sent elsewhere, no other site may frame a page.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
_REPLACED = {*HEADERS, b"content-security-policy"}
#: A host that may stand in a policy.
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")
#: Seconds for which the answer to a wrong password is delayed.
WRONG_PASSWORD_SECONDS = 1.0


class Guard:
    """Stands before an application.

    `hosts` are the names that a request may give as its host, besides IP addresses. `root` is the path below which a proxy
    shows the pages, "" for none; requests may have it or not. `password` must be given with every request where it is not "",
    by HTTP's Basic scheme under any name (RFC 7617). `tables` are the beginnings of paths that a link of another site does not
    reach. `writable` are those that take a form. `script` is the path of the one script that pages may run, tables excepted, "" for
    none.
    """

    def __init__(
        self,
        behind: Application,
        hosts: Collection[str],
        refuse: Refuse,
        *,
        root: str = "",
        password: str = "",
        tables: tuple[str, ...] = (),
        writable: tuple[str, ...] = (),
        script: str = "",
    ) -> None:
        self.behind, self.hosts, self.refuse = behind, hosts, refuse
        self.root, self.password = root, password
        self.tables, self.writable, self.script = tables, writable, script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.behind(scope, receive, send)
        if scope["type"] != "http":
            return
        path = scope["path"]
        if self.root and (path == self.root or path.startswith(self.root + "/")):
            raw = (scope.get("raw_path") or path.encode()).removeprefix(self.root.encode()) or b"/"
            scope = {**scope, "path": path.removeprefix(self.root) or "/", "raw_path": raw}
        policy = (b"content-security-policy", self._policy(scope).encode("ascii"))

        async def guarded(message: MutableMapping[str, Any]) -> None:
            # Every response has the security headers, in place of any with the same names; no other origin may read it.
            if message["type"] == "http.response.start":
                kept = [
                    (name, value)
                    for name, value in message.get("headers", ())
                    if name.lower() not in _REPLACED and not name.lower().startswith(b"access-control-")
                ]
                message = {**message, "headers": [*kept, policy, *HEADERS.items()]}
            await send(message)

        answer = await self._refusal(scope) or self.behind
        await answer(scope, receive, guarded)

    def _policy(self, scope: Scope) -> str:
        """The policy of an answer. The address of the script is spelled out: no other file of this server may run."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if not self.script or scope["path"].startswith(self.tables) or not _PLAIN_HOST.fullmatch(host):
            return POLICY
        return f"{POLICY}; script-src {host}{self.root}{self.script}"

    async def _refusal(self, scope: Scope) -> Application | None:
        """What answers a request that is not let through."""
        headers = dict(scope["headers"])
        is_form = scope["method"] == "POST" and scope["path"].startswith(self.writable)
        if scope["method"] not in ("GET", "HEAD") and not (self.writable and is_form):
            return self.refuse(405, "Not allowed", "These pages can only be read.")
        host = re.sub(r":\d+$", "", headers.get(b"host", b"").decode("latin-1")).strip("[]").lower()
        if host not in self.hosts and not _is_address(host):
            return self.refuse(421, "Not this host", "Ask for it by the address that newsarchive web prints.")
        if self._is_cross_site(scope["path"], headers) or (is_form and not _is_own_form(headers)):
            return self.refuse(
                403, "Not from here", "Another site asked for this page: type its address instead."
            )
        if self.password and not self._knows_password(headers):
            if b"authorization" in headers:
                await asyncio.sleep(WRONG_PASSWORD_SECONDS)
            return self.refuse(401, "A password, please", "This archive is read with a password.")
        return None

    def _is_cross_site(self, path: str, headers: dict[bytes, bytes]) -> bool:
        """Whether a page of another site makes the browser ask; a followed link to a page of ours is fine."""
        if headers.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin"):
            return False
        is_link = (
            headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
        )
        return not is_link or path.startswith(self.tables)

    def _knows_password(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        try:
            found = b64decode(given, validate=True).partition(b":")[2]
        except ValueError:
            return False
        return scheme.lower() == b"basic" and hmac.compare_digest(found, self.password.encode())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_own_form(headers: dict[bytes, bytes]) -> bool:
    """Whether a form was sent from a page of this server: every current browser says so by `Origin` or by Fetch
    Metadata."""
    if site := headers.get(b"sec-fetch-site"):
        return site == b"same-origin"
    origin = headers.get(b"origin", b"").rpartition(b"//")[2]
    return bool(origin) and origin == headers.get(b"host")
