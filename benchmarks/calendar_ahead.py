"""How right is the calendar that storecast works out where none is given? Shares of store-days, 48 days ahead."""

import datetime as dt

import polars as pl

from measure import arguments, cpu_of

HORIZON = 48
CUTOFFS = (
    dt.date(2014, 3, 3),
    dt.date(2014, 6, 20),
    dt.date(2014, 10, 16),
    dt.date(2015, 1, 20),
    dt.date(2015, 3, 9),
    dt.date(2015, 4, 26),
)
FIRST = 280  # days of history before the first of the cutoffs that are averaged
STEP = 28  # days between them: one cutoff alone may be lucky, with promotions above all


def main() -> None:
    """Print a line for each cutoff, and the mean over cutoffs spread evenly over the data."""
    from storecast import schema as s
    from storecast.data.ahead import extend
    from storecast.data.clean import clean
    from storecast.data.panel import Panel
    from storecast.data.read import read_chain

    def shares(panel: Panel, cutoff: dt.date) -> list[float]:
        """Return the share of store-days that are right, by column, and the CPU seconds."""
        past = panel.until(cutoff)
        seconds, extended = cpu_of(lambda: extend(past, cutoff + dt.timedelta(days=HORIZON)))
        both = extended.calendar.filter(pl.col(s.DATE) > cutoff).join(panel.calendar, on=s.KEYS, suffix="_given")
        return [*(float((both[name] == both[f"{name}_given"]).mean()) for name in s.KNOWN), seconds]

    panel = clean(read_chain(arguments(__doc__).data)).panel
    print("cutoff," + ",".join(s.KNOWN) + ",CPU seconds")
    for cutoff in CUTOFFS:
        print(cutoff, *(f"{value:.3f}" for value in shares(panel, cutoff)), sep=",")
    last = (panel.end - panel.first).days - HORIZON
    spread = [panel.first + dt.timedelta(days=day) for day in range(FIRST, last, STEP)]
    table = pl.DataFrame([shares(panel, cutoff) for cutoff in spread], orient="row")
    print(f"mean of {len(spread)}", *(f"{value:.3f}" for value in table.mean().row(0)), sep=",")


if __name__ == "__main__":
    main()
