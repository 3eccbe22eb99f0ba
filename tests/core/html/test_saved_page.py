"""Pages that browsers saved as one file, and pages as web archives show them."""

from __future__ import annotations

import plistlib
import struct
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from itertools import accumulate
from pathlib import Path

import pytest

from newsarchive.cli.extract import read_capture
from newsarchive.core.html.saved_page import (
    raw_replay,
    replayed_page,
    saved_page,
    stated_page,
)

HOME = "https://blog.example/2024/05/a-story/"
STORY = (
    "<h1>A story of the harbour</h1>"
    + "<p>The night ferry returns – and people came out of their houses.</p>" * 9
)
FRAME = "<p>An advert in a frame.</p>"


def mhtml(*parts: tuple[str, str], **head: str) -> bytes:
    """As Chrome writes it: the head, then the parts, each with its address."""
    message = MIMEMultipart("related", type="text/html")
    for name, value in {"From": "<Saved by Blink>", **head}.items():
        message[name.replace("_", "-")] = value
    for address, text in parts:
        part = MIMEText(text, "html", "utf-8")
        part["Content-Location"] = address
        message.attach(part)
    return message.as_bytes()


def test_the_page_of_an_mhtml_file_is_read_with_its_address_and_day() -> None:
    data = mhtml(
        ("https://ads.example/frame", FRAME),
        (HOME, STORY),
        Snapshot_Content_Location=HOME,
        Date="Thu, 2 May 2024 10:00:00 -0000",
    )
    saved = saved_page(data)
    assert saved is not None
    assert saved.body.decode() == STORY
    assert (saved.url, saved.saved_at) == (HOME, datetime(2024, 5, 2, 10, tzinfo=UTC))
    assert saved.content_type.startswith("text/html")


def test_an_mhtml_file_of_another_program_names_the_page_by_its_first_part() -> None:
    data = mhtml((HOME, STORY), ("https://ads.example/frame", FRAME), Date="no date")
    for date in (b"no date", b"Do, 2. M\xe4rz 2024"):
        saved = saved_page(data.replace(b"no date", date))
        assert saved is not None
        assert (saved.body.decode(), saved.url, saved.saved_at) == (STORY, HOME, None)


def test_an_mhtml_file_may_begin_with_an_empty_line_and_fold_a_long_address() -> None:
    data = mhtml(("https://ads.example/frame", FRAME), (HOME, STORY), Snapshot_Content_Location=HOME)
    folded = data.replace(HOME.encode(), HOME[:30].encode() + b"\n " + HOME[30:].encode())
    saved = saved_page(b"\r\n" + folded)
    assert saved is not None
    assert (saved.body.decode(), saved.url) == (STORY, HOME)


@pytest.mark.parametrize("form", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_the_page_of_a_webarchive_is_read(form: plistlib.PlistFormat) -> None:
    page = {
        "WebResourceData": STORY.encode(),
        "WebResourceURL": HOME,
        "WebResourceMIMEType": "text/html",
        "WebResourceTextEncodingName": "UTF-8",
    }
    saved = saved_page(plistlib.dumps({"WebMainResource": page, "WebSubresources": []}, fmt=form))
    assert saved == (STORY.encode(), HOME, "text/html; charset=UTF-8", None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        STORY.encode(),
        b"<pre>Content-Type: multipart/related</pre>",
        b"Subject: a letter\nContent-Type: text/plain\n\nContent-Type: multipart/related",
        b"bplist00 WebMainResource",
        b"<?xml version='1.0'?><html>WebMainResource</html>",
        b"<?xml version='1.0'?><plist><date>WebMainResource</date></plist>",
        b"<?xml version='1.0'?><plist></dict>WebMainResource</plist>",
        b"<?xml version='1.0'?><plist><array/><key>WebMainResource</key></dict></plist>",
        b"<?xml version='1.0' encoding='UTF-9'?><plist><string>WebMainResource</string></plist>",
        b"<?xml version='1.0'?><plist><dict><key>WebMainResource</key><string>x</string></dict></plist>",
        b"a: b\n" * 100_000 + b"Content-Type: multipart/related\n\n",
    ],
)
def test_what_is_no_saved_page_stays_as_it_is(data: bytes) -> None:
    assert saved_page(data) is None


PART = f"--x\nContent-Type: text/html\nContent-Location: {HOME}\n\n{STORY}\n"
RELATED = 'Content-Type: multipart/related; boundary="x{}"\n\n'


