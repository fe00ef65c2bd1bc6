"""HTTP interface: searches, topics and map of a library as JSON.

``api.py`` has the routes, ``guard.py`` the checks before each request, ``problems.py`` the error
responses, ``serving.py`` the server process. Every answer comes from
:class:`explorer.api.library.Library`, so it ranks as the page does.
"""
