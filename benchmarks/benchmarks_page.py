"""Run the short benchmarks and write docs/benchmarks.md: the machine, and of each benchmark what it printed and what it means.

    python benchmarks/benchmarks_page.py --data DIR --peer mlforecast=peers/bin/python

Without --data they run on a generated chain. What each printed is kept in a folder, from which --reuse writes the page again
without measuring again: after a run on a quieter machine, or of one benchmark alone.
"""

import argparse
import datetime as dt
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from measure import CLI, machine

ROOT = Path(__file__).parents[1]
MODULES = ("storecast", "numpy", "polars", "sklearn", "xgboost")  # whose versions decide speed and figures
GENERATED, GIVEN = "a generated chain", "the files given with DATA"
BAR = " | "
LIBRARY = "library"  # the head of the first column of a table that compares libraries
FIGURES = ("WAPE", "SQL", "CPU s")  # of it, that a reader in a hurry needs
AGAINST, WORK = " against ", "The work around the booster"  # what sentences say that belong into the short part


@dataclass(frozen=True)
class Part:
    """A benchmark of the page.

    Attributes
    ----------
    script : its name in this folder, without .py
    title : of its section
    meaning : what its figures are, in plain English
    options : beside those that the page is given
    on_data : whether it takes --data
    """

    script: str
    title: str
    meaning: str
    options: tuple[str, ...] = ()
    on_data: bool = True


