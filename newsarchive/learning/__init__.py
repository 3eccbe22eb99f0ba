"""Learns what a site repeats on its pages, from its stored pages, and reads its articles again by it.

`learner` is the use case, `process` runs it beside a crawl in a process of its own, and `selectors` writes what was
learned as selectors for other programs. The pure part is `core.site_template`.
"""
