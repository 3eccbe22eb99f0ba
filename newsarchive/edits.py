"""What a step changed in a text, so that it can be replayed and taken back.

These records are apart from those of `items` (which exports them too), because repairing a line needs no other records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsarchive.reprs import line


@dataclass(frozen=True, slots=True)
class Edit:
    """One change that a step made to a text, enough to replay it and to take it back.

    `where` names the text: an `Article` field (`headline`, `description`, `authors/0`,
    `blocks/3`, …) or "" for a plain string. `start` is the offset of `before` in the original
    text, in code points. `evidence` is in nats: how much likelier `after` is than `before`;
    `None` where a rule decided without a score.
    """

    step: str
    rule: str
    before: str
    after: str
    where: str = ""
    start: int = 0
    evidence: float | None = None

    def moved(self, where: str, start: int) -> Edit:
        """The same change of another text, at another place; `dataclasses.replace` takes four times as long."""
        return Edit(self.step, self.rule, self.before, self.after, where, start, self.evidence)


def replay(original: str, edits: Iterable[Edit]) -> str:
    """Apply edits to the text they were made on.

    Raises `ValueError` where an edit does not fit the text or overlaps another.
    """
    out, at = [], 0
    for edit in sorted(edits, key=lambda e: e.start):
        end = edit.start + len(edit.before)
        if edit.start < at or original[edit.start : end] != edit.before:
            raise ValueError(f"edit at {edit.start} does not fit: {edit.before!r}")
        out += [original[at : edit.start], edit.after]
        at = end
    return "".join([*out, original[at:]])


def unreplay(repaired: str, edits: Iterable[Edit]) -> str:
    """Take edits back: `unreplay(replay(text, edits), edits) == text`.

    Raises `ValueError` where the text is not what the edits made.
    """
    inverse, shift = [], 0
    for edit in sorted(edits, key=lambda e: e.start):
        start = edit.start + shift
        inverse.append(Edit(edit.step, edit.rule, edit.after, edit.before, edit.where, start, edit.evidence))
        shift += len(edit.after) - len(edit.before)
    return replay(repaired, inverse)


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text after repair, the edits that made it, and what could not be repaired.

    `damage` names damage that was left alone: `replacement characters`, `question marks`,
    `lost bytes`, `too much damage`.
    """

    text: str
    edits: tuple[Edit, ...] = ()
    damage: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return line("Repaired", self.text, edits=len(self.edits), damage=self.damage)
