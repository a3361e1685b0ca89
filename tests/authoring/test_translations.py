"""A sheet goes out to a translator and comes back: lossless, harmless, and held against what is on disk."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.authoring import sheets
from bot.authoring.translations import Problem, Row, Taken, export, take
from bot.content.load import Content, load
from bot.errors import BadInput, NotFound
from tests.content import small

URDU = "فلو: {{ line_phone }} پر کال کریں۔"
OFFER, FATHER = "flu/offer", "flu/offer.father"
BOTH = pytest.mark.parametrize("ending", ["csv", "xlsx"])
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=60),
    st.builds(
        str.__add__,
        st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "'", "'=", "''+", "＝"]),
        st.text("ab1'="),
    ),
    st.sampled_from(
        [
            "'",
            "_x000D_",
            "_x005F_x000D_",
            "_xd800_",
            "_x0041_",
            " x ",
            "x\n\n",
            "0800",
            "1e5",
            "TRUE",
            "2027-07-01",
            "#REF!",
            "سلام‏\n",
        ]
    ),
)


def content(**texts: str) -> Content:
    """The small content with these Urdu texts."""
    files = {f"templates/ur/{name.replace('__', '/')}.j2": text for name, text in texts.items()}
    return load({**small.FILES, **files})


def row(found: list[Row], name: str) -> Row:
    return next(one for one in found if one.id == name)


def numbered(*rows: Row) -> list[tuple[int, Row]]:
    return list(enumerate(rows, start=2))


def said(found: Taken | list[Problem]) -> list[str]:
    assert isinstance(found, list)
    return [str(problem) for problem in found]


def test_every_english_text_has_its_row_with_who_reads_it_and_when() -> None:
    rows = export(content(flu__offer=f"{URDU}\n"), "ur")
    offer = row(rows, OFFER)
    assert (offer.english, offer.translation) == ("Flu: ring {{ line_phone }}.", URDU)
    assert offer.context.splitlines() == [
        "Flu vaccine.",
        "To: mother.",
        "When: 16 weeks of pregnancy, until 32 weeks of pregnancy.",
        "SMS: at most 3 parts, 5 in other letters (of 67 characters).",
        "Leave as they are: {{ line_phone }}.",
    ]
    assert "To: father.\n" in row(rows, FATHER).context
    assert len(rows) == sum(path.startswith("templates/en/") for path in small.FILES)
    assert {one.id.split("/")[0] for one in export(content(), "ur", ["flu"])} == {"flu"}


@pytest.mark.parametrize(("language", "only"), [("en", []), ("fr", []), ("ur", ["nope"])])
def test_a_language_or_a_campaign_that_is_not_there_is_refused(language: str, only: list[str]) -> None:
    with pytest.raises(NotFound):
        export(content(), language, only)


@BOTH
def test_there_and_back_nothing_changes(ending: str, tmp_path: Path) -> None:
    there = content(flu__offer=f"{URDU} \n", flu__nudge="ابھی پوچھیں۔")
    sheets.write(tmp_path / f"a.{ending}", export(there, "ur"), "ur")
    rows, wrong = sheets.read(tmp_path / f"a.{ending}")
    found = take(there, "ur", rows)
    assert not wrong
    assert found == Taken({}, 2, len(rows) - 2)


@BOTH
def test_what_a_translator_wrote_is_taken_and_nothing_else_is_touched(ending: str, tmp_path: Path) -> None:
    rows = [
        replace(one, translation=f"{URDU}\r\n2") if one.id == OFFER else one
        for one in export(content(), "ur")
    ]
    sheets.write(
        tmp_path / f"a.{ending}",
        [replace(one, translation=one.translation.replace("2", "")) for one in rows],
        "ur",
    )
    found = take(content(), "ur", sheets.read(tmp_path / f"a.{ending}")[0])
    assert isinstance(found, Taken)
    assert found.changed == {"templates/ur/flu/offer.j2": f"{URDU}\n\n"}


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS, min_size=4, max_size=4), st.sampled_from(["csv", "xlsx"]))
def test_any_text_comes_back_as_it_went_and_no_cell_begins_a_formula(texts: list[str], ending: str) -> None:
    going = Row("a/b", texts[0], texts[1], texts[2], texts[3])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"a.{ending}"
        sheets.write(file, [going], "ur")
        rows, wrong = sheets.read(file)
        assert (rows, wrong) == ([(2, going)], [])
        assert all(cell[:1] not in set("=+-@\t\r\n") for cell in cells(file))


def cells(file: Path) -> list[str]:
    if file.suffix == ".csv":
        return [
            cell for line in csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")) for cell in line
        ]
    sheet = openpyxl.load_workbook(file)["Words"]
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    return [str(cell.value or "") for line in sheet.iter_rows() for cell in line]


def test_an_apostrophe_that_a_translator_typed_stays() -> None:
    for text in ("'t Huis", "'", "''", "l'eau", "'=1", "=1", ""):
        assert sheets.plain(sheets.guarded(text)) == text
    assert sheets.plain("'t Huis") == "'t Huis"


def test_a_formula_a_number_and_a_date_are_told_by_their_row(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    sheets.write(file, export(content(), "ur", ["flu"]), "ur")
    book = openpyxl.load_workbook(file)
    book["Words"]["D2"].value = '=HYPERLINK("http://x", "y")'
    book["Words"]["D3"].value = 999
    book.save(file)
    rows, wrong = sheets.read(file)
    assert [str(one) for one in wrong] == [
        "row 2: flu/nudge: translation is a formula. Write plain text.",
        "row 3: flu/offer.father: translation is a number or a date. Write plain text.",
    ]
    assert [number for number, _ in rows] == [4]


def test_what_is_no_such_sheet_is_refused(tmp_path: Path) -> None:
    def made(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    macros = io.BytesIO()
    with zipfile.ZipFile(macros, "w") as inside:
        inside.writestr("xl/vbaProject.bin", b"x")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as inside:
        inside.writestr("x", b"\0" * 53_000_000)
    for file, sentence in (
        (made("a.ods", b"x"), "no .xlsx and no .csv"),
        (made("b.xlsx", b"x"), "cannot be read"),
        (made("c.xlsx", macros.getvalue()), "macros"),
        (made("d.xlsx", bomb.getvalue()), "unpacks to far too much"),
        (made("e.csv", b"id;English\r\n"), "no column id, context"),
        (made("f.csv", b"\xff\xfe"), "not UTF-8"),
        (made("g.csv", b""), "empty"),
    ):
        with pytest.raises(BadInput, match=sentence):
            sheets.read(file)


def test_nothing_is_taken_where_the_english_changed_since() -> None:
    rows = [replace(one, translation=URDU) for one in export(content(), "ur") if one.id == OFFER]
    newer = load(small.changed("templates/en/flu/offer.j2", "ring", "call"))
    found = said(take(newer, "ur", numbered(*rows)))
    assert found == [
        "row 2: flu/offer: The English changed since the export, so this translates other words. Export anew."
    ]


def test_nothing_is_taken_where_somebody_else_translated_meanwhile() -> None:
    rows = [replace(one, translation=URDU) for one in export(content(), "ur") if one.id == OFFER]
    meanwhile = content(flu__offer=f"{URDU} 2\n")
    assert "The translation on disk changed" in said(take(meanwhile, "ur", numbered(*rows)))[0]
    assert isinstance(take(content(flu__offer=f"{URDU}\n"), "ur", numbered(*rows)), Taken)  # the same words


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"translation": "فلو 999 {{ line_phone }}"}, "The number 999 is not in the English. Take it out."),
        ({"translation": "فلو"}, "{{ line_phone }} is lost. Copy it from the English, with its braces."),
        ({"translation": "فلو {{ line_phone }"}, "This cannot be read."),
        ({"translation": "{{ line_phone }}" + "ف" * 400}, "This comes to 7 SMS parts; 5 are allowed."),
        ({"id": "flu/gone"}, "There is no such English text any more. Export anew."),
        ({"id": "../../config/default"}, "There is no such English text any more. Export anew."),
        ({"english": "Flu: call."}, "The English was edited in the sheet."),
        ({"key": ""}, "The English changed since the export"),
    ],
)
def test_what_is_wrong_with_a_translation_is_told_by_its_row(change: dict[str, str], sentence: str) -> None:
    offer = replace(row(export(content(), "ur"), OFFER), translation=URDU)
    found = said(take(content(), "ur", numbered(replace(offer, **change))))
    assert len(found) == 1
    assert found[0].startswith(f"row 2: {change.get('id', OFFER)}: ")
    assert sentence in found[0]


def test_a_text_that_stands_twice_is_told_and_good_rows_do_not_help() -> None:
    offer = replace(row(export(content(), "ur"), OFFER), translation=URDU)
    assert said(take(content(), "ur", numbered(offer, offer))) == [
        "row 3: flu/offer: It is in row 2 too. Keep one of the two."
    ]
