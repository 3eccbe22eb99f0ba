"""Bytes of pages that declare no charset, and of which one may be lost."""

import pytest

from newsarchive.core.encoding.decoding import detected

TEXTS = {
    "Правительство обсудило вчера новые тарифы на проезд в городе": "cp1251 koi8-r iso8859-5 cp866",
    "Η κυβέρνηση συζήτησε χθες τα νέα τιμολόγια": "cp1253",
    "הממשלה דנה אתמול בתעריפים החדשים": "cp1255",
    "ناقشت الحكومة أمس التعريفات الجديدة": "cp1256",
    "รัฐบาลหารือเรื่องค่าโดยสารใหม่เมื่อวานนี้": "cp874",
    "Hükümet dün şehirdeki yeni ücretleri görüştü, kararı ise yarın açıklanacağı bildirildi": "cp1254",
    "Rząd omówił wczoraj nowe opłaty za przejazdy w mieście, gdyż są one zbyt wysokie": "cp1250 iso8859-2",
    "Vyriausybė vakar aptarė naujus važiavimo mieste įkainius, nes šie per dideli": "cp1257",
    "Die Regierung hat gestern über die Höhe der Gebühren für Fahrgäste gesprochen": "cp1252",
    "政府は昨日、市内の新しい運賃について話し合った。": "cp932 euc_jp",
    "정부는 어제 시내의 새 요금에 대해 논의했다": "cp949",
    "政府昨天讨论了城市的新票价，市民普遍关注。": "gb18030",
    "政府昨天討論了城市的新票價，市民普遍關注。": "big5hkscs",
}
WRITTEN = [(text, codec) for text, codecs in TEXTS.items() for codec in codecs.split()]


@pytest.mark.parametrize(("text", "codec"), WRITTEN)
def test_undeclared_text_is_read_in_its_codec(text: str, codec: str) -> None:
    body = f"<html><title>{text}</title><p>{text}</p>".encode(codec)
    assert body.decode(detected(body)) == f"<html><title>{text}</title><p>{text}</p>"


@pytest.mark.parametrize(("text", "codec"), WRITTEN)
def test_a_byte_that_is_lost_costs_itself(text: str, codec: str) -> None:
    body = f"<p>{text}</p>\n".encode(codec) * 3
    at = next(at for at, byte in enumerate(body) if byte > 127)
    torn = body[:at] + body[at + 1 :]
    assert torn.decode(detected(torn), "replace") == torn.decode(codec, "replace")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<p>Plain ASCII</p>", "<p>Plain ASCII</p>"),
        (b"", ""),
        (b"<p>\xa9 1999-2003 George Mason University</p>", "<p>© 1999-2003 George Mason University</p>"),
        (b"<p>The ROLODEX\xae Electronics dictionaries</p>", "<p>The ROLODEX® Electronics dictionaries</p>"),
        (
            b"<p>Seg\xfan la regi\xf3n: 1.271 EUR/m\xb2), 980 EUR/m\xb2)",
            "<p>Según la región: 1.271 EUR/m²), 980 EUR/m²)",
        ),
        (b"<p>for 1-\xbd weeks it\x92s been \x93cold\x94</p>", "<p>for 1-½ weeks it’s been “cold”</p>"),
    ],
)
def test_a_few_bytes_beyond_ascii_are_windows_1252(body: bytes, text: str) -> None:
    assert body.decode(detected(body)) == text


def test_a_long_page_is_judged_by_its_beginning() -> None:
    body = "Правительство обсудило тарифы. ".encode("koi8-r") * 100_000
    assert detected(body) == "koi8-r"
