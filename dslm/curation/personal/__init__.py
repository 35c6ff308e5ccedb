"""Personal data in curation: found, replaced or dropped by the contract, and proved to be gone."""
