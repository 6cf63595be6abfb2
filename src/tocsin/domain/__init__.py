"""The words of the product, as frozen values. No input or output here."""
