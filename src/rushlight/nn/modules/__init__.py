"""The layers: classes that hold parameters and options."""
