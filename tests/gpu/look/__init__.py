"""What `tests/gpu/first_look.py` is made of: its steps, what each measures, what is written.

`steps` lists them, `running` goes through them within the time there is, `measuring` is what
happens in a step's own process, `summary` writes, `wheels` says which packages are there.
Nothing here but `measuring`, `answering` and `warm` needs more than Python itself.
"""
