"""How right is the calendar that storecast works out where none is given? Shares of store-days, 48 days ahead."""

import datetime as dt

import polars as pl

from measure import arguments, cpu_of

CUTOFFS = (
    dt.date(2014, 3, 3),
    dt.date(2014, 6, 20),
    dt.date(2014, 10, 16),
    dt.date(2015, 1, 20),
    dt.date(2015, 3, 9),
    dt.date(2015, 4, 26),
)


def main() -> None:
    """Print a line for each cutoff."""
    from storecast import schema as s
    from storecast.data.ahead import extend
    from storecast.data.clean import clean
    from storecast.data.read import read_chain

    panel = clean(read_chain(arguments(__doc__).data)).panel
    print("cutoff," + ",".join(s.KNOWN) + ",CPU seconds")
    for cutoff in CUTOFFS:
        seconds, found = cpu_of(lambda cutoff=cutoff: extend(panel.until(cutoff), cutoff + dt.timedelta(days=48)))
        both = found.calendar.filter(pl.col(s.DATE) > cutoff).join(panel.calendar, on=s.KEYS, suffix="_given")
        shares = [f"{(both[name] == both[name + '_given']).mean():.3f}" for name in s.KNOWN]
        print(cutoff, *shares, f"{seconds:.2f}", sep=",")


if __name__ == "__main__":
    main()
