"""`newsarchive web`: pages for reading the archive in a browser, and Datasette for its tables.

server      the command's work: checks the archive, takes the port, runs uvicorn
app         the ASGI application: our pages first, Datasette behind them, security headers on both
views       a function for each page: archive and request in, `Response` out
render      templates, and how they show values and an article's text
chart       the bars of a site's yield as SVG
cache       counts over the whole archive, made in the background
datasette   Datasette, and its words on tables, columns and queries (tables.toml, queries.toml)

No page has a script: the Content-Security-Policy forbids all, so text from a blog can never run.
"""
