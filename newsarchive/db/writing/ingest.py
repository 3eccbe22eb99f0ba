"""One batch of articles into the tables: find what is there, decide, write in bulk.

A batch holds no page twice (`Store.ingest` sees to it) and runs inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from newsarchive.core.site_template.observations import Observation
from newsarchive.core.urls import site_of
from newsarchive.db import bulk, dropped_lines, fulltext, rows, site_templates
from newsarchive.db.frontier import updates
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleOrigin,
    ArticleRow,
    ArticleTerm,
    AuthorRow,
    Base,
    EditRow,
    ImageRow,
    OriginRow,
    Revision,
    Site,
    Term,
)
from newsarchive.db.near_duplicates import clusters, originals
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.values import storable
from newsarchive.db.writing import captures, field_changes, quarantine
from newsarchive.db.writing.plan import Plan, match, seen_at
from newsarchive.items import Article, ChangeKind

#: Gives an article, by its id, as its stored bytes are read today; `None` where they cannot be read.
ReadAgain = Callable[[int], Article | None]


class Batch:
    """Articles on their way into the archive, all different pages."""

    def __init__(
        self,
        connection: Connection,
        articles: Sequence[Article],
        run_id: int | None,
        now: datetime,
        reread: bool = False,
        again: ReadAgain | None = None,
    ) -> None:
        self.again = again
        self.connection, self.run_id, self.reread, self.now = connection, run_id, reread, now
        self.plans = [Plan(a, *rows.keys(a), seen_at(a, now), reread=reread, run_id=run_id) for a in articles]

    def store(self) -> list[str]:
        """Write everything; gives the value of a `store.Outcome` for each article, in order."""
        self._find()
        self._catch_up()
        everyone = self.plans
        if not self.reread:
            self._write_captures()
        self._late()
        self._write_articles([plan for plan in self.plans if plan.is_new])
        self._compare_fields()
        changed = [plan for plan in self.plans if plan.text_changed]
        self._write_revisions(changed)
        field_changes.record(self.connection, map(self._moved, self.plans), self.run_id)
        self._explain(changed + [plan for plan in self.plans if plan.explained_anew])
        self._write_relations([plan for plan in self.plans if plan.record_changed])
        self._update_articles()
        read = [
            (plan.article_id, plan.article.quality)
            for plan in self.plans
            if plan.is_new or plan.record_changed or plan.text_changed or plan.explained_anew
        ]
        quarantine.note(self.connection, read, self.now)
        self._link_originals([plan for plan in self.plans if plan.record_changed])
        clusters.assign(self.connection, [_entry(plan) for plan in changed], self.now)
        seen = [
            (plan.article_id, plan.article.seen)
            for plan in self.plans
            if isinstance(plan.article.seen, Observation)
        ]
        site_templates.record(self.connection, seen, self.now)
        if not self.reread:
            looks = [
                updates.Fetched(plan.article, plan.seen_at, plan.text_changed and plan.is_publishers)
                for plan in self.plans
            ]
            updates.mark(self.connection, looks)
        return [plan.outcome for plan in everyone]

    # -- finding -----------------------------------------------------------------------------

    def _find(self) -> None:
        wanted = list({key for plan in self.plans for key in (plan.key, plan.canonical_key)})
        ids = {plan.article.post_id for plan in self.plans} - {""}
        query = (
            select(*bulk.columns_of(ArticleRow), Revision.payload_digest, Revision.version, Revision.run_id)
            .join(Revision, Revision.id == ArticleRow.revision_id)
            .where(
                or_(
                    ArticleRow.url_key.in_(wanted),
                    ArticleRow.canonical_key.in_(wanted),
                    ArticleRow.post_id.in_(ids) & ArticleRow.site_id.in_(self._known_sites()),
                )
            )
            .order_by(ArticleRow.id)
        )
        found = [dict(row._mapping) for row in self.connection.execute(query)]
        taken: set[int] = set()
        for plan in self.plans:
            plan.stored = match(plan, found, taken)
            if plan.stored:
                plan.article_id, plan.revision_id = plan.stored["id"], plan.stored["revision_id"]
                plan.version = plan.stored["version"]
                taken.add(plan.article_id)

    def _catch_up(self) -> None:
        """Read what an older extractor read, from the bytes of then, before what came now is compared with it: so the
        publisher's change and our better reading are two."""
        old = [plan for plan in self.plans if plan.is_outdated] if self.again else []
        read = [article for plan in old if self.again and (article := self.again(plan.article_id))]
        if read:
            Batch(self.connection, read, self.run_id, self.now, reread=True).store()
            self._find()

    def _compare_fields(self) -> None:
        """What moves of the fields that no version holds; most articles are as they were, and ask nothing."""
        known = [plan for plan in self.plans if plan.stored and plan.record_changed]
        before = field_changes.stored_values(self.connection, [plan.article_id for plan in known])
        for plan in known:
            plan.moves = field_changes.moves(before[plan.article_id], field_changes.values(plan.article))

    def _moved(self, plan: Plan) -> field_changes.Moved:
        """A publisher's change is known since the page was fetched, one of our reading since now."""
        kind = plan.change_kind
        at = plan.seen_at if kind is ChangeKind.PUBLISHER else self.now
        version = plan.article.extractor_version
        return field_changes.Moved(
            plan.article_id, plan.version, kind, version, at, plan.moves, plan.is_fresh
        )

    # -- writing -----------------------------------------------------------------------------

    def _late(self) -> None:
        """Old captures go into the history, where their text is not there yet, and no further."""
        late = [plan for plan in self.plans if plan.is_late]
        self.plans = [plan for plan in self.plans if not plan.is_late]
        for plan in late:
            assert plan.stored is not None
            first = update(ArticleRow).where(
                ArticleRow.id == plan.article_id, ArticleRow.first_seen_at > plan.seen_at
            )
            self.connection.execute(first.values(first_seen_at=plan.seen_at))
            plan.in_history = self._in_history(plan)
            if not plan.in_history:
                self._append_revisions([plan])
                self._explain([plan])

    def _in_history(self, plan: Plan) -> bool:
        if not plan.text_changed:
            return True
        *heads, body = (getattr(Revision, name) for name in VERSION_FIELDS)
        same = [head == plan.texts[head.name] for head in heads]
        superseded = select(body).where(
            Revision.article_id == plan.article_id, Revision.id != plan.revision_id, *same
        )
        return plan.texts["article_body"] in self.connection.execute(superseded).scalars()

    def _write_captures(self) -> None:
        plans = [plan for plan in self.plans if plan.article.capture]
        self._sites(plan.article for plan in plans)
        answers = [(p.article.capture, p.article, p.seen_at) for p in plans if p.article.capture]
        for plan, capture_id in zip(
            plans, captures.record(self.connection, answers, self.run_id), strict=True
        ):
            plan.capture_id = capture_id

    def _write_articles(self, plans: list[Plan]) -> None:
        sites = self._sites(plan.article for plan in plans)
        new = [
            rows.article_row(plan.article)
            | rows.text_row(plan.texts)
            | {
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
        for plan, article_id in zip(plans, self._insert(ArticleRow, new), strict=True):
            plan.article_id = article_id

    def _write_revisions(self, plans: list[Plan]) -> None:
        added = [plan for plan in plans if plan.adds_version]
        self._keep_superseded([plan.stored for plan in added if plan.stored])
        self._append_revisions(added)
        self._replace_revisions([plan for plan in plans if not plan.adds_version])
        current = [
            rows.text_row(plan.texts) | {"b_id": plan.article_id, "revision_id": plan.revision_id}
            for plan in plans
        ]
        self._execute_many(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")), current)
        fulltext.index(self.connection, [plan.texts | {"article_id": plan.article_id} for plan in plans])

    def _keep_superseded(self, articles: Iterable[dict[str, Any]]) -> None:
        """Revisions that are current no more get the text that their article is about to lose."""
        old = [{"b_id": row["revision_id"], "article_body": row["article_body"]} for row in articles]
        self._execute_many(update(Revision).where(Revision.id == bindparam("b_id")), old)

    def _append_revisions(self, plans: list[Plan]) -> None:
        """Add versions; the body of one that becomes current stands in its article."""
        versions = self._last_versions([plan.article_id for plan in plans if plan.stored])
        new = [
            plan.texts
            | {
                "article_id": plan.article_id,
                "capture_id": plan.capture_id,
                "version": versions.get(plan.article_id, 0) + 1,
                "change_kind": plan.change_kind,
                "run_id": self.run_id,
                "markup": rows.markup_of(plan.article),
            }
            | ({} if plan.is_late else {"article_body": None})
            for plan in plans
        ]
        for plan, row, revision_id in zip(plans, new, self._insert(Revision, new), strict=True):
            plan.revision_id, plan.version = revision_id, row["version"]

    def _replace_revisions(self, plans: list[Plan]) -> None:
        """Versions that this crawl made, as it reads them now; when and why they came about stays."""
        own = [
            {name: value for name, value in plan.texts.items() if name not in ("article_body", "seen_at")}
            | {"b_id": plan.revision_id}
            for plan in plans
        ]
        self._execute_many(update(Revision).where(Revision.id == bindparam("b_id")), own)

    def _explain(self, plans: list[Plan]) -> None:
        """Blocks and edits of a revision; those of the same bytes read again replace the old, and so
        does their markup.
        """
        again = [plan.revision_id for plan in plans if not plan.adds_version]
        markup = [
            {"b_id": p.revision_id, "markup": rows.markup_of(p.article)} for p in plans if not p.adds_version
        ]
        self._execute_many(update(Revision).where(Revision.id == bindparam("b_id")), markup)
        if again:
            dropped_lines.forget(self.connection, again)
            self.connection.execute(delete(EditRow).where(EditRow.revision_id.in_(again)))
        dropped_lines.keep(self.connection, [(p.revision_id, p.article) for p in plans])
        self._insert_rows(EditRow, [row for p in plans for row in rows.edit_rows(p.article, p.revision_id)])

    def _update_articles(self) -> None:
        """Bring known articles to what was read; the unchanged ones get `last_seen_at` alone."""
        known = [plan for plan in self.plans if plan.stored]
        seen = [{"b_id": plan.article_id, "last_seen_at": plan.seen_at, "gone_at": None} for plan in known]
        if not self.reread:  # nobody looked at the page again
            self._execute_many(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")), seen)
        told = [
            {"b_id": plan.article_id, "post_id": plan.article.post_id}
            for plan in known
            if plan.stored and plan.article.post_id not in ("", plan.stored["post_id"])
        ]
        self._execute_many(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")), told)
        changed = [
            rows.article_row(plan.article)
            | {"b_id": plan.article_id, "record_hash": plan.digest, "canonical_key": plan.canonical_key}
            for plan in known
            if plan.record_changed or plan.explained_anew
        ]
        self._execute_many(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")), changed)

    def _write_relations(self, plans: list[Plan]) -> None:
        old = [plan.article_id for plan in plans if plan.stored]
        for table in (ArticleAuthor, ArticleTerm, ArticleOrigin, ImageRow):
            if old:
                self.connection.execute(delete(table).where(table.article_id.in_(old)))
        self._write_authors(plans)
        self._write_terms(plans)
        self._write_origins(plans)
        images = [(p.article_id, p.article.image) for p in plans if p.article.image]
        self._insert_rows(
            ImageRow, [rows.image_row(image) | {"article_id": i, "position": 0} for i, image in images]
        )

    def _write_authors(self, plans: list[Plan]) -> None:
        ids = self._ids(AuthorRow, ("name", "kind"), [rows.flat(a) for p in plans for a in p.article.authors])
        links = [
            {
                "article_id": plan.article_id,
                "position": position,
                "author_id": ids[storable(author.name), author.kind],
            }
            for plan in plans
            for position, author in enumerate(plan.article.authors)
        ]
        self._insert_rows(ArticleAuthor, links)

    def _write_terms(self, plans: list[Plan]) -> None:
        words = [
            (plan.article_id, list(dict.fromkeys(map(storable, plan.article.keywords)))) for plan in plans
        ]
        ids = self._ids(
            Term, ("kind", "name"), [{"kind": "keyword", "name": w} for _, ws in words for w in ws]
        )
        links = [
            {"article_id": article_id, "term_id": ids["keyword", word], "position": position}
            for article_id, own in words
            for position, word in enumerate(own)
        ]
        self._insert_rows(ArticleTerm, links)

    def _write_origins(self, plans: list[Plan]) -> None:
        found = [(p.article_id, p.article.origin, _original_key(p)) for p in plans if p.article.origin]
        ids = self._ids(
            OriginRow, ("name", "domain"), [{"name": o.name, "domain": o.domain} for _, o, _ in found]
        )
        links = [
            rows.origin_row(origin)
            | {
                "article_id": article_id,
                "origin_id": ids[storable(origin.name), storable(origin.domain)],
                "original_key": key,
            }
            for article_id, origin, key in found
        ]
        self._insert_rows(ArticleOrigin, links)

    def _link_originals(self, plans: list[Plan]) -> None:
        wanted = {p.article_id: _original_key(p) for p in plans if p.article.origin}
        originals.link(self.connection, wanted, {p.article_id: (p.key, p.canonical_key) for p in plans})

    def _known_sites(self) -> list[int]:
        domains = {site_of(plan.article.url) for plan in self.plans if plan.article.post_id}
        return list(self.connection.execute(select(Site.id).where(Site.domain.in_(domains))).scalars())

    # -- SQL ---------------------------------------------------------------------------------

    def _sites(self, articles: Iterable[Article]) -> dict[str, int]:
        names = {site_of(article.url): article.publisher for article in articles}
        ids = self._ids(
            Site, ("domain",), [{"domain": domain, "name": name} for domain, name in names.items()]
        )
        return {domain: ids[domain,] for domain in names}

    def _ids(
        self, model: type[Base], unique: tuple[str, ...], new: list[dict[str, Any]]
    ) -> dict[tuple[Any, ...], int]:
        return bulk.ids_of(self.connection, model, unique, new)

    def _insert(self, model: type[Base], new: list[dict[str, Any]]) -> list[int]:
        return bulk.insert_returning_ids(self.connection, model, new)

    def _insert_rows(self, model: type[Base], new: list[dict[str, Any]]) -> None:
        bulk.insert_rows(self.connection, model, new)

    def _execute_many(self, statement: Any, parameters: list[dict[str, Any]]) -> None:
        bulk.execute_many(self.connection, statement, parameters)

    def _last_versions(self, article_ids: list[int]) -> dict[int, int]:
        if not article_ids:
            return {}
        query = select(Revision.article_id, func.max(Revision.version).label("last")).group_by(
            Revision.article_id
        )
        found = self.connection.execute(query.where(Revision.article_id.in_(article_ids)))
        return {row.article_id: row.last for row in found}


def _original_key(plan: Plan) -> str:
    return originals.key_of(plan.article.origin, plan.article.is_based_on)


def _entry(plan: Plan) -> clusters.Entry:
    own, old = plan.article, plan.stored or {"content_hash": "", "minhash": None}
    return clusters.Entry(
        plan.article_id,
        own.article_body,
        own.content_hash,
        own.minhash,
        old["content_hash"],
        rows.minhash_of(old["minhash"]),
        plan.is_new,
    )
