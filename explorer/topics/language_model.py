"""Names and summaries of topics by a language model behind an OpenAI-compatible server."""

from __future__ import annotations

import hashlib
import json

from explorer.topics.answer_cache import AnswerCache
from explorer.topics.chat_endpoint import ChatEndpoint, EndpointFailure
from explorer.topics.custom_namer import ModelAnswer, ModelNamer, NamingCase, NoAnswer
from explorer.topics.model_answers import ANSWER_FORMAT, question, read_answer

_UNKNOWN_FORMAT = (400, 422)
"""HTTP status of servers that do not know the format of answers; they are tried without it."""
_MOST_FAILURES = 3
"""Failures of the server in a row, after which nothing is sent to it any more."""


class LanguageModel(ModelNamer):
    """Naming function that sends titles and the beginnings of abstracts to a server.

    Answers that can be used are kept in ``cache``, and their questions are not sent again. After
    ``_MOST_FAILURES`` of the server in a row nothing is sent in this build.
    """

    def __init__(self, endpoint: ChatEndpoint, model: str, cache: AnswerCache) -> None:
        self._endpoint = endpoint
        self._model = model
        self._cache = cache
        self._failures = 0
        """Failures of the server in a row."""
        self._has_formats = True
        """Whether the server takes the format of answers, as far as is known."""

    @property
    def identity(self) -> str:
        return f"{self._model} at {self._endpoint.url}"

    @property
    def notice(self) -> str:
        """Sentence on what is sent, and to which host."""
        exposed = ", unencrypted" if self._endpoint.is_exposed else ""
        return (
            "To name topics, the titles and the beginnings of the abstracts of their "
            f"representative papers are sent to {self._endpoint.host}{exposed} (model "
            f"{self._model})."
        )

    def begin(self) -> None:
        self._failures = self.unanswered = 0

    def __call__(self, case: NamingCase) -> ModelAnswer:
        request = question(self._model, case.papers)
        sent = json.dumps([self._endpoint.url, request])
        key = hashlib.sha256(sent.encode()).hexdigest()
        known = self._cache.get(key)
        content = self._complete(request) if known is None else known
        name, sentences = read_answer(content, case.papers)
        if any(self._endpoint.is_key_in(text) for text in (name, *(s.text for s in sentences))):
            raise NoAnswer("the model's answer holds the key")
        if known is None:
            self._cache.put(key, content)  # nonsense is not kept, and asked for again
        return ModelAnswer(self._model, name, sentences)

    def _complete(self, request: dict[str, object]) -> str:
        if self._failures >= _MOST_FAILURES:
            self.unanswered += 1
            raise EndpointFailure("the server failed too often in a row to be tried again")
        try:
            content = self._complete_in_format(request)
        except EndpointFailure:
            self._failures += 1
            self.unanswered += 1
            raise
        self._failures = 0
        return content

    def _complete_in_format(self, request: dict[str, object]) -> str:
        if self._has_formats:
            try:
                return self._endpoint.complete(request | {"response_format": ANSWER_FORMAT})
            except EndpointFailure as error:
                if error.status not in _UNKNOWN_FORMAT:
                    raise
        content = self._endpoint.complete(request)
        self._has_formats = False
        return content
