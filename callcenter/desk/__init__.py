"""The desk: humans watch calls, take them over, speak, and hand them back.

`agent_desk` is the desk itself, `steps` decides what may happen on a call, `presence` knows which agents are there,
`texts` what customers are told of them. The order of those who wait is decided in queues.py.
"""

from callcenter.desk.agent_desk import Agent, AgentDesk, CallCard
from callcenter.desk.presence import GRACE, AgentCard, AgentStatus, Availability

__all__ = ["GRACE", "Agent", "AgentCard", "AgentDesk", "AgentStatus", "Availability", "CallCard"]
