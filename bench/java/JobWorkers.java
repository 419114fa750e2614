import io.camunda.client.CamundaClient;
import io.camunda.client.api.worker.JobWorker;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Works off JOBS jobs of TYPE with the official client, once per word: the twin of worker_ours.py.
 *
 * <p>{@code TYPE JOBS SETTINGS WARM_UP}: best (polls) or stream; WARM_UP jobs of the type warm-TYPE go before the first
 * word, so that the JVM has compiled what it will.
 */
public final class JobWorkers {
  private static final BufferedReader WORDS = new BufferedReader(new InputStreamReader(System.in));
  private static final Duration POLL = Duration.ofSeconds(1);

  public static void main(String[] arguments) throws Exception {
    String type = arguments[0];
    int jobs = Integer.parseInt(arguments[1]);
    boolean stream = arguments[2].equals("stream");
    int warmUp = Integer.parseInt(arguments[3]);
    try (CamundaClient client =
        CamundaClient.newClientBuilder()
            .grpcAddress(URI.create(System.getenv("ZEEBE_GRPC_ADDRESS")))
            .restAddress(URI.create(System.getenv("ZEEBE_REST_ADDRESS")))
            .preferRestOverGrpc(false)
            .numJobWorkerExecutionThreads(4)
            .build()) {
      if (warmUp > 0) {
        round(client, "warm-" + type, warmUp, stream, false);
      }
      while (round(client, type, jobs, stream, true)) {}
    }
  }

  private static boolean round(CamundaClient client, String type, int jobs, boolean stream, boolean told)
      throws Exception {
    AtomicLong handled = new AtomicLong();
    CountDownLatch done = new CountDownLatch(1);
    ConcurrentLinkedQueue<Double> waited = new ConcurrentLinkedQueue<>();
    JobWorker worker = stream ? open(client, type, jobs, true, handled, done, waited) : null;
    if (told) {
      if (stream) {
        Thread.sleep(2000);
      }
      System.out.println("ready");
      if (WORDS.readLine() == null) {
        return false;
      }
    }
    if (worker == null) {
      worker = open(client, type, jobs, false, handled, done, waited);
    }
    done.await();
    if (told) {
      StringJoiner list = new StringJoiner(",", "{\"waited_ms\":[", "]}");
      waited.forEach(value -> list.add(value.toString()));
      System.out.println(list);
    }
    worker.close();
    // A poll of a closed worker goes on, and would take jobs of the next round with it.
    Thread.sleep(POLL.plusMillis(500).toMillis());
    return true;
  }

  private static JobWorker open(
      CamundaClient client,
      String type,
      int jobs,
      boolean stream,
      AtomicLong handled,
      CountDownLatch done,
      ConcurrentLinkedQueue<Double> waited) {
    return client
        .newWorker()
        .jobType(type)
        .handler(
            (commands, job) -> {
              Map<String, Object> variables = job.getVariablesAsMap();
              if (variables.get("sent_ns") instanceof Number sent) {
                waited.add((System.nanoTime() - sent.longValue()) / 1e6);
              }
              commands.newCompleteCommand(job).variables(Map.of("charged", variables.get("amount"))).send();
              if (handled.incrementAndGet() == jobs) {
                done.countDown();
              }
            })
        .maxJobsActive(64)
        .pollInterval(Duration.ofMillis(1))
        .requestTimeout(POLL)
        .streamEnabled(stream)
        .open();
  }
}
