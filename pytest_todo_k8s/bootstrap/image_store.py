"""Images in the engine that set-up makes: each carries the digest of its recipe, so that it is made once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.bootstrap.programs import fit_docker
from pytest_todo_k8s.bootstrap.step import missing, present, unknown
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress, State

LABEL: Final = "todo-k8s.dev/recipe"
"""Label of every image that set-up made; its value is the digest of the recipe."""
OWN_PREFIX: Final = "todo-k8s/"
"""Repositories that nobody but set-up makes images for."""
QUERY_TIMEOUT_S: Final = 30.0
BUILD_TIMEOUT_S: Final = 900.0
IMPORT_TIMEOUT_S: Final = 300.0
PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Variables that every Dockerfile takes as build arguments without declaring them."""


def client(site: Site, step: str) -> Path:
    """Return the docker client in use.

    Raises:
        SetupError: None reaches an engine.
    """
    docker = fit_docker(site)
    if docker is None:
        raise SetupError(step, "no Docker engine answers any more", "run `todo-k8s setup` again")
    return docker.path


def recipes(site: Site, references: Sequence[str]) -> dict[str, str]:
    """Return the recipe of each of the images that the engine has; an empty one where an image is not of our making."""
    docker = fit_docker(site)
    if docker is None or not references:
        return {}
    asked = site.runner.run((docker.path, "image", "inspect", *references), timeout_s=QUERY_TIMEOUT_S, check=False)
    found: dict[str, str] = {}
    for image in json.loads(asked.stdout or "[]"):
        labels = image.get("Config", {}).get("Labels") or {}
        found |= {tag: labels.get(LABEL, "") for tag in image.get("RepoTags") or ()}
    return {reference: found[reference] for reference in references if reference in found}


def lacking(site: Site, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return which of the images (reference to recipe) must be made; an upstream one is left as it is."""
    found = recipes(site, tuple(wanted))
    return tuple(name for name, recipe in wanted.items() if not _serves(name, recipe, found.get(name)))


def state(site: Site, reference: str, recipe: str) -> State:
    """Ask the engine for one image of set-up's own."""
    if not fit_docker(site):
        return unknown("the engine, when it runs, knows whether there is one")
    return missing(f"{reference} not in the engine") if lacking(site, {reference: recipe}) else present(reference)


def _serves(reference: str, wanted: str, found: str | None) -> bool:
    """Tell whether an image will do: made by this recipe, or an upstream image that somebody else put there."""
    return found == wanted or (found == "" and not reference.startswith(OWN_PREFIX))


def build(
    site: Site,
    reference: str,
    context: Path,
    progress: Progress,
    *,
    step: str,
    recipe: str,
    dockerfile: str,
    arguments: Mapping[str, str] | None = None,
) -> None:
    """Build an image from a folder and the text of a Dockerfile.

    Raises:
        SetupError: There is no engine.
        CommandError: The build failed.
    """
    values = [f"{name}={value}" for name, value in (arguments or {}).items()]
    values += [name for name in PROXIES if name in site.environment]  # the value is taken from the environment
    site.runner.run(
        (
            *(client(site, step), "build", "--progress=plain", f"--tag={reference}", f"--label={LABEL}={recipe}"),
            *(f"--build-arg={value}" for value in values),
            *("--file=-", context),
        ),
        input=dockerfile.encode(),
        timeout_s=BUILD_TIMEOUT_S,
        log_file=progress.log_file,
    )


def take_in(
    site: Site, archive: Path, reference: str, progress: Progress, *, step: str, recipe: str, changes: Sequence[str]
) -> None:
    """Make an image of a root file system in a tar archive.

    Args:
        site: Where.
        archive: The archive.
        reference: Name and tag of the image.
        progress: Its log takes the output.
        step: For the error.
        recipe: Digest of what the archive was made from.
        changes: Instructions of a Dockerfile that set the image's configuration.

    Raises:
        SetupError: There is no engine.
        CommandError: The import failed.
    """
    options = [f"--change={change}" for change in (*changes, f"LABEL {LABEL}={recipe}")]
    site.runner.run(
        (client(site, step), "import", *options, archive, reference),
        timeout_s=IMPORT_TIMEOUT_S,
        log_file=progress.log_file,
    )


def remove_ours(site: Site) -> tuple[str, ...]:
    """Remove all images that set-up made, found by their label; return their references."""
    docker = fit_docker(site)
    if docker is None:
        return ()
    question = (docker.path, "image", "ls", f"--filter=label={LABEL}", "--format={{.ID}} {{.Repository}}:{{.Tag}}")
    rows = [line.split(" ", 1) for line in site.runner.run(question, timeout_s=QUERY_TIMEOUT_S).stdout.splitlines()]
    if rows:
        ids = dict.fromkeys(identity for identity, _ in rows)
        site.runner.run((docker.path, "image", "rm", "--force", *ids), timeout_s=BUILD_TIMEOUT_S)
    return tuple(reference for _, reference in rows)


def remove_build_cache(site: Site) -> None:
    """Empty the build cache of an engine that nobody but set-up uses."""
    docker = fit_docker(site)
    if docker:
        site.runner.run((docker.path, "builder", "prune", "--all", "--force"), timeout_s=BUILD_TIMEOUT_S, check=False)
