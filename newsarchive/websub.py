"""A subscriber of WebSub (https://www.w3.org/TR/websub/): hubs say when a feed has something new, and its site is crawled at once.

    subscriber = Subscriber("https://archive.example/push", secret, get, post, time.monotonic)
    subscriber.look([("https://blog.example/", "https://blog.example/feed")])     # finds hubs, and subscribes there
    uvicorn.run(application(subscriber))                                          # answers hubs, in a thread of its own
    subscriber.next_site()                                                        # a site that was pushed, to be crawled

A push is only a hint. Its signature proves who sent it; then the site is crawled as on any other day, by its own feed
and pages, at its own pace. Of the push only the time is stored. A hub that is lost or lies costs time and no post,
because crawls by the clock go on: rarer ones where the hub announced the last posts in time
(`newsarchive.db.frontier.hubs`).

The secret of each subscription and the unguessable end of its address are made of one secret, so that nothing needs to
be kept: a server that starts again with the same secret subscribes again under the same addresses, which replaces the
hub's earlier subscriptions.
"""

from __future__ import annotations

import hmac
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from newsarchive.core.discovery.websub import Offer, is_signed, offer_of
from newsarchive.db.frontier.hubs import HubState, State
from newsarchive.exceptions import FetchError
from newsarchive.items import Capture

if TYPE_CHECKING:
    from starlette.applications import Starlette

#: Bytes of a push. A feed of a hundred whole posts has a third of that; a longer push is refused before it is read.
MAX_PUSH_BYTES = 2 * 2**20
#: Seconds for which a hub is asked to push: ten days, the hubs' own usual number.
LEASE_SECONDS = 10 * 86_400
#: Seconds of the shortest lease: a hub that says less would be asked again each second.
MIN_LEASE_SECONDS = 300
#: Seconds of the longest lease: a hub that says more would never be asked again.
MAX_LEASE_SECONDS = 30 * 86_400
#: The part of a lease after which it is renewed.
RENEWED_AFTER = 0.75
#: Seconds until a feed is looked at again for a hub, and a hub that failed or refused asked again.
SECONDS_BETWEEN_LOOKS = 86_400.0
#: Seconds in which a hub must ask whether the subscription is meant; later it is asked anew.
MAX_VERIFICATION_SECONDS = 3_600.0
#: Seconds between two crawls of a site because of pushes: a hub that pushes without end brings no more than that.
MIN_SECONDS_BETWEEN_CRAWLS = 60.0
#: Seconds for which `Subscriber.look` fetches feeds at a time. The rest waits for the next call, so that leases are renewed
#: and the archive is told that the server lives while thousands of feeds are looked at.
MAX_LOOKING_SECONDS = 300.0
#: Subscriptions that one process holds.
MAX_SUBSCRIPTIONS = 100_000


@dataclass
class Subscription:
    """One feed at one hub. `until` is when its lease ends, or when it is to be asked for again, by the clock of the subscriber."""

    site: str
    offer: Offer
    token: str
    secret: str
    state: State = State.WANTED
    until: float = 0.0
    #: When the lease ends, by the same clock.
    lease_ends: float = 0.0
    #: What the hub said last, where it failed or refused; "" for nothing.
    problem: str = ""
    #: Whether the hub answered since it was asked last.
    is_answered: bool = False


