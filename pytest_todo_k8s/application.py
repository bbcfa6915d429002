"""The application that is judged: how its images are made, how its chart is told of them, what its parts are called.

`Application()` is this project's own Todo application. Paths are below the project's folder; a *value path* is a place
in the chart's values, its keys joined by dots: `backend.image.tag`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKEND: Final = "backend"
FRONTEND: Final = "frontend"
DATABASE: Final = "postgres"
MODEL: Final = "gemini-emulator"
"""Names of the images, in evidence and files; an image's repository is called `todo-` and its name."""
Values: TypeAlias = Mapping[str, Any]
"""What is set in the chart, by value path."""


@dataclass(frozen=True, slots=True)
class Image:
    """How an image is built, and where the chart wants to be told its name.

    Attributes:
        dockerfile: Its Dockerfile.
        context: Folder of the build context.
        repository: Value path of the image's name.
        tag: Value path of its tag.
        port: The port that it says its program listens on; None: not known.
    """

    dockerfile: str
    context: str
    repository: str
    tag: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the backend, and how the JSON of the right answer begins: by key."""

    path: str
    answer: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Frontend:
    """The part that browsers reach.

    Attributes:
        image: Its image.
        service: Name of its Service, of type NodePort.
        node_port: Value path of the NodePort.
        app: Value of its pods' label.
        title: Occurs in the title of the page `/`.
        element: `data-testid` of an element of that page.
        load: Paths of the declared load, asked for in turn.
        ready: Path that answers 200 when the backend is within its reach.
    """

    image: Image
    service: str
    node_port: str
    app: str
    title: str
    element: str
    load: tuple[str, ...]
    ready: str


@dataclass(frozen=True, slots=True)
class Backend:
    """The part that the frontend reaches.

    Attributes:
        image: Its image.
        service: Name of its Service.
        port: Port of that Service.
        app: Value of its pods' label.
        health: What is timed.
        ready: Shown beside it.
    """

    image: Image
    service: str
    port: int
    app: str
    health: Question
    ready: Question


@dataclass(frozen=True, slots=True)
class Database:
    """PostgreSQL, as part of the release or outside of it.

    Attributes:
        image: Its image.
        service: Name of its Service.
        port: Port of that Service.
        app: Value of its pods' label.
        user: Whom the application logs in as.
        name: The database.
        password: Key of a Secret: that user's password.
        url: Key of a Secret: the URL with that password in it, as the backend reaches it.
        inside: Set in the chart where it is part of the release.
        outside: Set in the chart where another one is used.
    """

    image: Image
    service: str
    port: int
    app: str
    user: str
    name: str
    password: str
    url: str
    inside: Values
    outside: Values


@dataclass(frozen=True, slots=True)
class Model:
    """What stands in for the model's API, as part of the release or not at all.

    Attributes:
        image: Its image.
        key: Key of a Secret: what the API asks for.
        outside: Set in the chart where the real API is used.
    """

    image: Image
    key: str
    outside: Values


def _image(name: str, context: str, part: str = "", port: int | None = None) -> Image:
    part = part or name
    return Image(f"Dockerfiles/{name}.Dockerfile", context, f"{part}.image.repository", f"{part}.image.tag", port)


_FRONTEND: Final = Frontend(
    image=_image(FRONTEND, "app/frontend", port=3000),
    service="todo-frontend-service",
    node_port="frontend.service.nodePort",
    app="todo-frontend",
    title="Todo",
    element="landing",
    # The rendered page, the frontend alone, and twice the way down to the database.
    load=("/", "/api/health", "/api/tasks", "/api/tasks"),
    ready="/api/ready",
)
_BACKEND: Final = Backend(
    image=_image(BACKEND, "app/backend", port=8080),
    service="todo-backend-service",
    port=8080,
    app="todo-backend",
    health=Question("/health", {"status": "healthy"}),
    ready=Question("/ready", {"status": "ready"}),
)
_DATABASE: Final = Database(
    image=_image(DATABASE, "Dockerfiles/postgres"),
    service="todo-postgres-service",
    port=5432,
    app="todo-postgres",
    user="todo",
    name="todo",
    password="POSTGRES_PASSWORD",  # noqa: S106  the name of a key
    url="DATABASE_URL",
    inside={"postgres.existingSecret": "todo-postgres-secrets"},
    outside={"postgres.enabled": False},
)
_MODEL: Final = Model(
    image=_image(MODEL, "app/gemini_emulator", "geminiEmulator"),
    key="GEMINI_API_KEY",
    outside={"geminiEmulator.enabled": False, "networkPolicy.backendHttpsEgress": True},
)
_SECRETS: Final = {
    "todo-app-secrets": ("DATABASE_URL", "JWT_SECRET", "BETTER_AUTH_SECRET", "GEMINI_API_KEY"),
    "todo-postgres-secrets": ("POSTGRES_PASSWORD",),
}
_REFUSED: Final[Mapping[str, Values]] = {
    "a number of replicas that is text": {"frontend.replicas": "many"},
    "a key that the chart does not know": {"nonsense.enabled": True},
    "a pull policy that does not exist": {"imagePullPolicy": "Sometimes"},
}


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that a run has to know of the application; without arguments: this project's own.

    Attributes:
        chart: Folder of the Helm chart.
        release: Name of the release.
        values_files: Values files that are laid over the chart's own, the last one wins.
        values: What else is set in the chart.
        pull_policy: Value path of the pull policy of all images.
        label: The label by whose value the pods of a part are told.
        secrets: Name of each Secret to its keys; the values are made for the run.
        frontend: What browsers reach.
        backend: What the frontend reaches.
        database: PostgreSQL.
        model: The stand-in for the model's API.
        refused: What the chart's schema must refuse: values, by what is wrong with them.
    """

    chart: str = "charts/todo-chatbot-chart"
    release: str = "todo-chatbot"
    values_files: tuple[str, ...] = ("charts/todo-chatbot-chart/values-dev.yaml",)
    values: Values = field(default_factory=lambda: {"existingSecret": "todo-app-secrets"})
    pull_policy: str = "imagePullPolicy"
    label: str = "app"
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _SECRETS)
    frontend: Frontend = _FRONTEND
    backend: Backend = _BACKEND
    database: Database = _DATABASE
    model: Model = _MODEL
    refused: Mapping[str, Values] = field(default_factory=lambda: _REFUSED)

    @property
    def images(self) -> dict[str, Image]:
        """All images by name, in build order."""
        return {
            BACKEND: self.backend.image,
            FRONTEND: self.frontend.image,
            DATABASE: self.database.image,
            MODEL: self.model.image,
        }

    @property
    def apps(self) -> dict[str, str]:
        """Value of the label of each part whose use of resources is read, by the part's name."""
        return {BACKEND: self.backend.app, FRONTEND: self.frontend.app, DATABASE: self.database.app}

    @property
    def secret_keys(self) -> Iterator[str]:
        """Names of everything that must come from a Secret."""
        for keys in self.secrets.values():
            yield from keys


def nested(values: Values) -> dict[str, Any]:
    """Return values by value path as a values file has them."""
    content: dict[str, Any] = {}
    for path, value in values.items():
        *parts, last = path.split(".")
        place = content
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = value
    return content
