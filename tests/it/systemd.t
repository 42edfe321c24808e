#!/usr/bin/env perl
# Under systemd: the unit is confined, musterd works under its system-call filter, and says when it is
# ready, alive, and ending. No systemd runs here; its tools and its protocol are enough.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM);
use Time::HiRes qw(time);
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $unit = 'etc/musterd.service';

# -- the unit --

my $judged = `systemd-analyze security --offline=true --threshold=15 $unit 2>&1`;
is($?, 0, 'the unit is exposed by 1.5 at most') or diag $judged;
my ($level) = $judged =~ /Overall exposure level for musterd\.service: ([\d.]+)/;
cmp_ok($level // 99, '<=', 1.5, 'as it says: ' . ($level // '?'));
unlike($judged, qr/ignoring|Unknown/, 'systemd knows every line of it');
open(my $f, '<', $unit) or die "$unit: $!";
my %line = map { /^(\w+)=(.*)$/ ? ($1 => $2) : () } <$f>;
is($line{Type}, 'notify', 'it waits until musterd is ready');
cmp_ok($line{WatchdogSec}, '>=', 20, 'the watchdog is not hasty');
cmp_ok($line{TimeoutStopSec}, '>', 10, 'there is time for drain_timeout');
like($line{ExecStart}, qr{^/usr/local/sbin/musterd --config /etc/muster/musterd\.conf$}, 'it starts what make install installs');

# -- under the filter of the unit --

my $confine = Muster::tool('fault', 'confine');
is(system("tests/lib/unit-filter $unit >$dir/filter 2>$dir/complaints"), 0, 'the filter can be told') or diag `cat $dir/complaints`;
is(system("$confine $dir/filter /bin/true"), 0, 'a program runs under it');
isnt(system("$confine $dir/filter /usr/bin/perl -e 'exit(syscall(155, 1, 2) == -1 ? 0 : 0)' 2>/dev/null"), 0,
    'pivot_root ends a program') if `uname -m` =~ /x86_64/;
isnt(system("$confine $dir/filter /usr/bin/perl -e 'use Socket; socket(my \$s, 16, SOCK_RAW, 0)' 2>/dev/null"), 0,
    'so does a socket of another family');

sub life {
    my ($m, $what) = @_;
    $m->init;
    $m->model('m');
    $m->add('m', 'a');
    $m->enable('m', 'a');
    my $cik = $m->activate('m', 'a')->{body};
    like($cik, qr/^[0-9a-f]{40}$/, "$what: a device gets its key");
    is($m->write_with($cik, temp => '1.5')->{status}, 204, "$what: it writes");
    is($m->read_with($cik)->{body}, 'temp=1.5', "$what: it reads");
    my $tls = $m->dial($m->tls_port);
    is($m->talk($tls, Muster::bytes_of('GET', '/timestamp'))->{status}, 200, "$what: TLS is spoken");
    like($m->metrics, qr/^process_open_fds [1-9]/m, "$what: it can measure itself");
    return;
}
{
    local $ENV{MUSTER_LAUNCHER} = "$confine $dir/filter";
    my $m = Muster->start(variant => 'release', tls => 1, set => { admin => '127.0.0.1:0' });
    like(`cat /proc/$m->{pid}/status`, qr/^Seccomp:\s*2$/m, 'musterd is under a filter');
    life($m, 'confined');
    is($m->stop, 0, 'confined: it ends cleanly');
    $m->end_socat;
    $m->launch;
    is($m->stop, 0, 'confined: it starts again on its store');
}

# -- what it tells --

my $path = "$dir/notify";
my $manager = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "socket: $!";
sub next_word {
    my ($timeout) = @_;
    return undef unless IO::Select->new($manager)->can_read($timeout // 20);
    $manager->recv(my $text, 4096);
    return $text;
}
sub drop_words { 1 while defined next_word(0) }

my $m = Muster->start(variant => 'release', env => { NOTIFY_SOCKET => $path, WATCHDOG_USEC => 300_000 });
is(next_word(), 'READY=1', 'the first word is that it is ready');
is(next_word(), 'WATCHDOG=1', 'then come signs of life') for 1 .. 3;
kill 'STOP', $m->{pid};
drop_words();
is(next_word(0.5), undef, 'none while it hangs');
kill 'CONT', $m->{pid};
is(next_word(), 'WATCHDOG=1', 'again when it goes on');
kill 'TERM', $m->{pid};
my ($last, $word);
$last = $word while defined($word = next_word(2)) && ($last // '') ne 'STOPPING=1';
is($last, 'STOPPING=1', 'the last is that it ends');
waitpid $m->{pid}, 0;
is($?, 0, 'which it does');
delete $m->{pid};
drop_words();

$m = Muster->start(variant => 'release', env => { NOTIFY_SOCKET => $path });
is(next_word(), 'READY=1', 'without a watchdog it says that it is ready');
is($m->stop, 0, 'and ends');
is(next_word(), 'STOPPING=1', 'saying so, and nothing between');

SKIP: {
    # A stopped thread of a living process: a flush that takes long keeps one committer busy.
    $m = Muster->start(variant => 'release', args => ['--stall_timeout', '400ms', '--set', 'drain_timeout=300ms'],
        env => { NOTIFY_SOCKET => $path, WATCHDOG_USEC => 300_000 })->init;
    pipe(my $said, my $say) or die "pipe: $!";
    my $strace = fork() // die "fork: $!";
    if (!$strace) {
        open(STDERR, '>&', $say) or POSIX::_exit(126);
        exec('strace', '-f', '-p', $m->{pid}, '-o', '/dev/null', '-e', 'trace=fdatasync,fsync',
            '-e', 'inject=fdatasync,fsync:delay_enter=30000000') or POSIX::_exit(127);
    }
    close $say;
    my $told = '';
    while ($told !~ /attached/) { last unless sysread($said, $told, 4096, length $told) }
    if ($told !~ /attached/) {
        waitpid $strace, 0;
        skip "strace cannot attach here: $told", 2;
    }
    my $waiting = $m->dial;
    syswrite($waiting, Muster::bytes_of('POST', '/provision/manage/model/', [['X-Exosite-Token', $m->{token}]],
            "model=x&rid=$m->{template_rid}"));
    my ($n, $until) = (0, time + 20);
    while (time < $until) { last unless defined next_word(1); $n++ }
    cmp_ok(time, '<', $until, 'no sign of life comes while a committer stands still');
    like($m->log, qr/"level":"error","event":"health"/, 'and the log says why');
    kill 'KILL', $m->{pid}, $strace;
    waitpid $strace, 0;
    $m->kill9;
}
done_testing;
