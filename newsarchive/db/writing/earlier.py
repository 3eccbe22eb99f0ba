"""Places a capture that is older than what is stored of its article where it belongs in the article's history.

A capture of 2019 may come in years after one of today, out of somebody else's file. The present text stays, and the
history becomes what it would be if the captures had come in the order of their days. Letters are texts here:

    seen so far                        comes in   the versions are then
    2021 B, 2022 B (no change), 2023 C 2019 A     2019 A, 2021 B, 2023 C
                                       2020 B     2019 A, 2020 B, 2023 C
                                       2021-06 D  2019 A, 2020 B, 2021-06 D, 2022 B, 2023 C

So a text that was seen before and after the capture becomes two versions. Versions are numbered anew, because a number
says which text came after which; an identifier (`newsarchive.citation`) names the same text as before. Fields that no
version holds are placed in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from newsarchive.db import bulk
from newsarchive.db.models import ArticleRow, CaptureRow, FieldChange, Revision, Url
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.writing import explanations, field_changes
from newsarchive.db.writing.plan import Plan
from newsarchive.items import ChangeKind

_TABLE = bulk.table_of(Revision)


@dataclass
class _Version:
    """A stored version; `texts` are those of `VERSION_FIELDS`."""

    id: int
    number: int
    seen_at: datetime
    kind: str
    capture_id: int | None
    payload_digest: str
    texts: tuple[str, ...]
    is_current: bool

    def has_text_of(self, plan: Plan) -> bool:
        """Whether the capture shows this version, by its text or by its bytes."""
        digest = plan.texts["payload_digest"]
        return self.texts == tuple(plan.texts[name] for name in VERSION_FIELDS) or (
            digest != "" and digest == self.payload_digest
        )


def place(connection: Connection, plan: Plan, run_id: int | None) -> None:
    """Put the capture of a plan that is late (`Plan.is_late`) into the history of its article."""
    assert plan.stored is not None
    held, changes = _versions(connection, plan), _field_changes(connection, plan.article_id)
    number = next((at for at, one in enumerate(held) if one.seen_at > plan.seen_at), len(held))
    before, after = (held[number - 1] if number else None), (held[number] if number < len(held) else None)
    captured = _captured_next(connection, plan)
    comes_back = before is not None and (after is None or (captured is not None and captured < after.seen_at))
    # Without a capture after this one, the page answered later that nothing had changed.
    seen = min(
        filter(None, (captured, after.seen_at if after else None)), default=plan.stored["last_seen_at"]
    )
    if after is not None and not comes_back and after.has_text_of(plan):
        if before is None or not before.has_text_of(plan):
            # The capture is the first that shows this version: the version is explained by its bytes.
            row = {"b_id": after.id, "seen_at": plan.seen_at, "capture_id": plan.capture_id}
            if after.texts == tuple(plan.texts[name] for name in VERSION_FIELDS):
                row |= {"payload_digest": plan.texts["payload_digest"], "markup": plan.details.markup}
                explanations.forget(connection, [after.id])
                explanations.keep(connection, [(after.id, plan.details)])
            bulk.update_rows(connection, Revision, [row])
            after.seen_at = plan.seen_at
    elif before is None or not before.has_text_of(plan):
        new = _add(connection, plan, run_id)
        if comes_back and before is not None:
            first, second = _split(connection, before, plan, seen, changes)
            held[number - 1 : number] = [first, new, second]
        else:
            held.insert(number, new)
    _number(connection, held, changes)
    _place_fields(connection, plan, run_id, changes, seen, held)
    first_seen = update(ArticleRow).where(
        ArticleRow.id == plan.article_id, ArticleRow.first_seen_at > plan.seen_at
    )
    connection.execute(first_seen.values(first_seen_at=plan.seen_at))


# -- reading ---------------------------------------------------------------------------------


def _versions(connection: Connection, plan: Plan) -> list[_Version]:
    """The versions of an article by their days. The present one is the last, also where a clock was wrong."""
    assert plan.stored is not None
    columns = bulk.columns_of(
        Revision, ("id", "version", "seen_at", "change_kind", "capture_id", "payload_digest")
    )
    query = select(*columns, *(getattr(Revision, name) for name in VERSION_FIELDS)).where(
        Revision.article_id == plan.article_id
    )
    found = []
    for row in connection.execute(query):
        id_, number, seen_at, kind, capture_id, digest, *heads, body = row
        is_current = id_ == plan.stored["revision_id"]
        texts = (*heads, plan.stored["article_body"] if is_current else body or "")
        found.append(_Version(id_, number, seen_at, kind, capture_id, digest, texts, is_current))
    return sorted(found, key=lambda one: (one.is_current, one.seen_at, one.number))


@dataclass
class _StoredChange:
    """A stored change of a field, with the version that it belongs to by its id."""

    id: int
    version_id: int
    number: int
    kind: str
    seen_at: datetime
    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def _field_changes(connection: Connection, article_id: int) -> list[_StoredChange]:
    columns = bulk.columns_of(
        FieldChange, ("id", "version", "change_kind", "seen_at", "field", "value_before", "value_after")
    )
    query = (
        select(Revision.id.label("version_id"), *columns)
        .join(
            Revision,
            (Revision.article_id == FieldChange.article_id) & (Revision.version == FieldChange.version),
        )
        .where(FieldChange.article_id == article_id)
        .order_by(FieldChange.seen_at, FieldChange.id)
    )
    return [
        _StoredChange(id_, version_id, number, kind, at, name, tuple(before), tuple(after))
        for version_id, id_, number, kind, at, name, before, after in connection.execute(query)
    ]


def _captured_next(connection: Connection, plan: Plan) -> datetime | None:
    """When the article's page was captured next after the capture of the plan; `None` where it was not."""
    assert plan.stored is not None
    own = select(Url.id).where(Url.url_key == plan.stored["url_key"])
    led = select(CaptureRow.url_id).join(Revision, Revision.capture_id == CaptureRow.id)
    led = led.where(Revision.article_id == plan.article_id)
    query = select(func.min(CaptureRow.fetched_at)).where(
        CaptureRow.url_id.in_(own.union(led)),
        CaptureRow.parent_id.is_(None),
        CaptureRow.fetched_at > plan.seen_at,
        CaptureRow.charset_used != "",  # the capture of a page that is no article has none
    )
    return connection.execute(query).scalar_one()


