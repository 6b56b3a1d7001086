"""What calls a command."""

from commands import cli

__all__ = ["cli"]
