"""What calls a command."""

from support.commands import cli

__all__ = ["cli"]
