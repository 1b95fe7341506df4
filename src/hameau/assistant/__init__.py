"""The assistant: a question becomes an answer whose every sentence points at its source, or an honest « not found ».

The way of a question, one file a step, all pure but the last two:

- ``followup``: « et pour les non-adhérents ? » is made whole with the question before it
- ``evidence``: the few sentences that matter, out of the passages found; ``expected``: the kind of thing that is asked for
- ``judging``: do they answer at all?
- ``prompts``, ``speaking``: what the model is told, and its tokens as whole sentences
- ``checking``, ``answering``: each sentence against its sources, with its citations
- ``turn``, ``summary``, ``draft``: the steps in order, as commands (``commands``) and events
- ``leaving``, ``outside``: the web beside the library: what is proposed to leave, and what its pages say
- ``driver``: performs the commands
- ``as_model``: the library speaks as a model of a chat, with footnotes
- ``conversations``, ``export``: what was said, kept; ``health``: and found again

Knows nothing of databases' dialects, engines, terminals or pages.
"""

from hameau.assistant.as_model import Replies, Spoken, as_model, in_footnotes
from hameau.assistant.assistant import Assistant, language_of
from hameau.assistant.conversations import forget_in_answers
from hameau.assistant.health import index_turns, turns_unindexed
from hameau.assistant.outside import told_web
from hameau.assistant.ports import Measures, Outside, Reader, Speakers
from hameau.assistant.types import (
    Answer,
    AnswerEvent,
    BestSentence,
    Citation,
    Conversation,
    Done,
    EvidenceFound,
    PageUsed,
    Question,
    Sentence,
    SentenceChecked,
    Task,
    TokenSaid,
    Turn,
    WebFound,
    WebUsed,
)

__all__ = [
    "Answer",
    "AnswerEvent",
    "Assistant",
    "BestSentence",
    "Citation",
    "Conversation",
    "Done",
    "EvidenceFound",
    "Measures",
    "Outside",
    "PageUsed",
    "Question",
    "Reader",
    "Replies",
    "Sentence",
    "SentenceChecked",
    "Speakers",
    "Spoken",
    "Task",
    "TokenSaid",
    "Turn",
    "WebFound",
    "WebUsed",
    "as_model",
    "forget_in_answers",
    "in_footnotes",
    "index_turns",
    "language_of",
    "told_web",
    "turns_unindexed",
]
