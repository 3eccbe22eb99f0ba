"""Readings of a crawl's pages: the newest of each page, bounded in bytes."""

from __future__ import annotations

from newsarchive.db.kept_readings import KeptReadings, Reading


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


def test_what_is_forgotten_or_closed_is_not_found() -> None:
    kept = KeptReadings()
    kept.keep(Reading("a.example/1", b"first"))
    kept.keep(Reading("a.example/2", b"second"))
    kept.forget(["a.example/1", "a.example/7"])
    assert (kept.get("a.example/1"), kept.get("a.example/2")) == (None, Reading("a.example/2", b"second"))
    kept.close()
    kept.keep(Reading("a.example/3", b"third"))
    assert (kept.get("a.example/2"), kept.get("a.example/3")) == (None, None)
