"""`c8 console ip-allowlist`, `secrets`, `members`: who and what gets in, and what connectors may know."""

import ipaddress
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from c8py.base.limits import SECRET_BYTES_MAX
from c8py.base.redact import Secret
from c8py.cli.console.chosen import of_cluster, of_organization, sure, yes_option
from c8py.cli.groups import NounGroup
from c8py.cli.output import print_json, print_rows
from c8py.cli.processes import done

if TYPE_CHECKING:
    from c8py.console import AllowedAddress, Console

_ENTRIES = "ADDRESS[,…][=DESCRIPTION]..."


@click.group("ip-allowlist", cls=NounGroup)
def allowlist() -> None:
    """Addresses that reach a cluster; none listed is everybody. The older name ip-whitelist is the same."""


@allowlist.command("list")
@of_cluster
def list_addresses(console: "Console", cluster: str, *, as_json: bool) -> None:
    """List the entries."""
    found = console.get_cluster(cluster).ip_allowlist
    if as_json:
        print_json(found)
        return
    print_rows(("ADDRESS", "DESCRIPTION"), [(one.ip, one.description) for one in found], nothing="open to everybody")


@allowlist.command("set")
@click.argument("entries", nargs=-1, required=True, metavar=_ENTRIES)
@of_cluster
def set_addresses(console: "Console", cluster: str, *, entries: tuple[str, ...], as_json: bool) -> None:
    """Replace all entries. An address may be a range: 203.0.113.0/24=office."""
    _replace(console, cluster, _read(entries), as_json=as_json)


@allowlist.command("add")
@click.argument("entries", nargs=-1, required=True, metavar=_ENTRIES)
@of_cluster
def add_addresses(console: "Console", cluster: str, *, entries: tuple[str, ...], as_json: bool) -> None:
    """Add entries to those that there are."""
    new = _read(entries)
    addresses = {one.ip for one in new}
    kept = [one for one in console.get_cluster(cluster).ip_allowlist if one.ip not in addresses]
    _replace(console, cluster, [*kept, *new], as_json=as_json)


@allowlist.command("remove")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@yes_option
@of_cluster
def remove_addresses(console: "Console", cluster: str, *, addresses: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove entries, by their addresses as they are listed."""
    there = console.get_cluster(cluster).ip_allowlist
    unknown = set(addresses) - {one.ip for one in there}
    if unknown:
        raise click.UsageError(f"expected entries that are listed, but these are none: {', '.join(sorted(unknown))}")
    kept = [one for one in there if one.ip not in addresses]
    if not kept:
        sure("Nothing would be left, and the cluster be open to everybody. Go on?", yes=yes)
    _replace(console, cluster, kept, as_json=as_json)


@allowlist.command("clear")
@yes_option
@of_cluster
def clear_addresses(console: "Console", cluster: str, *, yes: bool, as_json: bool) -> None:
    """Remove all entries: the cluster is open to everybody then."""
    sure("Open the cluster to everybody?", yes=yes)
    _replace(console, cluster, [], as_json=as_json)


@click.group("secrets", cls=NounGroup)
def secrets() -> None:
    """Connector secrets of a cluster, used in models as {{secrets.NAME}}."""


@secrets.command("list")
@click.option("--show", is_flag=True, help="With their values.")
@of_cluster
def list_secrets(console: "Console", cluster: str, *, show: bool, as_json: bool) -> None:
    """List the secrets; their values only when asked for."""
    found = console.secrets(cluster)
    shown = {name: value.reveal() if show else str(value) for name, value in sorted(found.items())}
    if as_json:
        print_json(shown if show else list(shown))
        return
    print_rows(("NAME", "VALUE"), list(shown.items()), nothing="no secret")


@secrets.command("create")
@click.argument("name")
@of_cluster
def create_secret(console: "Console", cluster: str, *, name: str, as_json: bool) -> None:
    """Add the secret NAME; its value is asked for, or read from standard input."""
    console.create_secret(cluster, name, _value(name))
    done("created", {"name": name}, as_json=as_json)


@secrets.command("update")
@click.argument("name")
@of_cluster
def update_secret(console: "Console", cluster: str, *, name: str, as_json: bool) -> None:
    """Give the secret NAME another value, which is asked for, or read from standard input."""
    console.update_secret(cluster, name, _value(name))
    done("updated", {"name": name}, as_json=as_json)


@secrets.command("delete")
@click.argument("name")
@of_cluster
def delete_secret(console: "Console", cluster: str, *, name: str, as_json: bool) -> None:
    """Remove the secret NAME; it may be listed for a moment more."""
    console.delete_secret(cluster, name)
    done("deleted", {"name": name}, as_json=as_json)


@click.group("members", cls=NounGroup)
def members() -> None:
    """People of the organization."""


@members.command("list")
@of_organization
def list_members(console: "Console", *, as_json: bool) -> None:
    """List the members, and who is invited."""
    found = console.members()
    if as_json:
        print_json(found)
        return
    rows = [(one.email, one.name, ", ".join(one.roles), "invited" if one.invite_pending else "") for one in found]
    print_rows(("EMAIL", "NAME", "ROLES", "STATE"), rows, nothing="no member")


@members.command("set")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, metavar="ROLE", help="admin, analyst, …; repeat it.")
@of_organization
def set_member(console: "Console", *, email: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Give the member EMAIL exactly these roles; who is no member is invited."""
    console.set_member(email, [role.lower() for role in roles])
    done("set", {"email": email}, as_json=as_json)


@members.command("delete")
@click.argument("email")
@of_organization
def delete_member(console: "Console", *, email: str, as_json: bool) -> None:
    """Remove the member EMAIL."""
    console.delete_member(email)
    done("deleted", {"email": email}, as_json=as_json)


def _read(entries: Sequence[str]) -> "list[AllowedAddress]":
    """Entries as they are typed.

    Raises:
        UsageError: one of them has something else where an address should be.
    """
    from c8py.console import AllowedAddress  # noqa: PLC0415  the command line starts without it

    found: list[AllowedAddress] = []
    for entry in entries:
        addresses, _, description = entry.partition("=")
        for address in addresses.split(","):
            try:
                ipaddress.ip_network(address.strip(), strict=False)
            except ValueError:
                raise click.UsageError(f"expected an address or a range, but got {address!r}") from None
        found.append(AllowedAddress(ip=addresses, description=description))
    return found


def _replace(console: "Console", cluster: str, entries: "list[AllowedAddress]", *, as_json: bool) -> None:
    console.update_ip_allowlist(cluster, entries)
    if as_json:
        print_json(entries)
        return
    print_rows(("ADDRESS", "DESCRIPTION"), [(one.ip, one.description) for one in entries], nothing="open to everybody")


def _value(name: str) -> Secret:
    """A secret that stands in no command line, where other people of the machine could read it."""
    if sys.stdin.isatty():
        typed: str = click.prompt(f"Value of {name}", hide_input=True, err=True)
        return Secret(typed)
    read = sys.stdin.buffer.read(SECRET_BYTES_MAX + 1)
    if len(read) > SECRET_BYTES_MAX:
        raise click.UsageError(f"expected at most {SECRET_BYTES_MAX} bytes of a secret, but there are more")
    try:
        # A file or `echo` ends with a line break that nobody means.
        value = read.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise click.UsageError("expected a secret in UTF-8, but it is something else") from None
    if not value:
        raise click.UsageError("expected the secret's value on standard input, but it is empty")
    return Secret(value)
