"""Names and dates one by one, in many languages; the JSON-LD that pages get wrong; what a language is."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.metadata import (
    authors,
    bylines,
    headline,
    jsonld,
    person_names,
    publication_date,
    relative_dates,
)
from newsarchive.core.metadata.claims import Claim, Place, Source
from newsarchive.core.text import date_orders, dates
from newsarchive.core.text.language import finish_language
from newsarchive.items import Block

CASES = Path(__file__).parents[2] / "cases" / "metadata"
RULES = rules.default()
#: Texts of more than 300 letters, by which a language is told first.
ENGLISH = (
    "The ferry that left the town on Monday was late, and they had to wait with the others in the rain. The mayor said that the"
    " bridge would be closed for the rest of the year, which is what the traders had feared. Nobody had told them about it before, and the"
    " first bus of the morning was full of people who had to walk from there to the station. "
)
RUSSIAN = (
    "Паром, который вышел из города в понедельник, опоздал, и пассажирам пришлось ждать под дождём вместе с остальными. Мэр сказал, что"
    " мост останется закрытым до конца года, чего и опасались торговцы. Никто не предупредил их заранее, и первый утренний автобус был"
    " полон людей, которым пришлось идти оттуда пешком до вокзала. Городской совет обещал вернуться к этому вопросу осенью, когда будут"
    " готовы расчёты, а до тех пор перевозчики просят жителей выходить из дома раньше обычного и не рассчитывать на последний рейс. "
)


def cases(name: str) -> list[Any]:
    rows = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(row["text"], row["expect"], id=row["label"]) for row in rows]


@pytest.mark.parametrize(("text", "expect"), cases("names"))
def test_names(text: str, expect: list[str]) -> None:
    assert person_names.names(text, RULES) == expect


@pytest.mark.parametrize(("text", "expect"), cases("dates"))
def test_dates(text: str, expect: str | None) -> None:
    found = dates.parse(text, RULES)
    assert (found.isoformat() if found else None) == expect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("hy", "2024 թ. հոկտեմբերի 23"),
        ("eu", "2024(e)ko urriaren 23(a)"),
        ("kk", "2024 ж. 23 қазан"),
        ("ur", "23 اکتوبر، 2024"),
        ("th", "23 ตุลาคม ค.ศ. 2024"),
        ("hr", "23. lis 2024."),
        ("he", "23 באוק׳ 2024"),
        ("hi", "23 अक्टू॰ 2024"),
        ("be", "23 кас 2024 г."),
        ("my", "2024 အောက် 23"),
        ("am", "23 ኦክቶ 2024"),
        ("lo", "23 ຕ.ລ. 2024"),
        ("sq", "23 tet 2024"),
        ("gu", "23 ઑક્ટોબર, 2024"),
        ("pa", "23 ਅਕਤੂਬਰ 2024"),
        ("ml", "2024 ഒക്‌ടോബർ 23"),
        ("kn", "ಅಕ್ಟೋಬರ್ 23, 2024"),
        ("ne", "2024 अक्टोबर 23"),
        ("or", "ଅକ୍ଟୋବର 23, 2024"),
        ("ky", "2024-ж., 23-октябрь"),
        ("uz", "23-oktabr, 2024"),
        ("tg", "23 Октябр 2024"),
        ("tk", "23 oktýabr 2024"),
        ("ps", "23 اکتوبر 2024"),
        ("sd", "2024 آڪٽوبر 23"),
        ("cy", "23 Hydref 2024"),
        ("mt", "23 ta’ Ottubru 2024"),
        ("so", "Oktoobar 23, 2024"),
        ("ha", "23 Oktoba, 2024"),
        ("zu", "Okthoba 23, 2024"),
        ("rw", "2024 Ukwakira 23"),
        ("mg", "23 Oktobra 2024"),
        ("eo", "23 Oktobro 2024"),
        ("oc", "23 d’octòbre de 2024"),
        ("fy", "23 Oktober 2024"),
        ("eo", "la 23-a de Oktobro 2024"),
        ("ku", "23 cot, 2024"),
        ("ku", "23yê Cotmeha 2024an"),
        ("ga", "23 Deireadh Fómhair 2024"),
        ("ht", "23 oktòb 2024"),
        ("ti", "23 ጥቅምቲ 2024"),
        ("si", "2024 ඔක්තෝබර් 23"),
    ],
)
def test_dates_as_cldr_prints_them(language: str, text: str) -> None:
    found = dates.parse(text, dates.of_language(RULES, language))
    assert found is not None
    assert f"{found:%Y-%m-%d}" == "2024-10-23"


def test_a_name_of_two_months_is_read_as_the_page_s_language_has_it() -> None:
    read = {lang: dates.parse("9 out 2024", dates.of_language(RULES, lang)) for lang in ("pt", "ht")}
    assert [when and when.month for when in read.values()] == [10, 8]


@pytest.mark.parametrize(
    "text",
    ["2 pro 2024 games were sold", "Sat 23 2024", "see 2024", "the 5 ruj 2024", "gulan 2024", "Medi 2024"],
)
def test_names_of_few_languages_are_no_months_elsewhere(text: str) -> None:
    assert dates.parse(text, RULES) is None
    assert dates.month(text, RULES) is None


@pytest.mark.parametrize(
    ("url", "expect"),
    [
        ("https://blog.example/2025/04/03/mill/", "2025-04-03"),
        ("https://blog.example/mill-20250403.html", "2025-04-03"),
        ("https://blog.example/p/123456789", None),
        ("https://blog.example/2025/99/03/mill", None),
        ("https://blog.example/2010/POLITICS/08/13/mill.closes/index.html", "2010-08-13"),
        ("https://blog.example/2010/US/weather/08/13/storm/", "2010-08-13"),
        ("https://blog.example/2010/top/20/30/mill", None),
        ("https://blog.example/2010/mill/3/4", None),  # numbers of one digit may be pages
        ("https://blog.example/2025-04-03-mill", "2025-04-03"),
        ("https://blog.example/2025/04/03_mill.html", "2025-04-03"),
        ("https://blog.example/2025/04/11-mills-on-the-river/", None),  # the number belongs to the headline
        ("https://blog.example/2025/sept/03/mill", "2025-09-03"),
        ("https://blog.example/2025/juli/03/muehle", "2025-07-03"),
        ("https://blog.example/2025/septiembre/3/molino", "2025-09-03"),
        (
            "https://blog.example/2010/MARKETS/08/13/mill",
            "2010-08-13",
        ),  # no month begins so and goes on otherwise
        ("https://blog.example/2025/marketing/12/mill", None),
    ],
)
def test_date_in_the_address(url: str, expect: str | None) -> None:
    found = dates.from_url(url)
    assert (found.date().isoformat() if found else None) == expect


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("3 months ago", None),
        ("vor einem Monat", None),
        ("3 hafta önce", "2025-03-20T00:00:00+00:00"),  # weeks
        ("3 hari yang lalu", "2025-04-07T00:00:00+00:00"),  # days
        ("3 hours ago", "2025-04-10T07:34:00+00:00"),
        ("5 минут назад", "2025-04-10T10:29:00+00:00"),
        ("3 小時前", "2025-04-10T07:34:00+00:00"),
        ("3 ore în urmă", "2025-04-10T07:34:00+00:00"),
        ("3 घंटे पहले", "2025-04-10T07:34:00+00:00"),
        ("৩ ঘণ্টা আগে", "2025-04-10T07:34:00+00:00"),
        ("۳ ساعت پیش", "2025-04-10T07:34:00+00:00"),
        ("3 ชั่วโมงที่ผ่านมา", "2025-04-10T07:34:00+00:00"),
        ("3 napja", "2025-04-07T00:00:00+00:00"),
        ("i dag kl. 09:00", "2025-04-10T09:00:00+00:00"),
        ("gestern, 14:30 Uhr", "2025-04-09T14:30:00+00:00"),
        ("45 days ago", "2025-02-24T00:00:00+00:00"),
        ("5 weeks ago", "2025-03-06T00:00:00+00:00"),
        ("1 year ago", None),
        ("3 years ago", None),
    ],
)
def test_a_time_of_day_is_counted_from_hours_and_minutes_only(text: str, expect: str | None) -> None:
    found = relative_dates.counted_from(text, datetime.fromisoformat("2025-04-10T12:34:56+02:00"), RULES)
    assert (found.isoformat() if found else None) == expect


@pytest.mark.parametrize(
    "text",
    [
        "Fax: 0201 2402-403",  # "fa" is Italian for "ago"
        "Wednesday, January 16, 2008",  # "dnes" is Czech for "today"
        "Section 2: 1st Vice-President",  # "siden" is Danish for "ago"
        "https://player.example/video/52203738",  # "ayer" is Spanish for "yesterday"
    ],
)
def test_the_library_for_relative_times_is_not_asked_of_other_lines(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To load it takes as long as three pages."""
    monkeypatch.setattr(relative_dates, "_dateparser", lambda *asked: pytest.fail(f"asked of {asked[0]}"))
    assert relative_dates.ago(text, datetime.fromisoformat("2025-04-10T12:34:56+02:00"), RULES) is None


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_dates_are_aware_or_none(text: str) -> None:
    found = dates.parse(text, RULES)
    assert found is None or found.utcoffset() is not None
    assert dates.date_text(text, RULES) in text


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_names_are_short_and_hold_letters(text: str) -> None:
    for name in person_names.names(text, RULES):
        assert 2 <= len(name) <= person_names.MAX_NAME_CHARS
        assert any(map(str.isalpha, name))


