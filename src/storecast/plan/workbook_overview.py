"""The sheets Chain, Groups and Stores: what the rows of the sheet Weeks add up to, with the intervals of the sums and a chart."""

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_rowcol_to_cell

from storecast.plan import workbook_layout as w
from storecast.plan.workbook_content import WorkbookContent, change, total
from storecast.plan.workbook_sheet import Sheet
from storecast.plan.workbook_weeks import WeeksSheet

CHAIN_COLUMNS = {
    **dict.fromkeys(w.DAY_COUNTS, "count"),
    w.FORECAST: "money",
    w.LOWER: "money",
    w.UPPER: "money",
    w.LAST_YEAR: "money",
    w.CHANGE: "share",
    w.BUDGET: "money",
    w.NEW_PLAN: "money",
    w.VARIANCE: "signed",
    w.COMPARABLE: "money",
}  # with their styles
BOUNDS = (w.LOWER, w.UPPER)
WEEK = "Week"
SUM_STYLES = {"money": "sum", "count": "sum", "signed": "sum signed", "share": "sum share"}
CHART_WIDTH, CHART_HEIGHT = 1180, 380  # pixels
BLUE, GREY, DARK = "#0969DA", "#B8C1CC", "#57606A"


def write_chain(book: object, sheet: Sheet, weeks: WeeksSheet) -> None:
    """Write the sheet Chain: its weeks, their total, and a chart of them.

    Parameters
    ----------
    book : of xlsxwriter, which makes charts
    sheet : to write
    weeks : the rows that it sums
    """
    content = weeks.content
    sheet.heading(
        content.title,
        f"{content.figure} of the whole chain by week; days count each store's. Budget and new plan follow the sheet {w.WEEKS}.",
    )
    bounds = content.bounds("chain-week")
    shown = [title for title in CHAIN_COLUMNS if title not in BOUNDS or bounds]
    columns = {title: place for place, title in enumerate((WEEK, w.FIRST, w.LAST, *shown))}
    for title, place in columns.items():
        sheet.put(3, place, title, "head" if place < 3 else "right")
    sheet.sheet.set_row(3, 32)
    sheet.sheet.set_column(0, len(columns) - 2, 12)
    sheet.sheet.set_column(len(columns) - 1, len(columns) - 1, 12, None, {"hidden": True})
    first_row = 4
    for row, (first, last) in enumerate(content.weeks, start=first_row):
        sheet.put(row, 0, f"{first:%G-W%V}", "text")
        sheet.put(row, 1, first, "date")
        sheet.put(row, 2, last, "date")
        of_week = weeks.rows.filter(pl.col(w.FIRST) == first)
        for title in shown:
            place = columns[title]
            if title in BOUNDS:
                low_high = bounds.get(("chain", first), (None, None))
                sheet.put(row, place, low_high[BOUNDS.index(title)], "money")
            elif title == w.CHANGE:
                _write_change(sheet, row, columns, of_week, "share")
            else:
                criteria = f"{weeks.cells(w.FIRST)},{xl_rowcol_to_cell(row, 1)}"
                formula = f"SUMIFS({weeks.cells(title)},{criteria})"
                known = f'IF(COUNTIFS({criteria},{weeks.cells(title)},">=-1E+300")=0,"",{formula})'
                sheet.formula(row, place, known, total(of_week[title]), CHAIN_COLUMNS[title])
    last_row = first_row + len(content.weeks) - 1
    _write_total(sheet, weeks, columns, (first_row, last_row))
    for title in (w.CHANGE, w.VARIANCE):
        sheet.colour_changes(first_row, last_row + 1, columns[title])
    sheet.sheet.freeze_panes(first_row, 1)
    sheet.sheet.insert_chart(last_row + 3, 0, _chart(book, content, columns, (first_row, last_row)))
    sheet.print_whole(last_row + 3 + CHART_HEIGHT // 20 + 1, len(columns) - 2)


def _write_total(sheet: Sheet, weeks: WeeksSheet, columns: dict[str, int], rows: tuple[int, int]) -> None:
    """Write the row of all weeks, whose bounds are those of the whole horizon.

    Parameters
    ----------
    sheet : to write
    weeks : the rows that it sums
    columns : of each title
    rows : the first and the last week's
    """
    row = rows[1] + 1
    whole = next(iter(weeks.content.bounds("chain-horizon").values()), (None, None))
    for title, place in columns.items():
        if title in (WEEK, w.FIRST, w.LAST):
            sheet.put(row, place, "All weeks" if title == WEEK else None, "sum text")
        elif title in BOUNDS:
            sheet.put(row, place, whole[BOUNDS.index(title)], "sum")
        elif title == w.CHANGE:
            _write_change(sheet, row, columns, weeks.rows, "sum share")
        else:
            cells = xl_range(rows[0], place, rows[1], place)
            known = f'IF(COUNT({cells})=0,"",SUBTOTAL(109,{cells}))'
            sheet.formula(row, place, known, total(weeks.rows[title]), SUM_STYLES[CHAIN_COLUMNS[title]])


def _write_change(sheet: Sheet, row: int, columns: dict[str, int], rows: pl.DataFrame, style: str) -> None:
    """Write the change on last year of the stores and weeks whose last year is known.

    Parameters
    ----------
    sheet : to write
    row : of the sheet
    columns : of each title
    rows : of the sheet Weeks that it is of
    style : of the cell
    """
    comparable, last_year = (xl_rowcol_to_cell(row, columns[title]) for title in (w.COMPARABLE, w.LAST_YEAR))
    value = change(total(rows[w.COMPARABLE]), total(rows[w.LAST_YEAR]))
    sheet.formula(row, columns[w.CHANGE], f'IF(N({last_year})>0,{comparable}/{last_year}-1,"")', value, style)


def _chart(book: object, content: WorkbookContent, columns: dict[str, int], rows: tuple[int, int]) -> object:
    """Return a chart of the chain's weeks: last year and forecast as columns, bounds and new plan as lines.

    Parameters
    ----------
    book, content : as for `write_chain`
    columns : of each title
    rows : the first and the last week's
    """
    first, last = rows

    def series(title: str, style: dict[str, object]) -> dict[str, object]:
        place = columns[title]
        return {
            "name": [w.CHAIN, first - 1, place],
            "categories": [w.CHAIN, first, 0, last, 0],
            "values": [w.CHAIN, first, place, last, place],
            **style,
        }

    bars = book.add_chart({"type": "column"})  # type: ignore[attr-defined]
    if content.rows[w.LAST_YEAR].count():
        bars.add_series(series(w.LAST_YEAR, {"fill": {"color": GREY}, "gap": 60}))
    bars.add_series(series(w.FORECAST, {"fill": {"color": BLUE}, "gap": 60}))
    lines = book.add_chart({"type": "line"})  # type: ignore[attr-defined]
    for title in BOUNDS:
        if title in columns:
            lines.add_series(series(title, {"line": {"color": DARK, "dash_type": "dash", "width": 1.25}}))
    style = {"line": {"none": True}, "marker": {"type": "diamond", "size": 8, "fill": {"color": "#BF8700"}}}
    lines.add_series(series(w.NEW_PLAN, style))
    bars.combine(lines)
    bars.set_title({"name": f"{content.figure} by week", "name_font": {"size": 12}})
    bars.set_y_axis({"name": content.figure, "num_format": "#,##0", "min": 0, "major_gridlines": {"visible": True}})
    bars.set_x_axis({"name": "Week, from its Monday"})
    bars.set_legend({"position": "bottom"})
    bars.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    return bars


def write_groups(sheet: Sheet, weeks: WeeksSheet) -> None:
    """Write the sheet Groups: all weeks together, by each group of stores.

    Parameters
    ----------
    sheet : to write
    weeks : the rows that it sums
    """
    content = weeks.content
    sheet.heading(f"{content.title}: groups of stores", f"{content.figure} of all weeks together.")
    bounds = {name: content.bounds(f"{name}-horizon") for name in content.groups}
    intervals = BOUNDS if any(bounds.values()) else ()
    titles = ("Level", "Group", "Stores", w.FORECAST, *intervals, w.LAST_YEAR, w.CHANGE, w.NEW_PLAN, w.COMPARABLE)
    columns = {title: place for place, title in enumerate(titles)}
    for title, place in columns.items():
        sheet.put(3, place, title, "head" if place < 2 else "right")
    row = 4
    for name, title, column in zip(content.groups, content.group_titles, content.group_columns, strict=True):
        intervals_of = {key: low_high for (key, _), low_high in bounds[name].items()}
        for key in weeks.rows[column].unique().sort().to_list():
            of_group = weeks.rows.filter(pl.col(column) == key)
            sheet.put(row, 0, title, "text")
            sheet.put(row, 1, key, "text")
            sheet.put(row, 2, of_group[w.STORE].n_unique(), "count")
            # It compares whole texts: SUMIF would take a name such as `<b` or `a*` for a condition.
            members = f"EXACT({weeks.cells(title)},{xl_rowcol_to_cell(row, 1)})"
            for figure in (w.FORECAST, w.LAST_YEAR, w.NEW_PLAN, w.COMPARABLE):
                if of_group[figure].count():
                    formula = f"SUMPRODUCT({members}*{weeks.cells(figure)})"
                    sheet.formula(row, columns[figure], formula, total(of_group[figure]), "money")
            _write_change(sheet, row, columns, of_group, "share")
            for interval, bound in zip(intervals, intervals_of.get(key, (None, None)), strict=False):
                sheet.put(row, columns[interval], bound, "money")
            row += 1
    sheet.sheet.set_column(0, len(titles) - 2, 14)
    sheet.sheet.set_column(len(titles) - 1, len(titles) - 1, 14, None, {"hidden": True})
    sheet.colour_changes(4, row - 1, columns[w.CHANGE])
    sheet.sheet.freeze_panes(4, 2)
    sheet.sheet.autofilter(3, 0, row - 1, len(titles) - 1)
    sheet.print_whole(row - 1, len(titles) - 2, (3, 3))


def write_stores(sheet: Sheet, weeks: WeeksSheet) -> None:
    """Write the sheet Stores: weeks × stores, each store's total with its interval, and last year beside it.

    Parameters
    ----------
    sheet : to write
    weeks : the rows that it sums
    """
    content = weeks.content
    sheet.heading(
        f"{content.title}: stores",
        f"{content.figure} by store; each week is headed by its first day. The sums are of the rows shown.",
    )
    bounds = {key: low_high for (key, _), low_high in content.bounds("store-horizon").items()}
    mondays = [first for first, _ in content.weeks]
    begin = 1 + len(content.groups)
    after = begin + len(mondays)
    titles = (w.FORECAST, *(BOUNDS if bounds else ()), w.LAST_YEAR, w.CHANGE, w.COMPARABLE)
    columns = {title: after + place for place, title in enumerate(titles)}
    stores = weeks.rows.partition_by(w.STORE, maintain_order=True)
    last_row = w.TOP + len(stores) - 1
    for place, title in enumerate((w.STORE, *content.group_titles)):
        sheet.put(w.HEAD, place, title, "head")
        sheet.put(w.SUMS, place, "Rows shown" if place == 0 else None, "sum text")
    for place, monday in enumerate(mondays, start=begin):
        sheet.put(w.HEAD, place, monday, "date head")
    for title, place in columns.items():
        sheet.put(w.HEAD, place, f"{title}, all weeks" if title == w.FORECAST else title, "right")
        sheet.put(w.SUMS, place, None, "sum text")
    for row, of_store in enumerate(stores, start=w.TOP):
        known = of_store.row(0, named=True)
        for place, name in enumerate((w.STORE, *content.group_columns)):
            sheet.put(row, place, known[name], "text")
        forecasts = dict(of_store.select(w.FIRST, w.FORECAST).iter_rows())
        for place, monday in enumerate(mondays, start=begin):
            sheet.put(row, place, forecasts.get(monday), "money")
        cells = xl_range(row, begin, row, after - 1)
        sheet.formula(row, columns[w.FORECAST], f"SUM({cells})", total(of_store[w.FORECAST]), "money")
        for title in (w.LAST_YEAR, w.COMPARABLE):
            sheet.put(row, columns[title], total(of_store[title]), "money")
        _write_change(sheet, row, columns, of_store, "share")
        for title, bound in zip(BOUNDS, bounds.get(known[w.STORE], ()), strict=False):
            sheet.put(row, columns[title], bound, "money")
    by_week = {first: rows[w.FORECAST] for (first,), rows in weeks.rows.partition_by(w.FIRST, as_dict=True).items()}
    sums = {place: by_week[monday] for place, monday in enumerate(mondays, start=begin)}
    sums |= {columns[title]: weeks.rows[title] for title in (w.FORECAST, w.LAST_YEAR, w.COMPARABLE)}
    for place, values in sums.items():
        cells = xl_range(w.TOP, place, last_row, place)
        known_sum = f'IF(SUBTOTAL(102,{cells})=0,"",SUBTOTAL(109,{cells}))'
        sheet.formula(w.SUMS, place, known_sum, total(values), "sum")
    _write_change(sheet, w.SUMS, columns, weeks.rows, "sum share")
    sheet.colour_changes(w.SUMS, last_row, columns[w.CHANGE])
    sheet.sheet.set_column(0, after + len(titles) - 2, 12)
    sheet.sheet.set_column(columns[w.COMPARABLE], columns[w.COMPARABLE], 12, None, {"hidden": True})
    sheet.sheet.set_row(w.HEAD, 32)
    sheet.sheet.ignore_errors({"number_stored_as_text": f"A{w.TOP + 1}:{xl_col_to_name(begin)}{last_row + 1}"})
    sheet.sheet.freeze_panes(w.TOP, 1)
    sheet.sheet.autofilter(w.HEAD, 0, last_row, after + len(titles) - 1)
    sheet.print_whole(last_row, after + len(titles) - 2, (w.SUMS, w.HEAD))
