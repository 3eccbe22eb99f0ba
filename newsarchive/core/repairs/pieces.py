"""Which pieces of a run are damaged: the cheapest way through it (Viterbi 1967).

At each character the text either stands as it is, or a UTF-8 sequence starts that is read back;
going from one to the other costs something, so that a run does not fall to pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsarchive.core.repairs.pairs import SCALE, PairModel

#: What it costs, in nats, that damage begins or ends inside a run.
SWITCH = 3.0

_SWITCH = SWITCH * SCALE


@dataclass(frozen=True, slots=True)
class _Path:
    """A way up to some place: its cost, the last symbol, the start of the piece it is in, or -1."""

    cost: float
    symbol: int
    piece: int
    pieces: tuple[tuple[int, int], ...] = ()


def damaged_pieces(model: PairModel, run: str, raw: bytes) -> tuple[tuple[int, int], ...]:
    """(start, end) in `raw` of what is better read as UTF-8.

    `raw` is well-formed UTF-8, one byte for each character of `run` but the first and the last,
    which are context.
    """
    ids = [model.symbols[c] for c in run]
    paths: list[list[_Path]] = [[] for _ in range(len(raw) + 1)]
    paths[0] = [_Path(0, ids[0], -1)]
    for at, byte in enumerate(raw):
        here = _best(paths[at])
        for path in here:
            paths[at + 1].append(_kept(model, path, at, ids[at + 1]))
            if byte >= 0xC0:
                length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
                symbol = model.symbols[raw[at : at + length].decode()]
                paths[at + length].append(_read(model, path, at, symbol))
    ends = [_kept(model, path, len(raw), ids[-1], free=True) for path in _best(paths[-1])]
    return min(ends, key=lambda p: p.cost).pieces


def _best(paths: list[_Path]) -> list[_Path]:
    """The cheapest path that ends inside a piece, and the cheapest that does not."""
    kept = [p for p in paths if p.piece < 0]
    read = [p for p in paths if p.piece >= 0]
    return [min(some, key=lambda p: p.cost) for some in (kept, read) if some]


def _kept(model: PairModel, path: _Path, at: int, symbol: int, free: bool = False) -> _Path:
    cost = path.cost + model.costs[path.symbol][symbol]
    if path.piece < 0:
        return _Path(cost, symbol, -1, path.pieces)
    return _Path(cost + (0 if free else _SWITCH), symbol, -1, (*path.pieces, (path.piece, at)))


def _read(model: PairModel, path: _Path, at: int, symbol: int) -> _Path:
    cost = path.cost + model.costs[path.symbol][symbol]
    if path.piece >= 0:
        return _Path(cost, symbol, path.piece, path.pieces)
    return _Path(cost + (_SWITCH if at else 0), symbol, at, path.pieces)
