"""`newsarchive sites`: adds, lists and changes the sites that `newsarchive crawl --all` crawls.

newsarchive sites add https://blog.example
"""

from __future__ import annotations

import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import click

from newsarchive import config
from newsarchive.cli import output, sitelist
from newsarchive.cli.learn import selectors, template
from newsarchive.cli.opening import database_url, known_site, open_archive, reading_archive, same_archive
from newsarchive.cli.options import Group, db_option, option, output_option, robots_option
from newsarchive.cli.output import console, echo, on_terminal, say
from newsarchive.core.urls import check_blog
from newsarchive.exceptions import UsageError
from newsarchive.reprs import byline, counted, origin_line
from newsarchive.times import utc_now

if TYPE_CHECKING:
    from newsarchive.cli.fetching import Preview
    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.frontier.sites import Sites


@click.group(
    cls=Group,
    epilog="""\b
Examples:
  newsarchive sites add https://blog.example --db news.db
  newsarchive sites list
  newsarchive sites import subscriptions.opml

Every subcommand takes --db; `newsarchive crawl --all` crawls the list.""",
)
def sites() -> None:
    """The sites that are followed: add, list, show, pause, resume, remove, import, export; what was learned."""


sites.add_command(template)
sites.add_command(selectors)


def archive_of(db: str) -> Sites:
    """The sites of an archive. A missing archive is created."""
    from newsarchive.db.engine import open_engine
    from newsarchive.db.frontier.sites import Sites
    from newsarchive.db.schema import upgrade

    engine = open_engine(database_url(db))
    upgrade(engine)
    return Sites(engine)


@sites.command()
@click.argument("url")
@click.option("--since", help="Leave out posts older than this date.")
@option("limit", type=str, help="At most this many posts in one crawl.")
@click.option("--interval", help="Hours between two crawls.")
@click.option("--looks-a-day", help="Looks a day at posts that the archive has, where they are most useful.")
@click.option("--delay", help="Seconds between two requests.")
@click.option("--user-agent", help="The User-Agent header that crawls of this site send.")
@click.option(
    "--sources",
    help="Look for posts in these places only: wp-json, feed, sitemap, archive; with commas between them.",
)
@click.option("--skip", help="Leave out posts whose paths begin so, such as /podcast/,/jobs/.")
@click.option("--drop", help="Selectors of elements that are no part of the article, such as .promo,#poll.")
@click.option("--body", help="Selectors of the elements that alone are the article.")
@click.option(
    "--verify-certificates",
    metavar="true|false",
    help="Whether the server's certificate must be valid; true by default.",
)
@click.option("--yes", is_flag=True, help="Save without asking.")
@robots_option
@option("dry_run")
@db_option
def add(url: str, yes: bool, ignore_robots: bool, dry_run: bool, db: str, **settings: str | None) -> None:
    """Look at a blog, show three of its posts as the archive would keep them, and follow it.

    It is looked at as a crawl would: robots.txt is obeyed, and NEWSARCHIVE_CONTACT stands in the user agent.
    """
    from newsarchive.cli.fetching import Fetcher, Previewer

    config = sitelist.checked(settings, "sites add")
    home = check_blog(url, "")
    fetcher = Fetcher(
        user_agent=config.get("user_agent", ""),
        ignore_robots=ignore_robots,
        named=[home],
        verify_certificates=config.get("verify_certificates", True),
    )
    seen = Previewer(fetcher).preview(home)
    show_preview(seen)
    if not seen.articles:
        raise UsageError(
            seen.forbidden or f"{url}: no post could be read there: give the front page of a blog"
        )
    if seen.is_post:
        front = shlex.quote(urljoin(seen.home_url, "/"))
        raise UsageError(
            f"{url} is a post: give the front page of its blog, such as newsarchive sites add {front}"
        )
    if dry_run:
        say(f"would follow {seen.home_url}; nothing was written")
        return
    if not yes and not click.confirm("Follow this site?", err=True):
        say("not saved")
        raise SystemExit(1)
    archive_of(db).follow(seen.home_url, config, platform=seen.platform, name=seen.articles[0].publisher)
    home = shlex.quote(seen.home_url)
    same = same_archive(database_url(db))
    say(f"followed: {seen.home_url}; crawl it now: newsarchive crawl {home}{same}")


