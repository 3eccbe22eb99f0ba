"""The table of publishers: its integrity, and how a name is met."""

from __future__ import annotations

from collections import Counter

import pytest

from newsarchive.core.origin.publishers import by_host, by_name, key_of, registry
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, default

KINDS = {"agency", "wire", "paper", "broadcaster", "portal", "journal", "organisation", "blog"}


def test_the_table_is_large_and_complete() -> None:
    rows = default().publishers
    assert len(rows) >= 300
    assert all(row["domains"] and row["kind"] in KINDS for row in rows)


def test_no_name_and_no_domain_stands_twice() -> None:
    rows = default().publishers
    names = Counter(
        key_of(n)
        for row in rows
        for n in {key_of(m): m for m in (row["name"], *row.get("aliases", ()))}.values()
    )
    domains = Counter(d for row in rows for d in row["domains"])
    assert [n for n, count in (names + domains).items() if count > 1] == []


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("South ChinaMorning Post", "South China Morning Post"),
        ("THE GUARDIAN", "The Guardian"),
        ("The Gaurdian", "The Guardian"),
        ("El Pais", "El País"),
        ("Suddeutsche Zeitung", "Süddeutsche Zeitung"),
        ("Wshington Post", "The Washington Post"),
        ("朝日新聞", "The Asahi Shimbun"),
        ("南華早報", "South China Morning Post"),
        ("الجزيرة", "Al Jazeera"),
        ("Коммерсантъ", "Kommersant"),
        ("ไทยรัฐ", "Thairath"),
        ("dpa", "Deutsche Presse-Agentur"),
    ],
)
def test_a_name_is_met_in_spite_of_slips(printed: str, name: str) -> None:
    found = by_name(printed, default())
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "printed", ["Reuters Institute", "Morning", "Posts", "Daily", "", "…", "My Morning Post"]
)
def test_a_near_name_is_no_publisher(printed: str) -> None:
    assert by_name(printed, default()) is None


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("www.scmp.com", "South China Morning Post"),
        ("amp.theguardian.com", "The Guardian"),
        ("bbc.com/thai", "BBC Thai"),
        ("bbc.com/news/1", "BBC News"),
        ("notscmp.com", None),
        ("com", None),
    ],
)
def test_a_host_belongs_to_its_publisher(host: str, name: str | None) -> None:
    found = by_host(host, default())
    assert (found.name if found else None) == name


def test_a_row_without_a_name_is_refused_by_file_and_key() -> None:
    with pytest.raises(BadRules, match=r"publishers\.toml: publisher\.name"):
        registry(Rules(publishers=({"domains": ["x.example"]},)))