@pytest.mark.parametrize(
    "script",
    [
        '<!-- {"@type": "NewsArticle", "headline": "Found"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Found"}\n//]]>',
        '// <![CDATA[ {"@type": "NewsArticle", "headline": "Found",} // ]]>;',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Found", "articleBody": "' + "a" * 400_000 + '"}\n//]]>',
        '{"@type": "NewsArticle", "headline": "Found",}',
        '{"@type": "NewsArticle", "headline": "Found"};',
        '[[{"@graph": [{"@type": ["http://schema.org/NewsArticle"], "headline": "Found"}]}]]',
        '{"@type": "WebSite"} {"@type": "NewsArticle", "headline": "Found"}',
        '{"@type": "NewsArticle", "headline": "Found", "description": "raw\nbreak"}',
        '{"@type": "NewsArticle", "description": "He said "go", and left", "headline": "Found"}',
        '{"@type": "NewsArticle", "description": "<a href="https://x.example">x</a>", "headline": "Found"}',
        "{'@type': 'NewsArticle', 'headline': 'Found'}",
        '{"@type": "NewsArticle", // the kind\n "url": "https://blog.example/", /* and */ "headline": "Found"} // end',
        '{"@type": "NewsArticle", "@author": Jane Doe, headline: "Found"}',
        r"""{"@type": "NewsArticle", "description": "it\'s \x", "headline": "Found"}""",
        '{"@type": "NewsArticle",, "headline": "Found", "image": undefined}',
        '{"@graph": [{"@type": "NewsArticle", "headline": "Found"}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Found&quot;}",
    ],
    ids=[
        "comment", "cdata", "cdata in one line", "long cdata", "trailing comma", "semicolon", "lists in lists", "two values", "raw line break",
        "unescaped quotes", "unescaped markup", "single quotes", "comments inside", "no quotes", "wrong escapes",
        "two commas", "not closed", "escaped for HTML",
    ],
)  # fmt: skip
def test_json_ld_as_pages_write_it(script: str) -> None:
    found = jsonld.claims([script], "https://blog.example/")
    assert [c.value for c in found if c.field == "headline"] == ["Found"]


