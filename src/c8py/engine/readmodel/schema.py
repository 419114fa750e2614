"""The tables of the read model, and the views that give the rows. A view has the columns of its row, in their order."""

from typing import Final

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS process_definition (
        key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        version_tag TEXT NOT NULL, resource_name TEXT NOT NULL, deployment_key INTEGER NOT NULL,
        tenant_id TEXT NOT NULL, resource BLOB NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS process_instance (
        key INTEGER PRIMARY KEY, definition_key INTEGER NOT NULL, parent_key INTEGER NOT NULL,
        parent_element_key INTEGER NOT NULL, state TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER,
        tenant_id TEXT NOT NULL, tags TEXT NOT NULL, business_id TEXT NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS element_instance (
        key INTEGER PRIMARY KEY, instance_key INTEGER NOT NULL, definition_key INTEGER NOT NULL,
        process_id TEXT NOT NULL, element_id TEXT NOT NULL, element_name TEXT NOT NULL, type TEXT NOT NULL,
        state TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER, tenant_id TEXT NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS job (
        key INTEGER PRIMARY KEY, type TEXT NOT NULL, worker TEXT NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL,
        listener_event_type TEXT NOT NULL, retries INTEGER NOT NULL, retries_left INTEGER NOT NULL,
        error_code TEXT NOT NULL, error_message TEXT NOT NULL, custom_headers TEXT NOT NULL, deadline_ms INTEGER,
        end_ms INTEGER, process_id TEXT NOT NULL, definition_key INTEGER NOT NULL, instance_key INTEGER NOT NULL,
        element_id TEXT NOT NULL, element_key INTEGER NOT NULL, tenant_id TEXT NOT NULL,
        created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS incident (
        key INTEGER PRIMARY KEY, definition_key INTEGER NOT NULL, process_id TEXT NOT NULL,
        instance_key INTEGER NOT NULL, error_type TEXT NOT NULL, error_message TEXT NOT NULL,
        element_id TEXT NOT NULL, element_key INTEGER NOT NULL, job_key INTEGER NOT NULL,
        created_ms INTEGER NOT NULL, resolved_ms INTEGER, state TEXT NOT NULL, tenant_id TEXT NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS variable (
        key INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL, scope_key INTEGER NOT NULL,
        instance_key INTEGER NOT NULL, tenant_id TEXT NOT NULL) STRICT""",
)

# Keys only grow, so an index on them is appended to; indexes on states or names would cost more than they give here.
INDEXES: Final = (
    "CREATE INDEX IF NOT EXISTS process_instance_definition ON process_instance (definition_key)",
    "CREATE INDEX IF NOT EXISTS element_instance_instance ON element_instance (instance_key)",
    "CREATE INDEX IF NOT EXISTS job_instance ON job (instance_key)",
    "CREATE INDEX IF NOT EXISTS incident_open ON incident (instance_key) WHERE state = 'ACTIVE'",
    "CREATE INDEX IF NOT EXISTS incident_element ON incident (element_key) WHERE state = 'ACTIVE'",
    "CREATE INDEX IF NOT EXISTS variable_scope ON variable (scope_key, name)",
    "CREATE INDEX IF NOT EXISTS variable_instance ON variable (instance_key)",
)

VIEWS: Final = (
    """CREATE VIEW IF NOT EXISTS process_definition_row AS SELECT
        key AS process_definition_key, id AS process_definition_id, name, version, version_tag, resource_name,
        deployment_key, tenant_id FROM process_definition""",
    """CREATE VIEW IF NOT EXISTS process_instance_row AS SELECT
        i.key AS process_instance_key, d.id AS process_definition_id, d.name AS process_definition_name,
        d.version AS process_definition_version, d.version_tag AS process_definition_version_tag,
        i.definition_key AS process_definition_key, i.parent_key AS parent_process_instance_key,
        i.parent_element_key AS parent_element_instance_key, i.state, i.start_ms, i.end_ms,
        EXISTS (SELECT 1 FROM incident WHERE instance_key = i.key AND state = 'ACTIVE') AS has_incident,
        i.tenant_id, i.tags, i.business_id
        FROM process_instance i JOIN process_definition d ON d.key = i.definition_key""",
    """CREATE VIEW IF NOT EXISTS element_instance_row AS SELECT
        key AS element_instance_key, instance_key AS process_instance_key, definition_key AS process_definition_key,
        process_id AS process_definition_id, element_id, element_name, type, state, start_ms, end_ms,
        (SELECT max(n.key) FROM incident n WHERE n.element_key = e.key AND n.state = 'ACTIVE') AS incident_key,
        EXISTS (SELECT 1 FROM incident n WHERE n.element_key = e.key AND n.state = 'ACTIVE') AS has_incident,
        tenant_id FROM element_instance e""",
    """CREATE VIEW IF NOT EXISTS job_row AS SELECT
        key AS job_key, type, worker, state, kind, listener_event_type, retries,
        retries_left AS has_failed_with_retries_left, error_code, error_message, custom_headers, deadline_ms, end_ms,
        process_id AS process_definition_id, definition_key AS process_definition_key,
        instance_key AS process_instance_key, element_id, element_key AS element_instance_key, tenant_id,
        created_ms, updated_ms FROM job""",
    """CREATE VIEW IF NOT EXISTS incident_row AS SELECT
        key AS incident_key, definition_key AS process_definition_key, process_id AS process_definition_id,
        instance_key AS process_instance_key, error_type, error_message, element_id,
        element_key AS element_instance_key, job_key, created_ms, resolved_ms, state, tenant_id FROM incident""",
    """CREATE VIEW IF NOT EXISTS variable_row AS SELECT
        key AS variable_key, name, value, scope_key, instance_key AS process_instance_key, tenant_id FROM variable""",
)
