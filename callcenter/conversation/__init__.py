"""The conversation: takes a customer's message through understanding, keeping and answering.

`manager` runs the calls, `turn` decides what a message leads to, `open_calls` keeps at hand what is being talked on.
"""

from callcenter.conversation.manager import Assessment, ConversationManager, Sources, StartedCall
from callcenter.conversation.turn import Turn, Utterance

__all__ = ["Assessment", "ConversationManager", "Sources", "StartedCall", "Turn", "Utterance"]
