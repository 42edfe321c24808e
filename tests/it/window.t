#!/usr/bin/env perl
# The window over real HTTP: its edges to the second, and clocks that are set about.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_REALTIME time);
use Muster;

use constant { DAY => 86_400, HOUR => 3_600, CLOCK_BOOTTIME => 7 };

my $number = 0;

sub fresh {
    my ($m) = @_;
    my $sn = 'w' . ++$number;
    $m->add('m', $sn);
    $m->enable('m', $sn);
    return $sn;
}

sub status_of {
    my ($m, $sn) = @_;
    return (split /,/, $m->manage('GET', "model/m/$sn")->{body})[0];
}

# The clocks' whole seconds: while they stay, no time passes for the server.
sub seconds { return int(clock_gettime(CLOCK_REALTIME)) . ' ' . int(clock_gettime(CLOCK_BOOTTIME)) }

# What an activation gets exactly so many seconds after the enabling.
sub activate_after {
    my ($m, $age) = @_;
    for (1 .. 50) {
        my $before = seconds();
        my $sn = fresh($m);
        $m->clock($m->{offset} + $age);
        my $reply = $m->activate('m', $sn);
        return ($reply->{status}, $sn) if seconds() eq $before;
    }
    die 'a second passed in each try';
}

sub start { return prepared(Muster->start(variant => 'fault', @_)) }

# Starts it again with both clocks where they are said to be; launch alone moves them together.
sub launch_at {
    my ($m, $wall, $boot) = @_;
    no warnings 'redefine';
    local *Muster::clock = sub { };
    $m->{offset} = $wall;
    open(my $f, '>', $m->{clock_file}) or die "$m->{clock_file}: $!";
    print $f "$wall $boot\n";
    close $f;
    $m->launch;
}

sub prepared {
    my ($m) = @_;
    $m->init;
    $m->model('m');
    return $m;
}

{
    my $m = start();
    my ($status) = activate_after($m, DAY - 1);
    is($status, 200, '86,399 s after the enabling a device activates');
    ($status, my $sn) = activate_after($m, DAY);
    is($status, 409, '86,400 s after it, it does not');
    is(status_of($m, $sn), 'expired', 'and is shown as expired');
    $m->reenable('m', $sn);
    is($m->activate('m', $sn)->{status}, 200, 'the owner opens the window again');
    is($m->stop, 0, 'the server ends cleanly');
}
{
    local $ENV{MUSTER_DEFECT} = 'late-expiry';
    my $m = start();
    my ($status) = activate_after($m, DAY);
    is($status, 200, 'a server with the defect late-expiry is caught by the same test');
    is($m->stop, 0, 'the server ends cleanly');
}
{
    my $m = start();
    my $sn = fresh($m);
    $m->clock(DAY);
    is($m->activate('m', $sn)->{status}, 409, 'a window has closed');
    is($m->stop, 0, 'the server ends');
    $m->{offset} = DAY - 25 * HOUR;
    $m->launch;
    is($m->activate('m', $sn)->{status}, 409, 'a clock 25 h back across a restart does not open it again');
    is(status_of($m, $sn), 'expired', 'nor show it open');
    my $later = fresh($m);
    is($m->activate('m', $later)->{status}, 200, 'a device added then activates');
    is($m->stop, 0, 'the server ends cleanly');
}
{
    my $m = start();
    my $sn = fresh($m);
    $m->clock(-25 * HOUR, DAY);
    is($m->activate('m', $sn)->{status}, 409, 'a clock set back does not keep a window open: a day passed');
    $sn = fresh($m);
    $m->kill9;
    launch_at($m, -25 * HOUR, 2 * DAY);
    is($m->activate('m', $sn)->{status}, 409, 'nor does it across kill -9');
    is($m->stop, 0, 'the server ends cleanly');
}
{
    my $in_2099 = 4_080_000_000 - int(time);
    my $m = Muster->start(variant => 'fault');
    is($m->stop, 0, 'a store is made at the right time');
    launch_at($m, $in_2099, 0);
    prepared($m);
    my $then = fresh($m);
    is($m->stop, 0, 'one boot is in 2099');
    like($m->log, qr/clock.jump/i, 'and the jump is in the log');
    launch_at($m, 0, 0);
    my $now = fresh($m);
    is($m->activate('m', fresh($m))->{status}, 200, 'with the right time again devices activate');
    $m->clock(DAY);
    is($m->activate('m', $now)->{status}, 409, 'and windows close a day later');
    is($m->activate('m', $then)->{status}, 409, 'those opened in 2099 too');
    is($m->stop, 0, 'the server ends cleanly');
}
{
    my $m = prepared(Muster->start(variant => 'release', set => { window => 1 }));
    my $sn = fresh($m);
    my $status = 409;
    for (1 .. 20) { # a second may end between the two
        last if ($status = $m->activate('m', $sn)->{status}) == 200;
        $m->reenable('m', $sn);
    }
    is($status, 200, 'a release server with a window of 1 s activates inside it');
    $m->reenable('m', $sn);
    my $until = time + $Muster::TIMEOUT;
    1 while status_of($m, $sn) ne 'expired' && time < $until;
    is(status_of($m, $sn), 'expired', 'and lets it run out');
    is($m->activate('m', $sn)->{status}, 409, 'for good');
    is($m->stop, 0, 'the server ends cleanly');
}
done_testing;
