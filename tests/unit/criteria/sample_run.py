"""A hand-made run in which everything is as it should be; tests break one thing of it at a time."""

from __future__ import annotations

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.criteria.sc_006_user_flow import BY_BROWSER
from pytest_todo_k8s.evidence import PHASES, Cleanup, Command, Evidence, Machine, Phase, PhaseName, Run
from pytest_todo_k8s.measurements import (
    Build,
    BuildStep,
    Check,
    ContainerLog,
    Deploy,
    Exercise,
    FlowStep,
    ImageBuild,
    ImageContents,
    ImageLayer,
    ImageLoad,
    ImagePackage,
    LogHit,
    Manifests,
    Parity,
    Pod,
    Settle,
    Walk,
    WarningEvent,
)
from tests.unit.criteria.sample_measure import measure

START_S: dict[PhaseName, float] = {
    "preflight": 0.2,
    "build": 3.1,
    "load": 98.0,
    "deploy": 103.5,
    "settle": 131.0,
    "measure": 163.0,
    "exercise": 241.5,
    "parity": 262.0,
    "teardown": 301.0,
}
END_S = 318.4
DIGEST = "sha256:" + "0123456789abcdef" * 4
PODS = {
    "todo-postgres-0": ("todo-postgres", "postgres"),
    "todo-migrate-1-x2k4p": ("todo-migrate", "migrate"),
    "todo-backend-6c9f7b-4kq2x": ("todo-backend", "backend"),
    "todo-frontend-84d5c9-7hvgm": ("todo-frontend", "frontend"),
    "todo-frontend-84d5c9-q9zlw": ("todo-frontend", "frontend"),
}


def green() -> Evidence:
    """Make the evidence of a finished run with eleven passes."""
    evidence = Evidence(
        run=_run(),
        machine=_machine(),
        phases=_phases(),
        commands=_commands(),
        build=_build(),
        loads=[
            ImageLoad(
                reference=f"todo-{name}:3f9c1a7e",
                image_id=DIGEST,
                node_image_id=DIGEST,
                route="docker save | ctr images import",
                duration_s=1.4,
                node_size_bytes=90_000_000,
            )
            for name in ("backend", "frontend", "postgres")
        ],
        manifests=_manifests(),
        deploy=_deploy(),
        settle=_settle(),
        measure=measure(PODS),
        exercise=_exercise(),
        parity=Parity(
            requests=1549,
            generated=383,
            seed=4711,
            operations=["GET /health", "POST /api/tasks"],
            rows=61,
            steps=10,
            normalised=["ids are numbered in order of appearance", "times become <time>", "tokens become <token>"],
        ),
        cleanup=Cleanup(
            namespace="todo-app-dev",
            uid="5b1f6a0e-8a43-4a57-9c55-0c1f5f6d2b11",
            gone_after_s=11.2,
            removed=["namespace todo-app-dev", "image todo-backend:3f9c1a7e", "image todo-frontend:3f9c1a7e"],
        ),
    )
    evidence.criteria = judge(evidence)
    return evidence


def stopped_at(name: PhaseName, cause: str, hint: str = "") -> Evidence:
    """Make the evidence of a run that this phase stopped: nothing of it and of the later phases is there."""
    evidence = green()
    index = PHASES.index(name)
    evidence.phases = [
        *evidence.phases[:index],
        Phase(name=name, start_s=START_S[name], duration_s=4.0, ok=False, cause=cause, hint=hint or None),
        evidence.phases[-1],
    ]
    evidence.commands = [command for command in evidence.commands if PHASES.index(command.phase) <= index]
    for phase, part in _PARTS.items():
        if PHASES.index(phase) >= index:
            setattr(evidence, part, None)
    if index <= PHASES.index("load"):
        evidence.loads = []
    evidence.criteria = judge(evidence)
    return evidence


