"""The home and the service of `serving`."""

from support.served_home import client, home
from support.service_process import service_factory

__all__ = ["client", "home", "service_factory"]
