"""The home that the page is served from."""

from support.served_home import home

__all__ = ["home"]
