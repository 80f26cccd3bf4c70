"""What the program knows about castings: photographs, the network, verdicts, evidence.

Nothing in this package imports streamlit or sqlalchemy; serving never imports torch.
"""
