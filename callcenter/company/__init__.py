"""Say what the company is, sells and promises, in every language, from a folder that is checked whole at start.

`load_company(folder)` returns a frozen `Company` or refuses with file, field and reason; `company.topics(text)` finds
what a message talks about. The demo company stands in demo/, and `copy_demo` gives it to a new business as a start.
"""

from callcenter.company.calendar import Calendar
from callcenter.company.catalogue import Catalogue
from callcenter.company.hours import Hours, Opening, Weekday
from callcenter.company.loader import Problem, load_company
from callcenter.company.money import Currency, Price
from callcenter.company.profile import (
    Answer,
    Company,
    Contacts,
    Keywords,
    Policy,
    ResponseTimes,
    Service,
    Social,
    Texts,
    Topic,
)
from callcenter.company.promises import Promises
from callcenter.company.rules import SENSITIVE, ActionRules, Credit
from callcenter.company.starter import DEMO, copy_demo
from callcenter.company.topics import Mention

__all__ = [
    "DEMO",
    "SENSITIVE",
    "ActionRules",
    "Answer",
    "Calendar",
    "Catalogue",
    "Company",
    "Contacts",
    "Credit",
    "Currency",
    "Hours",
    "Keywords",
    "Mention",
    "Opening",
    "Policy",
    "Price",
    "Problem",
    "Promises",
    "ResponseTimes",
    "Service",
    "Social",
    "Texts",
    "Topic",
    "Weekday",
    "copy_demo",
    "load_company",
]
