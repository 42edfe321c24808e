#!/usr/bin/env perl
# The longest metas and values, more of them than a loop's memory for one transaction would hold (MST_REQUEST_ARENA_MAX): a call
# looks at a few in a turn (protocol.md 2.15.4, 2.15.6).
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my $n    = 540;
my $text = 'm' x 65_536;
my $m    = Muster->start(variant => 'release')->init;
my $auth = { cik => $m->{portal_cik} };
my $rid  = $m->create_client($auth, 'large');
my $key  = { cik => $m->key_of($m->{portal_cik}, $rid) };

# The calls of one request, as JSON; the body of the answer.
sub ask {
    my @calls = @_;
    my $body  = qq({"auth":{"cik":"$key->{cik}"},"calls":[) . join(',', @calls) . ']}';
    return $m->request('POST', '/onep:v1/rpc/process', undef, $body)->{body};
}

# 15 in a request of 1 MiB.
my $create = qq({"id":1,"procedure":"create","arguments":["dataport",{"format":"string","meta":"$text"}]});
my @rids   = map { ask(($create) x 15) =~ /"result":"(\w{40})"/g } 1 .. $n / 15;
is(@rids, $n, 'all are made');
is_deeply($m->call($key, 'listing', { alias => '' }, ['dataport'], {}), { dataport => \@rids }, 'all are listed');
is_deeply($m->call($key, 'listing', { alias => '' }, ['dataport'], { aliased => \1 }), { dataport => [] },
    'what has an alias is looked for among all');
is($m->call($key, 'info', { alias => '' }, ['counts'])->{counts}{dataport}, $n, 'they are counted');
is_deeply($m->call($key, 'info', { alias => '' }, ['tagged'])->{tagged}, [], 'and tags are looked for');
is($m->call($key, 'usage', { alias => '' }, 'dataport', 0, 1000), 0, 'usage looks at all');

my $at = 1000;
for (1 .. $n / 15) {
    my $points = join ',', map { '[' . $at++ . qq(,"$text"]) } 1 .. 15;
    ask(qq({"procedure":"record","arguments":["$rids[0]",[$points]]}));
}
is($m->call($key, 'info', $rids[0], ['storage'])->{storage}{size}, $n * length $text, 'all that is stored is counted');
is_deeply([map { $_->[0] } @{ $m->call($key, 'read', $rids[0], { selection => 'autowindow', limit => 3 }) }],
    [1539, 1359, 1179], 'some points are chosen among all');
is($m->stop, 0, 'a clean end');
done_testing;
