#!/usr/bin/env perl
# A rule that was changed never goes on with what the one before remembered, whenever the process is killed; and
# one that waits for values waits from the change on, whoever carries that out.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my $HELD = 1000;

sub simple {
    return { simple => { comparison => 'gt', constant => 5, repeat => JSON::PP::false } };
}

sub held {
    my ($constant) = @_;
    return { duration =>
            { comparison => 'gt', constant => $constant, timeout => $HELD, repeat => JSON::PP::false } };
}

sub late {
    return { timeout => { timeout => $HELD, repeat => JSON::PP::false } };
}

my $m = Muster->start(variant => 'fault')->init;
my $cik = $m->key_of($m->{domain_cik}, $m->{template_rid});
my $by = { cik => $cik };
my $clock = 0;

sub later {
    my ($seconds) = @_;
    return $m->clock($clock += $seconds);
}

# Makes a rule, with a value, and changes it in a process that comes to its end behind the change.
sub change_and_die {
    my ($alias, $value, $before, $after) = @_;
    my $rid = $m->rule($by, $alias, $before);
    $m->write_with($cik, $alias => $value);
    $m->relaunch('die-before-renew');
    later(1);
    eval { $m->call($by, 'update', $rid, { rule => $after }) };
    waitpid $m->{pid}, 0;
    my $status = $?;
    delete $m->{pid};
    delete $m->{socket};
    return $status;
}

is(change_and_die('held', 7, held(5), held(6)), 256, 'a process dies between the change of a rule and what it renews');
later($HELD);
$m->relaunch;
$m->write_with($cik, held => 7);
is($m->read_with($cik, 'held')->{status}, 204, 'what held before the change does not count in the next');
later($HELD);
$m->write_with($cik, held => 7);
is($m->read_with($cik, 'held')->{body}, 'held=1', 'what holds since then does');

is(change_and_die('late', 3, simple(), late()), 256, 'it dies where there was no timer before');
later($HELD);
$m->relaunch;
is($m->await_read($cik, late => 1), 'late=1', 'the next lets a rule that waits wait from the change on');

$m->relaunch('old-memory');
my $old = $m->rule($by, 'old', held(5));
$m->write_with($cik, old => 7);
$m->call($by, 'update', $old, { rule => held(6) });
later($HELD + 1);
$m->write_with($cik, old => 7);
is($m->read_with($cik, 'old')->{body}, 'old=1', 'where a change gives no generation, the old memory goes on');
is($m->stop, 0, 'the server ends cleanly');
done_testing;
