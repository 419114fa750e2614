"""What the local platform can be told, as frozen values that are right once they exist; a module for each group.

Pure: reads no environment and no file; `c8 up` and tests build it. Every number has its default here or in base.limits.
"""

from c8py.server.settings.clusters import BrokersSettings, ClusterSettings
from c8py.server.settings.gateway import GatewaySettings
from c8py.server.settings.oauth import OAuthSettings
from c8py.server.settings.people import BasicUser, MailSettings, ProviderSettings
from c8py.server.settings.platform import GRPC_PORT_DEFAULT, HTTP_PORT_DEFAULT, AuthMode, Settings, SignIn

__all__ = [
    "GRPC_PORT_DEFAULT",
    "HTTP_PORT_DEFAULT",
    "AuthMode",
    "BasicUser",
    "BrokersSettings",
    "ClusterSettings",
    "GatewaySettings",
    "MailSettings",
    "OAuthSettings",
    "ProviderSettings",
    "Settings",
    "SignIn",
]
