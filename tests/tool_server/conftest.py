"""The home and the service that the tools ask."""

from support.commands import cli
from support.served_home import client, home

__all__ = ["cli", "client", "home"]
