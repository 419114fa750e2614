"""What a platform makes by itself, and what it finds again."""

import stat
from pathlib import Path

from c8py.server.store import Store


def works(served, file: str) -> bool:
    return served.token("zeebe.camunda.io", file).startswith("ey")


def test_both_files_are_readable_by_their_owner_alone(serve, tmp_path):
    addresses = serve(data_dir=tmp_path / "data").addresses
    for file in (addresses.credentials_file, addresses.console_credentials_file):
        assert Path(file).parent == tmp_path / "data"
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600


def test_a_restart_keeps_the_clients_and_puts_the_addresses_right(serve, tmp_path):
    first = serve(data_dir=tmp_path)
    before = first.variables(first.addresses.credentials_file)
    first.stop()
    second = serve(data_dir=tmp_path)
    after = second.variables(second.addresses.credentials_file)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "ZEEBE_ADDRESS",
        "ZEEBE_AUTHORIZATION_SERVER_URL",
        "ZEEBE_REST_ADDRESS",
        "ZEEBE_GRPC_ADDRESS",
        "CAMUNDA_TASKLIST_BASE_URL",
        "CAMUNDA_OPTIMIZE_BASE_URL",
        "CAMUNDA_OPERATE_BASE_URL",
        "CAMUNDA_OAUTH_URL",
    }
    assert after["ZEEBE_ADDRESS"] == second.addresses.grpc_address
    assert (second.addresses.cluster_id, second.addresses.org_id) == (
        first.addresses.cluster_id,
        first.addresses.org_id,
    )
    assert works(second, second.addresses.credentials_file)


def test_a_file_that_is_gone_is_made_again_with_another_client(serve, tmp_path):
    first = serve(data_dir=tmp_path)
    moved = tmp_path / "moved.txt"
    Path(first.addresses.credentials_file).rename(moved)
    first.stop()
    second = serve(data_dir=tmp_path)
    assert Path(second.addresses.credentials_file).name == "CamundaCloudMgmtAPI-Client-local 2.txt"
    assert works(second, second.addresses.credentials_file)
    # Whoever took the file away uses it, perhaps.
    assert works(second, str(moved))


def test_a_file_that_was_damaged_is_made_again_with_another_client(serve, tmp_path):
    first = serve(data_dir=tmp_path)
    file = Path(first.addresses.credentials_file)
    file.write_text(file.read_text().replace("SECRET='", "SECRET='x"))
    first.stop()
    second = serve(data_dir=tmp_path)
    assert second.addresses.credentials_file != str(file)
    assert works(second, second.addresses.credentials_file)


def test_a_ready_made_client_that_was_deleted_is_made_again(serve, tmp_path):
    first = serve(data_dir=tmp_path)
    client_id = first.variables(first.addresses.credentials_file)["ZEEBE_CLIENT_ID"]
    first.stop()
    store = Store.open(tmp_path)
    store.remove_client(client_id)
    store.close()
    second = serve(data_dir=tmp_path)
    assert second.variables(second.addresses.credentials_file)["ZEEBE_CLIENT_ID"] != client_id
    assert works(second, second.addresses.credentials_file)


def test_a_file_that_others_could_read_is_closed_to_them(serve, tmp_path):
    first = serve(data_dir=tmp_path)
    file = Path(first.addresses.credentials_file)
    first.stop()
    file.chmod(0o644)
    serve(data_dir=tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_names_of_the_first_start_stay(serve, tmp_path):
    serve(data_dir=tmp_path, organization="First").stop()
    serve(data_dir=tmp_path, organization="Second").stop()
    store = Store.open(tmp_path)
    organization = store.organization()
    store.close()
    assert organization is not None
    assert organization.name == "First"
