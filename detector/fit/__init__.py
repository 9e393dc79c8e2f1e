"""Training: the corpus, the network in torch, the model card."""
