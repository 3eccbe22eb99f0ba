"""The Scrapy add-on: puts the pipelines and the extensions into any Scrapy project.

    ADDONS = {"newsarchive.addon.Addon": 500}

A `Response` or a `newsarchive.items.Capture` that a spider of that project yields is then stored as an article; every
other item passes untouched. A setting that the project does not set is as in `newsarchive.settings`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from scrapy import Spider
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.misc import load_object
from scrapy.utils.reactor import is_asyncio_reactor_installed, is_reactor_installed
from twisted.internet.asyncioreactor import AsyncioSelectorReactor

from newsarchive import config, middlewares, pipelines
from newsarchive.config import AUTO
from newsarchive.crawling import browser, connections
from newsarchive.crawling.responses import steps_of
from newsarchive.exceptions import NewsArchiveError, UsageError
from newsarchive.extensions import alarms, earlier_robots, json_log, progress, server_clocks, warc
from newsarchive.spiders.base import own_settings
from newsarchive.version import user_agent

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Pipeline → priority. Other projects have room for their pipelines between any two of these.
STEP_PRIORITIES: dict[type, int] = {cls: 100 * (i + 1) for i, cls in enumerate(pipelines.STEP_PIPELINES)}
#: The priority of the pipeline that applies the site's template.
TEMPLATE_PRIORITY = 800

#: The pipeline that replaces all of these where worker processes read pages.
AT_ONCE: dict[type, int] = {pipelines.WorkersPipeline: 100}
#: Our pipelines that run no step: a project may move them.
OTHERS = (
    pipelines.CapturePipeline, pipelines.TemplatePipeline, pipelines.SincePipeline, pipelines.StorePipeline,
)  # fmt: skip


def reading(settings: BaseSettings) -> dict[type, int]:
    """The pipelines that read a page: one for all steps, or one for each step.

    Where no number of worker processes is set, there is one for each step if the project has a pipeline of its own among
    them, or places one of them itself.
    """
    if settings.get("NEWSARCHIVE_WORKERS") not in (AUTO, 0):
        return AT_ONCE
    return STEP_PRIORITIES if sits_between(settings) else AT_ONCE


def sits_between(settings: BaseSettings) -> bool:
    """Whether the project has placed a pipeline before the site's template is applied and after the first step, or has
    placed one of the steps itself."""
    given = {load_object(one): place for one, place in settings.getwithbase("ITEM_PIPELINES").items()}
    first = min(STEP_PRIORITIES.values())
    own = {cls: place for cls, place in given.items() if cls not in OTHERS and place is not None}
    return not given.keys().isdisjoint(STEP_PRIORITIES) or any(
        first <= place < TEMPLATE_PRIORITY for place in own.values()
    )


#: Components of Scrapy that a setting turns off: (setting, Scrapy's own list, component). Scrapy imports each component
#: of its lists, those with the place `None` too, before the component asks the setting. What these import (aiohttp,
#: requests) takes a quarter of a second of a crawl's start.
SWITCHED = (
    ("REMOTE_CONTROL_ENABLED", "EXTENSIONS_BASE", "scrapy.extensions.remote_control.RemoteControl"),
    ("TELNETCONSOLE_ENABLED", "EXTENSIONS_BASE", "scrapy.extensions.telnet.TelnetConsole"),
    (
        "COOKIES_ENABLED",
        "DOWNLOADER_MIDDLEWARES_BASE",
        "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
    ),
)


def read(settings: BaseSettings) -> None:
    """Give each of our settings the type of its key. Raises `UsageError` for a value that is not understood, and for a name that
    is none of ours: a crawl would go into another archive than the one that was meant."""

    def where(name: str) -> str:
        is_option = settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]
        return f"-s {name}" if is_option else f"the setting {name}"

    for name, problem in config.unknown(settings, settings=True).items():
        raise UsageError(f"{where(name)}: {problem}")
    for key in config.KEYS.values():
        for name in key.settings:
            if name.startswith(config.PREFIX):
                value = config.read_setting(key, settings.get(name), where(name))
                settings.set(name, value, settings.getpriority(name) or 0)


def is_of_asyncio(reactor: str | type | None) -> bool:
    """Whether a crawl runs in asyncio. Without a name, Twisted takes the reactor of the program, or else its own choice."""
    if reactor:
        return issubclass(load_object(reactor), AsyncioSelectorReactor)
    return is_reactor_installed() and is_asyncio_reactor_installed()


class _AsSentence(logging.Filter):
    """Logs an error of ours that ends a crawl before its first request as its sentence, which names the remedy.

    Scrapy leaves what an add-on raises to asyncio, which logs it with a traceback through Scrapy's own code.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(error := record.exc_info[1], NewsArchiveError):
            record.msg, record.args, record.exc_info = (
                f"newsarchive: the crawl cannot begin: {error}",
                (),
                None,
            )
        return True


