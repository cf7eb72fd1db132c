"""The conversation: takes a customer's message through understanding, keeping and answering.

`manager` runs the calls, `turn` decides what a message leads to, `answering` has it answered: `briefing` gathers what a
voice may know, `speaking` lets it speak, `acting` judges what it asks for. `call_log` reads and writes the log,
`open_calls` keeps at hand what is being talked on, `speech` is a reply that may be cut off. `copilot` helps the human
beside a call.
"""

from callcenter.conversation.manager import Assessment, ConversationManager, Sources, StartedCall
from callcenter.conversation.turn import Turn, Utterance

__all__ = ["Assessment", "ConversationManager", "Sources", "StartedCall", "Turn", "Utterance"]
