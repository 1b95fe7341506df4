"""The web, asked through a SearXNG of the person's choice, and its pages read in the sandbox; each under a Connection.

- :class:`WebSearch`: who may be asked, the question, the pages that answer it
- nouns: :class:`Hit`, :class:`Found`, :class:`WebPage`, :class:`Proposal`

The way of a question: ``asking.py`` sends it to the SearXNG under the Connection ``web.search``; ``fetching.py`` fetches the
pages of the best hits, each under a Connection of its own that is lent for it; ``reading.py`` has them read in the sandbox.
``addresses.py`` says which pages are opened at all.
"""

from hameau.websearch.types import Found, Hit, Proposal, WebPage
from hameau.websearch.websearch import WebSearch

__all__ = ["Found", "Hit", "Proposal", "WebPage", "WebSearch"]
