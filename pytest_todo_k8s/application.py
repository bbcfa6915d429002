"""The application that is judged: how its images are made, how its chart is told of them, what its parts are called.

`TODO_CHATBOT` is this project's own; another one is read from a project's settings (`application_settings.py`), whose
keys are the attributes here with dashes. What is left out is not there: criteria that need it are not run. Paths are
below the project's folder; a *value path* is a place in the chart's values, its keys joined by dots:
`backend.image.tag`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKEND: Final = "backend"
FRONTEND: Final = "frontend"
DATABASE: Final = "postgres"
MODEL: Final = "gemini-emulator"
"""Names of the images, in evidence and files; an image's repository is called `todo-` and its name."""
REMEDY: Final = (
    "run pytest in the project's folder, or name the files of an application of your own in its settings "
    "(docs/other-applications.md)"
)
"""What to do where a file of the application is not there."""
BUILT_IN: Final = "built-in"
"""In place of a function's name: what the gate itself knows to do with this project's own application."""
STRICT: Final = {"extra": "forbid", "alias_generator": lambda name: name.replace("_", "-")}
"""How pydantic reads the classes here from a project's settings."""
Values: TypeAlias = Mapping[str, Any]
"""What is set in the chart, by value path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """How an image is built, and where the chart wants to be told its name.

    Attributes:
        dockerfile: Its Dockerfile.
        context: Folder of the build context.
        repository: Value path of the image's name.
        tag: Value path of its tag.
        arguments: Build arguments.
        size_limit: Decimal megabytes that count in place of those promised by SC-002; None: those do.
        port: The port that it says its program listens on; None: not known.
    """

    __pydantic_config__: ClassVar = STRICT
    dockerfile: str
    context: str
    repository: str
    tag: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    size_limit: float | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A path of the backend, and its right answer with status 200.

    Attributes:
        path: What is asked for.
        answer: Keys and values that the JSON of the body has, or a text that the body holds.
    """

    __pydantic_config__: ClassVar = STRICT
    path: str
    answer: Mapping[str, str] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """The part that browsers reach.

    Attributes:
        image: Its image.
        service: Name of its Service, of type NodePort.
        node_port: Value path of the NodePort; empty: the chart has none, and the cluster chooses.
        app: Value of its pods' label.
        title: Occurs in the title of the page `/`.
        element: `data-testid` of an element of that page.
        load: Paths of the declared load, asked for in turn.
        ready: Path that answers 200 when the backend is within its reach; empty: there is none.
    """

    __pydantic_config__: ClassVar = STRICT
    image: Image
    service: str
    node_port: str = ""
    app: str = ""
    title: str = ""
    element: str = ""
    load: tuple[str, ...] = ()
    ready: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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

    __pydantic_config__: ClassVar = STRICT
    image: Image | None = None
    service: str = ""
    port: int | None = None
    app: str = ""
    health: Question | None = None
    ready: Question | None = None

    @property
    def asked(self) -> Question | None:
        """What tells that it serves; None: not known."""
        return self.ready or self.health


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """PostgreSQL, as part of the release or outside of it.

    Attributes:
        service: Name of its Service.
        user: Whom the application logs in as.
        name: The database.
        password: Key of a Secret: that user's password.
        url: Key of a Secret: the URL with that password in it, as the backend reaches it.
        image: Its image, where the project builds it.
        port: Port of that Service.
        app: Value of its pods' label.
        rows: A query for what the flow has left, with `%s` in the place of the flow's mark; at least one row is right.
        inside: Set in the chart where it is part of the release.
        outside: Set in the chart where another one is used.
    """

    __pydantic_config__: ClassVar = STRICT
    service: str
    user: str
    name: str
    password: str
    url: str
    image: Image | None = None
    port: int = 5432
    app: str = ""
    rows: str = ""
    inside: Values = field(default_factory=dict)
    outside: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What stands in for the model's API, as part of the release or not at all.

    Attributes:
        image: Its image.
        key: Key of a Secret: what the API asks for.
        outside: Set in the chart where the real API is used.
    """

    __pydantic_config__: ClassVar = STRICT
    image: Image
    key: str
    outside: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The backend as a process of this machine, with which the one in the cluster is compared.

    Attributes:
        command: Its argument list, in the project's folder; the keys of all Secrets are variables, with the values that
            they have in the cluster.
        requests: `module:function`: what both are asked.
        port: The variable that tells it its port.
        environment: Further variables.
    """

    __pydantic_config__: ClassVar = STRICT
    command: tuple[str, ...]
    requests: str
    port: str = "PORT"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything that a run has to know of the application.

    Attributes:
        chart: Folder of the Helm chart.
        release: Name of the release.
        frontend: What browsers reach.
        backend: What the frontend reaches.
        database: PostgreSQL; None: there is none that the gate knows of.
        model: The stand-in for the model's API; None: there is none.
        values_files: Values files that are laid over the chart's own, the last one wins.
        values: What else is set in the chart.
        pull_policy: Value path of the pull policy of all images; empty: the chart has none.
        label: The label by whose value the pods of a part are told.
        secrets: Name of each Secret to its keys; the values are made for the run.
        refused: What the chart's schema must refuse: values, by what is wrong with them.
        flow: `module:function`: a user's way through the frontend.
        helm_test: Whether the chart brings a test, which `helm test` runs after that way.
        plain: The backend without containers; None: it is compared with nothing.
    """

    __pydantic_config__: ClassVar = STRICT
    chart: str
    release: str
    frontend: Frontend
    backend: Backend = field(default_factory=Backend)
    database: Database | None = None
    model: Model | None = None
    values_files: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)
    pull_policy: str = ""
    label: str = "app"
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused: Mapping[str, Values] = field(default_factory=dict)
    flow: str = ""
    helm_test: bool = False
    plain: Plain | None = None

    @property
    def built_in(self) -> bool:
        """Whether it is this project's own, whose accounts, tasks and chat the gate knows to use."""
        return self.flow == BUILT_IN

    @property
    def images(self) -> dict[str, Image]:
        """All images by name, in build order."""
        images = {
            BACKEND: self.backend.image,
            FRONTEND: self.frontend.image,
            DATABASE: self.database.image if self.database else None,
            MODEL: self.model.image if self.model else None,
        }
        return {name: image for name, image in images.items() if image}

    @property
    def apps(self) -> dict[str, str]:
        """Value of the label of each part whose use of resources is read, by the part's name."""
        apps = {BACKEND: self.backend.app, FRONTEND: self.frontend.app}
        apps |= {DATABASE: self.database.app} if self.database else {}
        return {name: app for name, app in apps.items() if app}

    @property
    def secret_keys(self) -> Iterator[str]:
        """Names of everything that must come from a Secret."""
        for keys in self.secrets.values():
            yield from keys

    def has(self, key: str) -> bool:
        """Whether a key of the settings, such as `backend.health`, has a value."""
        place: object = self
        for word in key.split("."):
            place = getattr(place, word.replace("-", "_"), None)
        return bool(place)


