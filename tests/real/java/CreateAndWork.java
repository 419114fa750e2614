import io.camunda.client.CamundaClient;
import java.time.Duration;
import java.util.Map;

/**
 * Creates instances of the process PROCESS and works on its jobs of the same type, until it is ended.
 *
 * <p>Its output is "created KEY" for each instance that the cluster has acknowledged, until there are COUNT of them, and
 * "handled KEY" for each whose job was completed. What fails is said to the other output, and tried again.
 */
public final class CreateAndWork {
  private CreateAndWork() {}

  public static void main(final String[] arguments) throws Exception {
    final String name = arguments[0];
    final int count = Integer.parseInt(arguments[1]);
    try (CamundaClient client = CamundaClient.newClientBuilder().preferRestOverGrpc(false).build()) {
      client
          .newWorker()
          .jobType(name)
          .handler(
              (jobs, job) -> {
                jobs.newCompleteCommand(job.getKey()).send().join();
                say("handled " + job.getProcessInstanceKey());
              })
          .timeout(Duration.ofSeconds(10))
          .requestTimeout(Duration.ofSeconds(5))
          .open();
      for (int created = 0; created < count; ) {
        try {
          final long key =
              client
                  .newCreateInstanceCommand()
                  .bpmnProcessId(name)
                  .latestVersion()
                  .variables(Map.of("amount", 1))
                  .requestTimeout(Duration.ofSeconds(10))
                  .send()
                  .join()
                  .getProcessInstanceKey();
          say("created " + key);
          created++;
        } catch (final RuntimeException refused) {
          System.err.println("not created: " + refused.getMessage());
        }
      }
      Thread.currentThread().join();
    }
  }

  private static synchronized void say(final String line) {
    System.out.println(line);
    System.out.flush();
  }
}
