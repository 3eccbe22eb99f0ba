"""What is kept of regular expressions and TOML tables is what the standard library makes of them, and does no harm."""

from __future__ import annotations

import marshal
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from newsarchive import compiled, rules
from newsarchive.compiled import FIRST_SAVE_MS, Store
from newsarchive.core.boilerplate.phrases import phrases
from newsarchive.core.origin import attribution_patterns

PATTERNS = [
    ("share (?:this|on) .+", 0),
    ("share", re.I),
    (r"(?P<name>\w+), (\d+) (?P<day>[a-z]{2,3})?", re.I | re.S),
    (r"(?i)étude|Ελλάδα|ſ", 0),
    (r"(?<=[.!?…])\s+(?=[^\s\da-z])", 0),
    (r"(?<!\d)(?:19|20)\d\d(?!\d)", re.ASCII),
    ("[\u0e01-\u0e5b\u3400-\u9fff\U00020000-\U0003134f]", 0),
    (r"[^\W\d_]{4,}+(?>a|ab)\b(?-i:X)", re.I),
    (r"(a)?(?(1)b|c)\1", 0),
    ("^ a  # comment\n $", re.X | re.M),
    ("", 0),
    ("|".join(f"word{n}" for n in range(500)), re.I),
]

TABLE = '[line]\nshare = ["share (?:this|on) {name}"]\nweight = 0.5\non = true\n"é" = {a = [1, 2]}\n'


@pytest.fixture(autouse=True)
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite may run with PYTHONDONTWRITEBYTECODE, which forbids to write the file."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "compiled.entries"


def same(one: re.Pattern[str], other: re.Pattern[str]) -> bool:
    """`==` of two expressions compares their patterns, their flags and their code."""
    return one == other and one.groups == other.groups and one.groupindex == other.groupindex


def filled(path: Path) -> Store:
    store = Store(path)
    for pattern, flags in PATTERNS:
        store.regex(pattern, flags)
    store.table(TABLE)
    store.save()
    return store


#: The standard library's own, which `forbid` takes away.
plainly, loads = re.compile, tomllib.loads


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing can be compiled."""

    def compile_nothing(*arguments: object) -> None:
        raise AssertionError(f"compiles {arguments}")

    monkeypatch.setattr(compiled, "_parts", compile_nothing)
    monkeypatch.setattr(compiled.re, "compile", compile_nothing)
    monkeypatch.setattr(tomllib, "loads", compile_nothing)


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS)
def test_an_expression_is_that_of_the_standard_library(pattern: str, flags: int, path: Path) -> None:
    expected = re.compile(pattern, flags)
    assert same(Store(path).regex(pattern, flags), expected)
    filled(path)
    assert same(Store(path).regex(pattern, flags), expected)


def test_a_later_process_compiles_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    expected = [re.compile(pattern, flags) for pattern, flags in PATTERNS]
    table = tomllib.loads(TABLE)
    forbid(monkeypatch)
    later = Store(path)
    found = [later.regex(pattern, flags) for pattern, flags in PATTERNS]
    assert all(map(same, found, expected))
    assert later.table(TABLE) == table


@pytest.mark.slow
def test_all_expressions_and_tables_of_the_rules_are_kept_as_they_are(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of all languages, and each phrase of them."""
    store = Store(path)
    asked: dict[str, set[Any]] = {"regex": set(), "table": set()}

    def noting(name: str) -> Callable[..., Any]:
        return lambda *key: asked[name].add(key) or getattr(store, name)(*key)

    for name in asked:
        monkeypatch.setattr(compiled, name, noting(name))
    loaded = rules.load()
    phrases(loaded)
    for language, table in loaded.attribution.items():
        for phrase in attribution_patterns.phrases_of(language, table):
            assert phrase.regex.pattern
    store.save()
    assert len(asked["regex"]) > 1500
    assert len(asked["table"]) > 60
    forbid(monkeypatch)
    later = Store(path)
    assert all(same(later.regex(*key), plainly(*key)) for key in asked["regex"])
    assert all(later.table(*key) == loads(*key) for key in asked["table"])


