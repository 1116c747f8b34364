"""Directives that keep pages true: `shelf` and `heads` list a dict's members, `verb` shows a verb's options, `fields` what
a release does with every field of every format."""

import importlib
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from typer.main import get_command


def members(place: str) -> list[tuple[str, str]]:
    """(name, what it is) of everything in the dict at `package.module.NAME`."""
    module, _, name = place.rpartition(".")
    shelf = getattr(importlib.import_module(module), name)
    if not isinstance(shelf, Mapping) or not shelf:
        raise ExtensionError(f"{place} is no shelf: expected a dict with something in it")
    plain = [facts(thing) for thing in shelf.values() if not documented(thing)]
    same = {key for key in plain[0] if len(plain) > 1 and all(one.get(key) == plain[0][key] for one in plain)} \
        if plain else set()
    return [(word, said(thing, same, f"{place}[{word!r}]").removeprefix(f"{word}: ")) for word, thing in shelf.items()]


def documented(thing: Any) -> bool:
    return isinstance(thing, ModuleType) or inspect.isroutine(thing) or inspect.isclass(thing)


def whole(place: str) -> list[tuple[str, list[str]]]:
    """(name, paragraphs) of the docstring of every module in the dict at `package.module.NAME`, but its first line."""
    module, _, name = place.rpartition(".")
    shelf = getattr(importlib.import_module(module), name)
    heads = {word: (inspect.getdoc(thing) or "").split("\n\n")[1:] for word, thing in shelf.items()}
    return [(word, [" ".join(paragraph.split()) for paragraph in head]) for word, head in heads.items() if head]


def facts(thing: Any) -> dict[str, Any]:
    """The fields of a plain value."""
    return dict(thing) if isinstance(thing, Mapping) else getattr(thing, "_asdict", lambda: dict(vars(thing)))()


def said(thing: Any, same: set[str], place: str) -> str:
    """The first line of a module's, function's or class's docstring; the numbers and words of a plain value.

    Of plain values, what is the `same` for all members of the shelf is left out.
    """
    if documented(thing):
        told = (inspect.getdoc(thing) or "").splitlines()[:1]
    else:
        fields = {key: value for key, value in facts(thing).items() if key not in same}
        told = [f"{key} {value}" for key, value in fields.items() if isinstance(value, int | float)]
        told += [f"{len(value)} {key}: {', '.join(value)}" for key, value in fields.items()
                 if isinstance(value, tuple) and value and all(isinstance(word, str) for word in value)]
    if not told:
        raise ExtensionError(f"{place} says nothing that could be listed")
    return "; ".join(told)


def parameters(verb: str) -> list[tuple[str, str]]:
    """(spelling, help) of a verb's arguments and options, as its `--help` has them."""
    from maskeleton.cli import app

    commands = get_command(app).commands
    if verb not in commands:
        raise ExtensionError(f"there is no verb {verb!r}: there are {', '.join(commands)}")
    context = commands[verb].make_context(verb, [], resilient_parsing=True)
    found = [parameter.get_help_record(context) for parameter in commands[verb].params]
    silent = [spelling for spelling, line in found if not line.split("[")[0].strip()]
    if silent:
        raise ExtensionError(f"{verb}: {', '.join(silent)} has no help")
    return found


def text(line: str) -> list[nodes.Node]:
    """A line of a docstring with its `code` as code."""
    return [nodes.literal(part, part) if place % 2 else nodes.Text(part)
            for place, part in enumerate(line.split("`"))]


def definitions(rows: Sequence[tuple[str, str | list[str]]]) -> nodes.definition_list:
    """Terms in code, each with its line or paragraphs."""
    found = nodes.definition_list()
    for word, told in rows:
        term = nodes.term("", "", nodes.literal(word, word))
        lines = [told] if isinstance(told, str) else told
        paragraphs = [nodes.paragraph("", "", *text(line)) for line in lines]
        found += nodes.definition_list_item("", term, nodes.definition("", *paragraphs))
    return found


class Shelf(SphinxDirective):
    """`{shelf} maskeleton.normalize.CHAINS`"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        depend(self, self.arguments[0].rpartition(".")[0])
        return [definitions(members(self.arguments[0]))]


class Heads(SphinxDirective):
    """`{heads} maskeleton.formats.FORMATS`"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        depend(self, self.arguments[0].rpartition(".")[0])
        return [definitions(whole(self.arguments[0]))]


def tables(place: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(format, rows) of the FIELDS of every format in the dict at `package.module.NAME` that can be written."""
    module, _, name = place.rpartition(".")
    shelf = getattr(importlib.import_module(module), name)
    return [(word, [tuple(field) for field in format.FIELDS]) for word, format in shelf.items() if hasattr(format, "write")]


class Fields(SphinxDirective):
    """`{fields} maskeleton.formats.FORMATS`"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        depend(self, self.arguments[0].rpartition(".")[0])
        found: list[nodes.Node] = []
        for format, rows in tables(self.arguments[0]):
            found += [nodes.rubric("", format), grid(("field", "is", "why"), rows)]
        return found


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> nodes.table:
    """A table whose first column is code."""
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=width) for width in (25, 15, 60)]
    for kind, lines in ((nodes.thead(), [header]), (nodes.tbody(), rows)):
        for line in lines:
            row = nodes.row()
            for place, word in enumerate(line):
                told = [nodes.literal(word, word)] if place == 0 and lines is rows else text(word)
                row += nodes.entry("", nodes.paragraph("", "", *told))
            kind += row
        group += kind
    table = nodes.table()
    table += group
    return table


class Verb(SphinxDirective):
    """`{verb} convert`"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        depend(self, "maskeleton.cli")
        rows = parameters(self.arguments[0])
        arguments = [spelling.partition(" <")[0] for spelling, _ in rows if not spelling.startswith("-")]
        usage = " ".join(["maskeleton", self.arguments[0], *arguments, "[options]"])
        return [nodes.literal_block(usage, usage, language="text"), definitions(rows)]


def depend(directive: SphinxDirective, module: str) -> None:
    """The page is built again when the module changes."""
    directive.env.note_dependency(str(Path(importlib.import_module(module).__file__ or "").resolve()))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("shelf", Shelf)
    app.add_directive("heads", Heads)
    app.add_directive("verb", Verb)
    app.add_directive("fields", Fields)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
