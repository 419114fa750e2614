import io.camunda.client.CamundaClient;

/** Asks for the topology once, with whatever the environment says, and prints how many partitions there are. */
public final class Topology {
  private Topology() {}

  public static void main(final String[] arguments) {
    try (CamundaClient client = CamundaClient.newClientBuilder().build()) {
      System.out.println(client.newTopologyRequest().send().join().getPartitionsCount());
    }
  }
}