@pytest.mark.parametrize(
    "data",
    [
        RELATED.format("") + PART + "--x\na: b\n\n" * 200_000 + "--x--\n",
        RELATED.format("") + PART + "--x\n" + "a: b\n" * 200_000,
        RELATED.format("") + PART + "--x\n\n" + "\n" * 3_000_000,
        "Content-Type: multipart/related;\n boundary=x"
        + "\n\n"
        + PART
        + "--x\n"
        + RELATED.format(";" * 500_000),
        RELATED.format("").replace(";", ";" * 200_000) + PART,
        RELATED.format(0) + "".join(f"--x{n}\n" + RELATED.format(n + 1) for n in range(3_000)) + PART,
    ],
    ids=["parts", "headers", "lines", "a boundary", "semicolons", "parts in parts"],
)
def test_a_message_that_means_ill_is_read_up_to_its_bounds(data: str) -> None:
    """The library's own parser takes seconds for most of these, far more for longer ones, and ends with a `RecursionError` for the last."""
    saved = saved_page(data.encode())
    assert saved is None or saved.body.decode() == STORY


def test_the_page_of_a_mail_that_was_saved_is_a_part_of_a_part() -> None:
    inner = MIMEMultipart("alternative")
    inner.attach(MIMEText("The night ferry returns.", "plain"))
    inner.attach(MIMEText(STORY, "html", "utf-8"))
    outer = MIMEMultipart("related")
    outer.attach(inner)
    saved = saved_page(outer.as_bytes())
    assert saved is not None
    assert saved.body.decode() == STORY


