"""What Scrapy's components share in a crawl: responses, connections, failures, counts, and where pages are read.

The components themselves stand where Scrapy's users look for them: `spiders`, `middlewares.py`, `pipelines.py`,
`extensions` and `addon.py`. They stand on this package, and it knows none of them.
"""
