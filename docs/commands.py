"""Write docs/commands.md, the reference of every command, from the commands themselves: python docs/commands.py."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from storecast.cli.app import GROUPS, PANELS, app
from storecast.cli.examples import EXAMPLES
from storecast.cli.weekly import BUSY

PAGE = Path(__file__).with_name("commands.md")
USUAL_CODES = (0, 1, 2, 130)
OWN_CODES = {"weekly": (BUSY, 4)}
TYPES = {
    "": "flag",
    "str": "text",
    "int": "whole number",
    "int range": "whole number",
    "float": "number",
    "float range": "number",
    "path": "path",
    "url": "URL",
    "list[str]": "text, repeatable",
}
TOP = """# Commands

Every command with its arguments, options, defaults and examples. `storecast COMMAND -h` prints the same, and [the tour](cli.md)
runs each command once. `docs/commands.py` writes this page from the commands themselves.

An option in *italics* must be given. Each command also takes `--help` (`-h`). `storecast --version` prints the version.
`storecast --install-completion` lets your shell complete commands and options.

## Exit codes

| Code | What it means |
| --- | --- |
| 0 | done |
| 1 | a bug in storecast, with a traceback; or, of `run`, a model that failed while others forecast |
| 2 | something in the input or the options must be fixed; one message says what was found and what to do |
| 3 | of `weekly`: another job is at work on the same home |
| 4 | of `weekly`: done, and something needs a look, such as late sales |
| 130 | interrupted (Ctrl-C) |
"""


def page() -> str:
    """Return the page."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    parts = [TOP]
    for panel, names in PANELS.items():
        parts.append(f"## {panel}\n")
        for name in names:
            parts.extend(_sections(name, commands[name]))
    for name in GROUPS:
        group = commands[name]
        parts.append(f"## storecast {name}\n\n{_prose(group.help)}\n")
        for below, command in group.commands.items():
            parts.extend(_sections(f"{name} {below}", command))
    return "\n".join(parts)


def _sections(name: str, command: Any) -> Iterator[str]:
    """Yield what the page says of a command."""
    context = command.context_class(command, info_name=f"storecast {name}")
    rows = [_row(param, context) for param in command.params if not param.hidden and param.name != "help"]
    yield f"### storecast {name}\n\n{_prose(command.help)}\n"
    words = [
        param.name.upper() if param.required else f"[{param.name.upper()}]"
        for param in command.params
        if param.param_type_name == "argument"
    ]
    needed = [
        f"{param.opts[0]} {param.name.upper()}"
        for param in command.params
        if param.required and param.param_type_name == "option"
    ]
    yield f"Usage: `{' '.join(['storecast', name, *words, *needed, '[OPTIONS]'])}`\n"
    if rows:
        yield "\n".join(["| Option | What it is | Takes | Default |", "| --- | --- | --- | --- |", *rows]) + "\n"
    yield "```sh\n" + "\n".join(EXAMPLES[name]) + "\n```\n"
    codes = sorted((*USUAL_CODES, *OWN_CODES.get(name, ())))
    yield f"Exit codes: {', '.join(map(str, codes))}.\n"


def _row(param: Any, context: Any) -> str:
    """Return the row of an argument or an option."""
    names, text = param.get_help_record(context)
    kind = re.search(r"<(.+)>", names)
    argument = param.param_type_name == "argument"
    opts = [param.name.upper()] if argument else [*param.opts, *param.secondary_opts]
    shown = ", ".join(f"`{option}`" for option in opts)
    facts = dict(re.findall(r"(default|env var): ([^];]+)", "".join(re.findall(r"\[[^]]*\]$", text))))
    text = re.sub(r"\s*\[[^]]*\]$", "", text)
    if "env var" in facts:
        text += f" Or in the variable `{facts['env var']}`."
    default = re.search(r" ?Default: (.+?)\.(?= |$)", text)
    if default:
        text = text.replace(default[0], "", 1).strip()
    value = default[1] if default else f"`{facts['default']}`" if "default" in facts else ""
    required = f"*{shown}*" if param.required else shown
    text = text.replace("|", r"\|")
    return f"| {required} | {text} | {_type(kind[1] if kind else '')} | {value} |"


def _type(kind: str) -> str:
    """Return a type in words."""
    if "|" in kind:
        *most, last = kind.split("|")
        return ", ".join(f"`{word}`" for word in most) + f" or `{last}`"
    return TYPES.get(kind, kind.lower())


def _prose(text: str) -> str:
    """Return a docstring as paragraphs, its words with dashes as they are typed."""
    return re.sub(r"(?<![`\w-])(--[a-z][a-z-]*)", r"`\1`", "\n\n".join(text.split("\n\n")).strip())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
