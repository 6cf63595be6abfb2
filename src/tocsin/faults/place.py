"""Where in the pages something is mended, in the words that stand there."""

SMTP = "Central Management > Edit Appliance Configuration > General > SMTP Configuration"
TRUST_STORE = "Central Management > Edit Appliance Configuration > General > Trust Store"
ACTIONS = "Response Management > Actions"
