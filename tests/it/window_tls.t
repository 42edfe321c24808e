#!/usr/bin/env perl
# B.2.11 over TLS: the edges of the window to the second. (window.t has the rest.)
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_REALTIME);
use Muster;

my $DAY = 86_400;
my $m = Muster->start(variant => 'fault', tls => 1)->init;
$m->model('m1');
my $n = 0;

sub fresh { my $sn = 'w' . ++$n; $m->add('m1', $sn); $m->enable('m1', $sn); return $sn }
sub status { my ($sn) = @_; return (split /,/, $m->manage('GET', "model/m1/$sn")->{body})[0] }

# Both clocks' whole seconds.
sub seconds { return join ' ', map { int clock_gettime($_) } CLOCK_REALTIME, 7 } # 7: CLOCK_BOOTTIME

# Runs the code until a run began and ended within the same second of both clocks, so that the offset
# is all that passes between.
sub within_one_second {
    my ($code) = @_;
    for (1 .. 100) {
        my $before = seconds();
        my @result = $code->();
        return @result if seconds() eq $before;
        $m->{base} = [$m->{offset}]; # window time does not go back: the next try goes on from here
    }
    die 'this machine does not get anything done within one second';
}
$m->{base} = [0];

{
    my ($over, $port) = ('TLS', $m->tls_port);
    my $at = sub {
        my ($seconds) = @_;
        return within_one_second(sub {
            my $sn = fresh();
            $m->clock($m->{base}[0] + $seconds);
            my $body = "vendor=acme&model=m1&sn=$sn";
            my $reply = $m->talk($m->dial($port), Muster::bytes_of('POST', '/provision/activate', [], $body));
            return ($sn, $reply);
        });
    };
    my ($sn, $reply) = $at->($DAY - 1);
    is($reply->{status}, 200, "$over: after 86,399 s it activates");
    $m->{base} = [$m->{base}[0] + $DAY];
    $m->clock(@{ $m->{base} });
    ($sn, $reply) = $at->($DAY);
    is($reply->{status}, 409, "$over: after 86,400 s it is refused");
    is(status($sn), 'expired', "$over: and reads expired");
    $m->reenable('m1', $sn);
    is($m->activate('m1', $sn)->{status}, 200, "$over: re-enabled, it activates");
    $m->{base} = [$m->{base}[0] + $DAY];
    $m->clock(@{ $m->{base} });
}

$m->end_socat;
is($m->stop, 0, 'the server ends cleanly');
done_testing;
