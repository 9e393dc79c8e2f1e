"""From payloads to batches: decode, align, batch; pure, in stream order."""
