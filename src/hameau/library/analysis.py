"""Text to terms: what the text index holds and what a question is looked up by. French first.

The steps, for each word: lower case, elisions (« l'école » is « école »), hyphens (« porte-monnaie » is found by
« porte-monnaie », « porte monnaie » and « portemonnaie »), stop words, Snowball stemming of the text's language (Porter, 2001,
https://snowballstem.org), and last the folding of accents, because the French stemmer reads them. Numbers, dates and amounts
keep their value: « 1 234,5 » is one term. Knows nothing of the index, so any database can keep the same terms.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import Stemmer

from hameau.library.language import detect
from hameau.library.memory import Memory
from hameau.library.stopwords import QUESTION_FRENCH, STOP_WORDS

DEFAULT_LANGUAGE = "fr"
QUERY_CHARACTERS = 4_000
"""A question longer than this is read from its two ends: what is asked stands there, the middle is pasted text."""
QUERY_TERMS = 64
"""At most so many different terms are looked up."""
WORD_CHARACTERS = 64
"""A longer run of letters is no word (encoded data, a table of bytes) and is left out of the index."""

VERSION = 2
"""Goes up with every change of the terms: a text index of another version is built anew (:mod:`hameau.library.intake`)."""

EXACT = "="
"""Stands before a word as it was written, to tell it from a stem."""
BREAK = "-"
"""Stands between the two parts of the index, so that no pair spans them."""

_SNOWBALL = {
    "fr": "french", "en": "english", "de": "german", "es": "spanish", "it": "italian", "pt": "portuguese", "nl": "dutch",
    "sv": "swedish", "da": "danish", "no": "norwegian", "fi": "finnish", "ru": "russian", "ro": "romanian", "hu": "hungarian",
    "tr": "turkish", "ca": "catalan", "eu": "basque", "el": "greek", "ar": "arabic", "pl": "polish", "cs": "czech",
}  # fmt: skip

_APOSTROPHES = "'\u2019\u02bc\u2032\u2018"
_LETTER_APOSTROPHE = "\u02bc"
_HYPHENS = "\u2010\u2011-"
_SOFT_HYPHEN = "\u00ad"
_SPACES = "[ \u00a0\u202f\u2009]"
# One alternative a kind of token; the first that fits wins. No alternative can backtrack beyond its own token.
_TOKEN = re.compile(
    rf"\d{{1,3}}(?:{_SPACES}\d{{3}})+(?!\d)(?:[.,]\d+)?"  # 1 234,5
    r"|\d+(?:[.,]\d+)+"  # 3,14  1.234,5  192.168.1.1
    r"|(?:[^\W\d_]\.){2,}"  # s.n.c.f.
    rf"|[^\W_]+(?:[{_APOSTROPHES}{_HYPHENS}][^\W_]+)*(?:\+\+|#)?"  # words, with their apostrophes and hyphens
    r"|[%€$£]"
)
_SIGNS = {"%": "pourcent", "€": "euros", "$": "dollar", "£": "livre"}
_ELISIONS = frozenset("l d j m t s n c qu jusqu lorsqu puisqu quoiqu presqu quelqu entr dell all nell sull un".split())
_WHOLE = frozenset("aujourd'hui quelqu'un quelqu'une presqu'île presqu'îles prud'homme prud'hommes prud'homal".split())
_CLITICS = frozenset(
    """
    t je tu il elle on nous vous ils elles ce le la les lui leur moi toi y en ci là même mêmes
    """.split()
)
_APART = re.compile(f"[{_APOSTROPHES}]")
_JOINED = re.compile(f"[{_HYPHENS}]")
_PLAIN_NUMBER = re.compile(rf"(?:\d|[.,]|{_SPACES})+")
_GROUPED = re.compile(_SPACES)
_INSIDE_NUMBER = re.compile(rf"(?<=\d){_SPACES}(?=\d{{3}}(?!\d))")
_BOND = "\x02"
"""Stands for such a space while a text is taken apart."""
_THREE_DIGITS = re.compile(r"\d{3}(?!\d)")
_PARTING = (_BOND, ", ", ",\n", *';:!?()[]{}<>/|=*_~`"«»“”…&@\\')
"""What stands in no token, nor beside one that it is a part of: words are parted there, as at white space."""
_PARTED = ("", "\n", "\n\n")
_AROUND = "".join(_PARTING) + ".'\u2019\u2018-–—•·^"
"""Signs that say nothing of the word that they stand around."""
_GOES_ON = "\x1f"
"""White space before a piece that may be the second half of a number with a space inside: « 1 234 »."""
_ORDINAL = re.compile(r"(\d+)(?:er|re|ère|e|ème|eme|nd|nde|ers|res|es|st|th|rd)")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
# What is accented wherever it stands in French. The stemmer needs to see it, and a hurried hand leaves it out: « duree ».
_ACCENTED = (
    (re.compile("ee(s?)$"), "ée\\1"),
    (
        re.compile("ite(s?)$"),
        "ité\\1",
    ),  # « visite » keeps its own stem: what is not a suffix of quality goes as a verb's é
    (re.compile("iere(s?|ment)$"), "ière\\1"),
    (re.compile("oye(s?)$"), "oyé\\1"),
    (re.compile("^(ac|de|ex|suc|pro)ces$"), "\\1cès"),
    (re.compile("^(au|a|ex|pro|con)?(p|g)res$"), "\\1\\2rès"),
    (re.compile("^(am|mo|p)itie(s?)$"), "\\1itié\\2"),
)
_HURRIED = ("ee", "ees", "ite", "ites", "iere", "ieres", "ierement", "oye", "oyes", "ces", "res", "itie", "ities")
"""Endings of the words that ``_ACCENTED`` may change."""
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


def fold(text: str) -> str:
    """``text`` in lower case without accents or ligatures: « Œuvre d'Été » is « oeuvre d'ete »."""
    if text.isascii():
        return text.lower()
    bare = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    return bare.lower().translate(_LIGATURES)


_LATIN = {code: fold(chr(code)) for code in (*range(0xDF, 0x250), *range(0x1E00, 0x1F00))}
"""Most accented letters there are, each with what it folds to."""


def terms(text: str, language: str = DEFAULT_LANGUAGE) -> list[str]:
    """The stemmed terms of ``text``, in order. ``language`` is a two-letter code; an unknown one is folded only."""
    return _analyser(language, False).terms(text)[0]


def index_terms(text: str, language: str = DEFAULT_LANGUAGE) -> list[str]:
    """What the index holds of ``text``: its stemmed terms in order, then each word as it was written, after ``EXACT``.

    A word found in the very form that was asked so counts twice, and a word of another language is found all the same.
    """
    stems, words = _analyser(language, False).terms(text)
    return [*stems, BREAK, *words] if stems else []


def index_text(text: str, language: str = DEFAULT_LANGUAGE) -> str:
    """:func:`index_terms` as one text, parted by white space: the quick way for whole documents."""
    return _analyser(language, False).index_text(text)


def index_texts(texts: Sequence[str], language: str = DEFAULT_LANGUAGE) -> list[str]:
    """:func:`index_text` of each of ``texts``, quicker together: the passages of one document."""
    return _analyser(language, False).index_texts(texts)


def query_terms(text: str, languages: Iterable[str] = (DEFAULT_LANGUAGE,)) -> list[str]:
    """The different stemmed terms of a question, at most ``QUERY_TERMS``, without stop words and question words.

    It is read in its own language when that is one of ``languages`` and can be told, else in all of them.
    """
    return list(dict.fromkeys(term for stems, _ in _asked(text, languages) for term in stems))[:QUERY_TERMS]


def lookups(text: str, languages: Iterable[str] = (DEFAULT_LANGUAGE,)) -> list[str]:
    """All that a question is looked up by: stemmed terms, words as written, and pairs of neighbouring terms.

    A pair holds a space and means the two terms one right after the other (the sequential dependence of Metzler and Croft, 2005,
    "A Markov random field model for term dependencies", SIGIR).
    """
    found: dict[str, None] = {}
    for stems, words in _asked(text, languages):
        stems, words = stems[:QUERY_TERMS], words[:QUERY_TERMS]
        found.update(dict.fromkeys(stems))
        found.update(dict.fromkeys(words))
        found.update(dict.fromkeys(f"{one} {next_one}" for one, next_one in pairwise(stems) if one != next_one))
    return list(found)[: 3 * QUERY_TERMS]


def _asked(text: str, languages: Iterable[str]) -> list[tuple[list[str], list[str]]]:
    if len(text) > QUERY_CHARACTERS:
        text = text[: QUERY_CHARACTERS // 2] + "\n" + text[-QUERY_CHARACTERS // 2 :]
    codes = list(languages) or [DEFAULT_LANGUAGE]
    if len(codes) > 1 and (own := detect(text)) in codes:
        codes = [own]
    return [_analyser(code, True).terms(text) for code in codes]


class _Analyser:
    """The terms of one language. What a token becomes is worked out once and remembered; the memory is bounded."""

    REMEMBERED = 100_000

    def __init__(self, language: str, asking: bool) -> None:
        name = _SNOWBALL.get(language)
        self._stemmer = Stemmer.Stemmer(name, 0) if name else None
        self._stop = STOP_WORDS.get(language, frozenset())
        if language == "fr":
            self._stop |= frozenset(map(fold, self._stop)) - {"ca"}  # « CA »: a turnover, a board
            self._stop |= QUESTION_FRENCH if asking else frozenset()
        self._french = language == "fr"
        self._decimal_comma = language != "en"
        self._known = Memory(self._learn, self.REMEMBERED)
        self._pieces = Memory(self._learn_piece, self.REMEMBERED)
        self._lock = threading.Lock()

    def index_text(self, text: str) -> str:
        """The stems, ``BREAK`` and the words as written, parted by white space."""
        return self.index_texts([text])[0]

    def index_texts(self, texts: Sequence[str]) -> list[str]:
        """:meth:`index_text` of each, quicker together. Few pieces between two spaces are new."""
        texts = list(map(_plain, texts))
        parted = "".join(texts).lower()
        if len(parted) != sum(map(len, texts)):  # there are letters that become two
            texts = [text.lower() for text in texts]
            parted = "".join(texts)
        for sign in _PARTING:
            if sign in parted:
                parted = parted.replace(sign, _PARTED[len(sign)])
        ends = list(accumulate(map(len, texts)))
        return [self._index_parted(parted[start:end]) for start, end in pairwise([0, *ends])]

    def _index_parted(self, text: str) -> str:
        pieces = list(map(self._pieces.__getitem__, text.split()))
        stems = " ".join([stems for stems, _ in pieces])
        if not stems or stems.isspace():
            return ""
        if _GOES_ON in stems and _INSIDE_NUMBER.search(text):
            pieces = list(map(self._pieces.__getitem__, _INSIDE_NUMBER.sub(_BOND, text).split()))
            stems = " ".join([stems for stems, _ in pieces])
        return f"{stems} {BREAK} {' '.join([words for _, words in pieces])}"

    def _learn_piece(self, piece: str) -> tuple[str, str]:
        core = piece.strip(_AROUND)
        if core.isalpha() and len(core) <= WORD_CHARACTERS:
            stems, words = self._known[core]  # one word, with nothing but marks around it
        else:
            found, written = self.terms(piece.replace(_BOND, " "))
            stems, words = tuple(found), tuple(written)
        if _THREE_DIGITS.match(piece):
            return _GOES_ON + " ".join(stems), " ".join(words)
        return " ".join(stems), " ".join(words)

    def terms(self, text: str) -> tuple[list[str], list[str]]:
        """The stemmed terms, and the words as written, of ``text``: two lists of one length."""
        stems: list[str] = []
        words: list[str] = []
        for first, second in map(self._known.__getitem__, _TOKEN.findall(_plain(text).lower())):
            stems += first
            words += second
        return stems, words

    def _learn(self, token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if token in self._stop:
            return (), ()
        if token.isascii() and len(token) <= WORD_CHARACTERS:
            if token.isdecimal():
                return (token,), (EXACT + token,)
            if token.isalpha():
                with self._lock:
                    return (self._stem(token, token),), (EXACT + token,)
        with self._lock:  # a stemmer keeps state and is not for two threads at once
            words = [(word, solid) for word in self._analyse(token) if (solid := _solid(word))]
            return tuple([self._stem(*word) for word in words]), tuple([EXACT + solid for _, solid in words])

    def _stem(self, word: str, solid: str) -> str:
        if self._stemmer is None or word[0].isdigit() or _is_cjk(word):
            return solid
        stem: str = self._stemmer.stemWord(_accented(word) if self._french else word)
        if not stem.isascii():
            stem = _solid(stem)
        return _singular(stem or solid) if self._french else stem or solid

    def _analyse(self, token: str) -> list[str]:
        """The words of a token that are worth looking up, not yet stemmed."""
        if token.isalpha() and len(token) <= WORD_CHARACTERS and _LETTER_APOSTROPHE not in token:
            return self._word(token)
        if token in _SIGNS:
            return [_SIGNS[token]]
        if token[0].isdigit() and _PLAIN_NUMBER.fullmatch(token):
            return [self._number(token)]
        if token.endswith(".") and not token[0].isdigit():
            return [token.replace(".", "")]
        if len(token) > WORD_CHARACTERS and not _is_cjk(token):
            return []
        return [word for part in self._unelided(token) for word in self._hyphenated(part)]

    def _number(self, token: str) -> str:
        """One spelling for one value: « 1 234,50 », « 1.234,50 » and, in English, "1,234.50" are ``1234.50``."""
        token = _GROUPED.sub("", token)
        thousands, decimal = (".", ",") if self._decimal_comma else (",", ".")
        if re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?", token):
            token = token.replace(thousands, "")
        return token.replace(",", ".")

    def _unelided(self, token: str) -> list[str]:
        """The words of a token with apostrophes, elided articles and pronouns gone."""
        parts = _APART.split(token)
        first = 0
        while first < len(parts) - 1:
            if "'".join(parts[first:]) in _WHOLE:
                return ["".join(parts[first:])]
            if parts[first] not in _ELISIONS:
                break
            first += 1
        return [part for part in parts[first:-1] if part not in _ELISIONS] + parts[-1:]

    def _hyphenated(self, word: str) -> list[str]:
        parts = [part for part in _JOINED.split(word) if part]
        if len(parts) > 1 and not parts[0][0].isdigit():
            while len(parts) > 1 and parts[-1] in _CLITICS:
                parts.pop()
        if len(parts) == 1:
            return self._word(parts[0])
        found = [word for part in parts for word in self._word(part)]
        if all(part.isdigit() for part in parts):
            found.append("-".join(parts))  # an article (1792-4-1), a date, a telephone number: found whole
        elif len(parts) <= 4:
            found += self._word("".join(parts))
        return found

    def _word(self, word: str) -> list[str]:
        if word in self._stop or word == "_":
            return []
        if word[0].isdigit():
            ordinal = _ORDINAL.fullmatch(word)
            return [ordinal[1] if ordinal else word]
        if _is_cjk(word):  # written without spaces: pairs of characters
            return [word[i : i + 2] for i in range(len(word) - 1)] or [word]
        return [word]


def _plain(text: str) -> str:
    """``text`` in composed characters (NFC, Unicode Standard Annex 15), without the marks where a word may be parted."""
    if text.isascii():
        return text
    if _SOFT_HYPHEN in text:
        text = text.replace(_SOFT_HYPHEN, "")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _solid(word: str) -> str:
    """``word`` folded, in one piece: some letters of Arabic are whole phrases once taken apart."""
    if word.isascii() or (word := word.translate(_LATIN)).isascii():
        return word.lower()
    return "".join(fold(word).split())


def _is_cjk(word: str) -> bool:
    return not word.isascii() and _CJK.search(word) is not None


def _accented(word: str) -> str:
    """``word`` with the accents that its ending must have, so that « rentree » and « rentrée » have one stem."""
    if not word.endswith(_HURRIED):
        return word
    for pattern, replacement in _ACCENTED:
        word = pattern.sub(replacement, word)
    return word


def _singular(stem: str) -> str:
    """The French stemmer leaves « amis », « euros », « bijoux » as they are (it keeps an s after a, i, o, u): finish its work."""
    if len(stem) > 3 and stem.endswith(("is", "os", "us", "as", "oux")):
        return stem[:-1]
    return stem


_analysers: dict[tuple[str, bool], _Analyser] = {}
_analysers_lock = threading.Lock()


def _analyser(language: str, asking: bool) -> _Analyser:
    key = (language if language in _SNOWBALL else "", asking)
    analyser = _analysers.get(key)
    if analyser is None:
        with _analysers_lock:
            analyser = _analysers.setdefault(key, _Analyser(*key))
    return analyser
