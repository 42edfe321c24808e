#!/usr/bin/env perl
# Timers of datarules lie in the store: a process that is killed while they run leaves them to the next,
# which lets those that were over meanwhile fire at once, each once.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

sub count {
    my ($m, $by, $alias) = @_;
    return $m->call($by, 'info', { alias => $alias }, ['storage'])->{storage}{count};
}

my $m = Muster->start(variant => 'fault')->init;
my $cik = $m->key_of($m->{domain_cik}, $m->{template_rid});
my $by = { cik => $cik };
$m->rule($by, 'late', { timeout => { timeout => 100, repeat => JSON::PP::false } });
$m->rule($by, 'held',
    { duration => { comparison => 'gt', constant => 5, timeout => 100, repeat => JSON::PP::false } });
$m->rule($by, 'soon', { timeout => { timeout => 1, repeat => JSON::PP::false } });

$m->write_with($cik, soon => 1);
is($m->await_read($cik, soon => 1), 'soon=1', 'a timer fires by itself');

$m->write_with($cik, late => 1, held => 7);
is($m->read_with($cik, 'late')->{body}, 'late=0', 'a value came in');
$m->kill9;
delete $m->{socket};
$m->clock(101);    # the timers are over while nobody is there
$m->launch;
is($m->await_read($cik, late => 1), 'late=1', 'a time-out that ran when the process was killed fires in the next');
is($m->await_read($cik, held => 1), 'held=1', 'and so does a duration');
is(count($m, $by, 'late'), 2, 'once');

$m->kill9;
delete $m->{socket};
$m->launch;
$m->write_with($cik, soon => 0);
is($m->await_read($cik, soon => 1), 'soon=1', 'timers go on in the next process');
is(count($m, $by, 'late'), 2, 'what has fired does not fire again');
is($m->stop, 0, 'the server ends cleanly');
done_testing;
