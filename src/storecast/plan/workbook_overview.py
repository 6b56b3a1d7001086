"""The sheets Chain, Groups and Stores: what the rows of the sheet Weeks add up to, with the intervals of the sums and a chart."""

from collections.abc import Mapping

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_rowcol_to_cell

from storecast.plan import workbook_layout as w
from storecast.plan.workbook_content import WorkbookContent, change, total, totals_by
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
    content, words = weeks.content, sheet.words
    sheet.heading(
        content.title,
        words.text(
            "{figure} of the whole chain by week; days count each store's. Budget and new plan follow the sheet {weeks}.",
            figure=content.figure,
            weeks=words.text(w.WEEKS),
        ),
    )
    bounds = content.bounds("chain-week")
    shown = [title for title in CHAIN_COLUMNS if title not in BOUNDS or bounds]
    columns = {title: place for place, title in enumerate((w.WEEK, w.FIRST, w.LAST, *shown))}
    for title, place in columns.items():
        sheet.label(3, place, title, "head" if place < 3 else "right")
    sheet.sheet.set_row(3, 32)
    sheet.sheet.set_column(0, len(columns) - 2, 12)
    sheet.sheet.set_column(len(columns) - 1, len(columns) - 1, 12, None, {"hidden": True})
    sums = totals_by(weeks.rows, w.FIRST, [title for title in CHAIN_COLUMNS if title not in (*BOUNDS, w.CHANGE)])
    first_row = 4
    for row, (first, last) in enumerate(content.weeks, start=first_row):
        sheet.put(row, 0, words.text("{year}-W{week}", year=f"{first:%G}", week=f"{first:%V}"), "text")
        sheet.put(row, 1, first, "date")
        sheet.put(row, 2, last, "date")
        of_week = sums[first]
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
                sheet.formula(row, place, known, of_week[title], CHAIN_COLUMNS[title])
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
        if title == w.WEEK:
            sheet.label(row, place, w.ALL_WEEKS, "sum text")
        elif title in (w.FIRST, w.LAST):
            sheet.put(row, place, None, "sum text")
        elif title in BOUNDS:
            sheet.put(row, place, whole[BOUNDS.index(title)], "sum")
        elif title == w.CHANGE:
            _write_change(sheet, row, columns, _whole(weeks.rows), "sum share")
        else:
            cells = xl_range(rows[0], place, rows[1], place)
            known = f'IF(COUNT({cells})=0,"",SUBTOTAL(109,{cells}))'
            sheet.formula(row, place, known, total(weeks.rows[title]), SUM_STYLES[CHAIN_COLUMNS[title]])


def _whole(rows: pl.DataFrame) -> dict[str, float | None]:
    return {title: total(rows[title]) for title in (w.COMPARABLE, w.LAST_YEAR)}


def _write_change(
    sheet: Sheet, row: int, columns: dict[str, int], sums: Mapping[str, float | None], style: str
) -> None:
    """Write the change on last year of the stores and weeks whose last year is known.

    Parameters
    ----------
    sheet : to write
    row : of the sheet
    columns : of each title
    sums : of the rows that it is of
    style : of the cell
    """
    comparable, last_year = (xl_rowcol_to_cell(row, columns[title]) for title in (w.COMPARABLE, w.LAST_YEAR))
    value = change(sums[w.COMPARABLE], sums[w.LAST_YEAR])
    sheet.formula(row, columns[w.CHANGE], f'IF(N({last_year})>0,{comparable}/{last_year}-1,"")', value, style)


