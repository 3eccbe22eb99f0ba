"""The table of `benchmarks.ablation`: runs joined, and written as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from benchmarks.ablation_switches import switches


def joined(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several runs as one. Of a set that two of them have, the first one's figures stand."""
    base: dict[str, Any] = {}
    rows: dict[str, dict[str, Any]] = {}
    for one in runs:
        sets = {name.rpartition(": ")[0] for name in one["base"]}
        for row in one["switches"]:
            known = rows.setdefault(row["name"], row | {"sets": set()})
            if known["sets"]:
                new = sets - known["sets"]
                for key in ("changed", "earned"):
                    known[key] |= {
                        k: v for k, v in row[key].items() if k in new or k.rpartition(": ")[0] in new
                    }
            known["sets"] |= sets
        base = one["base"] | base
    order = {switch.name: at for at, switch in enumerate(switches())}
    return {"base": base, "switches": sorted(rows.values(), key=lambda row: order.get(row["name"], 0))}


# --- the table -----------------------------------------------------------------------------------------------------

#: Columns of the table: head → sets, and measures of these that it joins by name.
BLOGS = ("made-up blogs", "WordPress")


def report(found: dict[str, Any], command: str) -> Iterator[str]:
    base = found["base"]
    sizes = {name.removesuffix(": pages"): one["n"] for name, one in base.items() if name.endswith(": pages")}
    yield "# What each heuristic earns\n"
    yield f"{date.today()}, `{command}`\n"
    yield "Pages of each set: " + ", ".join(f"{name} {size}" for name, size in sorted(sizes.items())) + ".\n"
    yield (
        "Points are hundredths of the mean that are lost when the heuristic is turned off; only those that are not 0.00"
        " are named. `changed` counts pages and posts of which anything that a reader sees changed.\n"
    )
    yield "With everything on: " + "; ".join(
        f"{name} {100 * one['mean']:.2f}" for name, one in sorted(base.items()) if not name.endswith(": pages")
    ) + ".\n"  # fmt: skip
    group = ""
    for row in found["switches"]:
        if row["group"] != group:
            group = row["group"]
            yield f"\n## {group}\n"
            yield "| heuristic | code | data | changed | points earned | ms a page |"
            yield "|---|--:|--:|---|---|--:|"
        changed = ", ".join(f"{name} {count}" for name, count in sorted(row["changed"].items())) or "nothing"
        if row["fields"]:
            changed += " (" + ", ".join(f"{k} {n}" for k, n in Counter(row["fields"]).most_common(4)) + ")"
        ms = "" if row["ms"] is None else f"{row['ms']:.2f}"
        errors = "".join(f"; {n} errors: {text}" for text, n in row["errors"].items())
        yield f"| {row['name']} | {row['code']} | {row['data'] or ''} | {changed} | {points(row)}{errors} | {ms} |"


def points(row: dict[str, Any]) -> str:
    """Set: measure and points, for all that are not 0.00."""
    by_set: dict[str, list[str]] = defaultdict(list)
    for name, value in sorted(row["earned"].items()):
        group, _, measure = name.rpartition(": ")
        if abs(value) >= 0.005:
            by_set[group].append(f"{measure} {value:+.2f}")
    return "; ".join(f"{group}: {', '.join(values)}" for group, values in by_set.items()) or "0"
