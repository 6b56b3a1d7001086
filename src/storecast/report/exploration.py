"""The exploration's part of the report: its sections, its own page, and its pictures as files."""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl

from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.errors import ConfigError
from storecast.files import atomic_write, make_folder
from storecast.report.answers.registry import ASKED, make_section
from storecast.report.section import Section
from storecast.report.templates import figure_html, render_template

PNG_WIDTH, PNG_SCALE = 900, 2


@dataclass(frozen=True, eq=False)
class Exploration:
    """What was asked of a chain, and found.

    Attributes
    ----------
    tables : the tidy table of each question that was answered, by its name, in the order of the report
    unanswered : the reason for each of the others
    first, last : the first and the last day with sales
    """

    tables: Mapping[str, pl.DataFrame]
    unanswered: Mapping[str, str]
    first: dt.date
    last: dt.date

    def sections(self) -> list[Section]:
        """Make the sections of the report."""
        return [make_section(name, table) for name, table in self.tables.items()]


def exploration_part(found: Exploration | None) -> dict[str, Any] | None:
    """Return what the templates need of an exploration; None without one."""
    if found is None:
        return None
    return {
        "sections": [
            {
                **{name: getattr(section, name) for name in ("key", "question", "short", "answer", "tables", "method", "unproven")},
                "pictures": [
                    {
                        "title": picture.title,
                        "alt": picture.alt,
                        "caption": picture.caption,
                        "wide": picture.wide,
                        "html": figure_html(picture.figure, f"{section.key}-{picture.name}"),
                    }
                    for picture in section.pictures
                ],
            }
            for section in found.sections()
        ],
        "unanswered": [(ASKED[name], reason) for name, reason in found.unanswered.items()],
        "first": found.first,
        "last": found.last,
    }  # fmt: skip


def write_exploration(
    path: Path, found: Exploration, panel: Panel, repairs: Sequence[Repair], *, generated: bool, created: dt.datetime, version: str
) -> None:  # fmt: skip
    """Write the page of an exploration alone, whole."""
    page = render_template(
        "explore.html",
        exploration=exploration_part(found),
        repairs=repairs,
        given=False,
        generated=generated,
        stores=panel.stores.height,
        sales=float(panel.sales[s.SALES].sum()),
        rows=panel.sales.height,
        traded=int((panel.sales[s.SALES] > 0).sum()),
        created=created,
        version=version,
        data=panel.fingerprint,
    )
    with atomic_write(path) as draft:
        draft.write_text(page, encoding="utf-8")


def write_pictures(out: Path, found: Exploration) -> int:
    """Write each picture as a PNG, by Kaleido and the Chromium of this machine; return how many.

    Raises
    ------
    ConfigError
        where the extra ``png`` or a browser is missing.
    """
    try:
        import kaleido
        from choreographer.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError
    except ModuleNotFoundError as error:
        raise ConfigError("Pictures as files need Kaleido. Install the extra: pip install 'storecast[png]'.") from error
    pictures = [(section.key, picture) for section in found.sections() for picture in section.pictures]
    make_folder(out)
    jobs = []
    for key, picture in pictures:
        figure = go.Figure(picture.figure)
        figure.update_layout(width=PNG_WIDTH, title_text=picture.title, margin={"t": 70, "l": 20, "r": 20, "b": 20})
        jobs.append(
            {
                "fig": figure,
                "path": str(out / f"{key}-{picture.name}.png"),
                "opts": {"format": "png", "scale": PNG_SCALE},
            }
        )
    try:
        # Kaleido's page would ask a host on the network for MathJax, which no title here needs.
        kaleido.write_fig_from_object_sync(jobs, kopts={"mathjax": False})
    except ChromeNotFoundError as error:
        raise ConfigError(
            "Kaleido found no browser. Install Chromium or Chrome (Debian: apt install chromium), or name one in BROWSER_PATH."
        ) from error
    except (BrowserFailedError, BrowserClosedError) as error:
        raise ConfigError(
            f"Kaleido's browser did not start: {error}. Expected Chromium or Chrome; "
            f"BROWSER_PATH is {os.environ.get('BROWSER_PATH', 'not set')}."
        ) from error
    return len(jobs)