_AS_SENTENCE = _AsSentence()


class Addon:
    """Sets what the project does not set itself. Spiders of newsarchive alone are kept out of private networks: where
    another project's spiders connect to is that project's affair (`crawling.connections.GuardedHandler` is there for them)."""

    def __init__(self, spider: type[Spider] | None = None) -> None:
        self.spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.spidercls)

    def update_settings(self, settings: BaseSettings) -> None:
        """Raises `UsageError` where `newsarchive.settings` could not read its file, where a setting of ours is not understood,
        where the project's reactor is not that of asyncio, and where a step of another project cannot be used."""
        logging.getLogger("asyncio").addFilter(_AS_SENTENCE)
        own = own_settings(settings)
        for name in (name for name in own if name.startswith(config.PREFIX)):
            settings.setdefault(name, own[name], priority="addon")
        # A crawl must not write into another archive than the one that the unreadable file may name.
        if problem := settings.get("NEWSARCHIVE_CONFIG_ERROR"):
            raise UsageError(problem)
        read(settings)
        reactor, named = settings.get("TWISTED_REACTOR"), "TWISTED_REACTOR" in settings
        if named and not is_of_asyncio(reactor) and settings.getbool("TWISTED_REACTOR_ENABLED", True):
            raise UsageError(
                f"TWISTED_REACTOR = {str(reactor)!r}: the add-on works with the reactor of asyncio alone, which is Scrapy's default: "
                "take this line out of the project's settings"
            )
        steps_of(settings)  # a step that cannot be used is named before the first page is fetched
        agent = own.get("USER_AGENT") or user_agent(settings["NEWSARCHIVE_CONTACT"])
        settings.set("USER_AGENT", agent, priority="addon")
        browser.configure(settings)
        own_alone: dict[type, int] = {}  # a project's other spiders fetch what they like, and keep their pace
        if getattr(self.spider, "is_archive_spider", False):
            connections.guard(settings)
            own_alone[middlewares.AddressMiddleware] = 45
            own_alone[earlier_robots.EarlierRobotsMiddleware] = 47  # after all retries and redirects
            own_alone[middlewares.DelayMiddleware] = 585  # sees an answer before Scrapy's retries (550) do
            for refresh, place in ((MetaRefreshMiddleware, None), (middlewares.RefreshMiddleware, 580)):
                settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", refresh, place)
        components: dict[str, dict[type, int]] = {
            "ITEM_PIPELINES": {
                pipelines.CapturePipeline: 50,
                **reading(settings),
                pipelines.TemplatePipeline: TEMPLATE_PRIORITY,
                pipelines.SincePipeline: 850,
                pipelines.StorePipeline: 900,
            },
            "DOWNLOADER_MIDDLEWARES": {
                middlewares.BarrenSourceMiddleware: 40,  # sees an answer after all retries
                **own_alone,
                middlewares.InFlightMiddleware: 50,  # before robots.txt (100): a waiting post has asked nothing yet
                middlewares.FailingSiteMiddleware: 555,  # sees each answer just before Scrapy's retries (550) do
                middlewares.CharsetMiddleware: 586,  # between Scrapy's redirects (600, 580) and decompression (590)
                middlewares.DecompressionMiddleware: 595,
            },
            "EXTENSIONS": {
                json_log.JsonLog: 100,
                warc.WarcExtension: 300,
                progress.Outcomes: 400,
                alarms.Breakages: 450,
                alarms.LostPages: 480,
                server_clocks.ServerClocks: 490,
                progress.Progress: 500,
                progress.Summary: 600,
            },
        }
        for setting, priorities in components.items():
            for component, priority in priorities.items():
                settings.setdefault_in_component_priority_dict(setting, component, priority)
        for switch, setting, path in SWITCHED:
            if not settings.getbool(switch):
                left = {key: place for key, place in settings.getdict(setting).items() if key != path}
                settings.set(setting, left, settings.getpriority(setting) or 0)
