"""Amounts of money, or of whatever is forecast, in a size that is read at a glance."""

from dataclasses import dataclass, replace

from storecast.language import Words

MILLIONS_FROM, THOUSANDS_FROM = 2e7, 2e5  # of the largest amount that stands beside the others


@dataclass(frozen=True)
class Amounts:
    """How amounts of one kind are written.

    Attributes
    ----------
    words : of the language
    unit : such as EUR; empty where nobody says it
    divisor : by which amounts are divided
    digits : after the point
    """

    words: Words
    unit: str
    divisor: float
    digits: int

    @classmethod
    def up_to(cls, largest: float, words: Words, unit: str) -> "Amounts":
        """Choose the size by the largest amount.

        Parameters
        ----------
        largest : amount
        words : of the language
        unit : such as EUR; may be empty
        """
        millions, thousands = (abs(largest) >= limit for limit in (MILLIONS_FROM, THOUSANDS_FROM))
        return cls(words, unit, 1e6 if millions else 1e3 if thousands else 1.0, 1 if millions else 0)

    def finer(self, largest: float) -> "Amounts":
        """Return the same for parts of these amounts, with two digits where the largest of them would have one before the point."""
        return replace(self, digits=2) if self.digits and largest < 10 * self.divisor else self

    @property
    def counted_in(self) -> str:
        """What the bare numbers are counted in: ``million EUR``; empty without size and unit."""
        size = {1e6: self.words.text("million"), 1e3: self.words.text("thousand")}.get(self.divisor, "")
        return " ".join(part for part in (size, self.unit) if part)

    def bare(self, value: float) -> str:
        """Return the number alone, for a cell below `counted_in`."""
        return self.words.number(value / self.divisor, self.digits)

    def full(self, value: float) -> str:
        """Return the number with what it is counted in."""
        return " ".join(part for part in (self.bare(value), self.counted_in) if part)

    def signed(self, value: float) -> str:
        """Return a difference with its sign and what it is counted in."""
        return ("+" if value > 0 else "") + self.full(value)
