"""One page over HTTP for a person who asked for it; crawling is Scrapy's."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from newsarchive.exceptions import FetchError
from newsarchive.items import Capture
from newsarchive.version import VERSION

LARGEST = 16 * 1024 * 1024  # bytes; the crawl's own DOWNLOAD_MAXSIZE
TIMEOUT = 30.0  # seconds


def fetch(url: str) -> Capture:
    """The response to one GET, redirects followed. Raises `FetchError`, naming URL and cause."""
    request = Request(url, headers={"User-Agent": f"newsarchive/{VERSION}", "Accept": "text/html,*/*;q=0.5"})
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # only http(s) reaches this function
            body = response.read(LARGEST + 1)
            headers = {name.lower(): value for name, value in response.headers.items()}
            final_url, status = response.geturl(), response.status
    except HTTPError as error:
        raise FetchError(f"{url}: the server answered {error.code} {error.reason}") from error
    except (URLError, OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        raise FetchError(
            f"{url}: cannot be fetched: {cause}: check the address and the connection"
        ) from error
    if len(body) > LARGEST:
        raise FetchError(f"{url}: larger than {LARGEST // 2**20} MiB: that is no article")
    return Capture(url, body, datetime.now(UTC), final_url, status, headers)
