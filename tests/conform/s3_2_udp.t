#!/usr/bin/env perl
# protocol.md 3.2: values in single datagrams. Nobody is answered: what became of a datagram is read from
# the counters, and waited for there.
use strict;
use warnings;
use lib 'tests/lib';
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use Muster;

sub counts {
    my ($m) = @_;
    return { map { /^muster_udp_datagrams_total\{outcome="(\w+)"\} (\d+)$/ ? ($1 => $2) : () } split /\n/, $m->metrics };
}
sub sum { my $n = 0; $n += $_ for @_; return $n }

# Sends them all from one socket, and waits until each is counted; what was counted, without zeros.
sub sent {
    my ($m, $socket, @datagrams) = @_;
    my $before = counts($m);
    my $until = time + $Muster::TIMEOUT;
    my ($now, %new);
    for (@datagrams) { defined send($socket, $_, 0) or die "send: $!" }
    do {
        $now = counts($m);
        die 'datagrams are not counted' if time > $until;
    } while sum(values %$now) < sum(values %$before) + @datagrams;
    for (keys %$now) { $new{$_} = $now->{$_} - $before->{$_} if $now->{$_} > $before->{$_} }
    return \%new;
}
sub socket_to { my ($m) = @_; return IO::Socket::INET->new(Proto => 'udp', PeerAddr => "127.0.0.1:$m->{port}{udp}") // die "socket: $!" }

my $m = Muster->start(variant => 'fault', set => { udp => '127.0.0.1:0', udp_rate => 1000, admin => '127.0.0.1:0' })->init;
$m->model('m');
$m->add('m', qw(a b c));
$m->enable('m', $_) for qw(a b c);
my $key = $m->activate('m', 'a')->{body};
my $disabled = $m->activate('m', 'b')->{body};
$m->disable('m', 'b');
my $socket = socket_to($m);
sub values_are { my ($want, $name) = @_; is $m->read_with($key, 'temp&note&count')->{body}, $want, $name }

is_deeply sent($m, $socket, "cik=$key&temp=37"), { stored => 1 }, 'a datagram is stored';
values_are 'temp=37', 'its value is what is read';
is_deeply sent($m, $socket, "temp=38&cik=$key&note=a+b%26c\n"), { stored => 1 }, 'the key may stand anywhere; one line end is stripped';
values_are 'note=a%20b%26c&temp=38', 'in form coding';
is_deeply sent($m, $socket, "cik=$key&note=d\r\n"), { stored => 1 }, 'CRLF too';
values_are 'note=d&temp=38', 'and no more than that';
is_deeply sent($m, $socket, "cik=$key&nosuch=1&temp=39"), { stored => 1 }, 'an unknown alias is skipped';
values_are 'note=d&temp=39', 'beside others';
is_deeply sent($m, $socket, "cik=$key&temp=1e+2"), { stored => 1 }, 'a number whose plus sign is not escaped';
values_are 'note=d&temp=100', 'is understood';

$m->rpc({ cik => $key }, ['map', 'alias', { alias => 'temp' }, 'x+y']);
is_deeply sent($m, $socket, "cik=$key&x+y=  7.50"), { stored => 1 }, 'an alias with a plus sign, a padded number';
values_are 'note=d&temp=7.5', 'are understood';

is_deeply sent($m, $socket, "cik=$key&nosuch=1", "cik=$key"), { alias => 2 }, 'no alias that the device has';
is_deeply sent($m, $socket, "cik=$key&temp=cold&note=e", "cik=$key&count="), { value => 2 }, 'values that do not convert';
is_deeply sent($m, $socket, '', "\n", 'temp=1', "key=$key&temp=1", "\0\xff"), { malformed => 5 }, 'no key in it';
is_deeply sent($m, $socket, map {"cik=$_&temp=1"} '', 'x', '0' x 40, $disabled, $m->{token}, uc $key), { key => 6 },
    'keys that are not in force: none, nonsense, unknown, disabled, a token, in capitals';
is_deeply sent($m, $socket, "cik=$key&" . join '&', ('temp=1') x 1001), { malformed => 1 }, 'more than 1,000 values';
values_are 'note=d&temp=7.5', 'nothing of those was stored';
is_deeply sent($m, $socket, "cik=$key&note=" . 'x' x 60_000), { stored => 1 }, 'a datagram may be as large as they come';
is length $m->read_with($key, 'note')->{body}, 60_005, 'and is stored whole';

$m->clock(60);
is_deeply sent($m, $socket, "cik=$key&temp=1&note=x&count=2"), { stored => 1 }, 'several values';
my $new = time + 30;
is qx{sqlite3 -readonly $m->{dir}/points.db 'SELECT count(DISTINCT at), count(*) FROM point WHERE at > $new'}, "1|3\n", 'have one timestamp';

$socket->blocking(0);
ok !defined recv($socket, my $answer, 1, 0), 'nobody was answered in all this';
is $m->stop, 0, 'the server ends cleanly';

# ---- the rate ----
$m = Muster->start(variant => 'release', set => { udp => '127.0.0.1:0', udp_rate => 1, admin => '127.0.0.1:0' });
my $began = time;
my @rounds = map { sent($m, socket_to($m), ('temp=1') x 100) } 1 .. 3; # so many as a socket's buffer holds
my ($looked_at, $dropped) = map { my $what = $_; sum(map { $_->{$what} // 0 } @rounds) } qw(malformed rate);
cmp_ok $looked_at, '>=', 5, 'five seconds of the rate may come at once';
cmp_ok $looked_at, '<=', 6 + time - $began, 'no more are looked at, from whatever port of the source';
is $looked_at + $dropped, 300, 'the rest is counted';
$m->stop;

# ---- off ----
$m = Muster->start(variant => 'release');
ok !$m->{port}{udp}, 'without the setting there is no port';
$m->stop;
done_testing;
