"""Scrapy settings of the project. Ours share the prefix `NEWSARCHIVE_`; the rest are Scrapy's own.

Set any of them for one run with `-s NAME=VALUE`. `NEWSARCHIVE_DATABASE_URL`, `NEWSARCHIVE_CONTACT` and
`NEWSARCHIVE_RULES` are read from the environment too.
"""

import os

from newsarchive import adapter

BOT_NAME = "newsarchive"
SPIDER_MODULES = ["newsarchive.spiders"]
COMMANDS_MODULE = "newsarchive.commands"
ADDONS = {"newsarchive.addon.Addon": 500}

# --- ours -------------------------------------------------------------------------------------
#: Where the articles go; any SQLAlchemy URL of SQLite or PostgreSQL.
NEWSARCHIVE_DATABASE_URL = os.environ.get("NEWSARCHIVE_DATABASE_URL", "sqlite:///newsarchive.db")
#: How a site's owner reaches you: a web page or a mail address. The add-on puts it into the user agent.
NEWSARCHIVE_CONTACT = os.environ.get("NEWSARCHIVE_CONTACT", "")
#: A folder of TOML rules that add to, or replace, those of `newsarchive/data`.
NEWSARCHIVE_RULES = os.environ.get("NEWSARCHIVE_RULES", "")
#: Raw bytes of every post, in WARC files: `on` (a folder beside the database), `off`, or a folder.
NEWSARCHIVE_WARC = os.environ.get("NEWSARCHIVE_WARC", "on")
#: A crawl that found something learns its sites' furniture at its end, from the raw bytes (WARC on).
NEWSARCHIVE_LEARN = True
#: Pages that say `noarchive` (X-Robots-Tag or <meta name=robots>) are left out.
NEWSARCHIVE_HONOUR_NOARCHIVE = True
#: Pages that hold nothing without JavaScript: `off`, `on` (the system's Chromium), or its path (extra `browser`).
NEWSARCHIVE_BROWSER = os.environ.get("NEWSARCHIVE_BROWSER", "off")
#: Posts of one site that may be fetched and not stored yet: so many a killed crawl fetches again at most.
NEWSARCHIVE_IN_FLIGHT = 8
#: Processes that run the pure core; 0 runs it in the crawl's own process.
NEWSARCHIVE_WORKERS = 0

# --- polite by default ------------------------------------------------------------------------
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "newsarchive"
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0  # at random it could be half of that
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # our errbacks say it in one line, with the remedy
COOKIES_ENABLED = False
# Posts come in the order in which they were found, newest first; Scrapy's own queues turn it round.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_DISK_QUEUE = "scrapy.squeues.PickleFifoDiskQueue"
# One answer gives one post: Scrapy starts as many tasks an answer as this, a hundred by default.
CONCURRENT_ITEMS = 8
TELNETCONSOLE_ENABLED = False

# --- what a person sees -----------------------------------------------------------------------
# The progress line and the summary say what a run does; `-L INFO` or `-L DEBUG` says more.
LOG_LEVEL = "WARNING"
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"

# --- Scrapy's own feeds (-O articles.jsonl) ---------------------------------------------------
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORT_FIELDS = list(adapter.NAMES)
