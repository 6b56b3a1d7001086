"""Pieces of sentences."""

from collections.abc import Sequence


def in_words(parts: Sequence[str]) -> str:
    """Return parts of a sentence as one.

    Examples
    --------
    >>> in_words(["a"]), in_words(["a", "b"]), in_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
