"""Takes articles down, and shows them again: `newsarchive withhold add` and `lift`.

A family asks that a report on their son be taken down; a court orders it until the trial. `withhold` seals the texts of the
article (`db.writing.sealed`), so that no search, list or export has them, keeps the digests of every version in the register,
and tells crawls to leave the URL alone. `lift` puts everything back. Neither a new crawl nor the bytes in a WARC file
nor the text in a feed bring a withheld text back: `refused` says which articles a writer must not store.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from newsarchive.citation import identifier
from newsarchive.core.near_duplicates.fingerprint import likeness
from newsarchive.core.urls import site_of
from newsarchive.db import bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, CaptureRow, Revision, SealedText, Site, Url, Withholding
from newsarchive.db.near_duplicates.rebuild import find_again
from newsarchive.db.reading.articles import texts_of
from newsarchive.db.reading.finding import find
from newsarchive.db.reading.hidden import STANDING, Entry, standing
from newsarchive.db.reading.replaced import MIN_SAME
from newsarchive.db.readonly import Reader
from newsarchive.db.rows import signature_of
from newsarchive.db.values import storable
from newsarchive.db.writing.sealed import ELSEWHERE, forget_lines, seal, skipped, unpacked, unseal
from newsarchive.exceptions import DamagedText, NoSuchArticle, UsageError, Withheld
from newsarchive.items import DropReason
from newsarchive.reprs import one_line
from newsarchive.times import utc_now

if TYPE_CHECKING:
    from newsarchive.db.writing.plan import Plan

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Demand:
    """Why articles are withheld, who said so ("" for nobody), until when (`None` for no such day), whether every copy
    of them is withheld too, and when the demand was made.

    Reason and name are kept in one line without control characters: the register is a list with a line for each article.
    """

    reason: str
    decided_by: str = ""
    until: datetime | None = None
    copies: bool = False
    at: datetime = field(default_factory=utc_now)

    def __post_init__(self) -> None:
        for name in ("reason", "decided_by"):
            object.__setattr__(self, name, storable(one_line(getattr(self, name))))
        if not self.reason:
            raise UsageError("withhold: --reason is empty: say why, for the readers of the register")

    def columns(self) -> dict[str, Any]:
        """The columns of the register that hold it."""
        return {"reason": self.reason, "decided_by": self.decided_by, "until": self.until}


def withhold(
    engine: Engine, which: Sequence[str | int], demand: Demand, *, dry_run: bool = False
) -> list[Entry]:
    """Take articles down, in one transaction. Gives their entries in the register.

    An article that is withheld already keeps its first day and gets the new reason and end. With `dry_run` nothing is
    written. Raises `NoSuchArticle`, `Withheld` for one that was erased, and `UsageError` where the end is past.
    """
    if demand.until is not None and demand.until <= demand.at:
        raise UsageError(f"withhold: --until {demand.until:%Y-%m-%d} is past: name a day to come")
    entries, lines = [], set[int]()
    with tried(engine, dry_run) as connection:
        for article_id in ids_of(connection, which, demand.copies):
            held, said = standing(connection, article_id), demand.columns()
            if held is not None and held.is_erased:
                raise Withheld(held)
            if held is not None:
                connection.execute(update(Withholding).where(Withholding.id == held.id).values(said))
            else:
                row = entry_row(connection, article_id) | said | {"state": "withheld", "since": demand.at}
                added = insert(Withholding).values(row).returning(Withholding.id)
                number = connection.execute(added).scalar_one()
                payload = seal(connection, article_id, url_ids_of(connection, article_id), lines)
                connection.execute(insert(SealedText).values(withholding_id=number, payload=payload))
            made = standing(connection, article_id)
            assert made is not None
            entries.append(made)
        forget_lines(connection, lines)
    return entries


def lift(engine: Engine, which: Sequence[str | int], *, dry_run: bool = False) -> list[Entry]:
    """Show withheld articles again, in one transaction. One whose texts another archive has (`take_over`) is kept out no longer, and its
    address is free for crawls. Raises `NoSuchArticle` for one that is not withheld, `Withheld` for
    one that was erased."""
    with tried(engine, dry_run) as connection:
        found: dict[int, Entry] = {}
        for one in which:
            entry = standing(connection, _id(connection, one))
            if entry is None:
                raise NoSuchArticle(f"article {one} is not withheld: see `newsarchive withhold list`")
            if entry.is_erased:
                raise Withheld(entry)
            found[entry.id] = entry
        _lift(connection, list(found.values()), utc_now())
    return list(found.values())


@contextmanager
def tried(engine: Engine, dry_run: bool) -> Iterator[Connection]:
    """A write transaction; with `dry_run` nothing of it stays."""
    with writing(engine) as connection:
        yield connection
        if dry_run:
            connection.rollback()


def lift_due(engine: Engine, now: datetime | None = None) -> list[Entry]:
    """Show again every article whose day has come; gives their entries.

    Each is a transaction of its own. An article that cannot be put back stays withheld, and the log says why: a crawl
    begins with this, and one damaged article must stop neither the crawl nor the others.
    """
    now = now or utc_now()
    due = select(Withholding.article_id).where(Withholding.state == "withheld", Withholding.until <= now)
    query = due.order_by(Withholding.id)
    with reading(engine) as connection:
        ids = list(connection.execute(query).scalars())
    found = []
    for article_id in ids:
        try:
            with writing(engine) as connection:
                still = connection.execute(due.where(Withholding.article_id == article_id)).first()
                entry = standing(connection, article_id) if still else None
                _lift(connection, [entry] if entry else [], now)
        except Exception as error:  # what a damaged row makes its readers raise is no closed set
            logger.warning("article %d stays withheld although its day has come: %s", article_id, error)
        else:
            found += [entry] if entry else []
    return found


def ids_of(connection: Connection, which: Iterable[str | int], copies: bool) -> list[int]:
    """The ids of articles, each once, also of withheld ones; with `copies` also the ids of all articles of their
    stories."""
    own = [_id(connection, one) for one in which]
    if copies:
        clusters_of = select(ArticleRow.cluster_id).where(
            ArticleRow.id.in_(own), ArticleRow.cluster_id.is_not(None)
        )
        query = select(ArticleRow.id).where(ArticleRow.cluster_id.in_(clusters_of)).order_by(ArticleRow.id)
        own += connection.execute(query).scalars()
    return list(dict.fromkeys(own))


def url_ids_of(connection: Connection, article_id: int) -> list[int]:
    """The ids of the URLs under which an article was fetched: its own, others that gave its versions or the same bytes, and
    those under which it came again while it was withheld.

    A URL that is another article's own is left out.
    """
    key, site_id = connection.execute(
        select(ArticleRow.url_key, ArticleRow.site_id).where(ArticleRow.id == article_id)
    ).one()
    gave = (
        select(CaptureRow.url_id)
        .join(Revision, Revision.capture_id == CaptureRow.id)
        .where(Revision.article_id == article_id)
    )
    digests = select(CaptureRow.payload_digest).where(
        CaptureRow.payload_digest != "",
        CaptureRow.url_id.in_(gave) | CaptureRow.url_id.in_(select(Url.id).where(Url.url_key == key)),
    )
    same = (
        select(CaptureRow.url_id)
        .join(Url, Url.id == CaptureRow.url_id)
        .where(CaptureRow.payload_digest.in_(digests), Url.site_id == site_id)
    )
    again = (Url.reason == DropReason.WITHHELD) & (Url.reason_detail == skipped(article_id)["reason_detail"])
    others = select(ArticleRow.url_key).where(ArticleRow.id != article_id)
    query = select(Url.id).where(
        (Url.url_key == key) | (Url.id.in_(gave) | Url.id.in_(same) | again) & Url.url_key.not_in(others)
    )
    return list(connection.execute(query.order_by(Url.id)).scalars())


#: What the register holds of sites. In plain SQL, because every commit of a crawl asks, and nearly none finds anything.
_ON_SITES = """
SELECT w.article_id, w.site, w.url_key, w.canonical_key, w.post_id, w.versions, a.date_published, a.minhash
FROM withholdings AS w LEFT JOIN articles AS a ON a.id = w.article_id WHERE w.site IN :sites AND w.state IN :states
"""

#: The addresses that an article had. Changes of its other fields are not read: a damaged row of theirs must not keep an article from
#: being taken down.
_MOVES = "SELECT seen_at, value_before FROM field_changes WHERE field = 'url' AND article_id = :id ORDER BY seen_at, id"


def refused(connection: Connection, plans: Sequence[Plan]) -> list[Plan]:
    """The plans whose articles are withheld, in order, each with the id of the withheld article."""
    by_site: dict[str, list[bulk.Row]] = {}
    for part in bulk.parts({site_of(plan.article.url) for plan in plans}):
        for row in bulk.select_rows(connection, _ON_SITES, {"sites": part, "states": STANDING}):
            by_site.setdefault(row["site"], []).append(row)
    found = []
    for plan in plans if by_site else ():
        entries = by_site.get(site_of(plan.article.url), ())
        if (entry := next((row for row in entries if is_withheld(plan, row)), None)) is not None:
            plan.withheld_id = entry["article_id"]
            found.append(plan)
    return found


def mark(connection: Connection, plans: Sequence[Plan]) -> None:
    """Mark the URLs of such plans, so that no crawl asks for them again, and an erasure finds their bytes."""
    for plan in plans:
        assert plan.withheld_id is not None
        ours = update(Url).where(Url.url_key.in_({plan.key, *plan.asked_keys}))
        connection.execute(ours.values(skipped(plan.withheld_id)))


def is_withheld(plan: Plan, row: bulk.Row) -> bool:
    """Whether the article to store is that of an entry of the register: it has the same address, the same text, or the same id of
    the platform.

    An article with the address or the id that the withheld page claimed as its own must have a similar text too: else a
    page that means ill would take the post of another down with itself. Where the register knows no text to compare,
    because it was erased or is too short for a fingerprint, the claimed address stays refused, and so does the id with
    the same date: a site that changes its addresses must not bring the article back.
    """
    if row["url_key"] in (plan.key, plan.canonical_key):
        return True
    texts = {version["content_hash"] for version in row["versions"]} - {""}
    if plan.article.content_hash in texts:
        return True
    known = signature_of(row["minhash"])
    is_alike = likeness(known, plan.article.minhash) >= MIN_SAME
    if plan.key == row["canonical_key"]:
        return is_alike or not known
    if not row["post_id"] or row["post_id"] != plan.article.post_id:
        return False
    dated = row["date_published"] is not None and row["date_published"] == plan.article.date_published
    return is_alike or (dated and not known)


def _id(connection: Connection, which: str | int) -> int:
    try:
        return find(connection, which)
    except Withheld as withheld:
        return int(withheld.entry.article_id)


def entry_row(connection: Connection, article_id: int) -> dict[str, Any]:
    """The columns of the register that an article decides, while its texts are there."""
    columns = (ArticleRow.url, ArticleRow.url_key, ArticleRow.canonical_key, ArticleRow.post_id, Site.domain)
    query = select(*columns).join(Site, Site.id == ArticleRow.site_id)
    url, key, canonical_key, post_id, site = connection.execute(
        query.where(ArticleRow.id == article_id)
    ).one()
    moves = [
        (row["seen_at"], row["value_before"][0])
        for row in bulk.select_rows(connection, _MOVES, {"id": article_id})
    ]
    return {
        "article_id": article_id,
        "url": url,
        "url_key": key,
        "canonical_key": canonical_key,
        "post_id": post_id,
        "site": site,
        "versions": [
            {
                "version": one.version,
                "seen_at": one.seen_at.isoformat(),
                "identifier": str(identifier(one.headline, one.article_body)),
                "content_hash": one.content_hash,
                "payload_digest": one.payload_digest,
                "moved_from": next((url for at, url in moves if at > one.seen_at), ""),
            }
            for one in texts_of(Reader.of(connection), article_id)
        ],
    }


def _lift(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    for entry in entries:
        query = select(SealedText.payload).where(SealedText.withholding_id == entry.id)
        payload = connection.execute(query).scalar()
        try:
            taken = {} if payload == ELSEWHERE else unpacked(payload or b"")
        except Exception as error:  # what a damaged row makes its readers raise is no closed set
            raise DamagedText(
                f"the text of article {entry.article_id} that was sealed cannot be unpacked ({type(error).__name__}: {error}): "
                "restore the database from a backup; until then it stays withheld"
            ) from error
        if taken:
            unseal(connection, taken)
        else:  # only a shell is here
            connection.execute(delete(ArticleRow).where(ArticleRow.id == entry.article_id))
        # Crawls may ask again for URLs under which the article came while it was withheld.
        values = skipped(entry.article_id)
        ours = (Url.reason == values["reason"]) & (Url.reason_detail == values["reason_detail"])
        free = {"state": "new", "reason": "", "reason_detail": ""}
        connection.execute(update(Url).where(ours).values(free))
        connection.execute(delete(SealedText).where(SealedText.withholding_id == entry.id))
        ended = {"state": "lifted", "ended_at": now}
        connection.execute(update(Withholding).where(Withholding.id == entry.id).values(ended))
        if taken:
            find_again(connection, [entry.article_id])  # copies may have come while the text was away
