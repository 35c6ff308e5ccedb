"""Makes simulated gold sets and looks at them."""
