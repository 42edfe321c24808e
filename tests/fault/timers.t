#!/usr/bin/env perl
# Timers of datarules lie in the store: a process that is killed while they run leaves them to the next,
# which lets those that were over meanwhile fire at once, each once.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(time);
use Muster;

my $WAIT_S = 10;    # for what must come; nothing depends on how soon

sub rule {
    my ($m, $by, $alias, $rule) = @_;
    my $rid = $m->call($by, 'create', 'datarule', { format => 'integer', rule => $rule });
    $m->call($by, 'map', 'alias', $rid, $alias);
    return $rid;
}

# Waits until the rule's value is that; the value it has in the end.
sub await {
    my ($m, $cik, $alias, $want) = @_;
    my $until = time + $WAIT_S;
    my $value;
    do {
        select undef, undef, undef, 0.02 if defined $value;
        $value = $m->read_with($cik, $alias)->{body};
    } until $value eq "$alias=$want" || time > $until;
    return $value;
}

sub count {
    my ($m, $by, $alias) = @_;
    return $m->call($by, 'info', { alias => $alias }, ['storage'])->{storage}{count};
}

my $m = Muster->start(variant => 'fault')->init;
my $cik = $m->key_of($m->{domain_cik}, $m->{template_rid});
my $by = { cik => $cik };
rule($m, $by, 'late', { timeout => { timeout => 100, repeat => JSON::PP::false } });
rule($m, $by, 'held',
    { duration => { comparison => 'gt', constant => 5, timeout => 100, repeat => JSON::PP::false } });
rule($m, $by, 'soon', { timeout => { timeout => 1, repeat => JSON::PP::false } });

$m->write_with($cik, soon => 1);
is(await($m, $cik, soon => 1), 'soon=1', 'a timer fires by itself');

$m->write_with($cik, late => 1, held => 7);
is($m->read_with($cik, 'late')->{body}, 'late=0', 'a value came in');
$m->kill9;
delete $m->{socket};
$m->clock(101);    # the timers are over while nobody is there
$m->launch;
is(await($m, $cik, late => 1), 'late=1', 'a time-out that ran when the process was killed fires in the next');
is(await($m, $cik, held => 1), 'held=1', 'and so does a duration');
is(count($m, $by, 'late'), 2, 'once');

$m->kill9;
delete $m->{socket};
$m->launch;
$m->write_with($cik, soon => 0);
is(await($m, $cik, soon => 1), 'soon=1', 'timers go on in the next process');
is(count($m, $by, 'late'), 2, 'what has fired does not fire again');
is($m->stop, 0, 'the server ends cleanly');
done_testing;
