"""Settings of who comes in, and how people are told: an outside provider, users of Basic auth, mail."""

from typing import Literal

import msgspec

from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.settings.bounds import named, within


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """An outside OIDC provider whose tokens count here.

    Attributes:
        issuer: as its tokens and its discovery document say it; "" for none.
        only: whether tokens of the built-in service count no longer.
        ca_certificate: PEM file of the authority of its certificate; "" where the system knows it.
        audiences: of tokens that call clusters; the first is also that of real brokers.
        console_audiences: of tokens that call the Administration API.
        roles_claim: where in a token its roles are, steps parted by dots.
        cluster_roles: one of them is needed to call clusters; empty asks for the audience alone, as Camunda does.
        admin_roles: one of them gives every permission of the organization.
        reader_roles: one of them gives those to read.
        client_id: of Console at the provider: people sign in there, by authorization code and PKCE; "" for none.
        client_secret_file: file with the secret of that client; "" for a public client.
        scopes: what Console asks for; the first is openid.
        member_roles: roles that the provider gives and what they are in Console, as theirs=developer; beside
            admin_roles, which are admin, and reader_roles, which are visitor.
        label: where people sign in, as the button has it.
    """

    issuer: str = ""
    only: bool = False
    ca_certificate: str = ""
    audiences: tuple[str, ...] = ("zeebe-api", "orchestration-api")
    console_audiences: tuple[str, ...] = ("console-api",)
    roles_claim: str = "realm_access.roles"
    cluster_roles: tuple[str, ...] = ()
    admin_roles: tuple[str, ...] = ("c8-admin",)
    reader_roles: tuple[str, ...] = ("c8-reader",)
    client_id: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    member_roles: tuple[str, ...] = ()
    label: str = "your organization's account"

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: the issuer is no address, or there is none although nothing else counts; or what sign-in
                needs is incomplete.
        """
        if self.client_id and not self.issuer:
            raise ConfigError("expected provider.issuer with provider.client_id, but there is none")
        if self.client_secret_file and not self.client_id:
            raise ConfigError("expected provider.client_id with provider.client_secret_file, but there is none")
        if "openid" not in self.scopes:
            raise ConfigError("expected openid among provider.scopes, but it is missing")
        wrong = next((one for one in self.member_roles if not all(one.partition("="))), None)
        if wrong is not None:
            raise ConfigError(f"expected provider.member_roles as theirs=ours, but got {wrong[:80]!r}")
        if self.issuer and not self.issuer.startswith(("https://", "http://")):
            raise ConfigError(f"expected provider.issuer to be an https address, but it is {self.issuer[:80]!r}")
        if self.only and not self.issuer:
            raise ConfigError("expected provider.issuer with provider.only, but there is none")
        if self.issuer and not self.audiences:
            raise ConfigError("expected at least one of provider.audiences, but there is none")


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server that alerts by e-mail go to.

    Attributes:
        host: its name; "" where no mail can be sent.
        port: 587 for starttls, 465 for tls, 25 for none, as a rule.
        security: starttls, tls, or none, which is for a server on this machine alone.
        user: who signs in there; "" for nobody.
        password_file: file with the password of the user.
        sender: whom the mail is from.
    """

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = "c8py@localhost"

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: user and password are not both there, or the sender is no address.
        """
        within("mail.", self, {"port": (1, 65_535)})
        if bool(self.user) != bool(self.password_file):
            raise ConfigError("expected mail.user and mail.password_file together, but one of them is missing")
        if "@" not in self.sender or not self.sender.isprintable():
            raise ConfigError(f"expected mail.sender to be an e-mail address, but it is {self.sender[:80]!r}")


class BasicUser(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call the clusters in the mode `basic`.

    Attributes:
        name: the user name; it has no colon, for the header has one.
        password: in the clear, as the header carries it.
    """

    name: str
    password: Secret

    def __post_init__(self) -> None:
        """Refuse a name that the header cannot carry.

        Raises:
            ConfigError: the name is empty or has a colon, or the password is empty.
        """
        named("users.name", self.name)
        if ":" in self.name:
            raise ConfigError(f"expected a user name without a colon, but it is {self.name!r}")
        if not self.password:
            raise ConfigError(f"expected a password for the user {self.name!r}, but it is empty")
