"""Answers in German: found by their templates, whole or not at all."""

import string

import pytest
from babel.messages.pofile import read_po

from storecast.answers import CATALOGUES, translated


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "Without promotions Friday is the strongest weekday, +8.4 % (95% interval +6.9 to +9.9%) and Saturday the weakest, "
            "−1,004.2% beside the mean of Monday to Saturday; December is the strongest month, +21.8% beside the average "
            "month. School holidays themselves move sales by −2.6%.",
            "Ohne Aktionen ist Freitag der stärkste Wochentag, +8,4 % (95-%-Intervall +6,9 bis +9,9%), und Samstag der "
            "schwächste, −1.004,2%, gegenüber dem Mittel von Montag bis Samstag; Dezember ist der stärkste Monat, +21,8% "
            "gegenüber dem mittleren. Schulferien selbst bewegen die Umsätze um −2,6%.",
        ),
        (
            "Promotions on Sundays and Mondays: 3 days of stores, such as store 12 on 2015-06-14. No store has had a promotion on "
            "such a weekday; its effect there is taken from other weekdays.",
            "Aktionen an Sonntagen und Montagen: 3 Tage von Filialen, etwa Filiale 12 am 14.06.2015. Keine Filiale hatte an einem "
            "solchen Wochentag eine Aktion; ihre Wirkung dort stammt von anderen Wochentagen.",
        ),
        (
            "line 3, column Sales: expected a number from 0 to 1e+09.",
            "Zeile 3, Spalte Sales: Erwartet wird eine Zahl von 0 bis 1e+09.",
        ),
        ("Nobody has translated this. A customer spends 9.62.", "Nobody has translated this. A customer spends 9.62."),
        (
            "School holidays themselves move sales by nobody knows what.",
            "School holidays themselves move sales by nobody knows what.",
        ),
        ("", ""),
    ],
)
def test_a_sentence_is_translated_whole_or_stays_english(english: str, german: str) -> None:
    assert translated(english, "de") == german
    assert translated(english, "en") == english


def test_every_template_has_the_places_of_its_translation() -> None:
    with (CATALOGUES / "de.po").open("rb") as file:
        pairs = [(str(each.id), str(each.string)) for each in read_po(file, locale="de") if each.id]
    assert len(pairs) > 100
    for english, german in pairs:
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, german)]
        assert places[0] == places[1], english
