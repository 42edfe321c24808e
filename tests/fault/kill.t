#!/usr/bin/env perl
# kill -9 under 200 clients: no key that was given is lost, none is given twice (trust.md R1, R13).
# The same test must fail on servers with a seeded defect.
#
#   CYCLES=1000 tests/fault/kill.t     the long form
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use File::Temp qw(tempdir);
use Muster;

my $cycles = $ENV{CYCLES} // ($ENV{LONG} ? 1000 : 50);
my $per_cycle = 600;
my $seed = $ENV{SEED} // int(rand 4_000_000_000);
note "SEED=$seed";

# Kills a server with these settings again and again; the judge's words as a hash.
sub judged {
    my ($variant, $defect, $n_cycles, $min_ms, $max_ms) = @_;
    my $m = Muster->start(variant => $variant);
    $m->init;
    $m->model('storm');
    my $count = $per_cycle * $n_cycles;
    my @who = ('-v', $m->{vendor}, '-m', 'storm', '-t', $m->{token}, '-p', 'S', '-n', $count);
    system(Muster::tool('fault', 'prepare'), @who, '-s', "127.0.0.1:$m->{port}{http}",
        '-r', $m->{portal_rid}) == 0 or die 'prepare failed';
    $m->stop == 0 or die 'the server did not end cleanly: ' . $m->log;

    my $file = "$m->{dir}.history";
    local $ENV{MUSTER_DEFECT} = $defect if $defect;
    my @storm = (Muster::tool('fault', 'storm'), @who, '-c', $n_cycles, '-s', $seed,
        '-a', $min_ms, '-z', $max_ms, '-o', $file, '--', $m->arguments);
    open(my $storm, '-|', @storm) or die "storm: $!";
    my %result = map { /(\S+)=(\d+)/ ? ($1 => $2) : () } map { split } <$storm>;
    close $storm;
    die 'the storm did not end well: ' . $m->log if $? || !$result{operations};
    note join ' ', map {"$_=$result{$_}"} sort keys %result;
    my $judge = Muster::tool('fault', 'judge');
    my $hush = $defect ? '2>/dev/null' : '1>&1';
    my %verdict = map { /(\S+)=(\d+)/ ? ($1 => $2) : () } split ' ', qx($judge $file $hush);
    die 'the judge came to no verdict' if !defined $verdict{operations};
    note join ' ', map {"$_=$verdict{$_}"} sort keys %verdict;
    system('cp', $file, $ENV{KEEP}) if $ENV{KEEP} && !$defect;
    return { %result, %verdict };
}

my @wrongs = qw(lost double wrong-key dead-key-alive unexplained-409 outside status undecided twins);

subtest "$cycles kills of a sound server" => sub {
    my $v = judged('release', undef, $cycles, 50, 600);
    is($v->{$_}, 0, "0 $_") for @wrongs;
    cmp_ok($v->{activated}, '>=', 100 * $cycles, "$v->{activated} activations were answered 200");
    cmp_ok($v->{reads}, '>=', $v->{activated} / 2, "$v->{reads} reads with keys");
    # A loaded machine is slow to start anything; that it starts at all in time is checked here.
    cmp_ok($v->{slowest_start_ms}, '<=', 5000, "slowest start $v->{slowest_start_ms} ms");
};

my %caught_as = (
    'reply-before-commit' => [qw(lost double)],
    'no-state-check'      => [qw(double outside)],
    'new-key-on-retry'    => [qw(double wrong-key)],
);
for my $defect (sort keys %caught_as) {
    my $v = judged('fault', $defect, 4, 100, 300);
    my $n = 0;
    $n += $v->{$_} for @{ $caught_as{$defect} };
    cmp_ok($n, '>', 0, "$defect is caught: " . join ', ', map {"$v->{$_} $_"} grep { $v->{$_} } @wrongs);
}

done_testing;
