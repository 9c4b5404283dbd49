package dev.flotilla.server.network;

/** Why a connection is not read. It is read again when no reason is left. */
enum MuteReason {
  /** As many requests as allowed are received and not answered. */
  IN_FLIGHT,
  /** The node stops: what is in flight is finished, nothing new is taken. */
  STOPPING
}
