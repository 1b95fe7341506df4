"""Where documents come from: one adapter a kind of source. Only ``hub`` names them.

- :class:`FolderSource`: a folder of this machine with all its subfolders, or one single file
- :class:`BrowserSource`: bookmarks, and by choice the history, of Firefox or Chromium
- :class:`CaldavSource`, :class:`CarddavSource`: calendars and contacts on a server, or one published file
- :class:`FeedSource`: a feed of the web; :class:`NotAFeed` says which feeds a page names
- :class:`ImapSource`: the mail of one account on a server; :class:`MailStoreSource`: mail on this machine (:func:`is_mail` looks)
- :class:`WebdavSource`: a folder of a Nextcloud or another WebDAV server; :func:`begin_login`, :func:`poll_login`: signing in
  to a Nextcloud on its own page, :class:`Login`, :class:`Granted`; :func:`guess_dav`, :class:`Guess`: what an address is
- :class:`ZimSource`: an encyclopedia or another archive in one file, asked instead of read
"""

from hameau.library.sources.browser import BrowserSource
from hameau.library.sources.caldav import CaldavSource, CarddavSource
from hameau.library.sources.feed import FeedSource, NotAFeed
from hameau.library.sources.folder import FolderSource
from hameau.library.sources.imap import ImapSource
from hameau.library.sources.mailstore import MailStoreSource, is_mail
from hameau.library.sources.nextcloud import Granted, Guess, Login, begin_login, guess_dav, poll_login
from hameau.library.sources.webdav import WebdavSource
from hameau.library.sources.zim import ZimSource

__all__ = [
    "BrowserSource",
    "CaldavSource",
    "CarddavSource",
    "FeedSource",
    "FolderSource",
    "Granted",
    "Guess",
    "ImapSource",
    "Login",
    "MailStoreSource",
    "NotAFeed",
    "WebdavSource",
    "ZimSource",
    "begin_login",
    "guess_dav",
    "is_mail",
    "poll_login",
]
