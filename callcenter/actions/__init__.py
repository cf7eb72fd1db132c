"""Actions: what is done for a customer beyond words, on the company's own data. The server runs them, nobody else.

`action` says what one is, `records` what it reads and changes. Which there are, who may approve them and how a message
asks for one is the registry's business; proposals, approvals and the log are conversation/'s.
"""

from callcenter.actions.action import Action, Caller, Plan, Request
from callcenter.actions.records import MAX_RECORDS, Change, Record, RecordStore, Row

__all__ = ["MAX_RECORDS", "Action", "Caller", "Change", "Plan", "Record", "RecordStore", "Request", "Row"]
