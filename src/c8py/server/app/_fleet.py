"""What clusters of real brokers are given by this platform: folders, the machine's name, and whose tokens they take."""

from pathlib import Path
from typing import Final

from c8py.base.clock import Clock
from c8py.server.access import API_FACTS, Allowlists, Issuers
from c8py.server.brokers import PASSWORD, Doors, Fleet, Machine, ServerTls, Site, Trust, write_trust_store
from c8py.server.settings import Settings

_LOOPBACK: Final = "127.0.0.1"


def fleet_of(  # each by name
    settings: Settings, folder: Path, issuers: Issuers, *, http_port: int, allowlists: Allowlists, clock: Clock
) -> Fleet:
    """The clusters of real brokers of this platform; none is looked after yet.

    Args:
        settings: of the platform.
        folder: of its data.
        issuers: of its tokens.
        http_port: of the platform, where its keys are.
        allowlists: of its clusters.
        clock: theirs.

    Raises:
        ConfigError: the certificate of the provider's authority cannot be read.
    """
    told, store = settings.brokers, (folder / "authorities.p12").absolute()
    shown = settings.tls_certificate
    authority = settings.provider.ca_certificate if settings.provider.only else shown
    if authority:
        # Of our own certificate itself, whoever vouches for it: the brokers need no other.
        write_trust_store(Path(authority), store)
    # By the shortest way, whatever stands before us for everybody else; but a certificate has only its own names.
    here = f"https://{settings.public_host}:{http_port}" if shown else f"http://{_LOOPBACK}:{http_port}"
    if not shown and settings.host not in {"0.0.0.0", "::", "127.0.0.1", "localhost"}:  # noqa: S104  a comparison
        here = f"http://{settings.host}:{http_port}"

    def trust(cluster_id: str, keys_base: str = Issuers.at(here).keycloak) -> Trust | None:
        if settings.auth == "none":
            return None
        if settings.provider.only:
            return Trust(
                issuer=settings.provider.issuer,
                keys_base=settings.provider.issuer,
                audience=settings.provider.audiences[0],
                truststore=str(store) if settings.provider.ca_certificate else "",
                truststore_password=PASSWORD,
            )
        return Trust(
            issuer=issuers.keycloak,
            keys_base=keys_base,
            truststore=str(store) if shown else "",
            truststore_password=PASSWORD,
            # Each cluster has its own: a token for one gets into no other.
            audience=f"{cluster_id}.{API_FACTS['zeebe'].audience}",
        )

    machine = Machine(
        bind=settings.host,
        public_host=settings.public_host.strip("[]"),
        cache=_folder(told.cache_dir, folder / "cache"),
        java_home=_named(told.java_home),
        zeebe_home=_named(told.zeebe_home),
        repository=told.maven_repository,
        guarded=told.guarded,
    )
    tls = (
        ServerTls(certificate=str(Path(shown).absolute()), key=str(Path(settings.tls_key).absolute()))
        if shown
        else None
    )
    site = Site(
        programs=machine.programs,
        trust=trust,
        tls=tls,
        # A joined host has its own trust store, and reaches our keys as everybody else does: below the issuer.
        trust_afar=lambda cluster_id: trust(cluster_id, issuers.keycloak),
    )
    return Fleet(
        folder / "clusters", backups_folder(settings, folder), machine, site, clock=clock, doors=Doors(allowlists.allow)
    )


def backups_folder(settings: Settings, folder: Path) -> Path:
    """Where backups of clusters and of the platform itself go."""
    return _folder(settings.brokers.backups_dir, folder / "backups")


def _folder(told: str, default: Path) -> Path:
    return _named(told) or default.absolute()


def _named(told: str) -> Path | None:
    return Path(told).expanduser().absolute() if told else None
