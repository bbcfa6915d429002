"""The phases of a run, one module each; every one is a function `run(context)` that fills its part of the evidence."""
