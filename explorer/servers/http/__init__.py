"""A library over HTTP: what the page can find, as JSON, for scripts on this machine or elsewhere.

``api.py`` has the addresses, ``guard.py`` what a request must pass before it is looked at,
``problems.py`` how errors are told, ``serving.py`` the server. Every answer comes from
:class:`explorer.api.library.Library`, so it ranks as the page does.
"""
