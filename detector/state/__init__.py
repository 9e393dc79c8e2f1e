"""Where per-device and per-channel state lives: slots name rows, blocks hold them."""
