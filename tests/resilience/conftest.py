"""The home and the service of `serving`, services of `nursery`, and what long tests write down."""

from support.resilience_report import report
from support.served_home import client, home
from support.service_process import nursery

__all__ = ["client", "home", "nursery", "report"]
