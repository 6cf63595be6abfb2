// One mail by nodemailer; its error is what is harvested.
'use strict';
const fs = require('fs');
const nodemailer = require('nodemailer');

const told = process.env;
const transport = nodemailer.createTransport({
  host: told.RELAY_HOST,
  port: Number(told.RELAY_PORT),
  secure: told.RELAY_MODE === 'smtps',
  requireTLS: told.RELAY_MODE !== 'smtps',
  auth: { user: told.RELAY_USER, pass: told.RELAY_PASSWORD },
  tls: { ca: fs.readFileSync(told.RELAY_ROOT) },
  connectionTimeout: 3000,
  greetingTimeout: 3000,
  socketTimeout: 3000,
});
transport
  .sendMail({
    from: told.RELAY_FROM,
    to: told.RELAY_TO,
    subject: 'Harvest',
    text: 'A line.\r\n'.repeat(40),
  })
  .catch((failure) => {
    console.log(String(failure));
    console.log(`code: '${failure.code}', response: '${failure.response}', command: '${failure.command}'`);
    process.exitCode = 1;
  });
