"""The figures on top of the report, each with its title and what it means."""

from dataclasses import dataclass

from storecast import schema as s
from storecast.report.front_facts import COMPARED, FrontFacts, off_text
from storecast.report.since_last import SinceLast

MOST_DRIVERS = 2


@dataclass(frozen=True)
class Tile:
    """A figure with its title and what it means."""

    title: str
    figure: str
    text: str


def tiles(facts: FrontFacts) -> list[Tile]:
    """Return the figures on top; one that is not known is left out."""
    tiles = [_expected(facts), _last_year(facts), _budget(facts), _tested(facts), _since(facts, facts.report.since)]
    return [tile for tile in tiles if tile]


def _expected(facts: FrontFacts) -> Tile:
    chain, totals = facts.outlook["chain"], facts.totals
    text = facts.words.text("No interval is known for the total.")
    if chain["Lower80"] is not None:
        text = facts.words.text(
            "80% interval: {low} to {high}. Eight of ten such totals should fall inside it; 95% interval: {lower} to "
            "{upper}.",
            low=totals.bare(chain["Lower80"]),
            high=totals.full(chain["Upper80"]),
            lower=totals.bare(chain["Lower95"]),
            upper=totals.bare(chain["Upper95"]),
        )
    days = facts.report.forecast[s.DATE].n_unique()
    title = facts.words.plural(
        "Expected {noun} in one day",
        "Expected {noun} in {count} days",
        days,
        noun=facts.words.text(facts.report.panel.target.noun),
    )
    return Tile(title, totals.full(chain[s.FORECAST]), text)


def _last_year(facts: FrontFacts) -> Tile | None:
    chain = facts.outlook["chain"]
    if chain["Change"] is None:
        return None
    values = {"like": facts.totals.bare(chain["Like"]), "before": facts.totals.full(chain["LastYear"])}
    if chain["share"] >= COMPARED:
        text = facts.words.text("{like} against {before} on the same weekdays of last year.", **values)
    else:
        text = facts.words.text(
            "{like} against {before} on the same weekdays of last year, in stores that sold in both: {share} of the forecast.",
            share=facts.words.percent(chain["share"], 0),
            **values,
        )
    return Tile(facts.words.text("Against last year"), facts.words.signed_percent(chain["Change"]), text)


def _budget(facts: FrontFacts) -> Tile | None:
    budget = facts.report.budget
    if budget is None or not budget.budget:
        return None
    values = {"plan": facts.totals.bare(budget.plan), "budget": facts.totals.full(budget.budget)}
    text = (
        facts.words.text("{plan} against a budget of {budget}.", **values)
        if budget.whole
        else facts.words.text("{plan} against {budget}, where there is a budget.", **values)
    )
    return Tile(facts.words.text("Against budget"), facts.words.signed_percent(budget.plan / budget.budget - 1), text)


def _tested(facts: FrontFacts) -> Tile | None:
    if not facts.tests:
        return None
    newest = facts.tests[0]
    text = facts.words.text(
        "{span}: {forecast} forecast, {sold} actual.",
        span=facts.words.span(newest.first, newest.last),
        forecast=facts.totals.bare(newest.forecast),
        sold=facts.totals.full(newest.sold),
    )
    if len(facts.tests) > 1:
        others = [off_text(facts, test.error) for test in facts.tests[1:]]
        text += " " + facts.words.plural(
            "The test before it: {errors}.", "The tests before it: {errors}.", len(others), errors=", ".join(others)
        )
    if facts.mean and facts.mean.get("wape") is not None:
        text += " " + facts.words.text(
            "A store's day was off by {error} on average.", error=facts.words.percent(facts.mean["wape"])
        )
    return Tile(facts.words.text("How far off the last test was"), off_text(facts, newest.error), text)


def _since(facts: FrontFacts, since: SinceLast | None) -> Tile | None:
    if since is None:
        return None
    change = since.after - since.before
    text = facts.words.text(
        "The forecast for {span} changed by {change}.",
        span=facts.words.span(since.first, since.last),
        change=facts.totals.signed(change),
    )
    largest = list((since.drivers or {}).items())[:MOST_DRIVERS]
    if largest and change:
        names = ", ".join(f"{facts.words.text(name)} ({'+' if value > 0 else '−'})" for name, value in largest)
        text += " " + facts.words.plural(
            "In the one store examined, mostly because of: {drivers}.",
            "In {count} stores examined, mostly because of: {drivers}.",
            since.stores,
            drivers=names,
        )
    elif change:
        text += " " + facts.words.text("The reason is not known.")
    if since.came and since.came[2]:
        first, last, forecast, sold = since.came
        text += " " + facts.words.text(
            "Actual figures for {span}: {share} against it.",
            span=facts.words.span(first, last),
            share=facts.words.signed_percent(sold / forecast - 1),
        )
    share = change / since.before if since.before else 0.0
    return Tile(facts.words.text("Since the last forecast"), facts.words.signed_percent(share), text)
