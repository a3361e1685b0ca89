"""Habits of the house: async only at the edges, nothing at import, short files, no mocks of our own code."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from tests.policy.house import ROOT, Source, sources

OURS = sources("bot", "scheduler.py")
TESTS = sources("tests")
ASYNC_ROOMS = {"channels", "inbound", "running", "process", "scheduler"}
HARMLESS_AT_IMPORT = re.compile(
    r"^(re\.compile|frozenset|set|dict|tuple|list|range|timedelta|datetime|date|time|ZoneInfo|TypeVar|Table|Column|"
    r"sa\.\w+|field|Path|len|max|min|sorted|str\.maketrans|threading\.Lock|typer\.\w+|\w*App|Enum|StrEnum|"
    r"MappingProxyType|enumerate|zip|ord|chr|map|\w+\.(union|copy|items|values|keys|add_typer|callback|command)|"
    r"_?[A-Za-z]*[A-Z]\w*|int|str|bytes|bytes\.fromhex|_[a-z_]+|NewType|logging\.getLogger)$"
)


def named(source: Source) -> str:
    return source.name


@pytest.mark.parametrize("source", OURS, ids=named)
def test_async_stays_at_the_edges(source: Source) -> None:
    if source.room in ASYNC_ROOMS:
        return
    found = [node.lineno for node in ast.walk(source.tree) if isinstance(node, ast.AsyncFunctionDef)]
    assert not found, f"{source.name}: async def on lines {found}; only {sorted(ASYNC_ROOMS)} may"


@pytest.mark.parametrize("source", OURS, ids=named)
def test_no_file_has_grown_past_400_lines(source: Source) -> None:
    assert len(source.text.splitlines()) <= 400, f"{source.name} has two reasons to exist; give each its file"


@pytest.mark.parametrize("source", OURS, ids=named)
def test_no_function_has_grown_past_40_lines(source: Source) -> None:
    if "migrations" in source.name:
        return
    long = [
        f"{source.name}:{node.lineno} {node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 - _docstring_lines(node) > 40
    ]
    assert not long, "\n".join(long)


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return (first.end_lineno or first.lineno) - first.lineno + 1
    return 0


@pytest.mark.parametrize("source", OURS, ids=named)
def test_every_module_opens_with_its_sentence(source: Source) -> None:
    assert ast.get_docstring(source.tree), f"{source.name} says nothing of what it is"


@pytest.mark.parametrize("source", OURS, ids=named)
def test_now_is_an_argument(source: Source) -> None:
    """Only the clock's owners ask what time it is."""
    owners = {"bot/bootstrap.py", "bot/store/database.py", "bot/store/ids.py", "scheduler.py"}
    if source.name in owners or source.room in {"cli", "running", "process"}:
        return
    asked = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in {"utcnow", "today"}
            or (node.func.attr == "now" and _is_datetime(node.func.value))
        )
    ]
    assert not asked, f"{source.name}: lines {asked}: take `now` as an argument"


def _is_datetime(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "datetime") or (
        isinstance(node, ast.Attribute) and node.attr == "datetime"
    )


@pytest.mark.parametrize("source", [item for item in OURS if item.room != "cli"], ids=named)
def test_nothing_works_at_import(source: Source) -> None:
    """No engine, file, environment or socket at module level: only plain values are built."""
    calls = [
        (call.lineno, ast.unparse(call.func))
        for statement in source.tree.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)) and statement.value is not None
        for call in ast.walk(statement.value)
        if isinstance(call, ast.Call) and not HARMLESS_AT_IMPORT.match(ast.unparse(call.func))
    ]
    opening = [
        f"{source.name}:{line}: {name}(...)"
        for line, name in calls
        if re.search(r"open|read|environ|getenv|create_engine|connect|socket|get_logger", name)
    ]
    assert not opening, "\n".join(opening)


@pytest.mark.parametrize("source", TESTS, ids=named)
def test_our_own_code_is_never_patched(source: Source) -> None:
    wrong = [
        f"{source.name}:{line}" for module, line in source.imports() if module.startswith("unittest.mock")
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"setattr", "setitem"}:
            owner = node.value
            if isinstance(owner, ast.Name) and owner.id == "monkeypatch":
                wrong.append(f"{source.name}:{node.lineno}: monkeypatch.{node.attr}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", TESTS, ids=named)
def test_no_test_is_skipped_or_expected_to_fail(source: Source) -> None:
    if source.name == "tests/policy/test_habits.py":
        return
    found = [
        f"{source.name}:{node.lineno}: {node.attr}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"}
    ]
    assert not found, "\n".join(found)


def tracked() -> list[str]:
    return subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def test_the_data_rooms_hold_no_python() -> None:
    assert not [
        name
        for name in tracked()
        if name.split("/")[0] in {"campaigns", "templates", "config"} and name.endswith(".py")
    ]


def test_no_file_names_a_registry_or_a_machine() -> None:
    hosts = re.compile(
        "|".join(["py" + r"pi\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "deb\\.deb" + "ian"])
    )
    places = re.compile("/" + r"work/(main|shared|plan|\.lib)")
    wrong = []
    for name in tracked():
        path = ROOT / name
        if path.suffix in {".png"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        wrong += [name] if hosts.search(text) or places.search(text) else []
    assert not wrong


def test_the_ci_runs_make_test_and_nothing_else() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    work = [line for line in script if line and not line.startswith(("#", "set ", "cd "))]
    assert work == ["exec make test"]
