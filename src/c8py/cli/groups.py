"""Groups of commands: verbs that are imported when they are called, nouns in singular, plural and short."""

import importlib
from typing import Final, cast

import click

NOUNS: Final[dict[str, tuple[str, ...]]] = {
    "instance": ("instances", "process-instance", "process-instances", "pi"),
    "job": ("jobs",),
    "incident": ("incidents", "inc"),
    "variable": ("variables", "vars", "var"),
    "client": ("clients",),
    "cluster": ("clusters",),
    "ip-allowlist": ("allowlist", "ipallowlist", "ip-whitelist", "whitelist", "ipwhitelist"),
    "secret": ("secrets", "connector-secret", "connector-secrets"),
    "member": ("members",),
    "backup": ("backups",),
}
_SENTENCE_CHARS: Final = 200
_CANONICAL: Final = {alias: noun for noun, aliases in NOUNS.items() for alias in (noun, *aliases)}


class VerbGroup(click.Group):
    """Commands of which only names and one line of help are known until one is called."""

    def __init__(self, *args: object, verbs: dict[str, tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # pyright: ignore[reportArgumentType]  click's own parameters
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The verbs in the order of the table, which is the order of a first visit."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a verb."""
        if cmd_name not in self._verbs:
            return None
        module = importlib.import_module(f"c8py.cli.{self._verbs[cmd_name][0]}")
        return cast("click.Command", getattr(module, f"{cmd_name}_"))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a verb; an unknown one is answered with those that are spelled alike."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=self._verbs, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in self._verbs.items()])


class WholeLinesGroup(click.Group):
    """Commands whose first sentences are shown whole: what is cut off is often what a person looks for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with its sentence over as many lines as it takes."""
        shown = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))]
        rows = [(name, command.get_short_help_str(_SENTENCE_CHARS)) for name, command in shown if not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class NounGroup(WholeLinesGroup):
    """Commands named by nouns: `instance`, `instances` and `pi` are the same."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a noun, whichever form of it was typed."""
        wanted = _CANONICAL.get(cmd_name, cmd_name)
        return next(
            (command for name, command in self.commands.items() if _CANONICAL.get(name, name) == wanted),
            super().get_command(ctx, cmd_name),
        )
