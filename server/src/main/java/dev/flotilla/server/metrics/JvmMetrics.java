package dev.flotilla.server.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricSet;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/** The process as the JVM sees it: heap, memory outside of it, collections, threads. */
public final class JvmMetrics implements MetricSet {

  @Override
  public Map<String, Metric> getMetrics() {
    var metrics = new TreeMap<String, Metric>();
    var memory = ManagementFactory.getMemoryMXBean();
    put(metrics, "jvm.heap.used.bytes", () -> memory.getHeapMemoryUsage().getUsed());
    put(metrics, "jvm.heap.max.bytes", () -> memory.getHeapMemoryUsage().getMax());
    put(metrics, "jvm.direct.bytes", () -> pool("direct"));
    put(metrics, "jvm.mapped.bytes", () -> pool("mapped"));
    put(metrics, "jvm.gc.collections", () -> sum(GarbageCollectorMXBean::getCollectionCount));
    put(metrics, "jvm.gc.time.ms", () -> sum(GarbageCollectorMXBean::getCollectionTime));
    var threads = ManagementFactory.getThreadMXBean();
    put(metrics, "jvm.threads", threads::getThreadCount);
    put(metrics, "jvm.uptime.ms", ManagementFactory.getRuntimeMXBean()::getUptime);
    return metrics;
  }

  private static void put(Map<String, Metric> metrics, String name, LongSupplier value) {
    metrics.put(name, (Gauge<Long>) value::getAsLong);
  }

  private static long pool(String name) {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals(name))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long sum(ToLongFunction<GarbageCollectorMXBean> value) {
    // A collector that does not count says -1.
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(collector -> Math.max(0, value.applyAsLong(collector)))
        .sum();
  }
}
