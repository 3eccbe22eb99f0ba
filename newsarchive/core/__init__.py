"""The pure core: bytes in, `Article` out. No Scrapy, no SQL, no files, no clock; data comes as `Rules`.

`steps` holds the table of steps that every page goes through, `urls` says when two addresses are one page. A package may use those
before it: `text`, `html`, `encoding`, `metadata`, `near_duplicates`, `discovery`, `extraction`, `origin`, `boilerplate`, `assembly`,
`site_template`, `alarms`. `docs/explanation/architecture.md` says which question each answers. A package with a step has it in its module
`step`.
"""
