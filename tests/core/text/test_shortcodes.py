"""Shortcodes that no plug-in ran: a line of nothing else is no text, and those of page builders go from lines of text."""

from __future__ import annotations

import pytest

from newsarchive.core.encoding.step import repair_texts
from newsarchive.core.text.shortcodes import is_shortcodes, is_unfilled, shortcode_edits, verdict_on
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
        ("[embedyt]https://video.example/watch?v=4[/embedyt]", True),
        ("[ad_1]", True),
        ("[author_name]", True),
        ("[caption id=”4″]The bridge at dawn[/caption]", False),
        ("[url]https://forum.example/4[/url]", False),
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
    ("text", "is_name"),
    [
        ("{image}", True),
        ("{{ title }}", True),
        ("{$permalink}", True),
        ("[#item_full_content]", True),
        ("%%item_read_more_button%%", True),
        ("%post_custom_fields[source]%", True),
        ("%FEEDTITLE% | %ORIGINALPOSTURL%", True),
        ("{}", False),
        ("100%", False),
        ("%d %s", False),
        ("{image} of a ferry", False),
        ("%" + "a_" * 20_000, False),
    ],
)
def test_names_that_no_program_filled_in(text: str, is_name: bool) -> None:
    assert is_unfilled(text) == is_name


def test_a_caption_in_its_shortcode_and_lines_of_several_kinds() -> None:
    caption = '[caption id="attachment_12" width="600"] A boat at the pier[/caption]'
    assert (verdict_on(caption) or ("",))[0] == "caption"
    assert (verdict_on(f"{caption}\n[the_ad id=4]") or ("",))[0] == "other"
    assert verdict_on(f"{caption}\nThe boat sails.") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["[vc_row][vc_column_text css=”.a{b:c}”]It sails.", "It lands.[/vc_column_text][/vc_row]"], ["It sails.", "It lands."]),
        (["It sails.[/et_pb_text][et_pb_text admin_label=”Text”]It lands."], ["It sails. It lands."]),
        (["[et_pb_row]", "[et_pb_text]It sails.\nIt lands.[/et_pb_text]"], ["[et_pb_row]", "It sails.\nIt lands."]),
        (["[ad_1] It sails.", "It lands.[ad_2]", "[ad_2]\nSource link"], ["It sails.", "It lands.", "Source link"]),
        (["It sails.\n[ad_1]\nIt lands.\n[ad_2]"], ["It sails.\nIt lands."]),
        (["Source by [author_name]"], ["Source by"]),
        (["The ferry sails a… [+2153 chars]"], ["The ferry sails a…"]),
        (["[ad_1] is what it printed.", "It sails.[ad_2]"], None),
        (["It prints [ad_1] above the text."], None),
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
