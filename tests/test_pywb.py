"""What a crawl wrote is replayed by pywb, the field's own player.

pywb wants older libraries than ours, so it lives in an environment of its own: `NEWSARCHIVE_TEST_PYWB`
names the folder of its commands. Without it these tests skip.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from newsarchive.warc.writer import WarcWriter

COMMANDS = os.environ.get("NEWSARCHIVE_TEST_PYWB")
WAYBACK = shutil.which("wayback", path=COMMANDS)
MANAGER = shutil.which("wb-manager", path=COMMANDS)

pytestmark = [
    pytest.mark.slow,  # a player that serves pages
    pytest.mark.skipif(
        not (WAYBACK and MANAGER),
        reason="no pywb: python -m venv pywb && pywb/bin/pip install pywb, then NEWSARCHIVE_TEST_PYWB=pywb/bin",
    ),
]

FIRST = datetime(2025, 4, 1, 12, tzinfo=UTC)
LATER = datetime(2025, 5, 2, 13, tzinfo=UTC)
POST = "https://blog.example/harbour?p=1"
#: Long enough, packed as well, for a second crawl to write a revisit record (`MIN_REVISIT_BYTES`).
UNPACKABLE = "".join(f"<!-- {sha256(bytes([i])).hexdigest()} -->" for i in range(40)).encode()
BODY = b"<html><head><title>Ships</title></head><body><p>Ships in the harbour.</p>" + UNPACKABLE
PACKED = gzip.compress(BODY)
ARTICLE = "https://blog.example/ferry/"
STORY = (
    f'<html><head><title>Night ferry returns</title><link rel="canonical" href="{ARTICLE}">'
    '<meta property="article:published_time" content="2025-03-29T00:15:00+00:00">'
    '<meta property="og:image" content="https://blog.example/a.jpg"></head><body><article><h1>Night ferry returns</h1>'
    + '<p>The night ferry returned to the <a href="/harbour/">old harbour</a>, and people came out of their houses.</p>'
    * 9
    + "</article></body></html>"
).encode()


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a player over a folder with one page twice, the second time as a revisit."""
    folder = tmp_path_factory.mktemp("pywb")
    writer = WarcWriter(folder / "raw")
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip")]
    for at in (FIRST, LATER):
        writer.write_response(POST, "HTTP/1.1 200 OK", headers, PACKED, fetched_at=at)
    writer.write_response(ARTICLE, "HTTP/1.1 200 OK", headers[:1], STORY, fetched_at=FIRST)
    writer.close()
    (file,) = (folder / "raw").iterdir()
    with file.open("rb") as records:
        assert "revisit" in [record.rec_type for record in ArchiveIterator(records)]
    for command in (["init", "blogs"], ["add", "blogs", str(file)]):
        subprocess.run([str(MANAGER), *command], cwd=folder, check=True, capture_output=True, timeout=300)
    with player(folder) as address:
        yield f"{address}/blogs"


@contextmanager
def player(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(WAYBACK), "--bind", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 300
        while not answers(address) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(address, timeout=5).status)
    except OSError:
        return False


@pytest.mark.parametrize("moment", [FIRST, LATER], ids=["response", "revisit"])
def test_a_page_is_replayed_as_it_was(replay: str, moment: datetime) -> None:
    with urllib.request.urlopen(f"{replay}/{moment:%Y%m%d%H%M%S}id_/{POST}", timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.read() == BODY  # the player unpacks it for who does not accept gzip


@pytest.mark.parametrize(
    "shown", ["", "mp_", "id_"], ids=["in a frame", "with links of the player", "as it was"]
)
def test_extract_reads_the_page_that_the_player_shows(replay: str, shown: str) -> None:
    address = f"{replay}/{FIRST:%Y%m%d%H%M%S}{shown}/{ARTICLE}"
    done = subprocess.run(
        [sys.executable, "-m", "newsarchive", "extract", "--json", address],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "a web archive holds this page as of 2025-04-01T12:00:00+00:00" in done.stderr
    read = json.loads(done.stdout)
    assert (read["url"], read["canonical_url"]) == (ARTICLE, ARTICLE)
    assert read["image"] == "https://blog.example/a.jpg"
    assert read["date_published"] == "2025-03-29T00:15:00+00:00"


def test_a_page_saved_as_the_player_shows_it_is_the_page_that_it_was(replay: str, tmp_path: Path) -> None:
    file = tmp_path / "saved.html"
    with urllib.request.urlopen(f"{replay}/{FIRST:%Y%m%d%H%M%S}mp_/{ARTICLE}", timeout=60) as answer:
        file.write_bytes(answer.read())
    assert replay.encode() in file.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "newsarchive", "extract", "--json", str(file)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["url"] == ARTICLE
    assert replay not in done.stdout


def test_the_player_lists_both_captures(replay: str) -> None:
    with urllib.request.urlopen(f"{replay}/cdx?url={POST}", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    assert [line.split()[1] for line in lines] == ["20250401120000", "20250502130000"]


def test_a_page_that_was_never_captured_is_not_found(replay: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{replay}/id_/https://blog.example/never", timeout=60)
