"""Where content is read from, and what a file that cannot be read is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.files import locate
from bot.errors import ContentError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the three rooms and one file in each."""
    for path in ("campaigns/flu.yaml", "templates/en/flu/offer.j2", "config/default.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("a: b\n")
    return tmp_path


def test_the_folder_that_is_named_is_read(folder: Path) -> None:
    assert list(locate(folder)) == ["campaigns/flu.yaml", "config/default.yaml", "templates/en/flu/offer.j2"]


def test_without_a_folder_the_projects_own_content_is_read() -> None:
    assert "campaigns/icon.yaml" in locate(None)


def test_a_folder_without_the_rooms_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        locate(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}:1:1: There is no campaigns, templates, config here. "
        "Name the folder that holds campaigns, templates, config."
    )


def test_papers_and_hidden_files_are_no_content(folder: Path) -> None:
    for name in ("README.md", "campaign.schema.json", ".flu.yaml.swp", "flu.yaml~"):
        (folder / "campaigns" / name).write_text("x")
    assert locate(folder).under("campaigns") == ["campaigns/flu.yaml"]
    assert locate(folder).faults == ()


@pytest.mark.parametrize(
    ("path", "raw", "said"),
    [
        (
            "campaigns/flu.yml",
            b"a: b",
            ":1:1: Files in campaigns/ end in .yaml. Rename this one, or move it away.",
        ),
        (
            "templates/en/a.txt",
            b"a",
            ":1:1: Files in templates/ end in .j2. Rename this one, or move it away.",
        ),
        (
            "campaigns/x.yaml",
            b"a: b\nc: \xff",
            ":2:1: This is not UTF-8. Save the file with the encoding UTF-8.",
        ),
        ("campaigns/x.yaml", b"a" * 262_145, ":1:1: The file is larger than 256 kB. Split it."),
    ],
    ids=["ending", "text", "encoding", "size"],
)
def test_a_file_that_cannot_be_content_is_a_fault(folder: Path, path: str, raw: bytes, said: str) -> None:
    (folder / path).write_bytes(raw)
    assert [str(fault) for fault in locate(folder).faults] == [path + said]


def test_line_ends_and_byte_order_marks_do_not_matter(folder: Path) -> None:
    (folder / "campaigns/flu.yaml").write_bytes(b"\xef\xbb\xbfa: b\r\nc: d\r")
    assert locate(folder)["campaigns/flu.yaml"] == "a: b\nc: d\n"