def test_what_is_no_expression_and_no_table_raises_as_ever(path: Path) -> None:
    with pytest.raises(re.error, match="unterminated"):
        Store(path).regex("(share")
    with pytest.raises(tomllib.TOMLDecodeError):
        Store(path).table("line = [")


def test_each_caller_gets_a_table_of_its_own(path: Path) -> None:
    store = filled(path)
    store.table(TABLE)["line"].clear()
    assert store.table(TABLE) == Store(path).table(TABLE) == tomllib.loads(TABLE)


def test_what_was_made_is_made_again_only_for_another_source_or_other_code(
    path: Path, tmp_path: Path
) -> None:
    (code := tmp_path / "code.py").write_text("A = 1")
    module, made = SimpleNamespace(__file__=str(code)), []

    def first_letters() -> tuple[frozenset[str], ...]:
        made.append(1)
        return (frozenset("ab"), frozenset())

    def again(source: str) -> Any:
        store = Store(path)
        found = store.made(source, first_letters, module)  # type: ignore[arg-type]
        store.save()
        return found

    assert again("a b") == again("a b") == (frozenset("ab"), frozenset())
    assert len(made) == 1
    again("a c")
    assert len(made) == 2
    code.write_text("A = 22")
    again("a b")
    assert len(made) == 3


def test_what_cannot_be_made_is_not_kept(path: Path) -> None:
    store = Store(path)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            store.made("0", lambda: 1 / 0)


def test_what_marshal_does_not_know_is_made_and_not_kept(path: Path) -> None:
    store = Store(path)
    assert store.made("0", lambda: Path("a")) == Path("a")
    assert store.made("0", lambda: Path("b")) == Path("b")


@pytest.mark.parametrize("module", [SimpleNamespace(__file__="/no/such/file.py"), SimpleNamespace()])
def test_the_code_may_stand_in_no_file(path: Path, module: Any) -> None:
    """As in a program that is packed with its Python."""
    store = Store(path)
    assert [store.made("0", lambda: ("a",), module) for _ in range(2)] == [("a",), ("a",)]
    store.save()
    assert Store(path).made("0", lambda: ("b",), module) == ("a",)


def test_a_table_with_a_date_is_read_and_not_kept(path: Path) -> None:
    text = "day = 2025-01-31\n"
    store = Store(path)
    assert store.table(text) == tomllib.loads(text)
    store.save()
    assert not path.exists()


def number(path: Path) -> int:
    """How many sound entries a file has."""
    return len(compiled._read(path).sound())


def damaged(held: bytes) -> list[bytes]:
    """The file cut off and with one bit changed, in its head, the length and check sum of its list, its list and its entries."""
    head = len(compiled._HEAD)
    places = [0, 10, head, head + 4, head + 20, len(held) // 2, len(held) - 1]
    flipped = [held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :] for at in places]
    return flipped + [held[:at] for at in places]


@pytest.mark.slow
def test_what_is_damaged_in_a_file_counts_as_missing_and_is_written_anew(path: Path) -> None:
    filled(path)
    whole = path.read_bytes()
    for held in damaged(whole):
        path.write_bytes(held)
        assert number(path) <= len(PATTERNS)
        filled(path)
        assert number(path) == len(PATTERNS) + 1


def test_a_file_that_is_cut_off_ends_no_process_that_has_it_open(path: Path) -> None:
    """As by a copy over it, or in a folder that several machines share."""
    filled(path)
    later = Store(path)
    later.regex(*PATTERNS[0])
    os.truncate(path, len(compiled._HEAD))
    assert all(same(later.regex(*key), re.compile(*key)) for key in PATTERNS)


