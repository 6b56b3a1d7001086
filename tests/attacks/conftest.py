"""The home and the service of `serving`, services of `nursery`, and what long tests write down."""

from nursery import nursery
from reporting import report
from serving import client, home

__all__ = ["client", "home", "nursery", "report"]
