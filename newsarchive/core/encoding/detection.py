"""Tells in which codec bytes are text, where nothing declares it or the declaration is wrong.

    detected("Новости дня".encode("koi8-r"))      # "koi8-r"

Every codec of the web reads the bytes that are not ASCII, with what stands around them, and the reading that is likeliest
as text wins. The pair model of the repairs judges it, so that no detector need be installed.
"""

from __future__ import annotations

import re
from functools import cache

from newsarchive.core.encoding.charsets import whatwg_label
from newsarchive.core.encoding.pair_model import model_of
from newsarchive.rules import models_alone

#: Bytes of a page, from its first byte beyond ASCII on, that are searched for text beyond ASCII; later ones are not.
MAX_SEARCHED_BYTES = 16_384
#: Bytes of what was found that are read with each codec; the rest is not.
MAX_SAMPLE_BYTES = 3_000
#: Nats. What each character that no text has (a control, U+FFFD, a private one) costs a codec, on top of what the model says.
NO_TEXT_NATS = 12.0
#: Nats → charsets of the web (https://encoding.spec.whatwg.org/#names-and-labels) in which text must be likelier by this than in
#: windows-1252. An English page may have a single byte beyond ASCII, ½ or ©, that is a letter in another charset; a page in another
#: script has hundreds of such bytes, so that the handicap changes nothing. Of two charsets that read alike, the first one wins.
HANDICAPS_NATS = {
    0.0: "windows-1252",
    5.0: "windows-1250 windows-1254 windows-1257 windows-1258 iso-8859-2 iso-8859-15",
    16.0: "windows-1251 windows-1253 windows-1255 windows-1256 windows-874 koi8-r iso-8859-5 iso-8859-7 gb18030 big5 euc-jp "
    "shift_jis euc-kr iso-8859-3 iso-8859-4 iso-8859-6 iso-8859-8 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-16",
    24.0: "koi8-u macintosh x-mac-cyrillic ibm866",
}

#: A run of bytes beyond ASCII, with ASCII bytes between them that may be second halves of characters, and one byte at either end.
_RUN = re.compile(rb"[^\x80-\xff]?[\x80-\xff](?:[^\x80-\xff\n<>]{0,3}[\x80-\xff])*[^\x80-\xff]?")
_HIGH = re.compile(rb"[\x80-\xff]")
_NO_TEXT = re.compile("[\x7f-\x9f\ue000-\uf8ff\ufffd]")


def detected(body: bytes) -> str:
    """The Python codec in which these bytes are likeliest text; windows-1252 for ASCII."""
    first = _HIGH.search(body)
    if first is None:
        return "cp1252"
    start = max(0, first.start() - 1)
    searched = body[start : start + MAX_SEARCHED_BYTES]
    sample = b"\n".join(run[0] for run in _RUN.finditer(searched))[:MAX_SAMPLE_BYTES]
    model = model_of(models_alone())

    def cost(codec: str) -> float:
        text = sample.decode(codec, "replace")
        return handicaps[codec] + model.cost(text) + NO_TEXT_NATS * len(_NO_TEXT.findall(text))

    handicaps = _handicaps()
    return min(handicaps, key=cost)


@cache
def _handicaps() -> dict[str, float]:
    """The codecs, each with the nats that count against it."""
    return {
        codec: nats
        for nats, labels in HANDICAPS_NATS.items()
        for label in labels.split()
        if (codec := whatwg_label(label))
    }
