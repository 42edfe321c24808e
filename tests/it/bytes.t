#!/usr/bin/env perl
# Replies as bytes: sizes (B.3, B.2.20), form of the head (2.1.2, 2.1.4), one write each (2.1.5), and
# what no line-minded client can send (2.1.1). Everything over plain HTTP and over TLS.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use IO::Select;
use Muster;

my $FORM = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";
my $m = Muster->start(variant => 'fault', tls => 1)->init;
$m->model('m1');

sub post { my ($path, $body, $more) = @_;
    return "POST $path HTTP/1.1\r\nHost: x\r\n" . ($more // '') . $FORM
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body" }
sub activation { return post('/provision/activate', "vendor=acme&model=m1&sn=$_[0]") }
sub get { my ($path, $more) = @_; return "GET $path HTTP/1.1\r\nHost: x\r\n" . ($more // '') . "\r\n" }

# Sends bytes on a connection of their own; the first read that brings anything must bring it all.
sub one_read {
    my ($port, $bytes) = @_;
    my $socket = $m->dial($port);
    syswrite $socket, $bytes;
    my $raw = Muster::receive($socket) // '';
    my $rest = $raw;
    my $reply = Muster::take_reply(\$rest);
    return ($reply, $raw, $socket, $rest);
}

my %LENGTH = (400 => 26, 401 => 27, 403 => 24, 404 => 24, 409 => 23, 412 => 34);
my %REASON = (
    200 => 'OK', 204 => 'No Content', 205 => 'Reset Content', 400 => 'Bad Request',
    401 => 'Unauthorized', 403 => 'Forbidden', 404 => 'Not Found', 405 => 'Method Not Allowed',
    409 => 'Conflict', 412 => 'Precondition Failed', 413 => 'Request Entity Too Large',
    431 => 'Request Header Fields Too Large',
);

# The rules that hold for every reply.
sub is_well_formed {
    my ($reply, $raw, $rest, $status) = @_;
    return "no whole reply in one read: $raw" unless $reply;
    return "bytes behind the reply: $rest" if length $rest;
    my $head = $reply->{head};
    return "status line: $head" unless $head =~ /\AHTTP\/1\.1 $status \Q$REASON{$status}\E\r\n/;
    return "no single Content-Length: $head" unless 1 == (() = $head =~ /^Content-Length: \d+\r$/mg);
    return "Date in the first 128 bytes: $head"
        unless substr($head, 0, 128) =~ /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/m;
    return "coding: $head" if $head =~ /^(?:Transfer-Encoding|Content-Encoding):/mi;
    return "Server: $head" if $head =~ /^Server: .{9}/mi || $head =~ /nginx/i;
    return "header form: $head"
        if grep { !/\A[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)*: [^\r\n]*\z/ } (split /\r\n/, $head)[1 .. ($head =~ tr/\n//) - 2];
    return "CRLF CRLF occurs again: $raw" if 1 != (() = $raw =~ /\r\n\r\n/g);
    if ($status >= 400) {
        return "error body: $raw" unless $reply->{body} eq "HTTP/1.1 $status $REASON{$status}\r\n";
        return "error with a type: $head" if $head =~ /^Content-Type:/mi;
        return "length of the error body" if $LENGTH{$status} && length $reply->{body} != $LENGTH{$status};
    }
    return "204 or 205 with a body" if ($status == 204 || $status == 205) && length $reply->{body};
    return '';
}

sub check {
    my ($what, $port, $bytes, $status, $max_bytes, $body) = @_;
    my ($reply, $raw, $socket, $rest) = one_read($port, $bytes);
    my $why = is_well_formed($reply, $raw, $rest, $status);
    $why ||= length($raw) . " bytes: $raw" if length $raw > $max_bytes;
    $why ||= "body: $reply->{body}" if defined $body && $reply->{body} !~ /\A$body\z/;
    ok(!$why, "$what: $status in " . length($raw) . " bytes, at most $max_bytes, one read") or diag $why;
    return $reply;
}

sub sizes {
    my ($port, $over) = @_;
    my ($sn, $other) = map {"$over-$_"} 'a', 'b';
    $m->add('m1', $sn, $other);
    my $cik = sub { "X-Exosite-CIK: $_[0]\r\n" };
    check("$over, activate what is not added", $port, activation($sn), 409, 144);
    my $key = $m->device_key($m->enable('m1', $sn));
    check("$over, read with a pending key", $port, get('/onep:v1/stack/alias?temp', $cik->($key)), 401, 198);
    my $reply = check("$over, activate", $port, activation($sn), 200, 196, $key);
    is($reply->{header}{'content-length'}, 40, "$over, the key is 40 bytes");
    check("$over, activate again", $port, activation($sn), 409, 144);
    check("$over, activate a bad pair", $port, post('/provision/activate', 'vendor=x&model=y&sn=z'), 403, 198);
    check("$over, activate an unknown one", $port, activation('nosuch'), 404, 198);
    check("$over, activate without sn", $port, post('/provision/activate', 'vendor=x'), 400, 198);
    check("$over, activate by GET", $port, get('/provision/activate'), 405, 198);
    check("$over, write", $port, post('/onep:v1/stack/alias', 'temp=1.5', $cik->($key)), 204, 198);
    check("$over, write nonsense", $port, post('/onep:v1/stack/alias', 'count=x', $cik->($key)), 400, 198);
    $reply = check("$over, read one value", $port, get('/onep:v1/stack/alias?temp', $cik->($key)), 200, 198, 'temp=1\.5');
    check("$over, read nothing", $port, get('/onep:v1/stack/alias?count', $cik->($key)), 204, 198);
    check("$over, timestamp", $port, get('/timestamp'), 200, 198, '\d{10,}');
    check("$over, unknown path", $port, get('/nosuch'), 404, 198);
    my $rpc = sub { post('/onep:v1/rpc/process', sprintf '{"auth":{"cik":"%s"},"calls":[%s]}', $m->{portal_cik}, $_[0]) };
    check("$over, an RPC call", $port, $rpc->('{"id":1,"procedure":"lookup","arguments":["aliased",""]}'), 200, 256,
        qr/\[\{"id":1,"status":"ok","result":"$m->{portal_rid}"\}\]/);
    check("$over, an RPC call that nobody wants answered", $port, $rpc->('{"procedure":"info"}'), 204, 198);
    check("$over, RPC without JSON", $port, post('/onep:v1/rpc/process', '{'), 200, 256, qr/\{"error":\{"code":-1,"message":"Invalid JSON"\}\}/);
    my $token = "X-Exosite-Token: $m->{token}\r\n";
    $reply = check("$over, enable", $port, post("/provision/manage/model/m1/$other",
            "enable=true&owner=$m->{portal_rid}", $token), 200, 256, '[0-9a-f]{40}');
    check("$over, re-enable", $port, post("/provision/manage/model/m1/$other", 'enable=true', $token), 205, 198);
    check("$over, manage without a credential", $port, get('/provision/manage/model/'), 401, 198);
    check("$over, manage without a vendor name", $port,
        get('/provision/manage/model/', $cik->($m->{portal_cik})), 412, 198);
    check("$over, vendor name", $port, get('/provision/register', $cik->($m->{domain_cik})), 200, 256, 'acme');
    check("$over, a closing reply", $port, get('/timestamp', "Connection: close\r\n"), 200, 198);
    check("$over, a head that is too large", $port, get('/timestamp', 'X: ' . 'x' x 9000 . "\r\n"), 431, 256);
    check("$over, an activation that is too large", $port,
        post('/provision/activate', 'vendor=acme&model=m1&sn=1&x=' . 'x' x 5000), 413, 256);
}

# B.2.18: one byte at a time, each in a segment of its own.
sub single_bytes {
    my ($port, $over) = @_;
    my $sn = "$over-slow";
    $m->add('m1', $sn);
    my $key = $m->device_key($m->enable('m1', $sn));
    my $socket = $m->dial($port);
    for my $byte (split //, activation($sn)) {
        syswrite $socket, $byte;
        select undef, undef, undef, 0.0005;
    }
    is($m->talk($socket, '')->{body}, $key, "$over, an activation byte by byte");
}

# B.2.19: two at the same instant, all but their last byte sent before.
sub two_at_once {
    my ($port, $over) = @_;
    my @sns = map {"$over-twin$_"} 1 .. 20;
    $m->add('m1', @sns);
    my $good = 0;
    for my $sn (@sns) {
        $m->enable('m1', $sn);
        my $bytes = activation($sn);
        my @sockets = map { $m->dial($port) } 1, 2;
        syswrite $_, substr($bytes, 0, -1) for @sockets;
        syswrite $_, substr($bytes, -1) for @sockets;
        $good++ if join(' ', sort map { $m->talk($_, '')->{status} } @sockets) eq '200 409';
    }
    is($good, 20, "$over, of two activations at the same instant one gets 200 and one 409");
}

# 2.1.3: a client that half-closes still gets its reply, and the server then closes too.
sub half_close {
    my ($port, $over) = @_;
    my $socket = $m->dial($port);
    syswrite $socket, get('/timestamp');
    shutdown $socket, 1;
    my $all = Muster::drain($socket);
    like($all // 'it stays open', qr/\AHTTP\/1\.1 200 OK\r\n.*\r\n\r\n\d+\z/s, "$over, a half-closed client gets its reply");
}

sub really_closes {
    my ($port, $over) = @_;
    my $socket = $m->dial($port);
    syswrite $socket, get('/nosuch', "Connection: close\r\n");
    my $all = Muster::drain($socket);
    like($all // 'it stays open', qr/^Connection: close\r$/m, "$over, a close that was asked for is said and done");
    my $idle = $m->dial($port);
    $m->talk($idle, get('/timestamp'));
    ok(!IO::Select->new($idle)->can_read(0.2), "$over, otherwise the connection stays open");
}

for (['plain', $m->{port}{http}], ['TLS', $m->tls_port]) {
    my ($over, $port) = @$_;
    sizes($port, $over);
    single_bytes($port, $over);
    two_at_once($port, $over);
    half_close($port, $over) if $over eq 'plain'; # the relay ends both directions at once
    really_closes($port, $over);
}
$m->end_socat;
is($m->stop, 0, 'the server ends cleanly');
done_testing;
