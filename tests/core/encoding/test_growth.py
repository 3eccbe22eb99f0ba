"""The work of repair grows with the length of a text, not with its square: steps are counted, not seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from time import process_time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth_random import random_text
from benchmarks.growth_shapes import ARABIC, CHINESE, RUSSIAN, TEXTS, damaged_texts
from newsarchive import rules
from newsarchive.core.encoding import (
    escapes,
    ftfy_fallback,
    legacy,
    lost_bytes,
    lost_search,
    mojibake,
    ngram_model,
    proof,
    step,
    voting,
)
from newsarchive.core.encoding.charsets import charset
from newsarchive.core.encoding.ftfy_fallback import differences
from newsarchive.core.encoding.lost_beam import MAX_STEPS, MAX_VAIN_STEPS, MAX_WAYS, Token, Work
from newsarchive.core.encoding.lost_bytes import MIN_RUN_NATS, Lossy, Mended
from newsarchive.core.encoding.mojibake import Reading, RunReadings, Utf8, unescaped, unfold
from newsarchive.core.encoding.ngram_model import GramModel, gram_model_of
from newsarchive.core.encoding.pair_model import PairModel, model_of, suspects
from newsarchive.core.encoding.runs import windows
from newsarchive.core.encoding.step import repair

RULES = rules.default()


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """The steps that each page takes."""
    made: list[Work] = []

    def counted() -> Work:
        made.append(Work())
        return made[-1]

    monkeypatch.setattr(step, "Work", counted)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("made", TEXTS.values(), ids=TEXTS)
def test_a_page_takes_a_bounded_number_of_steps(made: Callable[[int], str], works: list[Work]) -> None:
    repair(made(3000), RULES)
    # The last character of the last run may be looked up for all ways.
    assert all(work.left > -MAX_WAYS * 1000 for work in works)
    assert sum(MAX_STEPS - work.left for work in works) < 4 * MAX_STEPS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["â€ in words", "Chinese as windows-1252, bytes gone", "Latin-1 at random"])
def test_steps_grow_with_the_length_of_the_text(name: str, works: list[Work]) -> None:
    def steps(size: int) -> int:
        works.clear()
        repair(TEXTS[name](size), RULES)
        return sum(MAX_STEPS - work.left for work in works)

    assert steps(3000) <= 3 * steps(1500) + 1000


@pytest.mark.slow
def test_letters_of_text_without_spaces_are_looked_up_as_often_as_its_length_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    cost = ngram_model._cost

    def counted(model: GramModel, gram: str) -> float:
        nonlocal asked
        asked += 1
        return cost(model, gram)

    monkeypatch.setattr(ngram_model, "_cost", counted)
    monkeypatch.setattr(step, "Work", partial(Work, left=0))
    counts = []
    for size in (2000, 4000):
        asked = 0
        repair(TEXTS["Cyrillic at random"](size), RULES)
        counts.append(asked)
    assert 0 < counts[1] < 3 * counts[0]


@pytest.mark.slow
def test_a_reading_is_compared_with_few_others_of_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def counted(reading: Reading) -> int:
        nonlocal asked
        asked += 1
        return reading.start

    monkeypatch.setattr(proof, "start_of", counted)
    counts = []
    for size in (2000, 4000):
        asked = 0
        repair(damaged_texts()["Japanese as windows-1251"](size), RULES)
        counts.append(asked)
    assert 0 < counts[1] < 3 * counts[0]


@pytest.mark.slow
def test_a_run_that_would_take_more_steps_than_are_left_takes_few_of_them(works: list[Work]) -> None:
    assert "lost bytes" in repair(TEXTS["Thai at random"](20_000), RULES).damage
    assert sum(MAX_STEPS - work.left for work in works) < MAX_STEPS / 4


@pytest.mark.slow
def test_noise_of_which_nothing_is_restored_is_given_up_soon(works: list[Work]) -> None:
    repair(TEXTS["Latin-1 in words at random"](24_000), RULES)
    assert sum(MAX_STEPS - work.left for work in works) < 3 * MAX_VAIN_STEPS


@pytest.mark.slow
@pytest.mark.parametrize(
    "number",
    [84, 73, 75, 77],
    ids=["in the sample", "in the sample, long runs", "in each pass", "in the first pass"],
)
def test_a_page_of_which_nothing_is_restored_is_given_up_in_all_passes(
    number: int, works: list[Work]
) -> None:
    repaired = repair(random_text(number)[1](12_000), RULES)
    assert "lost bytes" in repaired.damage
    assert MAX_STEPS - works[0].left < 3 * MAX_VAIN_STEPS
    assert not repair(repaired.text, RULES).edits


def test_the_layers_of_a_long_run_are_told_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """All ways to undo two layers, some 500, were tried with the whole of it."""
    read, decoded = 0, mojibake._decoded

    def counted(text: str, raw: bytes, *, is_asked: bool = False) -> str:
        nonlocal read
        read += len(text)
        return decoded(text, raw, is_asked=is_asked)

    monkeypatch.setattr(mojibake, "_decoded", counted)
    run = "".join(chr(0xC0 + number * 7 % 0x300) for number in range(8_000)).encode().decode("latin-1")
    Utf8(charset("iso-8859-1")).readings([f"\n{run}\n"], model_of(RULES))
    assert 0 < read < 100 * len(run)


def test_layers_over_a_character_that_no_text_has_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """U+0378 is not assigned, and no codec has it, so that it stays whatever further layer is undone."""
    monkeypatch.setattr(mojibake, "unfold", _refused)
    utf8, model = Utf8(charset("iso-8859-1")), model_of(RULES)
    assert utf8.readings(["\nÍ¸Í\x81\n"], model) == {}
    with pytest.raises(AssertionError, match="cheaper"):
        utf8.readings(["\nÍ°Í\x81\n"], model)


def test_of_several_codecs_with_the_same_bytes_one_is_asked_for_a_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []
    decoded = mojibake._decoded

    def counted(text: str, raw: bytes, *, is_asked: bool = False) -> str:
        asked.append(raw)
        return decoded(text, raw, is_asked=is_asked)

    monkeypatch.setattr(mojibake, "_decoded", counted)
    assert unfold.__wrapped__(model_of(RULES), "\n", "cafÃ©s", "\n", 1)[0] == "cafés"
    assert len(set(asked)) == len(asked) < len(mojibake._charsets_of(mojibake.codecs_in("cafÃ©s")))


def test_a_long_run_that_was_read_wrongly_three_times_is_restored() -> None:
    damaged = CHINESE * 10
    for _ in range(3):
        damaged = damaged.encode().decode("latin-1")
    assert repair(damaged, RULES).text == CHINESE * 10


@pytest.mark.slow
def test_the_passes_of_a_page_share_their_steps(works: list[Work]) -> None:
    repair(TEXTS["two bytes in words at random"](3000), RULES)
    assert len(works) == 1


@pytest.mark.slow
def test_codecs_are_compared_by_beginnings_where_many_characters_vote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    readings = Utf8.readings

    def counted(self: Utf8, runs: Iterable[str], model: PairModel) -> RunReadings:
        runs = list(runs)
        read.append(sum(map(len, runs)))
        return readings(self, runs, model)

    monkeypatch.setattr(Utf8, "readings", counted)
    repair(TEXTS["Latin-1 at random"](20_000), RULES)
    whole = [size for size in read if size > 5000]
    assert len(read) > len(whole)
    assert 0 < len(whole) <= 3 * (voting.MAX_LONG_HYPOTHESES + 1)


@pytest.mark.parametrize(
    "text", ["?? " * 20_000 + "49", "弗克路" * 20_000], ids=["bytes", "dots between names"]
)
def test_many_places_of_one_kind_are_not_compared_with_each_other(text: str) -> None:
    began = process_time()
    assert len(repair(text, RULES).text) == len(text)
    assert process_time() - began < 3  # 6 s and 20 s where each place is compared with all others


@pytest.mark.parametrize(
    ("text", "fixed", "expected"),
    [
        ("voilÃ  une idÃ©e", "voilà une idée", [(4, 6, "à"), (13, 15, "é")]),
        ("voilÃ  une idÃ©e", "voilà  une idée", [(4, 5, "à"), (13, 15, "é")]),
        ("a same text", "a same text", []),
        ("other ASCII Ã©", "other ascii é", []),
        ("aÂ b" * 3, "a\xa0b" * 3, [(1, 3, "\xa0"), (5, 7, "\xa0"), (9, 11, "\xa0")]),
    ],
)
def test_differences_of_a_text_and_what_ftfy_makes_of_it(text, fixed, expected):
    assert list(differences(text, fixed)) == expected


def _applied(text: str, found: list[tuple[int, int, str]]) -> str:
    for start, end, after in reversed(found):
        text = text[:start] + after + text[end:]
    return text


def test_the_comparison_with_ftfy_looks_at_short_stretches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import difflib

    lengths: list[int] = []

    class Counted(difflib.SequenceMatcher):
        def __init__(self, *args: object, **options: object) -> None:
            lengths.append(max(len(args[1]), len(args[2])))  # type: ignore[arg-type]
            super().__init__(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(difflib, "SequenceMatcher", Counted)
    text = "aÂ b " * 700
    assert _applied(text, list(differences(text, text.replace("Â ", "\xa0")))) == text.replace("Â ", "\xa0")
    assert max(lengths) <= ftfy_fallback.MAX_COMPARED_CHARACTERS
    assert list(differences("é " * 100, "è " * 100)) == [(0, 199, ("è " * 100)[:-1])]


def test_many_offsets_are_found_as_each_is() -> None:
    page = unescaped("caf&eacute; &amp; &#8364;&#8364; and &x; é &hellip;")
    offsets = range(len(page.text) + 1)
    assert page.originals(offsets).tolist() == [page.original(offset) for offset in offsets]
    assert unescaped("é").originals([0, 1]).tolist() == [0, 1]


def _losing(text: str, codec: str, spelling: str) -> str:
    """A text as UTF-8 read with a codec, the bytes that this does not define lost."""
    return text.encode().decode(codec, "replace").replace("\ufffd", spelling)


def _mended(run: str, max_risk: float) -> tuple[Mended, int]:
    """A run in which bytes of windows-874 were dropped, as far as it is restored, and the steps that this takes."""
    work = Work()
    lossy = Lossy(charset("windows-874"))
    return lossy.mended(run, model_of(RULES), gram_model_of(RULES), work, max_risk), MAX_STEPS - work.left


#: A run of many words of which each lost several bytes.
_RISKY = f" {_losing(ARABIC * 3, 'cp874', '')}\n"


def test_a_run_whose_guesses_are_too_risky_is_read_no_further() -> None:
    whole, steps_of_whole = _mended(_RISKY, inf)
    part, steps_of_part = _mended(_RISKY, 1.5)
    assert whole.risk > part.risk > 1.5
    assert 0 < steps_of_part < steps_of_whole / 4
    assert part.gain > MIN_RUN_NATS
    assert part.readings == whole.readings[: len(part.readings)]


def test_a_run_that_shows_no_loss_where_it_gets_too_risky_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lost_bytes, "MIN_RUN_NATS", 1e9)
    assert _mended(_RISKY, 1.5)[0] == _mended(_RISKY, inf)[0]


def test_the_sequences_that_may_start_at_a_place_are_remembered_by_its_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    tokens = Lossy._tokens

    def counted(lossy: Lossy, run: str, raw: bytes, at: int) -> Iterator[Token]:
        nonlocal asked
        asked += 1
        return tokens(lossy, run, raw, at)

    monkeypatch.setattr(Lossy, "_tokens", counted)
    lossy = Lossy(charset("windows-1251"), spelling="?")
    run = f" {_losing(RUSSIAN * 4, 'cp1251', '?')}\n"
    lossy.mended(run, model_of(RULES), gram_model_of(RULES), Work())
    assert 0 < asked < len(run) / 10


def _refused(*_args: object, **_options: object) -> None:
    raise AssertionError("a cheaper test had the answer")


def test_a_likely_line_is_read_with_no_multi_byte_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy, "_beginning", _refused)
    text = f"{RUSSIAN}я№"
    assert suspects(model_of(RULES), text)
    assert repair(text, RULES).text == text


def test_the_subject_of_a_page_is_looked_for_where_escapes_are_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(escapes, "_SUBJECT", SimpleNamespace(search=_refused))
    assert not repair("See Liu2019b and the others.", RULES).edits
    with pytest.raises(AssertionError, match="cheaper"):
        repair("Donu2019t go.", RULES)


def test_lead_bytes_are_not_looked_for_where_all_of_them_are_repaired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lost_search.Explained, "left", property(_refused))
    assert repair("Itâ€™s â€œfineâ€\x9d, and wouldnâ€™t say.", RULES).text == "It’s “fine”, and wouldn’t say."


@given(
    st.lists(st.sampled_from("aé…â€™\n я"), min_size=2, max_size=30).map("".join),
    st.sets(st.integers(0, 28)),
)
def test_each_window_has_its_context(text: str, places: set[int]) -> None:
    positions = sorted(place for place in places if place + 1 < len(text))
    found = windows(text, positions)
    beyond_ascii = [place for place in positions if not text[place : place + 2].isascii()]
    assert bool(found) == bool(beyond_ascii)
    for run, suspicious, core in found:
        assert run[1:-1]
        assert not set(run[1:-1]) & set("a\n ")
        assert run in f"\n{text}\n"
        assert core in f"\n\n{text}\n\n"
        assert 1 <= suspicious <= len(core) - 5