class Subscriber:
    """Subscriptions of followed sites, in memory; safe to call from several threads.

    `base_url` is where hubs reach the application. `get` fetches a feed, `post` sends a form to a hub and gives the status of
    the answer; both raise `FetchError`. `tell` prints a line for people. Sites to crawl wait in `waiting` (see `next_site`).
    """

    def __init__(
        self,
        base_url: str,
        secret: bytes,
        get: Callable[[str], Capture],
        post: Callable[[str, bytes], int],
        clock: Callable[[], float],
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.base_url, self.secret = base_url.rstrip("/"), secret
        self.get, self.post, self.clock, self.tell = get, post, clock, tell
        self.lock = threading.Lock()
        self.subscriptions: dict[str, Subscription] = {}
        #: Feed → when it is looked at next.
        self.looked: dict[str, float] = {}
        self.waiting: deque[str] = deque()
        #: Set when a hub verified or refused a subscription.
        self.news = threading.Event()
        #: Site → when it was pushed first since it was handed out.
        self.pushed: dict[str, float] = {}
        #: Site → when it was last handed out.
        self.crawled: dict[str, float] = {}

    # -- what is subscribed to -------------------------------------------------------------------------------

    def look(self, feeds: Iterable[tuple[str, str]]) -> None:
        """Look for hubs in feeds (site, address) that were not looked at for a day, and subscribe to feeds that have no
        subscription or whose lease ends soon. The subscriptions of a site that is not among them are forgotten, so that
        their leases run out."""
        wanted = list(feeds)
        # A site that comes back is looked at again.
        self.looked = {feed: self.looked[feed] for _, feed in wanted if feed in self.looked}
        end = self.clock() + MAX_LOOKING_SECONDS
        for site, feed in wanted:
            if self.looked.get(feed, 0.0) <= self.clock() < end:
                self._look_at(site, feed)
        sites = {site for site, _ in wanted}
        with self.lock:
            for token in [token for token, one in self.subscriptions.items() if one.site not in sites]:
                del self.subscriptions[token]
            due = [one for one in self.subscriptions.values() if one.until <= self.clock()]
        for one in due:
            self._subscribe(one)

    def _look_at(self, site: str, feed: str) -> None:
        self.looked[feed] = self.clock() + SECONDS_BETWEEN_LOOKS
        try:
            capture = self.get(feed)
        except FetchError as error:
            # It names the feed.
            self.tell(str(error))
            return
        offer = offer_of(capture.base_url, capture.headers, capture.body)
        if offer is None:
            return
        # With the site: the feed of another one may name this hub and topic as its own, and would have its pushes.
        token, secret = (
            hmac.new(self.secret, "\n".join([what, site, *offer]).encode(), "sha256").hexdigest()
            for what in ("address", "secret")
        )
        with self.lock:
            if token not in self.subscriptions and len(self.subscriptions) < MAX_SUBSCRIPTIONS:
                self.subscriptions[token] = Subscription(site, offer, token, secret)

    def _subscribe(self, one: Subscription) -> None:
        form = {
            "hub.mode": "subscribe", "hub.topic": one.offer.topic, "hub.callback": f"{self.base_url}/{one.token}",
            "hub.lease_seconds": str(LEASE_SECONDS), "hub.secret": one.secret,
        }  # fmt: skip
        was, problem, one.is_answered = one.state, "", False
        if was is not State.VERIFIED:  # a lease that is renewed holds until the hub says otherwise
            one.state = State.ASKED
        one.until = self.clock() + MAX_VERIFICATION_SECONDS
        try:
            status = self.post(one.offer.hub, urlencode(form).encode())
            if not 200 <= status < 300:
                problem = f"the hub answered {status}"
        except FetchError as error:
            problem = str(error)
        if one.is_answered:  # a hub may ask back before its own answer, which may come too late
            return
        one.problem = problem
        if problem:
            one.state, one.until = was, self.clock() + SECONDS_BETWEEN_LOOKS
            self.tell(f"{one.offer.topic}: {one.offer.hub}: {problem}; asked again in a day")

    # -- what hubs say ---------------------------------------------------------------------------------------

    def verify(self, token: str, asked: dict[str, str]) -> tuple[int, str]:
        """Answer a hub that asks whether a subscription is meant (5.3), or says that it refuses it (5.2): status and body."""
        one = self.subscriptions.get(token)
        if one is None or asked.get("hub.topic") != one.offer.topic:
            return 404, ""
        if asked.get("hub.mode") == "denied":
            one.is_answered = True
            one.state, one.until = State.REFUSED, self.clock() + SECONDS_BETWEEN_LOOKS
            one.problem = asked.get("hub.reason", "no reason given")[:200]
            self.news.set()
            self.tell(f"{one.offer.topic}: {one.offer.hub} refuses: {one.problem!r}")
            return 200, ""
        challenge = asked.get("hub.challenge", "")
        if (
            asked.get("hub.mode") != "subscribe"
            or one.state not in (State.ASKED, State.VERIFIED)
            or not challenge
        ):
            return 404, ""  # also for `unsubscribe`, because nobody here asks for that
        seconds = LEASE_SECONDS
        with suppress(ValueError):
            seconds = int(asked.get("hub.lease_seconds", ""))
        seconds = min(max(seconds, MIN_LEASE_SECONDS), MAX_LEASE_SECONDS)
        one.is_answered = True
        one.state, one.until = State.VERIFIED, self.clock() + RENEWED_AFTER * seconds
        one.lease_ends, one.problem = self.clock() + seconds, ""
        self.news.set()
        self.tell(f"{one.offer.topic}: {one.offer.hub} pushes for {seconds / 86_400:.1f} days")
        return 200, challenge

    def push(self, token: str, signature: str, body: bytes) -> int:
        """Take a push: the status of the answer. Its site waits to be crawled where it is signed."""
        one = self.subscriptions.get(token)
        if one is None or one.state is not State.VERIFIED:
            return 404
        if len(body) > MAX_PUSH_BYTES:
            return 413
        if not is_signed(one.secret, signature, body):
            return 403
        with self.lock:
            self.pushed.setdefault(one.site, self.clock())
            if one.site not in self.waiting:
                self.waiting.append(one.site)
        return 202

    def next_site(self) -> str | None:
        """A site that waits to be crawled; `None` where none waits, or where the waiting sites were crawled just
        now."""
        with self.lock:
            for _ in range(len(self.waiting)):
                site = self.waiting.popleft()
                if self.clock() - self.crawled.get(site, float("-inf")) >= MIN_SECONDS_BETWEEN_CRAWLS:
                    self.crawled[site] = self.clock()
                    return site
                self.waiting.append(site)
        return None

    def taken_push(self, site: str) -> float | None:
        """The seconds since a site was pushed first since this was asked last; `None` for no push."""
        with self.lock:
            at = self.pushed.pop(site, None)
        return None if at is None else self.clock() - at

    def states(self) -> list[HubState]:
        """The states of the subscriptions, as the archive keeps them."""
        with self.lock:
            return [
                HubState(
                    one.site,
                    *one.offer,
                    one.state.value,
                    max(one.lease_ends - self.clock(), 0.0),
                    one.problem,
                )
                for one in self.subscriptions.values()
            ]

    def again(self, site: str) -> None:
        """Let a site that could not be crawled now be crawled later."""
        with self.lock:
            if site not in self.waiting:
                self.waiting.append(site)


def application(subscriber: Subscriber) -> Starlette:
    """The pages that hubs ask for: GET verifies a subscription, POST pushes."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def verify(request: Request) -> Response:
        status, body = await run_in_threadpool(
            subscriber.verify, request.path_params["token"], dict(request.query_params)
        )
        return PlainTextResponse(body, status)

    async def push(request: Request) -> Response:
        # Of strangers nothing is held in memory.
        if request.path_params["token"] not in subscriber.subscriptions:
            return Response(status_code=404, headers={"Connection": "close"})
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_PUSH_BYTES:
                return Response(status_code=413, headers={"Connection": "close"})
        signature = request.headers.get("x-hub-signature", "")
        return Response(status_code=subscriber.push(request.path_params["token"], signature, bytes(body)))

    routes: list[Any] = [
        Route("/{token:str}", verify, methods=["GET"]),
        Route("/{token:str}", push, methods=["POST"]),
    ]
    return Starlette(routes=routes)
