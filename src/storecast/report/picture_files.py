"""The pictures of sections as PNG files."""

import os
from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go

from storecast.errors import ConfigError
from storecast.files import make_folder
from storecast.report.blank_figure import with_template
from storecast.report.section import Section

PNG_WIDTH, PNG_SCALE = 900, 2


def write_pictures(out: Path, sections: Sequence[Section]) -> int:
    """Write each picture as a PNG, by Kaleido and the Chromium of this machine; return how many.

    Parameters
    ----------
    out : the folder
    sections : whose pictures are written

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
    make_folder(out)
    jobs = []
    for section in sections:
        for picture in section.body.pictures:
            figure = with_template(go.Figure(picture.figure))
            figure.update_layout(
                width=PNG_WIDTH,
                title_text=picture.title,
                margin={"t": 70, "l": 20, "r": 20, "b": 20},
                paper_bgcolor="#fff",
            )
            jobs.append(
                {
                    "fig": figure,
                    "path": str(out / f"{section.key}-{picture.name}.png"),
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
