"""Scrapy extensions of a crawl: progress on the screen, raw bytes in WARC files, site templates learned meanwhile."""
