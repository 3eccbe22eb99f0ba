"""Scrapy settings of the project. Ours share the prefix `NEWSARCHIVE_`; the rest are Scrapy's own.

Set any of them for one run with `-s NAME=VALUE`. What is not set so comes from the environment, else from
`newsarchive.toml` (see `newsarchive/config.py`).
"""

from newsarchive import config, fields
from newsarchive.core.urls import MAX_URL_CHARACTERS
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

# --- ours, and those of Scrapy that our file knows (`config.KEYS` says what each does) ----------
#: The file of settings, where it is not `newsarchive.toml` in the current or the user's folder.
NEWSARCHIVE_CONFIG = ""
globals().update(
    {
        setting: _config[key.name]
        for key in config.KEYS.values()
        for setting in key.settings
        if setting != "USER_AGENT" or _config[key.name]  # otherwise the add-on sets the user agent
    }
)

# --- polite by default ------------------------------------------------------------------------
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "newsarchive"
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY_JITTER = 0  # with jitter the delay could be half of what was set
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Scrapy leaves out longer addresses without a word, from 2,084 characters on by default: 230 Thai letters, percent-encoded.
URLLENGTH_LIMIT = MAX_URL_CHARACTERS
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # our errbacks say it in one line, with the remedy
COOKIES_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True  # a site's own setting `verify_certificates` stands over it
# Scrapy asks for English, and a site that has several languages would give that in place of its own.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "*",  # whatever there is (RFC 9110, 12.5.4)
}
# Posts are fetched in the order in which they were found, newest first; Scrapy's own queues would reverse it.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_DISK_QUEUE = "scrapy.squeues.PickleFifoDiskQueue"
# One answer gives one post. Scrapy starts this many tasks for each answer, a hundred by default.
CONCURRENT_ITEMS = 8
# Scrapy's own resolver asks for IPv4 addresses alone: no site of IPv6 is reached by it, and no site from a machine with
# nothing but IPv6. This one has no DNS_TIMEOUT; DOWNLOAD_TIMEOUT ends a request whose name server does not answer.
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"
TELNETCONSOLE_ENABLED = False
# Else Scrapy 2.19 serves a port of this machine by which code runs inside the crawl.
REMOTE_CONTROL_ENABLED = False

# --- what a person sees -----------------------------------------------------------------------
# The progress line and the summary say what a run does; `-L INFO` or `-L DEBUG` says more.
LOG_LEVEL = "WARNING"
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"

# --- Scrapy's own feeds (-O articles.jsonl) ---------------------------------------------------
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORT_FIELDS = [field.name for field in fields.CRAWLED]
FEED_EXPORTERS = {"csv": "newsarchive.crawling.adapters.ArticleCsvExporter"}
