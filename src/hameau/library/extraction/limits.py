"""Every bound on what a stranger's file may cost, in one place.

What the kernel holds on top of these (threads, open files, the address space) stands in ``sandbox``.
"""

from __future__ import annotations

MEMORY_BYTES = 1 << 30
"""Private memory of the process that reads."""
SECONDS = 120
"""Of waiting and of processor, for one step: a file that is read in one go, a page that is recognised, a file in an archive."""
STRETCH = 15
"""A file that is read step by step may take so many times the seconds of one step, as a scan of 500 pages does."""
STEPS = 20_000
RETRIES = 3
"""A step that breaks its reader, or never ends, is left out and the rest read again so often."""
FILE_BYTES = 256 << 20
CHARACTERS = 20_000_000
PAGES = 100_000

OFFICE_BYTES = 1 << 30
"""What the parts of one office file may claim to be, unpacked."""
OFFICE_RATIO = 300
"""And how many times its size; a small file may claim as much as one of :data:`OFFICE_SMALL` bytes."""
OFFICE_SMALL = 1 << 20

DEPTH = 3
"""Archives in archives, letters in letters."""
MEMBERS = 2_000
"""Files read from one archive with all the archives in it; further ones are named, not read."""
NAMES = 20_000
"""Entries looked at in one archive."""
NAMED = 200
"""Names of unread files that are written down."""
MEMBER_BYTES = 64 << 20
ARCHIVE_BYTES = 512 << 20
"""Unpacked from one archive with all the archives in it."""
ARCHIVE_RATIO = 100
"""How many times its size an archive may grow, once it is beyond :data:`ARCHIVE_SMALL`: text packs to a tenth, a bomb to
a thousandth."""
ARCHIVE_SMALL = 32 << 20
LZMA_BYTES = 192 << 20
"""Memory that a packer may ask for to unpack."""
LONGEST_PATH = 300

RECOGNISED = 500
"""Pages and pictures recognised in one file."""
SHARE = 0.4
"""Of the whole time of a file: after so much of it on the processor, no further page or member is begun, so that what was
read until then is not lost."""
PIXELS = 80_000_000
"""Of a picture that has to be turned or changed before it is recognised."""
ALMOST_NOTHING = 12
"""Letters and figures; a page of a PDF with fewer is also looked at as a picture."""

HEADER_CHARACTERS = 20_000
"""Of a mail's header field; decoding takes the square of their number."""
PARTS = 1_000
"""Parts of one mail."""
TITLE_CHARACTERS = 500
AUTHORS_CHARACTERS = 300
LINK_CHARACTERS = 2_000
"""Of an address, and of the name of a conversation."""

INSIDE = 20_000
"""Documents of their own inside one file: attachments, events, contacts. Further ones are named, not read."""
ASIDES = 10_000
LINKS = 2_000
"""Names and addresses that one document points at."""
FORM_BYTES = 64 << 20
"""What a form may tell; what it is told of is bounded by :data:`FILE_BYTES`."""
FORM_SECONDS = 30

FEED_BYTES = 16 << 20
"""Of a feed, and of a list of feeds."""
FEED_ENTRIES = 2_000
"""The newest entries of one feed; those of before are left."""
ENTRY_CHARACTERS = 1_000_000
ENCLOSURES = 20
FEEDS = 5_000
"""Of one list of feeds."""
