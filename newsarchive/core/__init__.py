"""The pure core: bytes in, `Article` out. No Scrapy, no SQL, no files, no clock; data comes as `Rules`.

`steps` holds the table of steps that every page goes through, `urls` says when two addresses are one page. The packages,
lowest first:

- `text`: scripts, words, sentences, languages, differences of texts;
- `html`: a page as a tree, as blocks in reading order, as clean HTML and Markdown;
- `encoding`: bytes to text, and damaged text repaired;
- `metadata`: headline, authors, dates, sections, pictures;
- `near_duplicates`: fingerprints, copies, what a copy changed;
- `discovery`: where posts are listed, and when to look again;
- `extraction`: which blocks are the article;
- `origin`: who published it first;
- `boilerplate`: what is no article, on one page;
- `assembly`: one article out of several pages, feed and API;
- `site_template`: what repeats on a site;
- `alarms`: whether a site is broken that answers.

A package with a step has it in its module `step`.
"""
