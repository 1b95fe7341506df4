"""What a model's licence lets a person do, as answers to what people ask. Pure; the licence's own text stays the rule.

Each entry was read from the licence itself. Names are SPDX identifiers (https://spdx.org/licenses) where there is one, else what
model cards commonly say. A name that nobody knows here gets the careful answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hameau.kit import N_


@dataclass(frozen=True, slots=True)
class Terms:
    """Message ids: in one sentence; at work; passing it on; what must be said. ``free``: may be used for anything by
    anybody."""

    summary: str
    work: str
    share: str
    credit: str
    free: bool = True
    beware: str = ""
    """What else somebody here should know."""


_FREELY = N_("Free: use it, copy it and change it as you like, at work too. Keep its licence with it.")
_SHARED = N_("Free: use it, copy it and change it; whoever passes on a changed one shares the changes.")
_CONDITIONS = N_("Not free software: use is allowed under the maker's conditions. Read them before work with it.")
_YES = N_("Yes, for anything.")
_BOUND = N_("Yes, except for what its rules forbid: harming, deceiving, spying on people and the like.")
_AS_IS = N_("Yes, changed or not, with its licence.")
_ALIKE = N_("Yes. A changed one goes on under the same licence.")
_PASS_RULES = N_("Yes, with its licence, and its prohibitions hold for whoever gets it.")
_KEEP = N_("Its licence and its makers' names stay with it.")
_NAMED = N_("Name its makers and its licence, and say if you changed it.")
_RESEARCH = N_("No: only to study it and to try it out. A business needs the maker's agreement.")

_MIT = Terms(_FREELY, _YES, _AS_IS, _KEEP)
_COPYLEFT = Terms(_SHARED, _YES, _ALIKE, N_("Its licence and its makers' names stay with it, and changes are marked."))
_LLAMA = Terms(
    _CONDITIONS,
    N_("Yes, by its rules of use. Above 700 million users a month, only with Meta's agreement."),
    N_("Yes, with its licence; the name of a model made from it begins with « Llama »."),
    N_("« Built with Llama », where people see it."),
    free=False,
    beware=N_(
        "Llama 3.2 with sight and Llama 4 are not licensed to whoever lives or has a seat in the European Union."
    ),
)
_STUDY = Terms(
    N_("Not free software: for study and trials only, not for work."),
    _RESEARCH,
    N_("For study only, with its licence."),
    _KEEP,
    free=False,
)
_UNKNOWN = Terms(
    N_("Its conditions are the maker's: read them before you pass it on."),
    N_("Not known here: its conditions say."),
    N_("Not known here: its conditions say."),
    N_("Not known here: its conditions say."),
    free=False,
)
_NAMING = Terms(
    N_("Free: use it, copy it and change it as you like, at work too. Name its makers."), _YES, _AS_IS, _NAMED
)
_NO_MONEY = Terms(
    N_("Not for earning money: copy and use it elsewhere, and name its makers."),
    N_("Only where no money is earned with it: not in a business."),
    N_("Yes, without earning money with it."),
    _NAMED,
    free=False,
)

TERMS: tuple[tuple[str, Terms], ...] = (
    ("apache-2", replace(_MIT, credit=N_("Its licence and its makers' names stay with it, and changes are marked."))),
    ("mit", _MIT),
    ("bsd-", _MIT),
    ("isc", _MIT),
    ("0bsd", replace(_MIT, credit=N_("Nothing."))),
    ("unlicense", replace(_MIT, credit=N_("Nothing."))),
    ("cc0", replace(_MIT, credit=N_("Nothing."))),
    ("eupl", _COPYLEFT),
    ("mpl-", _COPYLEFT),
    ("lgpl-", _COPYLEFT),
    ("gpl-", _COPYLEFT),
    (
        "agpl-",
        replace(_COPYLEFT, share=N_("Yes. A changed one, offered over a network too, goes on under its licence.")),
    ),
    ("cc-by-nc", _NO_MONEY),
    ("cc-by-nd", replace(_NAMING, share=N_("Yes, but only as it is."), free=False)),
    ("cc-by-sa", replace(_COPYLEFT, credit=_NAMED)),
    ("cc-by", _NAMING),
    ("llama", _LLAMA),
    (
        "gemma",
        Terms(_CONDITIONS, _BOUND, _PASS_RULES, N_("Its terms of use go with it, and changes are marked."), False),
    ),
    ("qwen-research", _STUDY),
    ("mistral-research", _STUDY),
    ("mrl", _STUDY),
    ("mnpl", _STUDY),
)
"""By how the name begins, the first that fits. (Gemma: ai.google.dev/gemma/terms; Llama: llama.com/llama3_3/license.)"""


def terms(identifier: str) -> Terms:
    """The :class:`Terms` of a licence by its name, however it is written."""
    name = identifier.strip().lower().replace("_", "-").replace(" ", "-").removeprefix("meta-")
    if "openrail" in name:
        return Terms(_CONDITIONS, _BOUND, _PASS_RULES, _KEEP, free=False)
    return next((found for start, found in TERMS if name.startswith(start)), _UNKNOWN)
