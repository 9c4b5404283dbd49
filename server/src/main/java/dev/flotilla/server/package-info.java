/**
 * A node: what is started when a process starts, and how its parts are put together.
 *
 * <p>{@code network} carries requests from sockets to handlers and answers back; {@code api} has
 * one handler for each Kafka API; {@code partition} is a partition as Kafka sees it, on a
 * replicated log; {@code metadata} is what the cluster knows of itself; {@code group} runs Kafka's
 * group coordinator on our partitions; {@code config}, {@code metrics}, {@code status} and {@code
 * cli} face the operator, and {@code local} runs nodes as processes of one machine.
 */
@NullMarked
package dev.flotilla.server;

import org.jspecify.annotations.NullMarked;
