"""Citations: what stands in them, that reference managers read them, and that an identifier finds its version for ever."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import citeproc
import pybtex.database
import pytest
import rispy
from citeproc.source.json import CiteProcJSON
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from newsarchive import Archive, NoSuchArticle, UsageError, citation
from newsarchive.citation import Citation, identifier
from newsarchive.db.reading import articles
from newsarchive.db.reading.articles import Stored
from newsarchive.db.writing.store import Store
from newsarchive.items import Author, Origin
from tests.support.storage import make_article, rich_article, run_on, url_of

POST = Citation(
    identifier("A ferry", "It sails.", "https://blog.example/ferry/"),
    "https://blog.example/ferry/",
    "A ferry",
    (("Ann Lee", True), ("AFP", False)),
    "A Blog",
    "en",
    datetime(2025, 4, 1, 8, 15, tzinfo=UTC),
    2,
    datetime(2025, 4, 3, 9, 0, 7, 250, tzinfo=UTC),
    "sha256:ab12",
    "The Paper",
    "https://paper.example/ferry",
    datetime(2025, 3, 31, tzinfo=UTC),
)
IDENTIFIER = f"nwa:1:txt:{POST.identifier.digest};url=https://blog.example/ferry/"
NOTE = (
    "First published by The Paper, 31 March 2025, https://paper.example/ferry. Captured 2025-04-03T09:00:07Z."
    f" SHA-256 of the page: ab12. Version 2 in the archive: {IDENTIFIER}"
)
BARE = replace(
    POST, headline="", authors=(), language="", published=None, fetched_at=None, payload_digest="", origin="",
    original_url="", original_date=None,
)  # fmt: skip

#: How a page or a feed printed a time, that time, and the day that readers saw.
PRINTED = [
    ("2026-01-01T01:30:00+07:00", datetime(2025, 12, 31, 18, 30, tzinfo=UTC), "1 January 2026"),
    ("Wed, 31 Dec 2025 21:00:00 -0500", datetime(2026, 1, 1, 2, tzinfo=UTC), "31 December 2025"),
    ("2025-12-31T18:30:00Z", datetime(2025, 12, 31, 18, 30, tzinfo=UTC), "31 December 2025"),
    ("1 January", datetime(2025, 12, 31, 18, 30, tzinfo=UTC), "31 December 2025"),
    # the date comes from elsewhere than what is printed here
    ("2026-01-05T01:30:00+07:00", datetime(2025, 12, 31, 18, 30, tzinfo=UTC), "31 December 2025"),
]


@pytest.mark.parametrize(("printed", "moment", "day"), PRINTED)
def test_the_day_is_the_one_that_readers_of_the_page_saw(printed: str, moment: datetime, day: str) -> None:
    article = Stored(url="https://blog.example/", date_published=moment, date_published_raw=printed)
    cited = citation.of(article)
    shown = datetime.strptime(day, "%d %B %Y").date()
    assert f", {day}. https://blog.example/" in citation.line(cited)
    assert citation.csl(cited)["issued"] == {"date-parts": [[shown.year, shown.month, shown.day]]}
    assert f"date = {{{shown}}}" in citation.bibtex(cited)
    assert f"DA  - {shown:%Y/%m/%d}" in citation.ris(cited)
    # a machine reads the moment
    assert datetime.fromisoformat(citation.jsonld(article)["datePublished"]) == moment


# -- what stands in a citation ---------------------------------------------------------------------


def test_a_line_has_who_what_where_when_the_original_the_capture_and_both_digests() -> None:
    assert citation.line(POST) == (
        f"Ann Lee and AFP: “A ferry”. A Blog, 1 April 2025. https://blog.example/ferry/. {NOTE}"
    )
    assert citation.line(BARE) == (
        "“https://blog.example/ferry/”. A Blog. https://blog.example/ferry/."
        f" Version 2 in the archive: {IDENTIFIER}"
    )


@pytest.mark.parametrize("headline", ["The ferry is back.", "Is it back?", "渡船回来了。"])
def test_a_headline_that_ends_a_sentence_has_no_second_stop(headline: str) -> None:
    assert f"“{headline}” A Blog, 1 April 2025." in citation.line(replace(POST, headline=headline))


def test_csl_has_the_variables_of_the_schema() -> None:
    assert json.loads(citation.csl_json(POST)) == [
        {
            "id": POST.key,
            "type": "post-weblog",
            "title": "A ferry",
            "author": [{"literal": "Ann Lee"}, {"literal": "AFP"}],
            "container-title": "A Blog",
            "issued": {"date-parts": [[2025, 4, 1]]},
            "accessed": {"date-parts": [[2025, 4, 3]]},
            "original-date": {"date-parts": [[2025, 3, 31]]},
            "original-publisher": "The Paper",
            "language": "en",
            "URL": "https://blog.example/ferry/",
            "archive": "newsarchive",
            "archive_location": IDENTIFIER,
            "note": NOTE,
        }
    ]
    assert citation.csl(BARE).keys() == {
        "id",
        "type",
        "title",
        "container-title",
        "URL",
        "archive",
        "archive_location",
        "note",
    }


def test_two_copies_of_one_text_have_two_keys() -> None:
    """Else a bibliography of a search has the key twice, and BibTeX refuses the second entry."""
    copy = replace(POST, identifier=replace(POST.identifier, url="https://other.example/ferry/"))
    assert POST.key.startswith("nwa2025-")
    assert POST.key != copy.key
    assert POST.key == replace(POST, headline="Another").key


def test_another_program_reads_the_bibtex() -> None:
    (entry,) = pybtex.database.parse_string(citation.bibtex(POST), "bibtex").entries.values()
    assert entry.type == "misc"
    ann, agency = entry.persons["author"]
    assert (ann.first_names, ann.last_names, agency.last_names) == (["Ann"], ["Lee"], ["{AFP}"])
    wanted = {
        "title": "{A ferry}",
        "year": "2025",
        "date": "2025-04-01",
        "urldate": "2025-04-03",
        "note": NOTE,
    }
    assert wanted.items() <= {name: unbroken(text) for name, text in entry.fields.items()}.items()


def unbroken(text: str) -> str:
    """A field without the places at which TeX may begin a line."""
    return text.replace("\\allowbreak{}", "")


def test_bibtex_has_the_address_as_it_is_because_biblatex_takes_a_backslash_for_a_part_of_it() -> None:
    url = "https://blog.example/%E6%B8%A1?a=b_c~d&e=1#top"
    (entry,) = pybtex.database.parse_string(
        citation.bibtex(replace(POST, url=url)), "bibtex"
    ).entries.values()
    assert entry.fields["url"] == url


def test_tex_may_break_every_long_word_of_a_note() -> None:
    """It prints 64 digits in one piece beyond the margin, and cuts them at the edge of the page."""
    (entry,) = pybtex.database.parse_string(citation.bibtex(POST), "bibtex").entries.values()
    pieces = re.split(r"\\allowbreak\{\}| ", entry.fields["note"])
    assert max(map(len, pieces)) <= citation.MAX_UNBROKEN_CHARS


#: Words of a note, with what BibTeX gets of each.
NOTED = [
    ("0123456789abcdef" * 2, r"01234567\allowbreak{}89abcdef\allowbreak{}01234567\allowbreak{}89abcdef"),
    # No line begins with a full stop.
    (
        "0123456789abcdef" * 2 + ".",
        r"01234567\allowbreak{}89abcdef\allowbreak{}01234567\allowbreak{}89abcdef.",
    ),
    # A word of a language is divided by TeX, and by no place in its middle.
    ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrtsgesellschaft"),
    ("กรุงเทพมหานครอมรรัตนโกสินทร์", "กรุงเทพมหานครอมรรัตนโกสินทร์"),
    # Neither an accent nor a percent sign is cut off from what it belongs to.
    ("https://blog.example/abe\u0301cd", "https://\\allowbreak{}blog.exa\\allowbreak{}mple/abe\u0301cd"),
    ("https://ab.example/cde%D1%82", r"https://\allowbreak{}ab.examp\allowbreak{}le/cde\%D1\%82"),
    ("https://ab.example/c--d/e.", r"https://\allowbreak{}ab.examp\allowbreak{}le/c-{}-d/\allowbreak{}e."),
]


@pytest.mark.parametrize(("word", "written"), NOTED)
def test_tex_breaks_digests_and_addresses_alone_and_not_everywhere(word: str, written: str) -> None:
    made = citation.bibtex(replace(POST, origin=word, original_url=""))
    assert f"First published by {written}, 31 March" in made


@pytest.mark.parametrize(
    "headline", ["One -- two --- three", "''Quoted'' ``words``", "<<Mots>>", "!`Hola ?`no"]
)
def test_tex_makes_no_other_character_of_two(headline: str) -> None:
    made = citation.bibtex(replace(POST, headline=headline))
    (entry,) = pybtex.database.parse_string(made, "bibtex").entries.values()
    assert entry.fields["title"].replace("{}", "") == f"{{{headline}}}"
    assert not re.search(r"--|``|''|<<|>>|[!?]`", entry.fields["title"])


@pytest.mark.parametrize(
    "name",
    [
        "ANN LEE AND BOB RAY",
        "Ann And Bob",
        "and",
        "Lee, Editor of A, B and C",
        "Robert F. Kennedy Jr.",
        "John Lee III",
    ],
)
def test_a_name_that_bibtex_would_take_apart_is_one_name(name: str) -> None:
    made = citation.bibtex(replace(POST, authors=((name, True),)))
    (entry,) = pybtex.database.parse_string(made, "bibtex").entries.values()
    assert [str(person) for person in entry.persons["author"]] == [f"{{{name}}}"]


def test_another_program_reads_the_ris() -> None:
    text = citation.ris(POST)
    assert all(line.endswith("\r") for line in text.split("\n")[:-1])
    (record,) = rispy.loads(text)
    assert record["type_of_reference"] == "BLOG"
    assert (record["title"], record["authors"], record["secondary_title"]) == (
        "A ferry",
        ["Ann Lee", "AFP,"],
        "A Blog",
    )
    assert (record["year"], record["date"], record["access_date"]) == ("2025", "2025/04/01", "2025/04/03")
    assert (record["urls"], record["accession_number"]) == (["https://blog.example/ferry/"], IDENTIFIER)


def test_a_citation_processor_prints_the_csl() -> None:
    style = citeproc.CitationStylesStyle("harvard-cite-them-right", validate=False)
    items = json.loads(citation.csl_json(POST))
    made = citeproc.CitationStylesBibliography(style, CiteProcJSON(items), citeproc.formatter.plain)
    made.register(citeproc.Citation([citeproc.CitationItem(items[0]["id"].lower())]))
    (printed,) = (str(entry) for entry in made.bibliography())
    assert "Ann Lee" in printed
    assert "A ferry" in printed
    assert "2025" in printed


HOSTILE = [
    "A\nER  - \nTY  - BOOK\nTI  - Another",
    "} , author = {Someone else}, x = {",
    "@misc{a, title = {b}}",
    "100% of $5 & #1_a ~ ^ \\ {}",
    "\\input{/etc/passwd}",
    "Ends in a backslash \\",
    "{ opens",
    "closes }",
    'a " b',
    "line\u2028separator\x85next",
    "\x1b]0;title\x07",
    "no character \ufffe\ufdd0\U0001ffff",
]


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("field", ["headline", "site", "origin", "author", "url"])
def test_what_a_stranger_wrote_begins_no_field_and_no_record(title: str, field: str) -> None:
    changed = (
        replace(POST, authors=((title, True),)) if field == "author" else replace(POST, **{field: title})
    )
    assert len(rispy.loads(citation.ris(changed))) == 1
    assert citation.ris(changed).count("\nER  - ") == 1
    (entry,) = pybtex.database.parse_string(citation.bibtex(changed), "bibtex").entries.values()
    assert entry.fields["year"] == "2025"
    assert len(entry.persons["author"]) <= max(1, len(changed.authors))
    assert "\n" not in citation.line(changed)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\U0001ffff]", citation.line(changed))


@pytest.mark.slow
@given(st.text(max_size=60), st.lists(st.tuples(st.text(min_size=1, max_size=30), st.booleans()), max_size=3))
@settings(max_examples=40)
def test_any_headline_and_names_give_one_record(headline: str, names: list[tuple[str, bool]]) -> None:
    changed = replace(POST, headline=headline, authors=tuple(names))
    assert len(rispy.loads(citation.ris(changed))) == 1
    assert len(pybtex.database.parse_string(citation.bibtex(changed), "bibtex").entries) == 1
    assert json.loads(citation.csl_json(changed))[0]["id"] == changed.key


# -- identifiers -----------------------------------------------------------------------------------


def test_an_identifier_is_the_digest_of_headline_and_text_whoever_computes_it() -> None:
    import hashlib

    wanted = hashlib.sha256(b"Caf\xc3\xa9\n\nIt is open.\n\nAnd closed.").hexdigest()
    assert str(identifier("Café", "It is open.\n\nAnd closed.")) == f"nwa:1:txt:{wanted}"
    assert citation.parse_identifier(IDENTIFIER) == POST.identifier


@pytest.mark.parametrize(
    "name",
    [
        "nwa:1:txt:",
        "nwa:1:txt:6b0a",
        f"nwa:2:txt:{'a' * 64}",
        f"nwa:1:txt:{'g' * 64}",
        IDENTIFIER.replace(";url=", ";u="),
    ],
)
def test_an_identifier_that_is_not_whole_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UsageError, match="64 hexadecimal digits"):
        citation.parse_identifier(name)


# -- in an archive ---------------------------------------------------------------------------------


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """Article 1 with two versions that its publisher made, and article 2 with something in every table."""
    store = Store(engine)
    store.ingest([make_article(1, body="It sails at nine.\n\nEvery day.", authors=(Author("Ann Lee"),))])
    store.ingest(
        [make_article(1, body="It sails at ten.\n\nEvery day.", day=2, authors=(Author("Ann Lee"),))]
    )
    store.ingest([rich_article()])
    return engine


def identifier_in(text: str) -> str:
    return text.strip().rpartition("archive: ")[2]


def test_each_version_is_cited_by_its_own_identifier_which_finds_it_again(engine: Engine) -> None:
    with Archive(url_of(engine)) as archive:
        first, second = (identifier_in(archive.cite(1, version=number)) for number in (1, 2))
        assert first != second
        assert archive.cite(1) == archive.cite(1, version=2) == archive.cite(second)
        assert archive.get(first).article_body == "It sails at nine.\n\nEvery day."
        assert archive.get(second) == archive.get(1)
        assert archive.get(first).fetched_at != archive.get(second).fetched_at
        assert archive.get(first).payload_digest != archive.get(second).payload_digest
        assert "2025-04-01T12:00:00Z" in archive.cite(first)
        assert "2025-04-03T12:00:00Z" in archive.cite(second)


def test_a_version_has_the_origin_and_the_authors_that_its_publisher_gave_it(engine: Engine) -> None:
    """What the blog said with version 1 is cited with it; a better reading of the same page counts for all versions."""
    dpa, day = (Author("dpa", "agency"),), make_article(5, day=1).date_published
    told = {
        "origin": Origin("Harbour Gazette", "gazette.example", license="CC BY"),
        "authors": dpa,
        "keywords": ("ferry",),
    }
    first = make_article(5, body="It sails at nine.", date_published=day, **told)
    store, capture = Store(engine), make_article(5, body="It sails at ten.", day=2).capture
    store.ingest([first])
    again = replace(first, keywords=("ferry", "harbour"), extractor_version=first.extractor_version + 1)
    store.ingest([again], reread=True)
    store.ingest([replace(again, article_body="It sails at ten.", content_hash="ten", authors=(Author("Ann Lee"),), capture=capture,
                          origin=Origin("Morning Post", "post.example"), is_accessible_for_free=False, date_published=None)])  # fmt: skip
    with Archive(url_of(engine)) as archive:
        cited, current = (archive.cite("https://blog.example/post-5", version=number) for number in (1, 2))
        early = archive.get(identifier_in(cited))
    assert ("Harbour Gazette" in cited, "Morning Post" in cited, "Morning Post" in current) == (
        True,
        False,
        True,
    )
    assert cited.startswith("dpa: ")
    assert current.startswith("Ann Lee: ")
    assert (early.authors, early.keywords, early.date_published) == (dpa, ("ferry", "harbour"), day)
    assert (early.origin, early.is_accessible_for_free) == (replace(told["origin"], confidence=0.0), None)
    assert (
        "First published by Harbour Gazette (gazette.example)\n"
        in run_on(engine, "show", identifier_in(cited)).stdout
    )


def test_an_identifier_is_found_as_styles_of_citation_print_it(engine: Engine) -> None:
    """Chicago begins it with a capital letter, and all put a full stop behind it."""
    with Archive(url_of(engine)) as archive:
        first = identifier_in(archive.cite(1, version=1))
        assert archive.get(f"N{first[1:]}.").article_body == archive.get(first).article_body


def test_a_version_is_found_after_the_page_is_read_otherwise(engine: Engine) -> None:
    with Archive(url_of(engine)) as archive:
        cited = identifier_in(archive.cite(1))
    again = make_article(
        1,
        body="It sails at ten.\n\nEvery day, but Sundays.",
        page=b"<p>It sails at ten.\n\nEvery day.</p>",
        day=2,
    )
    Store(engine).ingest([replace(again, extractor_version=2)])
    with Archive(url_of(engine)) as archive:
        assert archive.get(1).article_body.endswith("Sundays.")
        assert archive.get(cited).article_body.endswith("Every day.")


def test_a_version_has_its_own_text_repairs_and_lines(engine: Engine) -> None:
    """`get` with a version gives what that version left out and repaired, not what today's does."""
    changed = replace(rich_article(), headline="Café today", capture=None)
    assert articles.get(engine, 2, 1).dropped == articles.get(engine, 2).dropped
    Store(engine).ingest([make_article(9, url=changed.url, body="All new.", headline="Café today", day=3)])
    before, now = articles.get(engine, 2, 1), articles.get(engine, 2)
    assert (before.headline, now.headline) == ("Café", "Café today")
    assert [block.text for block in before.dropped] == ["Home | About", "Subscribe now"]
    assert len(before.edits) == 3
    assert before.article_html
    assert not now.dropped
    with pytest.raises(UsageError, match="no version 7 of 2"):
        articles.get(engine, 2, 7)


