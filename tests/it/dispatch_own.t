#!/usr/bin/env perl
# Dispatches reach no address of the machine itself, though it is one on the internet: a firewall between the two
# would not see it. In a network namespace of its own, where the machine has such an address.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);

my $OWN = '8.8.4.4';
if (!$ENV{MUSTER_OWN_NETWORK}) {
    plan skip_all => 'no network namespaces here' if system('unshare -rn true 2>/dev/null') != 0;
    $ENV{MUSTER_OWN_NETWORK} = 1;
    exec 'unshare', '-rn', $^X, $0;
}
require Muster;
require Receivers;
system("ip link set lo up && ip addr add $OWN/32 dev lo") == 0 or die 'ip';

my $web = Receivers->web($OWN);

# What a message to that address comes to.
sub send_one {
    my (%set) = @_;
    my $m = Muster->start(variant => 'release', set => \%set);
    $m->init;
    my $auth = { cik => $m->{portal_cik} };
    my $dispatch = $m->call($auth, 'create', { alias => '' }, 'dispatch',
        { method => 'http_post', recipient => "http://$OWN:$web->{port}/plain" });
    my ($points, $until) = ([], time + 20);
    $m->call($auth, 'write', $dispatch, 'x');
    while (!@$points && time < $until) {
        $points = $m->call($auth, 'read', $dispatch, {});
        select undef, undef, undef, 0.02 unless @$points;
    }
    $m->stop;
    return $points->[0][1];
}

is(send_one(), 'error: the address is in a private network', 'an address of its own is refused');
is_deeply([$web->got], [], 'and not connected to');
is(send_one(dispatch_private_networks => 'yes'), '200', 'it is there, and the operator may allow it');

done_testing;
