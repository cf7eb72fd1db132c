"""Settings are read once, refused by name, and never serve strangers by accident."""

from __future__ import annotations

import pytest

from callcenter.errors import ConfigurationError, UnsafeListen
from callcenter.settings import AuthMode, is_loopback, read_settings

pytestmark = pytest.mark.unit

KEY = "a-key-of-twenty-four-chars"


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("HOST", "PORT", "AUTH", "API_KEYS", "PUBLIC_URL", "DATA_DIR", "COMPANY"):
        monkeypatch.delenv(f"CALLCENTER_{name}", raising=False)


def test_the_default_is_open_on_loopback():
    settings = read_settings()
    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 8000, AuthMode.open)


def test_the_environment_is_read_and_the_command_line_wins(monkeypatch):
    monkeypatch.setenv("CALLCENTER_PORT", "9000")
    assert read_settings().port == 9000
    assert read_settings(port=9001, host=None).port == 9001


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "no.such.host.invalid"])  # noqa: S104
def test_open_mode_refuses_to_listen_elsewhere(host):
    with pytest.raises(UnsafeListen, match="CALLCENTER_AUTH=required"):
        read_settings(host=host)


def test_open_mode_refuses_a_public_address():
    with pytest.raises(UnsafeListen, match="CALLCENTER_PUBLIC_URL"):
        read_settings(public_url="https://calls.example")
    assert read_settings(public_url="http://localhost:8080/").public_url == "http://localhost:8080"


def test_required_mode_listens_anywhere_with_a_key(monkeypatch):
    monkeypatch.setenv("CALLCENTER_API_KEYS", f"{KEY}, {KEY}2")
    settings = read_settings(host="0.0.0.0", auth="required")  # noqa: S104
    assert [key.get_secret_value() for key in settings.api_keys] == [KEY, f"{KEY}2"]
    assert KEY not in repr(settings)


def test_required_mode_may_have_all_its_keys_in_the_store():
    assert read_settings(auth="required", host="0.0.0.0").api_keys == ()  # noqa: S104


def test_a_short_secret_is_refused_and_an_empty_one_is_none(monkeypatch):
    with pytest.raises(ConfigurationError, match="CALLCENTER_SECRET"):
        read_settings(secret="s" * 31)
    assert "s" * 32 not in repr(read_settings(secret="s" * 32))
    monkeypatch.setenv("CALLCENTER_SECRET", "")
    assert read_settings().secret is None


def test_required_mode_may_be_for_signed_in_users_alone():
    settings = read_settings(auth="required", supabase_url="https://project.supabase.example", host="0.0.0.0")  # noqa: S104
    assert settings.api_keys == ()


def test_a_short_key_is_refused_without_being_shown(monkeypatch):
    monkeypatch.setenv("CALLCENTER_API_KEYS", "short-secret")
    with pytest.raises(ConfigurationError, match="24 characters") as refused:
        read_settings()
    assert "short-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("PORT", "70000"), ("AUTH", "maybe"), ("PUBLIC_URL", "x")]
)
def test_a_bad_value_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(f"CALLCENTER_{name}", value)
    with pytest.raises(ConfigurationError, match=f"CALLCENTER_{name}"):
        read_settings()


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("8.8.8.8", False)]
)
def test_loopback_is_recognised(host, expected):
    assert is_loopback(host) is expected
