#!/usr/bin/env perl
# kill -9 under writes of every kind: no point that was acknowledged is lost, and of no request is half
# stored. When the server dies depends on how many replies it gave, never on the time. The same test must
# fail on a server that answers before it commits.
#
#   CYCLES=500 tests/fault/points_kill.t     the long form
use strict;
use warnings;
use lib 'tests/lib';
use IO::Select;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);
use Muster;

my $cycles = $ENV{CYCLES} // ($ENV{LONG} ? 500 : 24);
my $seed = $ENV{SEED} // int(rand 4_000_000_000);
note "SEED=$seed";

my $FORM = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'];
my $JSON = ['Content-Type', 'application/json; charset=utf-8'];

sub rpc_call {
    my ($w, $procedure, @arguments) = @_;
    my $call = { id => 1, procedure => $procedure, arguments => \@arguments };
    return ('/onep:v1/rpc/process', [$JSON], encode_json({ auth => { cik => $w->{key} }, calls => [$call] }));
}
sub by_key { my ($w, $path, $body) = @_; return ($path, [Muster::with_cik($w->{key}), $FORM], $body) }
my $NOTE = { alias => 'note' };
my $OK = qr/"status":"ok"/;

# What a writer of each kind sends for value n, and what of the reply acknowledges it. Those with times store
# n at three seconds of their own, the others at the server's.
my %kinds = (
    alias      => { ack => qr/^HTTP\S+ 204 /, is_latest => 1, send => sub { by_key($_[0], '/onep:v1/stack/alias', "note=$_[1]&count=$_[1]") } },
    hybrid     => { ack => qr/^HTTP\S+ 200 .*count=\d+$/s, is_latest => 1, send => sub { by_key($_[0], '/onep:v1/stack/alias?count', "note=$_[1]&count=$_[1]") } },
    write      => { ack => $OK, is_latest => 1, is_single => 1, send => sub { rpc_call($_[0], 'write', $NOTE, $_[1]) } },
    writegroup => { ack => $OK, is_latest => 1, send => sub { rpc_call($_[0], 'writegroup', [[$NOTE, $_[1]], [{ alias => 'count' }, $_[1]]]) } },
    record     => { ack => qr/^HTTP\S+ 204 /, send => sub { by_key($_[0], '/onep:v1/stack/record', join '&', 'alias=note', map {"$_=$_[1]"} times_of($_[1])) } },
    older      => { ack => qr/^HTTP\S+ 204 /, send => sub { by_key($_[0], '/onep:v1/stack/alias/note', join '&', map {"$_=$_[1]"} times_of($_[1])) } },
    rpcrecord  => { ack => $OK, send => sub { my ($w, $n) = @_; rpc_call($w, 'record', $NOTE, [map { [$_, $n] } times_of($n)]) } },
    batch      => { ack => $OK, send => sub { my ($w, $n) = @_; rpc_call($w, 'recordbatch', $NOTE, [map { [$_, $n] } times_of($n)]) } },
);
sub times_of { my ($n) = @_; return map { 1_000_000 + 3 * $n + $_ } 0 .. 2 }

sub send_next {
    my ($w) = @_;
    $w->{sent}++;
    my ($path, $headers, $body) = $kinds{ $w->{kind} }{send}->($w, $w->{sent});
    syswrite $w->{socket}, Muster::bytes_of('POST', $path, $headers, $body);
}

# Takes what has come; false at the end of the connection.
sub take {
    my ($w) = @_;
    sysread($w->{socket}, $w->{in}, 65536, length $w->{in}) or return 0;
    my $reply = Muster::take_reply(\$w->{in}) or return 1;
    if ($reply->{raw} =~ $kinds{ $w->{kind} }{ack}) {
        $w->{acked}{ $w->{sent} } = 1;
        $w->{last_acked} = $w->{sent};
    } else {
        push @{ $w->{odd} }, $reply->{raw};
    }
    return 2;
}

