"""Everything that happens before a model is shipped: reading a labelled data set, finding which
photographs show the same casting, the training recipes, evaluation and export. Serving code never
imports from here, because parts of it import torch.
"""
