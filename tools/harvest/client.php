<?php
// One mail by PHPMailer; its error and its debug output are what is harvested.
require '/usr/share/php/libphp-phpmailer/autoload.php';

use PHPMailer\PHPMailer\PHPMailer;

$mail = new PHPMailer(true);
try {
    $mail->isSMTP();
    $mail->Host = getenv('RELAY_HOST');
    $mail->Port = (int) getenv('RELAY_PORT');
    $mail->SMTPSecure = getenv('RELAY_MODE') === 'smtps' ? 'ssl' : 'tls';
    $mail->SMTPAuth = true;
    $mail->SMTPDebug = 1;
    $mail->Timeout = 3;
    $mail->Username = getenv('RELAY_USER');
    $mail->Password = getenv('RELAY_PASSWORD');
    $mail->SMTPOptions = ['ssl' => ['cafile' => getenv('RELAY_ROOT')]];
    $mail->setFrom(getenv('RELAY_FROM'));
    $mail->addAddress(getenv('RELAY_TO'));
    $mail->Subject = 'Harvest';
    $mail->Body = str_repeat("A line.\r\n", 40);
    $mail->send();
} catch (Exception $failure) {
    echo "Message could not be sent. Mailer Error: {$mail->ErrorInfo}\n";
}
