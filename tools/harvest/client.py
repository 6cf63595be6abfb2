"""One mail by smtplib; the last line of its traceback is what is harvested."""

from __future__ import annotations

import os
import smtplib
import ssl

told = os.environ
context = ssl.create_default_context(cafile=told["RELAY_ROOT"])
host, port = told["RELAY_HOST"], int(told["RELAY_PORT"])
text = f"From: {told['RELAY_FROM']}\r\nSubject: Harvest\r\n\r\n" + "A line.\r\n" * 40
smtp: smtplib.SMTP
if told["RELAY_MODE"] == "smtps":
    smtp = smtplib.SMTP_SSL(host, port, timeout=3, context=context)
else:
    smtp = smtplib.SMTP(host, port, timeout=3)
    smtp.starttls(context=context)
smtp.login(told["RELAY_USER"], told["RELAY_PASSWORD"])
smtp.sendmail(told["RELAY_FROM"], told["RELAY_TO"], text)
smtp.quit()
