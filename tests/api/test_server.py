"""Starting to serve: what is said, what is refused."""

from __future__ import annotations

import socket

import pytest

from callcenter.api.server import announcement, serve
from callcenter.errors import ConfigurationError, UnsafeListen
from callcenter.settings import Settings

pytestmark = pytest.mark.unit


def test_the_announcement_says_where_to_go_and_what_to_try(settings):
    said = announcement(settings, 8123)
    for line in (
        "http://127.0.0.1:8123/docs",
        "curl -X POST 'http://127.0.0.1:8123/api/calls?language=en'",
        "wscat -c ws://127.0.0.1:8123/api/conversations/ws/CALL-001",
        str(settings.database),
    ):
        assert line in said
    assert "Bearer" not in said


def test_the_announcement_tells_how_to_send_the_key_but_not_the_key(tmp_path):
    keyed = Settings(data_dir=tmp_path, host="::1", auth="required", api_keys="k" * 32, _env_file=None)
    said = announcement(keyed, 8000)
    assert "http://[::1]:8000/docs" in said
    assert said.count("Authorization: Bearer $KEY") == 2
    assert "kkk" not in said


def test_strangers_are_not_served_without_keys(tmp_path):
    with pytest.raises(UnsafeListen, match="CALLCENTER_AUTH"):
        serve(Settings(data_dir=tmp_path, host="0.0.0.0", _env_file=None))  # noqa: S104 (what must be refused)


def test_a_start_that_could_let_nobody_in_says_how_to_make_the_first_key(tmp_path):
    with pytest.raises(ConfigurationError, match="callcenter keys create NAME"):
        serve(Settings(data_dir=tmp_path, port=0, auth="required", _env_file=None))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_in_use_is_named_before_anything_is_touched(tmp_path, host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"CALLCENTER_PORT={port} .*in use"):
            serve(Settings(data_dir=tmp_path / "data", host=host, port=port, _env_file=None))
    assert not (tmp_path / "data").exists()
