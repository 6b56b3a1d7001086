"""storecast: the daily sales of every store of a retail chain, six weeks ahead."""
