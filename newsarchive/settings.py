"""Scrapy settings of the project. Ours share the prefix `NEWSARCHIVE_`; the rest are Scrapy's own.

Set any of them for one run with `-s NAME=VALUE`. What is not set so comes from the environment, else from
`newsarchive.toml` (see `newsarchive/config.py`).
"""

from newsarchive import config, fields
from newsarchive.exceptions import UsageError

BOT_NAME = "newsarchive"
SPIDER_MODULES = ["newsarchive.spiders"]
COMMANDS_MODULE = "newsarchive.commands"
ADDONS = {"newsarchive.addon.Addon": 500}

try:
    _config = config.load()
except UsageError as _error:
    # Scrapy would print a traceback: `scrapy crawl` says it in one line and ends.
    _config = config.defaults()
    globals()["NEWSARCHIVE_CONFIG_ERROR"] = str(_error)

# --- ours -------------------------------------------------------------------------------------
#: The file of settings, where it is not `newsarchive.toml` in the current or the user's folder.
NEWSARCHIVE_CONFIG = ""
#: The database of the archive: a SQLAlchemy URL of SQLite or PostgreSQL.
NEWSARCHIVE_DATABASE_URL = _config["database"]
#: How a site's owner reaches you: a web page or a mail address. The add-on puts it into the user agent.
NEWSARCHIVE_CONTACT = _config["contact"]
#: A folder of TOML rules that add to, or replace, those of `newsarchive/data`.
NEWSARCHIVE_RULES = _config["rules"]
#: Steps of other projects, and steps left out: `shorten after chrome`, `without origin` (see `newsarchive/plugins.py`).
NEWSARCHIVE_STEPS = _config["steps"]
#: Raw bytes of every post, in WARC files: `on` (a folder beside the database), `off`, or a folder.
NEWSARCHIVE_WARC = _config["warc"]
NEWSARCHIVE_WARC_STAGING = _config["warc_staging"]
#: What gets each new alarm as JSON: a command on its standard input, a web address by POST.
NEWSARCHIVE_ALARM_COMMAND = _config["alarm_command"]
NEWSARCHIVE_ALARM_WEBHOOK = _config["alarm_webhook"]
#: A file for the archive's numbers in Prometheus' text format, written at the end of each crawl; "" for none.
NEWSARCHIVE_METRICS = _config["metrics"]
#: Lines of the log, progress and summary: `text`, or `json` (one object each).
NEWSARCHIVE_LOG_FORMAT = _config["log_format"]
#: Posts of one crawl, the oldest day of a post, and where to look, where the spider's arguments do not say.
NEWSARCHIVE_LIMIT = _config["crawl.limit"]
NEWSARCHIVE_SINCE = _config["crawl.since"]
NEWSARCHIVE_SOURCES = _config["crawl.sources"]
#: A crawl that found something learns its sites' templates at its end, from the raw bytes (WARC on).
NEWSARCHIVE_LEARN = _config["crawl.learn"]
#: Pages that say `noarchive` (X-Robots-Tag or <meta name=robots>) are left out.
NEWSARCHIVE_HONOUR_NOARCHIVE = _config["crawl.honour_noarchive"]
#: Each site is asked once a crawl for `/.well-known/tdmrep.json`.
NEWSARCHIVE_TDMREP = _config["crawl.tdmrep"]
#: Pages that hold nothing without JavaScript: `off`, `on` (the system's Chromium), or its path (extra `browser`).
NEWSARCHIVE_BROWSER = _config["browser"]
#: Posts of one site that may be fetched and not stored yet: a killed crawl fetches no more than these again.
NEWSARCHIVE_IN_FLIGHT = _config["crawl.in_flight"]
#: Seconds that a `Crawl-delay` and a `Retry-After` may ask for; longer ones count as these.
NEWSARCHIVE_MAX_CRAWL_DELAY = _config["crawl.max_crawl_delay"]
NEWSARCHIVE_MAX_RETRY_AFTER = _config["crawl.max_retry_after"]
#: Posts of a site that one crawl asks for, and those in a row that are no articles, after which it leaves their source.
NEWSARCHIVE_MAX_POSTS = _config["crawl.max_posts"]
NEWSARCHIVE_MAX_BARREN_POSTS = _config["crawl.max_barren_posts"]
#: Processes that run the pure core: a number, 0 for the crawl's own process alone, or `auto` (as many as the
#: machine has cores, up to three, and none in a crawl of fewer than 20 posts or with one core).
NEWSARCHIVE_WORKERS = _config["crawl.workers"]
#: Seconds of CPU time after which a worker process is stopped and its page refused.
NEWSARCHIVE_PAGE_SECONDS = _config["crawl.page_seconds"]
#: Private addresses that a crawl may connect to, besides the site that it was told to crawl (`private_networks.py`).
NEWSARCHIVE_ALLOW_PRIVATE = _config["crawl.allow_private"]
if _config["crawl.user_agent"]:  # else the add-on says who we are
    USER_AGENT = _config["crawl.user_agent"]

# --- polite by default ------------------------------------------------------------------------
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "newsarchive"
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = _config["crawl.delay"]
DOWNLOAD_DELAY_JITTER = 0  # with jitter the delay could be half of what was set
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = _config["crawl.delay"]
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # our errbacks say it in one line, with the remedy
COOKIES_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True  # a site's own setting `verify_certificates` stands over it
# Posts come in the order in which they were found, newest first; Scrapy's own queues turn it round.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_DISK_QUEUE = "scrapy.squeues.PickleFifoDiskQueue"
# One answer gives one post: Scrapy starts as many tasks an answer as this, a hundred by default.
CONCURRENT_ITEMS = 8
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = (
    False  # else Scrapy 2.19 serves a port of this machine by which code runs inside the crawl
)

# --- what a person sees -----------------------------------------------------------------------
# The progress line and the summary say what a run does; `-L INFO` or `-L DEBUG` says more.
LOG_LEVEL = "WARNING"
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"

# --- Scrapy's own feeds (-O articles.jsonl) ---------------------------------------------------
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORT_FIELDS = [field.name for field in fields.CRAWLED]
FEED_EXPORTERS = {"csv": "newsarchive.adapters.ArticleCsvExporter"}
