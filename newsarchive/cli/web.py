"""Serves the archive: `newsarchive web` to a browser on this machine, http://127.0.0.1:8001, and `newsarchive mcp` to agents, over
the Model Context Protocol on standard input and output.
"""

from __future__ import annotations

import os
import secrets

import click

from newsarchive.cli.opening import database_url
from newsarchive.cli.options import db_option, first_line, host_option, port_option
from newsarchive.cli.output import complain, say

#: The variable that holds the password, for those who start the server by another program.
PASSWORD_VARIABLE = "NEWSARCHIVE_WEB_PASSWORD"
#: The variable that holds the token of those who judge the quarantine.
TOKEN_VARIABLE = "NEWSARCHIVE_WEB_TOKEN"


@click.command(
    epilog="""\b
Examples:
  newsarchive web
  newsarchive web --db newsarchive.db --port 8080 --open
  newsarchive web --wait --db postgresql://server/news
  newsarchive web --host 0.0.0.0 --password-file password.txt
  newsarchive web --base-url https://news.example/press --judge"""
)
@host_option
@port_option(8001)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="A further host name under which readers reach the server.",
)
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="The public address of the front page, where a proxy stands in front of the server; may have a path.",
)
@click.option(
    "--password-file",
    metavar="FILE",
    help=f"A file whose first line is the password that readers must give; or {PASSWORD_VARIABLE}.",
)
@click.option(
    "--judge",
    is_flag=True,
    help="Let readers who have the printed token accept and drop pages in quarantine.",
)
@click.option(
    "--keys", is_flag=True, help="A small script: j and k go to the next and the previous entry or article."
)
@click.option("--sql", is_flag=True, help="Let readers run SQL queries of their own.")
@click.option(
    "--wait",
    is_flag=True,
    help="Wait for the archive instead of ending with an error, and serve it while it is empty.",
)
@click.option("--open", "open_", is_flag=True, help="Open it in the browser.")
@db_option
def web(
    host: str,
    port: int,
    names: tuple[str, ...],
    base_url: str,
    password_file: str | None,
    judge: bool,
    keys: bool,
    sql: bool,
    wait: bool,
    open_: bool,
    db: str,
) -> None:
    """Read the archive in a browser: search, articles with their repairs and versions, stories, sites, publishers,
    changes, and all tables by Datasette. Read-only, but for the quarantine with --judge; a crawl may go on
    meanwhile. Ctrl+C stops it.

    Needs the extra `web`: pip install 'newsarchive[web]', and `datasette` for the tables. Without a password everybody
    who reaches the port can read the archive, so think before you give another --host.
    """
    from newsarchive.web import server

    password = os.environ.get(PASSWORD_VARIABLE, "")
    if password_file:
        password = first_line("--password-file", password_file)
    token = (os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)) if judge else ""

    def ready(address: str) -> None:
        shown = f"{base_url.rstrip('/')}/" if base_url else address
        say(f"newsarchive web: {shown} (Ctrl+C stops it)")
        if token:
            say(f"to judge the quarantine: {shown}quarantine?token={token}")
        if server.is_public(host) and not password:
            complain(
                f"warning: --host {host}: everybody who reaches this port can read the whole archive without a log-in."
                " Ask for a password with --password-file"
            )
        elif password and server.is_public(host) and not base_url.startswith("https:"):
            complain(
                "warning: without a proxy that speaks HTTPS (--base-url https://…) everybody on the way can read the"
                " password"
            )
        if open_:
            click.launch(shown)

    try:
        start = server.Start(names, sql, base_url, password, token, keys)
        waits = (lambda why: say(f"newsarchive web waits: {why}")) if wait else None
        server.serve(database_url(db), host, port, ready, start, waits)
    except KeyboardInterrupt:
        say("stopped")


@click.command(
    epilog="""\b
Examples:
  newsarchive mcp --db newsarchive.db

\b
What most programs want in their settings:
  {"mcpServers": {"newsarchive": {"command": "newsarchive", "args": ["mcp", "--db", "/home/me/newsarchive.db"]}}}"""
)
@db_option
def mcp(db: str) -> None:
    """Serve the archive to an agent over standard input and output: search, articles with their evidence, traces of copies,
    comparisons, coverage and citations. Nothing can be written.

    Needs the extra `mcp`: pip install 'newsarchive[mcp]'. A program starts it; by hand it waits for messages until its
    input ends. Texts of blogs are marked as untrusted: what a stranger wrote may try to give an agent orders.
    """
    from newsarchive.web.mcp_server import server

    server(database_url(db)).run("stdio")
