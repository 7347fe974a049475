"""The drum model: corpus, dataset, network, training, evaluation."""
