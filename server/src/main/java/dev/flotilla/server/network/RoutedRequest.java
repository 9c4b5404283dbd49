package dev.flotilla.server.network;

/** A request and who handles it. */
record RoutedRequest(Request request, RequestHandler handler) {}