_PARTS: dict[PhaseName, str] = {
    "preflight": "machine",
    "build": "build",
    "deploy": "deploy",
    "settle": "settle",
    "measure": "measure",
    "exercise": "exercise",
    "parity": "parity",
}


def _run() -> Run:
    return Run(
        id="20261123-154612-7f3a",
        started_at="2026-11-23T15:46:12Z",
        duration_s=END_S,
        commit="7a0224ec1d0f4f0bb0c3a4d9f7f8f7c2c6d1e0aa",
        dirty=False,
        namespace="todo-app-dev",
        cluster="minikube",
        status=0,
    )


def _machine() -> Machine:
    return Machine(
        provider="minikube",
        context="todo-k8s",
        node_ip="192.168.49.2",
        kubernetes="v1.34.4",
        runtime="containerd://2.1.4",
        node_os="Debian GNU/Linux 12",
        nodes=1,
        cpus=2,
        memory_bytes=24 * 1024**3,
        cgroup_version=1,
        tools={"docker": "20.10.24", "helm": "v3.19.0", "kubectl": "v1.34.4", "minikube": "v1.38.1"},
    )


def _phases() -> list[Phase]:
    ends = [*list(START_S.values())[1:], END_S]
    return [
        Phase(name=name, start_s=start, duration_s=round(end - start - 0.1, 3), ok=True)
        for (name, start), end in zip(START_S.items(), ends, strict=True)
    ]


def _commands() -> list[Command]:
    lines: list[tuple[PhaseName, str, float, float]] = [
        ("preflight", "docker version --format {{.Server.Version}}", 0.3, 0.1),
        ("preflight", "minikube profile list -o json", 0.5, 0.8),
        ("build", "docker build --no-cache --progress=plain -t todo-backend:3f9c1a7e app/backend", 3.2, 22.4),
        ("build", "docker build --no-cache --progress=plain -t todo-frontend:3f9c1a7e app/frontend", 25.7, 62.8),
        (
            "load",
            "docker save todo-backend:3f9c1a7e | docker exec -i todo-k8s ctr -n k8s.io images import -",
            98.1,
            1.4,
        ),
        ("deploy", "helm lint --strict charts/todo-chatbot-chart", 103.6, 0.2),
        ("deploy", "helm upgrade --install todo-chatbot charts/todo-chatbot-chart -n todo-app-dev", 106.0, 1.9),
    ]
    return [
        Command(phase=phase, argv=line.split(), start_s=start, duration_s=took, exit_code=0)
        for phase, line, start, took in lines
    ]


def _build() -> Build:
    def image(name: str, start_s: float, duration_s: float, size: int) -> ImageBuild:
        return ImageBuild(
            name=name,
            judged=name != "postgres",
            reference=f"todo-{name}:3f9c1a7e",
            image_id=DIGEST,
            start_s=start_s,
            duration_s=duration_s,
            no_cache=name != "postgres",
            size_bytes=size,
            history_bytes=size + 12_000,
            store="overlay2 (unpacked bytes)",
            bases={"PYTHON_RUNTIME": "todo-k8s/python-runtime:3.13"},
            steps=[
                BuildStep(name="[build 2/5] COPY requirements.txt .", duration_s=0.1),
                BuildStep(name="[build 3/5] RUN pip install --require-hashes -r requirements.txt", duration_s=14.2),
            ],
        )

    backend = image("backend", 3.2, 22.4, 83_400_000)
    backend.contents = ImageContents(
        layers=[ImageLayer(instruction="COPY /image/python /", size_bytes=43_000_000)],
        parts={"base": 14_000_000, "runtime": 29_000_000, "packages": 40_009_000, "application": 391_000},
        packages=[ImagePackage(name="pydantic_core", version="2.50.4", part="packages", size_bytes=5_526_233)],
        files=[ImagePackage(name="/usr/bin/python3.13", part="runtime", size_bytes=6_832_784)],
        hidden_bytes=0,
    )
    others = [image("frontend", 25.7, 62.8, 158_900_000), image("postgres", 88.6, 9.1, 121_700_000)]
    return Build(wall_s=85.3, images=[backend, *others])


