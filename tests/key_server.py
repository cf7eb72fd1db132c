"""The part of a Supabase project that signing in needs, over real HTTP on loopback: its keys, its users, its tokens.

`KeyServer` publishes what it signs with (EC P-256) at the address of the key set, answers `/auth/v1/user` for tokens
of the legacy shared secret, counts what it was asked, and can go away and come back under the same address.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

KEYS: Final = "/auth/v1/.well-known/jwks.json"
USER: Final = "/auth/v1/user"
SECRET_KEY: Final = "sb_secret_of_the_project_in_tests"  # noqa: S105 (opens nothing)
LEGACY_SECRET: Final = "the-shared-secret-of-a-legacy-project-in-tests"  # noqa: S105 (opens nothing)


class Clock:
    """The present, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class KeyServer:
    """One project."""

    keys: dict[str, EllipticCurvePrivateKey] = field(default_factory=dict)
    """What it publishes; the last one signs."""
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id, as the auth server knows them now."""
    asked: Counter[str] = field(default_factory=Counter)
    """Requests, by path."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Paths that answer something else."""
    _server: ThreadingHTTPServer | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/auth/v1"

    def rotate(self) -> str:
        """Sign with a new key from now on; return its id."""
        key_id = secrets.token_hex(8)
        self.keys[key_id] = generate_private_key(SECP256R1())
        return key_id

    def claims(self, **claims: object) -> dict[str, object]:
        """Return the claims of somebody signed in for an hour, with `claims` in their place; None takes one away."""
        now = int(time.time())
        whole = {
            "iss": self.issuer,
            "aud": "authenticated",
            "sub": "5b2f3c1e-0000-4000-8000-000000000001",
            "role": "authenticated",
            "iat": now - 1,
            "exp": now + 3600,
            **claims,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, key_id: str | None = None, **claims: object) -> str:
        """Return a token signed with the present key; `key_id` is what its header says instead."""
        signer, key = list(self.keys.items())[-1]
        return jwt.encode(self.claims(**claims), key, algorithm="ES256", headers={"kid": key_id or signer})

    def staff(self, role: str, **claims: Any) -> str:
        """Return a token of a user with a role."""
        return self.token(email=f"{role}@company.example", app_metadata={"role": role}, **claims)

    def legacy(self, secret: str = LEGACY_SECRET, **claims: object) -> str:
        """Return a token signed with the shared secret."""
        return jwt.encode(self.claims(**claims), secret, algorithm="HS256")

    def start(self) -> None:
        """Serve, under the address it had before if it had one."""
        self._server = _Server(self, self._port)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def stop(self) -> None:
        """Go away."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    def __init__(self, project: KeyServer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Answering)
        self.project = project


class _Answering(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        project = self.server.project
        project.asked[self.path] += 1
        status, body = project.answers.get(self.path) or self._answer(project)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, project: KeyServer) -> tuple[int, bytes]:
        if self.path == KEYS:
            keys = [
                {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig", "alg": "ES256"}
                for key_id, key in project.keys.items()
            ]
            return 200, json.dumps({"keys": keys}).encode()
        if self.path != USER:
            return 404, b"{}"
        if self.headers["apikey"] != SECRET_KEY:
            return 401, b'{"message": "Invalid API key"}'
        try:
            claims = jwt.decode(
                self.headers["Authorization"].removeprefix("Bearer "),
                LEGACY_SECRET,
                algorithms=["HS256"],
                audience="authenticated",
            )
            return 200, json.dumps({"id": claims["sub"], **project.users[claims["sub"]]}).encode()
        except (jwt.PyJWTError, KeyError):
            return 403, b'{"code": 403, "error_code": "bad_jwt"}'

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Keep the terminal for the tests."""


@contextmanager
def key_server() -> Iterator[KeyServer]:
    """Serve a project with one key."""
    project = KeyServer()
    project.rotate()
    project.start()
    try:
        yield project
    finally:
        project.stop()