# All writers write until so many replies have come; then the server is killed, and what it still said is taken.
sub storm {
    my ($m, $writers, $n_replies) = @_;
    for my $w (@$writers) {
        @$w{qw(socket in)} = ($m->dial, '');
        send_next($w);
    }
    my $select = IO::Select->new(map { $_->{socket} } @$writers);
    my %of = map { $_->{socket} => $_ } @$writers;
    my $until = time + $Muster::TIMEOUT;
    while ($n_replies > 0) {
        die 'no replies' if time > $until;
        for my $socket ($select->can_read(1)) {
            my $came = take($of{$socket}) or die 'the server closed: ' . $m->log;
            next if $came == 1;
            send_next($of{$socket});
            $n_replies--;
        }
    }
    $select->can_read($Muster::TIMEOUT); # the next reply is on its way: what it acknowledges must be there already
    $m->kill9;
    for (@$writers) { 1 while take($_) }
}

# What one writer finds of what it was told is stored; counts into $found.
sub look_back {
    my ($m, $w, $found) = @_;
    my $kind = $kinds{ $w->{kind} };
    if ($kind->{is_latest}) {
        my %latest = $m->read_with($w->{key}, 'note&count')->{body} =~ /(note|count)=(\d+)/g;
        my ($note, $count) = map { $latest{$_} // 0 } qw(note count);
        $found->{lost}++ if $note < $w->{last_acked};
        $found->{never_sent}++ if $note > $w->{sent};
        $found->{torn}++ if !$kind->{is_single} && $note != $count;
        return;
    }
    my %seen;
    for (@{ $m->call({ cik => $w->{key} }, 'read', $NOTE, { limit => 1_000_000 }) }) { $seen{$1}{ $_->[0] } = 1 if $_->[1] =~ /^(\d+)/ }
    for my $n (1 .. $w->{sent}) {
        my $n_stored = grep { $seen{$n}{$_} } times_of($n);
        $found->{lost}++ if $w->{acked}{$n} && $n_stored < 3;
        $found->{torn}++ if $n_stored == 1 || $n_stored == 2;
        delete $seen{$n};
    }
    $found->{never_sent}++ if %seen;
}

sub judged {
    my ($variant, $defect, $n_cycles, $is_enough) = @_;
    srand $seed;
    my $m = Muster->start(variant => $variant)->init;
    $m->model('m');
    my @writers = map { my $kind = $_; map { { kind => $kind, sn => "$kind$_", sent => 0, last_acked => 0 } } 1 .. 2 } sort keys %kinds;
    for my $w (@writers) {
        $m->add('m', $w->{sn});
        $m->enable('m', $w->{sn});
        $w->{key} = Muster::must('activate', $m->activate('m', $w->{sn}), 200)->{body};
    }
    if ($defect) {
        $m->stop;
        $m->{opts}{env} = { MUSTER_DEFECT => $defect };
        $m->launch;
    }
    my %found = (lost => 0, torn => 0, never_sent => 0, kills => 0);
    while ($found{kills} < $n_cycles && !($is_enough && $is_enough->(\%found))) {
        storm($m, \@writers, @writers + int rand 200);
        $found{kills}++;
        $m->launch;
        look_back($m, $_, \%found) for @writers;
    }
    $found{odd} = [map { @{ $_->{odd} // [] } } @writers];
    $found{acked} = 0;
    $found{acked} += keys %{ $_->{acked} } for @writers;
    is($m->stop, 0, 'the server ends cleanly') unless $defect;
    note join ' ', map {"$_=$found{$_}"} grep { $_ ne 'odd' } sort keys %found;
    return \%found;
}

subtest "$cycles kills of a sound server" => sub {
    my $found = judged('release', undef, $cycles);
    is_deeply $found->{odd}, [], 'all replies are as they should be';
    is $found->{kills}, $cycles, "$cycles kills";
    is $found->{lost}, 0, 'no point that was acknowledged is lost';
    is $found->{torn}, 0, 'of no request half is stored';
    is $found->{never_sent}, 0, 'nothing is there that was never sent';
    cmp_ok $found->{acked}, '>=', 20 * $cycles, "$found->{acked} writes were acknowledged";
};

my $found = judged('fault', 'reply-before-commit', 20, sub { $_[0]{lost} > 0 });
cmp_ok $found->{lost}, '>', 0, "a server that answers before it commits is caught after $found->{kills} kills";
done_testing;
