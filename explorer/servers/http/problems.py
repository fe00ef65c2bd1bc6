"""Errors as ``application/problem+json`` (RFC 9457), each with its reason and advice."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from explorer.errors import EmbedderError, ExplorerError, UnknownPaper, UnknownTopic, UnusableInput

MEDIA_TYPE = "application/problem+json"
_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "always about:blank"},
        "title": {"type": "string", "description": "the status in words"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "reason and advice"},
    },
}
_UNREADABLE = "The library cannot be read at the moment; see the server's log."


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the response for an error."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI descriptions of an operation's error responses."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": _SCHEMA}},
        }
        for status in (*statuses, 400, 401, 422, 429, 503)
    }


def add_problem_handlers(api: FastAPI) -> None:
    """Make ``api`` answer every exception with a problem document."""

    @api.exception_handler(ExplorerError)
    async def expected(_request: Request, error: ExplorerError) -> JSONResponse:
        if isinstance(error, UnknownPaper | UnknownTopic):
            return problem(404, str(error))
        if isinstance(error, UnusableInput):
            return problem(422, str(error))
        logging.getLogger(__name__).error("%s", error)
        if isinstance(error, EmbedderError):
            return problem(503, f"{error} Searches with mode=lexical need no model.")
        # The message names folders of this machine.
        return problem(503, _UNREADABLE)

    @api.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        reasons = "; ".join(
            f"{'.'.join(map(str, reason['loc'][1:])) or reason['loc'][0]}: {reason['msg']}"
            for reason in error.errors()
        )
        return problem(422, reasons)

    @api.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))

    @api.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        # Starlette logs it with its traceback.
        return problem(500, "Internal error; see the server's log.")
