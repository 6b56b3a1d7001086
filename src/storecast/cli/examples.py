"""Examples in the help of each command, and of each group of commands."""

from collections.abc import Mapping, Sequence

WHOLE = (
    "storecast demo-data --out demo",
    "storecast run --data demo --out home",
    "storecast serve --home home",
)
EXAMPLES: Mapping[str, Sequence[str]] = {
    "init": ("storecast init --data my-files",),
    "run": (
        "storecast run --data my-files --out home",
        "storecast run --data my-files --out home --fast",
        "storecast run --out home --models naive,linear",
    ),
    "check": ("storecast check --data my-files", "storecast check --data my-files --out checked"),
    "partition": ("storecast partition --data my-files --out parts --memory 3GiB",),
    "run-parts": ("storecast run-parts --parts parts --out home",),
    "explore": (
        "storecast explore --data my-files --out exploration",
        "storecast explore --data my-files --out exploration --questions promotions,holidays",
    ),
    "backtest": ("storecast backtest --data my-files --out scores --models linear,boosting --windows 3",),
    "train": ("storecast train --data my-files --out home --models blend",),
    "forecast": (
        "storecast forecast --home home --out forecast.csv",
        "storecast forecast --home home --out forecast.csv --totals totals.csv --quantiles 0.1,0.5,0.9",
    ),
    "explain": (
        "storecast explain --home home",
        "storecast explain --home home --store 3 --date 2015-06-20",
        "storecast explain --home home --store 3 --date 2015-06-01",
    ),
    "scenario": ("storecast scenario --home home --calendar future.csv --out scenario.csv",),
    "future": ("storecast future --data my-files --out future.csv",),
    "tune": ("storecast tune --data my-files --out tuned --models linear --trials 20",),
    "weekly": ("storecast weekly --home home", "storecast weekly --home home --retrain-after 28"),
    "serve": ("storecast serve --home home", "storecast serve --home home --port 8080 --no-keys"),
    "mcp": ("storecast mcp --url https://storecast.example --key-file assistant.key",),
    "monitor": ("storecast monitor --home home", "storecast monitor --home home --since 2015-06-01 --out monitored"),
    "demo-data": ("storecast demo-data --out demo --stores 12 --days 800",),
    "demo": ("storecast demo --home demo-home",),
    "plan": (
        "storecast plan publish --home home --by Ada",
        "storecast plan show --home home",
        "storecast plan advance --to reviewed --by Ada --home home",
    ),
    "plan publish": ('storecast plan publish --home home --explain --by Ada --note "before Easter"',),
    "plan list": ("storecast plan list --home home",),
    "plan show": (
        "storecast plan show --home home",
        "storecast plan show --version 3 --level state --out plan.csv --home home",
    ),
    "plan advance": (
        "storecast plan advance --to reviewed --by Ada --home home",
        'storecast plan advance --to approved --by Bo --note "agreed with the districts" --home home',
    ),
    "plan compare": (
        "storecast plan compare --home home",
        "storecast plan compare --before 2 --after 3 --out moved.csv --home home",
    ),
    "plan override": (
        "storecast plan override --key 3 --first 2015-07-06 --last 2015-07-12 --figure 52000"
        ' --reason "local event" --by Ada --home home',
        "storecast plan override --level type --key a --first 2015-07-13 --last 2015-07-19 --factor 1.05"
        " --reason promotion --by Ada --home home",
        "storecast plan override --file overrides.csv --by Ada --home home",
    ),
    "plan overrides": (
        "storecast plan overrides --home home",
        "storecast plan overrides --out overrides.csv --home home",
    ),
    "plan withdraw": ("storecast plan withdraw 2 --by Ada --home home",),
    "plan undo": ("storecast plan undo --revision 3 --by Ada --home home",),
    "plan budget": ("storecast plan budget --file budget.csv --home home",),
    "plan undo-budget": ("storecast plan undo-budget --by Ada --home home",),
    "plan reasons": (
        "storecast plan reasons --home home",
        'storecast plan reasons --add "market day" --remove promotion --home home',
    ),
    "plan value": (
        "storecast plan value --home home",
        "storecast plan value --since 2015-06-01 --out value.csv --home home",
    ),
    "plan exceptions": (
        "storecast plan exceptions --home home",
        "storecast plan exceptions --all --home home",
    ),
    "plan handle": (
        "storecast plan handle change:2015-07-06:3 --state done --owner Ada --home home",
        "storecast plan handle band:2015-06-29:7 --state snoozed --until 2015-07-13 --owner Bo --home home",
    ),
    "plan comment": (
        'storecast plan comment "Agreed with the districts" --by Ada --home home',
        'storecast plan comment "The roadworks end on Friday" --store 3 --first 2015-07-06 --last 2015-07-10'
        " --by Ada --home home",
    ),
    "plan comments": (
        "storecast plan comments --home home",
        "storecast plan comments --store 3 --home home",
    ),
    "plan summary": ("storecast plan summary --home home",),
    "plan export": (
        "storecast plan export --out plan.xlsx --home home",
        "storecast plan export --out plan.xlsx --version 3 --language de --home home",
    ),
    "plan import": (
        "storecast plan import plan.xlsx --home home",
        "storecast plan import plan.xlsx --apply --by Ada --home home",
    ),
    "scenarios": (
        'storecast scenarios save "Two days" --calendar future.csv --home home --by Ada',
        'storecast scenarios show "Two days" --home home',
    ),
    "scenarios save": ('storecast scenarios save "Two days" --calendar future.csv --home home --by Ada',),
    "scenarios list": ("storecast scenarios list --home home",),
    "scenarios show": (
        'storecast scenarios show "Two days" --home home',
        "storecast scenarios show 2 --home home",
    ),
    "scenarios compare": ('storecast scenarios compare "As planned" "Two days" --home home',),
    "scenarios delete": ('storecast scenarios delete "As planned" --by Ada --home home',),
    "scenarios restore": ("storecast scenarios restore 1 --by Ada --home home",),
    "scenarios publish": ('storecast scenarios publish "Two days" --by Ada --home home',),
    "alerts": ("storecast alerts list --home home", "storecast alerts test --home home"),
    "alerts list": ("storecast alerts list --home home",),
    "alerts acknowledge": (
        'storecast alerts acknowledge missing --by Ada --note "store 17 is being rebuilt until July" --home home',
    ),
    "alerts test": (
        "storecast alerts test --home home",
        "storecast alerts test --notify notify.toml --home home",
    ),
    "models": (
        "storecast models list --home home",
        "storecast models promote model-2015-06-14-02-00-00.pkl --home home",
    ),
    "models list": ("storecast models list --home home",),
    "models show": (
        "storecast models show --home home",
        "storecast models show model-2015-06-14-02-00-00.pkl --home home",
    ),
    "models verify": (
        "storecast models verify --home home",
        "storecast models verify model-2015-06-14-02-00-00.pkl --home home",
    ),
    "models promote": ("storecast models promote model-2015-06-14-02-00-00.pkl --home home",),
    "models rollback": ("storecast models rollback --home home",),
    "models prune": ("storecast models prune --keep 5 --home home",),
    "db": ("storecast db status --home home", "storecast db backup --home home --out home.zip"),
    "db upgrade": (
        "storecast db upgrade --home home",
        "storecast db upgrade --db postgresql://user@host/name",
    ),
    "db downgrade": ("storecast db downgrade --to 0012 --yes --home home",),
    "db load": (
        "storecast db load --data my-files --home home",
        "storecast db load --data my-files --db postgresql://user@host/name",
    ),
    "db audit": ("storecast db audit --out audit.jsonl --since 2015-06-01 --home home",),
    "db backup": ("storecast db backup --out home.zip --home home",),
    "db restore": (
        "storecast db restore --file home.zip --db sqlite:///chain.db",
        "storecast db restore --file home.zip --replace --db postgresql://user@host/name",
    ),
    "db prune": ("storecast db prune --forecasts 730 --requests 90 --home home",),
    "db undo": ("storecast db undo --version 12 --home home",),
    "db status": ("storecast db status --home home", "storecast db status --json --home home"),
    "key": (
        "storecast key create --name planner --scopes read,forecast --home home",
        "storecast key list --home home",
    ),
    "key create": (
        "storecast key create --name planner --scopes read,forecast --home home",
        "storecast key create --name prometheus --scopes read --expires never --home home",
    ),
    "key rotate": (
        "storecast key rotate 1 --home home",
        "storecast key rotate 1 --grace-days 0 --expires 2026-12-31 --home home",
    ),
    "key list": ("storecast key list --home home",),
    "key revoke": ("storecast key revoke 1 --home home",),
}


def epilog(examples: Sequence[str]) -> str:
    """Return examples as the end of a help: a line each."""
    return "\n\n".join(["Examples:", *(f"  {example}" for example in examples)])