def _chart(book: object, content: WorkbookContent, columns: dict[str, int], rows: tuple[int, int]) -> object:
    """Return a chart of the chain's weeks: last year and forecast as columns, bounds and new plan as lines.

    Parameters
    ----------
    book, content : as for `write_chain`
    columns : of each title
    rows : the first and the last week's
    """
    words, (first, last) = content.words, rows
    chain = words.text(w.CHAIN)

    def series(title: str, style: dict[str, object]) -> dict[str, object]:
        place = columns[title]
        return {
            "name": [chain, first - 1, place],
            "categories": [chain, first, 0, last, 0],
            "values": [chain, first, place, last, place],
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
    bars.set_title({"name": words.text("{figure} by week", figure=content.figure), "name_font": {"size": 12}})
    bars.set_y_axis({"name": content.figure, "num_format": "#,##0", "min": 0, "major_gridlines": {"visible": True}})
    bars.set_x_axis({"name": words.text("Week, from its Monday")})
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
    content, words = weeks.content, sheet.words
    sheet.heading(
        words.text("{title}: groups of stores", title=content.title),
        words.text("{figure} of all weeks together.", figure=content.figure),
    )
    bounds = {name: content.bounds(f"{name}-horizon") for name in content.groups}
    intervals = BOUNDS if any(bounds.values()) else ()
    titles = (w.LEVEL, w.GROUP, w.STORES, w.FORECAST, *intervals, w.LAST_YEAR, w.CHANGE, w.NEW_PLAN, w.COMPARABLE)
    columns = {title: place for place, title in enumerate(titles)}
    figures = (w.FORECAST, w.LAST_YEAR, w.NEW_PLAN, w.COMPARABLE)
    for title, place in columns.items():
        sheet.label(3, place, title, "head" if place < 2 else "right")
    row = 4
    for name, title, column in zip(content.groups, content.group_titles, content.group_columns, strict=True):
        intervals_of = {key: low_high for (key, _), low_high in bounds[name].items()}
        sums = totals_by(weeks.rows, column, figures)
        stores = dict(weeks.rows.group_by(column).agg(pl.col(w.STORE).n_unique()).iter_rows())
        for key in sorted(stores):
            sheet.put(row, 0, title, "text")
            sheet.put(row, 1, key, "text")
            sheet.put(row, 2, stores[key], "count")
            # It compares whole texts: SUMIF would take a name such as `<b` or `a*` for a condition.
            members = f"EXACT({weeks.cells(title)},{xl_rowcol_to_cell(row, 1)})"
            for figure in figures:
                if sums[key][figure] is not None:
                    formula = f"SUMPRODUCT({members}*{weeks.cells(figure)})"
                    sheet.formula(row, columns[figure], formula, sums[key][figure], "money")
            _write_change(sheet, row, columns, sums[key], "share")
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
    content, words = weeks.content, sheet.words
    sheet.heading(
        words.text("{title}: stores", title=content.title),
        words.text(
            "{figure} by store; each week is headed by its first day. The sums are of the rows shown.",
            figure=content.figure,
        ),
    )
    bounds = {key: low_high for (key, _), low_high in content.bounds("store-horizon").items()}
    mondays = [first for first, _ in content.weeks]
    begin = 1 + len(content.groups)
    after = begin + len(mondays)
    titles = (w.FORECAST, *(BOUNDS if bounds else ()), w.LAST_YEAR, w.CHANGE, w.COMPARABLE)
    columns = {title: after + place for place, title in enumerate(titles)}
    figures = (w.FORECAST, w.LAST_YEAR, w.COMPARABLE)
    sums = totals_by(weeks.rows, w.STORE, figures)
    stores = weeks.rows.select(w.STORE, *content.group_columns).unique(w.STORE, keep="first", maintain_order=True)
    forecasts = weeks.rows.pivot(w.FIRST, index=w.STORE, values=w.FORECAST)
    last_row = w.TOP + stores.height - 1
    sheet.label(w.HEAD, 0, w.STORE, "head")
    sheet.label(w.SUMS, 0, w.ROWS_SHOWN, "sum text")
    for place, title in enumerate(content.group_titles, start=1):
        sheet.put(w.HEAD, place, title, "head")
        sheet.put(w.SUMS, place, None, "sum text")
    for place, monday in enumerate(mondays, start=begin):
        sheet.put(w.HEAD, place, monday, "date head")
    for title, place in columns.items():
        sheet.label(w.HEAD, place, w.FORECAST_OF_ALL if title == w.FORECAST else title, "right")
        sheet.put(w.SUMS, place, None, "sum text")
    for place, name in enumerate((w.STORE, *content.group_columns)):
        sheet.column(w.TOP, place, stores[name].to_list(), "text")
    for place, monday in enumerate(mondays, start=begin):
        sheet.column(w.TOP, place, forecasts[f"{monday}"].to_list(), "money")
    for title in (w.LAST_YEAR, w.COMPARABLE):
        sheet.column(w.TOP, columns[title], [of_store[title] for of_store in sums.values()], "money")
    for row, (key, of_store) in enumerate(sums.items(), start=w.TOP):
        cells = xl_range(row, begin, row, after - 1)
        sheet.formula(row, columns[w.FORECAST], f"SUM({cells})", of_store[w.FORECAST], "money")
        _write_change(sheet, row, columns, of_store, "share")
        for title, bound in zip(BOUNDS, bounds.get(key, ()), strict=False):
            sheet.put(row, columns[title], bound, "money")
    by_week = totals_by(weeks.rows, w.FIRST, [w.FORECAST])
    shown = {place: by_week[monday][w.FORECAST] for place, monday in enumerate(mondays, start=begin)}
    shown |= {columns[title]: total(weeks.rows[title]) for title in figures}
    for place, value in shown.items():
        cells = xl_range(w.TOP, place, last_row, place)
        known_sum = f'IF(SUBTOTAL(102,{cells})=0,"",SUBTOTAL(109,{cells}))'
        sheet.formula(w.SUMS, place, known_sum, value, "sum")
    _write_change(sheet, w.SUMS, columns, _whole(weeks.rows), "sum share")
    sheet.colour_changes(w.SUMS, last_row, columns[w.CHANGE])
    sheet.sheet.set_column(0, after + len(titles) - 2, 12)
    sheet.sheet.set_column(columns[w.COMPARABLE], columns[w.COMPARABLE], 12, None, {"hidden": True})
    sheet.sheet.set_row(w.HEAD, 32)
    sheet.sheet.ignore_errors({"number_stored_as_text": f"A{w.TOP + 1}:{xl_col_to_name(begin)}{last_row + 1}"})
    sheet.sheet.freeze_panes(w.TOP, 1)
    sheet.sheet.autofilter(w.HEAD, 0, last_row, after + len(titles) - 1)
    sheet.print_whole(last_row, after + len(titles) - 2, (w.SUMS, w.HEAD))
