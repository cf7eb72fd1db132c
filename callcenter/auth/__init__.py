"""Decide who is asking: this machine (open mode), the holder of an API key, or somebody signed in with Supabase.

`guard` admits requests and names their principals, `roles` says who a principal may be, `tokens` verifies access tokens
with keys from `signing_keys` or by asking `auth_server`; these three are imported only where tokens are configured.
`stored_keys` knows the API keys of the store, whose text is `key_text`'s; `signed` is what our servers give out
themselves, under the company's `secret`.
What a principal may do is said at each endpoint (api/access.py).
"""

from callcenter.auth.guard import Guard, Tokens
from callcenter.auth.key_text import ID_BYTES, SECRET_BYTES, new_key
from callcenter.auth.roles import UNLIMITED, Principal, Role, principal_of
from callcenter.auth.secret import secret_of
from callcenter.auth.signed import CustomerTokens, SocketTickets
from callcenter.auth.stored_keys import StoredKeys

__all__ = [
    "ID_BYTES",
    "SECRET_BYTES",
    "UNLIMITED",
    "CustomerTokens",
    "Guard",
    "Principal",
    "Role",
    "SocketTickets",
    "StoredKeys",
    "Tokens",
    "new_key",
    "principal_of",
    "secret_of",
]
