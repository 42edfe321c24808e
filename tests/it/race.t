#!/usr/bin/env perl
# 64 simultaneous activations of one serial number, many times: exactly one 200 each (R14).
use strict;
use warnings;
use lib 'tests/lib';
use Test::More tests => 3;
use Muster;

my $count = $ENV{LONG} ? 10_000 : 1_000;
my $m = Muster->start(variant => 'release')->init;
$m->model('race');

my @common = ('-s', "127.0.0.1:$m->{port}{http}", '-v', $m->{vendor}, '-m', 'race', '-n', $count);
is(system(Muster::tool('fault', 'prepare'), @common, '-p', 'R', '-t', $m->{token},
        '-r', $m->{portal_rid}), 0, "$count devices are added and enabled");
my $said = qx(@{[join ' ', Muster::tool('fault', 'race'), @common, '-p', 'R']});
is($said, "one 200 and 63 409: $count of $count\n", 'each is won by exactly one of 64');
is($m->stop, 0, 'the server ends cleanly');
