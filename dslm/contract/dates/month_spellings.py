"""Months as people write them and CLDR does not list them: case endings, spellings beside its own.

Gives for a language of `cldr_words` the further names of its months. CLDR has one case a language
where dates take another (4. marta, 4. januarja, 4. märtsil), and one spelling where papers have two
(सितंबर and सितम्बर). Used by `date_words`.
"""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS = range(1, 13)


def _all(names: str) -> dict[int, list[str]]:
    """Twelve names; `-` for a month without another one."""
    return {n: [name] for n, name in zip(_MONTHS, names.split(), strict=True) if name != "-"}


_GENITIVE = (
    "januara februara marta aprila maja juna jula avgusta septembra oktobra novembra decembra"
)
_HEBREW = "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר"
_LITHUANIAN = (
    "sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio "
    "gruodžio"
)

FURTHER: dict[str, Mapping[int, list[str]]] = {
    "ar": {6: ["يونية"], 7: ["يولية"]},
    "bn": {1: ["জানুয়ারী"], 2: ["ফেব্রুয়ারী"], 8: ["আগষ্ট"]},
    "bs": _all(_GENITIVE),
    "de": {1: ["jän"], 2: ["feber", "febr"], 3: ["mrz"]},
    "en": {9: ["sept"]},
    "es": {9: ["set"]},
    "et": _all("jaanuaril veebruaril märtsil aprillil - juunil juulil augustil septembril "
               "oktoobril novembril detsembril"),  # not `mail`
    "gu": {8: ["ઓગસ્ટ"]},
    "he": {n: [f"ל{name}"] for n, name in zip(_MONTHS, _HEBREW.split(), strict=True)}
    | {3: ["למרץ", "מרס", "במרס", "למרס"]},
    "hi": {9: ["सितम्बर"], 10: ["अक्तूबर"], 11: ["नवम्बर"], 12: ["दिसम्बर"]},
    "id": {2: ["pebruari"], 8: ["agt"], 11: ["nopember", "nop"]},
    "ka": _all("იანვარს თებერვალს მარტს აპრილს მაისს ივნისს ივლისს აგვისტოს სექტემბერს ოქტომბერს "
               "ნოემბერს დეკემბერს"),
    "lt": {n: [f"{name} mėn"] for n, name in zip(_MONTHS, _LITHUANIAN.split(), strict=True)},
    "lv": _all("janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā septembrī oktobrī "
               "novembrī decembrī"),
    "mr": {9: ["सप्टेम्बर"], 11: ["नोव्हेम्बर"], 12: ["डिसेम्बर"]},
    "sl": _all("januarja februarja marca aprila maja junija julija avgusta septembra oktobra "
               "novembra decembra"),
    "sr": _all("јануара фебруара марта априла маја јуна јула августа септембра октобра новембра "
               "децембра"),
    "sr_Latn": _all(_GENITIVE),
    "ta": {2: ["பெப்ரவரி"], 4: ["ஏப்பிரல்"], 9: ["செப்டெம்பர்"], 10: ["ஒக்டோபர்"]},
    "te": {7: ["జూలై"], 8: ["ఆగస్ట్"], 9: ["సెప్టెంబరు"], 10: ["అక్టోబరు"], 11: ["నవంబరు"], 12: ["డిసెంబరు"]},
    "vi": dict(enumerate(([f"tháng {name}"] for name in (
        "một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một",
        "mười hai")), start=1)),
}  # fmt: skip
