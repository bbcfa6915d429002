"""`todo-k8s setup`: engine, tools, Minikube and base images, from package registries alone where need be.

A plan (`plan.py`) is an ordered list of steps (`step.py`). Each step tells whether its result is there and makes it
when not; `setup.py` runs the plan, `removal.py` takes back what it made, `doctor.py` says what there is.
"""
