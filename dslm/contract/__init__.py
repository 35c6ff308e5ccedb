"""The contract: what comes in, what must come out, what is right, and what it is worth."""

from dslm.contract.model.contract_model import Contract, load_contract

__all__ = ["Contract", "load_contract"]
