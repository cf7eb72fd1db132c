"""Write .env for compose.yaml from deploy/env.example, with secrets drawn at random; needs nothing but Python.

`--postgres` adds what a PostgreSQL of your own needs: passwords, and the key that PostgREST knows the server by, which
is a token for `service_role`, signed with a secret that PostgREST holds. An .env that exists is never touched.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_TEN_YEARS: Final = 10 * 365 * 24 * 3600
"""Long, as a project's own keys are; another JWT_SECRET makes it worthless at once."""
_SECRET_BYTES: Final = 32


def filled(example: str, values: dict[str, str]) -> str:
    """Return the example with these values in place of its own."""
    lines = []
    for line in example.splitlines():
        name, assigned, _ = line.partition("=")
        lines.append(f"{name}={values[name]}" if assigned and name in values else line)
    return "\n".join(lines) + "\n"


def values(*, postgres: bool) -> dict[str, str]:
    """Return new secrets, by variable."""
    own = {"CALLCENTER_API_KEYS": secrets.token_urlsafe(_SECRET_BYTES)}
    if not postgres:
        return own
    signing = secrets.token_hex(_SECRET_BYTES)
    return own | {
        "CALLCENTER_STORE": "supabase",
        "SUPABASE_URL": "http://gateway:8080",
        "SUPABASE_SECRET_KEY": service_token(signing, now=int(time.time())),
        "COMPOSE_PROFILES": "postgres",
        "POSTGRES_PASSWORD": secrets.token_hex(_SECRET_BYTES),
        "AUTHENTICATOR_PASSWORD": secrets.token_hex(_SECRET_BYTES),
        "JWT_SECRET": signing,
    }


def service_token(secret: str, *, now: int) -> str:
    """Return a JSON Web Token (HS256) for the role that keeps calls; `now` in seconds since 1970."""
    parts: list[dict[str, str | int]] = [
        {"alg": "HS256", "typ": "JWT"},
        {"role": "service_role", "iss": "callcenter", "iat": now, "exp": now + _TEN_YEARS},
    ]
    signed = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def write(path: Path, text: str) -> None:
    """Write a new file for its owner alone. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description="Write .env for compose.yaml, with secrets drawn at random.")
    parser.add_argument("--postgres", action="store_true", help="for a PostgreSQL of your own as well")
    parser.add_argument("--output", type=Path, default=ROOT / ".env", help="the file to write (default: .env)")
    given = parser.parse_args()
    example = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    try:
        write(given.output, filled(example, values(postgres=given.postgres)))
    except FileExistsError:
        sys.exit(f"{given.output} exists and is left as it is; its secrets may be in use.")
    print(f"Wrote {given.output}. Your key for the API is CALLCENTER_API_KEYS in it.")


if __name__ == "__main__":
    main()
