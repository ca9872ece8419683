"""The user's class: found in the main file, checked, made, loaded. Whatever goes wrong is a Failure with a reason."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from types import CodeType, ModuleType
from typing import Any, Callable, Dict, List, Mapping, Optional, Type

from .compat import stand_in
from .config import WorkerConfig
from .reason import Code, Failure, describe, user_traceback

_METHODS = ("load_model", "execute")


def load_service(config: WorkerConfig) -> Any:
    """An instance whose load_model has run.

    Raises Failure: source_invalid, class_not_found, class_signature, import_missing, load_failed.
    """
    if config.compat:
        _run(lambda: stand_in(config.compat), "preparing the earlier interfaces")
    module = _import_main(config)
    service_class = _find_class(module, config.class_name)
    _check_signatures(service_class)
    service = _make(service_class, config)
    # The base classes of 2017 load in their constructor.
    if not getattr(service, "is_loaded", False):
        _run(service.load_model, "load_model")
    return service


def find_redaction(service: Any, name: Optional[str]) -> Optional[Callable[[bytes, str], bytes]]:
    """The function of the service's file through which bodies go before anybody is shown them.

    Raises Failure: class_signature when there is no such function.
    """
    if name is None:
        return None
    function = getattr(sys.modules[type(service).__module__], name, None)
    if not callable(function):
        raise Failure("class_signature", f'there is no function "{name}" for capture.redact in the main file')
    return function  # type: ignore[no-any-return]


def _import_main(config: WorkerConfig) -> ModuleType:
    path = config.in_bundle(config.main)
    code = _compile(path, config.main)
    for folder in (os.path.dirname(path), config.bundle_dir):
        if folder in sys.path:
            sys.path.remove(folder)
        sys.path.insert(0, folder)
    name = os.path.splitext(os.path.basename(path))[0].replace(".", "_")
    if name in sys.modules or name in sys.builtin_module_names:
        # A main file may be called like a module that is there already, such as `inspect.py`.
        name = f"{name}_service"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise Failure("source_invalid", f"{config.main} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Pickles, dataclasses and multiprocessing look a class up by the name of its module.
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        raise _load_failure(f"importing {config.main}", error) from None
    return module


def _compile(path: str, shown: str) -> CodeType:
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise Failure("source_invalid", f"{shown} cannot be read: {error.strerror}") from None
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f" line {error.lineno}" if error.lineno else ""
        raise Failure("source_invalid", f"{shown}{where}: {error.msg}", user_traceback(error)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Failure("source_invalid", f"{shown}: {describe(error)}") from None


def _find_class(module: ModuleType, wanted: Optional[str]) -> Type[Any]:
    classes = [value for value in list(vars(module).values()) if isinstance(value, type)]
    if wanted is not None:
        named = getattr(module, wanted, None)
        if not isinstance(named, type):
            raise Failure("class_not_found", f'there is no class "{wanted}" in the main file')
        missing = [method for method in _METHODS if not callable(getattr(named, method, None))]
        if missing:
            raise Failure("class_not_found", f'the class "{wanted}" has no {" and no ".join(missing)}')
        return named
    fitting = [each for each in classes if all(callable(getattr(each, method, None)) for method in _METHODS)]
    # What the file defines comes before what it imports; a base class gives way to what is made of it.
    own = [each for each in fitting if each.__module__ == module.__name__]
    found = own or [each for each in fitting if not each.__module__.startswith(("slipway.", "uai."))]
    found = _unique(
        [each for each in found if not any(other is not each and issubclass(other, each) for other in found)]
    )
    if len(found) == 1:
        return found[0]
    if not found:
        raise Failure("class_not_found", _nearly(classes, module))
    names = ", ".join(sorted(each.__name__ for each in found))
    raise Failure("class_not_found", f"several classes fit ({names})", None, 'Choose one with "class" in slipway.json.')


def _unique(classes: List[Type[Any]]) -> List[Type[Any]]:
    return list(dict.fromkeys(classes))


def _nearly(classes: List[Type[Any]], module: ModuleType) -> str:
    for each in classes:
        if each.__module__ == module.__name__:
            for have, lack in (_METHODS, _METHODS[::-1]):
                if callable(getattr(each, have, None)):
                    return f'the class "{each.__name__}" has {have}, but no {lack}'
    return "the main file has no class with load_model and execute"


def _check_signatures(service_class: Type[Any]) -> None:
    for method, arguments, form in (
        ("load_model", (None,), "load_model(self)"),
        ("execute", (None, [], 0), "execute(self, data, batch_size)"),
    ):
        function = inspect.getattr_static(service_class, method)
        if isinstance(function, (staticmethod, classmethod)):
            raise _signature(service_class, method, f"is a {type(function).__name__}", form)
        function = getattr(service_class, method)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise _signature(service_class, method, "is async", form)
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise _signature(service_class, method, f"does not take its arguments ({error})", form) from None
        except ValueError:
            continue


def _signature(service_class: Type[Any], method: str, problem: str, form: str) -> Failure:
    return Failure("class_signature", f"{service_class.__name__}.{method} {problem}; expected {form}")


def _make(service_class: Type[Any], config: WorkerConfig) -> Any:
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(service_class).parameters
    except (TypeError, ValueError):
        parameters = {}
    required = [
        parameter.name
        for parameter in parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and parameter.name != "conf"
    ]
    if required:
        names = ", ".join(required)
        raise Failure("class_signature", f"{service_class.__name__}.__init__ wants {names}; it is called without them")
    model_dir = config.bundle_dir if config.model is None else config.in_bundle(config.model)
    attributes: Dict[str, Any] = {"conf": config.config, "model_dir": model_dir}
    if hasattr(service_class, "declared_input"):
        attributes["declared_input"] = config.input
    # On the class first, so that __init__ sees them too.
    _give(service_class, attributes)
    arguments = {"conf": config.config} if "conf" in parameters else {}
    service = _run(lambda: service_class(**arguments), f"{service_class.__name__}()")
    _give(service, attributes)
    return service


def _give(target: Any, attributes: Any) -> None:
    for name, value in attributes.items():
        if getattr(target, name, None) is None:
            try:
                setattr(target, name, value)
            except (AttributeError, TypeError):
                # A class with __slots__ that does not want it.
                continue


def _run(function: Any, name: str) -> Any:
    try:
        return function()
    except Failure:
        # It says itself what is wrong and what to do.
        raise
    except BaseException as error:
        raise _load_failure(name, error) from None


def _load_failure(doing: str, error: BaseException) -> Failure:
    if isinstance(error, SystemExit):
        return Failure("load_failed", f"{doing} ended the process with {error.code!r}", user_traceback(error))
    code: Code = "import_missing" if _is_not_installed(error) else "load_failed"
    return Failure(code, f"{doing} raised {describe(error)}", user_traceback(error))


def _is_not_installed(error: BaseException) -> bool:
    """Whether no package and no file brings the module; one that lacks only a part is of another version."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return False
    head = error.name.split(".")[0]
    try:
        return head not in sys.modules and importlib.util.find_spec(head) is None
    except (ImportError, ValueError):
        return False
