"""The Scrapy add-on: puts the pipelines and the extensions into any Scrapy project.

    ADDONS = {"newsarchive.addon.Addon": 500}

What a spider of that project yields as a `Response`, or as a `newsarchive.items.Capture`, is then stored as an
article; all else passes untouched. What the project sets itself stands; what it does not set is as in
`newsarchive.settings`.
"""

from __future__ import annotations

from scrapy.settings import BaseSettings

from newsarchive import browser, middlewares, pipelines
from newsarchive import settings as own
from newsarchive.exceptions import UsageError
from newsarchive.extensions import progress, recorder
from newsarchive.spiders.base import steps_of
from newsarchive.version import user_agent

#: Priorities leave room for a user's own pipelines between any two of ours.
ITEM_PIPELINES = {cls: 100 * (i + 1) for i, cls in enumerate(pipelines.STEP_PIPELINES)}


class Addon:
    """Adds what is not set yet; a project's own values stand."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Raises `UsageError` where `newsarchive.settings` could not read what it is told to read, and where a step of
        another project cannot be used."""
        for name in (name for name in dir(own) if name.startswith("NEWSARCHIVE_")):
            settings.set(name, getattr(own, name), priority="addon")
        # A program of one's own must not crawl into another archive than its file of settings says.
        if problem := settings.get("NEWSARCHIVE_CONFIG_ERROR"):
            raise UsageError(problem)
        steps_of(settings)  # a project that cannot be used is named before the first page is fetched
        said = getattr(own, "USER_AGENT", "") or user_agent(settings.get("NEWSARCHIVE_CONTACT") or "")
        settings.set("USER_AGENT", said, priority="addon")
        browser.configure(settings)
        chain: dict[type, int] = {pipelines.CapturePipeline: 50}
        chain |= (
            {pipelines.WorkersPipeline: 100} if settings.getint("NEWSARCHIVE_WORKERS") else ITEM_PIPELINES
        )
        chain |= {pipelines.TemplatePipeline: 800, pipelines.SincePipeline: 850, pipelines.StorePipeline: 900}
        for pipeline, priority in chain.items():
            settings.setdefault_in_component_priority_dict("ITEM_PIPELINES", pipeline, priority)
        for middleware, priority in {
            middlewares.InFlight: 50,  # before robots.txt (100): what waits has done nothing yet
            middlewares.Patience: 555,  # sees what Scrapy's retries (550) see, before them
            middlewares.Politeness: 960,  # between Scrapy's retries (550) and the network
        }.items():
            settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", middleware, priority)
        for extension, priority in {
            recorder.Recorder: 300,
            progress.Outcomes: 400,
            progress.Progress: 500,
            progress.Summary: 600,
        }.items():
            settings.setdefault_in_component_priority_dict("EXTENSIONS", extension, priority)
