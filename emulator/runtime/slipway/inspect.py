"""`python -m slipway.inspect FILE`: the classes of a main file as JSON, found by parsing; nothing is imported or run.

`python -m slipway.inspect --probe` tells of the interpreter itself.
"""

from __future__ import annotations

import ast
import json
import platform
import sys
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]

# Number of arguments each method is called with, `self` included, and the form to show.
_METHODS = {
    "load_model": ("loadModel", 1, "load_model(self)"),
    "execute": ("execute", 3, "execute(self, data, batch_size)"),
}


def inspect_source(source: Union[str, bytes], name: str = "main.py") -> Dict[str, Any]:
    """Inspection of schemas/worker.ts."""
    try:
        tree = ast.parse(source, name)
    except SyntaxError as error:
        problem = {"line": error.lineno or 1, "column": error.offset or 1, "message": error.msg}
        return _unparsed(problem)
    except (ValueError, RecursionError, MemoryError) as error:
        return _unparsed({"line": 1, "column": 1, "message": str(error)})
    classes = [_inspect_class(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    needs = [{"module": module, "line": line} for module, line in _imports(tree, _is_sure).items()]
    return {
        "classes": sorted(classes, key=lambda each: int(each["line"])),
        "imports": list(_imports(tree)),
        "needs": needs,
    }


def _unparsed(problem: Dict[str, Any]) -> Dict[str, Any]:
    return {"classes": [], "imports": [], "needs": [], "syntaxError": problem}


def _inspect_class(node: ast.ClassDef) -> Dict[str, Any]:
    found: Dict[str, Any] = {"name": node.name, "line": node.lineno}
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name in _METHODS:
            field, count, form = _METHODS[statement.name]
            method: Dict[str, Any] = {"line": statement.lineno}
            problem = _problem(statement, count)
            if problem is not None:
                method["problem"] = f"{problem}; expected {form}"
            found[field] = method
    found["bases"] = [_unparse(base) for base in node.bases]
    return found


def _problem(function: _Function, count: int) -> Optional[str]:
    if isinstance(function, ast.AsyncFunctionDef):
        return "it is async"
    decorators = {_unparse(decorator) for decorator in function.decorator_list}
    for decorator in ("staticmethod", "classmethod", "property"):
        if decorator in decorators:
            return f"it is a {decorator}"
    if decorators:
        # A decorator may change what it takes.
        return None
    arguments = function.args
    names = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    required = len(names) - len(arguments.defaults)
    if required > count or (len(names) < count and arguments.vararg is None):
        return f"it takes ({', '.join(names)})"
    needed = [argument.arg for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults) if value is None]
    if needed:
        return f"it needs the keyword {needed[0]}"
    return None


def _imports(tree: ast.Module, enters: Callable[[ast.AST], bool] = lambda node: True) -> Dict[str, int]:
    """Modules that importing the file imports, with the first line: those in functions come later, if ever."""
    found: Dict[str, int] = {}
    for node in _outside_functions(tree, enters):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.name.split(".")[0], node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0 and node.module != "__future__":
            found.setdefault(node.module.split(".")[0], node.lineno)
    return found


def _is_sure(node: ast.AST) -> bool:
    """Whether what stands in a statement is executed whatever is installed: not so under `try` and `if`."""
    return not isinstance(node, (ast.Try, ast.If))


def _outside_functions(node: ast.AST, enters: Callable[[ast.AST], bool]) -> List[ast.AST]:
    found: List[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        if enters(child) and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            found.append(child)
            found += _outside_functions(child, enters)
    return found


def _unparse(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (ValueError, RecursionError):
        return "?"


def probe() -> Dict[str, str]:
    """What kind of Python this is."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": sys.platform,
        "machine": platform.machine(),
        "executable": sys.executable,
    }


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--probe"]:
        value: Any = probe()
    elif len(arguments) == 1:
        try:
            with open(arguments[0], "rb") as file:
                value = inspect_source(file.read(), arguments[0])
        except OSError as error:
            sys.stderr.write(f"slipway: {arguments[0]} cannot be read: {error.strerror}\n")
            return 1
    else:
        sys.stderr.write("usage: python -m slipway.inspect FILE | --probe\n")
        return 2
    sys.stdout.write(json.dumps(value) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
