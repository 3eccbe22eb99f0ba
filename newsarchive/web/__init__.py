"""`newsarchive web`: the archive for a person who reads, and Datasette over its tables.

server      the command's work: checks the archive, takes the port, runs uvicorn
app         the ASGI application: our pages first, Datasette behind them, security headers on both
views       one function a page: archive and request in, `Response` out
text        an article's text as the page shows it: repairs and dropped text in their places
render      templates, and how values are shown
chart       the bars of a site's yield as SVG
remember    counts that are made now and then, not for every page
tables      Datasette itself
metadata    what it says of tables, columns and queries (tables.toml, queries.toml)

No page has a script: the Content-Security-Policy forbids all, so text from a blog can never run.
"""
