"""Writes one batch of articles into the tables: finds the stored articles, decides what changed, and writes in bulk.

A batch has no page twice (`Store.ingest` makes sure of it) and runs inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select

from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import Observation, Sighting
from newsarchive.core.urls import site_of
from newsarchive.db import bulk, fulltext, rows, site_templates
from newsarchive.db.frontier import absences, fetches
from newsarchive.db.frontier.edit_rates import EditRates
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleOrigin,
    ArticleRow,
    ArticleTerm,
    AuthorRow,
    Base,
    ImageRow,
    OriginRow,
    Revision,
    Site,
    Term,
)
from newsarchive.db.near_duplicates import clusters, copies
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.values import storable
from newsarchive.db.writing import captures, earlier, explanations, field_changes, moved, quarantine, withhold
from newsarchive.db.writing.corrected import note_readings, standing
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.db.writing.plan import Plan, match, seen_at
from newsarchive.db.writing.restless import settle
from newsarchive.items import Article, ChangeKind

_SAME_ADDRESS = """
    SELECT id FROM articles WHERE url_key IN :keys UNION SELECT id FROM articles WHERE canonical_key IN :keys
"""
# With the plus sign SQLite does not use the index of the site, by which it would read all articles of the site.
_SAME_POST = """
    UNION SELECT a.id FROM articles AS a JOIN sites AS s ON s.id = +a.site_id
    WHERE a.post_id IN :posts AND s.domain IN :domains
"""
#: The columns of stored articles that `Plan.stored` needs, with those of the current version; `last` is when the publisher
#: was last seen to change another field.
_STORED = """
    SELECT a.id, a.url, a.url_key, a.canonical_key, a.post_id, a.revision_id, a.record_hash, a.extractor_version,
           a.content_hash, a.minhash, a.date_published, a.date_modified, a.first_seen_at, a.last_seen_at, a.in_language, a.headline, a.alternative_headline, a.description,
           a.article_body, a.gone_at, r.payload_digest, r.version, r.run_id, r.capture_id, r.seen_at, r.change_kind, c.final_url AS read_at,
           (SELECT max(f.seen_at) FROM field_changes AS f WHERE f.article_id = a.id AND f.change_kind = 'publisher') AS last
    FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id LEFT JOIN captures AS c ON c.id = r.capture_id
    WHERE a.id IN :ids ORDER BY a.id
"""

#: Whether an earlier version of an article was read at this address.
_READ_THERE = """
    SELECT 1 FROM article_revisions AS r JOIN captures AS c ON c.id = r.capture_id
    WHERE r.article_id = :id AND c.final_url = :at LIMIT 1
"""
#: Whether an address answered by itself before (one that led to the post is no view of it), and that of its article in the crawl that
#: found it or later (a post that moved has left it), or this crawl saw the post at the address of its article.
_IS_THERE = """
    SELECT 1 FROM captures AS c JOIN urls AS u ON u.id = c.url_id JOIN urls AS own ON own.url_key = :own
    WHERE u.url_key = :key AND u.state = 'ok' AND u.last_checked_at IS NOT NULL AND c.final_url = :at AND own.last_checked_at >= (
        SELECT started_at FROM crawl_runs WHERE started_at <= u.first_seen_at ORDER BY id DESC LIMIT 1)
    UNION SELECT 1 FROM crawl_runs WHERE id = :run AND started_at <= :seen_at
"""
_LAST_VERSIONS = (
    "SELECT article_id, max(version) FROM article_revisions WHERE article_id IN :ids GROUP BY article_id"
)
#: The digest of the newest capture of an article's page.
_LAST_DIGEST = """
    SELECT c.payload_digest FROM captures AS c JOIN urls AS u ON u.id = c.url_id
    WHERE u.url_key = :key AND c.charset_used <> '' AND c.part = 1 ORDER BY c.fetched_at DESC, c.id DESC LIMIT 1
