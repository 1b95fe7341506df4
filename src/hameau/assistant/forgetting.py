"""What answers took from documents that are forgotten goes from the answers too; a plain note stands in its place.

A sentence goes when it cites such a document, and also when it cites nothing while the answer cites one: nobody knows what it
rests on. What cites other documents alone stays, and so does the question: it is the person's own words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import groupby

from hameau.assistant.answering import plain
from hameau.assistant.types import Answer, Sentence
from hameau.kit import LANGUAGES, N_, say
from hameau.library import detect_language

NOTE = N_("[Taken out: this rested on a document that has been forgotten.]")


def rests_on(answer: Answer) -> list[int]:
    """The ids of the documents that an answer cites or shows; what is not of the library has none."""
    cited = {citation.document_id for citation in answer.citations}
    return sorted((cited | {result.document_id for result in answer.nearest}) - {0})


def without(answer: Answer, document_ids: Collection[int]) -> Answer:
    """``answer`` without anything of these documents; the same when it has nothing of them."""
    gone = {citation.number for citation in answer.citations if citation.document_id in document_ids}
    nearest = tuple(result for result in answer.nearest if result.document_id not in document_ids)
    if not gone:
        return replace(answer, nearest=nearest)
    language = detect_language(answer.answer)
    note = Sentence(say(NOTE, language if language in LANGUAGES else LANGUAGES[0]), (), supported=True)
    said = (note if gone.intersection(one.citations) or not one.citations else one for one in answer.sentences)
    sentences = tuple(one for each, run in groupby(said) for one in ((each,) if each == note else tuple(run)))
    citations = tuple(citation for citation in answer.citations if citation.number not in gone)
    return replace(answer, answer=plain(sentences), sentences=sentences, citations=citations, nearest=nearest)
