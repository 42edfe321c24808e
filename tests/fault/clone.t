#!/usr/bin/env perl
# A process that dies between a clone and its points: the next start finishes the history, and a kill
# at any moment leaves no device, or one with its whole history.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(sleep);
use Muster;

my $POINTS = 100;

# The count and the span of the points of a client's note.
sub history {
    my ($m, $rid) = @_;
    my $domain = { cik => $m->{domain_cik} };
    my $port = $m->call($domain, 'lookup', $rid, 'aliased', 'note');
    my $storage = $m->call($domain, 'info', $port, ['storage'])->{storage};
    return join ' ', map { $storage->{$_} } qw(count first last size);
}

sub status {
    my ($m, $sn) = @_;
    my $reply = $m->manage('GET', "model/m/$sn");
    my ($rid) = $reply->{body} =~ /^notactivated,([0-9a-f]{40}),/;
    return ($reply->{status}, $rid);
}

# Asks for a device; whoever is asked may die.
sub try_enable {
    my ($m, $sn) = @_;
    return eval { $m->enable('m', $sn) };
}

my $m = Muster->start(variant => 'fault')->init;
my $template = $m->key_of($m->{domain_cik}, $m->{template_rid});
for my $i (1 .. $POINTS) {
    $m->clock($i);
    $m->write_with($template, note => "n$i", temp => $i, count => $i);
}
my $whole = history($m, $m->{template_rid});
like($whole, qr/^\d\d+ /, 'the template has a history');
$m->model('m');
$m->add('m', map {"d$_"} 0 .. 8);

$m->relaunch('die-before-copy');
is(try_enable($m, 'd0'), undef, 'a process dies between the clone and its points');
$m->relaunch('no-resume');
my ($code, $rid) = status($m, 'd0');
is($code, 200, 'the device is there');
is(history($m, $rid), '0 0 0 0', 'and stays without history where a start does not finish it');
$m->relaunch;
is(history($m, $rid), $whole, 'the next start finishes it');
like($m->log, qr/points of 3 dataports of clones were copied/, 'and says so');
$m->relaunch;
is(history($m, $rid), $whole, 'a further one finds nothing to do');

my ($n_none, $n_whole) = (0, 0);
for my $i (1 .. 8) {
    my $child = fork() // die "fork: $!";
    if (!$child) {
        delete $m->{socket};
        try_enable($m, "d$i");
        $m->{pid} = undef;
        POSIX::_exit(0);
    }
    sleep(rand(0.03));    # when it is killed is left to chance
    $m->relaunch;
    waitpid $child, 0;
    ($code, $rid) = status($m, "d$i");
    $n_none++ if $code == 204;
    $n_whole++ if $code == 200 && history($m, $rid) eq $whole;
}
is($n_none + $n_whole, 8, "kills at any moment: $n_none without a device, $n_whole with the whole history");
is($m->stop, 0, 'the server ends cleanly');
done_testing;
