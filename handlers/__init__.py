"""In: identify, translate, call one action, translate back."""
