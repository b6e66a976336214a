"""Explorables: small pictures to be pulled at, each with a task that can be done.

They are Jupyter widgets: in a live notebook their traits can be read, set, observed and linked. In a page without a
kernel the same code runs in the browser, and where no code runs at all a still picture stands in its place.

Each has a module of its own here, and beside it the JavaScript of the same name.
"""
