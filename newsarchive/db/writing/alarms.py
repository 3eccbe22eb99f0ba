"""Keeps the alarms of a site: which were raised, which stand and which are over. The articles of an alarm wait in
quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from newsarchive.core.alarms import witnesses
from newsarchive.core.alarms.judge import judge
from newsarchive.core.alarms.records import LIST_ALARMS, Alarm, AlarmKind, State, sentence
from newsarchive.db import bulk
from newsarchive.db.frontier import listings
from newsarchive.db.models import AlarmRow, Quarantined, Url
from newsarchive.db.reading.alarms import history

#: Alarms during which the looks at lists from before they were raised are kept.
KEEPING = LIST_ALARMS | {AlarmKind.FROZEN_FEED}
#: Time for which the end of an alarm is sent again where it did not arrive; after it, nobody is told any more.
MAX_TIME_TO_TELL = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm as the archive keeps it."""

    id: int
    kind: AlarmKind
    since: datetime
    sentence: str
    evidence: dict[str, float | str]
    told: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """The alarms of a site that stand, those that this look cleared, those whose end the command or webhook has not
    taken yet, and the articles whose posts it made due as witnesses."""

    standing: Sequence[KeptAlarm]
    cleared: Sequence[KeptAlarm]
    over: Sequence[KeptAlarm] = ()
    witnesses: Sequence[int] = ()


def look(
    connection: Connection, site_id: int, now: datetime, run_id: int | None = None, *, failed: bool = False
) -> Changes:
    """Judge a site by its history, and store its alarms. `failed` says that this crawl could not be made."""
    known = history(connection, site_id, now, failed=failed)
    found = {alarm.kind: alarm for alarm in judge(known, now)}
    rows = connection.execute(
        select(AlarmRow.__table__).where(AlarmRow.site_id == site_id, AlarmRow.cleared_at.is_(None))
    ).all()
    kept: list[KeptAlarm] = []
    cleared: list[KeptAlarm] = []
    for row in rows:
        kind = AlarmKind(row.kind)
        alarm = found.pop(kind, None)
        if alarm is None or alarm.state is not State.STANDS:
            changes: dict[str, Any] = {
                "cleared_at": now,
                "is_settled": alarm is not None and alarm.state is State.SETTLED,
            }
            cleared.append(_of_row(row))
        else:
            changes = {"evidence": dict(alarm.evidence), "since": alarm.since}
            kept.append(_kept(row.id, alarm, told=row.told_at is not None))
        connection.execute(update(AlarmRow).where(AlarmRow.id == row.id).values(changes))
        if alarm is not None:
            _quarantine(connection, row.id, alarm, now)
    for alarm in found.values():
        new: dict[str, Any] = {
            "site_id": site_id,
            "run_id": run_id,
            "kind": alarm.kind.value,
            "since": alarm.since,
        }
        new |= {"raised_at": now, "evidence": dict(alarm.evidence)}
        alarm_id = connection.execute(insert(AlarmRow).values(new).returning(AlarmRow.id)).scalar_one()
        kept.append(_kept(alarm_id, alarm))
        _quarantine(connection, alarm_id, alarm, now)
    # While an alarm on lists stands, the earlier looks are kept, because they tell when it is over.
    if not KEEPING & {alarm.kind for alarm in kept}:
        listings.prune_looks(connection, site_id)
    after = replace(
        known,
        standing={alarm.kind: alarm.since for alarm in kept},
        told_parts={alarm.kind: str(alarm.evidence["part"]) for alarm in kept if "part" in alarm.evidence},
    )
    called = [] if failed else _call(connection, witnesses.wanted(after, now), now)
    # Alarms that the command or webhook took, and whose end it did not take yet.
    ended = AlarmRow.cleared_at > now - MAX_TIME_TO_TELL, AlarmRow.told_at < AlarmRow.cleared_at
    query = select(AlarmRow.__table__).where(AlarmRow.site_id == site_id, *ended).order_by(AlarmRow.id)
    return Changes(kept, cleared, [_of_row(row) for row in connection.execute(query)], called)


#: Posts that answered, found by the address of their article and by the addresses under which its versions were
#: fetched: a list may name a post as `/?p=12`, which leads to its real address.
_THERE = """
    SELECT a.id, u.id, u.reason FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key
    WHERE a.id IN :articles AND u.state = 'ok'
    UNION SELECT r.article_id, u.id, u.reason
    FROM article_revisions AS r JOIN captures AS c ON c.id = r.capture_id JOIN urls AS u ON u.id = c.url_id
    WHERE r.article_id IN :articles AND u.state = 'ok'
"""


def _call(connection: Connection, wanted: witnesses.Wanted, now: datetime) -> list[int]:
    """Make posts due, so that the next crawl reads them again, and give their articles. Posts that failed when they
    were last asked come last."""
    if not wanted.number:
        return []
    there = bulk.select_tuples(connection, _THERE, {"articles": list(wanted.candidates)})
    place = {article: number for number, article in enumerate(wanted.candidates)}
    called: dict[int, int] = {}
    for article, url_id, _ in sorted(there, key=lambda row: (row[2] != "", place[row[0]], row[1])):
        if len(called) < wanted.number:
            called.setdefault(article, url_id)
    connection.execute(update(Url).where(Url.id.in_(called.values())).values(next_check_at=now))
    return list(called)


def told(connection: Connection, ids: Iterable[int], now: datetime) -> None:
    """Record that the command or webhook took these alarms, or their end."""
    connection.execute(update(AlarmRow).where(AlarmRow.id.in_(list(ids))).values(told_at=now))


def _of_row(row: Any) -> KeptAlarm:
    kind = AlarmKind(row.kind)
    said = sentence(kind, row.since, row.evidence)
    return KeptAlarm(row.id, kind, row.since, said, row.evidence, row.told_at is not None)


def _kept(alarm_id: int, alarm: Alarm, *, told: bool = False) -> KeptAlarm:
    return KeptAlarm(alarm_id, alarm.kind, alarm.since, alarm.sentence, dict(alarm.evidence), told)


def _quarantine(connection: Connection, alarm_id: int, alarm: Alarm, now: datetime) -> None:
    """Put the articles of the alarm into quarantine, and release those that were read well since."""
    if alarm.state is State.STANDS:
        common = {"state": "waiting", "reason": f"alarm: {alarm.kind}", "since": now, "alarm_id": alarm_id}
        bulk.insert_new_rows(connection, Quarantined, [{"article_id": i, **common} for i in alarm.touched])
    here = (Quarantined.alarm_id == alarm_id) & (Quarantined.state == "waiting")
    bulk.change_in(connection, delete(Quarantined).where(here), Quarantined.article_id, alarm.well)