def test_a_version_that_is_gone_is_told_with_those_that_are_held(engine: Engine) -> None:
    gone = identifier("Post 1", "It never sailed.", "https://blog.example/post-1")
    with (
        Archive(url_of(engine)) as archive,
        pytest.raises(NoSuchArticle, match=r"it has 2: 1 of 2025-04-01, 2 of 2025-04-03"),
    ):
        archive.get(str(gone))
    done = run_on(engine, "cite", str(gone))
    assert done.exit_code == 1
    assert "is not in the archive any more" in done.stderr


def test_the_command_gives_each_form_and_show_reads_an_identifier(engine: Engine) -> None:
    line = run_on(engine, "cite", "1")
    assert line.exit_code == 0
    assert line.stdout.startswith("Ann Lee: “Post 1”. A Blog, 1 April 2025. https://blog.example/post-1.")
    assert (
        json.loads(run_on(engine, "cite", "https://blog.example/post-1", "--format", "csl").stdout)[0][
            "title"
        ]
        == "Post 1"
    )
    assert run_on(engine, "cite", "1", "--format", "bibtex").stdout.startswith("@misc{nwa2025-")
    assert rispy.loads(run_on(engine, "cite", "1", "--format", "ris").stdout)[0]["title"] == "Post 1"
    first = identifier_in(run_on(engine, "cite", "1", "--version", "1").stdout)
    assert run_on(engine, "show", first, "--text").stdout == "It sails at nine.\n\nEvery day.\n"


