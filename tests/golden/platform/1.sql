PRAGMA application_id = 1664643193;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE clients (
        client_id TEXT PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, org_id TEXT NOT NULL REFERENCES organizations,
        cluster_id TEXT REFERENCES clusters, name TEXT NOT NULL, permissions TEXT NOT NULL,
        secret_sha256 BLOB NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT;
INSERT INTO "clients" VALUES('worker-of-old','uuid-worker-of-old','0d3b0bc6-0000-4000-8000-000000000001','0d3b0bc6-0000-4000-8000-000000000002','worker of old','Zeebe,Operate',X'865904D6D0EB3126305E45BD1D3686CF2ABF9EE20D3A122266D3EC3A75A1CE29',1700000000002);
INSERT INTO "clients" VALUES('administration-of-old','uuid-administration-of-old','0d3b0bc6-0000-4000-8000-000000000001',NULL,'administration of old','read:cluster,read:zeebe-client',X'70624158589ACD4862ED1B9D46533288F75E27E5486C4B34F00ED3193BC3599B',1700000000002);
CREATE TABLE clusters (
        cluster_id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES organizations, name TEXT NOT NULL,
        region TEXT NOT NULL, generation TEXT NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT;
INSERT INTO "clusters" VALUES('0d3b0bc6-0000-4000-8000-000000000002','0d3b0bc6-0000-4000-8000-000000000001','local','local-1','8.9 gen1',1700000000001);
CREATE TABLE organizations (
        org_id TEXT PRIMARY KEY, name TEXT NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT;
INSERT INTO "organizations" VALUES('0d3b0bc6-0000-4000-8000-000000000001','Organization of old',1700000000000);
CREATE TABLE ready_made (
        level TEXT PRIMARY KEY, client_id TEXT NOT NULL
    ) STRICT;
CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY, private_pem BLOB NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT;
CREATE UNIQUE INDEX clients_by_name ON clients (COALESCE(cluster_id, ''), name);
COMMIT;
