"""What a docstring says of parameters and attributes, for schemas that are made of code."""

import inspect
import re

_ITEM = re.compile(r"^(\w+(?:, \w+)*) : (.*(?:\n +.*)*)", re.MULTILINE)


def described(text: str, section: str) -> tuple[str, dict[str, str]]:
    r"""Return what stands before a section of a docstring, as one paragraph, and what the section says of each name.

    Parameters
    ----------
    text : the docstring
    section : its title, Parameters or Attributes; the last one of the docstring

    Examples
    --------
    >>> described("Add.\n\nParameters\n----------\na, b : whole\n    numbers\n", "Parameters")
    ('Add.', {'a': 'Whole numbers.', 'b': 'Whole numbers.'})
    """
    summary, _, items = inspect.cleandoc(text).partition(f"\n\n{section}\n{'-' * len(section)}\n")
    sentences = {name: _sentence(item) for names, item in _ITEM.findall(items) for name in names.split(", ")}
    return " ".join(summary.split()), sentences


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
