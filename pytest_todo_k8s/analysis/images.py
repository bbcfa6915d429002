"""Dockerfiles and the images built from them: rules, where the bytes are, and what is worth doing about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_todo_k8s.analysis import dockerfile
from pytest_todo_k8s.analysis.results import Advice, ImageAnalysis, Portion, RuleResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import ImageBuild, ImageContents, ImagePackage
    from pytest_todo_k8s.settings import ImageSource, Settings

SHOWN: Final = 15
"""Layers and packages named."""
LARGEST: Final = 3
"""Packages of which it is asked whether they are needed."""
WORTH_BYTES: Final = 1_000_000
"""Savings below are not worth a line."""
BUILD_ONLY: Final = frozenset({"pip", "setuptools", "wheel", "npm", "corepack", "yarn", "typescript", "pycparser"})
"""Packages that serve only to build and install others."""
USELESS: Final = (".map", ".pyi", ".pxd", ".pyx", ".md", ".a", ".h")
"""Endings of files that no program reads when it runs."""


def of_run(settings: Settings, evidence: Evidence) -> list[ImageAnalysis]:
    """Analyse every image of a run, with what was measured of it."""
    built = {image.name: image for image in evidence.build.images} if evidence.build else {}
    return [analyse(source, built.get(source.name)) for source in settings.images]


def analyse(source: ImageSource, built: ImageBuild | None) -> ImageAnalysis:
    """Ask a Dockerfile the rules, and rank the parts of its image where one was built.

    Args:
        source: Where the Dockerfile is.
        built: What was measured of its image.
    """
    rules, file = _rules(source.dockerfile, source.port)
    contents = built.contents if built else None
    advice = [*_rule_advice(rules, file), *(_contents_advice(contents) if contents else [])]
    return ImageAnalysis(
        image=source.name,
        dockerfile=source.dockerfile.name,
        rules=rules,
        size_bytes=built.size_bytes if built else None,
        layers=[Portion(name=each.instruction, size_bytes=each.size_bytes) for each in _first(contents, "layers")],
        packages=[Portion(name=_named(each), size_bytes=each.size_bytes) for each in _first(contents, "packages")],
        advice=sorted(advice, key=lambda each: -(each.saving_bytes or 0)),
    )


def _rules(path: Path, port: int | None) -> tuple[list[RuleResult], dockerfile.Dockerfile | None]:
    try:
        file = dockerfile.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, dockerfile.DockerfileError) as error:
        return [RuleResult(rule="it can be read", ok=False, detail=str(error))], None
    return dockerfile.check(file, port), file


def _rule_advice(rules: Iterable[RuleResult], file: dockerfile.Dockerfile | None) -> Iterator[Advice]:
    for result in rules:
        if result.objection:
            yield Advice(text=f"{result.rule}: {result.detail}")
    if file and any("@sha256:" not in stage.base for stage in file.stages if stage.base not in _names(file)):
        yield Advice(text="pin the public bases by digest: a tag may come to name another image")


def _contents_advice(contents: ImageContents) -> Iterator[Advice]:
    """Name what an image could do without, with the bytes it takes; what is large and needed is only named."""
    if contents.hidden_bytes >= WORTH_BYTES:
        text = "files that a later layer replaces or removes: write and remove them in the same instruction"
        yield Advice(text=text, saving_bytes=contents.hidden_bytes)
    idle = [each for each in contents.packages if each.name.lower() in BUILD_ONLY]
    for each in idle:
        yield Advice(text=f"leave out {_named(each)}: it serves only to build", saving_bytes=each.size_bytes)
    useless = [each for each in contents.files if each.name.endswith(USELESS)]
    if useless:
        text = f"leave out files that nothing reads at run time: {', '.join(each.name for each in useless[:5])}"
        yield Advice(text=text, saving_bytes=sum(each.size_bytes for each in useless))
    for each in contents.packages[:LARGEST]:
        if each not in idle and each.size_bytes >= WORTH_BYTES:
            yield Advice(text=f"look whether {_named(each)} is needed whole: it takes {each.size_bytes / 1e6:.1f} MB")


def _first(contents: ImageContents | None, what: Literal["layers", "packages"]) -> list[Any]:
    return list(getattr(contents, what))[:SHOWN] if contents else []


def _named(each: ImagePackage) -> str:
    return f"{each.name} {each.version}" if each.version else each.name


def _names(file: dockerfile.Dockerfile) -> set[str]:
    return {stage.name for stage in file.stages} | {"scratch"}
