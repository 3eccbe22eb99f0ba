"""How fresh an archive stays for the looks that it spends: our policy beside others, over a simulated year of many blogs.

    python -m benchmarks.revisit --sites 1000
    python -m benchmarks.revisit --sites 1000 --share 0.33 --rate 0.1
    python -m benchmarks.revisit --sites 60 --seed 2 --only known --only learner --only ours

Every policy gets the same number of looks: its one parameter is searched so that it spends what `half of its age` spends
(`--share` of it). Blogs are crawled each hour; posts come, are edited and deleted, and some listings announce edits. A copy is out of date
while its post was edited or is gone and the archive does not know it. The rates of edits and of deletions fall with the age of a post as in `core.discovery.revisit`; rates of sites and of posts are drawn from gamma distributions. `--rate`
is their mean; that and the shapes were fitted on 370 pages that state when they were changed last (docs/benchmarks/revisit.md).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from newsarchive.core.discovery import revisit
from newsarchive.core.discovery.revisit import SETTLING_DAYS, SiteEdits

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
#: Steps of the search for a parameter that spends the same looks.
MAX_STEPS = 14
#: Difference of looks, as a logarithm, at which that search ends: 0.4 %, which moves the time out of date by as much.
MAX_DIFFERENCE = 0.004
#: What sets one post apart from the next in the sorted list of edits, in days.
_APART = 100_000.0


class World:
    """Posts of many sites, when they are edited, and what listings announce. Times are days from the begin of the year."""

    def __init__(
        self, sites: int, days: int, rate: float, seed: int, deletions: float = revisit.DELETION_RATE
    ) -> None:
        random = np.random.default_rng(seed)
        posts_a_day = np.minimum(random.lognormal(math.log(0.25), 1.0, sites), 10)
        posts = random.poisson(posts_a_day * (days + BACKLOG_DAYS))
        self.days, self.sites, self.mean_rate, self.deletions = days, sites, rate, deletions
        self.site = np.repeat(np.arange(sites), posts)
        self.posts = len(self.site)
        self.born = random.uniform(-BACKLOG_DAYS, days, self.posts)
        self.site_rate = random.gamma(SITE_SHAPE, rate / SITE_SHAPE, sites)
        self.rate = self.site_rate[self.site] * random.gamma(POST_SHAPE, 1 / POST_SHAPE, self.posts)
        edits = random.poisson(self.rate * np.log1p((days - self.born) / SETTLING_DAYS))
        post = np.repeat(np.arange(self.posts), edits)
        grown = (1 + (days - self.born[post]) / SETTLING_DAYS) ** random.uniform(0, 1, len(post))
        at = self.born[post] + SETTLING_DAYS * (grown - 1)
        lived = np.random.default_rng(seed + 1_000_000).exponential(1 / max(deletions, 1e-9), self.posts)
        self.deleted = self.born + SETTLING_DAYS * np.expm1(np.minimum(lived, 50))
        there = at < self.deleted[post]
        post, at = post[there], at[there]
        order = np.lexsort((at, post))
        self.edited, self.edit_at = post[order], at[order]
        self._keys = self.edited * _APART + self.edit_at + BACKLOG_DAYS
        self.last_edit = self.edits_until(np.arange(self.posts), days)
        kinds = random.choice(len(LISTINGS), sites, p=[share for share, _, _ in LISTINGS])
        self.announced_share = np.array([told for _, told, _ in LISTINGS])[kinds]
        self.false_a_day = np.array([false for _, _, false in LISTINGS])[kinds][self.site]
        chance = random.uniform(0, 1, len(self.edited))
        self.announced = (chance < self.announced_share[self.site[self.edited]]) & (self.edit_at > 0)
        mistaken = np.repeat(np.arange(self.posts), random.poisson(self.false_a_day * days))
        mistaken_at = random.uniform(0, days, len(mistaken))
        real = (mistaken_at > self.born[mistaken]) & (mistaken_at < self.deleted[mistaken])
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

    def look(self, posts: Rows, at: float, changed: Any, told: Any, *, first: bool) -> Days:
        """Learn what a look found, and give the wait for the next. `told` says for which posts a listing announced an edit."""
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
        rate = self.world.rate[posts] * unannounced + self.world.deletions
        return days_to_wait(self.world.age(posts, at), rate, self.amount / 100)


class Learner(Policy):
    """What any estimator can reach with our rule: the spreads of rates of sites and of posts are those of the world, what each listing
    announces and invents is known, and the rates themselves are learned from looks by the exact posterior, on a grid.

    The value of a look is averaged over the posterior, and counts that no announcement came meanwhile; the rate of deletions is known.
    A look is worth more by `EXPLORED` of the spread of the posterior, for what it teaches.
    """

    name = "the best that must learn"

    def __init__(self, world: World, amount: float) -> None:
        super().__init__(world, amount)
        #: What looks at a post tell of its rate, and with it of the rate of its site: logarithms of likelihoods.
        self.of_post = np.zeros((world.posts, len(POST_GRID)))
        self.of_site = np.zeros((world.posts, len(SITE_GRID)))
        spread = np.exp(_log_gamma(POST_GRID[None, :], POST_SHAPE, SITE_GRID[:, None]))
        self.spread = spread / spread.sum(1, keepdims=True)
        self.site = np.tile(_log_gamma(SITE_GRID, SITE_SHAPE, world.mean_rate), (world.sites, 1))
        self.last_look = np.zeros(world.posts)
        self.values = {share: _values(share, world.deletions) for share in np.unique(world.announced_share)}

    def look(self, posts: Rows, at: float, changed: Any, told: Any, *, first: bool) -> Days:
        if not first:
            self._learn(posts, at, changed, told)
        self.last_look[posts] = at
        return self.wait(posts, at, changed)

    def _learn(self, posts: Rows, at: float, changed: Any, told: Any) -> None:
        world, site = self.world, self.world.site[posts]
        told_share, invented = world.announced_share[site][:, None], world.false_a_day[posts][:, None]
        age = world.age(posts, at)[:, None] + SETTLING_DAYS
        before = np.maximum(self.last_look[posts] - world.born[posts], 0)[:, None] + SETTLING_DAYS
        watched = np.log(age / before)
        silent = -POST_GRID * told_share * watched  # no announcement came before
        seen = -np.expm1(-POST_GRID * (1 - told_share) * watched) + 1e-12  # an unannounced edit
        found = np.where(told[:, None], POST_GRID * told_share / age + invented * seen + 1e-300, seen)
        likelihood = np.where(changed[:, None], silent + np.log(found), -POST_GRID * watched)
        self.of_post[posts] += likelihood
        self.of_post[posts] -= self.of_post[posts].max(1, keepdims=True)
        of_site = np.log(np.exp(self.of_post[posts]) @ self.spread.T + 1e-300)
        np.add.at(self.site, site, of_site - self.of_site[posts])
        self.of_site[posts] = of_site

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        others = self.site[self.world.site[posts]] - self.of_site[posts]
        others = np.exp(others - others.max(1, keepdims=True))
        belief = (others @ self.spread) * np.exp(self.of_post[posts])
        scale = self.world.age(posts, at) + SETTLING_DAYS
        mean = belief @ POST_GRID / belief.sum(1)
        spread = np.sqrt(np.maximum(belief @ POST_GRID**2 / belief.sum(1) - mean**2, 0)) / mean
        wanted = np.log(self.amount / 100 / np.sqrt(scale) / (1 + EXPLORED * spread))
        waits = np.empty(len(posts))
        share = self.world.announced_share[self.world.site[posts]]
        for one in np.unique(share):
            rows = np.flatnonzero(share == one)
            gain, silent = self.values[one]
            worth = (belief[rows] @ (gain * silent).T) / (belief[rows] @ silent.T)
            worth = np.log(np.maximum.accumulate(worth, axis=1) + 1e-300)
            place = np.clip((worth < wanted[rows, None]).sum(1), 1, len(WAIT_GRID) - 1)
            low, high = worth[np.arange(len(rows)), place - 1], worth[np.arange(len(rows)), place]
            between = np.clip((wanted[rows] - low) / np.maximum(high - low, 1e-9), 0, 1)
            waits[rows] = np.exp(
                np.log(WAIT_GRID[place - 1]) + between * np.log(WAIT_GRID[place] / WAIT_GRID[place - 1])
            )
        return np.clip(waits * scale, MIN_WAIT, MAX_WAIT)


def _log_gamma(rate: Any, shape: float, mean: Any) -> Any:
    """The logarithm of a gamma density of the logarithm of a rate, but for what does not depend on the mean."""
    return shape * np.log(rate / mean) - rate * shape / mean


def _gain(rate: Any, wait: Any) -> Any:
    """What a look spares after a wait, both in ages of the post: see `revisit.days_to_wait`."""
    rate = np.where(np.abs(rate - 1) < 1e-4, 1.0001, rate)
    gain = ((1 + wait) ** (1 - rate) - 1) / (1 - rate) - wait * (1 + wait) ** -rate
    return np.where(wait < 1e-3, rate * wait * wait / 2, gain)


def _values(announced: float, deletions: float) -> tuple[Any, Any]:
    """For each wait and rate of the grids: what a look spares, and how likely no announcement comes before it."""
    wait, unannounced = WAIT_GRID[:, None], max(1 - announced, 0.02)
    return _gain(POST_GRID * unannounced + deletions, wait), (1 + wait) ** (-POST_GRID * announced)


#: The part of the posterior's standard deviation by which a look of the best learner is worth more; found on other seeds than reported.
EXPLORED = 0.3
#: Rates of posts, of sites, and waits in ages of a post, over which the best learner integrates.
POST_GRID = np.geomspace(1e-3, 30, 48)
SITE_GRID = np.geomspace(1e-3, 6, 40)
WAIT_GRID = np.geomspace(1e-4, 3e5, 140)


class Ours(Policy):
    """`core.discovery.revisit`: rates and announcements are learned from what looks find."""

    name = "newsarchive"

    def __init__(self, world: World, amount: float) -> None:
        super().__init__(world, amount)
        self.edits = np.zeros(world.sites)
        self.exposure = np.zeros(world.sites)
        self.announced = np.zeros(world.sites)
        self.last_look = np.zeros(world.posts)

    def look(self, posts: Rows, at: float, changed: Any, told: Any, *, first: bool) -> Days:
        world, site = self.world, self.world.site[posts]
        if not first:
            before = np.maximum(self.last_look[posts] - world.born[posts], 0) + SETTLING_DAYS
            np.add.at(self.exposure, site, np.log((world.age(posts, at) + SETTLING_DAYS) / before))
            np.add.at(self.edits, site, changed.astype(float))
            last = world.edits_until(posts[changed], at) - 1
            np.add.at(self.announced, site[changed], world.announced[last].astype(float))
        self.last_look[posts] = at
        return super().look(posts, at, changed, told, first=first)

    def wait(self, posts: Rows, at: float, changed: Any) -> Days:
        sites, where = np.unique(self.world.site[posts], return_inverse=True)
        columns = (self.edits, self.exposure, self.announced, self.world.announced_share > 0)
        known = [SiteEdits(*row) for row in zip(*(column[sites].tolist() for column in columns), strict=True)]
        rate = np.array([one.rate for one in known])[where]
        unannounced = np.array([one.unannounced for one in known])[where]
        age = self.world.age(posts, at)
        first_age = np.maximum(self.first_look[posts] - self.world.born[posts], 0)
        watched = np.log((age + SETTLING_DAYS) / (first_age + SETTLING_DAYS))
        own = (1 + self.changes[posts]) / (1 / rate + watched)
        own *= 1 + revisit.EXPLORED_DEVIATIONS / np.sqrt(1 + self.changes[posts])
        return days_to_wait(age, own * unannounced + revisit.DELETION_RATE, self.amount / 100)


def days_to_wait(age: Days, rate: Days, min_gain: float) -> Days:
    """`revisit.days_to_wait` for many posts at once."""
    scale = age + SETTLING_DAYS
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
    stale = early = unheard = 0.0
    last = max(len(world.edit_at) - 1, 0)
    for hour in range(hours):
        at = hour / 24
        new = arrivals[arrival[hour] : arrival[hour + 1]]
        if len(new):
            new = new[world.deleted[new] > at]
            seen[new] = world.edits_until(new, at)
            known[new] = True
            nothing = np.zeros(len(new), dtype=bool)
            _put(due, next_look, new, hour, policy.look(new, at, nothing, nothing, first=True), random)
        announced = world.announced_post[told[hour] : told[hour + 1]]
        waiting = (
            np.concatenate([*due[hour], announced[known[announced]]]) if due[hour] or len(announced) else None
        )
        due[hour] = []
        if waiting is None:
            continue
        posts = np.unique(waiting)
        named = np.isin(posts, announced)
        posts, named = (kept[(next_look[posts] == hour) | named] for kept in (posts, named))
        gone = world.deleted[posts] <= at
        lost = posts[gone]
        if len(lost):
            since = np.where(
                world.edits_until(lost, at) > seen[lost], world.edit_at[np.minimum(seen[lost], last)], np.inf
            )
            late = at - np.minimum(since, world.deleted[lost])
            stale += float(late.sum())
            unheard += float((at - world.deleted[lost]).sum())
            replaced += int((world.edits_until(lost, at) - seen[lost]).sum())
            looks += len(lost)
            known[lost] = False
            next_look[lost] = -1
            posts, named = posts[~gone], named[~gone]
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
        _put(due, next_look, posts, hour, policy.look(posts, at, changed, named, first=False), random)
    rest = np.flatnonzero(known & ((seen < world.last_edit) | (world.deleted < world.days)))
    since = np.where(seen[rest] < world.last_edit[rest], world.edit_at[np.minimum(seen[rest], last)], np.inf)
    stale += float((world.days - np.minimum(since, world.deleted[rest])).sum())
    unheard += float(np.maximum(world.days - world.deleted[rest], 0).sum())
    replaced += int((world.last_edit[rest] - seen[rest]).sum())
    watched = float(np.maximum(np.minimum(world.deleted, world.days) - np.maximum(world.born, 0), 0).sum())
    return {
        "looks": looks / world.days,
        "stale": stale / watched,
        "early": early / watched,
        "gone": unheard / watched,
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
    """The parameter of a policy at which it spends these looks a day, to within `MAX_DIFFERENCE`, and its year; the nearest that was
    found in `MAX_STEPS`. More of the parameter brings fewer looks, on logarithmic scales almost along a line."""
    tried: list[tuple[float, float, dict[str, float]]] = []
    amount = 2.0
    for _ in range(MAX_STEPS):
        result = year(world, make(amount))
        tried.append((math.log(amount), math.log(result["looks"] / looks), result))
        tried.sort(key=lambda one: abs(one[1]))
        if abs(tried[0][1]) < MAX_DIFFERENCE:
            break
        at, over, _ = tried[0]
        slope = -0.5
        if len(tried) > 1 and tried[1][0] != at:
            slope = min((over - tried[1][1]) / (at - tried[1][0]), -0.1)
        amount = math.exp(at - over / slope)
    return math.exp(tried[0][0]), tried[0][2]


#: The policies by the words of `--only`.
POLICIES: dict[str, type[Policy]] = {
    "uniform": Uniform, "adaptive": Adaptive, "half": HalfAge, "ours": Ours, "learner": Learner, "known": Known,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rate", type=float, default=0.35, help="mean edits of a post a unit of exposure")
    parser.add_argument("--share", type=float, default=1.0, help="of the looks that half of the age takes")
    parser.add_argument(
        "--deletions", type=float, default=revisit.DELETION_RATE, help="deletions a unit of exposure"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", action="append", choices=POLICIES, help="this policy alone; may be repeated"
    )
    options = parser.parse_args()
    same_as_the_product()
    world = World(options.sites, options.days, options.rate, options.seed, options.deletions)
    print(
        f"{options.sites} sites, {world.posts} posts, {len(world.edited)} edits, {options.days} days, seed {options.seed}"
    )
    looks = year(world, HalfAge(world, 1.0))["looks"] * options.share
    print(
        f"{'policy':34} {'looks a day':>11} {'out of date':>11} {'gone unknown':>12} {'of them early':>13} {'edits kept':>10}"
    )

    def row(name: str, result: dict[str, float]) -> None:
        print(
            f"{name:34} {result['looks']:11.1f} {result['stale']:11.4%} {result['gone']:12.4%} {result['early']:13.4%} {result['versions']:10.1%}",
            flush=True,
        )

    for name in options.only or POLICIES:
        policy = POLICIES[name]
        _, result = at_budget(lambda value, policy=policy: policy(world, value), world, looks)  # type: ignore[misc]
        row(policy.name, result)
    if not options.only or "ours" in options.only:
        row("newsarchive, as it comes", year(world, Ours(world, revisit.MIN_GAIN * 100)))


if __name__ == "__main__":
    main()
