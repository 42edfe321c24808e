#!/usr/bin/env perl
# A client whose resources have the longest metas: a loop's memory for one transaction would not hold those of all of
# them (MST_REQUEST_ARENA_MAX), but a call looks at a few in a turn (protocol.md 2.15.4, 2.15.6).
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my $n    = 540;
my $meta = 'm' x 65_536;
my $m    = Muster->start(variant => 'release')->init;
my $auth = { cik => $m->{portal_cik} };
my $rid  = $m->create_client($auth, 'large');
my $key  = { cik => $m->key_of($m->{portal_cik}, $rid) };

# 15 calls in a request of 1 MiB.
my $call = qq({"id":1,"procedure":"create","arguments":["dataport",{"format":"string","meta":"$meta"}]});
my $body = qq({"auth":{"cik":"$key->{cik}"},"calls":[) . join(',', ($call) x 15) . ']}';
my @rids = map { $m->request('POST', '/onep:v1/rpc/process', undef, $body)->{body} =~ /"result":"(\w{40})"/g } 1 .. $n / 15;
is(@rids, $n, 'all are made');
is_deeply($m->call($key, 'listing', { alias => '' }, ['dataport'], {}), { dataport => \@rids }, 'all are listed');
is_deeply($m->call($key, 'listing', { alias => '' }, ['dataport'], { aliased => \1 }), { dataport => [] },
    'what has an alias is looked for among all');
is($m->call($key, 'info', { alias => '' }, ['counts'])->{counts}{dataport}, $n, 'they are counted');
is_deeply($m->call($key, 'info', { alias => '' }, ['tagged'])->{tagged}, [], 'and tags are looked for');
is($m->call($key, 'usage', { alias => '' }, 'dataport', 0, 1000), 0, 'usage looks at all');

is($m->stop, 0, 'a clean end');
done_testing;
