"""How fresh an archive stays for the looks that it spends: our policy beside others, over a simulated year of many blogs.

    python -m benchmarks.revisit --sites 1000
    python -m benchmarks.revisit --sites 1000 --share 0.33 --rate 0.1

Every policy gets the same number of looks: its one parameter is searched so that it spends what `half of its age` spends
(`--share` of it). Blogs are crawled each hour; posts come, are edited, and some listings announce edits. The rate of edits falls
with the age of a post as in `core.discovery.revisit`; rates of sites and of posts are drawn from gamma distributions. `--rate`
is their mean; that and the shapes were fitted on 370 pages that state when they were changed last (docs/benchmarks/revisit.md).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from newsarchive.core.discovery import revisit
from newsarchive.core.discovery.revisit import SETTLING, SiteEdits

Days = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.int64]]

MIN_WAIT, MAX_WAIT = revisit.MIN_INTERVAL / revisit.DAY, revisit.MAX_INTERVAL / revisit.DAY
#: Days of posts that the archive holds when the year begins.
BACKLOG_DAYS = 730
#: Shape of the gamma distributions of the rates of sites and of the posts of one site; their product has the fitted spread.
SITE_SHAPE, POST_SHAPE = 1.0, 1.0
#: The kinds of listings: the share of sites, the share of edits that they announce, announcements a post and day of no edit.
LISTINGS = ((0.4, 0.0, 0.0), (0.3, 0.7, 1 / 100), (0.3, 0.98, 1 / 2000))
#: Days of age up to which an edit counts as early.
EARLY_DAYS = 7
#: Steps of the search for a parameter that spends the same looks; it ends where they differ by less than 1 %.
MAX_STEPS = 14
#: What sets one post apart from the next in the sorted list of edits, in days.
_APART = 100_000.0


class World:
    """Posts of many sites, when they are edited, and what listings announce. Times are days from the begin of the year."""

    def __init__(self, sites: int, days: int, rate: float, seed: int) -> None:
        random = np.random.default_rng(seed)
        posts_a_day = np.minimum(random.lognormal(math.log(0.25), 1.0, sites), 10)
        posts = random.poisson(posts_a_day * (days + BACKLOG_DAYS))
        self.days, self.sites = days, sites
        self.site = np.repeat(np.arange(sites), posts)
        self.posts = len(self.site)
        self.born = random.uniform(-BACKLOG_DAYS, days, self.posts)
        self.site_rate = random.gamma(SITE_SHAPE, rate / SITE_SHAPE, sites)
        self.rate = self.site_rate[self.site] * random.gamma(POST_SHAPE, 1 / POST_SHAPE, self.posts)
        edits = random.poisson(self.rate * np.log1p((days - self.born) / SETTLING))
        post = np.repeat(np.arange(self.posts), edits)
        grown = (1 + (days - self.born[post]) / SETTLING) ** random.uniform(0, 1, len(post))
        at = self.born[post] + SETTLING * (grown - 1)
        order = np.lexsort((at, post))
        self.edited, self.edit_at = post[order], at[order]
        self._keys = self.edited * _APART + self.edit_at + BACKLOG_DAYS
        self.first_edit = self.edits_until(np.arange(self.posts), -BACKLOG_DAYS)
        self.last_edit = self.edits_until(np.arange(self.posts), days)
        kinds = random.choice(len(LISTINGS), sites, p=[share for share, _, _ in LISTINGS])
        self.announced_share = np.array([told for _, told, _ in LISTINGS])[kinds]
        false_a_day = np.array([false for _, _, false in LISTINGS])[kinds][self.site]
        chance = random.uniform(0, 1, len(self.edited))
        self.announced = (chance < self.announced_share[self.site[self.edited]]) & (self.edit_at > 0)
        mistaken = np.repeat(np.arange(self.posts), random.poisson(false_a_day * days))
        mistaken_at = random.uniform(0, days, len(mistaken))
        real = mistaken_at > self.born[mistaken]
        at = np.concatenate([self.edit_at[self.announced], mistaken_at[real]])
        hour = np.ceil(at * 24).astype(np.int64)
        order = np.argsort(hour, kind="stable")
        self.announced_hour = hour[order]
        self.announced_post = np.concatenate([self.edited[self.announced], mistaken[real]])[order]

    def edits_until(self, posts: Rows, at: float) -> Rows:
        """The place in the list of all edits behind the last edit of each post until a time."""
        return np.searchsorted(self._keys, posts * _APART + at + BACKLOG_DAYS)

    def age(self, posts: Rows, at: float) -> Days:
        return np.maximum(at - self.born[posts], 0.0)


class Policy:
    """When to look again. `amount` is its one parameter; `wait` gives days for posts that were looked at."""

    name = ""

    def __init__(self, world: World, amount: float) -> None:
        self.world, self.amount = world, amount
        self.changes = np.zeros(world.posts)
        self.first_look = np.zeros(world.posts)

    def look(self, posts: Rows, at: float, changed: Any, *, first: bool) -> Days:
        """Learn what a look found, and give the wait for the next."""
        if first:
            self.first_look[posts] = at
        self.changes[posts] += changed
        return self.wait(posts, at, changed)

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        raise NotImplementedError


class Uniform(Policy):
    name = "the same for each post"

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        return np.full(len(posts), self.amount * 30)


class HalfAge(Policy):
    """Half of the age, or sooner where changes were seen: what newsarchive did before."""

    name = "half of its age"

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        with np.errstate(divide="ignore"):
            rate = self.changes[posts] / np.maximum(at - self.first_look[posts], 1 / 24)
            wait = np.minimum(self.world.age(posts, at) / 2, np.log(2) / rate)
        return np.clip(wait * self.amount, MIN_WAIT, MAX_WAIT)


class Adaptive(Policy):
    """The adaptive interval of Apache Nutch and StormCrawler, as Common Crawl's news-crawl uses it for listings: longer by half
    after a look without a change, shorter by half after a change."""

    name = "adaptive interval"

    def __init__(self, world: World, amount: float) -> None:
        super().__init__(world, amount)
        self.waits = np.full(world.posts, amount * 10)

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        factor = np.where(changed, 0.5, 1.5)
        self.waits[posts] = np.clip(self.waits[posts] * factor, MIN_WAIT, self.amount * 100)
        return self.waits[posts]


class Known(Policy):
    """Our rule, where the rate of every post and what its listing announces are known from the first day."""

    name = "newsarchive, all rates known"

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        unannounced = np.maximum(1 - self.world.announced_share[self.world.site[posts]], 0.02)
        return days_to_wait(
            self.world.age(posts, at), self.world.rate[posts] * unannounced, self.amount / 100
        )


class Ours(Policy):
    """`core.discovery.revisit`: rates and announcements are learned from what looks find."""

    name = "newsarchive"

    def __init__(self, world: World, amount: float) -> None:
        super().__init__(world, amount)
        self.edits = np.zeros(world.sites)
        self.exposure = np.zeros(world.sites)
        self.announced = np.zeros(world.sites)
        self.last_look = np.zeros(world.posts)

    def look(self, posts: Rows, at: float, changed: Any, *, first: bool) -> Days:
        world, site = self.world, self.world.site[posts]
        if not first:
            before = np.maximum(self.last_look[posts] - world.born[posts], 0) + SETTLING
            np.add.at(self.exposure, site, np.log((world.age(posts, at) + SETTLING) / before))
            np.add.at(self.edits, site, changed.astype(float))
            last = world.edits_until(posts[changed], at) - 1
            np.add.at(self.announced, site[changed], world.announced[last].astype(float))
        self.last_look[posts] = at
        return super().look(posts, at, changed, first=first)

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        sites, where = np.unique(self.world.site[posts], return_inverse=True)
        columns = (self.edits, self.exposure, self.announced, self.world.announced_share > 0)
        known = [SiteEdits(*row) for row in zip(*(column[sites].tolist() for column in columns), strict=True)]
        rate = np.array([one.rate for one in known])[where]
        unannounced = np.array([one.unannounced for one in known])[where]
        age = self.world.age(posts, at)
        first_age = np.maximum(self.first_look[posts] - self.world.born[posts], 0)
        watched = np.log((age + SETTLING) / (first_age + SETTLING))
        own = (1 + self.changes[posts]) / (1 / rate + watched)
        return days_to_wait(age, np.maximum(own * unannounced, revisit.MIN_RATE), self.amount / 100)


def days_to_wait(age: Days, rate: Days, min_gain: float) -> Days:
    """`revisit.days_to_wait` for many posts at once."""
    scale = age + SETTLING
    low, high = np.log(MIN_WAIT / scale), np.log(MAX_WAIT / scale)
    rate = np.clip(rate, 1e-6, 50)
    rate = np.where(np.abs(rate - 1) < 1e-4, 1.0001, rate)
    wanted = min_gain / np.sqrt(scale)
    wanted = np.where(rate > 1, np.minimum(wanted, 0.9 / np.maximum(rate - 1, 1e-9)), wanted)
    at = np.clip(0.5 * np.log(2 * wanted / rate), low, high)
    for _ in range(8):
        share = np.exp(at)
        survives = (1 + share) ** -rate
        gain = np.maximum(((1 + share) * survives - 1) / (1 - rate) - share * survives, 1e-300)
        slope = rate * share * share * survives / (1 + share) / gain
        at = np.clip(at - np.log(gain / wanted) / slope, low, high)
    return np.exp(at) * scale


def same_as_the_product() -> None:
    """Raises `AssertionError` where the formula for many posts differs from the product's."""
    random = np.random.default_rng(0)
    ages, rates = random.uniform(0, 1000, 200), random.gamma(0.5, 0.5, 200)
    ours = [revisit.days_to_wait(age, rate, 0.01) for age, rate in zip(ages, rates, strict=True)]
    assert np.allclose(days_to_wait(ages, rates, 0.01), ours, rtol=1e-6)


