#!/usr/bin/env perl
# SIGTERM finishes what is being answered, and takes nothing new.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use IO::Socket::INET;
use Time::HiRes qw(time);
use Muster;

sub is_refused {
    my ($m) = @_;
    return !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $m->{port}{http}, Proto => 'tcp');
}

sub wait_until {
    my ($what) = @_;
    my $until = time + $Muster::TIMEOUT;
    while (time < $until) { return 1 if $what->() }
    return 0;
}

# How much the server has read from its clients: what lies in the kernel yet is not under way.
sub n_read {
    my ($m) = @_;
    return $m->metric('muster_received_bytes_total{listener="http"}');
}

for my $threads (1, 3) {
    my $m = Muster->start(variant => 'release', set => { threads => $threads, admin => '127.0.0.1:0' })->init;
    $m->model('m');
    $m->add('m', 's1');
    my $rid = $m->enable('m', 's1');
    my $body = Muster::form(vendor => 'acme', model => 'm', sn => 's1');
    my $request = Muster::bytes_of('POST', '/provision/activate', [], $body);
    my $half = length($request) - 5;

    my $before = n_read($m);
    my $busy = $m->dial;
    syswrite($busy, substr($request, 0, $half));
    wait_until(sub { n_read($m) >= $before + $half }) or die 'half a request is not read';
    my $idle = $m->dial;
    is($m->talk($idle, Muster::bytes_of('GET', '/timestamp'))->{status}, 200, 'a connection is idle');
    my $silent = $m->dial;

    kill 'TERM', $m->{pid};
    is(Muster::drain($idle), '', 'the idle connection is closed');
    is(Muster::drain($silent), '', 'so is one that never said anything');
    ok(wait_until(sub { is_refused($m) }), 'no new connection is taken');
    my $reply = $m->talk($busy, substr($request, $half));
    is($reply->{status}, 200, 'the request under way is answered');
    like($reply->{body}, qr/^[0-9a-f]{40}$/, 'with a key');
    like($reply->{head}, qr/^Connection: close\r$/m, 'and told that the connection ends');
    is(Muster::drain($busy), '', 'which it does');
    waitpid $m->{pid}, 0;
    is($?, 0, 'the server ends with status 0');
    delete $m->{pid};
    $m->launch;
    is($m->read_with($reply->{body})->{status}, 204, 'the key works after the next start');
    is($m->stop, 0, 'an idle server ends with status 0');
}

# What a client keeps open and says nothing on does not hold the end up; what it had said before counts.
{
    my $m = Muster->start(variant => 'release', set => { threads => 1 });
    my @sockets = map { $m->dial } 1 .. 3;
    $m->talk($_, Muster::bytes_of('GET', '/timestamp')) for @sockets;
    kill 'STOP', $m->{pid};
    syswrite $sockets[0], Muster::bytes_of('GET', '/timestamp');
    kill 'TERM', $m->{pid};
    kill 'CONT', $m->{pid};
    my $began = time;
    is($m->talk($sockets[0], '')->{status}, 200, 'a request that had arrived unread is answered');
    close shift @sockets;
    is($m->stop, 0, 'a server whose clients keep their connections open ends');
    cmp_ok(time - $began, '<', 1.5, 'and does not wait for them');
}

my $m = Muster->start(variant => 'release', set => { threads => 1, drain_timeout => '300ms' });
my $stuck = $m->dial;
syswrite($stuck, "POST /provision/activate HTTP/1.1\r\nContent-Length: 10\r\n\r\nx");
is($m->talk($m->dial, Muster::bytes_of('GET', '/timestamp'))->{status}, 200, 'a request hangs');
my $began = time;
is($m->stop, 0, 'after drain_timeout the server ends with status 0 all the same');
cmp_ok(time - $began, '<', 10, 'in time');
like($m->log, qr/drain_timeout/, 'and says so');
done_testing;
