"""Templates: Jinja2 in an immutable sandbox; only flat values, if/else and four filters are let in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2 import Template as Code
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import ContentError, Fault
from bot.words.filters import FILTERS

Value = str | int

LONGEST_SOURCE = 8_000
"""Characters of a template file; a message of five parts with two branches needs a quarter of it."""

LONGEST_MESSAGE = 4_096
"""Characters of a rendered message: what Telegram takes."""

_DEEPEST_IF = 5
_BRACES = frozenset("{}")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Filter,
    nodes.Const,
    nodes.If,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
)
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.For: "Loops are not allowed in messages. Write the lines out.",
    nodes.Call: "Calls are not allowed in messages. Use a value such as {{ organisation }}.",
    nodes.Getattr: "A value is one word, with no dot in it. Use a value such as {{ organisation }}.",
    nodes.Getitem: "A value is one word, with no [ ] in it. Use a value such as {{ organisation }}.",
    nodes.Assign: "Setting values is not allowed in messages. Use {% if %} with the values there are.",
    nodes.Test: 'The word "is" is not allowed here. Compare with == or !=.',
    nodes.CondExpr: "Write {% if ... %} ... {% else %} ... {% endif %} instead of an if inside {{ }}.",
    nodes.Concat: "Joining with ~ is not allowed. Write the values beside each other.",
    nodes.BinExpr: "Arithmetic is not allowed in messages. Write the number out.",
    nodes.UnaryExpr: "Arithmetic is not allowed in messages. Write the number out.",
    nodes.Include: "A message stands alone: including other templates is not allowed. Write the words out.",
    nodes.Import: "A message stands alone: importing is not allowed. Write the words out.",
    nodes.FromImport: "A message stands alone: importing is not allowed. Write the words out.",
    nodes.Extends: "A message stands alone: extending is not allowed. Write the words out.",
    nodes.Macro: "Macros are not allowed in messages. Write the words out.",
}

_BROKEN: Mapping[str, str] = {
    r"unknown tag '(else|elif|endif)'": "{% else %} or {% endif %} stands without its {% if %}. "
    "Write the {% if ... %}, or take it away.",
    r"unknown tag": "Only {% if %}, {% elif %}, {% else %} and {% endif %} are allowed. Take the other away.",
    r"looking for the following tags": "An {% if %} is never ended. Write {% endif %} where it ends.",
    r"end of comment": "A {# is never ended. Take it away, or write #}.",
    r"expected token 'end of print statement', got '\w+'": "A value is one word, joined with _. "
    "Use a value such as {{ organisation }}.",
}
"""What Jinja says of broken templates, and what authors are told. Else both braces are named."""


@cache
def _sandbox() -> Environment:
    """The sandbox every template is compiled in: nothing global, nothing undefined, four filters."""
    sandbox = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    sandbox.globals.clear()
    sandbox.tests.clear()
    sandbox.filters.clear()
    sandbox.filters.update(FILTERS)
    return sandbox


class Template:
    """One file of words. `placeholders` are the values it names; `path` is for messages to authors."""

    def __init__(self, path: str, text: str, tree: nodes.Template) -> None:
        self.path = path
        self.text = text
        self.lines = _placeholder_lines(tree)
        self.placeholders = frozenset(self.lines)
        self.constants = frozenset(_compared_constants(tree))
        self._pieces = _pieces(tree)
        self._tree = tree
        self._code_lock = threading.Lock()
        self._code: Code | None = None

    def render(self, values: Mapping[str, Value]) -> str:
        """The words with `values` filled in, trimmed; other values than the placeholders may be given.

        Raises ContentError when a placeholder has no value, the result is empty or far too long.
        """
        try:
            body = self._filled({name: values[name] for name in self.placeholders if name in values}).strip()
        except UndefinedError as cause:
            missing = ", ".join(sorted(self.placeholders - values.keys()))
            raise self._wrong(f"There is no value for {missing}. Use one of the values listed.") from cause
        except TypeError as cause:
            raise self._wrong("A text is compared with a number. Compare like with like.") from cause
        if not body:
            raise self._wrong("The message comes out empty. Write words for every case.")
        if len(body) > LONGEST_MESSAGE:
            raise self._wrong(f"The message is longer than {LONGEST_MESSAGE} characters. Shorten it.")
        return body

    def _filled(self, values: Mapping[str, Value]) -> str:
        """Words and values one after the other; where anything is asked, as Jinja's code does it."""
        if self._pieces is None:
            return (self._code or self._compile()).render(values)
        if self.placeholders - values.keys():
            raise UndefinedError
        return "".join([str(values[piece]) if named else piece for named, piece in self._pieces])

    def _compile(self) -> Code:
        """Compiled at the first use, once: checking a file needs only its tree."""
        with self._code_lock:
            if self._code is None:
                self._code = _sandbox().from_string(self._tree)
            return self._code

    def _wrong(self, message: str) -> ContentError:
        return ContentError([Fault(self.path, 1, 1, message)])


