from __future__ import annotations

import pytest

from pytest_todo_k8s.tools.prompts import prompt_in


@pytest.mark.parametrize(
    "text",
    [
        "Are you sure you want to continue? [y/N] ",
        "Overwrite /home/me/.kube/config (yes/no)?",
        "The host is not known.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? ",
        "Username: ",
        "[sudo] password for me: ",
        "Enter passphrase for key '/home/me/.ssh/id': ",
        "Do you want to install the add-on?\n",
        "\x1b[1;33mPress any key to continue\x1b[0m",
        "Please choose a driver: ",
        "Do you want to continue? [Y/n] Abort.\n",
        "the input device is not a TTY\n",
        "Password:\nError: Cannot perform an interactive login from a non TTY device: requires a terminal",
    ],
)
def test_questions_are_found(text: str) -> None:
    assert prompt_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Login Succeeded",
        "deployment.apps/todo-backend configured",
        "#12 DONE 0.3s\n#12 exporting layers",
        "==> Linting charts/todo-chatbot-chart\n1 chart(s) linted, 0 chart(s) failed",
        "Error: INSTALLATION FAILED: cannot re-use a name that is still in use",
        "Use 'kubectl get pods' to see them.",
        "Password: \nwrong\nstill running\nDONE",
        "warning: do you want more? see the manual\nline\nDONE",
        "secret/todo-app-secrets created",
        '* Done! kubectl is now configured to use "todo-k8s" cluster and "default" namespace by default',
    ],
)
def test_ordinary_output_is_no_question(text: str) -> None:
    assert prompt_in(text) is None


def test_the_line_that_asks_is_given_back_clean() -> None:
    assert prompt_in("building\n\x1b[31mProceed? [y/N]\x1b[0m \r\n") == "Proceed? [y/N]"


def test_only_the_end_counts_and_costs() -> None:
    assert prompt_in("Proceed? [y/N]\n" + "x" * 10_000_000) is None
