"""What a fingerprint must hold apart and what it must hold together."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.near_duplicates import fingerprint as fp
from newsarchive.core.near_duplicates.fingerprint import shingles
from newsarchive.core.text.normalise import normalise, normalised
from newsarchive.items import Article
from newsarchive.rules import Rules

STORY = (
    "The harbour of Lindau was closed on Tuesday after a barge loaded with gravel struck the eastern pier "
    "and sank in four metres of water. Nobody was hurt, the port authority said, but ferries to Bregenz "
    "and Rorschach will not run before Friday. Divers from Konstanz began to inspect the hull at noon."
)
CHINESE = (
    "周二，一艘满载砾石的驳船撞上东码头后沉没，林道港因此关闭。港务局表示，没有人员受伤，但前往"
    "布雷根茨和罗尔沙赫的渡轮在周五之前不会恢复运行。来自康斯坦茨的潜水员中午开始检查船体。"
)
#: What rensa 0.5 gives for the hashes of STORY.
GOLDEN = (53729775, 241983292, 209563989, 1370067921)
THAI = (
    "ท่าเรือถูกปิดเมื่อวันอังคารหลังจากเรือบรรทุกกรวดชนท่าเรือด้านตะวันออกและจมลงในน้ำลึกสี่เมต"
    "ร ไม่มีผู้ได้รับบาดเจ็บ การท่าเรือกล่าว แต่เรือข้ามฟากจะไม่ให้บริการก่อนวันศุกร์"
)


def step(text: str) -> Article:
    return fp.fingerprint_step(Article(url="https://blog.example/a", article_body=text), Rules())


@pytest.mark.parametrize(
    "copy",
    [
        STORY.upper(),
        STORY.replace(" ", "\n\n"),
        STORY.replace(",", " – ").replace(".", "!"),
        STORY.replace("harbour", "har\u00adbour"),
        "«" + STORY + "»",
    ],
    ids=["case", "white space", "punctuation", "soft hyphen", "quotes"],
)
def test_what_a_theme_changes_is_no_change(copy: str) -> None:
    assert step(copy).content_hash == step(STORY).content_hash
    assert step(copy).minhash == step(STORY).minhash


def test_the_headline_is_left_out() -> None:
    article = Article(url="https://blog.example/a", headline="One", article_body=STORY)
    assert fp.fingerprint_step(article, Rules()).content_hash == step(STORY).content_hash


@pytest.mark.parametrize("changed", [STORY.replace("Tuesday", "Monday"), STORY.replace("four", "five")])
def test_one_word_is_a_change(changed: str) -> None:
    assert step(changed).content_hash != step(STORY).content_hash


def test_vowel_signs_are_letters() -> None:
    """The marks of Thai and Devanagari tell words apart; `\\w` in Python would drop them."""
    assert normalise("की") != normalise("के")
    assert normalise("น้ำ") != normalise("นำ")


@pytest.mark.parametrize("text", ["", "…", "404 Not Found", STORY[:120], "页面不存在", "ไม่พบหน้า"])
def test_too_short_to_be_a_copy(text: str) -> None:
    assert step(text).minhash == ()


def test_an_empty_text_has_no_hash() -> None:
    assert step("").content_hash == step(" — \n").content_hash == ""


@pytest.mark.parametrize("text", [STORY, CHINESE, THAI], ids=["en", "zh", "th"])
def test_the_signature_is_of_unsigned_32_bit_integers(text: str) -> None:
    values = step(text).minhash
    assert fp.PERMUTATIONS + 14 <= len(values) <= fp.PERMUTATIONS + 18
    assert all(0 <= v < 2**32 for v in values)


@pytest.mark.parametrize(("text", "size"), [(CHINESE, 6), (THAI, 12)], ids=["zh", "th"])
def test_text_without_spaces_has_shingles_of_characters(text: str, size: int) -> None:
    folded = normalise(text).replace(" ", "")
    assert len(shingles(folded)) == len(folded) - size + 1


def test_stored_signatures_stay_comparable() -> None:
    """Archives keep these numbers: if a release of rensa changes them, `SCHEME` must change too."""
    assert step(STORY).minhash[:4] == GOLDEN


def test_the_estimate_follows_the_true_overlap() -> None:
    draw = random.Random(5)
    words = [f"w{draw.randrange(9000)}" for _ in range(600)]
    errors = []
    for rate in (0.02, 0.05, 0.1, 0.2):
        other = [w if draw.random() > rate else f"x{draw.randrange(9000)}" for w in words]
        a, b = (set(shingles(" ".join(t)).tolist()) for t in (words, other))
        estimate = fp.likeness(*(fp.fingerprint(" ".join(t)).minhash for t in (words, other)))
        errors.append(abs(estimate - len(a & b) / len(a | b)))
    # three standard errors of 120 permutations at the worst overlap, one half
    assert max(errors) < 3 * (0.25 / 120) ** 0.5


@pytest.mark.slow
@given(st.text(max_size=400))
def test_any_text_has_a_fingerprint(text: str) -> None:
    article = step(text)
    folded = normalise(text)
    assert " ".join(folded.split()) == folded
    assert bool(article.content_hash) == bool(folded)


@given(st.lists(st.text(st.characters(blacklist_characters="\n"), max_size=60), max_size=8))
def test_lines_are_normalised_together_as_each_alone(lines: list[str]) -> None:
    assert normalised(lines) == [normalise(line) for line in lines]


@pytest.mark.slow
@given(
    st.lists(
        st.one_of(st.sampled_from([STORY, CHINESE, THAI, STORY * 300]), st.text(max_size=300)), max_size=6
    )
)
def test_texts_are_fingerprinted_together_as_each_alone(texts: list[str]) -> None:
    together = fp.fingerprints(texts)
    alone = [fp.fingerprint(text) for text in texts]
    assert [(f.content_hash, f.minhash) for f in together] == [(f.content_hash, f.minhash) for f in alone]
    assert [f.shingles.tolist() for f in together] == [shingles(normalise(text)).tolist() for text in texts]