def year(world: World, policy: Policy) -> dict[str, float]:
    """What a policy does in the year: looks a day, and of the time that posts were in the archive the part in which their
    copy was out of date; the part of all edits that a look found before the next edit replaced them."""
    hours = world.days * 24
    random = np.random.default_rng(5)
    next_look = np.maximum(np.ceil(world.born * 24).astype(np.int64), 0)
    known = np.zeros(world.posts, dtype=bool)
    seen = np.zeros(world.posts, dtype=np.int64)
    due: list[list[Rows]] = [[] for _ in range(hours + 1)]
    arrivals = np.argsort(next_look, kind="stable")
    arrival = np.searchsorted(next_look[arrivals], np.arange(hours + 1))
    told = np.searchsorted(world.announced_hour, np.arange(hours + 1))
    looks = found = replaced = 0
    stale = early = 0.0
    for hour in range(hours):
        at = hour / 24
        new = arrivals[arrival[hour] : arrival[hour + 1]]
        if len(new):
            seen[new] = world.edits_until(new, at)
            known[new] = True
            _put(
                due,
                next_look,
                new,
                hour,
                policy.look(new, at, np.zeros(len(new), dtype=bool), first=True),
                random,
            )
        announced = world.announced_post[told[hour] : told[hour + 1]]
        waiting = (
            np.concatenate([*due[hour], announced[known[announced]]]) if due[hour] or len(announced) else None
        )
        due[hour] = []
        if waiting is None:
            continue
        posts = np.unique(waiting)
        posts = posts[(next_look[posts] == hour) | np.isin(posts, announced)]
        edits = world.edits_until(posts, at)
        changed = edits > seen[posts]
        hit = posts[changed]
        late = at - world.edit_at[seen[hit]]
        stale += float(late.sum())
        early += float(late[world.edit_at[seen[hit]] - world.born[hit] < EARLY_DAYS].sum())
        found += len(hit)
        replaced += int((edits[changed] - seen[hit] - 1).sum())
        seen[posts] = edits
        looks += len(posts)
        _put(due, next_look, posts, hour, policy.look(posts, at, changed, first=False), random)
    rest = np.flatnonzero(known & (seen < world.last_edit))
    stale += float((world.days - world.edit_at[seen[rest]]).sum())
    replaced += int((world.last_edit[rest] - seen[rest]).sum())
    watched = float((world.days - np.maximum(world.born, 0)).sum())
    return {
        "looks": looks / world.days,
        "stale": stale / watched,
        "early": early / watched,
        "versions": found / max(found + replaced, 1),
    }


