"""`newsarchive mcp`: the archive for agents, over the Model Context Protocol on standard input and output."""

from __future__ import annotations

import click

from newsarchive.cli.common import database_url, db_option


@click.command(
    epilog="""\b
Examples:
  newsarchive mcp --db newsarchive.db

\b
How most programs are told of it:
  {"mcpServers": {"newsarchive": {"command": "newsarchive", "args": ["mcp", "--db", "/home/me/newsarchive.db"]}}}"""
)
@db_option
def mcp(db: str) -> None:
    """Serve the archive to an agent over standard input and output: search, articles with their evidence, traces of copies,
    comparisons, coverage and citations. Nothing can be written.

    Needs the extra `mcp`: pip install 'newsarchive[mcp]'. A program starts it; by hand it waits for messages until its
    input ends. Texts of blogs are marked as untrusted: what a stranger wrote may try to give an agent orders.
    """
    from newsarchive.mcp_server import server

    server(database_url(db)).run("stdio")
