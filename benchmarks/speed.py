"""CPU seconds of reading and cleaning, of `linear`, and of the feature rows at forecast time: medians of five runs."""

from measure import arguments, cpu_of, median_cpu, peak_gib, print_table

HORIZON = 48


def main() -> None:
    """Print a line for each step, with its limit."""
    import datetime as dt

    from storecast.data.clean import clean
    from storecast.data.read import read_chain
    from storecast.features.store import FeatureStore
    from storecast.models import create
    from storecast.uncertainty.point import point_forecasts

    data = arguments(__doc__).data
    first, cleaned = cpu_of(lambda: clean(read_chain(data)))
    panel = cleaned.panel
    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)

    def linear() -> None:
        model = create("linear")
        model.fit(window.past, HORIZON)
        point_forecasts(model, window)

    def features() -> None:
        FeatureStore.of(window).ahead(window)

    print(f"# {panel.sales.height} rows, {panel.stores.height} stores")
    rows = [
        ["reading and cleaning (the first time)", f"{first:.2f}", 4],
        ["reading and cleaning", f"{median_cpu(lambda: clean(read_chain(data))):.2f}", 4],
        ["linear: fit and forecast", f"{median_cpu(linear):.2f}", 15],
        ["feature rows at forecast time", f"{median_cpu(features):.2f}", 3],
    ]
    print_table(["step", "CPU s", "limit on the Rossmann files"], rows)
    print(f"# peak {peak_gib():.2f} GiB")


if __name__ == "__main__":
    main()
