"""What is decided for a whole chain, where its files are cleaned part by part: the same for every part."""

import datetime as dt
from dataclasses import dataclass

from storecast.data.end_of_sales import SalesEnd


@dataclass(frozen=True)
class WholeChain:
    """Decisions for which all stores of a chain must be looked at.

    Attributes
    ----------
    first, last : first and last day of the sales
    end : where the sales end, by the rules that leave days out
    country : ISO code of the country whose holidays the stores keep, as the data show it, "" for none; None where it is named
    """

    first: dt.date
    last: dt.date
    end: SalesEnd
    country: str | None
