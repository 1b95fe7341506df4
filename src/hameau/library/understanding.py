"""What a question says beside its words: « dans mes courriels de mars », "my PDFs from 2023", « le dernier courriel de Marie ».

Only a phrase about one's documents binds a search (a possessive, « dans les … », a noun of documents with a date behind it):
« Quel livre a-t-il écrit en 1933 ? » says nothing of the kind. Pure: nothing is looked up here, and today is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from hameau.library.dates import Period, moment, plain, read
from hameau.library.types import UNBOUND, Filter

_STRONG = {
    "mail": r"courriels?|e-?mails?|mails?|mels?",
    "pdf": r"(?:fichiers? |documents? )?pdfs?(?: files?| documents?)?",
    "sheet": r"tableurs?|feuilles? de calcul|(?:fichiers?|tableaux?|classeurs?) excel|spreadsheets?|excel (?:files?|sheets?)",
    "slides": r"diaporamas?|diapositives?|(?:fichiers? |presentations? )?powerpoints?(?: files?)?|slide ?(?:shows?|decks?)",
    "picture": r"photos?|photographs?|images? numerisees?",
    "page": r"pages? (?:web|internet)|web ?pages?",
    "book": r"livres? (?:numeriques?|electroniques?)|e-?books?|epubs?",
    "text": r"documents? word|fichiers? (?:word|texte)|word (?:documents?|files?)|text files?",
    "sound": r"enregistrements? (?:audio|sonores?)|audio (?:recordings?|files?)|fichiers? audio",
    "archive": r"(?:archives?|fichiers?) zip|zip (?:files?|archives?)",
}
"""Nouns that name a kind of document wherever they stand with a possessive or a date."""
_OWN = {
    "event": r"evenements?|rendez[- ]?vous|rdv|agendas?|calendriers?|events?|appointments?|calendars?",
    "contact": r"contacts?|carnets? d['’]adresses|address ?books?",
    "chat": r"(?:(?:messages?|discussions?|conversations?) (?:whatsapp|signal|matrix)|discussions?|conversations?|chats?)",
    "bookmark": r"marque[- ]?pages?|signets?|favoris|bookmarks?|favou?rites",
    "news": r"flux(?: rss)?|fils? (?:rss|d['’]actualites?)|actualites?|abonnements rss|news ?feeds?|rss(?: feeds?)?|feeds?",
}
"""Nouns that mean the thing itself unless they are somebody's own: « mes événements de mai », not « les événements de mai »."""
_WEAK = {
    "mail": r"messages?(?! (?:whatsapp|signal|matrix))",
    "slides": r"presentations?|slides",
    "picture": r"images?|pictures?",
    "book": r"livres?|books?",
    "sound": r"enregistrements?|recordings?|podcasts?|videos?",
    "sheet": r"tableaux",
}
"""Nouns that may mean the thing itself: they bind only as a place, « dans mes livres »."""
_ANY = r"documents?|fichiers?|dossiers?|papiers?|docs?|files?|papers?|archives?"
"""Documents of any kind: bound by a date or a person, if at all."""
_LETTERS = (
    r"lettres?|factures?|devis|contrats?|releves?|comptes?[- ]rendus?|proces[- ]verba(?:l|ux)|rapports?|bulletins?|notes?|"
    r"versions?|quittances?|attestations?|convocations?|avis|ordonnances?|letters?|invoices?|bills?|contracts?|statements?|"
    r"minutes|reports?|receipts?|quotes?|payslips?|prescriptions?"
)
"""Kinds of writing: words to search for, of which one may want the latest."""
_NEWEST = r"derniers?|dernieres?|latest|newest|last|most recent"
_MINE = r"mes|mon|ma|nos|notre|my|our"
_THE = rf"{_MINE}|vos|votre|your|ses|son|sa|his|her|leurs?|their|les|le|la|l['’]|the|ces|ce|cet|these|this"
_IN = "dans|parmi|d'apres|selon|in|among|within|through|from|across"
_AGED = rf"(?:(?P<newest>{_NEWEST}) |(?:anciens?|anciennes?|vieux|old|recent) )?"
_ALL = r"(?:tous |toutes |tout |all (?:of )?)?"


