"""The home and the service of `serving`."""

from support.served_home import client, home

__all__ = ["client", "home"]
