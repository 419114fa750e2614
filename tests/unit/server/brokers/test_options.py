import pytest

from c8py.errors import ConfigError
from c8py.server.app._zeebe import shape_of
from c8py.server.brokers import check_java_options
from c8py.server.store import Cluster


@pytest.mark.parametrize(
    "fit", ["", "-Xms256m", "-XX:+UseG1GC -Dfile.encoding=UTF-8", "--add-opens=java.base/java.nio=x"]
)
def test_options_that_leave_the_program_as_it_is_are_taken(fit):
    check_java_options(fit)


@pytest.mark.parametrize(
    "unfit",
    [
        "-Dapp.home=/elsewhere",
        "-cp x",
        "-classpath x",
        "--class-path=x",
        "-jar x.jar",
        "-agentpath:/x.so",
        "-agentlib:jdwp=server=y",
        "-javaagent:x.jar",
        "-XX:OnOutOfMemoryError=x",
        "-XX:OnError=x",
        "-XX:Flags=x",
        "-Xbootclasspath/a:x",
        "@options",
        "Main",
    ],
)
def test_options_that_run_something_else_are_refused(unfit):
    with pytest.raises(ConfigError, match="expected options of Java"):
        check_java_options(f"-Xms256m {unfit}")


def test_a_platform_makes_no_cluster_with_such_options():
    wanted = Cluster(
        cluster_id="c",
        org_id="o",
        name="n",
        region="r",
        generation="g",
        created_ms=0,
        kind="zeebe",
        options={"java_options": "-javaagent:x.jar"},
    )
    with pytest.raises(ConfigError, match="expected options of Java"):
        shape_of(wanted)
