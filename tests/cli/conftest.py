"""What calls a command."""

from support.commands import cli, no_exploration

__all__ = ["cli", "no_exploration"]
