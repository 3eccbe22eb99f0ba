"""`newsarchive web`: serves the archive to a browser on this machine: http://127.0.0.1:8001."""

from __future__ import annotations

import click

from newsarchive.cli.common import complain, database_url, db_option, say


@click.command(
    epilog="""\b
Examples:
  newsarchive web
  newsarchive web --db newsarchive.db --port 8080 --open"""
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; this machine alone."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="Port; 0 for any that is free.",
)
@click.option(
    "--name", "names", multiple=True, metavar="HOST", help="A host name by which it is asked for too."
)
@click.option("--sql", is_flag=True, help="Let whoever reaches it ask in SQL of their own.")
@click.option("--open", "open_", is_flag=True, help="Open it in the browser.")
@db_option
def web(host: str, port: int, names: tuple[str, ...], sql: bool, open_: bool, db: str) -> None:
    """Read the archive in a browser: search, articles with their repairs and versions, sites, stories, and
    all tables by Datasette. Read-only; a crawl may go on meanwhile. Ctrl+C stops it.

    Needs the extra `web`: pip install 'newsarchive[web]'. Nobody logs in: whoever reaches the port reads
    the archive, so think before you give another --host.
    """
    from newsarchive.web import server

    def ready(address: str) -> None:
        say(f"newsarchive web: {address} (Ctrl+C stops it)")
        if server.is_public(host):
            complain(
                f"warning: --host {host}: whoever reaches this port reads the whole archive; nobody logs in"
            )
        if open_:
            click.launch(address)

    try:
        server.serve(database_url(db), host, port, ready, names=names, sql=sql)
    except KeyboardInterrupt:
        say("stopped")
