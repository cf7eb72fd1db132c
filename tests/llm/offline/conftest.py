from __future__ import annotations

import pytest

from callcenter.company import DEMO, load_company
from callcenter.llm.offline import OfflineVoice


@pytest.fixture(scope="session")
def company():
    return load_company(DEMO)


@pytest.fixture(scope="session")
def voice(company):
    return OfflineVoice(company)
