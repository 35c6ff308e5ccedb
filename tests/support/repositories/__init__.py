"""Makes repositories of the workflow `mini`, from bare to finished run."""