PARTS = (
    Part(
        "peers",
        "Beside other libraries",
        """Each library forecasts the same days from the same files, in a process of its own: it reads them, learns, and
writes its forecasts. CPU seconds count both cores, wall seconds are by the clock, GiB are the most memory
that the process held. Lines are those that a user writes, without blanks and comments; those of a peer are
its script in `benchmarks/peers` and the reading of the files that all peers share, and storecast is one
command. RMSPE is the root of the mean squared relative error, WAPE the sum of absolute errors over the sum of
sales, SQL the scaled loss of nine deciles, a dash where a library gives none; of all three less is better. Of
"80% covered", .8 is best. A ratio below 1 means better, faster, smaller or shorter than the library in the
first line. The peers get log sales, a full grid of days, and the calendar ahead; days on which a store is
closed carry the sales of its last open day and do not count, in learning (where a library takes weights) or
in scores. Lags and rounds were chosen on an earlier window. mlforecast's intervals come from two windows,
skforecast's from one, as do ours, so each fits twice.""",
    ),
    Part(
        "floor",
        "The work around the booster",
        """Under `boosting` lies XGBoost, and under reading the bytes of the files: nothing built on them can cost less.
The table shows each step beside its floor. The bare booster learns the same matrix with the same settings and
threads; the whole fit makes that matrix first, from the ridge and the features. The bytes come from the
operating system's cache, so this floor is low.""",
    ),
    Part(
        "speed",
        "Single steps",
        """CPU seconds of the steps that every run repeats, medians of five. The limits are the ones that storecast sets
itself for the Rossmann files (1,115 stores, 960,000 rows).""",
    ),
    Part(
        "busy",
        "Beside other programs",
        """The same fit while other processes keep the cores busy. A CPU ratio near 1 means that threads sleep while they
wait; threads that spin would use several times the CPU time. The wall ratio is what the scheduler leaves.""",
        ("--runs", "1"),
        on_data=False,
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of a chain's files; default: a generated chain")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", help="as of peers.py")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--outputs", type=Path, default=ROOT / "build/bench", help="folder of what each printed")
    parser.add_argument("--reuse", action="store_true", help="measure only what has no output in that folder")
    parser.add_argument("--parts", default=",".join(part.script for part in PARTS), help="comma-separated")
    chosen = parser.parse_args(arguments)
    parts = [part for part in PARTS if part.script in chosen.parts.split(",")]
    chosen.outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = chosen.data
        for part in parts:
            output = chosen.outputs / f"{part.script}.txt"
            if chosen.reuse and output.exists():
                continue
            if data is None:
                data = Path(folder, "chain")
                subprocess.run([*CLI, "demo-data", "--out", str(data)], check=True, stdout=subprocess.DEVNULL)
            peers = [f"--peer={peer}" for peer in chosen.peer] if part.script == "peers" else []
            print(f"{part.script} …", file=sys.stderr, flush=True)
            chain = GENERATED if chosen.data is None or not part.on_data else GIVEN
            output.write_text(f"# on {chain}\n{printed(part, data, peers)}", encoding="utf-8")
    texts = {part: (chosen.outputs / f"{part.script}.txt").read_text(encoding="utf-8") for part in parts}
    chosen.out.write_text(page(texts), encoding="utf-8")


def printed(part: Part, data: Path, peers: list[str]) -> str:
    """Run a benchmark; return what it printed."""
    command = [sys.executable, str(Path(__file__).with_name(f"{part.script}.py")), *part.options, *peers]
    if part.on_data:
        command += ["--data", str(data)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def page(texts: Mapping[Part, str]) -> str:
    """Return the page, in Markdown.

    Parameters
    ----------
    texts : what each part printed
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {importlib.import_module(name).__version__}" for name in MODULES)
    sections = [
        f"""# Benchmarks

{in_short(list(texts.values()))}

## How to measure

`make bench` runs the short benchmarks and writes this page; `make bench-long` runs those behind [accuracy.md](accuracy.md) and
the other pages, which take hours. `make bench DATA=dir PEERS="mlforecast=peers/bin/python …"` measures files of your own, beside
libraries that you have installed in environments of their own (`benchmarks/peers.py` says which packages each needs).

- Written on {dt.date.today()}. Each section says which chain it ran on.
- Machine: {machine()}, {memory:.0f} GiB of memory.
- Versions: {versions}.
- The load that a section names is the number of processes that wanted a core when it began. Above the number of cores, other
  programs took part of them: CPU seconds and ratios then say more than seconds by the clock.

## Appendix: every figure"""
    ]
    for part, text in texts.items():
        sections.append(
            f"### {part.title}\n\n{part.meaning}\n\n{as_markdown(text)}\n\nMeasured by `benchmarks/{part.script}.py`."
        )
    return "\n\n".join(sections) + "\n"


def in_short(texts: Sequence[str]) -> str:
    """Return the part for a reader in a hurry: what was compared, three figures of each library, and what is better and worse.

    Parameters
    ----------
    texts : what each part printed
    """
    blocks = []
    for text in texts:
        tables = tables_in([line for line in text.splitlines() if BAR in line])
        rows = [line.split(BAR) for line in tables[0]] if tables else []
        if rows and rows[0][0] == LIBRARY and set(FIGURES) <= set(rows[0]):
            chain, window = (
                next((line for line in text.splitlines() if mark in line), "") for mark in ("# on ", " days after ")
            )
            blocks += [
                f"Each library forecast the same days {chain.removeprefix('# ')}, in a process of its own"
                f" ({window.removeprefix('# ')}). WAPE is the average error, SQL the loss of the deciles. "
                "Of all three figures, less is better.",
                as_table([[row[0], *(row[rows[0].index(name)] for name in FIGURES)] for row in rows]),
            ]
            verdicts = (
                [line for line in text.split("Ratios to ")[1].splitlines() if AGAINST in line]
                if "Ratios to " in text
                else []
            )
            if verdicts:
                blocks += [
                    "\n".join(f"- {line}" for line in verdicts),
                    "A ratio below 1 is better: 0.8 × is a fifth less.",
                ]
        blocks += [line for line in text.splitlines() if line.startswith(WORK) and BAR not in line]
    return "\n\n".join(blocks) or "No library was measured."


def as_markdown(text: str) -> str:
    """Return what a benchmark printed as Markdown: rows between bars as tables, lines after # as a list, others as sentences."""
    blocks = []
    for kind, lines in groupby(filter(None, text.splitlines()), key=kind_of):
        if kind == "table":
            blocks += [as_table([line.split(BAR) for line in rows]) for rows in tables_in(list(lines))]
        elif kind == "note":
            blocks.append("\n".join(f"- {line.removeprefix('#').strip()}" for line in lines))
        else:
            blocks.append("\n\n".join(lines))
    return "\n\n".join(blocks)


def kind_of(line: str) -> str:
    """Return whether a line is a row of a table, a note or a sentence."""
    return "note" if line.startswith("#") else "table" if BAR in line else "sentence"


def tables_in(lines: list[str]) -> list[list[str]]:
    """Split rows where the number of cells changes."""
    return [list(rows) for _, rows in groupby(lines, key=lambda line: line.count(BAR))]


def as_table(rows: list[list[str]]) -> str:
    """Return rows as a Markdown table, the first as its header; columns of figures stand to the right."""
    header, *body = rows
    is_figure = [all(is_number(row[place]) for row in body) for place in range(len(header))]
    widths = [max(3, *(len(row[place]) for row in rows)) for place in range(len(header))]
    rule = ["-" * (width - 1) + ":" if figure else "-" * width for width, figure in zip(widths, is_figure, strict=True)]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if figure else cell.ljust(width)
            for cell, width, figure in zip(row, widths, is_figure, strict=True)
        )
        + " |"
        for row in (header, rule, *body)
    )


def is_number(cell: str) -> bool:
    """Return whether a cell is a figure, or a dash in the place of one."""
    return cell == "–" or cell.replace(".", "", 1).lstrip("-").isdecimal()


if __name__ == "__main__":
    main()
