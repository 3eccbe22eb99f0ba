"""Scrapy commands of this project: `scrapy crawl`, with clear errors and true exit codes."""
