"""`newsarchive web`: pages for reading the archive in a browser, and Datasette for its tables where it is installed.

server      the command's work: checks the archive, takes the port, runs uvicorn
security    what stands before every page: who may ask, and what a browser may do with the answer
app         the application: Starlette's routes, answers with entity tags, Datasette behind them
views       a function for each page: archive and request in, a `Page` with its record out
answers     what a view is given and gives
library     the archive as the views read it, the one place where a page gets an article; counts that are made in the background
render      templates, and how they show values and an article's text
chart       in SVG: the articles of a site or of the archive over time, and who had a text when and from whom
datasette   Datasette, and its words on tables, columns and queries (tables.toml, queries.toml)
mcp_server  the archive for agents: `newsarchive mcp`

No page has a script: the Content-Security-Policy forbids all, so text from a blog can never run.
"""
