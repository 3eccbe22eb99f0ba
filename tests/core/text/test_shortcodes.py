"""Shortcodes that no plug-in ran: a line of nothing else is no text, and those of page builders go from lines of text."""

from __future__ import annotations

import pytest

from newsarchive.core.encoding.step import repair_texts
from newsarchive.core.text.shortcodes import is_shortcodes, shortcode_edits
from newsarchive.edits import replay
from newsarchive.rules import default


@pytest.mark.parametrize(
    ("text", "is_alone"),
    [
        ("[et_pb_section fb_built=”1″ _builder_version=”4.16″][et_pb_row][/et_pb_row]", True),
        ("[vc_row]\n[vc_column_text]", True),
        ('[fusion_builder_container hundred_percent=“no” type="flex"]', True),
        ("[caption id=”attachment_4″ align=»alignnone« width=600]", True),
        ("[gallery ids=”4,5,6″]", True),
        ("[embed]https://video.example/watch?v=4[/embed]", True),
        ("[contact-form id=”4″ title=”The council”]", True),
        ("[caption id=”4″]The bridge at dawn[/caption]", False),
        ("[sic]", False),
        ("[…]", False),
        ("[1]", False),
        ("[Editor's note]", False),
        ("[b][i]", False),
        ("[/quote]", False),
        ("[url=https://forum.example/4]", False),
        ("[vc_row] is the row of a page", False),
    ],
)
def test_a_line_of_nothing_else(text: str, is_alone: bool) -> None:
    assert is_shortcodes(text) == is_alone


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["[vc_row][vc_column_text css=”.a{b:c}”]It sails.", "It lands.[/vc_column_text][/vc_row]"], ["It sails.", "It lands."]),
        (["It sails.[/et_pb_text][et_pb_text admin_label=”Text”]It lands."], ["It sails. It lands."]),
        (["[et_pb_row]", "[et_pb_text]It sails.\nIt lands.[/et_pb_text]"], ["[et_pb_row]", "It sails.\nIt lands."]),
        (["It sails [sic] and lands […] here [1].", "[caption id=”4″]The bridge[/caption]"], None),
        (["[vc_column_text]It sails.", "Write [vc_row] for a row."], None),
        (["[vc_column_text]It sails.", "A shortcode stands in brackets."], None),
        (["[b]It[/b] sails, says [url=https://a.example/]she[/url]."], None),
        (["[" * 20_000 + "vc_row " * 20_000, "[vc_row " + "a=b " * 20_000], None),
        (["[vc_row a = " * 20_000], None),
    ],
)  # fmt: skip
def test_those_in_lines_of_text(before: list[str], after: list[str] | None) -> None:
    found = shortcode_edits(before)
    assert [replay(text, found.get(n, [])) for n, text in enumerate(before)] == (after or before)
    if len(before[0]) < 1000:
        assert [one.text for one in repair_texts(after or before, default())] == (after or before)
