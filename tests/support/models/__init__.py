"""Makes tiny real models, engines and chat templates."""
