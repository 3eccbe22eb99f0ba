"""Joins the names of several authors that stand in a box of their own each: `<div class="author">Jane Doe</div><div class="author">John
Roe</div>`. One such line alone is a guess, and of several guesses one would win and the others be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsarchive.core.metadata.claims import Claim, Place
from newsarchive.core.metadata.guessed_names import says_profile
from newsarchive.core.metadata.person_names import like_a_name
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Authors in boxes right behind each other; more are the people of a site.
MAX_NEIGHBOURS = 4


def with_neighbours(
    found: Sequence[tuple[Claim, Block | None]], blocks: Sequence[Block], rules: Rules
) -> list[Claim]:
    """The claims, with the names of several authors in one claim where each has a box of its own: boxes of one path right behind each
    other that hold nothing but a name, `<div class="author">Jane Doe</div><div class="author">John Roe</div>` (beehiiv, Detik)."""
    places = {id(block): at for at, block in enumerate(blocks)}
    out: list[Claim] = []
    last: Block | None = None
    for claim, block in found:
        is_next = (
            block is not None
            and last is not None
            and block.path == last.path
            and places.get(id(block)) == places.get(id(last), -2) + 1
        )
        is_name = block is not None and claim.value == block.text.strip() and _is_person(claim, block, rules)
        if is_next and is_name and out and out[-1].value.count(";") < MAX_NEIGHBOURS - 1:
            out[-1] = replace(out[-1], value=f"{out[-1].value}; {claim.value}")
        else:
            out.append(claim)
        last = block if is_name else None
    return out


def _is_person(claim: Claim, block: Block, rules: Rules) -> bool:
    """Whether a name stands in a box for authors or links to a page about its owner: goods of a shop have neighbours, too."""
    if not like_a_name(claim.value, rules):
        return False
    linked = any(
        says_profile(address.casefold(), rules)
        for text, address in block.links
        if text.strip() == claim.value
    )
    return linked or claim.source.place is Place.BOX
