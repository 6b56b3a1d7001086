"""What each step did to the error, on a history whose answer is known."""

import datetime as dt

import polars as pl

from storecast.plan.value_added import naive_forecast, value_added

MONDAY = dt.date(2014, 3, 3)
OVERRIDES = pl.DataFrame({"id": [1, 2, 3], "by": ["Ada", "Ada", "Bo"], "reason": ["promotion", "weather", "promotion"]})


def history() -> pl.DataFrame:
    """Return ten store-days that sold 100 each; naive says 80, the model 90."""
    rows = []
    for store in range(1, 11):
        planner, approved, override = 90.0, 90.0, None
        if store in (1, 2):
            planner, approved, override = 120.0, 110.0, 1  # up: from 10 off to 20 off; approved 10 off
        if store == 3:
            planner, approved, override = 95.0, 95.0, 2  # up: from 10 off to 5 off
        if store == 4:
            planner, approved, override = 60.0, None, 3  # down: from 10 off to 40 off; never approved
        rows.append((store, MONDAY, 80.0, 90.0, planner, approved, override, 100.0))
    names = ["Store", "Date", "Naive", "Model", "Planner", "Approved", "Override", "Sales"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_the_steps_of_a_known_history_are_scored_as_they_must_be() -> None:
    added = value_added(history(), OVERRIDES)
    scores = {(row["Slice"], row["Key"]): row for row in added.steps.iter_rows(named=True)}
    whole = scores["all", "all"]
    assert (whole["Days"], whole["Sales"], whole["Naive"], whole["Model"]) == (10, 1000.0, 0.2, 0.1)
    assert whole["Planner"] == 0.145  # 2 × 20 + 5 + 40 + 6 × 10 of 1000
    assert whole["Approved"] == round(85 / 900, 6)
    assert whole["Added"] == -45.0
    assert (scores["overridden", "overridden"]["Days"], scores["overridden", "overridden"]["Added"]) == (4, -45.0)
    assert {key: row["Added"] for key, row in scores.items() if key[0] in ("person", "reason", "direction")} == {
        ("person", "Ada"): -15.0, ("person", "Bo"): -30.0, ("reason", "promotion"): -50.0, ("reason", "weather"): 5.0,
        ("direction", "up"): -15.0, ("direction", "down"): -30.0,
    }  # fmt: skip
    assert scores["person", "Bo"]["Approved"] is None
    assert added.overrides.select("Override", "Direction", "Added").rows() == [
        (3, "down", -30.0), (2, "up", 5.0), (1, "up", -20.0),
    ]  # fmt: skip


def test_one_sentence_says_what_the_last_twenty_did() -> None:
    assert value_added(history(), OVERRIDES).sentence == (
        "Of the last 3 overrides whose days have come, 1 made the forecast better and 2 worse; of the 2 upwards, 1 made it better; "
        "together they made the error larger by 45.00, 11.2% of what was sold."
    )
    assert value_added(history().head(0), OVERRIDES).sentence == "No day of an override has come yet."
    many = pl.concat(
        [history().head(1).with_columns(pl.lit(number).cast(pl.Int64).alias("Override")) for number in range(30)]
    )
    names = pl.DataFrame({"id": range(30), "by": ["Ada"] * 30, "reason": ["other"] * 30})
    assert value_added(many, names).sentence.startswith("Of the last 20 overrides")


def test_the_naive_forecast_is_the_newest_sale_of_the_weekday() -> None:
    day = dt.timedelta(days=1)
    sales = pl.DataFrame(
        {
            "Store": [1, 1, 1, 2],
            "Date": [MONDAY - 14 * day, MONDAY - 7 * day, MONDAY - 6 * day, MONDAY - 7 * day],
            "Sales": [70.0, 0.0, 50.0, 60.0],
        }
    )
    keys = pl.DataFrame({"Store": [2, 1, 1, 1], "Date": [MONDAY, MONDAY, MONDAY + day, MONDAY + 2 * day]})
    assert naive_forecast(keys, sales).to_list() == [60.0, 70.0, 50.0, 0.0]
