#!/usr/bin/env perl
# What was acknowledged is there after a restart, in good order or by kill -9.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

for my $how (qw(stop kill9)) {
    my $m = Muster->start(variant => 'release')->init;
    $m->model('m');
    $m->add('m', qw(a b c d));
    my %rid = map { $_ => $m->enable('m', $_) } qw(a b c);
    my $key = $m->activate('m', 'a')->{body};
    $m->activate('m', 'b');
    $m->disable('m', 'b');
    is($m->write_with($key, temp => 21.5, note => 'kept')->{status}, 204, 'a device writes');
    my $pending = $m->device_key($rid{c});

    $m->$how;
    $m->launch;
    my $read = $m->read_with($key, 'temp&note');
    is($read->{status}, 200, "after $how its key works");
    is(join('&', sort split /&/, $read->{body}), 'note=kept&temp=21.5', 'and its values are there');
    is($m->activate('m', 'a')->{status}, 409, 'an activated device stays so');
    is($m->activate('m', 'b')->{status}, 409, 'a disabled one too');
    is($m->activate('m', 'c')->{body}, $pending, 'a window stays open, for the key shown before');
    is($m->activate('m', 'd')->{status}, 409, 'a listed one waits for its owner');
    is($m->manage('GET', 'model/m/')->{body}, "a,$rid{a},\r\nb,$rid{b},\r\nc,$rid{c},\r\nd,,\r\n",
        'the list is the same');
    my @log = split /\r\n/, $m->manage('GET', 'model/m/a?show=log')->{body};
    is(scalar @log, 1, 'the activation is in the log once');
    is($m->stop, 0, 'the server ends cleanly');
}
done_testing;
