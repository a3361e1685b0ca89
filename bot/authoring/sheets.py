"""Sheets: rows as a spreadsheet (.xlsx) or .csv that a translator fills in, and back; nothing in it runs.

A cell that a spreadsheet would take for a formula goes out with an apostrophe before it, as does one that
begins with an apostrophe; the same apostrophe is taken away again. So text comes back as it went, whether or
not somebody saved the one kind as the other.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils.exceptions import InvalidFileException

from bot.authoring.translations import Problem, Row
from bot.errors import BadInput
from bot.words import languages

HEADS = ("id", "context", "English", "translation", "check")
_FIELDS = ("id", "context", "english", "translation", "key")
_COLUMNS = "ABCDE"
_WIDTHS = (34, 42, 60, 60, 30)
_DANGEROUS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20'")
_SHEET, _NOTES = "Words", "Read me"
_LARGEST = 20 * 1024 * 1024
_LARGEST_UNPACKED = 50 * 1024 * 1024
_MOST_ROWS = 20_000
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}[_\x00-\x08\x0b-\x1f])")
_IS_IT = "Is it the sheet that was exported?"
_ADVICE = (
    "Write in the column translation only. Leave one empty, and the message goes in English.",
    "Leave {{ values }}, {% if %} and the words in capitals (STOP, DONE ...) as they are.",
    "Write numbers in the digits 0 to 9. Warm, plain, short: it is read on a small phone.",
    "Do not change the other columns: by them the sheet finds its way back.",
    "An apostrophe before =, +, - or @ at the beginning of a cell is there to keep the cell text.",
)


def guarded(text: str) -> str:
    """The text as it may stand in a cell: never the beginning of a formula."""
    return f"'{text}" if text[:1] in _DANGEROUS and text else text


def plain(cell: str) -> str:
    """The text that a cell was made from."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _DANGEROUS and len(cell) > 1 else cell


def _escaped(text: str) -> str:
    """As the format writes what XML cannot hold, such as _x000D_ for the end of a line of old."""
    return _UNSAFE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def _unescaped(cell: str) -> str:
    return _ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1].upper() < "D8" else found.group(), cell
    )


def write(file: Path, rows: Sequence[Row], language: str) -> None:
    """Write the rows as the kind of file that its ending says; BadInput for another."""
    if _kind(file) == ".csv":
        file.write_bytes(_csv(rows))
    else:
        _xlsx(file, rows, language)


def read(file: Path) -> tuple[list[tuple[int, Row]], list[Problem]]:
    """The rows with their numbers in the sheet, and what is wrong with cells. BadInput for no such sheet."""
    if file.stat().st_size > _LARGEST:
        raise BadInput(
            f"{file.name} is larger than {_LARGEST // 1024**2} MB.", "Is it the sheet that was exported?"
        )
    cells = _csv_cells(file) if _kind(file) == ".csv" else _xlsx_cells(file)
    return _rows(file, cells)


def _kind(file: Path) -> str:
    ending = file.suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise BadInput(f"{file.name} is no .xlsx and no .csv.", "Save it as one of these.")
    return ending


