"""Hold what something costs and write it as each language does. Amounts are integer minor units with an ISO 4217 code.

Digits stay 0-9 in every language, as price lists in the region print them. A range is written in words: a dash between
two numbers swaps them to the eye in a right-to-left line.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from callcenter.calls import Language, LocalizedText, Value


class Currency(Value):
    """How one currency is counted and written."""

    decimals: int
    """Digits after the point in ISO 4217: 2 for SAR, 3 for KWD, 0 for JPY."""
    written: LocalizedText
    """The amount with the currency's name; `{}` is the number."""


def _currency(code: str, arabic: str, decimals: int = 2) -> Currency:
    return Currency(decimals=decimals, written=LocalizedText(ar=f"{{}} {arabic}", en=f"{code} {{}}"))


# Arabic names after CLDR, which keeps the name unchanged after every number, as shops do.
CURRENCIES: Final[dict[str, Currency]] = {
    "AED": _currency("AED", "درهم إماراتي"),
    "AUD": _currency("AUD", "دولار أسترالي"),
    "BDT": _currency("BDT", "تاكا بنغلاديشي"),
    "BHD": _currency("BHD", "دينار بحريني", 3),
    "BRL": _currency("BRL", "ريال برازيلي"),
    "CAD": _currency("CAD", "دولار كندي"),
    "CHF": _currency("CHF", "فرنك سويسري"),
    "CNY": _currency("CNY", "يوان صيني"),
    "DJF": _currency("DJF", "فرنك جيبوتي", 0),
    "DKK": _currency("DKK", "كرونة دنماركية"),
    "DZD": _currency("DZD", "دينار جزائري"),
    "EGP": _currency("EGP", "جنيه مصري"),
    "ETB": _currency("ETB", "بير إثيوبي"),
    "EUR": _currency("EUR", "يورو"),
    "GBP": _currency("GBP", "جنيه إسترليني"),
    "IDR": _currency("IDR", "روبية إندونيسية"),
    "INR": _currency("INR", "روبية هندية"),
    "IQD": _currency("IQD", "دينار عراقي", 3),
    "IRR": _currency("IRR", "ريال إيراني"),
    "JOD": _currency("JOD", "دينار أردني", 3),
    "JPY": _currency("JPY", "ين ياباني", 0),
    "KES": _currency("KES", "شلن كيني"),
    "KMF": _currency("KMF", "فرنك قمري", 0),
    "KRW": _currency("KRW", "وون كوري جنوبي", 0),
    "KWD": _currency("KWD", "دينار كويتي", 3),
    "LBP": _currency("LBP", "ليرة لبنانية"),
    "LYD": _currency("LYD", "دينار ليبي", 3),
    "MAD": _currency("MAD", "درهم مغربي"),
    "MRU": _currency("MRU", "أوقية موريتانية"),
    "MXN": _currency("MXN", "بيزو مكسيكي"),
    "MYR": _currency("MYR", "رينغيت ماليزي"),
    "NGN": _currency("NGN", "نايرا نيجيرية"),
    "NOK": _currency("NOK", "كرونة نرويجية"),
    "NZD": _currency("NZD", "دولار نيوزيلندي"),
    "OMR": _currency("OMR", "ريال عماني", 3),
    "PHP": _currency("PHP", "بيزو فلبيني"),
    "PKR": _currency("PKR", "روبية باكستانية"),
    "PLN": _currency("PLN", "زلوتي بولندي"),
    "QAR": _currency("QAR", "ريال قطري"),
    "RUB": _currency("RUB", "روبل روسي"),
    "SAR": _currency("SAR", "ريال سعودي"),
    "SDG": _currency("SDG", "جنيه سوداني"),
    "SEK": _currency("SEK", "كرونة سويدية"),
    "SGD": _currency("SGD", "دولار سنغافوري"),
    "SOS": _currency("SOS", "شلن صومالي"),
    "SYP": _currency("SYP", "ليرة سورية"),
    "THB": _currency("THB", "بات تايلاندي"),
    "TND": _currency("TND", "دينار تونسي", 3),
    "TRY": _currency("TRY", "ليرة تركية"),
    "USD": _currency("USD", "دولار أمريكي"),
    "YER": _currency("YER", "ريال يمني"),
    "ZAR": _currency("ZAR", "راند جنوب أفريقي"),
}
"""The currencies a profile may use, by ISO 4217 code."""

