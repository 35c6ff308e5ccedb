"""The names that surrogates of names are taken from. Read by `surrogate_names`.

Given names are common ones of several languages; family names are put together from the parts that
such names have, so that they look like some without being anybody's in particular.
"""

from __future__ import annotations

_GIVEN = (
    "Ada Ida Ine Ulf Ole Ivo Eli Amy Leo Mia Kai Tim Max Eva Jan Zoe Ben "
    "Alma Ella Emil Enzo Erik Fred Gina Hugo Ines Iris Jana Jule Karl Lara Lena Lina Lucy Marc "
    "Nina Noah Olga Otto Paul Rosa Rudi Sara Theo Tina Uwe Vera Yara Zita "
    "Agnes Alice Anton Bruno Carla Celia Chloe Clara Dario David Diana Edgar Elena Elisa Emilia "
    "Felix Fiona Flora Frank Frida Greta Harry Heidi Helen Irene Jonas Jules Julia Karin Laura "
    "Leila Lotte Louis Lucas Luisa Marie Marta Milan Moritz Nadia Nelly Oscar Paola Pedro Petra "
    "Pierre Ralph Regina Robin Sofia Stella Susan Sven Tessa Tobias Ursula Viktor Wanda Yvonne "
    "Albert Amelie Andrea Arthur Astrid Bianca Camille Carmen Claire Daniel Denise Dieter Edward "
    "Esther Fabian Gerald Gustav Hannah Harald Helena Ingrid Isabel Jasper Joanna Judith Julian "
    "Konrad Leonie Magnus Marcel Marion Martha Martin Monika Natalie Norbert Oliver Pascal "
    "Philip Raphael Rebecca Roland Ronald Sabine Samuel Sandra Silvia Simone Sylvie Teresa Thomas "
    "Valerie Verena Vincent Walter Werner William Yannick Adriana Antoine Barbara Bernard "
    "Caroline Charles Clemens Cornelia Dominik Dorothea Etienne Ferdinand Florence Francesca "
    "Frederick Gabriel Gottfried Henriette Jeremias Johanna Kathrin Leopold Lorenzo Ludovic "
    "Margaret Mathilde Maximilian Nathalie Patricia Rosalind Sebastian Stephanie Theodora "
    "Veronica Victoria Wilhelmine"
)
_STEMS = (
    "Ahr Alb Bir Brand Bren Cald Car Dal Dorn Eber Elm Erl Fair Fal Fin Gar Gold Gran Grim Hal Har "
    "Hart Hel Hol Ing Kell Kir Lan Lind Lor Mar Mel Mor Nor Oster Pel Quin Ren Ros Sand Sel Stein "
    "Stor Tal Thal Tor Ul Vald Ven Wal War Wend West Win Wolt Zell"
)
_ENDINGS = (
    "au bach beck berg by dahl den eck er feld field gard hof holm ing ley lin mann mark more ner "
    "nell ow ser sen son stad stedt ston tin ton val wald well win wood worth"
)
GIVEN_NAMES: tuple[str, ...] = tuple(_GIVEN.split())
FAMILY_NAMES: tuple[str, ...] = tuple(s + e for s in _STEMS.split() for e in _ENDINGS.split())
