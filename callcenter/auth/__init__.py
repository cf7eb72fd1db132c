"""Decide who is asking: this machine (open mode), the holder of an API key, or somebody signed in with Supabase.

`guard` admits requests and names their principals, `roles` says who a principal may be, `tokens` verifies access tokens
with keys from `signing_keys` or by asking `auth_server`. The last three are imported only where tokens are configured.
What a principal may do is said at each endpoint (api/access.py).
"""

from callcenter.auth.guard import Guard, Tokens
from callcenter.auth.roles import UNLIMITED, Principal, Role, principal_of

__all__ = ["UNLIMITED", "Guard", "Principal", "Role", "Tokens", "principal_of"]
