"""What a view shows is the same JSON as Dash would write."""

import datetime as dt
import json

import numpy as np
import orjson
import plotly.graph_objects as go
import pytest
from dash import dcc, html
from plotly.io.json import to_json_plotly

from storecast.page import charts, tables
from storecast.page.drawing import as_json
from storecast.page.language import Words


def test_components_figures_and_arrays_are_written_as_dash_writes_them() -> None:
    figure = go.Figure(
        [
            go.Scatter(x=np.array(["a", "b"]), y=np.array([1.5, np.nan])),
            go.Bar(x=[dt.date(2015, 1, 2)], y=np.array([1, None], dtype=object)),
            go.Scatter(x=[1], y=np.arange(6)[::2]),
        ]
    )
    drawing = html.Div(
        [html.P("<b>&</b>", className="soft"), dcc.Graph(figure=figure), None, 1, 0.1, {"by number": {1: "one"}}]
    )
    for shown in (drawing, [drawing, "text"]):
        assert json.loads(orjson.dumps(as_json(shown))) == json.loads(to_json_plotly(shown))


def test_what_is_no_part_of_a_page_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: set"):
        as_json(html.Div({"1"}))


def test_a_chart_has_its_height_before_its_script_is_there() -> None:
    place = charts.chart([charts.line([dt.date(2015, 1, 2)], [1.0], "Sales")], "Sales", Words(), height=360)
    assert place.style == {"minHeight": "360px"}


def test_a_table_is_one_component_but_for_what_callbacks_know_by_its_id() -> None:
    button = html.Button("Withdraw", id="withdraw")
    cells = ["3", html.Div([html.Strong("<b>"), button]), "a note that is longer than most of the others are"]
    drawn = tables.table(["Store", "What", "Note"], [cells], text=(2,)).children
    assert drawn["props"]["children"] == [button]
    (number, kind), (what, _), (_, wraps) = drawn["props"]["rows"][0]
    assert (number, kind, wraps) == ("3", "", "text wrap")
    strong = {"namespace": "dash_html_components", "type": "Strong", "props": {"children": "<b>"}}
    assert what["props"]["children"] == [strong, {"child": 0}]
