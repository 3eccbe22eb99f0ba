"""Bytes to text: which declaration is believed, and what is no page at all."""

from __future__ import annotations

import tracemalloc
from time import process_time

import pytest

from newsarchive import rules
from newsarchive.core.encoding.decoding import decode, decode_step, refuse
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture

RULES = rules.default()
PAGE = "<html><head><title>{}</title></head><body><p>{}</p></body></html>"
RUSSIAN = PAGE.format("Новости", "С ростом численности населения были созданы новые местные поселения.")


@pytest.mark.parametrize("claim", [None, "text/html; charset=iso-8859-1", "text/html; charset=windows-1251"])
def test_valid_utf8_wins_over_any_claim(claim):
    text, _, used, source = decode(RUSSIAN.encode(), claim)
    assert (text, used, source) == (RUSSIAN, "utf-8", "utf-8")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides(codec):
    found = decode(RUSSIAN.encode(codec), "text/html; charset=windows-1252")
    assert (found.text, found.source) == (RUSSIAN, "bom")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_seen_by_its_zeros(codec):
    found = decode(RUSSIAN.encode(codec))
    assert (found.text, found.used) == (RUSSIAN, codec)


def test_stray_windows_bytes_in_a_utf8_page_are_rescued():
    body = PAGE.format("Café", "Élan and 'quotes'").encode().replace(b"'quotes'", b"\x93quotes\x94")
    assert "“quotes”" in decode(body).text
    assert "Élan" in decode(body).text


@pytest.mark.parametrize(
    ("head", "header", "source"),
    [
        ("", "text/html; charset=windows-1251", "header"),
        ('<meta charset="cp1251">', None, "meta"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', None, "meta"),
    ],
)
def test_legacy_pages_are_read_as_declared(head, header, source):
    page = RUSSIAN.replace("<head>", "<head>" + head)
    assert decode(page.encode("cp1251"), header)[0::3] == (page, source)


def test_xml_declarations_count():
    page = '<?xml version="1.0" encoding="windows-1251"?>' + RUSSIAN
    assert decode(page.encode("cp1251")).source == "meta"


def test_latin1_means_windows_1252_as_in_browsers():
    assert "“Hi”" in decode(b"<p>\x93Hi\x94 caf\xe9</p>", "text/html; charset=iso-8859-1").text


def test_an_undeclared_page_is_detected():
    page = RUSSIAN * 3
    assert decode(page.encode("cp1251"))[0::3] == (page, "detector")


@pytest.mark.parametrize("char", ["é", "’", "😀"])
def test_a_page_that_was_cut_off_within_a_character_gets_no_letters_of_windows(char):
    whole = f"{RUSSIAN} caf{char}".encode()
    for cut in range(1, len(char.encode())):
        assert decode(whole[:-cut]).text == f"{RUSSIAN} caf\ufffd"


#: A sentence with `①` and `㈱`, which NEC added to EUC-JP and ISO-2022-JP, and `纊`, which IBM did.
JAPANESE = "①日本語の記事です。㈱みずうみは今日も晴れでした。纊"
EUC_JP = (
    b"\xad\xa1"
    + "日本語の記事です。".encode("euc_jp")
    + b"\xad\xea"
    + "みずうみは今日も晴れでした。".encode("euc_jp")
    + b"\xf9\xa1"
)


@pytest.mark.parametrize("label", ["", "euc-jp", "x-euc-jp"])
def test_characters_that_windows_added_to_euc_jp_are_read_as_in_browsers(label):
    body = f'<meta charset="{label}"><title>X</title><p>X</p>'.encode().replace(b"X", EUC_JP)
    found = decode(body)
    assert (found.text.count(JAPANESE), found.used) == (2, "euc_jp")


def test_characters_that_windows_added_to_iso_2022_jp_are_read_as_in_browsers():
    body = b"<p>\x1b$B" + bytes(byte & 0x7F for byte in EUC_JP) + b"\x1b(B</p>"
    assert decode(body).text == f"<p>{JAPANESE}</p>"


def test_a_lost_byte_of_euc_jp_takes_no_letter_of_ascii_with_it():
    body = b'<meta charset="euc-jp"><p>' + EUC_JP * 3 + b"\xa4<b>late</b></p>"
    assert decode(body).text.endswith(f"{JAPANESE}\ufffd<b>late</b></p>")


@pytest.mark.parametrize("damage", ["cut", "a byte lost", "a byte too much"])
def test_damaged_iso_2022_jp_is_japanese_all_the_same(damage):
    whole = '<meta charset="iso-2022-jp"><p>日本語の記事です。</p><p>今日も晴れでした。</p>'.encode(
        "iso2022_jp"
    )
    at = whole.index(b"\x1b(B") - 1
    body = {
        "cut": whole[:-20],
        "a byte lost": whole[:at] + whole[at + 1 :],
        "a byte too much": whole + b"\xff",
    }[damage]
    assert "日本語の記事で" in decode(body).text


HIDING = b"<p>The article.</p><p>A comment: \x1b$B</p><p>The next comment.</p>"


@pytest.mark.parametrize(
    "content_type", [None, "text/html; charset=utf-8", "text/html; charset=windows-1252"]
)
def test_three_bytes_in_a_comment_hide_no_markup_behind_them(content_type):
    assert decode(HIDING, content_type).text == HIDING.decode()


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("content_type", ["", "text/html; charset=utf-8"])
def test_valid_utf8_that_declares_iso_2022_jp_is_utf8(bom, content_type):
    page = '<meta charset="iso-2022-jp"><p>日本語 café \x1b$B$"\x1b(B</p>'
    assert decode((bom + page).encode(), content_type).text == page


@pytest.mark.slow
def test_damage_that_is_read_again_and_again_takes_no_memory():
    body = b'<meta charset="euc-jp">' + EUC_JP * 200 + b"\xff" * 60_000
    decode(body[:-1])  # what is loaded once
    tracemalloc.start()
    found = decode(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.used, found.text[-1]) == ("euc_jp", "\ufffd")
    assert most < 100 * len(body)


def test_the_euro_sign_of_gbk_is_read_as_in_browsers():
    body = '<meta charset="gbk"><p>今天报道,价格'.encode("gbk") + b"\x80100</p>"
    assert decode(body).text.endswith("价格€100</p>")


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("euc-kr", "cp949", "오늘"),
        ("shift_jis", "cp932", "今日"),
        ("big5", "big5", "今天"),
        ("gbk", "gbk", "今天"),
    ],
)
def test_a_legacy_page_that_was_cut_off_is_read_as_declared(label, codec, text):
    found = decode(f'<meta charset="{label}"><p>{text}'.encode(codec)[:-1])
    assert (found.text[-2:], found.source) == (f"{text[0]}\ufffd", "meta")


