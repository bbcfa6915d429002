from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.capture import OUTPUT_CAP_BYTES
from pytest_todo_k8s.tools.command import (
    EXIT_NOT_FOUND,
    CommandError,
    CommandRecord,
    CommandRunner,
    last_lines,
)
from pytest_todo_k8s.tools.redaction import MASK, Redactor, Secret

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter-2-and-more"


@pytest.fixture
def log() -> list[CommandRecord]:
    return []


@pytest.fixture
def commands(log: list[CommandRecord]) -> CommandRunner:
    redactor = Redactor()
    redactor.add(Secret(SECRET))
    return CommandRunner({"PATH": os.environ["PATH"], "BASE": "base"}, redactor=redactor, on_record=log.append)


def python(code: str) -> list[str]:
    return [sys.executable, "-IS", "-c", code]


def test_result_of_a_good_command(commands: CommandRunner, log: list[CommandRecord]) -> None:
    result = commands.run(python("import sys; print('out'); print('err', file=sys.stderr)"), timeout_s=10)
    assert result.ok
    assert (result.exit_code, result.stdout, result.stderr) == (0, "out\n", "err\n")
    assert 0 < result.duration_s < 10
    assert [(record.exit_code, record.tails) for record in log] == [(0, ("out\n", "err\n"))]


@pytest.mark.parametrize("word", ["a b", "it's", '"', "$(id)", "; rm -rf x", "*", "ä"])
def test_arguments_are_never_read_by_a_shell(commands: CommandRunner, word: str) -> None:
    assert commands.run(["printf", "%s", word], timeout_s=10).stdout == word


def test_failing_command_is_one_sentence_with_its_last_lines(commands: CommandRunner) -> None:
    code = "import sys; print('1\\n2\\n3\\n4', file=sys.stderr); sys.exit(3)"
    with pytest.raises(CommandError) as caught:
        commands.run(python(code), timeout_s=10)
    assert str(caught.value) == f"{sys.executable} -IS -c ended with status 3: 2 / 3 / 4"
    assert commands.run(python(code), timeout_s=10, check=False).exit_code == 3


def test_command_that_is_not_there(commands: CommandRunner, log: list[CommandRecord]) -> None:
    with pytest.raises(CommandError, match="no-such-tool can't be started: No such file"):
        commands.run(["no-such-tool"], timeout_s=10)
    assert log[0].exit_code == EXIT_NOT_FOUND


def test_environment_is_the_given_one_and_nothing_else(commands: CommandRunner) -> None:
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}), os.environ['BASE'])"
    result = commands.run(python(code), timeout_s=10, env={"MORE": "x", "BASE": "changed"})
    assert result.stdout == "['BASE', 'MORE', 'PATH'] changed\n"
    assert "MORE" not in os.environ


def test_standard_input_is_closed_or_what_was_given(commands: CommandRunner) -> None:
    code = "import sys; print(repr(sys.stdin.read()), sys.stdin.isatty())"
    assert commands.run(python(code), timeout_s=10).stdout == "'' False\n"
    assert commands.run(python(code), timeout_s=10, input=b"given").stdout == "'given' False\n"
    assert commands.run(["true"], timeout_s=10, input=b"x" * 1_000_000).ok


def test_child_has_a_session_of_its_own(commands: CommandRunner) -> None:
    result = commands.run(python("import os; print(os.getsid(0) == os.getpid())"), timeout_s=10)
    assert result.stdout == "True\n"


def test_time_out_ends_the_whole_session(commands: CommandRunner, log: list[CommandRecord]) -> None:
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    started = time.monotonic()
    with pytest.raises(CommandError, match=r"was ended after 1 s; it last said: \d+") as caught:
        commands.run(python(code), timeout_s=1)
    assert time.monotonic() - started < 10
    grandchild = int(caught.value.result.stdout)
    assert processes.find(grandchild) is None
    assert log[0].timed_out
    assert log[0].exit_code == -signal.SIGTERM


def test_what_ignores_sigterm_is_killed_after_the_grace(commands: CommandRunner) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    result = commands.run(python(code), timeout_s=1, grace_s=0.3, check=False)
    assert result.exit_code == -signal.SIGKILL
    assert result.timed_out
    assert not result.ok


def test_what_a_command_started_is_killed_too_when_only_the_command_ends_at_sigterm(commands: CommandRunner) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    code = f"""import subprocess, sys, time
p = subprocess.Popen([sys.executable, "-IS", "-c", {deaf!r}], stdout=subprocess.PIPE)
p.stdout.readline()
print(p.pid, flush=True)
time.sleep(60)"""
    result = commands.run(python(code), timeout_s=1, grace_s=0.3, check=False)
    assert (result.exit_code, result.timed_out) == (-signal.SIGTERM, True)
    assert processes.find(int(result.stdout)) is None


