"""The desk: humans watch calls, take them over, speak, and hand them back.

`agent_desk` is the desk itself, `steps` decides what may happen on a call, `presence` knows which agents are there,
`suggestions` shows them what they could say, `likeness` tells what they made of it, `texts` what customers are told of
them. The order of those who wait is decided in queues.py.
"""

from callcenter.desk.agent_desk import Agent, AgentDesk, CallCard
from callcenter.desk.presence import GRACE, AgentCard, AgentStatus, Availability
from callcenter.desk.suggestions import SuggestionFrame, Suggestions

__all__ = [
    "GRACE",
    "Agent",
    "AgentCard",
    "AgentDesk",
    "AgentStatus",
    "Availability",
    "CallCard",
    "SuggestionFrame",
    "Suggestions",
]
