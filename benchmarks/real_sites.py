"""Learning on real sites: `python -m benchmarks.real_sites DATA/older/dragnet DATA/older/l3s DATA/articles [more folders]`.

Pages of portals, newspapers, magazines and blogs from folders of `truth.jsonl` and `pages/ID.html.gz`, grouped by site: by
registered domain, or, where the truth gives no address, by the page's own canonical link or the domain that it links to
most. Each page is read alone, then with a template that is learned from all pages of its site, and with one that is
learned from the others alone, so that a page teaches nothing about itself. Word F1 of the three, and how many pages became
better or worse.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.observations import Observation, Window, observation
from newsarchive.core.site_template.template import apply_template
from newsarchive.core.steps import STEPS
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article
from newsarchive.rules import Rules, default
from training.pages import Example, domain_of, load
from training.scores import word_f1

#: Pages of a site. One with fewer teaches nothing.
MIN_PAGES = 4
#: Change of word F1. A smaller one counts as none.
MIN_CHANGE = 0.005
#: Domains that many sites link to or are served from: pages that have no other are left out.
NO_SITES = frozenset([
    "2mdn.net", "addthis.com", "adobe.com", "adtech.de", "amazon.com", "atdmt.com", "blogblog.com",
    "blogger.com", "blogspot.com", "disqus.com", "doubleclick.net", "facebook.com", "feedburner.com",
    "google-analytics.com", "google.com", "googleapis.com", "googlesyndication.com", "macromedia.com",
    "mnginteractive.com", "purl.org", "quantserve.com", "substack.com", "turner.com", "twitter.com",
    "typepad.com", "w3.org", "wordpress.com", "wordpress.org", "worldnow.com", "youtube.com",
])  # fmt: skip
_CANONICAL = re.compile(
    r"""(?:rel=["']?canonical["']?[^>]{0,200}href=|property=["']?og:url["']?[^>]{0,200}content=)["']?(https?://[^"'\s>]+)""",
    re.IGNORECASE,
)
_LINK = re.compile(r"""(?:href|src|content)\s{0,9}=\s{0,9}["']?(https?://[^"'\s>]+)""", re.IGNORECASE)


class Sample(NamedTuple):
    """A page of a site: where it is from, its true text, its article as the page alone gives it, and its record."""

    name: str
    truth: str
    article: Article
    page: Observation


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--half", type=int, choices=(0, 1), help="the sites of one half alone, by hash")
    parser.add_argument("--verbose", action="store_true", help="list the pages that changed, line by line")
    given = parser.parse_args()
    halves = (0, 1) if given.half is None else (given.half,)
    for half in halves:
        sites = sites_of(given.folders, half, default())
        print(f"half {half}: {measured(sites, given.verbose)}")


def site_of(example: Example) -> str:
    """The registered domain of a page's site, "" where nothing tells it."""
    if url := example.truth["url"]:
        return domain_of(url)
    text = example.page.text
    if found := _CANONICAL.search(text):
        return domain_of(found[1])
    counts = Counter(domain_of(link) for link in _LINK.findall(text))
    return next((name for name, _ in counts.most_common() if name and name not in NO_SITES), "")


def sites_of(folders: Sequence[Path], half: int, rules: Rules) -> dict[str, list[Sample]]:
    """The sites of one half (0 or 1) with enough pages that hold an article, by domain."""
    groups: defaultdict[str, list[tuple[str, Example]]] = defaultdict(list)
    for folder in folders:
        for example in load(folder):
            site = site_of(example)
            if example.truth.get("text") and site and site not in NO_SITES and half_of(site) == half:
                groups[site].append((f"{folder.name} {example.id}", example))
    found = {
        site: list(_read(site, pages, rules))
        for site, pages in sorted(groups.items())
        if len(pages) >= MIN_PAGES
    }
    return {site: pages for site, pages in found.items() if len(pages) >= MIN_PAGES}


def half_of(site: str) -> int:
    """0 or 1, by hash, so that a site never moves."""
    return int(hashlib.sha256(site.encode()).hexdigest(), 16) % 2


def _read(site: str, pages: Sequence[tuple[str, Example]], rules: Rules) -> Iterator[Sample]:
    for name, example in pages:
        record: Any = example.page
        if not example.truth["url"]:
            url = f"http://{site}/{name.replace(' ', '/')}"
            record = replace(example.page, capture=replace(example.page.capture, url=url))
        try:
            for step in ("extract", "repair", "chrome", "origin"):
                record = STEPS[step](record, rules)
        except NotAnArticle:
            continue
        yield Sample(name, example.truth["text"], record, observation(record, rules, site=site))


def measured(sites: dict[str, list[Sample]], verbose: bool) -> str:
    """Word F1 of the pages read alone, with their site's template, and with the template of the site's other pages."""
    alone, learned, aside = [], [], []
    for site, samples in sites.items():
        template = learn(Window(sample.page for sample in samples))
        for sample in samples:
            others = learn(Window(other.page for other in samples if other is not sample))
            done = apply_template(sample.article, template)
            alone.append(word_f1(sample.article.article_body, sample.truth))
            learned.append(word_f1(done.article_body, sample.truth))
            aside.append(word_f1(apply_template(sample.article, others).article_body, sample.truth))
            if verbose and abs(learned[-1] - alone[-1]) > MIN_CHANGE:
                print(f"{site} {sample.name}: {alone[-1]:.3f} to {learned[-1]:.3f}")
                _print_changes(sample.article, done)
    if not alone:
        return "no site"
    return (
        f"{len(alone)} pages of {len(sites)} sites; word F1 alone {fmean(alone):.4f}; learned {fmean(learned):.4f}"
        f" ({_moved(alone, learned)}); learned from the others {fmean(aside):.4f} ({_moved(alone, aside)})"
    )


def _moved(before: Sequence[float], after: Sequence[float]) -> str:
    pairs = list(zip(before, after, strict=True))
    better, worse = (sum(sign * (new - old) > MIN_CHANGE for old, new in pairs) for sign in (1, -1))
    return f"{better} better, {worse} worse"


def _print_changes(before: Article, after: Article) -> None:
    for old, new in zip(before.blocks, after.blocks, strict=True):
        if old.label != new.label:
            print(f"    {old.label} to {new.label}, margin {old.score}: {old.text[:80]!r} ({new.rule})")


if __name__ == "__main__":
    main()
