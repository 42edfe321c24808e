#!/usr/bin/env perl
# Who trickles an upload or does not take a download is cut off when its time is up, while a slow but honest device
# gets through in several times that time, and others are served. (S4, for what goes in pieces.)
use strict;
use warnings;
use lib 'tests/lib';
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use Muster;

my $LIMIT = 1;     # seconds, of both timeouts
my $SLOW = 40;     # of each kind
my $STEP = 0.1;
my $m = Muster->start(variant => 'release', set => { threads => 1, body_timeout => "${LIMIT}s", send_timeout => "${LIMIT}s" })->init;
$m->model('m1');
Muster::must('create', $m->manage('POST', 'content/m1/', "id=$_"), 205) for 'big', 'honest', 'trickle';
Muster::must('upload', $m->manage('POST', 'content/m1/big', 'x' x (16 << 20)), 205);

sub line { return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $m->{port}{http}) // die "connect: $!" }
sub open_files { opendir(my $d, "/proc/$m->{pid}/fd") or die; return scalar grep { /^\d/ } readdir $d }
sub begin_upload {
    my ($id, $size) = @_;
    my $socket = line();
    syswrite $socket, "POST /provision/manage/content/m1/$id HTTP/1.1\r\nX-Exosite-Token: $m->{token}\r\nContent-Length: $size\r\n\r\n";
    return $socket;
}

$SIG{PIPE} = 'IGNORE';
my $at_rest = open_files();
my $honest = begin_upload('honest', 6000);
my @trickle = map { begin_upload('trickle', 1 << 20) } 1 .. $SLOW;
my @deaf = map { line() } 1 .. $SLOW;
syswrite $_, "GET /provision/manage/content/m1/big?download=true HTTP/1.1\r\nX-Exosite-Token: $m->{token}\r\n\r\n" for @deaf;
my $most = 0;
my $begin = time;
my ($gone_after, $slowest) = (undef, 0);
for my $piece (1 .. 30) {
    syswrite $honest, 'x' x 200; # 2,000 bytes a second
    syswrite $_, 'x' for @trickle;
    my $asked = time;
    $m->request('GET', '/timestamp', [])->{status} == 200 or die 'an honest request failed';
    my $took = time - $asked;
    $slowest = $took if $took > $slowest;
    my $open = open_files();
    $most = $open if $open > $most;
    $gone_after //= time - $begin if $most >= $at_rest + 2 * $SLOW && $open <= $at_rest + 2;
    select undef, undef, undef, $STEP;
}
cmp_ok($most, '>=', $at_rest + 2 * $SLOW, 'all slow ones were let in');
ok(defined $gone_after, 'all slow ones are gone');
cmp_ok($gone_after // 99, '>=', $LIMIT, 'not before their time');
like(Muster::receive($honest) // '', qr{^HTTP/1\.1 205 }, 'an honest upload of three times that time is taken');
cmp_ok($slowest, '<', $LIMIT, 'nobody else had to wait');
note sprintf 'gone after %.1f s, slowest request %.1f ms', $gone_after // 0, 1000 * $slowest;
is($m->stop, 0, 'the server ends cleanly');
done_testing;
