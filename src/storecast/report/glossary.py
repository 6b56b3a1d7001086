"""The words of the report, explained in words; the formulas of the scores are in scores.json."""

from storecast.language import Words


def glossary(words: Words, noun: str, *, promotes: bool) -> list[tuple[str, str]]:
    """Return the terms of the report with what they mean, in the order in which a reader meets them.

    Parameters
    ----------
    words : of the language
    noun : what is forecast
    promotes : whether the chain has promotions
    """
    terms = [
        (
            words.text("Expected, forecast"),
            words.text(
                "What the model expects of {noun} on average. Days add up to weeks and stores to the chain. A closed day "
                "is exactly 0.",
                noun=noun,
            ),
        ),
        (
            words.text("80% interval, 95% interval"),
            words.text(
                "Eight of ten, or nineteen of twenty, outcomes should fall inside. It comes from the errors of past "
                "forecasts, so it "
                "does not know what has never happened. A day of one store has a wide interval; the chain's total has a "
                "narrow one."
            ),
        ),
        (
            words.text("Against last year"),
            words.text(
                "The same weekdays 364 days before, so that a Monday stands beside a Monday. Only stores that sold in "
                "all of that week count."
            ),
        ),
        (
            words.text("Week number"),
            words.text("As ISO 8601 counts: weeks begin on Monday, and week 1 holds the first Thursday of the year."),
        ),
    ]
    if promotes:
        terms.append(
            (
                words.text("Promotion days"),
                words.text("On how many open days of the week a store has a promotion, the mean of all stores."),
            )
        )
    terms += [
        (
            words.text("Test (backtest)"),
            words.text(
                "A stretch of the past that was forecast as if it lay ahead, from what was known before it, and then "
                "compared with what came."
            ),
        ),
        (
            words.text("Store-day"),
            words.text("One store on one day."),
        ),
        (
            words.text("WAPE, the average error"),
            words.text(
                "By how much the forecast of a store-day is off on average, in percent of what was sold. 10% means: of "
                "every 100 sold, 10 were misjudged, up or down."
            ),
        ),
        (
            words.text("Bias"),
            words.text(
                "By how much the sum of a forecast was too high (+) or too low (−). Errors of single days cancel out in "
                "it."
            ),
        ),
        (
            words.text("RMSPE, MAPE"),
            words.text(
                "Relative errors of store-days. RMSPE squares them, so a few bad days weigh much; MAPE does not."
            ),
        ),
        (
            words.text("MASE, SQL"),
            words.text(
                "Errors beside those of repeating last week: below 1 is better than that. SQL also judges the intervals."
            ),
        ),
        (
            words.text("Measured coverage"),
            words.text(
                "The share of days in the tests that fell inside their interval. Near 80% for the 80% interval is right; far "
                "less means intervals are too narrow."
            ),
        ),
        (
            words.text("Baseline"),
            words.text(
                "A simple rule to beat: what the store usually sells on such a weekday, at the level of its last four "
                "weeks."
            ),
        ),
        (
            words.text("Driver"),
            words.text(
                "What moves a forecast: the level of the store, the weekday, the season, promotions, holidays, "
                "competition, the trend."
            ),
        ),
    ]  # fmt: skip
    return terms
