#!/usr/bin/env perl
# The address of a device, as the activation log has it: proxies are believed only if they are trusted.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my $number = 0;

# Activates a new device with bytes before the request and headers in it; the reply, and who the log says it was.
sub peer_of {
    my ($m, $before, @headers) = @_;
    my $sn = 'p' . ++$number;
    $m->add('m', $sn);
    $m->enable('m', $sn);
    my $request = Muster::bytes_of('POST', '/provision/activate', \@headers,
        Muster::form(vendor => 'acme', model => 'm', sn => $sn));
    my $reply = eval { $m->talk($m->dial, $before . $request) } // { status => 0 };
    my $log = $m->manage('GET', "model/m/$sn?show=log")->{body};
    return ($reply->{status}, $log);
}

my $v1 = "PROXY TCP4 198.51.100.3 192.0.2.1 5555 80\r\n";
my $v2 = "\r\n\r\n\0\r\nQUIT\n" . pack('CCn', 0x21, 0x11, 12) . pack('C4C4nn', 198, 51, 100, 4, 192, 0, 2, 1, 5555, 80);
my @forwarded = ['X-Forwarded-For', '203.0.113.7'];

{
    my $m = Muster->start(variant => 'release')->init;
    $m->model('m');
    my ($status, $log) = peer_of($m, '');
    is($status, 200, 'a device without a proxy activates');
    like($log, qr/127\.0\.0\.1/, 'and its own address is logged');
    ($status, $log) = peer_of($m, '', @forwarded);
    is($status, 200, 'X-Forwarded-For from anybody does no harm');
    like($log, qr/127\.0\.0\.1/, 'and is not believed');
    unlike($log, qr/203\.0\.113\.7/, 'at all');
    ($status, $log) = peer_of($m, $v1);
    isnt($status, 200, 'a PROXY header from anybody is refused');
    ($status, $log) = peer_of($m, $v2);
    isnt($status, 200, 'in its binary form too');
    is($m->stop, 0, 'the server ends cleanly');
}
{
    my $m = Muster->start(variant => 'release', set => { trusted_proxies => '127.0.0.0/8, ::1' })->init;
    $m->model('m');
    my ($status, $log) = peer_of($m, $v1);
    is($status, 200, 'a trusted proxy sends a PROXY header');
    like($log, qr/198\.51\.100\.3/, 'and the address in it is logged');
    ($status, $log) = peer_of($m, $v2);
    is($status, 200, 'in its binary form too');
    like($log, qr/198\.51\.100\.4/, 'and the address in it is logged');
    ($status, $log) = peer_of($m, '', @forwarded);
    is($status, 200, 'a trusted proxy sends X-Forwarded-For');
    like($log, qr/203\.0\.113\.7/, 'and the address in it is logged');
    ($status, $log) = peer_of($m, '', ['X-Forwarded-For', '192.0.2.66, 203.0.113.7']);
    like($log, qr/203\.0\.113\.7/, 'what the proxy itself added counts');
    unlike($log, qr/192\.0\.2\.66/, 'not what the device made up before it');
    ($status, $log) = peer_of($m, '');
    is($status, 200, 'a trusted proxy need send neither');
    like($log, qr/127\.0\.0\.1/, 'and its own address is logged then');
    my $again = $m->talk($m->dial, $v1 . Muster::bytes_of('POST', '/provision/activate', [],
        Muster::form(vendor => 'acme', model => 'm', sn => "p$number")));
    is($again->{status}, 409, 'a second caller from another address is refused as any other');
    my ($told) = grep { /second-caller/ } split /\n/, $m->log;
    like($told // '', qr/vendor acme, model m .*198\.51\.100\.3/, 'and the operator is told');
    unlike($told // '', qr/p$number\b/, 'without the serial number');
    ($status, $log) = peer_of($m, "PROXY TCP4 198.51.100.300 192.0.2.1 5555 80\r\n");
    isnt($status, 200, 'a broken PROXY header is refused from it too');
    is($m->stop, 0, 'the server ends cleanly');
}
done_testing;
