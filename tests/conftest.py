from hypothesis import settings

# The same examples on every machine: a red gate must mean that something changed.
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=200, print_blob=False)
settings.load_profile("gate")
