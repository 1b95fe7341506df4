"""Our own questions in French, and the exact scorer: right, wrong, silent or invented. Pure."""

from hameau.models.questions.scoring import Mark, Question, Score, mark, questions, request_for, tally

__all__ = ["Mark", "Question", "Score", "mark", "questions", "request_for", "tally"]
