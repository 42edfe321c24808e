#!/usr/bin/env perl
# The first flush to disk that fails ends the process, and nothing is answered any more.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use IO::Select;
use Time::HiRes qw(time);
use Muster;

# Makes every flush of the server fail from now on; the process id of strace.
sub break_flushes {
    my ($m) = @_;
    pipe(my $said, my $say) or die "pipe: $!";
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        open(STDERR, '>&', $say) or POSIX::_exit(126);
        open(STDOUT, '>', '/dev/null') or POSIX::_exit(126);
        exec('strace', '-f', '-p', $m->{pid}, '-e', 'trace=fsync,fdatasync',
            '-e', 'inject=fsync,fdatasync:error=EIO') or POSIX::_exit(127);
    }
    close $say;
    my $text = '';
    while ($text !~ /attached/) {
        last unless sysread($said, $text, 4096, length $text);
    }
    return ($pid, $said) if $text =~ /attached/;
    waitpid $pid, 0;
    plan skip_all => "strace cannot attach here: $text";
}

my $m = Muster->start(variant => 'fault')->init;
$m->model('m');
$m->add('m', qw(a b c));
$m->enable('m', $_) for qw(a b c);
my $key = $m->activate('m', 'a')->{body};
like($key, qr/^[0-9a-f]{40}$/, 'a device gets its key');

my ($strace, $said) = break_flushes($m);
my @sockets = map { $m->dial } 1 .. 8;
my $began = time;
for my $i (0 .. $#sockets) {
    my $sn = $i % 2 ? 'b' : 'c';
    syswrite($sockets[$i], Muster::bytes_of('POST', '/provision/activate', [],
            Muster::form(vendor => 'acme', model => 'm', sn => $sn)));
}
my @answers = map { Muster::drain($_) // '' } @sockets;
waitpid $m->{pid}, 0;
is($? >> 8, 74, 'the server ends with the status that means a failed flush');
delete $m->{pid};
is(join('', grep {/ 200 /} @answers), '', 'no activation was answered 200');
cmp_ok(time - $began, '<', 5, 'it ended at once');
like($m->log, qr/fsync_failed|flush/, 'the log says why');
close $said;
waitpid $strace, 0;

$m->launch;
is($m->read_with($key)->{status}, 204, 'after the next start the key that was given works');
for my $sn (qw(b c)) {
    my $status = $m->activate('m', $sn)->{status};
    ok($status == 200 || $status == 409, 'a device that got no answer is activated or not');
    $m->reenable('m', $sn);
    is($m->activate('m', $sn)->{status}, 200, 'and can be helped');
}
is($m->stop, 0, 'the server ends cleanly');
done_testing;