def test_json_ld_of_teasers_is_not_the_article() -> None:
    script = json.dumps(
        [
            {"@type": "NewsArticle", "headline": "A teaser", "url": "https://blog.example/other/"},
            {"@type": "NewsArticle", "headline": "This page", "url": "https://blog.example/this/"},
        ]
    )
    found = jsonld.claims([script], "https://www.blog.example/this?utm_source=x")
    assert [c.value for c in found if c.field == "headline"] == ["This page"]


@pytest.mark.parametrize(
    ("title", "site", "expect"),
    [
        ("The mill closes - Transport - Harbour Post", "Harbour Post", "The mill closes - Transport"),
        ("Harbour Post | The mill closes", "Harbour Post", "The mill closes"),
        ("The mill closes - Harbour Post", "", "The mill closes - Harbour Post"),
    ],
    ids=["end", "beginning", "no evidence"],
)
def test_site_names_are_cut_on_evidence(title: str, site: str, expect: str) -> None:
    found, *_ = headline.decide([Claim("headline", title, Source(Place.TITLE))], [site], [], RULES)
    assert found == expect


@pytest.mark.parametrize(
    ("text", "declared", "expect"),
    [
        ("", "en-US", ("en", "declared")),
        ("", "", ("", "")),
        ("", "English", ("", "")),
        (
            "The council said on Thursday that the old mill would close in June. " * 3,
            "en",
            ("en", "declared and detected"),
        ),
        (
            "Der Rat hat am Donnerstag beschlossen, die alte Mühle im Juni zu schließen. " * 3,
            "en",
            ("de", "detected"),
        ),
        (
            "水曜日、町議会は古い製粉所を六月に閉鎖することを決めた。住民は反対している。",
            "",
            ("ja", "detected"),
        ),
        # The detector does not know these languages, and is sure of Amharic and Polish.
        (
            "ህዝብታት ውድብ ሕቡራት መንግስታት ንመሰሪታዊ ሰብኦዊ መሰላት፣ ንኽብርን ልዕልነትን ሰብኦዊ ፍጡር፣ ንማዕሪ መሰላት ደቂ ተባዕትዮን ደቂ ኦንስትዮን ዘለዎም እምነት",
            "ti",
            ("ti", "declared"),
        ),
        (
            "dokelž stej njedopóznaće a znajechanje čłowječich prawow k aktam barbarstwa wjedłoj, kotrež su swědomje "
            "člowjestwa hłuboko zranili, a dokelž je so wutworjenje swěta, swobodnym wot stracha a nuzy",
            "hsb",
            ("hsb", "declared"),
        ),
        (
            "Die Gemeinde hat beschlossen, dass die Brücke nicht vor dem Winter gesperrt wird und der Verkehr auch über "
            "die alte Straße geführt wird.",
            "ch",
            ("de", "detected"),
        ),
        # The detector takes Tibetan for Dzongkha; a name in Chinese makes the text no Chinese one.
        (
            "ཁོང་གིས་སློབ་གྲྭ་ཆེན་པོར་སློབ་སྦྱོང་བྱེད་པ་དང་། བོད་ཀྱི་རིག་གནས་སྲུང་སྐྱོབ་བྱེད་པའི་ལས་འགུལ་ལ་ཞུགས་པ་རེད། (拉萨)",
            "bo",
            ("bo", "declared"),
        ),
        (
            "市议会决定冬天以前不关闭这座桥，交通也将绕行旧路，居民对此表示欢迎，并希望工程能够尽快完成。会议还讨论了学校和医院的问题，"
            "市长说这些问题将在明年春天得到解决。",
            "za",
            ("zh", "detected"),
        ),
        # The detector is unsure whether this is Indonesian or Malay; English it is not.
        (
            "Menurut Nengah Santoso, kepala desa memangkas tenggat waktu menyeluruh lima bulan lalu. Gilang Wibowo, mantan relawan "
            "dekat Gorontalo, mengkritik kebun kopi selanjutnya.",
            "en-US",
            ("id", "detected"),
        ),
        (
            "Angela Merkel, Emmanuel Macron, Boris Johnson, Wladimir Putin, Recep Tayyip Erdogan, Giorgia Meloni",
            "en",
            ("en", "declared"),
        ),
    ],
    ids=[
        "short",
        "nothing",
        "no tag",
        "agree",
        "overruled",
        "Japanese",
        "Tigrinya",
        "Sorbian",
        "Switzerland",
        "Tibetan",
        "Chinese",
        "Indonesian",
        "names",
    ],
)
def test_language(text: str, declared: str, expect: tuple[str, str]) -> None:
    assert finish_language(text, declared, RULES) == expect


