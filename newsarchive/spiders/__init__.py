"""Scrapy's spiders: `news` finds and fetches the posts of a blog, `recrawl` looks again at those that are due, and `warc`
reads pages out of WARC files."""