def _csv(rows: Sequence[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADS)
    writer.writerows([guarded(getattr(row, name)) for name in _FIELDS] for row in rows)
    return out.getvalue().encode("utf-8-sig")  # the mark by which spreadsheets know that it is UTF-8


def _xlsx(file: Path, rows: Sequence[Row], language: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = _SHEET
    sheet.append(HEADS)
    rtl = 2 if languages.right_to_left(language) else 1
    for number, row in enumerate(rows, start=2):
        for column, name in enumerate(_FIELDS, start=1):
            cell = sheet.cell(number, column)
            cell.value = _escaped(guarded(getattr(row, name)))
            cell.data_type = "s"  # whatever it looks like
            cell.number_format = "@"
            order = rtl if name == "translation" else 1
            cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=order)
            cell.protection = Protection(locked=name != "translation")
    for column, width in enumerate(_WIDTHS, start=1):
        head = sheet[f"{_COLUMNS[column - 1]}1"]
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7E8")
        sheet.column_dimensions[_COLUMNS[column - 1]].width = width
    sheet.freeze_panes = "B2"
    sheet.protection.sheet = True  # without a password: against slips, not against anybody
    notes = book.create_sheet(_NOTES)
    for line in _ADVICE:
        notes.append([guarded(line)])
    notes.column_dimensions["A"].width = 100
    book.save(file)


def _csv_cells(file: Path) -> Iterator[tuple[int, list[object]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            yield number, list(cells)
    except UnicodeDecodeError as cause:
        raise BadInput(f"{file.name} is not UTF-8.", "Save it as CSV UTF-8, or as .xlsx.") from cause
    except csv.Error as cause:
        raise BadInput(f"{file.name} cannot be read as CSV.", "Save it again, with commas.") from cause


def _xlsx_cells(file: Path) -> Iterator[tuple[int, list[object]]]:
    if not openpyxl.DEFUSEDXML:
        raise BadInput("The library that defuses spreadsheets is missing.", "Install defusedxml.")
    _harmless(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_vba=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as cause:
        raise BadInput(f"{file.name} cannot be read as .xlsx.", "Save it again as .xlsx or .csv.") from cause
    try:
        sheet = book[_SHEET] if _SHEET in book.sheetnames else book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield number, [_value(cell) for cell in cells]
    finally:
        book.close()


def _value(cell: Any) -> object:
    if cell.data_type == "f":
        return _Formula
    return _unescaped(cell.value) if isinstance(cell.value, str) else cell.value


class _Formula:
    """What stands where a formula was: it is never looked at."""


def _harmless(file: Path) -> None:
    """No macros, and nothing that unpacks to far more than it is."""
    try:
        with zipfile.ZipFile(file) as inside:
            names = inside.namelist()
            size = sum(one.file_size for one in inside.infolist())
    except zipfile.BadZipFile as cause:
        raise BadInput(f"{file.name} cannot be read as .xlsx.", "Save it again as .xlsx or .csv.") from cause
    if any(name.endswith("vbaProject.bin") for name in names):
        raise BadInput(f"{file.name} has macros in it.", "Save it as a plain .xlsx.")
    if size > _LARGEST_UNPACKED:
        raise BadInput(f"{file.name} unpacks to far too much.", _IS_IT)


def _rows(
    file: Path, lines: Iterable[tuple[int, Sequence[object]]]
) -> tuple[list[tuple[int, Row]], list[Problem]]:
    """By the heads, in whatever order they stand."""
    rows: list[tuple[int, Row]] = []
    problems: list[Problem] = []
    heads: Sequence[int] = ()
    for number, cells in lines:
        if not heads:
            heads = _heads(file, cells)
            continue
        if number > _MOST_ROWS:
            raise BadInput(f"{file.name} has more than {_MOST_ROWS} rows.", _IS_IT)
        values = [cells[index] if index < len(cells) else None for index in heads]
        texts = [plain(str(value or "")) for value in values]
        wrong = [
            Problem(number, texts[0], f"{head} is {_what(value)}. Write plain text.")
            for head, value in zip(HEADS, values, strict=True)
            if not isinstance(value, str | None)
        ]
        problems += wrong
        if any(texts) and not wrong:
            rows.append((number, Row(*texts)))
    if not heads:
        raise BadInput(f"{file.name} is empty.", "Export it again.")
    return rows, problems


def _heads(file: Path, cells: Sequence[object]) -> list[int]:
    """In which column each head stands."""
    where = {str(cell): index for index, cell in enumerate(cells)}
    if missing := [head for head in HEADS if head not in where]:
        raise BadInput(
            f"{file.name} has no column {', '.join(missing)}.", f"The heads are {', '.join(HEADS)}."
        )
    return [where[head] for head in HEADS]


def _what(value: object) -> str:
    return "a formula" if value is _Formula else "a number or a date"
