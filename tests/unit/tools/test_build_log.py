from __future__ import annotations

from pytest_todo_k8s.tools.build_log import BuildLog

GOOD = """\
#1 [internal] load build definition from backend.Dockerfile
#1 transferring dockerfile: 2.07kB done
#1 DONE 0.1s

#2 [build 2/4] COPY requirements.txt /build/
#2 CACHED

#3 [build 3/4] RUN pip install
#3 0.512 Collecting fastapi
#3 11.20 Successfully installed
#3 DONE 11.6s

#4 exporting to image
#4 writing image sha256:6eaf done
"""
BROKEN_20 = """\
#5 [build 4/4] RUN npm run build
#5 0.401 > next build
#5 9.110 Failed to compile.
#5 9.120 ./src/app/page.tsx:3:1
#5 ERROR: executor failed running [/bin/sh -c npm run build]: exit code: 1
------
 > [build 4/4] RUN npm run build:
------
executor failed running [/bin/sh -c npm run build]: exit code: 1
"""
BROKEN_TODAY = """\
#5 [build 4/4] RUN false
#5 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1
#6 [stage-1 2/2] COPY x y
#6 CANCELED
#7 [stage-1 1/2] RUN sleep 9
#7 ERROR: context canceled
ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1
"""


def read(text: str) -> BuildLog:
    log = BuildLog()
    for line in text.splitlines():
        log.feed(line)
    return log


def test_steps_with_their_times() -> None:
    log = read(GOOD)
    assert [(step.name, step.duration_s, step.cached) for step in log.steps] == [
        ("[internal] load build definition from backend.Dockerfile", 0.1, False),
        ("[build 2/4] COPY requirements.txt /build/", 0.0, True),
        ("[build 3/4] RUN pip install", 11.6, False),
    ]
    assert log.failure is None


def test_the_failed_step_and_its_last_lines() -> None:
    assert read(BROKEN_20).failure == (
        "step '[build 4/4] RUN npm run build' failed: > next build / Failed to compile. / ./src/app/page.tsx:3:1"
    )


def test_a_step_that_was_silent_and_those_that_were_cancelled() -> None:
    assert read(BROKEN_TODAY).failure == (
        "step '[build 4/4] RUN false' failed: process \"/bin/sh -c false\" did not complete successfully: exit code: 1"
    )


def test_a_dockerfile_that_can_not_be_read() -> None:
    text = "#1 [internal] load build definition\n#1 DONE 0.0s\nDockerfile:1\n{}dockerfile parse error line 1: FORM"
    assert read(text.format("ERROR: failed to solve: ")).failure == (
        "failed to solve: dockerfile parse error line 1: FORM"
    )
    assert read(text.format("failed to solve with frontend dockerfile.v0: ")).failure is not None
    assert read(text.format("error: ")).failure == "dockerfile parse error line 1: FORM"


def test_colours_are_nothing() -> None:
    assert read("#1 [a] b\n\x1b[32m#1 DONE 0.5s\x1b[0m").steps[0].duration_s == 0.5


def test_a_long_step_is_named_shortly() -> None:
    failure = read(f"#1 [a] RUN {'x' * 500}\n#1 ERROR: exit code: 1").failure
    assert failure is not None
    assert len(failure) < 160
