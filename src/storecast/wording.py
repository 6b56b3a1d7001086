"""Pieces of sentences."""

from collections.abc import Sequence


def in_words(parts: Sequence[str], conjunction: str = "and") -> str:
    """Return parts of a sentence as one.

    Examples
    --------
    >>> in_words(["a"]), in_words(["a", "b"]), in_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    >>> in_words(["a", "b"], "or")
    'a or b'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {conjunction} {parts[-1]}"
