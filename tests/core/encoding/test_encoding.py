"""Repair of mojibake: cases in the wild, what must not change, and the promises of `Repaired`."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsarchive import extract, rules
from newsarchive.core.encoding import step
from newsarchive.core.encoding.charsets import SINGLE_BYTE, charset
from newsarchive.core.encoding.ftfy_fallback import second_opinion
from newsarchive.core.encoding.lost_beam import Work
from newsarchive.core.encoding.mojibake import UTF8
from newsarchive.core.encoding.ngram_model import gram_model_of
from newsarchive.core.encoding.pair_model import MIN_PAGE_CHARACTERS, arrays_of, model_of, suspects
from newsarchive.core.encoding.step import repair, repair_step, repair_texts
from newsarchive.items import Article, Author, Block, Image, replay, unreplay

RULES = rules.default()
MODEL = model_of(RULES)
CASES = Path(__file__).parents[2] / "cases" / "encoding"


def cases(name: str) -> list[object]:
    return [pytest.param(c, id=c["label"]) for c in json.loads((CASES / f"{name}.json").read_text("utf-8"))]


@pytest.mark.parametrize("case", cases("wild"))
def test_repairs_what_is_met_in_the_wild(case):
    result = repair(case["original"], RULES)
    assert result.text == case["fixed"]
    assert {e.rule for e in result.edits} == {case["rule"]} if "rule" in case else result.edits


@pytest.mark.parametrize("case", cases("negative"))
def test_leaves_right_text_alone(case):
    assert repair(case["original"], RULES).edits == ()


@pytest.mark.parametrize("case", cases("menus"))
def test_leaves_menus_imprints_and_headlines_alone_as_a_page_and_line_by_line(case):
    lines = case["original"].split("\n")
    assert [r.edits for r in repair_texts(lines, RULES)] == [()] * len(lines)
    assert {line: repair(line, RULES).text for line in lines} == {line: line for line in lines}


@pytest.mark.parametrize("case", cases("wild"))
def test_edits_account_for_every_change(case):
    result = repair(case["original"], RULES)
    assert replay(case["original"], result.edits) == result.text
    assert unreplay(result.text, result.edits) == case["original"]
    assert all(e.step == "repair" and e.evidence and e.evidence > 0 for e in result.edits)


@pytest.mark.parametrize(
    ("texts", "after"),
    [
        (["It&#8217;s said &#8220;so&#8221;."], ["It’s said “so”."]),
        (["Fish &amp; chips", "AT&amp;T, I &lt;3 you"], ["Fish & chips", "AT&T, I <3 you"]),
        (["Cr&#232;me Br&ucirc;l&eacute;e, MÃ¼ller"], ["Crème Brûlée, Müller"]),
        (["It&amp;amp;#8217;s escaped three times"], ["It’s escaped three times"]),
        (["&nbsp; It&#8217;s&nbsp;so &nbsp;&nbsp;", "&nbsp;"], [" It’s\xa0so ", "&nbsp;"]),
    ],
)
def test_references_that_were_escaped_twice_become_characters(texts, after):
    repaired = repair_texts(texts, RULES)
    assert [r.text for r in repaired] == after
    assert [replay(text, r.edits) for text, r in zip(texts, repaired, strict=True)] == after
    assert [unreplay(r.text, r.edits) for r in repaired] == texts
    assert not any(r.edits for r in repair_texts(after, RULES))


@pytest.mark.parametrize(
    "texts",
    [
        ["Fish &amp; chips"],
        ["In HTML you write AT&amp;T."],
        ["Escape it:", "<p>It&#8217;s</p>", "It&#8217;s"],
        ["Escape it:", "&lt;p&gt;It&#8217;s&lt;/p&gt;"],
        ["See https://blog.example/?post=a&amp;b"],
        ["AT&T;T, a&bogus;b, a&#7;b"],
    ],
)
def test_references_that_may_be_shown_on_purpose_stay(texts):
    assert not any(r.edits for r in repair_texts(texts, RULES))


@pytest.mark.parametrize("case", cases("escapes"))
def test_escapes_that_readers_see_become_characters_unless_they_are_shown_on_purpose(case):
    texts, after = case["original"], case.get("fixed", case["original"])
    repaired = repair_texts(texts, RULES)
    assert [r.text for r in repaired] == after
    assert [replay(text, r.edits) for text, r in zip(texts, repaired, strict=True)] == after
    assert [unreplay(r.text, r.edits) for r in repaired] == texts
    assert not any(r.edits for r in repair_texts(after, RULES))


def test_texts_of_a_page_vote_together():
    alone = "Café ยฉ"
    assert [r.text for r in repair_texts(["Trumpโ€™s tariffs", "It said โ€˜yesโ€™", alone], RULES)] == [
        "Trump’s tariffs",
        "It said ‘yes’",
        "Café ©",
    ]


def test_an_article_is_repaired_in_all_its_texts():
    html = "<p>Asiaโ€™s <em>neighborโ€™s</em> way</p>"
    article = Article(
        url="https://blog.example/1",
        headline="Trumpโ€™s tariffs",
        description="Whole.",
        authors=(Author("Renรฉe Moore"),),
        keywords=("tariffs", "cafรฉs"),
        image=Image("https://blog.example/1.jpg", caption="Renรฉe at Trumpโ€™s"),
        article_html=html,
    ).with_blocks(
        [Block("Whole."), Block("Asiaโ€™s neighborโ€™s way", html=html[3:-4], links=(("neighborโ€™s", "u"),))]
    )
    done = repair_step(article, RULES)
    assert (done.headline, done.authors[0].name, done.keywords) == (
        "Trump’s tariffs",
        "Renée Moore",
        ("tariffs", "cafés"),
    )
    assert done.image
    assert done.image.caption == "Renée at Trump’s"
    assert done.article_body == "Whole.\n\nAsia’s neighbor’s way"
    assert done.blocks[1].html == "Asia’s <em>neighbor’s</em> way"
    assert done.article_html == "<p>Whole.</p>\n<p>Asia’s <em>neighbor’s</em> way</p>"
    assert done.blocks[1].links == (("neighbor’s", "u"),)
    assert [e.where for e in done.edits] == [
        "headline",
        "authors/0",
        "keywords/1",
        "image/caption",
        "image/caption",
        "blocks/1",
        "blocks/1",
    ]


def test_what_is_lost_is_flagged_and_left():
    article = Article(url="u", headline="The caf\ufffd is open").with_blocks([Block("?????? ??? ????")])
    done = repair_step(article, RULES)
    assert done.headline == article.headline
    assert done.damage == ("replacement characters", "question marks")
    assert done.quality.flags


RUSSIAN = "Правительство сообщило о новых мерах поддержки населения и бизнеса."


def losing(text: str, codec: str, spelling: str) -> str:
    """A text as UTF-8 read with a codec, the bytes that this does not define lost."""
    return "".join(bytes([b]).decode(codec, "replace").replace("\ufffd", spelling) for b in text.encode())


@pytest.mark.slow
@pytest.mark.parametrize("spelling", ["", "?", "\ufffd"], ids=["gone", "question mark", "U+FFFD"])
@pytest.mark.parametrize("codec", ["cp874", "cp1250", "cp1253", "cp1255", "cp1257"])
def test_lost_letters_are_filled_where_words_leave_no_doubt(codec: str, spelling: str) -> None:
    result = repair(losing(RUSSIAN, codec, spelling), RULES)
    assert result.text == RUSSIAN
    assert result.damage == ()
    assert any("bytes lost" in edit.rule for edit in result.edits)


@pytest.mark.parametrize("end", ["", "..."])
@pytest.mark.parametrize("number", [84, 105, 117])
def test_a_text_that_was_cut_off_within_a_letter_is_restored_up_to_the_last_word(
    number: int, end: str
) -> None:
    """A database cuts off after a number of bytes, before the text is read wrongly."""
    damaged = RUSSIAN.encode()[:number].decode("iso-8859-1") + end
    result = repair(damaged, RULES)
    words = RUSSIAN.encode()[:number].decode(errors="ignore").split()[:-1]
    assert result.text.split()[: len(words)] == words
    assert result.text.endswith(damaged[-1 - len(end) :])
    assert "lost bytes" in result.damage


@pytest.mark.parametrize(
    "text",
    [
        "Hon förvånades när världen äntligen erkände ändringen.",
        "Das Schiff übergab vollständig alle Dateien.",
    ],
)
def test_text_that_comes_out_with_capitals_inside_its_words_was_read_with_an_unknown_codec(text: str) -> None:
    damaged = text.encode().decode("iso8859-16")
    result = repair(damaged, RULES)
    assert (result.text, result.damage) == (damaged, ("lost bytes",))


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "mac-roman", "cp850"])
@pytest.mark.parametrize(
    "text",
    [
        "He works for Raidió Teilifís Éireann, and for Banc Ceannais na hÉireann.",
        "an tÓglach agus an tÉan",
        "Coláiste na hÓige",
    ],
)
def test_a_capital_behind_the_letter_that_irish_puts_before_a_name_is_right(codec: str, text: str) -> None:
    assert repair(text.encode().decode(codec), RULES).text == text


def test_a_letter_that_stands_alone_is_told_by_the_rest_of_the_page() -> None:
    norwegian = "På sjøen er det både vind og regn, men de går også på land for å skape fremdrift."
    assert repair(losing(norwegian, "cp1257", ""), RULES).text == norwegian


@pytest.mark.parametrize("codec", ["cp1252", "cp1250"])
@pytest.mark.parametrize("spelling", ["", "?", "\ufffd"], ids=["gone", "question mark", "U+FFFD"])
@pytest.mark.parametrize("text", ["البيت الأبيض يرفض التعليق", "קודם כל, שלום לכולם"])
def test_letters_are_likelier_than_vowel_marks_and_than_what_begins_damage(
    text: str, spelling: str, codec: str
) -> None:
    """`يرفض` is no `يرُض`, and what is left of the last letter of `שלום` no sign of multiplication."""
    assert repair(losing(text, codec, spelling), RULES).text == text


FRENCH = "L’État n’a pas répondu.\nIl s’agit d’une affaire qu’on n’oublie pas, dit l’avocate."
GERMAN = "Die Stadt spricht von einem „guten Tag“ für alle.\nSie wollen „in Ruhe“ verhandeln, sagte er der Zeitung."
ENGLISH = "“It’s late,” she said. “We should go.”\nThey called it ‘a mistake’ and didn’t come back."
THAI = "รัฐบาลประกาศมาตรการใหม่เพื่อช่วยเหลือประชาชนที่ได้รับผลกระทบ\nอาหารไทยเป็นที่นิยมของนักท่องเที่ยวจากทั่วโลก"


@pytest.mark.slow
@pytest.mark.parametrize("spelling", ["", "?", "\ufffd"], ids=["gone", "question mark", "U+FFFD"])
@pytest.mark.parametrize(
    ("text", "codec"),
    [(FRENCH, "cp874"), (GERMAN, "cp874"), (ENGLISH, "cp1253"), (ENGLISH, "cp1257"), (GERMAN, "cp1253")],
)
def test_marks_that_lost_their_last_byte_are_told_by_their_places_and_by_what_closes_them(
    text: str, codec: str, spelling: str
) -> None:
    damaged = re.sub(r"[’“”‘„]", lambda mark: losing(mark[0], codec, spelling), text)
    assert damaged != text
    assert repair(damaged, RULES).text == text


CHINESE = "另外，由法令确定各地区的选举。\n法国地质学家在研究地层时，首次提出运动的概念。"
PARENTHESES = "国家足球博物馆（The Museum）是英国的一座博物馆。\n他出生于伦敦，后来去了法国。"
JAPANESE = "新ルールを聞いて、各々に想いを語った。\n委員会は「報告書」を公表した。"
STOPS = re.compile("[、。，（）「」]")


@pytest.mark.parametrize("spelling", ["", "?", "\ufffd"], ids=["gone", "question mark", "U+FFFD"])
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CHINESE, "cp874"),
        (PARENTHESES, "cp874"),
        (CHINESE, "cp1253"),
        (JAPANESE, "cp1252"),
        (JAPANESE, "cp1257"),
    ],
)
def test_stops_and_brackets_of_chinese_and_japanese_that_lost_their_last_byte_are_told_by_the_line(
    text: str, codec: str, spelling: str
) -> None:
    damaged = STOPS.sub(lambda mark: losing(mark[0], codec, spelling), text)
    assert damaged != text
    assert repair(damaged, RULES).text == text


@pytest.mark.parametrize(
    "line",
    [
        "東京で会議が開かれた、大阪でも開かれた。",  # a comma or a full stop behind a verb
        "他们去了北京（首都）上海和广州。",  # two commas or parentheses
    ],
)
def test_a_line_with_a_stop_that_cannot_be_told_stays_as_it_is(line: str) -> None:
    page = f"{CHINESE}\n{line}"
    damaged = STOPS.sub(lambda mark: losing(mark[0], "cp874", "?"), page)
    result = repair(damaged, RULES)
    assert result.text == f"{CHINESE}\n{damaged.splitlines()[-1]}"
    assert "lost bytes" in result.damage


def test_a_line_of_more_marks_than_a_paragraph_has_is_left() -> None:
    long = "他去了法国，后来去了德国。" * 60
    damaged = STOPS.sub(lambda mark: losing(mark[0], "cp874", "?"), f"{CHINESE}\n{long}")
    assert repair(damaged, RULES).text == f"{CHINESE}\n{damaged.splitlines()[-1]}"


def test_a_page_with_more_lost_bytes_than_can_be_weighed_is_left_and_flagged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    damaged = losing(RUSSIAN, "cp1253", "?")
    monkeypatch.setattr(step, "Work", partial(Work, left=20))
    result = repair(damaged, RULES)
    assert "lost bytes" in result.damage
    assert result.text != RUSSIAN


def test_thai_letters_in_a_chinese_text_are_no_torn_stops() -> None:
    page = "泰国的货币是泰铢，字母ใ和๏是泰文。\n€是欧元，ใ€是什么？"
    assert repair(page, RULES).edits == ()


def test_where_sentences_end_inside_no_marks_titles_in_single_ones_are_not_told_from_double_ones() -> None:
    line = "They read ‘The Papers’ and ‘The Island’ in the prisoners’ library"
    damaged = re.sub("[‘’]", lambda mark: losing(mark[0], "cp874", "?"), line)
    assert repair(damaged, RULES).text == damaged


def test_a_mark_behind_an_s_that_closes_nothing_is_an_apostrophe() -> None:
    page = f"{ENGLISH}\nThe prisoners’ plea was read to them in the parents’ home."
    damaged = re.sub("[“”‘’]", lambda mark: losing(mark[0], "cp1253", "?"), page)
    assert repair(damaged, RULES).text == page


def test_a_space_behind_a_lost_byte_is_not_read_as_a_part_of_the_letter() -> None:
    line = "Det gjør at de kan nå målet raskere, og det er både godt og viktig på sjøen."
    assert "à" not in repair(losing(line, "cp1257", ""), RULES).text


def test_what_is_left_behind_the_last_full_stop_of_a_line_leaves_its_sentence_as_it_is() -> None:
    page = "It’s in daily practice—a study. ☀️🙏\nHere’s one more—and another."
    damaged = losing(page, "cp1252", "")
    assert repair(damaged, RULES).text.splitlines() == [damaged.splitlines()[0], page.splitlines()[1]]


@pytest.mark.parametrize(
    ("page", "lost", "codec", "mark", "absent"),
    [
        pytest.param("It’s the educator Owen ‘Blakka’ Ellis who’ll speak, and we’re glad.", "[‘’]", "cp1250", "", "”",
                     id="an opening mark that the codec does not lose"),
        pytest.param("“I ain’t never read that book.” ❖", "[“”’❖]", "cp1253", "", "█", id="which picture was lost"),
        pytest.param("इस योजना में सरकार ने यह कहा कि जन शत्रु हो जाने का विकल्प नहीं है।", r"[^\w\s]", "cp1257", "\ufffd", "॥",
                     id="the full stop of verses is no part of a word"),
    ],
)  # fmt: skip
def test_no_sign_is_made_that_nothing_proves(
    page: str, lost: str, codec: str, mark: str, absent: str
) -> None:
    damaged = re.sub(lost, lambda found: losing(found[0], codec, mark), page)
    assert absent not in repair(damaged, RULES).text


def test_a_word_of_which_half_is_lost_is_no_guess() -> None:
    line = "Νέα έρευνα υποστηρίζει ότι το μέσο ύψος των Ευρωπαίων αυξήθηκε."
    damaged = losing(line, "cp1253", "?")
    assert repair(damaged, RULES).text in (line, damaged)


def test_one_mark_alone_that_lost_its_last_byte_is_no_proof() -> None:
    assert repair("Heโ€s here", RULES).edits == ()


@pytest.mark.parametrize("lost", ["\xad", "\x8f"], ids=["soft hyphens", "nothing that it has"])
def test_thai_without_soft_hyphens_is_read_letter_by_letter(lost: str) -> None:
    damaged = _single("windows-1252", THAI).replace(lost, "")
    assert repair(damaged, RULES).text == THAI


def test_thai_marks_that_lost_a_byte_are_no_digits() -> None:
    lines = "ที่เราตามหามานานอยู่ใกล้แค่เอื้อม\nเด็กไทยชอบดื่มน้ำเย็น"
    damaged = re.sub(r"[^\w\s]", lambda mark: losing(mark[0], "cp1250", "\ufffd"), lines)
    assert "\ufffd" in damaged
    assert repair(damaged, RULES).text == lines


def test_emoji_of_which_one_reading_alone_is_left_come_back() -> None:
    page = "It’s finally here 👇\nWe can’t wait 📸"
    assert repair(losing(page, "cp1257", "\ufffd"), RULES).text == page


def test_a_sentence_comes_back_as_a_whole_or_stays_though_half_of_a_torn_letter_is_a_letter_too() -> None:
    page = "gã hỏi ông hoàng nhỏ .\nvà ông hoàng đi về nhà với những người bạn của mình .\nÔng ấy có một con cừu ."
    damaged = losing(page, "cp1252", "")
    done = repair(damaged, RULES).text
    for line, right, before in zip(done.split("\n"), page.split("\n"), damaged.split("\n"), strict=True):
        assert line in (right, before)
    assert done != damaged


def test_a_soft_hyphen_that_is_gone_does_not_take_the_space_behind_it() -> None:
    czech = "Od 1. ledna dojde ke zvýšení u benzinu a motorové nafty, řekl říjnový návrh."
    assert repair(_single("iso-8859-1", czech).replace("\xad", ""), RULES).text == czech


def test_a_dagger_whose_last_byte_was_stripped_from_the_end_comes_back() -> None:
    line = "Café costs — and rating†"
    assert repair(_single("iso-8859-1", line).strip(), RULES).text == line


@pytest.mark.parametrize("spelling", ["", "?", "\ufffd"], ids=["gone", "question mark", "U+FFFD"])
def test_a_sentence_with_bytes_beyond_guessing_stays_whole_and_is_flagged(spelling: str) -> None:
    lost = losing("Слово Ыршъ ѝ ѐ", "cp1257", spelling)
    article = Article(url="u").with_blocks([Block(losing(RUSSIAN, "cp1257", spelling)), Block(lost)])
    done = repair_step(article, RULES)
    assert done.article_body == f"{RUSSIAN}\n\n{lost}"
    assert "lost bytes" in done.damage
    assert "damaged text: lost bytes" in done.quality.flags


def test_a_headline_keeps_the_second_half_of_a_letter_until_it_is_repaired() -> None:
    words = "<p>El presidente dijo que no habrÃ¡ mÃ¡s cambios en la economÃ\xada de la regiÃ³n.</p>" * 6
    page = f"<title>MarÃ\xada DÃ\xadaz va Ã\xa0 Roma</title><article><h1>MarÃ\xada DÃ\xadaz va Ã\xa0 Roma</h1>{words}</article>"
    assert extract(page.encode(), url="https://blog.example/2025/01/a/").headline == "María Díaz va à Roma"


@pytest.mark.parametrize("codec", ["mac_roman", "cp850"])
def test_a_spanish_name_comes_back_with_its_own_letter(codec: str) -> None:
    assert repair("Díaz".encode().decode(codec), RULES).text == "Díaz"


def test_a_lost_character_that_was_read_wrongly_is_flagged() -> None:
    done = repair("The cafï¿½ is open", RULES)
    assert (done.text, done.damage) == ("The caf\ufffd is open", ("replacement characters",))


@pytest.mark.parametrize("name", SINGLE_BYTE)
def test_a_sign_of_a_lost_character_is_suspicious_in_every_codec(name: str) -> None:
    misread = "".join(map(charset(name).decoded.__getitem__, "\ufffd".encode()))
    gain = MODEL.cost(f"\n{misread}\n") - MODEL.cost("\n\ufffd\n")
    if "\ufffd" not in misread and gain > step.MIN_REPLACEMENT_NATS:
        assert suspects(MODEL, misread)
        assert repair(f"The caf{misread} is open", RULES).text == "The caf\ufffd is open"


def test_every_control_is_suspicious_whatever_stands_before_it() -> None:
    control = MODEL.symbols["\x92"]
    assert {MODEL.symbols[chr(code)] for code in range(0x80, 0xA0)} == {control}
    assert all(MODEL.costs[before][control] > MODEL.limits[control] for before in range(len(MODEL.names)))
    assert repair("\x93It rained\x94", RULES).text == "“It rained”"


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("The ??? ??? of ????? ?????", ("question marks",)),
        ("M??nchen is open", ("question marks",)),
        ("M??NCHEN IS OPEN", ("question marks",)),
        ("Really??No", ()),
        ("真的??我不信", ()),
        ("จริงหรือ??เขามาแล้ว", ()),
        ("정말??아니", ()),
        ("48 83 EC ?? ?? ?? 4C 8B DC is what the program begins with", ()),
        ("{ ?? ?? 49 89 } is what the program begins with", ()),
        ("{ 4C 8B ?? ?? ?? ?? } is what the program begins with", ()),
        ("The 12 ??? ??? of ????? were sold", ("question marks",)),
        ("What?? page.php?id=1?? and 4??5", ()),
        ("Really ??", ()),
    ],
)
def test_question_marks_that_stand_for_letters_are_noted(text: str, damage: tuple[str, ...]) -> None:
    assert repair(text, RULES).damage == damage


@pytest.mark.parametrize("text", ["a Ã\x80 b", "â\x80 lost", "\x9d", "ไทย\x92ไทย"])
def test_a_control_that_may_be_a_part_of_utf8_or_stands_for_nothing_is_not_read_as_a_sign(text: str) -> None:
    assert "windows-1252 read as iso-8859-1" not in {edit.rule for edit in repair(text, RULES).edits}


def test_question_marks_of_a_text_are_no_damage():
    assert repair("What?? Really??? See page.php?id=1", RULES).damage == ()


@pytest.mark.parametrize("case", cases("known_failures"))
@pytest.mark.xfail(strict=True, reason="known failure", raises=AssertionError)
def test_known_failures(case):
    assert repair(case["original"], RULES).text == case["fixed"]


SENTENCES = (
    "Überschwemmungen in Köln – „wir müssen helfen“, sagte die Bürgermeisterin.",
    "La réunion s’est achevée à Orléans, où l’été dure « déjà » trop longtemps.",
    "Правительство сообщило о новых мерах поддержки населения и бизнеса.",
    "Η κυβέρνηση ανακοίνωσε νέα μέτρα για την οικονομία της χώρας.",
    "自二十世紀六十年代以來，南韓的經濟已獲得了巨大的增長。",
)


@pytest.mark.parametrize("name", SINGLE_BYTE)
@given(st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=4))
@settings(max_examples=6, deadline=None)
def test_what_a_codec_read_wrongly_comes_back(name, lines):
    table = charset(name).decoded
    wrong = ["".join(table[b] if table[b] != "\ufffd" else chr(b) for b in line.encode()) for line in lines]
    assert [r.text for r in repair_texts(wrong, RULES)] == lines


@pytest.mark.parametrize("codec", ["gbk", "gb18030", "big5", "cp932", "cp949"])
def test_what_a_multi_byte_codec_read_wrongly_comes_back(codec):
    texts = [*SENTENCES, "The mayor’s office said it’s open", "Elle était née fatiguée et désolée"]
    wrong = {text.encode().decode(codec, "replace"): text for text in texts}
    whole = {bad: text for bad, text in wrong.items() if "\ufffd" not in bad}
    assert whole
    assert {bad: repair(bad, RULES).text for bad in whole} == whole


#: Every way in which a text may have been read: name → what becomes of it, `None` where it cannot.
def _single(name: str, text: str) -> str:
    table = charset(name).decoded
    return "".join(table[b] if table[b] != "\ufffd" else chr(b) for b in text.encode())


def _multi(name: str, text: str) -> str | None:
    try:
        return text.encode().decode(name)
    except UnicodeDecodeError:
        return None


MULTI = ("gbk", "gb18030", "big5", "cp932", "cp949")


@pytest.mark.slow
@given(st.sampled_from((*SINGLE_BYTE, *MULTI)), st.permutations(SENTENCES), st.integers(1, 5))
@settings(max_examples=120, deadline=None)
def test_whatever_codec_read_a_page_it_comes_back(name, lines, number):
    damage = _multi if name in MULTI else _single
    pairs = [(bad, line) for line in lines[:number] if (bad := damage(name, line))]
    assert [r.text for r in repair_texts([bad for bad, _ in pairs], RULES)] == [line for _, line in pairs]


@pytest.mark.slow
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3), st.sampled_from(tuple(SINGLE_BYTE)))
@settings(max_examples=60, deadline=None)
def test_repair_is_idempotent_whatever_codec_read_the_text(lines, name):
    once = [r.text for r in repair_texts([*lines, *(_single(name, line) for line in lines)], RULES)]
    assert [r.text for r in repair_texts(once, RULES)] == once


@pytest.mark.slow
@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3),
    st.sampled_from(("cp874", "cp1250", "cp1257")),
)
@settings(max_examples=40, deadline=None)
def test_repair_of_text_with_lost_bytes_is_idempotent(lines, codec):
    once = [r.text for r in repair_texts([losing(line, codec, "") for line in lines], RULES)]
    assert [r.text for r in repair_texts(once, RULES)] == once


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_clean_text_is_left_as_it_is(lines):
    assert not any(r.edits for r in repair_texts(lines, RULES))


#: Words of front pages, by language, and what stands between them in menus.
WORDS = {
    "ru": "Новости Политика Экономика Происшествия Здоровье Наука Москва Общество мире рубрику читать далее",
    "uk": "Новини Політика Економіка Суспільство Київ Україна Культура світі читати далі більше",
    "bg": "Новини Политика Икономика България София Спорт Култура света още прочетете",
    "el": "Αρχική Πολιτική Οικονομία Ελλάδα Αθλητικά Κόσμος περισσότερα νέα",
    "zh-hans": "首页 新闻 财经 名单 说明 证明 更名 体育 官方 下载 评论",
    "zh-hant": "首頁 新聞 財經 說明 娛樂 分享 留言 運動 官方",
    "ja": "トップ ニュース 第１位 第２回 経済 スポーツ 説明 一覧 もっと見る",
    "ko": "홈 뉴스 정치 경제 사회 스포츠 더보기 전체",
    "th": "หน้าแรก ข่าว กีฬา บันเทิง เศรษฐกิจ ต่างประเทศ",
    "ar": "الرئيسية أخبار رياضة اقتصاد ثقافة المزيد",
    "he": "חדשות ספורט כלכלה תרבות עולם דעות",
    "hi": "होम खबरें खेल मनोरंजन देश विदेश",
    "fr": "Accueil Société Économie Éducation Santé L’été Voilà à être déjà",
    "de": "Startseite Größe Öffnen Schließen Über Köln für Straße können",
    "pl": "Główna Świat Łódź Śląsk Żółw więcej już także",
    "tr": "Gündem Dünya Ekonomi Şişli İstanbul Çağrı kişi için",
    "vi": "Trang Thời Thế giới Đời sống Kinh doanh Giáo dục",
}
BETWEEN = (
    " ",
    " | ",
    "/",
    " / ",
    "+",
    " · ",
    " • ",
    " » ",
    "»",
    " – ",
    " — ",
    ": ",
    ", ",
    "…",
    "\xa0",
    "\n",
    "-",
    "“",
    "”",
    "№",
    " №",
)
PRICES = (
    "",
    " 12",
    "1.250,00 €",
    "20×30",
    "100%",
    "2024",
    "№ 7",
    "＋１",
    "(3)",
    "£5",
    "4°",
    "½",
    "©",
    "→",
    "★",
    "™",
)


@st.composite
def menus(draw: st.DrawFn) -> str:
    """Words of one language as a menu has them: glued or parted, some in camel case, with numbers and signs."""
    words = st.sampled_from(draw(st.sampled_from(sorted(WORDS.values()))).split())
    camel = st.lists(words, min_size=1, max_size=2).map(lambda ws: "".join(w[:1].upper() + w[1:] for w in ws))
    parts = st.one_of(words, camel, st.sampled_from(PRICES))
    between = draw(st.lists(st.sampled_from(BETWEEN), min_size=1, max_size=2))
    items = draw(st.lists(st.tuples(parts, st.sampled_from(between)), min_size=1, max_size=12))
    return "".join(word + sign for word, sign in items)


@pytest.mark.slow
@given(menus())
@settings(max_examples=400, deadline=None)
def test_words_of_one_language_as_a_menu_has_them_are_left_as_they_are(text):
    assert repair(text, RULES).edits == ()


@pytest.mark.slow
@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_edits_replay_and_unreplay_whatever_the_text(text):
    result = repair(text, RULES)
    assert replay(text, result.edits) == result.text
    assert unreplay(result.text, result.edits) == text


#: What damaged text consists of, and what stands beside it: any mixture may come before a repair.
DEBRIS = st.sampled_from("0 aA?.ÂÃâ€™€Åä¤¢£áàœ”“ÐÑРСЃ†ฉยГ�ðåïòêë\xa0\xad\x80\x9d路讚锛")


@st.composite
def mixtures(draw: st.DrawFn) -> str:
    """Pieces of sentences as they are, read wrongly, read wrongly twice, with bytes lost; debris; any text."""
    pieces = []
    for _ in range(draw(st.integers(1, 4))):
        line = draw(st.sampled_from(SENTENCES))
        for _ in range(draw(st.integers(0, 2))):
            line = _single(draw(st.sampled_from(tuple(SINGLE_BYTE))), line)
        start = draw(st.integers(0, len(line)))
        piece = line[start : start + draw(st.integers(0, 40))]
        lost = losing(piece, draw(st.sampled_from(("cp874", "cp1252"))), draw(st.sampled_from(("", "?"))))
        pieces.append(draw(st.one_of(st.just(piece), st.just(lost), st.text(DEBRIS, max_size=10), st.text())))
    return "".join(pieces)


@pytest.mark.slow
@given(st.one_of(st.text(), st.text(DEBRIS), mixtures()))
@example("0Â€0Â")
@example("Ã€€")
@settings(max_examples=300, deadline=None)
def test_repair_is_idempotent_whatever_the_text(text):
    once = repair(text, RULES)
    assert replay(text, once.edits) == once.text
    assert repair(once.text, RULES).text == once.text


@pytest.mark.slow
@given(st.lists(mixtures(), min_size=2, max_size=3))
@example(["รยberschwemmungen in Kรยถln รขย€ย“", "Å路่?ชไบ?ๅ??ไธ–"])  # the second is taken back once
@settings(max_examples=60, deadline=None)
def test_repair_of_a_page_is_idempotent_whatever_its_texts(texts):
    once = [r.text for r in repair_texts(texts, RULES)]
    assert [r.text for r in repair_texts(once, RULES)] == once


@pytest.mark.parametrize("case", cases("wild"))
def test_repair_is_idempotent(case):
    once = repair(case["original"], RULES).text
    assert repair(once, RULES).text == once


@pytest.mark.parametrize(
    ("damaged", "mended"),
    [
        ("Il rentre ensuite Ã  Marseille.", "Il rentre ensuite à Marseille."),
        ("La societÃ  aveva pensato a un guasto.", "La società aveva pensato a un guasto."),
    ],
)
def test_ftfy_is_asked_where_no_codec_of_ours_explains_a_text(damaged: str, mended: str) -> None:
    repaired = repair(damaged, rules.default())
    assert repaired.text == mended
    assert {edit.rule for edit in repaired.edits} == {"ftfy"}


@pytest.mark.parametrize(
    "clean", ["L’accord n’est pas signé, dit-il à Paris : 3 × 4 = 12.", "ÃO", "“Ça” — naïve"]
)
def test_ftfy_changes_nothing_without_evidence(clean: str) -> None:
    assert list(second_opinion(clean, MODEL, gram_model_of(RULES))) == []


@pytest.mark.slow
@given(st.lists(st.one_of(st.binary(max_size=6), st.text(max_size=4).map(str.encode))).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_utf8_is_found_in_any_bytes_as_python_finds_it(raw):
    found = b"".join(match[0] for match in UTF8.finditer(raw)).decode()
    assert found == "".join(char for char in raw.decode("utf-8", "ignore") if char > "\x7f")


@pytest.mark.parametrize(
    "line",
    [
        "Інтереси приватної структури «ДТЕК» — до сфери інтересів Ріната Ахметова.",
        "Revelation: Camille Saint-Saëns не є сучасним саундтреком до фентезі-фільму.",
    ],
)
def test_a_right_line_on_a_damaged_page_stays(line):
    damaged = [_single("windows-1251", "Що входить до «сфери» — обсяги."), _legacy(RUSSIAN)]
    assert [repair_texts([bad, line], RULES)[1].text for bad in damaged] == [line, line]


def _legacy(text: str) -> str:
    return text.encode("cp1251").decode("mac_roman")


@pytest.mark.slow
@given(
    st.text(
        st.one_of(st.characters(codec="utf-8"), st.sampled_from("aéşйאقก한文ひ’\x85٣")),
        max_size=MIN_PAGE_CHARACTERS - 1,
    )
)
@settings(max_examples=200, deadline=None)
def test_a_line_is_suspected_where_it_would_be_on_a_page(line):
    assert list(suspects(MODEL, line)) == ([] if line.isascii() else arrays_of(MODEL).suspects(line))


@given(st.text(min_size=1))
@settings(max_examples=100, deadline=None)
def test_a_long_text_costs_what_it_would_by_pairs(text):
    assert arrays_of(MODEL).cost(text) == MODEL.cost(text)


def test_the_table_of_all_pairs_has_the_rows_that_are_worked_out_one_by_one() -> None:
    table = MODEL.costs.table()
    assert table.shape == (len(MODEL.names), len(MODEL.names))
    assert [row.tobytes() for row in table] == [MODEL.costs[symbol] for symbol in range(len(MODEL.names))]


def test_a_sign_alone_on_a_damaged_page_is_no_letter_of_a_script_that_the_page_does_not_have() -> None:
    texts = ["It isnâ€™t so, he saidâ€”and left", "×", "We donâ€™t know"]
    assert [r.text for r in repair_texts(texts, RULES)] == [
        "It isn’t so, he said—and left",
        "×",
        "We don’t know",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "L’été a été très chaud.".encode().decode("latin-1").encode().decode("gbk", "replace"),
        "鈥檚 caf茅 d\ufffdj\ufffd 脿 la",
    ],
    ids=["two layers", "lost characters"],
)
def test_a_text_read_with_a_multi_byte_codec_is_repaired_whole_or_left(text: str) -> None:
    done = repair(text, RULES)
    assert (done.text, done.edits) == (text, ())
    assert "lost bytes" in done.damage
