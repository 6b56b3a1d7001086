"""Dates with words of other languages: names of months become English ones, and a weekday before a date is left out."""

import re

import polars as pl

from storecast.data.column_synonyms import plain

_MONTHS = {  # without accents; each name also by its first three letters and more
    "Jan": "january januar janvier enero gennaio janeiro januari styczen stycznia leden ledna ocak januar tammikuu",
    "Feb": "february februar fevrier febrero febbraio fevereiro februari luty lutego unor unora subat helmikuu",
    "Mar": "march marz maerz mars marzo marco maart marzec marca brezen brezna mart maaliskuu",
    "Apr": "april avril abril aprile kwiecien kwietnia duben dubna nisan huhtikuu",
    "May": "may mai mayo maggio maio mei maj maja kveten kvetna mayis toukokuu",
    "Jun": "june juni juin junio giugno junho czerwiec czerwca cerven cervna haziran kesakuu",
    "Jul": "july juli juillet julio luglio julho lipiec lipca cervenec cervence temmuz heinakuu",
    "Aug": "august aout agosto augustus sierpien sierpnia srpen srpna agustos elokuu",
    "Sep": "september septembre septiembre setiembre settembre setembro wrzesien wrzesnia zari eylul syyskuu",
    "Oct": "october oktober octobre octubre ottobre outubro pazdziernik pazdziernika rijen rijna ekim lokakuu",
    "Nov": "november novembre noviembre novembro listopad listopada listopadu kasim marraskuu",
    "Dec": "december dezember decembre diciembre dicembre dezembro grudzien grudnia prosinec prosince aralik joulukuu",
}
_SHORT = {"mar": "Mar", "janv": "Jan", "fevr": "Feb", "mrz": "Mar", "mrt": "Mar", "sept": "Sep"}
LEAST_LETTERS = 3
_BY_PREFIX: dict[str, set[str]] = {}
for _month, _names in _MONTHS.items():
    for _name in _names.split():
        for _end in range(LEAST_LETTERS, len(_name) + 1):
            _BY_PREFIX.setdefault(_name[:_end], set()).add(_month)
MONTHS = {prefix: next(iter(months)) for prefix, months in _BY_PREFIX.items() if len(months) == 1} | _SHORT
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun montag dienstag mittwoch "
    "donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lun mar mer jeu ven sam dim lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom lunedi martedi "
    "mercoledi giovedi venerdi gio segunda terca quarta quinta sexta poniedzialek wtorek sroda czwartek piatek sobota "
    "niedziela pon wt sr czw pt sob nd pazartesi sali carsamba persembe cuma cumartesi pazar pzt cmt paz maandag dinsdag "
    "woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo"
)
WEEKDAYS = frozenset(_WEEKDAYS.split())
WORD = re.compile(r"[^\W\d_]{2,}\.?")
TIME_WORDS = frozenset({"t", "z", "am", "pm", "de", "del"})


def in_english(text: pl.Series) -> pl.Series:
    """Return dates with English names of months, short ones, and without weekdays before them; other cells as they are.

    A cell with a word that is neither stays as it is.

    Parameters
    ----------
    text : the cells, stripped

    Examples
    --------
    >>> in_english(pl.Series(["03-ene-2022", "lun. 3 janvier 2022", "3 maja 2022", "Mi 05.01.22", "Total"])).to_list()
    ['03-Jan-2022', '3 Jan 2022', '3 May 2022', '05.01.22', 'Total']
    """
    if not text.str.contains(r"\p{L}{2}").any():
        return text
    cells = [cell for cell in text.drop_nulls().unique() if WORD.search(cell)]
    english = {cell: _in_english(cell) for cell in cells}
    return text.replace({cell: value for cell, value in english.items() if cell != value})


def _in_english(cell: str) -> str:
    parts = cell
    first = WORD.match(cell)
    if (
        first is not None
        and plain(first[0]) in WEEKDAYS
        and first.end() < len(cell)
        and not cell[first.end()].isalpha()
    ):
        rest = cell[first.end() :].lstrip(",. ")
        parts = rest if rest[:1].isdigit() else cell
    for word in {*WORD.findall(parts)}:
        month = MONTHS.get(plain(word))
        if month is None and plain(word) not in TIME_WORDS:
            return cell
        if month is not None:
            parts = parts.replace(word, month)
    return re.sub(r"\b[Dd]el? ", "", parts)
