"""Where networks come from: the synthetic corpus, training with torch, and the model card. Never imported by the daemon."""
