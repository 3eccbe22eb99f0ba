"""Pages that browsers saved as one file."""

from __future__ import annotations

import plistlib
import subprocess
import sys
from datetime import UTC, datetime
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from newsarchive.core.html.saved_page import saved_page

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
    saved = saved_page(mhtml((HOME, STORY), ("https://ads.example/frame", FRAME), Date="no date"))
    assert saved is not None
    assert (saved.body.decode(), saved.url, saved.saved_at) == (STORY, HOME, None)


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
        b"<?xml version='1.0'?><plist><dict><key>WebMainResource</key><string>x</string></dict></plist>",
        b"a: b\n" * 100_000 + b"Content-Type: multipart/related\n\n",
    ],
)
def test_what_is_no_saved_page_stays_as_it_is(data: bytes) -> None:
    assert saved_page(data) is None


def test_a_message_without_a_page_is_none() -> None:
    assert (
        saved_page(
            b"Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: image/png\n\nab\n--x--\n"
        )
        is None
    )


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