def _named(kinds: dict[str, str], mark: str) -> str:
    return "|".join(rf"(?P<{mark}{kind}>{words})" for kind, words in kinds.items())


_NOUN = f"(?:{_named(_STRONG, 's_')})"
_PLACE_NOUN = f"(?:{_named(_STRONG, 's_')}|{_named(_WEAK, 'w_')}|(?P<any>{_ANY}))"
_ASK = (
    r"(?:(?:peux-tu |pouvez-vous |can you )?(?:re)?(?:cherche|chercher|cherchez|trouve|trouver|trouvez|montre|montrer|montrez|"
    r"affiche|afficher|liste|lister|donne|ouvre|resume|resumer|find|show|list|search|get|open|give|look for|summari[sz]e)"
    r"(?:[- ](?:moi|nous|me|us|for))?(?: +|$))?"
)
_ASKING = re.compile(rf"{_ASK[:-1]}(?:ce qui |ce que |what )?")
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"\b(?:{_IN}) {_ALL}(?:{_THE}) ?{_AGED}{_PLACE_NOUN}\b",
        rf"\b{_ALL}(?:{_MINE}) {_AGED}{_NOUN}\b",
        rf"^\W*{_ASK}{_ALL}(?:(?:{_THE}|des|du|un|une|a|an|any|de) ?)?{_AGED}(?:{_NOUN}|(?P<any>{_ANY}))\b",
        rf"\b(?:(?:{_IN}) )?{_ALL}(?:{_MINE}) {_AGED}(?:{_named(_OWN, 'o_')})\b",
    )
)
"""A place; one's own; a question that begins with the noun; what is meant only when it is one's own."""
_LATEST = re.compile(
    rf"\b(?:{_NEWEST}) (?:{'|'.join(_STRONG.values())}|{_LETTERS})\b"
    rf"|\b(?:{'|'.join(_STRONG.values())}|{_LETTERS})\b[^.?!]{{0,40}}? (?:le|la|les) plus recente?s?\b"
)
_NEWEST_WORDS = re.compile(rf"\b(?:(?:le|la|the|mon|ma|my) )?(?:{_NEWEST})(?= )|\b(?:le|la|les) plus recente?s?\b")
_LANGUAGES = {
    "fr": "francais|french", "en": "anglais|english", "de": "allemand|german", "es": "espagnol|spanish",
    "it": "italien|italian", "nl": "neerlandais|dutch", "pt": "portugais|portuguese",
}  # fmt: skip
_LANGUAGE = re.compile(rf" *(?:ecrits? |written )?(?:en|in) (?:{_named(_LANGUAGES, 'l_')})\b")
_BY = re.compile(
    r" *(?:que m['’]a (?:envoyee?s?|ecrite?s?) |(?:envoye|ecrit|recu|signe|redige)e?s? |(?:sent|written|signed|received) )?"
    r"(?:par |de la part de |de |d['’]|from |by |a |to )"
)
_NAME = re.compile(r"[^\W\d_a-zà-öø-ÿ][\w'’-]*(?: [^\W\d_a-zà-öø-ÿ][\w'’-]*){0,2}")
_NO_NAME = frozenset("je il elle on le la les un une the i pdf word excel".split())
_FILE = re.compile(
    r"(?:\b(?:dans|in|from|le fichier|du fichier|the file) +)?[«\"“]? ?(?P<file>[\w][\w().+-]*\."
    r"(?:pdf|docx?|odt|rtf|txt|md|html?|xlsx?|ods|csv|pptx?|odp|epub|eml|mbox|zip|png|jpe?g))\b ?[»\"”]?",
    re.IGNORECASE,
)
_EDGES = re.compile(
    r"^[\s,;:.?!-]*(?:(?:qui (?:parlent?|traitent?|disent?)|parlant|traitant|a propos|au sujet|which mention|"
    r"that (?:mention|talk about)|talking about)(?: d(?:e(?:s| la| l['’])?|u|['’]))?|"
    r"sur|concernant|about|regarding|concerning|where|avec|with)?(?=\s|$|[,;:])[\s,;:]*"
)


