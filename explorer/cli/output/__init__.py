"""Terminal output: progress bars, tables of hits, summaries of builds."""
