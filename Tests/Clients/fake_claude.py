#!/usr/bin/python3
"""Stands in for Claude Code: writes down what it was started with, and says a word."""

import json
import os
import sys

with open("started-with.json", "w") as file:
    json.dump({"argv": sys.argv[1:], "cwd": os.getcwd(), "environment": dict(os.environ)}, file)
print("done")
