"""Corrections below a text: a publisher's word on its own article is part of it, however short.

A classifier of blocks sees a lone short line at the end and takes it for furniture; an archive that follows
edits must not, for a line like this is often all that an edit adds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.items import Block, DecidedBy

RULE = "a correction right below the text, in its element"

_HEAD = re.compile(
    r"(?:correction|clarification|update|erratum|berichtigung|korrektur|richtigstellung|correctif|rectificatif|mise à jour"
    r"|corrección|fe de erratas|actualización|correção|atualização|errata|rettifica|correzione|aggiornamento|rectificatie"
    r"|koreksi|ralat|исправление|уточнение|تصحيح|更正|訂正|แก้ไข)s?\b[^:：.]{0,40}[:：]\s*\S",
    re.I,
)
#: More than half of it links: a list of updates elsewhere.
_LINKED = 0.5


def with_corrections(blocks: Sequence[Block]) -> list[Block]:
    """Blocks in reading order, with corrections right below the article's last block as part of it."""
    done = list(blocks)
    last = max((i for i, block in enumerate(done) if block.label == "body"), default=len(done))
    for i in range(last + 1, len(done)):
        if not _corrects(done[i], done[last]):
            break
        done[i] = done[i].relabelled("body", RULE, DecidedBy.NEIGHBOURS)
    return done


def _corrects(block: Block, above: Block) -> bool:
    linked = sum(len(text) for text, _ in block.links)
    return (
        block.label == "other"
        and above.path.startswith(block.path.rpartition("/")[0] + "/")
        and linked <= _LINKED * len(block.text)
        and _HEAD.match(block.text) is not None
    )