def _manifests() -> Manifests:
    names = (
        "lint values.yaml",
        "lint values-dev.yaml",
        "template values.yaml",
        "template values-dev.yaml",
        "schema refuses a bad value",
        "offline schema: Deployment/todo-backend",
        "dry-run Deployment/todo-backend",
        "dry-run Deployment/todo-frontend",
        "control: privileged pod refused",
        "limits set",
        "runs as non-root",
    )
    return Manifests(
        checks=[Check(name=name, ok=True, command="helm lint --strict" if "lint" in name else None) for name in names],
        rendered=[
            "Deployment/todo-backend",
            "Deployment/todo-frontend",
            "Job/todo-migrate-1",
            "Service/todo-backend-service",
            "Service/todo-frontend-service",
            "Service/todo-postgres-service",
            "StatefulSet/todo-postgres",
        ],
    )


def _deploy() -> Deploy:
    times = {"todo-postgres": (1.4, 4.8), "todo-migrate": (2.0, None), "todo-backend": (6.9, 9.4)}
    pods = []
    for index, (name, (app, container)) in enumerate(PODS.items()):
        running, ready = times.get(app, (2.2 + index / 10, 4.1 + index / 10))
        pods.append(
            Pod(
                name=name,
                app=app,
                node="todo-k8s",
                running_s=running,
                ready_s=ready,
                finished_s=7.7 if app == "todo-migrate" else None,
                conditions={
                    "PodScheduled": "2026-11-23T15:47:59Z",
                    "Initialized": "2026-11-23T15:47:59Z",
                    "Ready": "2026-11-23T15:48:04Z",
                },
                image_ids={container: DIGEST},
            )
        )
    return Deploy(
        release="todo-chatbot",
        revision=1,
        chart="todo-chatbot-chart-0.1.0",
        namespace_uid="5b1f6a0e-8a43-4a57-9c55-0c1f5f6d2b11",
        start_s=106.0,
        helm_s=1.9,
        ready_s=9.4,
        pods=pods,
    )


def _settle() -> Settle:
    logs = [
        ContainerLog(
            pod=pod,
            container=container,
            kind="container",
            lines=12,
            levels={"INFO": 11, "WARNING": 1} if container == "backend" else {"INFO": 12},
            file=f"logs/pods/{pod}.{container}.log",
        )
        for pod, (_, container) in PODS.items()
    ]
    logs[0].allowed = [LogHit(line="FATAL:  the database system is starting up", level="FATAL")]
    event = WarningEvent(
        object="Pod/todo-backend-6c9f7b-4kq2x",
        reason="Unhealthy",
        message="Startup probe failed: connection refused",
        count=2,
        after_ready=False,
    )
    return Settle(window_s=30.0, logs=logs, events=[event], restarts=dict.fromkeys(PODS, 0))


def _exercise() -> Exercise:
    names = (
        "sign-up",
        "log-in",
        "create",
        "list",
        "edit",
        "toggle",
        "delete",
        "chat",
        "second user",
        "log-out",
        "protected page",
        "backend pod deleted",
        "list after restart",
        "helm test",
    )
    return Exercise(
        steps=[
            FlowStep(name=name, ok=True, start_s=242.0 + index, duration_s=0.12, detail=f"{name} answered as it must")
            for index, name in enumerate(names)
        ],
        walk=Walk(
            browser="Chromium 153.0",
            steps=[
                FlowStep(name=name, ok=True, start_s=246.0 + index, duration_s=0.4)
                for index, name in enumerate(BY_BROWSER)
            ],
            picture="logs/browser/cluster/chat.png",
        ),
        row_found=True,
        row_detail="tasks.title = 'buy milk 7f3a', completed = true",
    )
