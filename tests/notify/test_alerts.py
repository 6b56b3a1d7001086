"""An alert begins at its threshold, is reported again where it doubles, and ends when its condition has been away long enough."""

import datetime as dt

from storecast.notify.alerts import Alert, Condition, Threshold, acknowledged, update

MONDAY = dt.date(2015, 6, 15)


class Mondays:
    """The same alerts over several weeks."""

    def __init__(self, thresholds: dict[str, Threshold], end_after_days: int = 0) -> None:
        self.alerts: list[Alert] = []
        self.thresholds, self.end_after_days, self.day = thresholds, end_after_days, MONDAY

    def see(self, amount: float | None, *, complete: bool = True) -> list[str]:
        """Take what is seen of missing stores, a week later; return what happened."""
        conditions = [] if amount is None else [Condition("missing", f"{amount} stores", amount)]
        self.alerts, changes = update(
            self.alerts, conditions, self.day, self.thresholds, self.end_after_days, complete=complete
        )
        self.day += dt.timedelta(days=7)
        return [change.event for change in changes]


def test_it_begins_at_one_threshold_and_ends_below_a_lower_one_and_is_told_once() -> None:
    mondays = Mondays({"missing": Threshold(5, 2)})
    amounts = [4, 5, 6, 3, 2, 1, 4, 5]
    assert [mondays.see(amount) for amount in amounts] == [[], ["begun"], [], [], [], ["ended"], [], ["begun"]]


def test_what_doubles_is_told_again_even_where_somebody_looks_after_it() -> None:
    mondays = Mondays({})
    assert mondays.see(3) == ["begun"]
    assert mondays.see(5) == []
    mondays.alerts = [acknowledged(mondays.alerts[0], "Ada", "roadworks")]
    assert mondays.see(9) == []
    assert (mondays.alerts[0].acknowledged_by, mondays.alerts[0].since) == ("Ada", MONDAY)
    assert mondays.see(10) == ["worse"]
    assert mondays.alerts[0].acknowledged_by == ""


def test_it_ends_only_when_it_has_been_away_for_the_days_that_are_set() -> None:
    mondays = Mondays({}, end_after_days=7)
    weeks = [3, None, 3, None, None]
    assert [mondays.see(amount) for amount in weeks] == [["begun"], [], [], [], ["ended"]]


def test_a_job_that_failed_ends_no_alert() -> None:
    mondays = Mondays({})
    assert mondays.see(3) == ["begun"]
    assert mondays.see(None, complete=False) == []
    assert [alert.key for alert in mondays.alerts] == ["missing"]


def test_an_alert_is_the_same_after_its_file_is_read() -> None:
    alert = Alert("late", "The sales are late.", 2.0, MONDAY, 2.0, MONDAY, "Ada", "asked")
    assert Alert.from_plain(alert.to_plain()) == alert
