"""Tables that are mapped from a file are those that were made, and are made anew where the file is of no use."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path
from typing import Any

import pytest

from newsarchive import mapped
from newsarchive.core.text import language

TABLES = {"moves": array("I", range(1000)), "words": b"de en fr", "one": b"x"}
LINES = {
    "en": "The ferry that left the town on Monday was late, and those who had waited for it went home again.",
    "de": "Die Fähre, die am Montag aus der Stadt fuhr, war zu spät, und wer auf sie gewartet hatte, ging nach Hause.",
    "el": "Το πλοίο που έφυγε από την πόλη τη Δευτέρα άργησε και όσοι το περίμεναν γύρισαν ξανά στο σπίτι.",
    "ja": "月曜日に町を出た船は遅れて、待っていた人たちはまた家に帰りました。次の船は明日の朝に来ます。",
}


@pytest.fixture(autouse=True)
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite may run with PYTHONDONTWRITEBYTECODE, which forbids to write the file."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


class Maker:
    """Makes the tables, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.times = folder, 0
        self.source = folder / "model"
        self.source.write_bytes(b"a model")

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        return dict(TABLES)

    def tables(self) -> dict[str, bytes]:
        """What a process gets that asks now."""
        held = mapped.tables("test", self.source, self, self.folder / "kept")
        given = {name: bytes(part) for name, part in held.parts.items()}
        held.release()
        assert {name: bytes(part) for name, part in held.parts.items()} == given
        return given

    @property
    def file(self) -> Path:
        return self.folder / "kept" / "test.tables"


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def test_they_are_made_once_and_are_the_same_afterwards(maker: Maker) -> None:
    expected = {name: bytes(memoryview(table).cast("B")) for name, table in TABLES.items()}
    assert [maker.tables(), maker.tables()] == [expected] * 2
    assert maker.times == 1
    assert [file.name for file in maker.file.parent.iterdir()] == ["test.tables"]


@pytest.mark.parametrize("kept", [0, 1, 30, 300, -1])
def test_a_file_that_was_cut_short_is_made_anew(maker: Maker, kept: int) -> None:
    first = maker.tables()
    maker.file.write_bytes(maker.file.read_bytes()[:kept])
    assert maker.tables() == first
    assert maker.times == 2


@pytest.mark.parametrize("head", [b"{}\n", b"[]\n", b"null\n", b"\xff\n", b'{"about": 1}\n'])
def test_a_file_of_something_else_is_made_anew(maker: Maker, head: bytes) -> None:
    first = maker.tables()
    maker.file.write_bytes(head + maker.file.read_bytes())
    assert maker.tables() == first


def test_tables_of_another_source_are_made_anew(maker: Maker) -> None:
    maker.tables()
    maker.source.write_bytes(b"another model")
    maker.tables()
    assert maker.times == 2


def test_where_nothing_may_be_written_each_process_makes_them(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert maker.tables() == maker.tables()
    assert maker.times == 2
    assert not maker.file.exists()


def test_a_folder_that_cannot_be_made_does_no_harm(maker: Maker) -> None:
    (maker.folder / "kept").write_text("a file")
    assert maker.tables()["words"] == TABLES["words"]


@pytest.mark.slow
def test_languages_are_told_by_mapped_tables_as_by_the_librarys_own(maker: Maker) -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    own = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    for code, line in LINES.items():
        assert language.detect(line) == own.classify(line)
        assert language.detect(line)[0] == code