def nested(values: Values) -> dict[str, Any]:
    """Return values by value path as a values file has them.

    Raises:
        ValueError: A value path is the beginning of another one.
    """
    content: dict[str, Any] = {}
    for path, value in values.items():
        *parts, last = path.split(".")
        place = content
        for part in parts:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ValueError(f"{path} lies below another one")  # noqa: TRY004  a path, not a value, is wrong
        if isinstance(place.get(last), dict):
            raise ValueError(f"another one lies below {path}")  # noqa: TRY004  likewise
        place[last] = copy.deepcopy(value)
    return content


def _image(name: str, context: str, part: str = "", port: int | None = None) -> Image:
    place = f"{part or name}.image"
    return Image(
        dockerfile=f"Dockerfiles/{name}.Dockerfile",
        context=context,
        repository=f"{place}.repository",
        tag=f"{place}.tag",
        port=port,
    )


_CHART: Final = "charts/todo-chatbot-chart"
TODO_CHATBOT: Final = Application(
    chart=_CHART,
    release="todo-chatbot",
    values_files=(f"{_CHART}/values-dev.yaml",),
    values={"existingSecret": "todo-app-secrets"},
    pull_policy="imagePullPolicy",
    secrets={
        "todo-app-secrets": ("DATABASE_URL", "JWT_SECRET", "BETTER_AUTH_SECRET", "GEMINI_API_KEY"),
        "todo-postgres-secrets": ("POSTGRES_PASSWORD",),
    },
    frontend=Frontend(
        image=_image(FRONTEND, "app/frontend", port=3000),
        service="todo-frontend-service",
        node_port="frontend.service.nodePort",
        app="todo-frontend",
        title="Todo",
        element="landing",
        # The rendered page, the frontend alone, and twice the way down to the database.
        load=("/", "/api/health", "/api/tasks", "/api/tasks"),
        ready="/api/ready",
    ),
    backend=Backend(
        image=_image(BACKEND, "app/backend", port=8080),
        service="todo-backend-service",
        port=8080,
        app="todo-backend",
        health=Question(path="/health", answer={"status": "healthy"}),
        ready=Question(path="/ready", answer={"status": "ready"}),
    ),
    database=Database(
        image=_image(DATABASE, "Dockerfiles/postgres"),
        service="todo-postgres-service",
        app="todo-postgres",
        user="todo",
        name="todo",
        password="POSTGRES_PASSWORD",  # noqa: S106  the name of a key
        url="DATABASE_URL",
        rows=BUILT_IN,
        inside={"postgres.existingSecret": "todo-postgres-secrets"},
        outside={"postgres.enabled": False},
    ),
    model=Model(
        image=_image(MODEL, "app/gemini_emulator", "geminiEmulator"),
        key="GEMINI_API_KEY",
        outside={"geminiEmulator.enabled": False, "networkPolicy.backendHttpsEgress": True},
    ),
    refused={
        "a number of replicas that is text": {"frontend.replicas": "many"},
        "a key that the chart does not know": {"nonsense.enabled": True},
        "a pull policy that does not exist": {"imagePullPolicy": "Sometimes"},
    },
    flow=BUILT_IN,
    helm_test=True,
    plain=Plain(command=("python", "-m", "app"), requests=BUILT_IN),
)
"""This project's own application."""
