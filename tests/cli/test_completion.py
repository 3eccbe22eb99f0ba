"""Shell completion: click's protocol for bash, zsh and fish, with nothing imported that a name does not need."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from newsarchive.cli.export import export
from newsarchive.export import FORMATS


def complete(shell: str, line: str) -> str:
    """What the shell is told when Tab is pressed at the end of a line."""
    words = line.split(" ")
    env = {
        "_NEWSARCHIVE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    env["COMP_CWORD"] = words[-1] if shell == "fish" else env["COMP_CWORD"]
    code = (
        "import sys\nfrom newsarchive.cli import main\n"
        "try:\n    main()\nfinally:\n"
        "    assert not {'sqlalchemy', 'scrapy', 'numpy', 'rich', 'newsarchive.cli.crawl'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_command_an_option_and_a_value(shell: str) -> None:
    assert "search" in complete(shell, "newsarchive se")
    assert "stats" not in complete(shell, "newsarchive se")
    assert "--since" in complete(shell, "newsarchive search --si")
    assert "markdown" in complete(shell, "newsarchive export --format mar")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_that_a_shell_reads(shell: str) -> None:
    env = os.environ | {"_NEWSARCHIVE_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-m", "newsarchive"],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "_NEWSARCHIVE_COMPLETE" in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} to read it")
    subprocess.run([shell, "-n", "/dev/stdin"], input=done.stdout, text=True, check=True, timeout=300)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish")
def test_tab_in_fish(tmp_path: Path) -> None:
    """The one shell that says what it would offer without a terminal."""
    command = tmp_path / "newsarchive"
    command.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m newsarchive "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    lines = ("newsarchive export --format mar", "newsarchive db ch", "newsarchive sites res")
    asked = "; ".join(f'complete -C "{line}"' for line in lines)
    script = f"_NEWSARCHIVE_COMPLETE=fish_source newsarchive | source; {asked}"
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["fish", "-c", script], env=env, capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout == (
        "markdown\ncheck\tLook for damage in the database, and for WARC files that are missing.\n"
        "resume\tCrawl a paused site again.\n"
    )


def test_the_formats_are_those_that_can_be_written() -> None:
    [option] = [one for one in export.params if one.name == "name"]
    every, some = (option.shell_complete(click.Context(export), begun) for begun in ("", "ep"))
    assert {item.value for item in every} >= set(FORMATS)
    assert [item.value for item in some] == ["epub"]