def test_interruption_leaves_no_child(commands: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "pid"

    def interrupt(line: str) -> None:
        file.write_text(line)
        time.sleep(0.3)  # until the main thread waits
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        commands.run(
            python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"), timeout_s=30, on_line=interrupt
        )
    assert processes.find(int(file.read_text())) is None


def test_another_thread_ends_a_command_before_its_time(commands: CommandRunner) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    result = commands.run(["sleep", "60"], timeout_s=60, check=False, stop=stop)
    assert (result.exit_code, result.timed_out) == (-signal.SIGTERM, False)
    assert result.duration_s < 10
    assert commands.run(["sleep", "60"], timeout_s=0.2, check=False, stop=threading.Event()).timed_out
    assert commands.run(["true"], timeout_s=60, stop=threading.Event()).ok


def test_secrets_are_nowhere(commands: CommandRunner, log: list[CommandRecord], tmp_path: Path) -> None:
    lines: list[str] = []
    file = tmp_path / "log"
    with pytest.raises(CommandError) as caught:
        commands.run(
            [*python("import sys; print(sys.argv[1]); print(sys.argv[1], file=sys.stderr); sys.exit(1)"), SECRET],
            timeout_s=10,
            log_file=file,
            on_line=lines.append,
        )
    everything = f"{caught.value} {caught.value.result} {log} {lines} {file.read_text()}"
    assert SECRET not in everything
    assert lines == [MASK, MASK]


def test_output_is_capped_at_both_ends(commands: CommandRunner, tmp_path: Path) -> None:
    code = "for number in range(60_000): print(f'{number:099}')"
    result = commands.run(python(code), timeout_s=60, log_file=tmp_path / "log")
    lines = result.stdout.splitlines()
    assert (int(lines[0]), int(lines[-1])) == (0, 59_999)
    note = next(line for line in lines if line.endswith(" bytes left out]"))
    kept_bytes = len(result.stdout) - len(f"\n{note}\n")
    assert kept_bytes + int(note[1:].split()[0]) == 6_000_000
    assert kept_bytes <= OUTPUT_CAP_BYTES + 100
    assert (tmp_path / "log").read_text().count("\n") == 60_000


def test_output_that_is_no_text(commands: CommandRunner) -> None:
    code = "import sys; sys.stdout.buffer.write(b'a\\xffb\\n')"
    assert commands.run(python(code), timeout_s=10).stdout == "a\ufffdb\n"


def test_grandchild_that_keeps_the_output_open_does_not_hang(commands: CommandRunner) -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '20']); print('done', flush=True)"
    started = time.monotonic()
    result = commands.run(python(code), timeout_s=10, grace_s=0.2)
    assert result.stdout == "done\n"
    assert time.monotonic() - started < 5


def test_working_directory(commands: CommandRunner, tmp_path: Path) -> None:
    assert commands.run(["pwd"], timeout_s=10, cwd=tmp_path).stdout.strip() == str(tmp_path)


def test_pipe(commands: CommandRunner) -> None:
    result = commands.pipe(python("print('x' * 1_000_000)"), ["wc", "-c"], timeout_s=10)
    assert result.stdout.strip() == "1000001"
    assert "|" in result.argv


@pytest.mark.parametrize(
    ("producer", "consumer", "told"),
    [
        (python("import sys; sys.exit('no input')"), ["cat"], "ended with status 1: no input"),
        (["echo"], python("import sys; sys.exit('not mine')"), "ended with status 1: not mine"),
        (["no-such-tool"], ["cat"], "no-such-tool can't be started"),
        (["echo"], ["no-such-tool"], "no-such-tool can't be started"),
    ],
)
def test_pipe_that_breaks(commands: CommandRunner, producer: list[str], consumer: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        commands.pipe(producer, consumer, timeout_s=10)


def test_pipe_runs_out_of_time(commands: CommandRunner) -> None:
    started = time.monotonic()
    result = commands.pipe(["sleep", "60"], ["cat"], timeout_s=0.5, grace_s=0.5, check=False)
    assert result.timed_out
    assert time.monotonic() - started < 10


def test_background_command(commands: CommandRunner, log: list[CommandRecord]) -> None:
    command = commands.start(python("import time; print('ready', flush=True); time.sleep(60)"))
    deadline = time.monotonic() + 10
    while not command.lines and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(command.lines) == ["ready"]
    assert command.running
    assert command.stop() == -signal.SIGTERM
    assert command.stop() == -signal.SIGTERM
    assert command.process.returncode is not None
    assert [record.tails for record in log] == [("ready",)]


def test_background_command_that_ended_by_itself_is_in_the_log(
    commands: CommandRunner, log: list[CommandRecord]
) -> None:
    command = commands.start(["true"])
    deadline = time.monotonic() + 10
    while command.running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert command.stop() == 0
    assert len(log) == 1


def test_background_command_with_a_log_file(commands: CommandRunner, tmp_path: Path) -> None:
    command = commands.start(["echo", "hello"], log_file=tmp_path / "log", detach=True)
    command.process.wait(10)
    command.stop()
    assert (tmp_path / "log").read_text() == "hello\n"


def test_detached_command_needs_a_log_file(commands: CommandRunner) -> None:
    with pytest.raises(ValueError, match="log file"):
        commands.start(["true"], detach=True)


def test_background_command_that_is_not_there(commands: CommandRunner) -> None:
    with pytest.raises(CommandError, match="no-such-tool can't be started"):
        commands.start(["no-such-tool"])


def test_last_lines() -> None:
    assert last_lines("a\n\n b \nc\n", 2) == "b / c"
    assert last_lines("", 2) == ""


def test_the_longest_silence_counts_both_streams_and_the_end(commands: CommandRunner, log: list[CommandRecord]) -> None:
    code = (
        "import sys, time; time.sleep(.2); print(1, flush=True); time.sleep(.2); print(2, file=sys.stderr, flush=True)"
    )
    commands.run(python(f"{code}; time.sleep(.9)"), timeout_s=20)
    silence_s = log[0].silence_s
    assert silence_s is not None
    assert 0.6 < silence_s < log[0].duration_s  # a busy machine reads a line late
