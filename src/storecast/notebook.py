"""How values of storecast show themselves: one line in a terminal, a small table in a notebook."""

from collections.abc import Mapping
from html import escape


class Shown:
    """A value that is shown by a few facts. A subclass that is a dataclass says ``repr=False``."""

    def _facts(self) -> Mapping[str, object]:
        """Return the facts by what they are called."""
        raise NotImplementedError

    def _html_tables(self) -> tuple[str, ...]:
        """Return HTML tables that a notebook shows below the facts."""
        return ()

    def __repr__(self) -> str:
        """Return the facts in one line."""
        facts = ", ".join(f"{name} {value}" for name, value in self._facts().items())
        return f"<{type(self).__name__}: {facts}>"

    def _repr_html_(self) -> str:
        """Return the facts as a table, for a notebook."""
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(str(value))}</td></tr>'
            for name, value in self._facts().items()
        )
        return f"<div><strong>{type(self).__name__}</strong><table>{rows}</table>{''.join(self._html_tables())}</div>"
