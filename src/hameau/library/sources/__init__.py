"""Where documents come from: one adapter a kind of source. Only ``hub`` names them.

- :class:`FolderSource`: a folder of this machine with all its subfolders, or one single file
"""

from hameau.library.sources.folder import FolderSource

__all__ = ["FolderSource"]
