"""One file an article by a template of names: hostile pages name no file but their own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.writing.store import Store
from newsarchive.export import files
from newsarchive.items import Author
from newsarchive.rules import default
from tests.support.storage import make_article, open_archive

#: Headline → the name of its file by `{slug}` and by `{headline}`, where these are given once.
NAMES = {
    "A ferry: back?": ("a-ferry-back", "A ferry- back-"),
    "../../etc/passwd": ("etc-passwd", "etc-passwd"),
    "..": ("3", "_"),
    "CON": ("_con", "_CON"),
    "nul.txt": ("nul-txt", "_nul.txt"),
    "COM¹": ("_com1", "_COM¹"),
    ".hidden ": ("hidden", "hidden"),
    "a\x00b\nc\u202e": ("a-b-c", "a b c"),
    "C:\\x|<y>*\"": ("c-x-y", "C-x-y-"),
    "News": ("news", "News"),
    "NEWS": ("news-11", "NEWS-11"),
    "Ｎews": ("news-12", "Ｎews-12"),
    "-rf ~": ("rf", "rf ~"),
    "台灣" * 60: ("台灣" * 20, "台灣" * 20),
    "": ("15", "15"),
    "हिन्दी में, आज": ("हिन्दी-में-आज", "हिन्दी में, आज"),
    "Ёлки нашей реки": ("ёлки-нашей-реки", "Ёлки нашей реки"),
    "ဧပြီလ": ("ဧပြီလ", "ဧပြီလ"),
}  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("files")
    with open_archive("sqlite", folder) as engine:
        for number, headline in enumerate(NAMES, 1):
            article = make_article(
                number, headline=headline, body=f"Text {number}.", authors=(Author("A/../B"),),
                date_published=None if number == 2 else make_article().date_published,
            )  # fmt: skip
            Store(engine).ingest([rendered(fingerprint_step(article, default()))])
        return str(engine.url)


def export(archive: str, target: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["export", "-o", target, "--db", archive, *words])


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("field", ["slug", "headline"])
def test_names_are_safe_and_given_once(archive: str, tmp_path: Path, field: str) -> None:
    done = export(archive, f"{tmp_path}/out/{{{field}}}.txt")
    assert done.exit_code == 0, done.output
    names = written(tmp_path)
    assert len(names) == len(NAMES)
    assert len({name.casefold() for name in names}) == len(NAMES)
    at = ("slug", "headline").index(field)
    assert {f"out/{given[at]}.txt" for given in NAMES.values() if given[at] is not None} <= names
    assert all(len(name.encode()) < 255 for name in names)


@given(st.text(), st.text())
def test_no_text_makes_a_bad_name(headline: str, author: str) -> None:
    template = files.parse("{headline}/x {author}{slug}.md")
    assert template is not None
    article = make_article(headline=headline, authors=(Author(author),))
    path = template.path(stored(article))
    assert path.count("/") == 1
    for name in path.split("/"):
        assert files.safe(name) == name
        assert name not in ("", ".", "..")
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', name)
        assert not name.endswith((".", " "))
        assert 0 < len(name.encode()) <= files.MAX_NAME_BYTES + 1


def stored(article: object) -> object:
    """The article with what only a stored one has."""

    class _Stored:
        id = 7
        site = "blog.example"

        def __getattr__(self, name: str) -> object:
            return getattr(article, name)

    return _Stored()


@given(st.text())
def test_a_safe_name_stays_as_it_is(text: str) -> None:
    assert files.safe(files.safe(text)) == files.safe(text)


def test_every_kind_of_file_holds_its_article(archive: str, tmp_path: Path) -> None:
    for ending in ("md", "txt", "html", "json"):
        assert (
            export(archive, f"{tmp_path}/{{site}}/{{year}}/{{month}}-{{day}}-{{id}}.{ending}").exit_code == 0
        )
    folder = tmp_path / "blog.example"
    assert (folder / "2025" / "04-01-1.txt").read_text() == "A ferry: back?\n\nText 1.\n"
    assert (
        json.loads((folder / "undated" / "undated-undated-2.json").read_text())["headline"]
        == "../../etc/passwd"
    )
    _, front, body = (folder / "2025" / "04-01-1.md").read_text().split("---\n", 2)
    assert (yaml.safe_load(front)["id"], body.strip()) == (1, "Text 1.")
    page = (folder / "2025" / "04-01-9.html").read_text()
    assert "C:\\x|&lt;y&gt;*" in page
    assert '<link rel="stylesheet"' not in page  # it stands alone
    assert "Text 9." in page


WRONG = {
    "{foo}.md": "{foo} is no field of a file name; these are: {id}, {site}, {date}",
    "{site.__class__}.md": "{site.__class__} is no field",
    "{date:%Y}.md": "{date:%Y} is no field",
    "{id!r}.md": "{id!r} is no field",
    "{}.md": "{} is no field",
    "{id.md": "written twice: {{",
    "id}.md": "written twice: {{",
    "{site}.csv": "no format by article ends with '.csv'",
    "{site}": "no format by article ends with ''",
    "{site}/../{id}.md": "'..' is no name of a folder",
    "{site}//{id}.md": "'' is no name of a folder",
    "{site}/con/{id}.md": "'con' is no name of a folder",
    "no/such/folder/{id}.md": "create it first",
}  # fmt: skip


@pytest.mark.parametrize("template", WRONG)
def test_a_template_that_cannot_be_used_is_named_with_the_remedy(
    archive: str, tmp_path: Path, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = export(archive, template)
    assert done.exit_code in (1, 2)
    assert WRONG[template] in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_formats_that_write_one_file_take_no_template(archive: str, tmp_path: Path) -> None:
    done = export(archive, f"{tmp_path}/{{id}}.md", "--format", "csv")
    assert (done.exit_code, "csv writes all articles into one place" in done.stderr) == (2, True)
    assert export(archive, f"{tmp_path}/{{id}}.page", "--format", "text").exit_code == 0
    assert (tmp_path / "1.page").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--sign", "key.pem"], "--sign and --warc are for wacz and bagit; text has neither"),
        (["--warc", "folder"], "--sign and --warc are for wacz and bagit; text has neither"),
        (["--bom"], "--bom and --no-bom are for csv; text has no such mark"),
    ],
)
def test_what_files_by_article_cannot_have_is_refused(
    archive: str, tmp_path: Path, words: list[str], says: str
) -> None:
    done = export(archive, f"{tmp_path}/{{id}}.txt", *words)
    assert (done.exit_code, says in done.stderr) == (2, True)
    assert written(tmp_path) == set()


def test_the_folder_of_the_shell_is_not_called_a_full_stop(
    archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = export(archive, "{site}/{id}.txt")
    assert done.exit_code == 0
    assert re.fullmatch(r"this folder: \d+ files?\n", done.stderr)


def test_files_that_are_there_stay_unless_asked(archive: str, tmp_path: Path) -> None:
    (tmp_path / "7.txt").write_text("mine")
    template = f"{tmp_path}/{{id}}.txt"
    done = export(archive, template)
    assert done.exit_code != 0
    assert "7.txt exists already" in done.stderr
    assert written(tmp_path) == {"7.txt"}  # none of the others was left
    assert export(archive, template, "--overwrite").exit_code == 0
    assert "Text 7." in (tmp_path / "7.txt").read_text()


def test_a_link_in_the_way_is_not_followed(archive: str, tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir(), inside.mkdir()
    (inside / "blog.example").symlink_to(outside)
    done = export(archive, f"{inside}/{{site}}/{{id}}.txt", "--overwrite")
    assert "is in the way" in done.stderr
    assert list(outside.iterdir()) == []


def test_a_dry_run_says_the_first_name(archive: str, tmp_path: Path) -> None:
    done = export(archive, f"{tmp_path}/{{site}}/{{slug}}.md", "--dry-run")
    assert "would write 18 files" in done.stderr
    assert "the first as blog.example/a-ferry-back.md" in done.stderr
    assert list(tmp_path.iterdir()) == []
