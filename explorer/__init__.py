"""Search paper digests by meaning and see them as a map of named topics.

The journey, one station a module::

    digest file --readers/--> Paper --identity--> record --embedders/, vectors--> unit vector
       --> engines/ and lexicon --> graph --> projection, topics, names ==> generation
    query --> search --> hits --> app/, terminal

``docs/architecture.md`` tells the whole of it.
"""

__version__ = "0.1.0"