@lru_cache(maxsize=16_384)
def compile(text: str, path: str) -> Template:
    """The template in `text`; `path` names it in faults. What was read once is not read again: the same
    words are on disk, in the hash of a pack and in what was published.

    Raises ContentError with every fault: broken syntax, anything outside the allowed few, empty or
    far too long text.
    """
    if len(text) > LONGEST_SOURCE:
        raise ContentError([Fault(path, 1, 1, f"More than {LONGEST_SOURCE} characters. Shorten it.")])
    if not text.strip():
        raise ContentError([Fault(path, 1, 1, "The file is empty. Write the message, or delete the file.")])
    try:
        tree = _sandbox().parse(text)
        faults = sorted(set(_faults(tree, path)))
    except TemplateSyntaxError as cause:
        raise ContentError([Fault(path, cause.lineno, 1, _syntax(cause))]) from cause
    except RecursionError as cause:
        raise ContentError(
            [Fault(path, 1, 1, "Too many brackets inside each other. Simplify it.")]
        ) from cause
    if faults:
        raise ContentError(faults)
    return Template(path, text, tree)


def _faults(node: nodes.Node, path: str, depth: int = 0) -> Iterator[Fault]:
    depth += isinstance(node, nodes.If)
    message = _refusal(node, depth)
    if message is not None:
        yield Fault(path, node.lineno, 1, message)
        return
    for child in node.iter_child_nodes():
        yield from _faults(child, path, depth)


def _refusal(node: nodes.Node, depth: int) -> str | None:
    """Why a node may not stand in a message; None when it may."""
    if depth > _DEEPEST_IF:
        return f"More than {_DEEPEST_IF} ifs inside each other. Use two files instead."
    if isinstance(node, nodes.TemplateData) and not _BRACES.isdisjoint(node.data):
        return "A single { or } stands in the words. A value is written {{ name }}."
    if _is_name_with_a_dash(node):
        return "A value has no - in it. Join its words with _, as in {{ short_name }}."
    for kind, message in _REFUSED.items():
        if isinstance(node, kind):
            return message
    if not isinstance(node, _ALLOWED):
        return (
            f"{type(node).__name__} is not allowed in messages. Use only words, {{{{ values }}}} and if/else."
        )
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        return "A value's name starts with a letter."
    if isinstance(node, nodes.Filter):
        return _filter_refusal(node)
    return None


def _filter_refusal(node: nodes.Filter) -> str | None:
    if node.name not in FILTERS:
        return f"There is no filter {node.name}. Use one of: {', '.join(FILTERS)}."
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return f"The filter {node.name} takes nothing in brackets. Take them away."
    if node.node is None:
        return "A filter belongs after a value, as in {{ organisation | upper }}."
    return None


def _pieces(tree: nodes.Template) -> list[tuple[bool, str]] | None:
    """(whether it is a value's name, text) for a template of words and bare values; None for any other.

    Nine in ten are such, and to make code of each would be most of the time that a check takes.
    """
    found = []
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            if isinstance(node, nodes.TemplateData):
                found.append((False, node.data))
            elif isinstance(node, nodes.Name):
                found.append((True, node.name))
            else:
                return None
    return found


def _placeholder_lines(tree: nodes.Template) -> dict[str, int]:
    """Value's name -> the first line that names it."""
    lines: dict[str, int] = {}
    for name in tree.find_all(nodes.Name):
        lines[name.name] = min(name.lineno, lines.get(name.name, name.lineno))
    return lines


def _compared_constants(tree: nodes.Template) -> Iterator[Value]:
    """What values are compared with: the cases an author meant, for trying each of them."""
    for comparison in tree.find_all(nodes.Compare):
        for constant in comparison.find_all(nodes.Const):
            if isinstance(constant.value, str | int):
                yield constant.value


def _syntax(cause: TemplateSyntaxError) -> str:
    """Jinja's complaint in plain words."""
    problem = cause.message or ""
    said = next((said for pattern, said in _BROKEN.items() if re.search(pattern, problem)), None)
    return said or "This cannot be read. Check that every {{ has its }} and every {% if %} its {% endif %}."


def _is_name_with_a_dash(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Sub) and all(
        isinstance(side, nodes.Name) for side in (node.left, node.right)
    )
