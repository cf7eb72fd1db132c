"""A store that goes on when the store behind it is away: what a call writes meanwhile waits in a file of this machine.

`journaled` is the store, `local` its file, `copies` the calls at hand in it, `outbox` what waits in it; `outage` knows
whether the primary is asked, `carrying` brings it what waits, `rebasing` puts that behind what others wrote there.
"""

from callcenter.store.journal.journaled import JournaledStore

__all__ = ["JournaledStore"]
