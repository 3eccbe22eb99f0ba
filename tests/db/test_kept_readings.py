"""Readings of a crawl's pages: the newest of each page, bounded in bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsarchive.db import kept_readings
from newsarchive.db.kept_readings import KeptReadings, Reading, shared_readings


def test_the_newest_reading_of_a_page_is_kept() -> None:
    kept = KeptReadings()
    kept.keep(Reading("a.example/1", b"first"))
    kept.keep(Reading("a.example/1", b"second"))
    assert kept.get("a.example/1") == Reading("a.example/1", b"second")
    assert kept.get("a.example/2") is None


def test_the_oldest_go_where_there_are_too_many_bytes() -> None:
    kept = KeptReadings(max_bytes=30)
    for number in range(9):
        kept.keep(Reading(f"a.example/{number}", b"0123456789"))
    assert [number for number in range(9) if kept.get(f"a.example/{number}")] == [6, 7, 8]
    kept.keep(Reading("a.example/6", b"x"))  # the newest now, and smaller
    kept.keep(Reading("a.example/9", b"0123456789"))
    assert [number for number in range(10) if kept.get(f"a.example/{number}")] == [6, 8, 9]


def test_a_record_counts_as_the_page_does() -> None:
    kept = KeptReadings(max_bytes=30)
    for number in range(3):
        kept.keep(Reading(f"a.example/{number}", b"01234", b"0123456"))
    assert [one.url_key for one in kept.all()] == ["a.example/1", "a.example/2"]
    assert kept.get("a.example/2") == Reading("a.example/2", b"01234", b"0123456")


def test_a_reading_larger_than_the_bound_is_not_kept() -> None:
    kept = KeptReadings(max_bytes=5)
    kept.keep(Reading("a.example/1", b"0123456789"))
    assert kept.get("a.example/1") is None


def test_after_closing_nothing_is_found() -> None:
    kept = KeptReadings()
    kept.keep(Reading("a.example/1", b"first"))
    kept.close()
    kept.keep(Reading("a.example/3", b"third"))
    assert (kept.get("a.example/1"), kept.get("a.example/3"), kept.all()) == (None, None, [])


def both(tmp_path: Path) -> tuple[KeptReadings, KeptReadings]:
    """What two crawls of one worker have open."""
    one, other = (shared_readings(str(tmp_path / "readings.db")) for _ in range(2))
    assert one is not None
    assert other is not None
    return one, other


def test_crawls_that_share_a_file_find_what_the_other_has_read(tmp_path: Path) -> None:
    one, other = both(tmp_path)
    one.keep(Reading("a.example/1", b"first", b"record"))
    one.close()
    assert other.get("a.example/1") == Reading("a.example/1", b"first", b"record")


def test_pages_that_wait_are_known_to_all_until_they_are_stored(tmp_path: Path) -> None:
    one, other = both(tmp_path)
    pages = [Reading(f"a.example/{number}", b"page", b"record") for number in range(3)]
    for page in pages:
        one.wait(page, f"https://{page.url_key}", "a.example")
    one.wait(Reading("b.example/1", b"page"), "https://b.example/1", "b.example")
    records = [(f"https://a.example/{number}", b"record") for number in range(3)]
    assert other.waiting("a.example") == records
    one.end_wait("a.example/1")
    assert other.waiting("a.example") == [records[0], records[2]]
    assert other.get("a.example/1") == pages[1]


def test_what_was_read_long_ago_is_of_no_use_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules may be others by now, and a crawl that was killed never stores its pages."""
    one, other = both(tmp_path)
    one.wait(Reading("a.example/1", b"page"), "https://a.example/1", "a.example")
    monkeypatch.setattr(kept_readings, "MAX_SHARED_SECONDS", 0.0)
    assert (other.get("a.example/1"), other.waiting("a.example")) == (None, [])
    other.keep(Reading("a.example/2", b"page"))
    assert one.all() == []


def test_a_file_that_cannot_be_opened_is_not_shared(tmp_path: Path) -> None:
    assert shared_readings("") is None
    assert shared_readings(str(tmp_path / "nowhere" / "readings.db")) is None
    (tmp_path / "damaged.db").write_bytes(b"no database at all" * 99)
    assert shared_readings(str(tmp_path / "damaged.db")) is None
