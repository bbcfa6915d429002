"""Puts the application together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app import __version__, auth, operations, task_routes
from app.access import Services, path_user
from app.boundary import RequestBoundary
from app.chat.gemini import Gemini
from app.chat.routes import chat_router, conversation_router
from app.chat.turns import Chat
from app.config import Settings
from app.database import Database
from app.errors import error_docs, install_error_handlers
from app.metrics import Metrics
from app.operations import Lifecycle
from app.passwords import Passwords
from app.tokens import SharedKeyTokens


def create_app(settings: Settings) -> FastAPI:
    """Build the application. The database may be down; it is asked when requests need it."""
    database = Database(settings.database, pool_min=settings.pool_min, pool_max=settings.pool_max)
    metrics = Metrics()
    model = Gemini(settings, metrics) if settings.gemini_api_key else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        try:
            yield
        finally:
            if model:
                await model.close()
            await database.close()

    app = FastAPI(
        title="Todo backend",
        version=__version__,
        lifespan=lifespan,
        docs_url="/docs" if settings.enable_docs else None,
        redoc_url=None,
        redirect_slashes=False,
    )
    tokens = SharedKeyTokens(settings.jwt_secret, settings.token_ttl_s)
    limits = {"deadline_s": settings.chat_deadline_s, "max_rounds": settings.chat_max_rounds}
    chat = Chat(database, model, **limits) if model else None
    app.state.services = Services(settings, database, Passwords(), tokens, tokens, metrics, chat)
    app.state.lifecycle = Lifecycle()
    install_error_handlers(app)
    _install_routes(app)
    if settings.cors_allow_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_allow_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        )
    app.add_middleware(RequestBoundary, metrics=metrics)
    return app


def _install_routes(app: FastAPI) -> None:
    app.include_router(operations.router)
    app.include_router(auth.router)
    _install_twice(app, task_routes.router, "tasks")
    _install_twice(app, chat_router, "chat")
    _install_twice(app, conversation_router, "conversations")


def _install_twice(app: FastAPI, router: APIRouter, name: str) -> None:
    """Mount the routes of a user's things with the user of the token, and with a path that names the user."""
    app.include_router(router, prefix=f"/api/{name}")
    named = f"/api/{{user_id}}/{name}"
    app.include_router(router, prefix=named, dependencies=[Depends(path_user)], responses=error_docs(403))
