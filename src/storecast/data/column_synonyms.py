"""What chains call the columns that storecast reads, in several languages: by this `storecast init` guesses which is which."""

import re
import unicodedata
from functools import lru_cache

from storecast import schema as s
from storecast.data.file_columns import COUNTRY

# Each without case, accents and marks; the likelier names stand first.
_WORDS: dict[str, str] = {
    s.STORE: (
        "store shop branch outlet location site warehouse restaurant market pos atm filiale markt laden "
        "standort filial geschaft haus verkaufsstelle betrieb magasin boutique succursale etablissement pointdevente "
        "tienda sucursal almacen local negozio puntovendita punto loja unidade winkel vestiging filiaal sklep "
        "oddzial prodejna pobocka butik butikk kauppa myymala magaza sube uzlet bolt 店舗 店 门店"
    ),
    s.DATE: (
        "date day datum tag fecha dia jour data giorno dzien den dag dato paiva pvm tarih gun nap ds "
        "timestamp datetime orderdate businessdate salesdate verkaufsdatum 日付 日期"
    ),
    s.SALES: (  # money before quantities
        "sales revenue turnover umsatz erlos verkaufe ventas ingresos ventes chiffredaffaires ca vendite "
        "fatturato incasso vendas faturamento receita omzet verkoop sprzedaz obrot trzby omsattning "
        "forsaljning omsetning omsaetning myynti satis ciro forgalom 売上 销售额 total amount betrag importe "
        "montant importo valor demand orders quantity qty units unitssold volume menge absatz stuck cantidad "
        "quantite quantita quantidade ilosc portions withdrawals receipts y target"
    ),
    s.CUSTOMERS: (
        "customers customer visitors footfall traffic visits kunden besucher kundenzahl clientes clients "
        "clienti klanten klienci klientow klient zakaznici kunder asiakkaat musteri transactions bons tickets"
    ),
    s.OPEN: "open isopen geoffnet offen abierto ouvert aperto aberto otwarte otevreno oppet acik",
    s.PROMO: (
        "promo promotion onpromotion ispromo promotioncurrentweek aktion angebot oferta promocion promozione "
        "promocao actie promocja akcja akce kampanj kampanje kampanya"
    ),
    s.STATE_HOLIDAY: (
        "stateholiday publicholiday holiday isholiday bankholiday holidayflag feiertag festivo feriado ferie "
        "jourferie festivita feestdag swieto svatek helgdag helligdag tatil"
    ),
    s.SCHOOL_HOLIDAY: (
        "schoolholiday schoolholidays isschoolholiday schulferien ferien vacacionesescolares "
        "vacancesscolaires vacanzescolastiche feriasescolares schoolvakantie ferieszkolne skolniprazdniny "
        "skollov"
    ),
    s.ID: "id rowid",
    s.STORE_TYPE: "storetype type format storeformat typ filialtyp tipo formato",
    s.ASSORTMENT: "assortment sortiment surtido assortiment assortimento sortimento",
    s.COMPETITION_DISTANCE: "competitiondistance competitordistance wettbewerbsdistanz",
    COUNTRY: "country countrycode countryname pays pais paese nazione nation staat",
    s.STATE: (
        "state region uf bundesland land province provincia provincie estado comunidad regione departement "
        "wojewodztwo kraj kanton canton bolge"
    ),
}
_QUANTITIES = (  # figures of a store's day that are no money
    "demand orders order quantity qty units unitssold pieces volume menge absatz stuck cantidad quantite quantita quantidade ilosc "
    "portions withdrawals receipts visits visitors footfall traffic customers kunden besucher clientes clients transactions bons "
    "tickets"
)
QUANTITIES = frozenset(_QUANTITIES.split())
SYNONYMS = {column: tuple(words.split()) for column, words in _WORDS.items()}
_FILLERS = "id nr no nbr num number code key name nummer numero kod kode is current net gross daily per the of in eur usd gbp chf"
FILLERS = frozenset(_FILLERS.split())
# Columns that follow from the date, which storecast works out itself.
_OF_THE_DATE = "weekday dayofweek dow wochentag month monat year jahr week weekofyear kw quarter isweekend weekend dayofyear season"
OF_THE_DATE = frozenset(_OF_THE_DATE.split())
_PARTS_OF_DATES = {  # columns beside one of years
    "days": "day dayofmonth tag jour dia giorno dzien den dag gun nap",
    "weeks": "week weekno weekofyear weeknumber woche kw kalenderwoche semaine semana settimana tydzien tyden hafta vecka uke uge",
    "months": "month monat mois mes mese miesiac mesic ay honap manad maned kuu maand",
}
PARTS_OF_DATES = {part: frozenset(words.split()) for part, words in _PARTS_OF_DATES.items()}
LIKE_LATIN = str.maketrans("øłı", "oli")  # letters that are no letter with an accent
LONG = 5  # letters, from which a part of a compound says enough


@lru_cache(maxsize=4096)  # the cells of a file's first lines are looked at for each of its separators
def plain(name: str) -> str:
    """Return a name without case, accents and marks.

    Examples
    --------
    >>> plain("Geöffnet?"), plain("school_holiday")
    ('geoffnet', 'schoolholiday')
    """
    letters = unicodedata.normalize("NFKD", name.casefold().translate(LIKE_LATIN))
    return "".join(letter for letter in letters if letter.isalnum())


def likeness(name: str, column: str) -> tuple[int, int]:
    """Return how much a header's name looks like one of our columns: larger is liker, (0, 0) not at all.

    Parameters
    ----------
    name : as it stands in a file
    column : ours

    Examples
    --------
    >>> likeness("Filiale", "Store") > likeness("Filial-Nr", "Store")
    True
    >>> likeness("Filiale", "Date")
    (0, 0)
    """
    synonyms = SYNONYMS.get(column, ())
    rank = {synonym: len(synonyms) - place for place, synonym in enumerate(synonyms)}
    whole = plain(name)
    if whole == plain(column):
        return 4, 0
    if whole in rank:
        return 3, rank[whole]
    telling = [word for word in name_words(name) if word not in FILLERS]
    joined = "".join(telling)
    if joined in rank:
        return 2, rank[joined]
    # Compounds: Filialnummer, Tagesumsatz, Filial-Nr
    ranks = [
        rank[synonym]
        for word in telling
        for synonym in synonyms
        if word == synonym
        or (len(synonym) >= LONG and synonym in word)
        or (len(word) >= LONG and synonym.startswith(word))
    ]
    return (1, max(ranks)) if ranks else (0, 0)


def is_quantity(name: str) -> bool:
    """Return whether a header's name is that of a figure which is no money.

    Examples
    --------
    >>> is_quantity("units_sold"), is_quantity("Order value")
    (True, False)
    """
    telling = [word for word in name_words(name) if word not in FILLERS]
    return plain(name) in QUANTITIES or "".join(telling) in QUANTITIES


def name_words(name: str) -> list[str]:
    """Return the words of a header's name, each without case, accents and marks.

    Examples
    --------
    >>> name_words("Filial-Nr"), name_words("ItemName")
    (['filial', 'nr'], ['item', 'name'])
    """
    return [plain(word) for word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", name) if word]
