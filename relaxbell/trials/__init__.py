"""What finite counts prove: null sets of models, test factors, p-values, confidence limits."""