def test_what_another_python_wrote_counts_as_empty(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    for change in (("Python 3.", "Python 4."), ("newsarchive 0", "newsarchive 9")):
        with monkeypatch.context() as other:
            other.setattr(compiled, "_HEAD", compiled._HEAD.replace(*(part.encode() for part in change)))
            assert number(path) == 0
    assert number(path) == len(PATTERNS) + 1


def test_code_that_is_not_sound_is_compiled_again(path: Path) -> None:
    pattern, flags = PATTERNS[2]
    flags_inside, code, groups, numbers = compiled._parts(pattern, int(flags)) or pytest.fail("no parts")
    for bad in (code[:-4], code[4:], b"\xff" * len(code), b""):
        entry = compiled._checked(marshal.dumps((flags_inside, bad, groups, numbers)))
        compiled._write(path, {compiled._key(pattern, int(flags)): entry})
        assert same(Store(path).regex(pattern, flags), re.compile(pattern, flags))


def test_where_nothing_can_be_written_all_works(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing" / "e", tmp_path / "file" / "e", None):
        store = Store(path)
        assert same(store.regex("a|b"), re.compile("a|b"))
        assert store.table(TABLE) == tomllib.loads(TABLE)
        store.save()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_nothing_is_written_where_python_writes_no_bytecode(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    filled(path)
    assert not path.exists()


def test_processes_that_share_a_file_keep_the_entries_of_each_other(path: Path) -> None:
    one, other = Store(path), Store(path)
    one.regex("a")
    other.regex("b")
    one.save()
    other.save()
    assert set(compiled._read(path).sound()) == {compiled._key("a", 0), compiled._key("b", 0)}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_old_entries_go_when_there_are_too_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    monkeypatch.setattr(compiled, "MAX_ENTRIES", len(PATTERNS) + 1)
    store = Store(path)
    store.regex("new")
    store.save()
    assert set(compiled._read(path).sound()) == {compiled._key("new", 0)}


def test_a_process_that_compiled_for_long_writes_before_its_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker process may be ended at any time."""
    milliseconds = 0.26 * FIRST_SAVE_MS  # for one expression: four are more than the first limit
    seconds = iter(n * milliseconds / 1000 for n in range(100))
    monkeypatch.setattr(compiled, "perf_counter", lambda: next(seconds))
    store = Store(path)
    sizes = []
    for n in range(20):
        store.regex(f"word{n}")
        sizes.append(number(path))
    assert sizes == [0, 0, 0, *[4] * 8, *[12] * 9]
    store.save_rest()
    assert number(path) == 20


def test_another_interpreter_compiles_as_it_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_compiler", SimpleNamespace())  # its `re` has other parts
    store = Store(path)
    assert all(same(store.regex(*key), re.compile(*key)) for key in PATTERNS)
    store.save()
    assert not path.exists()


@pytest.mark.slow
def test_a_second_process_finds_the_file_beside_the_bytecode(tmp_path: Path) -> None:
    """Two real processes: the second does not compile what the first wrote."""
    code = (
        "from newsarchive import compiled, rules\n"
        "made, parts = [], compiled._parts\n"
        "compiled._parts = lambda *key: made.append(key) or parts(*key)\n"
        "from newsarchive.core.boilerplate.phrases import phrases\n"
        "phrases(rules.default())\n"
        "print(len(made))\n"
        "compiled._store.save()\n"
    )
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        for _ in range(2)
    ]
    first, second = (int(run.stdout) for run in runs)
    assert first > 1000
    assert second == 0
    assert len(list(tmp_path.rglob("compiled.*.entries"))) == 1


def test_two_that_replace_a_file_at_once_do_not_meet(tmp_path: Path) -> None:
    """Processes of two containers that share a folder may have one number."""
    file = tmp_path / "metrics.prom"
    with compiled.replacing(file) as one:
        one.write(b"one")
        with compiled.replacing(file) as two:
            two.write(b"two")
        assert file.read_bytes() == b"two"
    assert file.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.prom"]
