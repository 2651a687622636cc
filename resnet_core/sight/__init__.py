"""What a network sees in a picture: pure arithmetic on the tensors that a prediction brings along."""
