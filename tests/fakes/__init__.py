"""In-memory adapters, one a port, and small worlds for tests. Honest ones: they keep the promises of their ports.

- ``models.py``      EchoGenerator, ScriptedGenerator, HashedEmbedder
- ``extraction.py``  PlainExtractor
- ``sources.py``     MemorySource
- ``trees.py``       file trees drawn as indented text
"""