def test_claims_alone_decide() -> None:
    """An article's fields are decided anew from what is stored of its page: its claims."""
    claims = [
        Claim("authors", "Jane Doe", Source(Place.JSON_LD_PAGE)),
        Claim("authors", "Launch Gallery", Source(Place.ALONE)),
    ]
    found, _ = authors.decide(claims, [], [], [], RULES)
    assert [a.name for a in found] == ["Jane Doe"]
    days = [
        Claim("date_published", "2025-04-03T10:00:00Z", Source(Place.OPEN_GRAPH)),
        Claim("date_published", "25 December 2005", Source(Place.TEXT)),
    ]
    dated, candidates = publication_date.decide(days, "date_published", None, RULES)
    assert (dated.source, dated.raw) == (Source(Place.OPEN_GRAPH), "2025-04-03T10:00:00Z")
    assert {c.value for c in candidates} == {d.value for d in days}


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.dates(min_value=date(1995, 1, 1), max_value=date(2025, 5, 1)), st.sampled_from("./-"), st.booleans()
)
def test_a_declared_day_tells_the_order_of_a_printed_one(day: date, sign: str, month_first: bool) -> None:
    """Whichever way a page writes the day that it declares, both are one day."""
    numbers = (day.month, day.day) if month_first else (day.day, day.month)
    printed = sign.join([*(f"{n:02}" for n in numbers), str(day.year)])
    claims = [
        Claim("date_published", day.isoformat(), Source(Place.OPEN_GRAPH)),
        Claim("date_published", printed, Source(Place.TEXT)),
    ]
    read, refused = publication_date.read_claims(claims, None, RULES)
    assert {when.date() for when in read.values()} == {day}
    assert not refused


