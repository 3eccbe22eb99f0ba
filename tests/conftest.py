"""Fixtures that several test files share."""

import gc
import importlib
import os
import signal
import socket
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from tests.support import installed

# No example fails because the machine is busy: neither an example's time nor how fast data is made is judged.
settings.register_profile("newsarchive", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("newsarchive")
#: Examples of a test that says no number of its own, in the quick subset; all tests together try 100.
MAX_QUICK_EXAMPLES = 30

TESTS = Path(__file__).parent

# A shell that starts the tests in the background has Ctrl-C ignored, and so would each command that a test interrupts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing that is made while tests are collected goes away: the collector would look at a million objects again and again.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Let the hundreds of processes that tests start find bytecode and compiled rules, which saves a second of each.

    Where the environment keeps Python from writing bytecode, it goes into pytest's own cache instead of the folders of
    the code.
    """
    if config.option.markexpr == "not slow":
        settings.register_profile(
            "quick", settings.get_profile("newsarchive"), max_examples=MAX_QUICK_EXAMPLES
        )
        settings.load_profile("quick")
    cache = getattr(config, "cache", None)
    if cache is not None and os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        folder = cache.mkdir("bytecode")
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(folder)
        sys.dont_write_bytecode = False
        link_bytecode_of_libraries(folder)


def link_bytecode_of_libraries(folder: Path) -> None:
    """Python looks for the bytecode of libraries in this folder as well. Their installation has compiled them: to do it again
    would take five seconds of CPU time in each process of the tests."""
    for library in map(Path, (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))):
        if (folder / library.relative_to(library.anchor)).exists():
            continue  # an earlier run has linked it
        for file in library.rglob(f"__pycache__/*.{sys.implementation.cache_tag}.pyc"):
            link = folder / file.parents[1].relative_to(file.anchor) / file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Share the work where several processes are about to import all test files, whose asserts pytest rewrites: each begins with
    other files than the others, and finds those compiled."""
    config = session.config
    if not (own := getattr(config, "workerinput", None)) or config.args != config.getini("testpaths"):
        return
    # This module of Scrapy looks, as it is imported, for the files of all modules that are loaded: now they are few.
    with suppress(ModuleNotFoundError):
        importlib.import_module("scrapy.core.downloader.contextfactory")
    number, count = int(own["workerid"].removeprefix("gw")), own["workercount"]
    for file in sorted(TESTS.rglob("test_*.py"))[number::count]:
        with suppress(Exception, pytest.skip.Exception):  # it is told when the file is collected
            importlib.import_module(".".join(file.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """`-n auto`: twice as many processes as cores, since tests of crawls wait for half of their time, and two more, since now and
    then most of them wait at once. The quick subset has none of them, and each process collects all tests, which takes six
    seconds of CPU time."""
    cores = os.cpu_count() or 1
    return cores if config.option.markexpr == "not slow" else 2 * cores + 2


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel, built once for all processes."""
    [built] = (installed.built_once(installed.shared_folder(tmp_path_factory)) / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="session")
def bin_folder(wheel: Path) -> Path:
    """The programs of an environment that holds the wheel, and sees the libraries of this one."""
    return wheel.parent.parent / "venv" / "bin"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Where a test's archive goes; nothing is there yet."""
    return tmp_path / "archive.db"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections. It is held to the end of the test: a free port may be taken by another test's server."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nothing listens there
        yield held.getsockname()[1]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """An empty archive in a file."""
    from tests.support.storage import open_archive

    with open_archive("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty archive, on each of the two databases."""
    from tests.support.storage import open_archive

    with open_archive(request.param, tmp_path) as opened:
        yield opened


#: The files that take longest, by what they wait and compute; one that began late would run alone at the end.
LONGEST = (
    "test_cluster.py", "test_wordpress_crawl.py", "test_stranger.py", "test_failing_sites.py", "test_archive.py",
    "test_object_storage.py", "test_failures.py", "test_cluster_failures.py", "test_crawl_url.py", "test_warc_sites.py",
    "test_learning_archive.py", "test_site_says.py", "test_crawl_workers.py", "test_discovery_blogs.py", "test_politeness.py",
    "test_growth.py", "test_killed_crawl.py", "test_crawl_sites.py", "test_wordpress.py", "test_warc_crawl.py",
    "test_alarms.py", "test_web_browser.py", "test_limits.py", "test_whose_change.py", "test_sources_rebuilt.py",
    "test_recrawl.py", "test_warc_rebuilt.py", "test_browser.py", "test_plugins.py", "test_interrupted.py",
    "test_spider_server.py", "test_wheel.py",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then others with slow tests: a file runs in one process, and short ones fill up the end.

    What runs on both databases is slow on PostgreSQL: the quick subset asks SQLite alone, whose answers must be the same.
    """
    for item in items:
        if "postgresql" in item.name.rstrip("]").partition("[")[2].split("-"):
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    long = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (long.get(item.path.name, len(long)), item.path not in slow))


def pytest_collection_finish() -> None:
    """Let Python's collector work again, as it is without us: some test files import the package of our Scrapy commands, which
    sets it for a crawl. What was collected stays to the end, so it is not looked at again."""
    gc.freeze()
    gc.set_threshold(700, 10, 10)
    gc.enable()