def show_preview(seen: Preview) -> None:
    out = console()
    out.print(f"{seen.home_url}: {seen.platform or 'platform not known'}", style="bold", markup=False)
    for source, count in seen.sources:
        out.print(f"{source.kind}: {source.url} ({counted(count, 'post')} named)", markup=False)
    for article in seen.articles:
        out.print()
        out.print(article.headline, style="bold", markup=False)
        out.print(byline(article), markup=False)
        if line := origin_line(article.origin):
            out.print(line, markup=False)
        body = article.article_body
        out.print(body if len(body) < 400 else body[:400].rstrip() + " …", markup=False)


@sites.command("list")
@output_option
@db_option
def list_sites(db: str) -> None:
    """Every site that was added or crawled, with the alarms that stand."""
    from newsarchive.db.frontier.known_sites import sites
    from newsarchive.db.reading.alarms import standing

    with reading_archive(db) as reader:
        found = sites(reader)
        alarms: dict[str, list[str]] = {}
        for alarm in standing(reader):
            alarms.setdefault(alarm.site, []).append(alarm.kind)
    if not found:
        say(f"no site yet: newsarchive sites add https://blog.example{same_archive(database_url(db))}")
    held = config.load()
    listed = sitelist.of_tables(held.tables, str(held.file)).sites
    if new := {url for url, _ in listed} - {site.home_url for site in found}:
        say(f"{len(new)} more in {held.file}: the next crawl follows them")
    rows, now = [], utc_now()
    for site in found:
        followed = "followed" if site.followed else "paused" if "follow" in site.config else "by hand"
        last = f"{site.last_success_at:%Y-%m-%d %H:%M}" if site.last_success_at else "never"
        state = ", alarm: ".join([site.state, *alarms.get(site.domain, ())])
        if site.followed and (at := site.rests_until(now)):
            state += f", asked again at {at:%Y-%m-%d %H:%M}"
        rows.append((site.home_url, followed, state, last, site.articles))
    if on_terminal() and rows:
        header = ("followed", "state", "last crawled (UTC)", "articles", "site")
        output.print_table(header, [(*row[1:], row[0]) for row in rows], ("articles",))
        return
    for url, *cells, articles in rows:
        echo("\t".join((url, *map(str, cells), counted(articles, "article"))))


@sites.command()
@click.argument("site")
@output_option
@db_option
def show(site: str, db: str) -> None:
    """One site with its settings, when its lists are asked next, why its last crawl failed, and the alarms that stand."""
    from newsarchive.db.frontier.known_sites import BEFORE
    from newsarchive.db.reading.alarms import standing
    from newsarchive.db.reading.coverage import STRIP_DAYS, failures

    found = known_site(db, site)
    with reading_archive(db) as reader:
        alarms = [alarm.sentence for alarm in standing(reader) if alarm.site == found.domain]
        failed = failures(reader, utc_now() - timedelta(days=STRIP_DAYS)).get(found.domain)
    why = ""
    if failed and found.state not in ("ok", "new"):
        why = f" at {failed.at:%Y-%m-%d %H:%M} UTC: {failed.error.removeprefix(f'{found.home_url}: ')}"
    rows = {
        "url": found.home_url,
        "name": found.name,
        "platform": found.platform,
        "state": found.state + why,
        "last crawled": f"{found.last_success_at:%Y-%m-%d %H:%M} UTC" if found.last_success_at else "never",
        "lists are asked": asked(found, same_archive(database_url(db))),
        "articles": found.articles,
        **{key: value for key, value in found.settings.items() if key != BEFORE},
    }
    for key, value in rows.items():
        echo(f"{key}: {'' if value is None else value}")
    for alarm in alarms:
        echo(f"alarm: {alarm}")


