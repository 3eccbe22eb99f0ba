"""The house of the README, kept by its imports: the contracts of import-linter, and what they cannot say."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "newsarchive"

#: Floor 0 stands on the standard library alone.
FLOOR_0 = (
    "items.py",
    "verdicts.py",
    "edits.py",
    "reprs.py",
    "times.py",
    "exceptions.py",
    "rules.py",
    "config.py",
    "version.py",
    "__init__.py",
)


def files(part: str) -> Iterator[Path]:
    path = PACKAGE / part
    yield from sorted(path.rglob("*.py")) if path.is_dir() else ([path] if path.exists() else [])


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file names in an import, with its line; type-checking imports are no dependency."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("lint-imports") is None, reason="import-linter is not installed (pip install -e '.[dev]')"
)
def test_the_contracts_of_imports_are_kept() -> None:
    """`[tool.importlinter]` in pyproject.toml: floors, packages of core and db, no circles."""
    done = subprocess.run(
        ["lint-imports", "--no-logo"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_floor_0_stands_on_the_standard_library() -> None:
    wrong = [
        f"{name}: {module}"
        for name in FLOOR_0
        for module, _ in imports(PACKAGE / name)
        if module.split(".")[0] not in sys.stdlib_module_names | {"newsarchive"}
    ]
    assert wrong == [], "every package imports these modules: what needs another library belongs above them"


@pytest.mark.slow
def test_the_core_reads_no_file_and_no_clock() -> None:
    wrong = [
        f"{path.name}:{node.lineno} {ast.unparse(node.func)}"
        for path in files("core")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) in ("open", "time.time", "date.today", "print", "input")
            or ast.unparse(node.func).endswith((".now", ".utcnow", ".today", ".read_text", ".read_bytes"))
        )
    ]
    assert wrong == [], "the same page gives the same article: take the time or the text as an argument"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import newsarchive", ("scrapy", "twisted", "sqlalchemy", "numpy", "lxml", "selectolax")),
        ("from newsarchive import extract, repair", ("scrapy", "sqlalchemy")),
        ("from newsarchive import Archive", ("scrapy", "twisted", "alembic")),
        ("import newsarchive; newsarchive.repair('plain')", ("scrapy", "twisted", "sqlalchemy")),
        ("import newsarchive.cli", ("scrapy", "twisted", "sqlalchemy", "numpy", "lxml", "rich.table")),
        ("import newsarchive.cli.articles, newsarchive.cli.extract", ("scrapy", "twisted", "numpy")),
    ],
)
def test_an_import_loads_nothing_heavy(statement: str, unwanted: tuple[str, ...]) -> None:
    code = f"{statement}\nimport sys\nprint([m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_package_says_what_it_does() -> None:
    """The map of the house sends its readers to these sentences (`docs/explanation/architecture.md`)."""
    silent = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    }
    assert silent == set()


def test_modules_stay_readable() -> None:
    """A module over 600 lines has a second thing in it."""
    long = {
        str(path.relative_to(PACKAGE)): n
        for path in PACKAGE.rglob("*.py")
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert long == {}, "a module holds one idea: give the second one a module of its own"