def plist(*objects: bytes, places: Sequence[int] = ()) -> bytes:
    """A binary property list of these objects, the first on top, which name each other by numbers of four bytes. `places` says which
    of them the numbers mean, where that is not each in turn."""
    begins = [*accumulate(map(len, objects), initial=len(b"bplist00"))]
    table = b"".join(struct.pack(">I", begins[at]) for at in places or range(len(objects)))
    end = struct.pack(">6xBBQQQ", 4, 4, len(table) // 4, 0, begins[-1])
    return b"bplist00" + b"".join(objects) + table + end


def test_a_property_list_that_means_ill_is_no_page() -> None:
    """The library's own reader ends with a `RecursionError` for the first, and takes all memory for the second."""
    name = b"\x5f\x10\x0fWebMainResource"
    lists = [b"\xa1" + struct.pack(">I", number + 1) for number in range(5_000)]
    assert saved_page(plist(*lists, name)) is None
    count, large = 200_000, b"\x5f\x12" + struct.pack(">I", 10**6) + b"a" * 10**6
    numbers = b"".join(struct.pack(">I", number) for number in range(1, count + 1))
    names = plist(b"\xaf\x12" + struct.pack(">I", count) + numbers, large, name, places=[0, *[1] * count])
    assert saved_page(names) is None


def test_a_message_without_a_page_is_none() -> None:
    assert (
        saved_page(
            b"Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: image/png\n\nab\n--x--\n"
        )
        is None
    )


REPLAY = "https://web.archive.org/web/20150102030405/"


@pytest.mark.parametrize(
    ("shown", "was"),
    [
        (f'<a href="{REPLAY}https://blog.example/b/">', '<a href="https://blog.example/b/">'),
        ('<a href="/web/20150102030405/http://blog.example/b/">', '<a href="http://blog.example/b/">'),
        ('<img src="//web.archive.org/web/20141231im_/http://x.example/a.jpg">', '<img src="http://x.example/a.jpg">'),
        ('<a href="/web/20150102030405/mailto:a@b.example">', '<a href="mailto:a@b.example">'),
        (
            r'{"url":"https:\/\/web.archive.org\/web\/20150102030405\/https:\/\/blog.example\/b\/"}',
            r'{"url":"https:\/\/blog.example\/b\/"}',
        ),
        (
            "<body><!-- BEGIN WAYBACK TOOLBAR INSERT --><p>12 captures</p>\n<!-- END WAYBACK TOOLBAR INSERT --><p>Text",
            "<body><p>Text",
        ),
        ("<!-- BEGIN WAYBACK TOOLBAR INSERT --><p>Text that no end mark follows", None),
        ('<a href="https://other.example/web/20150102030405/https://x.example/">', None),
        ("<p>See web.archive.org/web/2015*/blog.example and /web/about/", None),
        ("<a href='https://web.archive.org/details/a-book'>", None),
    ],
)  # fmt: skip
def test_a_page_of_a_web_archive_has_its_own_addresses_again(shown: str, was: str | None) -> None:
    saved = replayed_page(shown.encode(), f"{REPLAY}https://blog.example/a/")
    assert saved is not None
    assert saved.body.decode() == (shown if was is None else was)
    assert (saved.url, saved.saved_at) == (
        "https://blog.example/a/", datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "raw", "own"),
    [
        (f"{REPLAY}http://a.example", "https://web.archive.org/web/20150102030405id_/http://a.example", "http://a.example/"),
        (f"{REPLAY}https:/a.example/b?c=1", "https://web.archive.org/web/20150102030405id_/https:/a.example/b?c=1", "https://a.example/b?c=1"),
        ("http://127.0.0.1:8080/blogs/20150102030405mp_/http://a.example/", "http://127.0.0.1:8080/blogs/20150102030405id_/http://a.example/", "http://a.example/"),
        ("https://arquivo.pt/noFrame/replay/20150102030405/http://a.example/", "https://arquivo.pt/noFrame/replay/20150102030405id_/http://a.example/", "http://a.example/"),
        ("https://blog.example/2015/01/02/a-story/", None, None),
        ("https://blog.example/20150102030405/a-story/", None, None),
        ("https://blog.example/share?u=/20150102030405/https://a.example/", None, None),
        (f"{REPLAY}https://", None, None),
        ("https://web.archive.org/web/20159999999999/https://a.example/", "https://web.archive.org/web/20159999999999id_/https://a.example/", None),
        ("https://web.archive.org/web/2015/https://a.example/", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_which_addresses_are_those_of_a_web_archive(url: str, raw: str | None, own: str | None) -> None:
    assert raw_replay(url) == (raw or url)
    saved = replayed_page(b"", url)
    assert (saved and saved.url) == own


def test_a_page_saved_from_a_web_archive_names_its_place_there() -> None:
    shown = f'<link rel="canonical" href="{REPLAY}https://blog.example/a/">'.encode()
    assert stated_page(shown).url == f"{REPLAY}https://blog.example/a/"


#: How archive.today shows a page: a head and a bar of its own, the page in one element, links by way of itself.
ARCHIVE_TODAY = (
    '<!DOCTYPE html><html><head><meta property="og:site_name" content="archive.is"/>'
    '<meta property="article:published_time" content="2020-09-29T20:31:25Z"/>{place}<title>A story of the harbour</title></head>'
    '<body><center><div id="HEADER"><input name="q" value="https://blog.example/a/">All snapshots</div>'
    '<div id="SOLID"><div id="CONTENT" style="width:100%"><div class="body"><h1>A story of the harbour</h1>'
    '<p>The ferry <a href="https://archive.ph/o/AbCdE/https://blog.example/b/">returns</a>.</p></div></div></div></center></body></html>'
)
BY_CANONICAL = '<link rel="canonical" href="https://archive.is/2020.09.29-203125/https://blog.example/a/"/>'
BY_BOOKMARK = (
    '<link rel="canonical" href="https://archive.is/AbCdE"/>'
    '<link rel="bookmark" href="http://archive.today/20200929203125/https://blog.example/a/"/>'
)


@pytest.mark.parametrize("place", [BY_CANONICAL, BY_BOOKMARK], ids=["canonical", "bookmark"])
@pytest.mark.parametrize(
    "url", ["https://archive.ph/AbCdE", "https://archive.is/2020.09.29-203125/https://blog.example/a/"]
)
def test_a_page_of_archive_today_is_the_page_without_its_bar(url: str, place: str) -> None:
    saved = replayed_page(ARCHIVE_TODAY.replace("{place}", place).encode(), url)
    assert saved is not None
    assert (saved.url, saved.saved_at) == (
        "https://blog.example/a/", datetime(2020, 9, 29, 20, 31, 25, tzinfo=UTC),
    )  # fmt: skip
    text = saved.body.decode()
    assert "<title>A story of the harbour</title>" in text
    assert '<a href="https://blog.example/b/">returns</a>' in text
    for its_own in ("All snapshots", "archive.is", "published_time"):
        assert its_own not in text
    assert raw_replay(url) == url


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://archive.ph/AbCdE", '<link rel="canonical" href="https://archive.ph/AbCdE"/>'),
        ("https://archive.ph/AbCdE", '<link rel="canonical" href="https://blog.example/a/"/>'),
        ("https://blog.example/a/", BY_CANONICAL),
        ("https://archive.phone.example/a/", BY_CANONICAL),
    ],
)
def test_any_other_page_is_none_of_archive_today(url: str, place: str) -> None:
    assert replayed_page(ARCHIVE_TODAY.replace("{place}", place).encode(), url) is None


@pytest.mark.parametrize(
    ("comment", "url", "moment"),
    [
        (
            "<!--\n Page saved with SingleFile \n url: https://blog.example/a/ \n saved date: Fri May 02 2025 10:00:00 GMT+0200 (CEST)\n-->",
            "https://blog.example/a/",
            datetime(2025, 5, 2, 8, tzinfo=UTC),
        ),
        (
            "<!-- Saved from https://blog.example/a/ at 2025-05-02T08:00:00Z using monolith v2.8.1 -->",
            "https://blog.example/a/",
            datetime(2025, 5, 2, 8, tzinfo=UTC),
        ),
        (
            "<!-- Mirrored from blog.example/a/ by HTTrack Website Copier/3.x [XR&CO'2014], Fri, 02 May 2025 08:00:00 GMT -->",
            "http://blog.example/a/",
            datetime(2025, 5, 2, 8, tzinfo=UTC),
        ),
        ("<!-- saved from url=(0023)https://blog.example/a/ -->", "https://blog.example/a/", None),
        ("<!-- Page saved with SingleFile url: https://blog.example/a/ saved date: yesterday -->", "https://blog.example/a/", None),
        ("<!-- Saved from https://blog.example/a/ at 0001-01-01T00:00:00+14:00 using monolith v2.8.1 -->", "https://blog.example/a/", None),
        (
            "<!-- Page saved with SingleFile url: https://blog.example/a/ saved date: Mon Jan 01 0001 00:00:00 GMT+1400 (LINT) -->",
            "https://blog.example/a/",
            None,
        ),
        ("<!-- Mirrored from blog.example/a/ by hand, Fri, 02 May 2025 08:00:00 GMT -->", "", None),
        ("<p>Saved from https://blog.example/a/ at 2025-05-02T08:00:00Z using monolith</p>", "", None),
    ],
)  # fmt: skip
def test_what_a_program_writes_into_a_page_that_it_saves(
    comment: str, url: str, moment: datetime | None
) -> None:
    page = stated_page(f"<!DOCTYPE html><html>{comment}<p>Text".encode())
    assert (page.url, page.saved_at) == (url, moment)


@pytest.mark.parametrize(
    ("canonical", "stays"),
    [
        ('<link rel="canonical" href="index.html">', False),
        ('<link rel="canonical" href="https://blog.example/a/">', True),
        ('<link rel="next" href="page-2.html">', True),
    ],
)
def test_the_canonical_address_that_httrack_had_lead_to_its_file_is_none(canonical: str, stays: bool) -> None:
    comment = "<!-- Mirrored from blog.example/a/ by HTTrack Website Copier/3.x [XR&CO'2014], Fri, 02 May 2025 08:00:00 GMT -->"
    assert (canonical.encode() in stated_page(f"<html>{comment}{canonical}<p>Text".encode()).body) is stays
    assert canonical.encode() in stated_page(f"<html>{canonical}<p>Text".encode()).body


@pytest.mark.slow
@pytest.mark.parametrize("from_stdin", [True, False])
def test_extract_reads_a_saved_page(tmp_path: Path, from_stdin: bool) -> None:
    file = tmp_path / "story.mhtml"
    file.write_bytes(mhtml((HOME, STORY), Snapshot_Content_Location=HOME))
    source = "-" if from_stdin else str(file)
    done = subprocess.run(
        [sys.executable, "-m", "newsarchive", "extract", source],
        stdin=file.open("rb"), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A story of the harbour\n")
    assert HOME in done.stdout
    assert "returns – and people" in done.stdout


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "https://blog.example/a/"),
        (f"{REPLAY}https://blog.example/a/", "https://blog.example/a/"),
        ("https://blog.example/b/", "https://blog.example/b/"),
    ],
    ids=["no address", "its address in the web archive", "the address that it had"],
)
def test_a_file_saved_from_a_web_archive_is_read_by_any_of_its_addresses(
    given: str, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "saved.html"
    file.write_text(
        f'<link rel="canonical" href="{REPLAY}https://blog.example/a/"><a href="{REPLAY}https://x.example/">'
    )
    capture = read_capture(str(file), given, ignore_robots=False)
    assert (capture.url, capture.fetched_at) == (url, datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (
        capture.body.decode()
        == '<link rel="canonical" href="https://blog.example/a/"><a href="https://x.example/">'
    )