# -- writing ---------------------------------------------------------------------------------


def _add(connection: Connection, plan: Plan, run_id: int | None) -> _Version:
    """A version of the capture, for the time being with a number above all."""
    [plan.revision_id] = bulk.new_ids(connection, Revision, 1)
    row = plan.texts | {
        "id": plan.revision_id,
        "article_id": plan.article_id,
        "capture_id": plan.capture_id,
        "version": _free_number(connection, plan.article_id),
        "change_kind": ChangeKind.PUBLISHER,
        "run_id": run_id,
        "markup": plan.details.markup,
    }
    bulk.insert_rows(connection, Revision, [row])
    explanations.keep(connection, [(plan.revision_id, plan.details)])
    texts = tuple(row[name] for name in VERSION_FIELDS)
    own = (plan.revision_id, row["version"], plan.seen_at, ChangeKind.PUBLISHER, plan.capture_id)
    return _Version(*own, row["payload_digest"], texts, is_current=False)


def _free_number(connection: Connection, article_id: int) -> int:
    highest = select(func.max(Revision.version)).where(Revision.article_id == article_id)
    return int(connection.execute(highest).scalar_one()) + 1


def _split(
    connection: Connection, version: _Version, plan: Plan, seen: datetime, changes: Sequence[_StoredChange]
) -> tuple[_Version, _Version]:
    """Make two versions of one that was seen before and after the capture of a plan, and give both.

    `seen` is when the page had its text again. Both are explained by the capture from which that text was read. The present
    version keeps its row, because its article refers to it.
    """
    row = dict(connection.execute(select(_TABLE).where(_TABLE.c.id == version.id)).mappings().one())
    [copy_id] = bulk.new_ids(connection, Revision, 1)
    copied = row | {"id": copy_id, "version": _free_number(connection, plan.article_id)}
    again = {"seen_at": seen, "change_kind": ChangeKind.PUBLISHER, "run_id": None}
    if version.is_current:
        copied["article_body"] = version.texts[-1]
        bulk.update_rows(connection, Revision, [{"b_id": version.id, **again}])
    else:
        copied |= again
    bulk.insert_rows(connection, Revision, [copied])
    explanations.copy(connection, version.id, copy_id)
    other = replace(version, id=copy_id, number=copied["version"], is_current=False)
    first, second = (other, version) if version.is_current else (version, other)
    second.seen_at, second.kind = seen, ChangeKind.PUBLISHER
    for change in changes:
        if change.version_id == version.id:
            change.version_id = (second if change.seen_at >= seen else first).id
    return first, second


