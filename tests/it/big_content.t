#!/usr/bin/env perl
# Firmware of 16 MiB goes in and comes out while the server's memory stays what it was: one device or many,
# Content-Length or chunks, fast or slow.
use strict;
use warnings;
use lib 'tests/lib';
use Digest::SHA qw(sha256_hex);
use IO::Socket::INET;
use Test::More;
use Muster;

my $SIZE = 16 << 20;
my $LIMIT_KIB = 2048;
my $blob = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. $SIZE / 4;
my $hash = sha256_hex($blob);
my $m = Muster->start(variant => 'release', set => { threads => 1 })->init;
$m->model('m1');
$m->add('m1', 'd1');
my $rid = $m->enable('m1', 'd1');
my $key = $m->activate('m1', 'd1')->{body};
Muster::must('create', $m->manage('POST', 'content/m1/', "id=$_"), 205) for qw(small one two);
# What a first small upload and download set up is theirs.
Muster::must('upload', $m->manage('POST', 'content/m1/small', substr $blob, 0, 200_000), 205);

sub line { return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $m->{port}{http}) // die "connect: $!" }
sub status_kib {
    my ($name) = @_;
    open(my $f, '<', "/proc/$m->{pid}/status") or die;
    local $/;
    return <$f> =~ /^$name:\s+(\d+)/m ? $1 : die "no $name";
}
# The most memory since the last call begins anew from what is in use.
sub forget_peak { open(my $f, '>', "/proc/$m->{pid}/clear_refs") or die; print $f 5; close $f or die }

sub say_to {
    my ($socket, $bytes) = @_;
    for (my $at = 0; $at < length $bytes;) {
        $at += syswrite($socket, $bytes, length($bytes) - $at, $at) // die "write: $!";
    }
}

# Head and body of the reply on a connection that ends behind it.
sub reply_of {
    my ($socket) = @_;
    my ($text, $n) = ('', 1);
    $n = sysread($socket, $text, 1 << 20, length $text) while $n;
    return split /\r\n\r\n/, $text, 2;
}

sub ask_for {
    my ($id) = @_;
    my $socket = line();
    say_to($socket, "GET /provision/download?id=$id HTTP/1.1\r\nX-Exosite-CIK: $key\r\nConnection: close\r\n\r\n");
    return $socket;
}

sub upload {
    my ($id, @body) = @_;
    my $is_chunked = @body > 1;
    my $socket = line();
    say_to($socket, "POST /provision/manage/content/m1/$id HTTP/1.1\r\nX-Exosite-Token: $m->{token}\r\nConnection: close\r\n"
            . ($is_chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: " . length($body[0]) . "\r\n\r\n"));
    say_to($socket, $is_chunked ? sprintf("%x\r\n%s\r\n", length $_, $_) : $_) for @body;
    say_to($socket, "0\r\n\r\n") if $is_chunked;
    return (reply_of($socket))[0];
}

reply_of(ask_for('small'));
my $before = status_kib('VmRSS');
forget_peak();
like(upload('one', $blob), qr{^HTTP/1\.1 205 }, 'an upload of 16 MiB is taken');
cmp_ok(status_kib('VmHWM') - $before, '<', $LIMIT_KIB, 'and never took 2 MiB of memory');
like(upload('two', unpack '(a100000)*', $blob), qr{^HTTP/1\.1 205 }, 'another comes in chunks');
cmp_ok(status_kib('VmHWM') - $before, '<', $LIMIT_KIB, 'in no more memory');

my (undef, $got) = reply_of(ask_for('one'));
is(sha256_hex($got), $hash, 'what was uploaded is downloaded');
# What loops remember of the first download may stay.
my $after = status_kib('VmRSS');
forget_peak();
is(sha256_hex((reply_of(ask_for('two')))[1]), $hash, 'in chunks or not');
cmp_ok(status_kib('VmHWM') - $after, '<', $LIMIT_KIB, 'in no more memory either');
note sprintf '%d KiB at first, %d KiB behind a download, at most %d KiB since', $before, $after, status_kib('VmHWM');

# Forty that take nothing for now: what waits for them is a piece each, not a blob.
$before = status_kib('VmRSS');
my @slow = map { ask_for('one') } 1 .. 40;
for (@slow) {
    sysread($_, my $head, 12) or die 'no reply';
    is($head, 'HTTP/1.1 200', 'a slow download begins') if $head ne 'HTTP/1.1 200';
}
note sprintf '40 slow downloads take %d KiB', status_kib('VmRSS') - $before;
cmp_ok(status_kib('VmRSS') - $before, '<', 40 * 256, '40 slow downloads take less than 256 KiB each');
is($m->request('GET', '/timestamp', [], '')->{status}, 200, 'others are served');
close $_ for @slow;
is($m->stop, 0, 'the server ends cleanly');
done_testing;
