# One mail by Ruby's Net::SMTP; its exception is what is harvested.
require 'net/smtp'
require 'openssl'

told = ENV
context = OpenSSL::SSL::SSLContext.new
context.set_params(ca_file: told['RELAY_ROOT'], verify_mode: OpenSSL::SSL::VERIFY_PEER)
smtp = Net::SMTP.new(told['RELAY_HOST'], told['RELAY_PORT'].to_i)
smtp.open_timeout = 3
smtp.read_timeout = 3
smtp.disable_starttls if told['RELAY_MODE'] == 'smtps'
told['RELAY_MODE'] == 'smtps' ? smtp.enable_tls(context) : smtp.enable_starttls(context)
begin
  smtp.start('client.example.com', told['RELAY_USER'], told['RELAY_PASSWORD'], :plain) do |open|
    text = "From: #{told['RELAY_FROM']}\r\nSubject: Harvest\r\n\r\n" + "A line.\r\n" * 40
    open.send_message(text, told['RELAY_FROM'], told['RELAY_TO'])
  end
rescue StandardError => e
  puts "#{e.message.strip} (#{e.class})"
end