def _number(connection: Connection, held: Sequence[_Version], changes: Sequence[_StoredChange]) -> None:
    """Number the versions in their order. The first is the new one, and any other is a change."""
    for number, one in enumerate(held, 1):
        later = ChangeKind.PUBLISHER if one.kind == ChangeKind.NEW else one.kind
        kind = ChangeKind.NEW if number == 1 else later
        if kind != one.kind:
            bulk.update_rows(connection, Revision, [{"b_id": one.id, "change_kind": kind}])
    numbers = {one.id: number for number, one in enumerate(held, 1)}
    other = [one for one in held if one.number != numbers[one.id]]
    # No two versions of an article may have one number at any moment.
    bulk.update_rows(connection, Revision, [{"b_id": one.id, "version": -numbers[one.id]} for one in other])
    bulk.update_rows(connection, Revision, [{"b_id": one.id, "version": numbers[one.id]} for one in other])
    bulk.update_rows(
        connection,
        FieldChange,
        [
            {"b_id": one.id, "version": numbers[one.version_id]}
            for one in changes
            if one.number != numbers[one.version_id]
        ],
    )


def _place_fields(
    connection: Connection,
    plan: Plan,
    run_id: int | None,
    changes: Sequence[_StoredChange],
    seen: datetime,
    held: Sequence[_Version],
) -> None:
    """Record where the fields of a capture differ from those before and after it; the page was seen next at `seen`."""

    def add(at: datetime, change: field_changes.Change) -> None:
        number = max((n for n, one in enumerate(held, 1) if one.seen_at <= at), default=1)
        own = (plan.article_id, number, ChangeKind.PUBLISHER, plan.article.extractor_version, at, [change])
        field_changes.record(connection, [field_changes.ArticleChanges(*own)], run_id)

    later: dict[str, _StoredChange] = {}
    for stored in changes:
        if stored.kind == ChangeKind.PUBLISHER and stored.seen_at > plan.seen_at:
            later.setdefault(stored.field, stored)
    now = field_changes.stored_values(connection, [plan.article_id])[plan.article_id]
    around = {name: later[name].before if name in later else value for name, value in now.items()}
    for change in field_changes.changes(around, field_changes.values(plan.article)):
        if held[0].seen_at < plan.seen_at:
            add(plan.seen_at, change)
        known = later.get(change.field)
        if known is None or known.seen_at > seen:
            add(seen, field_changes.Change(change.field, change.after, change.before))
        elif known.after == change.after:
            connection.execute(delete(FieldChange).where(FieldChange.id == known.id))
        else:
            bulk.update_rows(
                connection, FieldChange, [{"b_id": known.id, "value_before": list(change.after)}]
            )
