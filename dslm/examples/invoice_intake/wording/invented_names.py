"""Invented names: suppliers, the people who write for them, and the buyers they write to.

Takes nothing, gives word lists; `suppliers` draws from them. The first words of suppliers in
sources and in gold are two disjoint lists, so no gold supplier can occur in the sources.
"""

from __future__ import annotations

from itertools import product


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SINGLE_NAMES: dict[str, tuple[str, ...]] = {
    "de": _words(
        "Nordwind Brandt Kessler Lindner Vogt Sander Falk Berger Krause Adler Stern Elbe "
        "Isar Alster Tanne Birke Hansa Kranz Kern Winter Sommer Silber Kupfer Stahl Ritter "
        "Jansen Petersen Grimm Höfer Müller Seidel Lorenz Kaiser Amsel Rabe Eiche Hafen "
        "Mühle Turm Anker Kompass Sturm Nebel Welle Graf Keller Ziegler Heller"
    ),
    "en": _words(
        "Hale Marsh Oakley Brook Fenton Harrow Kestrel Barrow Thorne Ashby Carver Dalton "
        "Ellis Granger Holt Ivory Keats Langley Morrow Norton Orchard Preston Quarry "
        "Redwood Sable Tanner Upton Vale Wexford Yarrow Beacon Copper Drake Ember Forge "
        "Gable Heron Juniper Lark Maple Nettle Osprey"
    ),
    "fr": _words(
        "Picard Moreau Lemoine Garnier Rivage Soleil Mistral Lavande Colline Marée Duval "
        "Lambert Chevalier Fontaine Girard Blanchet Perrin Renard Tissot Verger Lumière "
        "Bastide Clairval Dumont Escale Forêt Galop Horizon Lanterne Moulin"
    ),
}
_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "de": _words(
        "Berg Stein Wald Feld Licht Grün Hoch Alt Rot Linden Buchen Wester Oster Korn Eisen"
    ),
    "en": _words("Ash Wood Hart Stan Black White Mill Clay Ald Hol Win Thorn Brad Ship"),
    "fr": _words("Mont Val Roche Beau Bel Clair Haut Champ Pont Saint Font Mar"),
}
_ENDINGS: dict[str, tuple[str, ...]] = {
    "de": _words("mann bach hof berg hausen rode stedt meier"),
    "en": _words("ford ley ton field worth combe wick"),
    "fr": _words("fort bois lieu ville rive blanc joie"),
}
COMPOSED: dict[str, int] = {"de": 120, "en": 98, "fr": 84}  # so many of them join the list below


def _composed(language: str) -> tuple[str, ...]:
    """Give names of two parts, such as Steinbach: many, so that they are copied, not learnt."""
    pairs = product(_BEGINNINGS[language], _ENDINGS[language])
    names = sorted(first + last for first, last in pairs)
    step = len(names) / COMPOSED[language]
    return tuple(names[int(place * step)] for place in range(COMPOSED[language]))


# Of suppliers that write once, after the others: two parts again, with beginnings of their own.
_LATER_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "de": _words(
        "Birn Dorn Erlen Fichten Kirch Lang Neu Ober Sand Schön Tief Unter Weiden Winkel Burg "
        "Gold Hasel Klein Mittel Mühl Rosen Salz Teich Brunn"
    ),
    "en": _words(
        "Bright Crow Dun East Fair Green Hazel High King Long Marl New North Old Raven Red Rock "
        "Shel South Stone Wal West Whit"
    ),
    "fr": _words(
        "Aigue Bour Castel Chante Courte Fresne Grand Haute Lande Long Mal Mire Neu Noir Orme "
        "Pierre Plan Sol Vert"
    ),
}
_RECENT_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "de": _words(
        "Ahorn Apfel Bach Dachs Ebers Finken Frei Haber Hirsch Kalten Kirsch Kron Lauter Moos "
        "Nuss Pfeffer Reh Schwarz Ulmen Wolf"
    ),
    "en": _words(
        "Alder Bark Birch Cold Deer Elm Fox Glen Gold Heath Kings Lamb Mead Nut Oak Pen Rush "
        "Swan Thistle Wind"
    ),
    "fr": _words(
        "Aube Bas Bos Cerf Corne Dame Douce Fer Gran Houx Jas Lan Mer Mou Neuve Pin Pré Sable"
    ),
}


def _joined(beginnings: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {
        language: tuple(first + last for first, last in product(words, _ENDINGS[language]))
        for language, words in beginnings.items()
    }


LATER_NAMES = _joined(_LATER_BEGINNINGS)
RECENT_NAMES = _joined(_RECENT_BEGINNINGS)
SOURCE_NAMES: dict[str, tuple[str, ...]] = {
    language: words + _composed(language) for language, words in _SINGLE_NAMES.items()
}
GOLD_NAMES: dict[str, tuple[str, ...]] = {
    "de": _words(
        "Südhof Thaler Wendt Fuchs Kramer Specht Morgenrot Deich Ostertag Hagen Börner Linde"
    ),
    "en": _words("Pembroke Sutton Wren Calder Flint Harper Moss Tilbury Rowan Stokes"),
    "fr": _words("Aubert Brume Carrière Delmas Gauthier Aurillac Vasseur Verneuil"),
}
NAME_TAILS: dict[str, tuple[str, ...]] = {
    "de": ("", "", "", "KG", "AG", "Bau", "Druck", "Holz", "Service", "Haus", "& Co"),
    "en": ("", "", "", "Ltd", "Tools", "Print", "Foods", "Media", "Supply", "& Sons"),
    "fr": ("", "", "", "SA", "SARL", "Bois", "Services", "& Fils", "Nord"),
}
NAME_HEADS: dict[str, tuple[str, ...]] = {  # of suppliers in the sources, in place of a tail
    "de": _words("Praxis Gärtnerei Studio Elektro Hotel Dach Metzgerei Optik"),
    "en": _words("Studio Hotel Garage Café Atelier Bar"),
    "fr": _words("Boulangerie Garage Hôtel Studio Transports Pharmacie Maison Taxis"),
}
PEOPLE: dict[str, tuple[str, ...]] = {
    "de": ("Anna Roth", "Jan Peters", "Eva Lang", "Tim Koch", "Ute Beck", "Max Hahn"),
    "en": ("Amy Ross", "Tom Hill", "Sue Park", "Ben Gray", "Kate Bell", "Joe Hunt"),
    "fr": ("Luc Martin", "Zoé Petit", "Paul Roux", "Anne Leroy", "Marc Noël", "Léa Simon"),
}
BUYERS: dict[str, tuple[str, ...]] = {
    "de": ("Kita Nordpark", "Hotel Krone", "Praxis Dr. Thiel", "Museum West", "Stadtcafé"),
    "en": ("Studio Nine", "Hotel Royal", "City Gym", "Park School", "Blue Cafe"),
    "fr": ("Café Central", "Hôtel du Port", "École Jaurès", "Studio Sept", "Mairie de Lys"),
}
