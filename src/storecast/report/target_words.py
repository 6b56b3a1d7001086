"""Sections of the report in the words of the figure that is forecast, such as Customers in place of sales."""

import html
from dataclasses import replace

import plotly.graph_objects as go

from storecast.data.target import SALES_IN_TEXTS, Target
from storecast.report.section import Picture, Section, TextTable


def worded_section(section: Section, target: Target) -> Section:
    """Return a question with what is said about it, in the words of the figure that is forecast.

    Parameters
    ----------
    section : about sales
    target : the figure; the section itself is returned where it is sales without a unit
    """
    if target.is_sales and not target.unit:
        return section
    worded, body = target.worded, section.body
    return replace(
        section,
        title=worded(section.title),
        body=replace(
            body,
            answer=worded(body.answer),
            short_answer=worded(body.short_answer),
            pictures=[_worded_picture(picture, target) for picture in body.pictures],
            tables=[_worded_table(table, target) for table in body.tables],
            method=worded(body.method),
            unproven=worded(body.unproven),
        ),
    )


def _worded_picture(picture: Picture, target: Target) -> Picture:
    return replace(
        picture,
        title=target.worded(picture.title),
        alt=target.worded(picture.alt),
        caption=target.worded(picture.caption),
        figure=_worded_figure(picture.figure, target),
    )


def _worded_table(table: TextTable, target: Target) -> TextTable:
    """Return a table whose caption, head and rows name the figure that is forecast."""
    head, *rows = (tuple(target.worded(cell) for cell in row) for row in (table.head, *table.rows))
    return replace(table, caption=target.worded(table.caption), head=head, rows=rows)


def _worded_figure(figure: go.Figure, target: Target) -> go.Figure:
    """Return a figure whose legend and axes name the figure that is forecast, and its unit where they count it."""
    named = go.Figure(figure)
    named.for_each_trace(lambda trace: trace.update(name=trace.name and target.worded(trace.name)))
    scales = (trace.colorbar for trace in named.select_traces(selector={"type": "heatmap"}))
    for axes in (named.select_xaxes(), named.select_yaxes(), scales):
        for axis in axes:
            if axis.title.text:
                of_target = target.unit and SALES_IN_TEXTS.match(axis.title.text)
                axis.title.text = target.worded(axis.title.text)
                if of_target and not (axis.tickformat or "").endswith("%"):
                    axis.title.text += f" ({html.escape(target.unit)})"
    return named
