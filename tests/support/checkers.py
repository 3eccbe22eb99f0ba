"""Other people's programs that check what newsarchive writes: epubcheck (books) and vnu, the W3C's checker of HTML.

Both are jars. `NEWSARCHIVE_TEST_EPUBCHECK` names the first (Debian's package has it at `/usr/bin/epubcheck`), and
`NEWSARCHIVE_TEST_VNU` the second (`build/dist/vnu.jar` of npm's package `vnu-jar`).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

EPUBCHECK = os.environ.get("NEWSARCHIVE_TEST_EPUBCHECK", "")
VNU = os.environ.get("NEWSARCHIVE_TEST_VNU", "")
needs_epubcheck = pytest.mark.skipif(
    not EPUBCHECK, reason="NEWSARCHIVE_TEST_EPUBCHECK does not name epubcheck's jar"
)
needs_vnu = pytest.mark.skipif(not VNU, reason="NEWSARCHIVE_TEST_VNU does not name vnu's jar")


#: For programs that run for a second: else Java spends half of the CPU time on optimizing what is soon over. The stack is for vnu.
SHORT = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m")


def _java(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["java", *SHORT, "-jar", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def book_faults(book: Path) -> str:
    """What epubcheck says of an EPUB; "" where it finds neither an error nor a warning."""
    done = _java(EPUBCHECK, book)
    return "" if "0 fatals / 0 errors / 0 warnings" in done.stdout else done.stdout + done.stderr


def html_errors(folder: Path) -> list[str]:
    """What vnu calls an error in the HTML files of a folder, each with its file and the place.

    The addresses of links are left out: they stay as their publishers wrote them, and browsers know what to do.
    """
    done = _java(VNU, "--stdout", "--exit-zero-always", "--format", "json", *sorted(folder.glob("*.html")))
    found = json.loads(done.stdout)["messages"]
    assert {one["type"] for one in found} <= {"error", "info"}, found
    return [
        f"{Path(one['url']).name}: {one['message']} {one.get('extract', '')}"
        for one in found
        if one["type"] == "error" and "for attribute “href” on element “a”" not in one["message"]
    ]
