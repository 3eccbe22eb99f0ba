"""Copies: found by bands, proved by shingles, gathered in clusters, compared sentence by sentence."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.near_duplicates import clustering, comparison
from newsarchive.core.near_duplicates.clustering import (
    Link,
    Text,
    beside,
    clusters,
    fullest_of,
    is_rewritten,
    link_of,
    ranked,
    text_of,
)
from newsarchive.core.near_duplicates.comparison import compare
from newsarchive.core.near_duplicates.fingerprint import content_hash, fingerprint, keys
from newsarchive.core.text.normalise import normalise
from newsarchive.core.text.words import sentences

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("", "n", "r", "s", "t", "ld")]


def story(seed: int, size: int = 400) -> str:
    """Prose of invented words, in sentences of ten: no two seeds share shingles."""
    draw = random.Random(seed)
    words = [draw.choice(WORDS) + draw.choice(WORDS) for _ in range(size)]
    return " ".join(" ".join(words[i : i + 10]).capitalize() + "." for i in range(0, size, 10))


def changed(text: str, share: float, seed: int = 1) -> str:
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) if draw.random() < share else word for word in text.split())


def first(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: int(len(words) * share)])


def text(id: int, body: str, day: int = 1) -> Text:
    return text_of(id, body, datetime(2024, 3, day, tzinfo=UTC), content_hash(normalise(body)))


def link(a: str, b: str) -> Link | None:
    return link_of(text(1, a), text(2, b))


def shared_keys(a: str, b: str) -> int:
    return len(set.intersection(*(set(keys(fingerprint(t).minhash)) for t in (a, b))))


ORIGINAL = story(7)
COPIES = {
    "exact": ORIGINAL,
    "recased": ORIGINAL.upper(),
    "8 words in 100 changed": changed(ORIGINAL, 0.08),
    "a third cut": first(ORIGINAL, 0.67),
    "a third cut and 8 in 100 changed": changed(first(ORIGINAL, 0.67), 0.08),
    "a teaser": first(ORIGINAL, 0.15),
    "an introduction and a farewell added": story(8, 60) + " " + ORIGINAL + " " + story(9, 60),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_is_found_and_proved(copy: str) -> None:
    assert shared_keys(ORIGINAL, copy) > 1
    assert link(ORIGINAL, copy) is not None


def rewritten(a: str, b: str) -> Link | None:
    """The link of two texts whose words may be compared."""
    return link_of(text(1, a), text(2, b), {1: a, 2: b})


#: A text as a scanner reads it, one letter in twenty wrong; and texts without spaces with three words in ten replaced.
MISREAD = "".join(
    draw.choice("acegimo") if char != " " and draw.random() < 0.05 else char
    for draw in [random.Random(2)]
    for char in ORIGINAL
)


def unspaced(alphabet: str, size: int, seed: int, share: float = 0.0) -> str:
    """A text of 400 words of `size` characters without spaces, with a share of the words replaced."""
    draw, other = random.Random(seed), random.Random(seed + 100)
    words = ["".join(draw.choices(alphabet, k=size)) for _ in range(400)]
    return "".join("".join(other.choices(alphabet, k=size)) if other.random() < share else w for w in words)


HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 2000)))
THAI = "".join(map(chr, range(0x0E01, 0x0E2E)))
REWRITTEN = {
    "30 words in 100 changed": (ORIGINAL, changed(ORIGINAL, 0.3)),
    "30 words in 100 changed and a third cut": (ORIGINAL, changed(first(ORIGINAL, 0.67), 0.3)),
    "5 letters in 100 misread": (ORIGINAL, MISREAD),
    "Chinese, 30 words in 100 changed": (unspaced(HAN, 2, 1), unspaced(HAN, 2, 1, 0.3)),
    "Thai, 30 words in 100 changed": (unspaced(THAI, 4, 1), unspaced(THAI, 4, 1, 0.3)),
}


@pytest.mark.parametrize("pair", REWRITTEN.values(), ids=REWRITTEN)
def test_a_rewritten_copy_is_found_and_proved_by_the_order_of_its_words(pair: tuple[str, str]) -> None:
    assert shared_keys(*pair) >= 1
    assert link(*pair) is None  # shingles alone prove nothing
    assert rewritten(*pair) is not None


PARAGRAPHS = [story(seed, 40) for seed in range(20, 29)]
ON_ONE_MATTER = {
    "a third of the paragraphs in common": ([0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 2], 40),
    "two quotations in common": ([0, 1, 2, 3, 4, 5, 6, 7, 8], [4, 7], 50),
}


@pytest.mark.parametrize(("own", "shared", "seed"), ON_ONE_MATTER.values(), ids=ON_ONE_MATTER)
def test_reports_on_one_matter_are_no_copies(own: list[int], shared: list[int], seed: int) -> None:
    other = [PARAGRAPHS[n] if n in shared else story(seed + n, 40) for n in own]
    assert rewritten(" ".join(PARAGRAPHS), " ".join(other)) is None


def test_texts_that_share_small_words_and_a_template_are_no_copies() -> None:
    """Two in three of their words stand in both in the same order, and not one of these tells anything."""

    def report(number: int) -> str:
        chosen = random.Random(number)
        names = [
            f"{a}{b}"
            for a in ("har", "bel", "mor", "tan", "wes", "lun")
            for b in ("dale", "port", "mere", "ton", "wick")
        ]
        return " ".join(
            f"The {' of the '.join(chosen.sample(names, 6))} met the {' and the '.join(chosen.sample(names, 4))}."
            for _ in range(9)
        )

    assert not any(is_rewritten(report(a), report(b)) for a in range(8) for b in range(a))


def test_texts_without_spaces_on_different_matters_are_no_copies() -> None:
    """Two texts in Thai have a third of their letters in common in the same order, whatever they say."""
    first, second = unspaced(THAI, 4, 1), unspaced(THAI, 4, 2)
    assert not is_rewritten(first, second)
    assert not is_rewritten(unspaced(HAN, 2, 1), unspaced(HAN, 2, 2))
    assert is_rewritten(first, first)


@given(st.text(max_size=300), st.text(max_size=300))
def test_which_text_comes_first_does_not_matter(a: str, b: str) -> None:
    assert is_rewritten(a, b) == is_rewritten(b, a)


@pytest.mark.parametrize(
    "other",
    [story(8), first(ORIGINAL, 0.1) + " " + story(8), "", "404 Not Found", story(7, 20)],
    ids=["another story", "a quotation in another story", "empty", "one line", "too short"],
)
def test_what_is_no_copy(other: str) -> None:
    assert link(ORIGINAL, other) is None


@pytest.mark.parametrize(
    ("copy", "kind"),
    [
        ("exact", "exact"),
        ("recased", "exact"),
        ("8 words in 100 changed", "edited"),
        ("a third cut", "truncated"),
        ("a third cut and 8 in 100 changed", "truncated"),
        ("a teaser", "truncated"),
    ],
)
def test_a_copy_has_a_kind(copy: str, kind: str) -> None:
    original, other = text(1, ORIGINAL), text(2, COPIES[copy], day=2)
    assert fullest_of([original, other]) is original
    assert beside(other, original)[0] == kind


def test_the_earliest_need_not_be_the_fullest() -> None:
    texts = [text(1, first(ORIGINAL, 0.6), day=1), text(2, ORIGINAL, day=2), text(3, ORIGINAL, day=3)]
    full = fullest_of(texts)
    assert full.id == 2
    assert [beside(one, full)[0] for one in texts] == ["truncated", "exact", "exact"]


def test_a_text_without_a_date_is_the_latest() -> None:
    assert fullest_of([text_of(1, ORIGINAL), text(2, ORIGINAL)]).id == 2


def links_of(bodies: list[str]) -> list[Link]:
    texts = [text(i, body) for i, body in enumerate(bodies)]
    pairs = ((a, b) for i, a in enumerate(texts) for b in texts[i + 1 :])
    return [found for a, b in pairs if (found := link_of(a, b))]


def test_clusters_gather_and_split() -> None:
    links = links_of(
        [ORIGINAL, changed(ORIGINAL, 0.05), first(ORIGINAL, 0.6), story(8), changed(story(8), 0.05)]
    )
    assert clusters(links) == [(0, 1, 2), (3, 4)]
    assert clusters([found for found in links if 0 not in (found.short, found.long)]) == [(1, 2), (3, 4)]


def test_the_order_of_links_does_not_matter() -> None:
    links = links_of([ORIGINAL, first(ORIGINAL, 0.7), first(ORIGINAL, 0.3), story(8), first(story(8), 0.5)])
    shuffled = links[:]
    random.Random(3).shuffle(shuffled)
    assert clusters(shuffled) == clusters(links) == [(0, 1, 2), (3, 4)]


def test_a_notice_that_many_pages_repeat_joins_nothing() -> None:
    """A consent text that chrome removal missed is part of every article; and a page of it alone exists."""
    notice = story(99, 80)
    bodies = [notice, *(story(seed, 200) + " " + notice for seed in range(1, 6))]
    assert clusters(links_of(bodies)) == []


def test_a_digest_does_not_join_the_stories_it_holds() -> None:
    stories = [story(seed, 120) for seed in range(1, 5)]
    assert clusters(links_of([" ".join(stories), *stories])) == []


def test_a_thousand_identical_pages_stay_among_themselves() -> None:
    page = "This page was not found. " + story(55, 60)
    links = links_of([page] * 40 + [ORIGINAL, changed(ORIGINAL, 0.05)])
    assert clusters(links) == [tuple(range(40)), (40, 41)]
    union = clustering.Union()
    for i in range(1, 1000):
        union.join(i, i - 1)
    union.join(2000, 2001)
    assert [len(g) for g in union.groups()] == [1000, 2]


def test_keys_are_numbers_for_a_database() -> None:
    found = keys(fingerprint(ORIGINAL).minhash)
    assert 14 <= len(found) == len(set(found)) <= 18
    assert all(0 <= key < 2**32 for key in found)
    assert not keys(())


def test_unrelated_texts_share_no_key() -> None:
    assert sum(shared_keys(story(i), story(i + 100)) for i in range(50)) == 0


def test_of_candidates_that_share_one_key_alone_those_with_the_rarest_key_are_proved() -> None:
    several = [[1, 2], [1, 2], [2]]
    assert ranked([*several, [3]]) == [2, 1, 3]
    stock_phrase = list(range(100, 200))
    assert ranked([stock_phrase, *several, [5, 6], [4]]) == [2, 1, 4, 5]
    assert ranked([[n] for n in range(20) for _ in range(2)]) == list(range(8))
    assert ranked([]) == []


def test_pages_that_share_the_keys_of_boilerplate_do_not_hide_the_original() -> None:
    boilerplate = [list(range(100, 200))] * 9
    assert ranked([*boilerplate, [7], [7]])[:3] == [100, 7, 101]


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_groups_are_the_connected_components(pairs: list[tuple[int, int]]) -> None:
    union = clustering.Union()
    for a, b in pairs:
        union.join(a, b)
    groups = union.groups()
    assert all(any(a in g and b in g for g in groups) for a, b in pairs if a != b)
    members = [m for g in groups for m in g]
    assert len(members) == len(set(members))


# --- comparison ------------------------------------------------------------------------------------

FULL = (
    "The bridge reopened on Tuesday. Buses crossed it at dawn.\n\n"
    "Repairs took eleven months and cost four million francs. Nobody was hurt. The mayor spoke briefly."
)


@pytest.mark.parametrize(
    ("copy", "added", "cut", "altered"),
    [
        (FULL, [], [], []),
        (FULL.upper(), [], [], []),
        (FULL.replace(" Nobody was hurt.", ""), [], ["Nobody was hurt."], []),
        (FULL + " Read it first here!", ["Read it first here!"], [], []),
        (
            FULL.replace("four million", "five million"),
            [],
            [],
            [
                (
                    "Repairs took eleven months and cost four million francs.",
                    "Repairs took eleven months and cost five million francs.",
                )
            ],
        ),
        ("\n\n".join(reversed(FULL.split("\n\n"))), [], [], []),
        ("", [], list(sentences(FULL)), []),
    ],
    ids=["same", "case", "cut", "added", "altered", "moved", "empty"],
)
def test_a_comparison_says_what_was_done(
    copy: str, added: list[str], cut: list[str], altered: list[tuple[str, str]]
) -> None:
    found = compare(FULL, copy)
    assert (list(found.added), list(found.cut), list(found.altered)) == (added, cut, altered)
    assert found.counts["kept"] == 5 - len(cut) - len(altered)


def test_altered_sentences_of_a_long_text_are_paired_wherever_they_stand() -> None:
    """So many that not every pair is compared by its letters; the last paragraph comes first."""
    full = sentences(story(11, 600))
    copy = [re.sub(r"^(\w+) \w+", r"\1 instead", s) for s in (*full[40:], *full[:40])]
    found = compare(" ".join(full), " ".join(copy))
    assert (found.kept, found.added, found.cut) == (0, (), ())
    assert found.altered == tuple(zip(full, (*copy[20:], *copy[:20]), strict=True))


def test_texts_that_are_one_long_sentence_each_take_no_time() -> None:
    full, copy = (" ".join(f"w{n * n % modulus}" for n in range(150_000)) for modulus in (99_991, 9_973))
    began = process_time()
    assert compare(full, copy).counts == {"kept": 0, "added": 1, "cut": 1, "altered": 0}
    assert process_time() - began < 10  # 50 s letter by letter


def test_a_long_line_takes_nothing_from_the_sentences_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unlike each of them by its length, so no letter of it is compared."""
    monkeypatch.setattr(comparison, "_MAX_COMPARED_LETTERS", 1_000_000)
    full = ["".join(chr(0x4E00 + p * 100 + n) for n in range(40)) + "。" for p in range(20)]
    copy = [sentence.replace(sentence[20], "新") for sentence in reversed(full)]
    found = compare("字" * 20_000 + "。" + "".join(full), "".join(copy))
    assert found.counts == {"kept": 0, "added": 0, "cut": 1, "altered": 20}


def test_sentences_of_scripts_without_spaces() -> None:
    found = compare("桥重新开放了。公交车驶过。没有人受伤。", "桥重新开放了。没有人受伤。欢迎订阅。")
    assert (found.kept, found.cut, found.added) == (2, ("公交车驶过。",), ("欢迎订阅。",))


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_sentence_is_accounted_for(full: str, copy: str) -> None:
    found = compare(full, copy)
    assert found.kept + len(found.cut) + len(found.altered) == len(sentences(full))
    assert found.kept + len(found.added) + len(found.altered) == len(sentences(copy))