@pytest.mark.parametrize(
    ("texts", "expect"),
    [
        (["fair 13/02/2025", "fair 27/01/2025"], False),
        (["fair 02/13/2025"], True),
        (["fair 02/13/2025", "fair 13/02/2025"], None),
        (["fair 03/04/2025", "45/45/2025"], None),
        (["fair 13.02.2025"], None),
    ],
    ids=["day first", "month first", "both", "open", "other signs"],
)
def test_the_order_of_a_page(texts: list[str], expect: bool | None) -> None:
    assert date_orders.order_of(texts) is expect


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Special Correspondent", "organisation"),
        ("Our Special Correspondent", "organisation"),
        ("Harbour Editor", "organisation"),
        ("Ritstjórn", "organisation"),
        ("redaksiya", "organisation"),
        ("Редакција", "organisation"),
        ("Erredakzioa", "organisation"),
        ("Gost Andersen", "person"),
        ("jane doe harbour safety reporter", "person"),
        ("Vinicius Junior", "person"),
        ("Recha Freier", "person"),
        ("Jane Doe", "person"),
    ],
)
def test_a_job_without_a_name_is_no_person(name: str, kind: str) -> None:
    claim = Claim("authors", name, Source(Place.META), kind="person")
    found, _ = authors.decide([claim], [], [], [], rules.default())
    assert [author.kind for author in found] == [kind]


def test_the_day_of_another_page_in_a_menu_is_no_date() -> None:
    """A diary links to the days before and after: "«Prev(2025-07-10)"."""
    links = (("«Prev(2025-07-10)", "./?date=20250710"), ("2025-07-16", "./?date=20250716"))
    menu = Block("Top «Prev(2025-07-10)", "other", path="div/span", label="nav", links=links[:1])
    own = Block("2025-07-16", "other", path="div/span", label="nav", links=links[1:])
    heading = Block("The mill closes", "heading", path="h1")
    found = bylines.claims([menu, own, heading], "The mill closes", (), RULES)
    assert [c.value for c in found if c.field == "date_published"] == ["2025-07-16"]


@pytest.mark.parametrize(
    ("text", "declared", "found"),
    [
        # Two sentences stayed in English, which is what the theme declares.
        (ENGLISH + RUSSIAN, "en", "ru"),
        (ENGLISH + RUSSIAN, "", "ru"),
        (ENGLISH + RUSSIAN[:300], "en", "en"),
        (RUSSIAN[:320] + 3 * ENGLISH, "ru", "en"),
        (ENGLISH, "en", "en"),
        (RUSSIAN, "en", "ru"),
    ],
)
def test_a_beginning_in_another_script_tells_no_language(text: str, declared: str, found: str) -> None:
    assert finish_language(text, declared, RULES)[0] == found