LONGEST = 1_000
"""Characters; a longer text was pasted and is no request."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, read. ``words`` is what remains to be searched; it may be nothing at all."""

    words: str
    only: Filter = UNBOUND
    people: str = ""
    """Whom the documents must be from or to, as it was written; ``only`` holds it too."""
    file: str = ""
    """The name of a file that was named."""
    latest: bool = False
    """Whether the newest is wanted first."""


def understand(question: str, today: date) -> Reading:
    """What ``question``, on one line, says of the documents it is about. Cheap: some expressions over the first words."""
    if len(question) > LONGEST:
        return Reading(question)
    text = plain(question)
    named = _FILE.search(question)
    latest = _LATEST.search(text) is not None
    for form in _FORMS:
        for found in form.finditer(text):
            if reading := _scope(question, text, found, today, latest):
                return _with_file(reading, named["file"]) if named else reading
    reading = Reading(_tidy(_without(question, text, _NEWEST_WORDS)), latest=True) if latest else Reading(question)
    return _with_file(reading, named["file"]) if named else reading


def _scope(question: str, text: str, found: re.Match[str], today: date, latest: bool) -> Reading | None:
    """What the phrase that begins with ``found`` says; nothing when it binds nothing."""
    marks = {name: value for name, value in found.groupdict().items() if value}
    kinds = frozenset(name[2:] for name in marks if name[:2] in ("s_", "o_", "w_"))
    at, period, people, languages = _modifiers(question, text, found.end(), today, kinds == {"mail"})
    newest = latest or bool(marks.get("newest"))
    said = bool(period[0] or period[1] or people or languages)
    opening = found.re is _FORMS[2]
    if not (said or (kinds and (newest or not opening))):
        return None
    if "any" in marks and not (period[0] or period[1] or languages):
        return None
    only = Filter(
        kinds=kinds,
        languages=languages,
        since=moment(period[0]),
        until=moment(period[1]),
        people=frozenset(people.replace("'", " ").replace("’", " ").split()),
    )
    rest = f"{question[: found.start()]} {question[at:]}"
    return Reading(_tidy(rest), only, people, latest=newest)


def _modifiers(question: str, text: str, at: int, today: date, mail: bool) -> tuple[int, Period, str, frozenset[str]]:
    """What follows the noun, in any order: when, who, in which language; and where it ends."""
    period: Period = (None, None)
    people, languages = "", frozenset[str]()
    for _ in range(4):
        if not (period[0] or period[1]) and (when := read(text, at, today)):
            period, at = when
        elif not languages and (spoken := _LANGUAGE.match(text, at)):
            languages, at = frozenset({str(spoken.lastgroup)[2:]}), spoken.end()
        elif not people and (who := _who(question, text, at, mail)):
            people, at = who
        else:
            break
    return at, period, people, languages


def _who(question: str, text: str, at: int, mail: bool) -> tuple[str, int] | None:
    by = _BY.match(text, at)
    name = _NAME.match(question, by.end()) if by else None
    if not by or not name or plain(name[0]) in _NO_NAME:
        return None
    alone = by[0].strip() in ("de", "d'", "d’", "a", "to")
    return None if alone and not mail else (name[0], name.end())


def _with_file(reading: Reading, file: str) -> Reading:
    """``reading``, bound to a file; its name goes out of the words, once, when other words remain."""
    rest = _tidy(_FILE.sub(" ", reading.words, count=1))
    return Reading(rest, reading.only, reading.people, file, reading.latest)


def _without(question: str, text: str, pattern: re.Pattern[str]) -> str:
    kept, last = [], 0
    for found in pattern.finditer(text):
        kept.append(question[last : found.start()])
        last = found.end()
    return " ".join([*kept, question[last:]])


def _tidy(words: str) -> str:
    """``words`` without the signs and small words that a phrase taken out of them leaves at the edges."""
    words = " ".join(words.split()).strip(" ,;:-")
    asked = _ASKING.match(plain(words))
    words = words[asked.end() :] if asked else words
    edge = _EDGES.match(plain(words))
    return words[edge.end() :].strip() if edge and edge.end() else words
