"""What readers do not see, and why: the quarantine, and the register of what is withheld.

In quarantine are pages whose extraction is doubtful. A person who has the token of this server decides on them.

The token comes once, with the address that `newsarchive web --judge` prints; the browser then keeps a key that is made of it in a
cookie that no script reads and no other site's page sends. A form carries another key, so that it comes from a page of ours.

The register has addresses, reasons and digests, and no text.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from newsarchive.db.engine import open_existing
from newsarchive.db.reading import hidden
from newsarchive.exceptions import UsageError
from newsarchive.export.register import csv
from newsarchive.web.answers import Answer, Content, Elsewhere, Forbidden, Page, Request
from newsarchive.web.library import Library

#: Name of the cookie.
COOKIE = "newsarchive-judge"
#: Pages in quarantine on the page, the newest.
MAX_WAITING = 50
#: Characters of a text that are shown of each.
MAX_OPENING_CHARACTERS = 600
DECISIONS = {"accept": "accepted", "drop": "dropped"}


def waiting(library: Library, request: Request) -> Answer:
    """The pages that wait, each with the reason and the opening of its text; for a reader with the token also the forms
    to decide."""
    if given := request.query.get("token", ""):
        if not library.token or not hmac.compare_digest(given.encode(), library.token.encode()):
            raise Forbidden(
                "this is not the token of this server: take the address that newsarchive web --judge printed"
            )
        return Elsewhere("/quarantine", (COOKIE, _key(library, "cookie")))
    found = hidden.waiting(library.engine)
    openings = {
        one.id: library.article(one.id).article_body[:MAX_OPENING_CHARACTERS].replace("\n\n", "\n")
        for one in found[:MAX_WAITING]
    }
    shown = {
        "waiting": found[:MAX_WAITING],
        "total": len(found),
        "openings": openings,
        "most": MAX_OPENING_CHARACTERS,
        "key": _key(library, "form") if _may(library, request) else "",
    }
    return Page("quarantine.html", shown, found)


def decide(library: Library, request: Request) -> Answer:
    """Accepts or drops a page. Raises `Forbidden` without the token."""
    from newsarchive.db.writing.quarantine import decide as write

    given = request.form.get("key", "").encode()
    if not (_may(library, request) and hmac.compare_digest(given, _key(library, "form").encode())):
        raise Forbidden(
            "only a person with the token of this server decides: open the address that it printed"
        )
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "").strip()
    if decision not in DECISIONS:
        raise UsageError(f"decision {decision[:20]!r}: accept or drop")
    if decision == "drop" and not reason:
        raise UsageError("say why the page is dropped, for those who ask later")
    engine = open_existing(library.engine.url.render_as_string(hide_password=False))
    try:
        write(engine, int(library.article(request.parts["id"]).id), DECISIONS[decision], reason)
    finally:
        engine.dispose()
    return Elsewhere("/quarantine")


def _may(library: Library, request: Request) -> bool:
    given = request.cookies.get(COOKIE, "").encode()
    return bool(library.token) and hmac.compare_digest(given, _key(library, "cookie").encode())


def _key(library: Library, purpose: str) -> str:
    return hmac.new(library.token.encode(), purpose.encode(), sha256).hexdigest()


#: Entries of the page, the newest ones; the CSV has all.
MAX_ENTRIES = 500


def register(library: Library, request: Request) -> Answer:
    """What is withheld, was shown again, or was erased, and why."""
    found = hidden.entries(library.engine)
    return Page("withheld.html", {"entries": found[:MAX_ENTRIES], "total": len(found)}, found)


def as_csv(library: Library, request: Request) -> Answer:
    """The whole register for another program."""
    return Content(csv(hidden.entries(library.engine)), "text/csv; charset=utf-8", "register.csv")
