"""What the architecture tests look at: the files of this repository and their syntax trees."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("service", "optimizer", "connectors")
# Not written by us, or not part of the repository.
PASSED_OVER = {".venv", ".git", "var", "node_modules", "dist", "build", "htmlcov"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or could be committed, relative to the root."""
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1])
        foreign = any(
            part in PASSED_OVER or part.endswith((".egg-info", "__pycache__")) for part in parts
        )
        foreign = foreign or parts[-1].startswith(".coverage")
        if path.is_file() and not hidden and not foreign:
            found.append(path.relative_to(ROOT))
    return tuple(sorted(found))


def python_files(*tops: str) -> list[Path]:
    """Python files below the given top folders, relative to the root."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in tops]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def module_of(path: Path) -> str:
    """``service/store/tables.py`` -> ``service.store.tables``."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Dotted names of everything that a file imports, wherever the import stands."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def dotted(node: ast.AST) -> str:
    """``np.random.seed`` for the expression of that name, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