def test_stray_bytes_in_a_page_with_a_byte_order_mark_are_rescued():
    body = RUSSIAN.encode("utf-8-sig").replace(b"</p>", b" \x93Hi\x94</p>")
    found = decode(body)
    assert (found.text, found.source) == (RUSSIAN.replace("</p>", " “Hi”</p>"), "bom")


def test_a_byte_order_mark_before_legacy_text_decides_nothing():
    found = decode(b"\xef\xbb\xbf" + RUSSIAN.encode("cp1251"), "text/html; charset=windows-1251")
    assert (found.text, found.source) == (RUSSIAN, "header")


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", None, "empty"),
        (b" \r\n\t", "text/html", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "text/html", "binary"),
        (b"\x89PNG\r\n\x1a\n\x00", "text/html; charset=utf-8", "binary"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "text/html", "binary"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "text/html", "binary"),
        (b'{"posts": [{"title": "x"}]}', "application/json", "not html"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "text/html", "not html"),
        (b"body { color: red }", "text/css", "not html"),
        (b'{"content": {"rendered": "<p>It rained</p>"}}', "application/json", "not html"),
        (b'[{"content": "<p>It rained</p>"}]', "text/html", "not html"),
        (b'!function(){e.innerHTML="<div>It rained</div>"}()', "application/javascript", "not html"),
    ],
)
def test_what_is_no_page_is_refused(body, content_type, reason):
    headers = {"content-type": content_type} if content_type else {}
    with pytest.raises(NotAnArticle) as caught:
        decode_step(Capture("https://blog.example/1", body, headers=headers), RULES)
    assert caught.value.reason == reason


@pytest.mark.parametrize("before", ["{{ header }}", "[[menu]]", "{% if user %}", "[ad]"])
def test_a_page_below_a_mark_of_a_template_is_a_page(before):
    refuse(f"{before}\n<p>It rained.</p>".encode(), "text/html")


def test_comments_before_what_is_no_tag_are_passed_over_once():
    began = process_time()
    assert decode(b"<!---->" * 400 + b"<p>It rained").text.endswith("It rained")
    refuse(b"<!---->" * 400 + b"1 < 2 <p>It rained", "text/html")
    assert process_time() - began < 3  # four times as long with each comment more


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/json", "text/plain"])
def test_a_page_is_a_page_whatever_its_content_type(content_type):
    capture = Capture("https://blog.example/1", RUSSIAN.encode(), headers={"content-type": content_type})
    assert decode_step(capture, RULES).text == RUSSIAN


def test_what_a_comment_declares_is_not_believed():
    for comment in (
        '<!-- <meta charset="iso-8859-1"> -->',
        "<!--[if IE]><meta charset=koi8-r><![endif]-->",
        "<!-->",
    ):
        page = RUSSIAN.replace("<head>", f'<head>{comment}<meta charset="windows-1251">')
        assert decode(page.encode("cp1251"))[:2] == (page, "windows-1251")
