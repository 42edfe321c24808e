#!/usr/bin/env perl
# A tenant that holds its share of what waits, of sessions and of what is watched is refused, and another goes on
# (docs/decide/0041).
use strict;
use warnings;
use lib 'tests/lib';
use JSON::PP;
use Test::More;
use Muster;
use WebSocket;

my %set = (threads => 1, admin => '127.0.0.1:0', tenant_share => 50, connections_max => 16, websockets_max => 4, watchers_max => 64);
my $m = Muster->start(variant => 'release', set => \%set)->init;
my $other = $m->other_vendor('beta');
my ($mine, $theirs) = map { my $of = $_; $of->model('m1'); device($of) } $m, $other;

sub device {
    my ($of) = @_;
    $of->add('m1', 'one');
    my $rid = $of->enable('m1', 'one');
    return { rid => $rid, cik => $of->activate('m1', 'one')->{body} };
}
sub lock_client {
    my ($rid, $is_locked) = @_;
    $m->call({ cik => $m->{domain_cik} }, 'update', $rid, { locked => $is_locked ? JSON::PP::true : JSON::PP::false });
    return;
}
sub refused { my ($room) = @_; return $m->metric(qq(muster_tenant_refused_total{room="$room"})) }
sub await {
    my ($name, $n, $what) = @_;
    for (1 .. 2000) { return pass $what if $m->metric($name) == $n; select undef, undef, undef, 0.005 }
    return fail $what;
}
sub await_asleep { return await('muster_requests_waiting', @_) }
my $POLL = ['Request-Timeout', 300_000];
sub poll {
    my ($device) = @_;
    my $socket = $m->dial;
    syswrite $socket, Muster::bytes_of('GET', '/onep:v1/stack/alias?temp', [Muster::with_cik($device->{cik}), $POLL]);
    return $socket;
}
sub answer { my ($socket) = @_; return $m->talk($socket, '') }

# ---- long polls, and wait over HTTP: 16 places, of which one that is alone has half ----

my @polls = map { poll($mine) } 1 .. 8;
await_asleep(8, 'eight polls of a vendor wait');
my $socket = poll($mine);
my $reply = answer($socket);
is $reply->{status}, 503, 'the ninth: 503';
is $reply->{body}, "HTTP/1.1 503 Service Unavailable\r\n", '... with the standard body';
like $reply->{header}{'retry-after'}, qr/^[1-9]\d*$/, '... says when to come again';
is $reply->{header}{connection}, 'close', '... and ends the connection';
is Muster::drain($socket), '', '... so that another may have its place';
is refused('wait'), 1, '... and is counted';
is $m->write_with($mine->{cik}, count => 1)->{status}, 204, 'what does not wait is served';
my $answers = $m->rpc({ cik => $mine->{cik} }, ['write', { alias => 'count' }, 2], ['wait', { alias => 'temp' }], ['read', { alias => 'count' }]);
is_deeply [map { $_->{status} } @$answers], [qw(ok limit ok)], 'the RPC: that call is answered limit, those around it are carried out';
is $answers->[2]{result}[0][1], 2, '... wholly';
is $m->{socket}, undef, '... and the connection ends';

my $poll = poll($theirs);
await_asleep(9, 'a poll of another vendor waits');
is $other->write_with($theirs->{cik}, temp => 21.5)->{status}, 204, '... a value comes';
is answer($poll)->{body}, 'temp=21.5', '... and is told';

close shift @polls;
await_asleep(7, 'one of the eight goes away');
push @polls, poll($mine);
await_asleep(8, '... and makes room for one');
is $m->write_with($mine->{cik}, temp => 1)->{status}, 204, 'a value for all eight';
is_deeply [map { answer($_)->{body} } @polls], [('temp=1') x 8], '... and all are told';
await_asleep(0, '... none waits');
close $_ for @polls, $poll;

# ---- sessions: 4 places ----

my @open = map { WebSocket->open_as($m, { cik => $_ }) } $mine->{cik}, $m->{portal_cik};
my $late = WebSocket->open($m);
$late->json({ auth => { cik => $mine->{cik} }, calls => [{ id => 1, procedure => 'write', arguments => [{ alias => 'count' }, 77] }] });
is $late->read_text, '{"error":{"code":500,"message":"Limit reached"}}', 'a third session of a vendor is told why not';
is $late->read_close, 1013, '... closed: try again later';
is $m->read_with($mine->{cik}, 'count')->{body}, 'count=2', '... and nothing is carried out';
is refused('session'), 1, '... and is counted';
my $guest = WebSocket->open_as($m, { cik => $theirs->{cik} });
is $guest->calls(['read', { alias => 'temp' }])->[0]{status}, 'ok', 'another vendor has its session';

my $token = $m->call({ cik => $m->{portal_cik} }, 'grant', $mine->{rid}, { $mine->{rid} => ['info'] });
lock_client($_, 1) for $mine->{rid}, $m->{portal_rid};
for (['key', { cik => $mine->{cik} }], ['token', { token => $token }]) {
    my ($what, $auth) = @$_;
    $late = WebSocket->open($m);
    $late->json({ auth => $auth });
    is $late->read_text, '{"error":{"code":500,"message":"Limit reached"}}', "a $what that is locked is its vendor's too";
    is $late->read_close, 1013, '... and no way round';
}
lock_client($_, 0) for $mine->{rid}, $m->{portal_rid};
$open[1]->close(1000);
is $open[1]->read_close, 1000, 'one of the sessions ends';
$open[1] = WebSocket->open_as($m, { cik => $mine->{cik} });
is $open[1]->calls(['read', { alias => 'count' }])->[0]{status}, 'ok', '... and makes room for one';

# ---- what is watched: 64 places, of which each session has two ----

sub subscribe { my ($ws, $n) = @_; return $ws->calls(['subscribe', { alias => 'note' }, { subs_id => $n }])->[0]{status} }
my $n = 0;
$n++ while $n < 64 && subscribe($open[0], $n) eq 'ok';
is $n, 27, 'subscriptions of a vendor: 4 + 27 of the 62 that the other vendor leaves';
is subscribe($open[1], 'x'), 'limit', '... in whichever of its sessions';
cmp_ok refused('watcher'), '==', 2, '... and is counted';
is subscribe($guest, 1), 'ok', 'another vendor subscribes';
is $other->write_with($theirs->{cik}, note => 'hello')->{status}, 204, '... a value comes';
like $guest->read_text, qr/"id":1,"status":"ok","result":\[\[\d+,"hello"\]\]/, '... and is told';
is $open[0]->calls(['unsubscribe', undef, { subs_id => 0 }])->[0]{status}, 'ok', 'one is given up';
is subscribe($open[1], 'x'), 'ok', '... and makes room for one';
close $_->{socket} for @open, $guest, $late;
is $m->stop, 0, 'the server ends well';

# ---- no bound ----

$m = Muster->start(variant => 'release', dir => $m->{dir}, set => { %set, tenant_share => 100 });
@open = map { WebSocket->open_as($m, { cik => $mine->{cik} }) } 1 .. 4;
is $m->talk($m->dial, WebSocket::handshake('/ws'))->{status}, 503, 'tenant_share = 100: one vendor has all sessions, and then the handshake is answered 503';
close $_->{socket} for @open;
is $m->stop, 0, 'the server ends well';
done_testing;
