"""What a nested run finds in place of a real module, and what it does without.

Processes of their own, the reaper and `todo-k8s`, find the stub cluster where the real one would be. And no process of
a nested run loads what the Kubernetes client imports for the log-ins of clouds and for a validation of its own, which
no run uses: two fifths of its import's time, several hundred times in this suite.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

UNUSED = ("google.auth", "google.oauth2", "oauthlib", "requests_oauthlib")
"""What the client can't be imported without."""
ABSENT = "kubernetes_validate"
"""What it, and the plugin, can do without."""


class StubFinder(MetaPathFinder):
    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != "pytest_todo_k8s.cluster.minikube":
            return None
        return importlib.util.spec_from_file_location(fullname, Path(__file__).parents[1] / "stub_cluster.py")


class EmptyModules(MetaPathFinder, Loader):
    """Gives an empty module, of which any name can be imported."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        out = any(fullname == name or fullname.startswith(f"{name}.") for name in UNUSED)
        return ModuleSpec(fullname, self, is_package=True) if out else None

    def exec_module(self, module: ModuleType) -> None:
        def placeholder(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {})

        vars(module)["__getattr__"] = placeholder


sys.meta_path.insert(0, EmptyModules())
sys.modules[ABSENT] = None  # type: ignore[assignment]  # as the import system says that there is none
if "pytest" not in sys.orig_argv:
    sys.meta_path.insert(0, StubFinder())
