"""Scrapy's spiders as processes of `newsarchive crawl` or of a worker of a cluster: started, told to stop, and counted.

`site_crawl` crawls one site with two spiders, `processes` starts a spider and passes signals on, `server` forks spiders
from one process that has loaded them, and `parent` is the spider's side: it ends with the command that started it.
"""
