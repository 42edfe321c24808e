#!/usr/bin/env perl
# On a small disk the log of changes leaves room for what it is moved into: devices are added, which writes several
# times the disk's size to the log, and no request is turned away.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Test::More;
use Muster;

my $disk = tempdir(CLEANUP => 1);
plan skip_all => 'a disk of 48 MiB can be made by root only'
    if system("mount -t tmpfs -o size=48m tmpfs $disk 2>/dev/null") != 0;
my $m;
END {
    if ($disk) {
        local $?;
        $m->kill9 if $m && $m->{pid};
        system 'umount', $disk;
    }
}

$m = Muster->start(variant => 'release', dir => "$disk/data")->init;
$m->model('m');
my @who = (Muster::tool('fault', 'prepare'), '-s', "127.0.0.1:$m->{port}{http}", '-v', $m->{vendor}, '-m', 'm',
    '-t', $m->{token}, '-r', $m->{portal_rid}, '-C', 8);
is(system(@who, '-p', 'A', '-n', 6_000), 0, '6,000 devices are added and enabled');
my $log = -s "$disk/data/muster.db-wal";
cmp_ok($log, '<', 24 << 20, 'the log takes less than half of the disk');
is($m->stop, 0, 'the server ends cleanly');
my $bytes = -s "$disk/data/muster.db";
cmp_ok($bytes, '<', 16 << 20, 'the store itself is small');
done_testing;
