"""What newsarchive needs is under licences that ask nothing of whoever ships it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "docs" / "_ext"))
import licences

#: Licences as packages spell them. MPL-2.0 asks for the source of its own files alone.
PERMISSIVE = re.compile(
    r"0BSD|Apache.*|BSD.*|CC0-1\.0|CNRI-Python|ISC.*|MIT([ -].*)?|MPL-2\.0|PSF-2\.0|PSFL|ZPL-2\.1|Zlib"
    r"|Mozilla Public License 2\.0 \(MPL 2\.0\)|Python Software Foundation License"
)
#: Packages of extras whose licences ask more; docs/reference/licences.md names them.
ASKING_MORE = {"ebooklib", "psycopg"}


@pytest.mark.parametrize("package", licences.required())
def test_every_package_that_is_needed_is_permissive(package: str) -> None:
    said = licences.required()[package]
    assert said, f"{package} states no licence"
    parts = [said] if PERMISSIVE.fullmatch(said) else re.split(r" (?:AND|OR) |, ", said)
    assert [one for one in parts if not PERMISSIVE.fullmatch(one.strip("()"))] == []


def test_the_direct_requirements_are_in_the_list() -> None:
    text = (Path(__file__).parent.parent / "requirements.txt").read_text(encoding="utf-8")
    lines = [line.partition(";")[0] for line in text.splitlines() if line[:1] != "#" and "pypy" not in line]
    direct = {re.sub(r"[-_.]+", "-", re.split(r"[><=\s]", line)[0]).lower() for line in lines}
    missing = direct - licences.required().keys()
    assert missing <= ({"backports-zstd"} if sys.version_info >= (3, 14) else set())


def test_extras_that_ask_more_are_known() -> None:
    found = {
        package: said
        for packages in licences.optional().values()
        for package, said in packages.items()
        if said and not PERMISSIVE.fullmatch(said)
    }
    assert found.keys() <= ASKING_MORE, found
