"""Spun copies: what survives a paraphrase links two texts; a common topic does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.near_duplicates import paraphrase
from newsarchive.core.near_duplicates.clustering import link_of, text_of
from newsarchive.core.near_duplicates.paraphrase import Marked, marks, paraphrases, stream

DAY = datetime(2024, 3, 1, tzinfo=UTC)
TOLD = (
    "After two days of talks the envoys Takumi Ferrante and Ines Okonkwo said on Friday that the Larsund Treaty "
    "would be signed in Port Ysel. The accord covers 4,712 boats and a fund of 86.5 million crowns. “We will not "
    "fish where our fathers would not fish,” Okonkwo told the Ysel Herald. The Harbour Board had asked for 300 more."
)
SPUN = (
    "Negotiators Takumi Ferrante and Ines Okonkwo have concluded two-day discussions, and the Larsund Treaty is "
    "going to receive signatures at Port Ysel, it was revealed Friday. Under it fall 4,712 vessels plus 86.5 million "
    "crowns of money. Speaking with the Ysel Herald, Okonkwo remarked: “We will not fish where our fathers would "
    "not fish.” A further 300 had been the wish of the Harbour Board."
)
TOPIC = (
    "The Larsund Treaty has divided the coast for years. In Norwick the fishers Abel Renner and Sophie Tang fear for "
    "their 120 boats, and the Coast Union wants a vote in May. “Nobody asked the small harbours about any of this,” "
    "Renner said in the Anchor Inn, where 45 of them met. The Harbour Board did not reply."
)


def marked(*texts: str, days: int = 0) -> list[Marked]:
    return [Marked(i, marks(t), DAY + timedelta(days=days * i)) for i, t in enumerate(texts)]


def test_a_spun_copy_is_linked_where_shingles_see_none() -> None:
    assert link_of(text_of(0, TOLD), text_of(1, SPUN)) is None
    [found] = paraphrases(marked(TOLD, SPUN, TOPIC))
    assert (found.a, found.b) == (0, 1)
    assert "takumi ferrante" in found.shared


#: A text without a name or a number, as many on a craft or a science are, rewritten sentence by sentence; and one on its matter.
CRAFT = (
    "the dough is left to rest in a warm place until it has doubled in size, and then it is folded by hand and shaped into loaves. "
    "a wet cloth keeps the crust from drying out while the oven comes up to heat. the loaves are slashed with a sharp blade "
    "just before baking, so that the steam has somewhere to go and the bread does not burst along its side."
)
CRAFT_REWRITTEN = (
    "it should be noted that the dough is left to rest in a warm place for hours, folded by hand and shaped into loaves. "
    "covering it with a wet cloth keeps the crust from drying out. bakers know that loaves are slashed with a sharp blade "
    "shortly before they bake, because the steam has somewhere to go, which is why the bread does not burst along its side."
)
CRAFT_OTHERWISE = (
    "good bread begins with time. whoever hurries the rise will taste it, since flavour comes from slow yeast and cool rooms. "
    "shape gently, cover the loaves, and heat the oven for longer than seems reasonable. cutting the top lets it open "
    "where the baker wants and not where the crust is weakest. cool it before slicing, however hard that may be for the household."
)


def test_a_rewritten_text_without_names_is_linked_by_its_runs_of_words() -> None:
    texts = [paraphrase.marked(i, t, DAY) for i, t in enumerate((CRAFT, CRAFT_REWRITTEN, CRAFT_OTHERWISE))]
    assert not texts[0].marks & texts[1].marks
    [found] = paraphrases(texts)
    assert (found.a, found.b) == (0, 1)


def test_a_common_topic_is_no_copy() -> None:
    assert paraphrases(marked(TOLD, TOPIC)) == []


def test_a_year_later_it_is_another_story() -> None:
    assert paraphrases(marked(TOLD, SPUN, days=365)) == []
    undated = [Marked(a.id, a.marks) for a in marked(TOLD, SPUN)]
    assert len(paraphrases(undated)) == 1


def test_a_mark_that_everyone_has_is_no_evidence() -> None:
    everyone = [Marked(i, frozenset(f"name {n}" for n in range(10))) for i in range(60)]
    assert paraphrases(everyone) == []


def test_nothing_to_compare() -> None:
    assert paraphrases([]) == paraphrases(marked("")) == paraphrases(marked("", "")) == []


def told_and_spun(count: int, apart: int) -> list[Marked]:
    """Pairs with names of their own, one a day, each paraphrase `apart` days after its text."""
    pairs = []
    for n in range(count):
        own = frozenset(f"name {n} {i}" for i in range(12))
        pairs += [Marked(n, own, DAY + timedelta(days=n))]
        pairs += [Marked(1000 + n, own | {f"other {n}"}, DAY + timedelta(days=n + apart))]
    return sorted(pairs, key=lambda a: (a.date or DAY, a.id))


@pytest.mark.parametrize(("apart", "found"), [(0, 80), (13, 80), (15, 0)])
def test_a_stream_finds_each_pair_of_its_window_once(apart: int, found: int) -> None:
    pairs = [(p.a, p.b) for stretch in stream(told_and_spun(80, apart)) for p in stretch.links]
    assert sorted(pairs) == [(n, 1000 + n) for n in range(found)]


def test_a_stream_holds_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    compared = paraphrase.paraphrases
    monkeypatch.setattr(paraphrase, "MAX_HELD_ARTICLES", 20)
    monkeypatch.setattr(
        paraphrase,
        "paraphrases",
        lambda held, **options: sizes.append(len(held)) or compared(held, **options),
    )
    assert sum(len(stretch.links) for stretch in stream(told_and_spun(80, 0))) == 80
    assert max(sizes) == 20


@pytest.mark.parametrize("most", [20, 20_000])
def test_a_stream_goes_on_after_any_stretch(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paraphrase, "MAX_HELD_ARTICLES", most)
    articles = told_and_spun(80, 5)
    ids = [a.id for a in articles]
    whole = list(stream(articles))
    assert len(whole) > 2
    for done, stretch in enumerate(whole[:-1], 1):
        assert stretch.again is not None
        assert stretch.next is not None
        at, following = ids.index(stretch.again), ids.index(stretch.next)
        assert list(stream(articles[at:], before=following - at)) == whole[done:]


@given(st.text(max_size=200))
def test_any_text_has_marks(text: str) -> None:
    assert all(mark.strip() for mark in marks(text))
