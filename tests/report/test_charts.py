import pytest

from storecast.report import charts

ONE = charts.Series("<b>a</b>", ["<i>x</i>", "y"], [0.1, None], [0.0, None], [0.3, None])
TWO = charts.Series("b", ["x", "y"], [0.2, 0.4])


def darkness(colour: str) -> float:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("draw", [charts.dots, charts.curves, charts.bars])
def test_text_of_the_input_is_escaped_and_one_series_needs_no_legend(draw: object) -> None:
    figure = draw([ONE], y_format=".0%")  # type: ignore[operator]
    assert "<b>" not in figure.to_json()
    assert figure.layout.showlegend is False
    assert draw([ONE, TWO], y_format=".0%").layout.showlegend is True  # type: ignore[operator]


def test_bars_of_error_reach_from_the_low_to_the_high_bound() -> None:
    error = charts.dots([ONE], y_format=".0%").data[0].error_y
    assert error.array[0] == pytest.approx(0.2)
    assert error.arrayminus[0] == pytest.approx(0.1)


def test_ticks_of_a_low_axis_have_a_digit_more_so_that_no_two_read_the_same() -> None:
    low = charts.Series("a", ["x", "y"], [0.001, 0.004], [-0.002, 0.0], [0.003, 0.009])
    assert charts.dots([low], y_format=charts.PERCENT_CHANGE).layout.yaxis.tickformat == "+.1%"
    assert charts.dots([ONE], y_format=charts.PERCENT_CHANGE).layout.yaxis.tickformat == "+.0%"


def test_series_can_be_distinguished_without_colour() -> None:
    figure = charts.curves([charts.Series(str(k), [1, 2], [1, 2]) for k in range(4)], y_format=".1f")
    assert len({trace.line.dash for trace in figure.data}) == 4
    assert len({trace.marker.symbol for trace in figure.data}) == 4


def test_the_first_colours_differ_in_greyscale() -> None:
    shades = [darkness(colour) for colour in charts.COLOURS[:3]]
    assert min(abs(one - other) for k, one in enumerate(shades) for other in shades[:k]) > 20


def test_a_scale_runs_from_pale_to_dark() -> None:
    shades = [darkness(colour) for _, colour in charts.SCALE]
    assert shades == sorted(shades, reverse=True)


def test_a_heatmap_holds_its_values_and_a_scatter_its_names() -> None:
    figure = charts.heatmap(["a"], ["b"], [[0.5]], z_format=".1f", around_zero=True, texts=True)
    assert figure.data[0].z[0][0] == 0.5
    assert figure.data[0].zmid == 0
    points = charts.scatter([TWO], x_format="~s", y_format=".0%", x_title="x", y_title="y", texts=[["<s>", "t"]])
    assert points.data[0].text[0] == "&lt;s&gt;"