def asked(site: KnownSite, same: str = "") -> str:
    """When the lists of a site are asked next, and why then. `same` are the options that name the archive in a command."""
    now = utc_now()
    if not site.followed:
        return "when it is crawled by hand"
    at = site.due_at(now)
    when = f"at {at:%Y-%m-%d %H:%M} UTC" if at and at > now else "now"
    if site.rests_until(now) and site.failing_since:
        return (
            f"{when}: its crawls fail since {site.failing_since:%Y-%m-%d %H:%M} UTC, and the longer they fail, the longer is the"
            f" wait; at once by: newsarchive crawl {shlex.quote(site.home_url)}{same}"
        )
    hours = f"{site.interval.total_seconds() / 3600:g}"
    if site.is_pushed(now):
        return (
            f"{when}, and at each push: its hub announced the last posts in time, so not every {hours} hours"
        )
    return f"{when}: every {'hour' if hours == '1' else f'{hours} hours'}"


@sites.command()
@click.argument("site")
@option("dry_run")
@db_option
def pause(site: str, dry_run: bool, db: str) -> None:
    """Leave a site out of `newsarchive crawl --all`."""
    _configure(db, site, dry_run, "pause {}", "paused: {}", follow=False)


@sites.command()
@click.argument("site")
@option("dry_run")
@db_option
def resume(site: str, dry_run: bool, db: str) -> None:
    """Crawl a paused site again."""
    _configure(db, site, dry_run, "go on with {}", "followed: {}", follow=True)


@sites.command()
@click.argument("site")
@option("dry_run")
@db_option
def remove(site: str, dry_run: bool, db: str) -> None:
    """Follow a site no longer, and forget its settings; its articles stay."""
    held, home = config.load(), known_site(db, site).home_url
    if home in (url for url, _ in sitelist.of_tables(held.tables, str(held.file)).sites):
        pause = f"newsarchive sites pause {shlex.quote(home)}{same_archive(database_url(db))}"
        raise UsageError(
            f"{home} is listed in {held.file}, and the next crawl would follow it again: delete it there, or: {pause}"
        )
    _configure(db, site, dry_run, "follow {} no longer and keep its {}", "followed no longer: {}; kept: {}")


def _configure(db: str, site: str, dry_run: bool, would: str, done: str, follow: bool | None = None) -> None:
    """Follow a site or pause it, or with `None` do neither. `would` says what a dry run would do, `done` what was done, both with room for
    the site and the number of its articles."""
    from newsarchive.db.frontier.sites import Sites

    found = known_site(db, site)
    named = found.home_url, counted(found.articles, "article")
    if dry_run:
        say(f"would {would.format(*named)}; nothing was written")
        return
    config = {} if follow is None else {**found.config, "follow": follow}
    Sites(open_archive(db)).configure(found, config)
    say(done.format(*named))


@sites.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@option("dry_run")
@db_option
def import_sites(file: Path, dry_run: bool, db: str) -> None:
    """Follow the sites of a TOML, CSV or OPML file, or of a text file with an address a line. A file with a mistake changes
    nothing."""
    found = sitelist.read(file)
    if dry_run:
        for url, _ in found.sites:
            click.echo(url)
        say(f"would follow {counted(len(found.sites), 'site')}; nothing was written")
        return
    archive = archive_of(db)
    archive.set_defaults(found.defaults)
    for url, settings in found.sites:
        archive.follow(url, settings)
    say(f"followed now: {counted(len(found.sites), 'site')}")


@sites.command("export")
@click.option("--format", "kind", type=click.Choice(["toml", "csv"]), default="toml", show_default=True)
@output_option
@db_option
def export_sites(kind: str, db: str) -> None:
    """The followed and paused sites with their settings, as `sites import` reads them."""
    from newsarchive.db.frontier import known_sites

    with reading_archive(db) as reader:
        found = [site for site in known_sites.sites(reader) if "follow" in site.config]
        scopes = known_sites.defaults(reader)
    click.echo(sitelist.as_toml(found, scopes) if kind == "toml" else sitelist.as_csv(found), nl=False)
