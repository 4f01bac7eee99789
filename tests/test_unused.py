"""Nothing is kept that nobody uses: every setting is read, every function of a module is called from somewhere.

`make dead` goes by names alone: a function `drop` passes as long as anything is called so. Here names are followed
through the imports. Both leave out the same names, listed with their reasons in pyproject.toml.
"""

import ast
import tomllib
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

import settings
from tests.sources import ROOT, trees

Place = tuple[str, str]  # module, name
LEFT_OUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["vulture"]["ignore_names"]


def defined(tree: ast.Module) -> Iterator[str]:
    """The names a module defines, without those it hands to a framework by a decorator (`@app.command()`)."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not any(
                isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) for one in node.decorator_list
            ):
                yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def used(module: str, tree: ast.Module) -> Iterator[Place]:
    """What a module uses, of its own and of others; a definition does not use itself."""
    modules = dict(imported_modules(tree))
    passed_on = exported(tree)
    for statement in tree.body:
        own = getattr(statement, "name", None)
        bases = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
        for node in ast.walk(statement):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((node.module, one.name) for one in node.names if one.name not in passed_on)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                yield modules[node.value.id], node.attr
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                if node.id != own:
                    yield module, node.id
                if node.id in modules and id(node) not in bases:  # the module itself, as the object of a protocol
                    yield from ((modules[node.id], name) for name in defined(trees()[modules[node.id]]))


def imported_modules(tree: ast.Module) -> Iterator[Place]:
    """The local names of modules of ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (
                (one.asname or one.name, f"{node.module}.{one.name}")
                for one in node.names
                if f"{node.module}.{one.name}" in trees()
            )
        elif isinstance(node, ast.Import):
            yield from ((one.asname or one.name, one.name) for one in node.names if one.name in trees())


def exported(tree: ast.Module) -> set[str]:
    """What a module only passes on."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def passed_on() -> dict[Place, Place]:
    """Where a name that a module passes on comes from."""
    return {
        (module, one.name): (node.module, one.name)
        for module, tree in trees().items()
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for one in node.names
        if one.name in exported(tree)
    }


def test_every_name_of_a_module_is_used() -> None:
    uses = {place for module, tree in trees().items() for place in used(module, tree)}
    uses |= {origin for place, origin in passed_on().items() if place in uses}
    unused = {
        f"{module}.{name}"
        for module, tree in trees().items()
        for name in defined(tree)
        if (module, name) not in uses and not name.startswith("__") and name not in LEFT_OUT
    }
    assert unused == set()


SECTIONS = [
    cls
    for cls in vars(settings).values()
    if isinstance(cls, type) and issubclass(cls, BaseModel) and cls.__module__ == "settings"
]


def keys() -> Iterator[tuple[type[BaseModel], str]]:
    """Every setting, but for those that allow one value: there is nothing to read, they refuse all others."""
    for cls in SECTIONS:
        for key, field in cls.model_fields.items():
            if get_origin(field.annotation) is not Literal or len(get_args(field.annotation)) > 1:
                yield cls, key


def last(node: ast.AST | None) -> str:
    """The last part of a dotted name: `engine.settings.web` is called "web"; empty for what is no name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def read_in(tree: ast.Module) -> set[tuple[type[BaseModel], str]]:
    """Which keys of which section a module reads."""
    nodes = [*ast.walk(tree)]
    parameters = [(node.arg, last(node.annotation)) for node in nodes if isinstance(node, ast.arg)]
    others = [pair for node in nodes if isinstance(node, ast.Assign) for pair in given(node)]
    asked = {(last(node.value), node.attr) for node in nodes if isinstance(node, ast.Attribute)}
    names = {cls: holders(cls, parameters, others) for cls in SECTIONS}
    return {(cls, key) for cls in SECTIONS for owner, key in asked if owner in names[cls]}


def holders(cls: type[BaseModel], parameters: list[Place], others: list[Place]) -> set[str]:
    """What a module calls a section: as the settings do, a parameter of its type, or another name given to one."""
    found = {name for name, field in settings.Settings.model_fields.items() if cls is field.annotation}
    found |= {"settings"} if cls is settings.Settings else set()
    found |= {name for name, annotation in parameters if annotation == cls.__name__}
    for name, value in others:
        found |= {name} if value in found else set()
    return found


def given(node: ast.Assign) -> Iterator[Place]:
    """Which name an assignment gives to what, also `self._a, self._b = a, b`."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from ((last(one), last(value)) for one, value in zip(target.elts, node.value.elts, strict=False))
        else:
            yield last(target), last(node.value)


def test_every_setting_is_read() -> None:
    read = {place for module, tree in trees().items() if module != "settings" for place in read_in(tree)}
    assert [f"{cls.__name__}.{key}" for cls, key in keys() if (cls, key) not in read] == []