def _put(due: list[list[Rows]], next_look: Rows, posts: Rows, hour: int, wait: Days, random: Any) -> None:
    spread = 1 + revisit.SPREAD_SHARE * random.uniform(-1, 1, len(posts))
    then = hour + np.maximum(1, np.rint(wait * 24 * spread)).astype(np.int64)
    next_look[posts] = then
    inside = then < len(due) - 1
    posts, then = posts[inside], then[inside]
    order = np.argsort(then, kind="stable")
    posts, then = posts[order], then[order]
    cuts = np.flatnonzero(np.diff(then)) + 1
    for part, at in (
        zip(np.split(posts, cuts), then[np.r_[0, cuts]] if len(then) else (), strict=True)
        if len(then)
        else ()
    ):
        due[at].append(part)


def at_budget(make: Callable[[float], Policy], world: World, looks: float) -> tuple[float, dict[str, float]]:
    """The parameter of a policy at which it spends these looks a day, to within 1 %, and its year."""
    low, high = 0.001, 1000.0
    for _ in range(MAX_STEPS):
        amount = math.sqrt(low * high)
        result = year(world, make(amount))
        if abs(result["looks"] / looks - 1) < 0.01:
            break
        low, high = (amount, high) if result["looks"] > looks else (low, amount)
    return amount, result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rate", type=float, default=0.35, help="mean edits of a post a unit of exposure")
    parser.add_argument("--share", type=float, default=1.0, help="of the looks that half of the age takes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    same_as_the_product()
    world = World(options.sites, options.days, options.rate, options.seed)
    print(
        f"{options.sites} sites, {world.posts} posts, {len(world.edited)} edits, {options.days} days, seed {options.seed}"
    )
    looks = year(world, HalfAge(world, 1.0))["looks"] * options.share
    print(f"{'policy':34} {'looks a day':>11} {'out of date':>11} {'of them early':>13} {'edits kept':>10}")

    def row(name: str, result: dict[str, float]) -> None:
        print(
            f"{name:34} {result['looks']:11.0f} {result['stale']:11.4%} {result['early']:13.4%} {result['versions']:10.1%}",
            flush=True,
        )

    for policy in (Uniform, Adaptive, HalfAge, Ours, Known):
        _, result = at_budget(lambda value, policy=policy: policy(world, value), world, looks)  # type: ignore[misc]
        row(policy.name, result)
    row("newsarchive, as it comes", year(world, Ours(world, revisit.MIN_GAIN * 100)))


if __name__ == "__main__":
    main()
