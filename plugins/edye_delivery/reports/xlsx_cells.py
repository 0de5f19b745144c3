"""Cells of the spreadsheet: a text is never a formula or a link, headings look alike on all sheets."""

from __future__ import annotations

from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from edye_delivery.reports.columns import Cell, cell_text

HEADER_FONT, HEADER_FILL = Font(bold=True, color="FFFFFF"), PatternFill("solid", start_color="27314D")
GREEN, GREY, AMBER, RED, BLUE, VIOLET = (
    PatternFill("solid", start_color=colour) for colour in ("CDEBD9", "E6EAF0", "FDE3B8", "F9CFCB", "D3E2FB", "E3D8F7")
)


def write_header(sheet: Worksheet, row: int, column: int, heading: str) -> None:
    """A heading of a column or of a section."""
    cell = write(sheet, row, column, heading)
    cell.font, cell.fill = HEADER_FONT, HEADER_FILL


def write(sheet: Worksheet, row: int, column: int, value: Cell) -> SheetCell:
    """A figure as a figure, a text as a text, whatever it begins with."""
    if not isinstance(value, str):
        return sheet.cell(row, column, value)
    cell = sheet.cell(row, column, cell_text(value))
    cell.data_type = "s"  # openpyxl takes "=..." for a formula and "#N/A" for an error
    cell.quotePrefix = True  # so does Excel, as soon as somebody edits the cell
    return cell
