"""Which pieces of a run are damaged: the cheapest way through it (Viterbi 1967).

At each character the text either stands as it is, or a UTF-8 sequence starts that is read back;
going from one to the other costs something, so that a run does not fall to pieces.
"""

from __future__ import annotations

from newsarchive.core.repairs.pairs import SCALE, PairModel

#: What it costs, in nats, that damage begins or ends inside a run.
SWITCH = 3.0

_SWITCH = SWITCH * SCALE

#: (start, end) of what is better read as UTF-8.
Pieces = tuple[tuple[int, int], ...]
#: A way up to some place: its cost, the last symbol, the start of the piece it is in, the pieces before.
_Way = tuple[float, int, int, Pieces]


def damaged_pieces(model: PairModel, run: str, raw: bytes) -> Pieces:
    """(start, end) in `raw` of what is better read as UTF-8.

    `raw` is well-formed UTF-8, one byte for each character of `run` but the first and the last,
    which are context.
    """
    symbols, costs = model.symbols, model.costs
    ids = [symbols[c] for c in run]
    kept: list[_Way | None] = [(0.0, ids[0], -1, ()), *[None] * len(raw)]  # up to each byte, out of a piece
    read: list[_Way | None] = [None] * (len(raw) + 1)  # and inside of one
    for at, byte in enumerate(raw):
        length = 0 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        symbol = symbols[raw[at : at + length].decode()] if length else -1
        if way := kept[at]:
            cost, last, _, pieces = way
            row = costs[last]
            _offer(kept, at + 1, (cost + row[ids[at + 1]], ids[at + 1], -1, pieces))
            if length:
                _offer(read, at + length, (cost + row[symbol] + (_SWITCH if at else 0), symbol, at, pieces))
        if way := read[at]:
            cost, last, start, pieces = way
            row = costs[last]
            outside = (cost + row[ids[at + 1]] + _SWITCH, ids[at + 1], -1, (*pieces, (start, at)))
            _offer(kept, at + 1, outside)
            if length:
                _offer(read, at + length, (cost + row[symbol], symbol, start, pieces))
    return _cheapest_end(model, kept[-1], read[-1], ids[-1], len(raw))


def _offer(ways: list[_Way | None], at: int, way: _Way) -> None:
    if (known := ways[at]) is None or way[0] < known[0]:
        ways[at] = way


def _cheapest_end(model: PairModel, kept: _Way | None, read: _Way | None, last: int, end: int) -> Pieces:
    ends = [(way[0] + model.costs[way[1]][last], way[3]) for way in (kept,) if way]
    ends += [(way[0] + model.costs[way[1]][last], (*way[3], (way[2], end))) for way in (read,) if way]
    return min(ends, key=lambda way: way[0])[1]
