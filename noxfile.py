"""The tasks of the project: `nox -s NAME`, `nox -l` lists them. `.ci/run` runs the same commands from a clean checkout."""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "types", "docs", "quick"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Rules and format, by ruff."""
    session.install("ruff>=0.13")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, by mypy."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def quick(session: nox.Session) -> None:
    """The quick subset of the tests: nothing that crawls, serves pages or starts processes."""
    session.install("-e", ".[dev,docs]")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests; those that need a service that is missing skip and say so."""
    session.install("-e", ".[dev,docs]")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def pythons(session: nox.Session) -> None:
    """The quick subset under each Python that is installed."""
    session.install("-e", ".[dev,docs]")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """The quick subset with the oldest versions that requirements.txt and pyproject.toml allow."""
    session.install("uv")
    session.run("uv", "pip", "install", "--resolution", "lowest-direct", "-e", ".[test,docs]")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Two minutes of changed inputs: `nox -s fuzz -- --minutes 60 --save found/` for more."""
    session.install("-e", ".[test]")
    session.run(
        "python", "-m", "benchmarks.fuzz", *(session.posargs or ["--minutes", "2", "--processes", "2"])
    )


@nox.session
def docs(session: nox.Session) -> None:
    """The pages of `docs/`, with warnings as errors, into `docs/_build`."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-b", "html", "docs", "docs/_build")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """One benchmark with its arguments: `nox -s benchmarks -- extraction DATA/articles`."""
    if not session.posargs:
        session.error("say which: nox -s benchmarks -- NAME ARGUMENTS (the names are in docs/benchmarks)")
    name, *arguments = session.posargs
    session.install("-e", ".[bench,test]")
    session.run("python", "-m", f"benchmarks.{name}", *arguments)