_TOLD: Final = re.compile(r"(?P<major>[0-9]+)(?:\.(?P<rest>[0-9]+))? (?P<code>[A-Z]{3})")
"""An amount as the analyzer holds what a customer said."""
_RANGE: Final = LocalizedText(ar="من {low} إلى {high}", en="{low} to {high}")
_EXACTLY: Final = LocalizedText(ar="{amount}", en="{amount}")
_FROM: Final = LocalizedText(ar="ابتداءً من {amount}", en="from {amount}")
_STARTING: Final = LocalizedText(ar="تبدأ من {amount}", en="from {amount}")
"""Of all prices of a service; of one price Arabic says it without a verb, which would have to agree with the label."""
_FREE: Final = LocalizedText(ar="مجانًا", en="free of charge")
_PER: Final = LocalizedText(ar="{amount} {unit}", en="{amount} {unit}")


def _known(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code!r} is not a currency known here; known are {', '.join(CURRENCIES)}")
    return code


CurrencyCode = Annotated[str, AfterValidator(_known)]


def written(told: str, language: Language) -> str:
    """Write an amount as prices are: "1800.00 SAR" as "SAR 1,800"; what is no amount of a known currency as it is."""
    found = _TOLD.fullmatch(told)
    currency = CURRENCIES.get(found["code"]) if found else None
    if found is None or currency is None or len(found["rest"] or "") > currency.decimals:
        return told
    minor = int(found["major"] + (found["rest"] or "").ljust(currency.decimals, "0"))
    return currency.written[language].format(_number(minor, currency))


def _number(minor: int, currency: Currency) -> str:
    major, rest = divmod(minor, 10**currency.decimals)
    return f"{major:,}.{rest:0{currency.decimals}}" if rest else f"{major:,}"


class Price(Value):
    """One price of a service: exact, a range, or the lowest it starts at."""

    label: LocalizedText
    """What the price is for, e.g. a package's name."""
    currency: CurrencyCode
    amount_minor: Annotated[int, Field(ge=0)]
    """In minor units (halalas, fils); 0 is free of charge. The lower end of a range."""
    max_amount_minor: int | None = None
    """The upper end of a range."""
    unit: LocalizedText | None = None
    """What one pays it for, as it follows the amount: "per month", "شهريًا"."""
    starting_at: bool = False
    """The amount is the least it costs; the rest depends on what is wanted."""

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.max_amount_minor is not None:
            if self.max_amount_minor <= self.amount_minor:
                raise ValueError("the upper end of a range must be above its lower end")
            if self.starting_at:
                raise ValueError("a price is a range or starts at an amount, not both")
        return self

    def text(self, language: Language) -> str:
        """Write the price as it stands in a list: "SAR 4,500 to 9,500 for the project"."""
        if not self.amount_minor and self.max_amount_minor is None:
            return _FREE[language]
        if self.starting_at:
            return self._per_unit(_FROM, language)
        if self.max_amount_minor is not None:
            low, high = self._number(self.amount_minor), self._number(self.max_amount_minor)
            return self._per_unit(_EXACTLY, language, number=_RANGE[language].format(low=low, high=high))
        return self._per_unit(_EXACTLY, language)

    def least(self, language: Language) -> str:
        """Write the price as the least something costs: "from SAR 4,500 for the project"."""
        return self._per_unit(_STARTING, language) if self.amount_minor else _FREE[language]

    def _per_unit(self, form: LocalizedText, language: Language, *, number: str | None = None) -> str:
        written = CURRENCIES[self.currency].written[language].format(number or self._number(self.amount_minor))
        amount = form[language].format(amount=written)
        return _PER[language].format(amount=amount, unit=self.unit[language]) if self.unit else amount

    def _number(self, minor: int) -> str:
        return _number(minor, CURRENCIES[self.currency])
