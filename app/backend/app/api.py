"""Puts the application together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app import __version__, auth, operations, task_routes
from app.access import Services, path_user
from app.boundary import RequestBoundary
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

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        try:
            yield
        finally:
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
    app.state.services = Services(settings, database, Passwords(), tokens, verifier=tokens)
    app.state.lifecycle = Lifecycle()
    app.state.metrics = Metrics()
    install_error_handlers(app)
    _install_routes(app)
    if settings.cors_allow_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_allow_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        )
    app.add_middleware(RequestBoundary, metrics=app.state.metrics)
    return app


def _install_routes(app: FastAPI) -> None:
    app.include_router(operations.router)
    app.include_router(auth.router)
    app.include_router(task_routes.router, prefix="/api/tasks")
    app.include_router(
        task_routes.router,
        prefix="/api/{user_id}/tasks",
        dependencies=[Depends(path_user)],
        responses=error_docs(403),
    )
