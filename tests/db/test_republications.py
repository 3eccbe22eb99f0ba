"""Publishers: order, delay and headlines of copies whose original the archive holds."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from newsarchive import Archive, UsageError
from newsarchive.cli import output
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.reading.publishers import HeadlineChange, by_publisher, headline_change, republications
from newsarchive.db.writing.quarantine import decide
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Origin
from newsarchive.rules import default
from tests.db.test_clusters import story
from tests.support.storage import START, make_article, run_on, url_of


def article(text: int, url: str, hours: float | None, headline: str, **fields: object) -> Article:
    """An article with story `text`, published so many hours after 2025-04-01 12:00 UTC."""
    moment = None if hours is None else START + timedelta(hours=hours)
    body = " ".join(story(text, 120))
    made = make_article(1, url=url, body=body, date_published=moment, headline=headline, **fields)
    return fingerprint_step(made, default())


def credit(name: str, domain: str, url: str = "") -> Origin:
    return Origin(name, domain, confidence=0.9, url=url)


PAPER = credit("The Paper", "paper.example")
FERRY = "https://paper.example/ferry"
ARTICLES = [
    # A story that credits its publisher.
    article(1, FERRY, 0, "Ferry rams pier in Busan"),
    article(1, "https://one.example/a", 2, "FERRY rams pier in Busan!", origin=PAPER),
    article(1, "https://two.example/a", 6, "Ferry rams pier in Busan, 12 hurt"),
    article(1, "https://three.example/a", -3, "What nobody tells you", origin=PAPER),
    article(1, "https://four.example/a", None, "Ferry rams pier in Busan"),
    article(1, "https://paper.example/ferry-again", 1, "Ferry rams pier in Busan"),
    # The time of a copy is not known, only its day: midnight.
    article(2, "https://paper.example/bank", 3, "Bank cuts rates"),
    article(2, "https://one.example/b", -12, "Bank cuts rates", origin=PAPER),
    article(2, "https://two.example/b", 12, "Bank cuts rates", origin=PAPER),
    # Told in other words, so in no story with its original, which its credit links.
    article(
        3, "https://one.example/c", 50, "Seoul and us", origin=credit("The Paper", "paper.example", FERRY)
    ),
    # A chain: C credits B, which credits A.
    article(4, "https://agency.example/d", 0, "Storm nears coast"),
    article(4, "https://paper.example/d", 1, "Storm nears coast", origin=credit("Agency", "agency.example")),
    article(
        4,
        "https://two.example/d",
        4,
        "Storm nears",
        origin=credit("P", "paper.example", "https://paper.example/d"),
    ),
    # Nobody is credited.
    article(5, "https://two.example/e", 10, "Cup final drawn"),
    article(5, "https://one.example/e", 30, "Cup final drawn"),
    # The publisher that is credited is not in the archive.
    article(6, "https://one.example/f", 0, "Budget passed", origin=credit("Far Away", "far.example")),
    article(6, "https://two.example/f", 9, "Budget passed"),
]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    Store(engine).ingest(ARTICLES)
    return engine


def run(engine: Engine, *args: str) -> Result:
    return run_on(engine, "publishers", *args, COLUMNS="200")


#: publisher's site, copy's site, place, hours, whether whole days were counted, headline, how it is known
EXPECTED = [
    ("agency.example", "paper.example", 1, 1.0, False, "same", "publisher"),
    ("agency.example", "two.example", 2, 4.0, False, "edited", "link"),
    ("paper.example", "one.example", 1, 0.0, True, "same", "publisher"),
    ("paper.example", "two.example", 2, 24.0, True, "same", "publisher"),
    ("paper.example", "three.example", 1, -3.0, False, "new", "publisher"),
    ("paper.example", "one.example", 2, 2.0, False, "same", "publisher"),
    ("paper.example", "two.example", 3, 6.0, False, "edited", "publisher"),
    ("paper.example", "one.example", 4, 50.0, False, "new", "link"),
    ("paper.example", "four.example", 5, None, False, "same", "publisher"),
    ("two.example", "one.example", 1, 20.0, False, "same", "earliest"),
]


def test_order_delay_and_headlines_of_every_copy(engine: Engine) -> None:
    found = [
        (
            o.publisher_site,
            o.site,
            o.place,
            o.delay_hours,
            o.is_to_the_day,
            o.headline_change.value,
            o.known_by.value,
        )
        for o in republications(engine)
    ]
    assert found == EXPECTED


def test_a_small_paper_is_credited_by_the_name_that_its_own_pages_give(engine: Engine) -> None:
    named = credit("COAST COURIER", "")  # a name in no table, so without a domain
    Store(engine).ingest(
        [
            article(7, "https://coast.example/g", 0, "Mayor resigns", publisher="The Coast Courier"),
            article(7, "https://one.example/g", 5, "Mayor resigns", origin=named),
            article(7, "https://two.example/g", 6, "Mayor resigns", publisher="Two"),
            # Another paper of the name is credited with its domain.
            article(8, "https://coast.example/h", 0, "Choir sings", publisher="Coast Courier"),
            article(
                8, "https://one.example/h", 1, "Choir sings", origin=credit("Coast Courier", "far.example")
            ),
        ]
    )
    found = [
        (o.publisher, o.site, o.delay_hours, o.known_by) for o in republications(engine, "coast courier")
    ]
    assert found == [
        ("COAST COURIER", "one.example", 5.0, "publisher"),
        ("COAST COURIER", "two.example", 6.0, "publisher"),
    ]


def test_a_headline_that_the_original_changed_later_is_not_the_copys_doing(engine: Engine) -> None:
    later = {"day": 1, "page": b"<p>again</p>"}
    Store(engine).ingest([article(1, FERRY, 0, "Harbour closed after collision", **later)])
    found = {
        o.site: (o.original_headline, o.headline_change.value)
        for o in republications(engine, "paper.example")
    }
    assert found["two.example"] == ("Ferry rams pier in Busan", "edited")
    assert found["four.example"] == ("Ferry rams pier in Busan", "same")
    assert found["three.example"] == ("Harbour closed after collision", "new")


def test_publishers_by_number_of_copies(engine: Engine) -> None:
    paper, agency, two = by_publisher(republications(engine))
    assert (paper.site, paper.publisher, paper.stories, paper.copies, paper.credited) == (
        "paper.example", "The Paper", 2, 7, 7,
    )  # fmt: skip
    assert dict(paper.sites) == {"one.example": 3, "two.example": 2, "three.example": 1, "four.example": 1}
    assert (paper.dated_stories, paper.first_in) == (2, 1)  # three.example is dated before the original
    assert paper.delays is not None
    # Of 0, 2, 6, 24 and 50 hours; the copy dated before the original does not count.
    assert (paper.delays.copies, paper.delays.lower, paper.delays.median, paper.delays.upper) == (5, 2, 6, 24)
    assert dict(paper.headlines) == {"same": 4, "edited": 1, "new": 2}
    assert (agency.site, agency.publisher, agency.copies) == ("agency.example", "Agency", 2)
    assert (two.site, two.publisher, two.credited) == ("two.example", "", 0)


def test_narrowed_by_publisher_site_day_and_credit(engine: Engine) -> None:
    assert {o.publisher_site for o in republications(engine, "the paper")} == {"paper.example"}
    assert {o.publisher_site for o in republications(engine, "agency.ex")} == {"agency.example"}
    assert {o.site for o in republications(engine, site="www.two.example")} == {"two.example"}
    assert "two.example" not in {o.publisher_site for o in republications(engine, credited=True)}
    late = republications(engine, since=START + timedelta(hours=20))
    assert {o.copy_url for o in late if o.published} == {"https://one.example/c", "https://one.example/e"}


def test_a_copy_that_links_its_original_is_not_the_first_of_their_story_whatever_day_it_prints(
    engine: Engine,
) -> None:
    cup = credit("Two", "two.example", "https://two.example/e")
    Store(engine).ingest([article(5, "https://three.example/e", 2, "Cup final drawn", origin=cup)])
    archive = Archive(url_of(engine))
    for copies in ("first", "none"):
        found = {hit.url for hit in archive.search("cup", copies=copies)}
        assert found == {"https://two.example/e"}


def test_what_readers_do_not_see_is_neither_copy_nor_original(engine: Engine) -> None:
    ids = {o.copy_url: o.copy_id for o in republications(engine)}
    decide(engine, ids["https://two.example/a"], "dropped", "a list")
    decide(engine, {o.original_id for o in republications(engine, "agency")}.pop(), "dropped", "a list")
    found = republications(engine)
    assert "https://two.example/a" not in {o.copy_url for o in found}
    assert "agency.example" not in {o.publisher_site for o in found}
    assert {o.copy_url for o in found} < {o.copy_url for o in republications(engine, hidden=True)}


def test_the_command_prints_publishers_and_copies(engine: Engine) -> None:
    rows = [line.split("\t") for line in run(engine).stdout.splitlines()]
    assert [row[0] for row in rows] == ["paper.example", "agency.example", "two.example"]
    copies = list(csv.DictReader(io.StringIO(run(engine, "--every-copy", "--csv").stdout)))
    assert len(copies) == len(EXPECTED)
    assert copies[0]["original_headline"] == "Storm nears coast"
    one = [json.loads(line) for line in run(engine, "agency", "--json").stdout.splitlines()]
    assert [(o["place"], o["headline"], o["delay_hours"]) for o in one] == [
        (1, "Storm nears coast", 1.0), (2, "Storm nears", 4.0),
    ]  # fmt: skip
    assert len(run(engine, "--json", "-n", "1").stdout.splitlines()) == 1


def test_a_terminal_shows_each_original_with_its_copies(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    rows = [line.split() for line in run(engine).stdout.splitlines()]
    assert rows[1] == [
        "2",
        "7",
        "4",
        "1",
        "of",
        "2",
        "6",
        "2",
        "to",
        "24",
        "4",
        "1",
        "2",
        "The",
        "Paper",
        "(paper.example)",
    ]
    assert [row[-1] for row in rows[2:]] == ["(agency.example)", "two.example"]
    assert (
        run(engine, "--every-copy").stdout.splitlines()[0] == "2025-04-01  agency.example  Storm nears coast"
    )
    copies = [line for line in run(engine, "--every-copy").stdout.splitlines() if line.startswith("  1. ")]
    assert copies == [
        "  1. 1 hour later, paper.example: the same headline",
        "  1. on the same day, one.example: the same headline",
        "  1. 3 hours earlier, three.example: What nobody tells you",
        "  1. 20 hours later, one.example (nobody is credited; merely later): the same headline",
    ]
    paper = run(engine, "paper").stdout.splitlines()
    assert "  2. 1 day later, two.example: the same headline" in paper
    assert paper[-2] == "  5. no date to compare, four.example: the same headline"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nobody.example"], 1, "nobody.example"),
        (["--csv", "--json"], 2, "exclude"),
        (["--since", "soon"], 2, "soon"),
    ],
)
def test_bad_input_is_named(engine: Engine, args: list[str], code: int, said: str) -> None:
    result = run(engine, *args)
    assert result.exit_code == code
    assert said in result.stderr


def test_the_library_reads_the_same(engine: Engine) -> None:
    with Archive(url_of(engine)) as archive:
        assert archive.republications("agency") == republications(engine, "agency")
        assert archive.publishers() == by_publisher(republications(engine))
        assert archive.republications(since="2025-04-03") == republications(
            engine, since=datetime(2025, 4, 3, tzinfo=UTC)
        )
        with pytest.raises(UsageError, match="soon"):
            archive.publishers(since="soon")


@given(st.text(), st.text())
def test_a_headline_is_the_same_as_itself_whatever_its_case(headline: str, other: str) -> None:
    assert headline_change(headline, headline) is HeadlineChange.SAME
    assert headline_change(headline, other) is headline_change(other, headline)
