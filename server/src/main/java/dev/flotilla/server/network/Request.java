package dev.flotilla.server.network;

import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestContext;

/**
 * A parsed request.
 *
 * @param context header, connection, client address, principal and listener
 * @param body the request; its records are slices of the received frame, valid until the answer's
 *     future completes
 */
public record Request(RequestContext context, AbstractRequest body) {}
