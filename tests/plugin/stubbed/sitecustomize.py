"""Lets processes of their own, the reaper and `todo-k8s`, find the stub cluster where the real one would be."""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


class StubFinder(MetaPathFinder):
    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != "pytest_todo_k8s.cluster.minikube":
            return None
        return importlib.util.spec_from_file_location(fullname, Path(__file__).parents[1] / "stub_cluster.py")


if "pytest" not in sys.orig_argv:
    sys.meta_path.insert(0, StubFinder())
