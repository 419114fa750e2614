"""The operations of the Administration API that this platform does not have yet, as a table of facts.

Each is answered with 501 once the caller has been checked, so that a program sees what is missing.
"""

from typing import Final

# Method, path, operation, and the permission it needs ("" for none).
NOT_YET: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("GET", "/activity/csv", "GetCsv", "read:activity"),
    ("GET", "/activity/json", "GetJson", "read:activity"),
    ("POST", "/clusters", "CreateCluster", "create:cluster"),
    ("DELETE", "/clusters/{cluster}", "DeleteCluster", "delete:cluster"),
    ("PATCH", "/clusters/{cluster}", "UpdateCluster", "update:cluster"),
    ("GET", "/clusters/{cluster}/backups", "GetBackups", "read:backups"),
    ("POST", "/clusters/{cluster}/backups", "CreateBackup", "create:backups"),
    ("DELETE", "/clusters/{cluster}/backups/schedule", "DeleteSchedule", "delete:backups"),
    ("GET", "/clusters/{cluster}/backups/schedule", "GetSchedule", "read:backups"),
    ("PUT", "/clusters/{cluster}/backups/schedule", "UpdateSchedule", "update:backups"),
    ("DELETE", "/clusters/{cluster}/backups/{backupId}", "DeleteBackup", "delete:backups"),
    ("GET", "/clusters/{cluster}/backups/{backupId}/restore", "GetRestore", "read:backups"),
    ("POST", "/clusters/{cluster}/backups/{backupId}/restore", "RestoreFromBackup", "create:backups"),
    ("PUT", "/clusters/{cluster}/encryption", "UpdateClusterEncryption", "update:cluster"),
    ("POST", "/clusters/{cluster}/failover", "TriggerFailover", "create:cluster"),
    ("PUT", "/clusters/{cluster}/ipallowlist", "UpdateIpAllowlist", "update:ip-allowlist"),
    ("PUT", "/clusters/{cluster}/ipwhitelist", "UpdateIpWhitelist", "update:ip-allowlist"),
    ("DELETE", "/clusters/{cluster}/monitoring", "DeactivateMonitoring", "delete:monitoring"),
    ("POST", "/clusters/{cluster}/monitoring", "ActivateMonitoring", "create:monitoring"),
    ("GET", "/clusters/{cluster}/monitoring/clients", "GetMonitoringClients", "read:monitoring"),
    ("POST", "/clusters/{cluster}/monitoring/clients", "CreateMonitoringClient", "create:monitoring"),
    (
        "DELETE",
        "/clusters/{cluster}/monitoring/clients/{client}",
        "DeleteMonitoringClient",
        "delete:monitoring",
    ),
    (
        "POST",
        "/clusters/{cluster}/monitoring/clients/{client}/rotate",
        "RotateMonitoringClientPassword",
        "update:monitoring",
    ),
    ("GET", "/clusters/{cluster}/secrets", "GetSecrets", "read:connector-secrets"),
    ("POST", "/clusters/{cluster}/secrets", "CreateSecret", "create:connector-secrets"),
    ("DELETE", "/clusters/{cluster}/secrets/{secretName}", "DeleteSecret", "delete:connector-secrets"),
    ("PUT", "/clusters/{cluster}/secrets/{secretName}", "UpdateSecret", "update:connector-secrets"),
    (
        "DELETE",
        "/clusters/{cluster}/secure-connectivity",
        "DeactivateSecureConnectivity",
        "delete:secure-connectivity",
    ),
    ("GET", "/clusters/{cluster}/secure-connectivity", "GetSecureConnectivityStatus", "read:secure-connectivity"),
    ("POST", "/clusters/{cluster}/secure-connectivity", "ActivateSecureConnectivity", "create:secure-connectivity"),
    ("PUT", "/clusters/{cluster}/upgrade", "UpgradeCluster", "update:cluster"),
    ("PUT", "/clusters/{cluster}/wake", "Wake", "update:cluster"),
    ("GET", "/members", "GetMembers", "read:members"),
    ("DELETE", "/members/{email}", "DeleteMember", "delete:members"),
    ("POST", "/members/{email}", "UpdateMembers", "update:members"),
    ("GET", "/meta/ip-ranges", "GetMeta", ""),
)
