"""Flags written in words or marks, as ja and nein or as x and nothing: the whole column decides, or is refused by its line."""

import polars as pl

from storecast.data.column_synonyms import plain
from storecast.data.dialect import TextTable
from storecast.data.refuse_rows import refuse_values

_PAIRS = (
    "yes/no y/n true/false t/f ja/nein ja/nee ja/nej ja/nei j/n wahr/falsch oui/non o/n vrai/faux si/no s/n sim/nao "
    "verdadero/falso verdadeiro/falso vero/falso tak/nie t/n prawda/falsz ano/ne a/n evet/hayir e/h igen/nem i/n "
    "kylla/ei да/нет はい/いいえ 是/否 "
    "on/off open/closed offen/geschlossen geoffnet/geschlossen abierto/cerrado ouvert/ferme aperto/chiuso aberto/fechado "
    "otwarte/zamkniete acik/kapali"
)
PAIRS = tuple((pair.partition("/")[0], pair.partition("/")[2]) for pair in _PAIRS.split())
MARKS = frozenset("x✓✔☑×✗")
NO_MARKS = frozenset("-–—")  # beside marks; so is an empty cell


def read_flag_words(text: pl.Series) -> pl.Series | None:
    """Return a column of flags in words or marks as 1 and 0; None where its cells are no such words, of one language.

    Parameters
    ----------
    text : the cells, stripped; null where they are empty, which is 0 in a column of marks

    Examples
    --------
    >>> read_flag_words(pl.Series(["Ja", "nein", None])).to_list()
    [1, 0, None]
    >>> read_flag_words(pl.Series(["x", None])).to_list()
    [1, 0]
    >>> read_flag_words(pl.Series(["ja", "no"])) is None
    True
    """
    cells = text.drop_nulls().unique().to_list()
    words = {cell: _word(cell) for cell in cells}
    if not cells:
        return None
    if {*words.values()} <= MARKS | NO_MARKS:
        marked = [cell for cell in cells if words[cell] in MARKS]
        return text.is_in(marked).fill_null(value=False).cast(pl.Int8)
    for yes, no in PAIRS:
        if {*words.values()} <= {yes, no}:
            return text.is_in([cell for cell in cells if words[cell] == yes]).cast(pl.Int8)
    return None


def are_flag_words(text: pl.Series) -> pl.Series:
    """Mark the cells that are a word or a mark of a flag, of any language.

    Parameters
    ----------
    text : the cells, stripped, none of them empty
    """
    words = MARKS | NO_MARKS | {word for pair in PAIRS for word in pair}
    return text.is_in([cell for cell in text.unique() if _word(cell) in words])


def read_both_words(text: pl.Series) -> pl.Series | None:
    """Return the same of a column that holds marks, or both words of a pair: one word alone may be a text of any meaning.

    Parameters
    ----------
    text : the cells, stripped; null where they are empty
    """
    flags = read_flag_words(text)
    return flags if flags is not None and flags.drop_nulls().n_unique() > 1 else None


def refuse_mixed_words(table: TextTable, column: str, text: pl.Series) -> None:
    """Refuse a column in which some cells are words of a flag, and others are none of the same language.

    Parameters
    ----------
    table : the file, which names the line
    column : of the cells
    text : the cells, stripped; null where they are empty
    """
    counts = dict(text.drop_nulls().value_counts().iter_rows())
    words = {cell: _word(cell) for cell in counts}
    pairs = [*PAIRS, ("x", "-")]
    likeliest = max(pairs, key=lambda pair: sum(count for cell, count in counts.items() if words[cell] in pair))
    in_words = [cell for cell in counts if words[cell] in likeliest]
    if not in_words:
        return
    if 2 * sum(counts[cell] for cell in in_words) > sum(counts.values()):
        yes, no = likeliest
        refuse_values(table, column, text, text.is_in(in_words), f"{yes} or {no}, as in most cells of the column")
    refuse_values(
        table, column, text, ~text.is_in(in_words), "0 or 1, or words such as yes and no in all of the column"
    )


def _word(cell: str) -> str:
    cell = cell.strip()
    return cell.casefold() if cell.casefold() in MARKS | NO_MARKS else plain(cell)
