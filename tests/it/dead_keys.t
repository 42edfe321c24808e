#!/usr/bin/env perl
# While others read with a key without a pause: a value that was acknowledged is what is read next, and a
# key that an acknowledged call has ended is dead on every connection (I6; protocol.md 1.5, 9 and 13).
use strict;
use warnings;
use lib 'tests/lib';
use IO::Select;
use Test::More;
use Muster;

my $rounds = $ENV{LONG} ? 5_000 : 300;
my $m = Muster->start(variant => 'release')->init;
$m->model('m');
$m->add('m', 'a');
$m->enable('m', 'a');

# One that reads with the key it was last told.
sub reader {
    pipe(my $in, my $out) or die "pipe: $!";
    my $pid = fork() // die "fork: $!";
    if ($pid) {
        close $in;
        $out->autoflush(1);
        return { pid => $pid, out => $out };
    }
    close $out;
    my ($key, $text, $socket, $n) = ('', '', undef, 0);
    my $select = IO::Select->new($in);
    for (;;) {
        if (!$key || $select->can_read(0)) {
            sysread($in, $text, 4096, length $text) or POSIX::_exit(0);
            ($key) = $text =~ /([0-9a-f]{40})\n\z/ or next;
        }
         $socket = $m->dial unless $n++ % 500;
        syswrite $socket, Muster::bytes_of('GET', '/onep:v1/stack/alias?temp', [Muster::with_cik($key)], '');
        sysread $socket, my $reply, 4096;
    }
}

my @readers = map { reader() } 1 .. 4;
my ($n_stale, $n_alive) = (0, 0);
for my $round (1 .. $rounds) {
    my $key = $m->activate('m', 'a')->{body};
    like($key, qr/^[0-9a-f]{40}$/, 'the device gets its key') or last if $round == 1 || length $key != 40;
    print { $_->{out} } "$key\n" for @readers;
    for my $value (4 * $round .. 4 * $round + 3) {
        $m->write_with($key, temp => $value);
        $n_stale += $m->read_with($key, 'temp')->{body} ne "temp=$value";
    }
    $round % 2 ? $m->reenable('m', 'a') : $m->disable('m', 'a');
    $n_alive += $m->read_with($key, 'temp')->{status} != 401 for 1 .. 4;
    $m->reenable('m', 'a') unless $round % 2;
}
is($n_stale, 0, 'each value that was acknowledged is what is read next');
is($n_alive, 0, 'each key that was ended is dead at once');
close $_->{out} for @readers;
waitpid $_->{pid}, 0 for @readers;
is($m->stop, 0, 'the server ends cleanly');
done_testing;
