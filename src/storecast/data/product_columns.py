"""Several rows of a store and day: which column tells them apart, and whether it names products, parts of a day or neither."""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.data.column_synonyms import FILLERS, LONG, name_words
from storecast.data.dialect import TextTable
from storecast.data.file_columns import free_texts
from storecast.errors import quote

_PRODUCTS = (
    "item product article sku upc ean gtin plu barcode category subcategory dept department family brand section goods artikel "
    "produkt ware warengruppe sortimentsgruppe kategorie abteilung marke article produit categorie famille rayon marque producto "
    "articulo categoria familia departamento marca seccion prodotto articolo reparto produto artigo secao towar kategoria "
    "asortyment produktgruppe vare varegruppe vara varugrupp tuote tuoteryhma urun kategori termek cikk productgroup productfamily "
    "itemfamily merchandise material menu dish 商品 品目 产品 товар"
)
_PARTS_OF_A_DAY = (
    "till register cashier checkout terminal kasse kassen caisse caja cassa caixa kassa kasa shift schicht turno vardiya zmiana "
    "hour time stunde uhrzeit heure hora ora receipt bon ticket invoice order transaction beleg rechnung factura facture paragon "
    "fis payment"
)
PRODUCTS = frozenset(_PRODUCTS.split())
PARTS_OF_A_DAY = frozenset(_PARTS_OF_A_DAY.split())
MIN_SHARE_APART = 0.5  # of the days with several rows, on which a column of products differs from row to row


def product_column(table: TextTable, keys: Sequence[str]) -> str | None:
    """Return the column that names the products of a file with several rows a store and day; None where none does.

    Parameters
    ----------
    table : the file of the sales, as text
    keys : what it calls the store and the date

    Returns
    -------
    str or None
        a column with a name such as Item, SKU or Warengruppe that differs from row to row; else the one column that no other
        name explains and that tells all rows of a store and day apart, unless it names tills, shifts or receipts
    """
    free = [name for name in free_texts(table.frame) if name not in keys]
    several = table.frame.filter(pl.struct(keys).is_duplicated()).select(*keys, *free)
    if several.is_empty() or not free:
        return None
    apart = several.group_by(keys).agg(pl.col(free).n_unique() > 1).select(pl.col(free).mean()).row(0, named=True)
    named = [name for name in free if _is_called(name, PRODUCTS) and apart[name] >= MIN_SHARE_APART]
    if named:
        return max(named, key=lambda name: several[name].n_unique())
    texts = [name for name in free if several[name].str.contains(r"\p{L}").all()]
    if any(_is_called(name, PARTS_OF_A_DAY) for name in free if apart[name] >= MIN_SHARE_APART):
        return None
    return next(
        (name for name in texts if not several.select(pl.struct(*keys, name).is_duplicated().any()).item()), None
    )


def products_refusal(file: str, column: str) -> str:
    """Return the sentence that refuses sales by product, and says what to use.

    Parameters
    ----------
    file : its name
    column : that tells the rows of a store and day apart
    """
    return (
        f"{file} has several rows for a store and day, told apart by the column {quote(column)}: these seem to be sales by "
        "product, and storecast forecasts one figure for each store and day. Sum them by store yourself, or say --sum (sum = true "
        "in storecast.toml) if the sum is wanted; or write a file for each product group, with ids such as "
        f'"Store 12 / Bread" in place of the {s.STORE}.'
    )


def _is_called(name: str, words: frozenset[str]) -> bool:
    """Return whether a header holds one of some words, compounds such as Artikelnummer included."""
    parts = [word for word in name_words(name) if word not in FILLERS]
    return any(
        part in words or any(len(word) >= LONG and part.startswith(word) for word in words)
        for part in [*parts, "".join(parts)]
    )
