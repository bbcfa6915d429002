"""The review report: a pure function of evidence, laid into the file that pytest-html writes."""
