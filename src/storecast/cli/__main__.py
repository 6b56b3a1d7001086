"""``python -m storecast.cli``: the command line."""

from storecast.cli import main

main()
