"""The package as a stranger has it: its wheel, and an environment that the wheel is installed in."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The first that reads licences as pyproject.toml has them (PEP 639); the extra `test` brings it.
OLDEST_SETUPTOOLS = 77

#: What a build reads. It works in a copy: a build leaves folders behind that the next one would pack.
SOURCES = ("newsarchive", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run of tests share."""
    own = factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


def built_once(folder: Path) -> Path:
    """The folder with the wheel in `dist` and the environment in `venv`, made by the first process that asks for it.

    Built and installed it takes nine seconds of CPU time.
    """
    if int(version("setuptools").partition(".")[0]) < OLDEST_SETUPTOOLS:
        pytest.skip(f"setuptools {OLDEST_SETUPTOOLS} or later builds the wheel: pip install -e '.[test]'")
    made = folder / "installed"
    with (folder / "installed.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed
        if not (made / "finished").exists():
            shutil.rmtree(made, ignore_errors=True)  # of a process that failed
            _build(made)
            _install(made)
            (made / "finished").touch()
    return made


def run_installed(program: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program in a folder, by a user who has set nothing. What follows `-m` runs in a fork that has loaded the wheel's package."""
    from tests.support import warm  # it loads the package, which no process needs that only distributes tests

    ours = ("NEWSARCHIVE_", "SCRAPY_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"NO_PROXY": "127.0.0.1", "XDG_CONFIG_HOME": str(folder), "XDG_STATE_HOME": str(folder)}
    if words[0] == "-m":
        return warm.run(
            *words[1:], environment=environment, cwd=str(folder), timeout=300, python=str(program)
        )
    return subprocess.run(
        [program, *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _build(made: Path) -> None:
    source = made / "source"
    source.mkdir(parents=True)
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    _pip("wheel", "--no-build-isolation", "-w", made / "dist", source)


def _install(made: Path) -> None:
    [wheel] = (made / "dist").glob("*.whl")
    folder = made / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    _pip("install", wheel, python=folder / "bin" / "python")
    [packages] = (folder / "lib").glob("python*/site-packages")
    # A path that stands in a .pth file is searched, but its own .pth files are not read: an editable
    # installation of this checkout stays out of sight.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "libraries.pth").write_text("\n".join(libraries))


def _pip(*words: str | Path, python: Path | None = None) -> None:
    where = ["--python", str(python)] if python else []
    line = [sys.executable, "-m", "pip", *where, *map(str, words), "--quiet", "--no-deps", "--no-index"]
    # A checkout on the path, which `pip install -e` has left its notes in, would pass for an installed package.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