@pytest.mark.slow
def test_an_identifier_names_an_article_in_every_command_and_its_version_where_texts_are_read(
    engine: Engine,
) -> None:
    first = identifier_in(run_on(engine, "cite", "1", "--version", "1").stdout)
    assert run_on(engine, "compare", first, "1").stdout == "~ It sails at nine.\n  It sails at ten.\n"
    assert "It sails at nine." in run_on(engine, "explain", first).stdout
    for command in ("history", "diff", "trace"):
        assert run_on(engine, command, first).stdout == run_on(engine, command, "1").stdout != ""


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["9"], 1, "no article '9'"),
        (["1", "--version", "3"], 2, "no version 3 of 1"),
        ([f"nwa:1:txt:{'a' * 64}"], 2, "add ;url= and the address"),
        (["nwa:1:txt:12"], 2, "is no identifier"),
        (
            [f"nwa:1:txt:{'a' * 64};url=https://blog.example/post-1", "--version", "1"],
            2,
            "names its version itself",
        ),
        (["1", "--format", "mla"], 2, "mla"),
    ],
)
def test_what_cannot_be_cited_is_told(engine: Engine, words: list[str], code: int, says: str) -> None:
    done = run_on(engine, "cite", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr


@pytest.mark.parametrize(("name", "form"), [("a.bib", "bibtex"), ("a.ris", "ris"), ("a.csl.json", "csl")])
def test_a_search_is_exported_as_a_bibliography(engine: Engine, name: str, form: str, tmp_path: Path) -> None:
    assert run_on(engine, "export", str(tmp_path / name), "sails").exit_code == 0
    text = (tmp_path / name).read_bytes().decode()
    (single,) = {
        "bibtex": lambda: [entry.fields["title"] for entry in pybtex.database.parse_string(text, "bibtex").entries.values()],
        "ris": lambda: [f"{{{record['title']}}}" for record in rispy.loads(text)],
        "csl": lambda: [f"{{{item['title']}}}" for item in json.loads(text)],
    }[form]()  # fmt: skip
    assert single == "{Post 1}"
    assert run_on(engine, "export", str(tmp_path / f"all-{name}")).exit_code == 0
    if form == "csl":
        assert len(json.loads((tmp_path / f"all-{name}").read_text("utf-8"))) == 2


def test_an_unknown_form_is_refused(engine: Engine) -> None:
    with Archive(url_of(engine)) as archive, pytest.raises(UsageError, match="one of text, csl, bibtex, ris"):
        archive.cite(1, "mla")  # type: ignore[arg-type]