"""
#: Reads the stored bytes of an article, by its id, with today's extractor; `None` where they cannot be read.
ReadAgain = Callable[[int], Article | None]
#: Reads an article that was read a moment ago with another template of its site; `None` where this template changes
#: nothing.
Renew = Callable[[Article | PackedArticle, Template], Article | PackedArticle | None]


@dataclass(frozen=True, slots=True)
class Storing:
    """How articles are stored: in which run, at what time by the clock of this machine, and by what is known of their sites.

    `reread` says that the articles come from stored bytes, `from_files` that their pages were not fetched now. `rates` are those
    that one `Store` has read.
    """

    run_id: int | None
    now: datetime
    reread: bool = False
    again: ReadAgain | None = None
    renew: Renew | None = None
    from_files: bool = False
    rates: EditRates = field(default_factory=EditRates)


class Batch:
    """The articles of one batch, which are all different pages."""

    def __init__(
        self, connection: Connection, articles: Sequence[Article | PackedArticle], how: Storing
    ) -> None:
        self.connection, self.how = connection, how
        #: The ids of sites that were asked for, by domain.
        self.site_ids: dict[str, int] = {}
        self.plans = [self._plan(article) for article in articles]
        #: Plans whose stored article another plan of the batch changes; they are compared with it afterwards.
        self.waiting: list[Plan] = []

    def _plan(self, given: Article | PackedArticle) -> Plan:
        article, packed = head_of(given), given if isinstance(given, PackedArticle) else None
        return Plan(
            article,
            *rows.keys(article),
            seen_at(article, self.how.now),
            reread=self.how.reread,
            run_id=self.how.run_id,
            packed=packed,
            now=None if self.how.from_files else self.how.now,
        )

    def compare(self) -> list[Plan]:
        """What would be written for each article, in order. Writes nothing."""
        everyone = self.plans
        self._leave_out_withheld()
        self._find()
        self.plans += self.waiting
        self._compare_fields()
        return everyone

    def store(self) -> list[Plan]:
        """Write everything; gives what was written for each article, in order."""
        everyone = self.plans
        left_out = self._leave_out_withheld()
        self._find()
        aside = [plan for plan in self.plans if plan.is_aside]
        self.plans = [plan for plan in self.plans if not plan.is_aside]
        self._doubt_same_bytes()
        self._catch_up()
        settle(self.connection, self.plans)
        if not self.how.reread:
            self._write_captures([*self.plans, *aside, *left_out])
        withhold.mark(self.connection, left_out)
        for plan in self.plans:
            if plan.is_late:  # it gets its place in the history, and nothing else is written of it
                earlier.place(self.connection, plan, self.how.run_id)
        self.plans = [plan for plan in self.plans if not plan.is_late]
        self._number_versions([plan for plan in self.plans if plan.adds_version])
        self._write_articles([plan for plan in self.plans if plan.is_new])
        self._compare_fields()
        self._compare_explanations()
        changed = [plan for plan in self.plans if plan.text_changed]
        self._write_revisions(changed)
        field_changes.record(self.connection, map(self._field_changes, self.plans), self.how.run_id)
        self._explain(changed + [plan for plan in self.plans if plan.explained_anew])
        self._write_relations([plan for plan in self.plans if plan.record_changed])
        self._update_articles()
        read = [
            (plan.article_id, plan.article.quality)
            for plan in self.plans
            if plan.is_new or plan.record_changed or plan.text_changed or plan.read_anew
        ]
        quarantine.note(self.connection, read, self.how.now)
        recorded = [plan for plan in self.plans if plan.record_changed]
        wanted = {plan.article_id: _original_key(plan) for plan in recorded if plan.article.origin}
        held = {plan.article_id: (plan.key, plan.canonical_key) for plan in recorded}
        copies.link(self.connection, wanted, held)
        clusters.assign(self.connection, [_entry(plan) for plan in changed], self.how.now)
        seen = [
            (plan.article_id, plan.article.seen)
            for plan in self.plans
            if isinstance(plan.article.seen, (Observation, Sighting))
        ]
        stored_before = not all(plan.is_new for plan in self.plans)
        site_templates.record(self.connection, seen, self.how.now, may_hold_lines=stored_before)
        looks = [
            fetches.Fetched(plan.article, plan.seen_at, plan.text_changed and plan.is_publishers)
            for plan in self.plans
        ]
        looks += [fetches.Fetched(plan.article, plan.seen_at, changed=False) for plan in aside]
        if self.how.reread:
            fetches.take_up(self.connection, looks)
        else:
            answers = [(p.article.capture, p.article_id, p.seen_at) for p in self.plans if p.article.capture]
            led = absences.led(self.connection, answers)
            fetches.mark(self.connection, looks, self.how.rates)
            absences.mark_led(self.connection, led)
        done = {
            id(plan): Batch(self.connection, [plan.packed or plan.article], self.how).store()[0]
            for plan in self.waiting
        }
        return [done.get(id(plan), plan) for plan in everyone]

    def _leave_out_withheld(self) -> list[Plan]:
        """Leave out articles that are withheld. Their captures alone are stored, so that an erasure finds their bytes."""
        left_out = withhold.refused(self.connection, self.plans)
        self.plans = [plan for plan in self.plans if plan.withheld_id is None]
        return left_out

    # -- finding -----------------------------------------------------------------------------

    def _find(self) -> None:
        # Bytes out of a file, and stored ones, may be of an address that their post has left.
        left = moved.once_at(self.connection, self.plans) if self.how.reread or self.how.from_files else {}
        keys = {key for plan in self.plans for key in (plan.key, plan.canonical_key)}
        query, values = _SAME_ADDRESS, {"keys": list(keys)}
        if posts := [plan.article for plan in self.plans if plan.article.post_id]:
            query += _SAME_POST
            values["posts"] = list({post.post_id for post in posts})
            values["domains"] = list({site_of(post.url) for post in posts})
        same = bulk.select_tuples(self.connection, query, values) if keys else []
        ids = list({*(row_id for (row_id,) in same), *left.values()})
        found = bulk.select_rows(self.connection, _STORED, {"ids": ids}) if ids else []
        plans, self.plans = self.plans, []
        taken: set[int] = set()
        for plan in plans:
            plan.stored = match(plan, found)
            if plan.stored is None and plan.key in left:
                plan.stored = next(row for row in found if row["id"] == left[plan.key])
                plan.has_left = True
            if plan.stored and plan.has_left and not (plan.is_late or self.how.reread):
                plan.stored = None  # the post is there again
            elif plan.stored and self._takes_turns(plan):
                plan.stored = None
            plan.is_view = plan.stored is not None and self._is_view(plan)
            if plan.stored:
                plan.article_id, plan.revision_id = plan.stored["id"], plan.stored["revision_id"]
                plan.version = plan.stored["version"]
            waits = plan.stored is not None and plan.article_id in taken
            (self.waiting if waits else self.plans).append(plan)
            taken.add(plan.article_id)
        self._hold_corrections([plan for plan in self.plans if plan.stored and not plan.corrected])

    def _hold_corrections(self, plans: Sequence[Plan]) -> None:
        held = standing(self.connection, [plan.article_id for plan in plans])
        for plan in plans if held else ():
            read, of_article = plan.article, held.get(plan.article_id, {})
            plan.hold({name: row["value_after"] for name, row in of_article.items()})
            if not (plan.is_late or plan.is_aside):
                note_readings(self.connection, ((row, read) for row in of_article.values()))

    def _takes_turns(self, plan: Plan) -> bool:
        """Whether two posts have the id by which this article was found: it was read at the address of this page before, and
        at another one since, so it has not moved. Otherwise each look would make an edit of each of them.

        Captures of a file that are older than the stored one show nothing: the post may have moved after all of them.
        """
        if (
            plan.stored is None
            or not plan.is_elsewhere
            or plan.is_late
            or plan.canonical_key not in (plan.key, *plan.asked_keys)
        ):
            return False
        at = plan.article.capture.base_url if plan.article.capture else plan.article.url
        return bool(bulk.select_tuples(self.connection, _READ_THERE, {"id": plan.stored["id"], "at": at}))

    def _is_view(self, plan: Plan) -> bool:
        """Whether a page shows a post that is still at the address of its article: a plug-in for translations shows a post that it has
        not translated below `/fr/` too, with a headline and tags of that language."""
        stored = plan.stored
        if stored is None or self.how.from_files or stored["gone_at"] is not None or not plan.is_elsewhere:
            return False
        values = {
            "key": plan.key,
            "at": plan.article.capture.base_url if plan.article.capture else plan.article.url,
            "own": stored["url_key"],
            "run": self.how.run_id,
            "seen_at": stored["last_seen_at"],
        }
        return bool(bulk.select_tuples(self.connection, _IS_THERE, values))

    def _left_behind(self) -> set[int]:
        """The ids of stored articles that seem to be edited, and that the present template of their site reads
        differently from the template with which they were read.

        The template of a site may be learned while its pages are being read, by this crawl or by another. So the new
        articles are first read with the present template. Otherwise what was learned between two readings would look
        like an edit.
        """
        doubtful: dict[str, list[Plan]] = {}
        for plan in self.plans if self.how.renew else ():
            if plan.seems_edited and isinstance(plan.article.seen, (Observation, Sighting)):
                doubtful.setdefault(plan.article.seen.site, []).append(plan)
        behind: set[int] = set()
        for site, plans in doubtful.items():
            template = site_templates.held(self.connection, site)
            for plan in plans:
                if self.how.renew and (newer := self.how.renew(plan.packed or plan.article, template)):
                    plan.take(newer)
            ids = [plan.article_id for plan in plans if plan.seems_edited]
            behind |= site_templates.taken_otherwise(self.connection, ids, template) if ids else set()
        return behind

    def _catch_up(self) -> None:
        """Read the stored bytes of articles again where an older extractor or an older template of their site read
        them, before new bytes are compared with them. So a change by the publisher and a change by the reading become
        two versions."""
        behind = self._left_behind()
        old = [p for p in self.plans if p.is_outdated or p.article_id in behind] if self.how.again else []
        read = [article for plan in old if self.how.again and (article := self.how.again(plan.article_id))]
        if read:
            Batch(self.connection, read, Storing(self.how.run_id, self.how.now, reread=True)).store()
            self._find()

    def _doubt_same_bytes(self) -> None:
        """Find the pages that came back to earlier bytes: then the publisher caused what differs from the bytes between.

        A version has the digest of the bytes with which it began; a page may have changed since in a date or an author alone.
        """
        for plan in self.plans:
            capture = plan.article.capture
            if (
                self.how.reread
                or plan.stored is None
                or capture is None
                or not (plan.same_bytes and plan.record_changed)
            ):
                continue
            found = bulk.select_tuples(self.connection, _LAST_DIGEST, {"key": plan.stored["url_key"]})
            if found and found[0][0] != capture.digest:
                plan.stored["payload_digest"] = ""

    def _compare_fields(self) -> None:
        """Find the fields besides the texts that changed. For most articles nothing has changed, and the database is
        not asked."""
        known = [plan for plan in self.plans if plan.stored and plan.record_changed]
        before = field_changes.stored_values(self.connection, [plan.article_id for plan in known])
        for plan in known:
            plan.changes = field_changes.changes(before[plan.article_id], field_changes.values(plan.article))

    def _compare_explanations(self) -> None:
        """Find the articles whose stored explanation is the same: for most pages that are read again it is."""
        known = [plan for plan in self.plans if plan.read_anew and not plan.record_changed]
        held = explanations.stored(self.connection, {plan.article_id: plan.revision_id for plan in known})
        for plan in known:
            plan.is_explained = held[plan.article_id] == explanations.of(plan.article, plan.details)

    def _field_changes(self, plan: Plan) -> field_changes.ArticleChanges:
        """The changed fields of an article. A change by the publisher is dated by the fetch, any other by the
        present."""
        kind = plan.change_kind
        at = plan.seen_at if kind is ChangeKind.PUBLISHER else self.how.now
        version = plan.article.extractor_version
        return field_changes.ArticleChanges(
            plan.article_id, plan.version, kind, version, at, plan.changes, plan.is_fresh
        )

    # -- writing -----------------------------------------------------------------------------

    def _write_captures(self, plans: Sequence[Plan]) -> None:
        plans = [plan for plan in plans if plan.article.capture]
        self._sites(plan.article for plan in plans)
        answers = [(p.article.capture, p.article, p.seen_at) for p in plans if p.article.capture]
        for plan, capture_id in zip(
            plans, captures.record(self.connection, answers, self.how.run_id), strict=True
        ):
            plan.capture_id = capture_id

    def _write_articles(self, plans: list[Plan]) -> None:
        """Add articles with the ids of their first versions, which are written after them."""
        sites = self._sites(plan.article for plan in plans)
        for plan, article_id in zip(
            plans, bulk.new_ids(self.connection, ArticleRow, len(plans)), strict=True
        ):
            plan.article_id = article_id
        new = [
            rows.article_row(plan.article)
            | rows.text_row(plan.texts)
            | {
                "id": plan.article_id,
                "revision_id": plan.revision_id,
                "url": plan.article.url,
                "url_key": plan.key,
                "canonical_key": plan.canonical_key,
                "site_id": sites[site_of(plan.article.url)],
                "record_hash": plan.digest,
                "post_id": plan.article.post_id,
                "first_seen_at": plan.seen_at,
                "last_seen_at": plan.seen_at,
            }
            for plan in plans
        ]
        bulk.insert_rows(self.connection, ArticleRow, new)

    def _write_revisions(self, plans: list[Plan]) -> None:
        added = [plan for plan in plans if plan.adds_version]
        # A body that stood in the row of its article moves into the row of its version.
        old = [plan.stored for plan in added if plan.stored]
        bodies = [{"b_id": row["revision_id"], "article_body": row["article_body"]} for row in old]
        bulk.update_rows(self.connection, Revision, bodies)
        new = [
            plan.texts
            | {
                "id": plan.revision_id,
                "article_id": plan.article_id,
                "capture_id": plan.read_from,
                "version": plan.version,
                "change_kind": plan.version_kind,
                "run_id": self.how.run_id,
                "markup": plan.details.markup,
                "article_body": None,  # that of a current version stands in its article
            }
            for plan in added
        ]
        bulk.insert_rows(self.connection, Revision, new)
        self._replace_revisions([plan for plan in plans if not plan.adds_version])
        current = [
            rows.text_row(plan.texts) | {"b_id": plan.article_id, "revision_id": plan.revision_id}
            for plan in plans
            if not plan.is_new
        ]
        bulk.update_rows(self.connection, ArticleRow, current)
        fulltext.index(self.connection, [plan.texts | {"article_id": plan.article_id} for plan in plans])

    def _number_versions(self, plans: list[Plan]) -> None:
        """Give the new versions their ids and numbers."""
        stored = [plan.article_id for plan in plans if plan.stored]
        last = dict(bulk.select_tuples(self.connection, _LAST_VERSIONS, {"ids": stored})) if stored else {}
        ids = bulk.new_ids(self.connection, Revision, len(plans))
        for plan, revision_id in zip(plans, ids, strict=True):
            plan.revision_id, plan.version = revision_id, last.get(plan.article_id, 0) + 1

    def _replace_revisions(self, plans: list[Plan]) -> None:
        """Replace the texts of versions that this crawl made. A version keeps its time, and mostly its cause. The cause of one whose
        page came with other bytes is judged anew: where the new text is that of the version before, what had seemed new was no
        part of the article, and the publisher edited nothing. Where it differs, the publisher edited it, unless it is `restless`."""
        own = [
            {name: value for name, value in plan.texts.items() if name not in ("article_body", "seen_at")}
            | {"b_id": plan.revision_id}
            for plan in plans
        ]
        bulk.update_rows(self.connection, Revision, own)
        later = {(plan.article_id, plan.version - 1): plan for plan in plans if plan.version > 1}
        if not later:
            return
        names = ("article_id", "version", "capture_id", "payload_digest", *VERSION_FIELDS)
        ids = [plan.article_id for plan in later.values()]
        asked = select(*bulk.columns_of(Revision, names)).where(Revision.article_id.in_(ids))
        causes = []
        for before in self.connection.execute(asked).mappings():
            plan = later.get((before["article_id"], before["version"]))
            if (
                plan
                and plan.stored
                and plan.stored["capture_id"] not in (None, before["capture_id"])
                and plan.texts["payload_digest"] != before["payload_digest"]
            ):
                texts = ([row[name] for name in VERSION_FIELDS] for row in (before, plan.stored, plan.texts))
                earlier, replaced, now = texts
                is_restless = plan.stored["change_kind"] == ChangeKind.SITE and earlier != replaced
                kind = ChangeKind.SITE if earlier == now or is_restless else ChangeKind.PUBLISHER
                causes.append({"b_id": plan.revision_id, "change_kind": kind})
        bulk.update_rows(self.connection, Revision, causes)

    def _explain(self, plans: list[Plan]) -> None:
        """Blocks and edits of a revision; those of the same bytes read again replace the old, and so does their markup."""
        again = [plan.revision_id for plan in plans if not plan.adds_version]
        markup = [{"b_id": p.revision_id, "markup": p.details.markup} for p in plans if not p.adds_version]
        bulk.update_rows(self.connection, Revision, markup)
        if again:
            explanations.forget(self.connection, again)
        explanations.keep(self.connection, [(p.revision_id, p.details) for p in plans])

    def _update_articles(self) -> None:
        """Write the new values of stored articles; unchanged articles get `last_seen_at` only."""
        known = [plan for plan in self.plans if plan.stored]
        seen = [
            {"b_id": plan.article_id, "last_seen_at": plan.seen_at, "gone_at": plan.gone_at} for plan in known
        ]
        if not self.how.reread:  # the pages were fetched now
            bulk.update_rows(self.connection, ArticleRow, seen)
            before = [
                {"b_id": plan.article_id, "first_seen_at": plan.seen_at}
                for plan in known
                if plan.stored and plan.stored["first_seen_at"] > plan.seen_at
            ]
            # The clock was wrong when these articles were first seen.
            bulk.update_rows(self.connection, ArticleRow, before)
        new_ids = [
            {"b_id": plan.article_id, "post_id": plan.article.post_id}
            for plan in known
            if plan.stored and plan.article.post_id not in ("", plan.stored["post_id"])
        ]
        bulk.update_rows(self.connection, ArticleRow, new_ids)
        changed = [
            rows.article_row(plan.article)
            | {"b_id": plan.article_id, "record_hash": plan.digest, "canonical_key": plan.canonical_key}
            for plan in known
            if plan.record_changed or plan.explained_anew
        ]
        bulk.update_rows(self.connection, ArticleRow, changed)
        version = [
            {"b_id": plan.article_id, "extractor_version": plan.article.extractor_version}
            for plan in known
            if plan.is_explained
            and plan.stored
            and plan.stored["extractor_version"] != plan.article.extractor_version
        ]
        bulk.update_rows(self.connection, ArticleRow, version)

    def write_fields(self, article_id: int, article: Article, now: datetime) -> None:
        """Write what belongs to a stored article besides its texts and its own row, and its digest."""
        plan = Plan(article, *rows.keys(article), now, stored={}, article_id=article_id)
        self._write_relations([plan], [article_id])
        bulk.update_rows(self.connection, ArticleRow, [{"b_id": article_id, "record_hash": plan.digest}])
        wanted = {article_id: _original_key(plan)} if article.origin else {}
        copies.link(self.connection, wanted, {article_id: (plan.key, plan.canonical_key)})

    def _write_relations(self, plans: list[Plan], old: Sequence[int] = ()) -> None:
        old = [*old, *(plan.article_id for plan in plans if plan.stored)]
        for table in (ArticleAuthor, ArticleTerm, ArticleOrigin, ImageRow):
            if old:
                self.connection.execute(delete(table).where(table.article_id.in_(old)))
        authors = (
            (
                {"name": author.name, "kind": author.kind},
                {"article_id": plan.article_id, "position": at, "url": storable(author.url)},
            )
            for plan in plans
            for at, author in enumerate(plan.article.authors)
        )
        self._link(AuthorRow, ("name", "kind"), ArticleAuthor, "author_id", authors)
        terms = (
            ({"kind": "keyword", "name": word}, {"article_id": plan.article_id, "position": at})
            for plan in plans
            for at, word in enumerate(dict.fromkeys(map(storable, plan.article.keywords)))
        )
        self._link(Term, ("kind", "name"), ArticleTerm, "term_id", terms)
        origins = (
            (
                {"name": origin.name, "domain": origin.domain},
                rows.origin_row(origin)
                | {"article_id": plan.article_id, "original_key": _original_key(plan)},
            )
            for plan in plans
            if (origin := plan.article.origin)
        )
        self._link(OriginRow, ("name", "domain"), ArticleOrigin, "origin_id", origins)
        images = [
            rows.flat(plan.article.image) | {"article_id": plan.article_id, "position": 0}
            for plan in plans
            if plan.article.image
        ]
        bulk.insert_rows(self.connection, ImageRow, images)

    def _link(
        self,
        model: type[Base],
        unique: tuple[str, ...],
        table: type[Base],
        column: str,
        found: Iterable[tuple[rows.Row, rows.Row]],
    ) -> None:
        """Write what articles name, each once, and the rows of `table` that link it to them by `column`. `found` are pairs of both."""
        pairs = list(found)
        ids = bulk.ids_of(self.connection, model, unique, [named for named, _ in pairs])
        links = [
            link | {column: ids[tuple(storable(named[name]) for name in unique)]} for named, link in pairs
        ]
        bulk.insert_rows(self.connection, table, links)

    # -- SQL ---------------------------------------------------------------------------------

    def _sites(self, articles: Iterable[Article]) -> dict[str, int]:
        """The ids of the sites of articles; one that is not there yet is added."""
        names = {site_of(article.url): article.publisher for article in articles}
        new = [
            {"domain": domain, "name": name} for domain, name in names.items() if domain not in self.site_ids
        ]
        found = bulk.ids_of(self.connection, Site, ("domain",), new)
        self.site_ids |= {domain: row_id for (domain,), row_id in found.items()}
        return self.site_ids


def _original_key(plan: Plan) -> str:
    return copies.key_of(plan.article.origin, plan.article.is_based_on)


def _entry(plan: Plan) -> clusters.Entry:
    own, old = plan.article, plan.stored or {"content_hash": "", "minhash": None}
    return clusters.Entry(
        plan.article_id,
        own.article_body,
        own.content_hash,
        own.minhash,
        old["content_hash"],
        rows.signature_of(old["minhash"]),
        plan.is_new,
    )
