"""The home and the service of `serving`."""

from serving import client, home

__all__ = ["client", "home"]
