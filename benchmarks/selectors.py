"""Selectors on real sites: `python -m benchmarks.selectors DATA/older/dragnet DATA/older/l3s DATA/articles`.

What `newsarchive sites selectors` would give for each site with `MIN_PAGES` pages or more (grouped as `benchmarks.real_sites` does),
and how much of the articles it keeps: word F1 against the archive's own text on the pages that taught it, and on pages that did not
(learned from the one half, measured on the other); and against the truth, beside the archive's own.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import fmean, median

from benchmarks.real_sites import NO_SITES, site_of
from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.observations import Window, observation
from newsarchive.core.site_template.portable import Sample, crossed, measured
from newsarchive.core.site_template.portable import learn as selectors_of
from newsarchive.core.site_template.template import apply_template
from newsarchive.core.steps import STEPS
from newsarchive.exceptions import NotAnArticle
from newsarchive.rules import Rules, default
from training.pages import Example, load
from training.scores import word_f1

#: Pages of a site: with fewer no half teaches anything. And pages that are looked at.
MIN_PAGES = 6
MAX_PAGES = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    given = parser.parse_args()
    groups: defaultdict[str, list[Example]] = defaultdict(list)
    for folder in given.folders:
        for example in load(folder):
            site = site_of(example)
            if example.truth.get("text") and site and site not in NO_SITES:
                groups[site].append(example)
    print(f"{'site':24} pages   F1  kept  unseen  true: archive  selectors  body")
    rows = [row for site in sorted(groups) if (row := of_site(site, groups[site][:MAX_PAGES], default()))]
    for name, column in zip(("F1", "unseen", "archive", "selectors"), zip(*rows, strict=True), strict=True):
        known = [value for value in column if value is not None]
        print(f"{name}: mean {fmean(known):.3f}, median {median(known):.3f} of {len(known)} sites")


def of_site(
    site: str, examples: list[Example], rules: Rules
) -> tuple[float, float | None, float, float] | None:
    """F1 seen and unseen, and of archive and selectors against the truth; `None` for too few pages."""
    read = []
    for example in examples:
        record = example.page
        try:
            for step in ("extract", "repair", "chrome", "origin"):
                record = STEPS[step](record, rules)
        except NotAnArticle:
            continue
        read.append((example, record))
    if len(read) < MIN_PAGES:
        return None
    template = learn(Window(observation(article, rules, site=site) for _, article in read))
    samples = [Sample(example.page.text, apply_template(article, template)) for example, article in read]
    truths = [example.truth["text"] for example, _ in read]
    own = fmean(word_f1(s.article.article_body, truth) for s, truth in zip(samples, truths, strict=True))
    found = selectors_of(samples)
    if found is None:
        print(f"{site:24} {len(samples):5}  no element in common")
        return 0.0, 0.0, own, 0.0
    seen, unseen = measured(samples, found), crossed(samples)
    true = fmean(
        word_f1(" ".join(s.text(found).elements()), truth) for s, truth in zip(samples, truths, strict=True)
    )
    print(
        f"{site:24} {seen.pages:5} {seen.f1:.3f} {seen.recall:.3f} {unseen.f1 if unseen else float('nan'):6.3f}"
        f" {own:13.3f} {true:10.3f}  {', '.join(found.body)}",
        flush=True,
    )
    return seen.f1, unseen.f1 if unseen else None, own, true


if __name__ == "__main__":
    main()
