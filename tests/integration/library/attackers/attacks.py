"""All attacks, in one list."""

from __future__ import annotations

from integration.library.attackers import archives, corpus, office, pdfs, pictures, plain, webs

KINDS = (office, archives, pdfs, webs, pictures, plain)
"""The modules that make them; importing one enters its attacks."""
ATTACKS = tuple(corpus.ATTACKS)
NAMES = tuple(repr(one.name)[1:-1] for one in ATTACKS)
"""As tests show them."""
