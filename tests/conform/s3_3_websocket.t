#!/usr/bin/env perl
# protocol.md 3.3, rule by rule: what is called over a WebSocket, and subscriptions. The protocol below it, RFC 6455, is
# tests/it/ws.t.
use strict;
use warnings;
use lib 'tests/lib';
use JSON::PP;
use Test::More;
use Muster;
use WebSocket;

my $m = Muster->start(set => { admin => '127.0.0.1:0', requests_per_connection => 1000000 })->init;
$m->model('m1');
my %device = map { $_ => device($_) } qw(one two three);
my $BASE = 1_000_000_000;
my ($OK, $DENIED) = ('{"status":"ok"}', '{"error":{"code":401,"message":"Authorization failed","context":"auth"}}');
my $TRUE = JSON::PP::true;

sub device {
    my ($sn) = @_;
    $m->add('m1', $sn);
    my $rid = $m->enable('m1', $sn);
    my $cik = $m->activate('m1', $sn)->{body};
    my %port = map { $_ => $m->call({ cik => $cik }, 'lookup', { alias => '' }, 'aliased', $_) } qw(temp count note);
    return { sn => $sn, rid => $rid, cik => $cik, %port };
}
sub as { my ($device, @how) = @_; return WebSocket->open_as($m, { cik => $device->{cik} }, @how) }
sub put { my ($device, @pairs) = @_; Muster::must('write', $m->write_with($device->{cik}, @pairs), 204) }
my $second = 0;
sub put_later { my ($device, @pairs) = @_; $m->clock(++$second); put($device, @pairs) }
# Points at BASE plus each offset.
sub record {
    my ($device, $alias, @points) = @_;
    while (my @some = splice @points, 0, 800) {
        Muster::must('record', $m->request('POST', "/onep:v1/stack/alias/$alias", [Muster::with_cik($device->{cik})],
            Muster::form(@some)), 204);
    }
}
# One call, which must be answered next.
sub one { my ($ws, @call) = @_; my $answer = $ws->calls(\@call); return $answer->[0]{status} }
sub subscribe { my ($ws, $rid, %options) = @_; return one($ws, 'subscribe', $rid, %options ? { %options } : ()) }
# The next n messages as "id time value", the times less BASE if they are old.
sub points {
    my ($ws, $n) = @_;
    return [map {
        my $message = $ws->read_json;
        die encode_json($message) unless @$message == 1 && $message->[0]{status} eq 'ok' && @{ $message->[0]{result} } == 1;
        my ($at, $value) = @{ $message->[0]{result}[0] };
        $message->[0]{id} . ' ' . ($at < $BASE + 100000 ? $at - $BASE : 'now') . " $value";
    } 1 .. $n];
}
# Everything that was on its way has come when a ping is answered; gives what it was.
sub come {
    my ($ws) = @_;
    my @all;
    $ws->put(ping => 'all');
    for (;;) {
        my ($opcode, $payload) = $ws->read_frame;
        return \@all if $opcode == 10;
        push @all, $payload;
    }
}
sub await { my ($what, $check) = @_; for (1 .. 2000) { return pass $what if $check->(); select undef, undef, undef, 0.01 } fail $what }

# ---- 1, 2, 3: who calls, and calls ----

for (['a CIK', { cik => $device{one}{cik} }], ['a client below', { cik => $m->{portal_cik}, client_id => $device{one}{rid} }],
    ['the owner of a resource', { cik => $m->{portal_cik}, resource_id => $device{one}{temp} }]) {
    my $ws = WebSocket->open_as($m, $_->[1]);
    is $ws->calls(['lookup', { alias => '' }, 'aliased', 'temp'])->[0]{result}, $device{one}{temp}, "3.3.1: by $_->[0]";
}
for (['no such key', { cik => '0' x 40 }], ['a client that is not below', { cik => $device{one}{cik}, client_id => $m->{portal_rid} }],
    ['no such token', { token => '0' x 40 }]) {
    my $ws = WebSocket->open($m);
    $ws->json({ auth => $_->[1] });
    is $ws->read_text, $DENIED, "3.3.1: $_->[0] is denied";
    is $ws->read_close, 1008, '... and the end';
}
my $ws = WebSocket->open($m, '/ws', behind => join '', map { WebSocket::frame(text => $_) } encode_json({ auth => { cik => $device{one}{cik} } }),
    qq({"calls":[{"id":1,"procedure":"lookup","arguments":["aliased","temp"]}]}), qq([{"id":"b","procedure":"lookup","arguments":["aliased","note"]}]));
is_deeply [map { $ws->read_text } 1 .. 3], [$OK, qq([{"id":1,"status":"ok","result":"$device{one}{temp}"}]),
    qq([{"id":"b","status":"ok","result":"$device{one}{note}"}])], '3.3.2: calls that do not wait for the auth; 3.3.3: in an object or alone';

$ws = as($device{one});
$ws->text('[{"procedure":"read","arguments":[{"alias":"temp"}]},{"id":1,"procedure":"lookup","arguments":["aliased","none"]}]');
is $ws->read_text, '[{"id":1,"status":"invalid"}]', '2.15.1: a call without an id is not answered';
$ws->text('[{"procedure":"read","arguments":[{"alias":"temp"}]}]');
is_deeply come($ws), [], '... nor is a message of such calls';

$ws = as($device{one});
my @read = ({ id => 1, procedure => 'read', arguments => [{ alias => 'temp' }] });
$ws->json({ auth => { cik => $device{one}{cik} }, calls => \@read });
is $ws->read_json->[0]{status}, 'ok', '3.3.3: the same auth once more, beside calls';
$ws->json({ auth => { cik => $device{two}{cik} }, calls => \@read });
is_deeply $ws->read_json->{error}, { code => 400, message => 'Invalid', context => 'auth' }, '... and another';

# ---- 4: subscribe ----

for my $procedure ('subscribe', 'unsubscribe') {
    my $answer = $m->rpc({ cik => $device{one}{cik} }, [$procedure, { alias => 'temp' }]);
    is "$answer->[0]{status} $answer->[0]{error}{code}", 'fail 501', "2.15.4: $procedure over HTTP";
}
record($device{one}, 'temp', map { $BASE + $_ => $_ / 2 } 1 .. 5);
$ws = as($device{one});
is subscribe($ws, { alias => 'temp' }, subs_id => 'new'), 'ok', '3.3.4: subscribe';
is subscribe($ws, { alias => 'temp' }, subs_id => 7, since => $BASE + 3), 'ok', '... since a time';
is_deeply points($ws, 2), ['7 4 2', '7 5 2.5'], '... the newer points at once, oldest first';
put($device{one}, temp => 1);
is_deeply [sort @{ points($ws, 2) }], ['7 now 1', 'new now 1'], '... then every new one; without since those alone';
put_later($device{one}, temp => 2);
is_deeply [sort @{ points($ws, 2) }], ['7 now 2', 'new now 2'], '... and the next';
put($device{one}, temp => 3);
is_deeply [sort @{ points($ws, 2) }], ['7 now 3', 'new now 3'], '... another value of the same second is one too';
put($device{one}, note => 'x');
is_deeply come($ws), [], '... and nothing else';
$ws = as($device{one});
$ws->text(qq([{"id":"c","procedure":"subscribe","arguments":["$device{one}{temp}",{"since":$BASE.5,"timeout":null}]}]));
is $ws->read_text, '[{"id":"c","status":"ok"}]', 'the answer, byte by byte';
is $ws->read_text, '[{"id":"c","status":"ok","result":[[' . ($BASE + 1) . ',0.5]]}]', 'a point: the id of the call if there is no subs_id; since may be fractional';
is_deeply points($ws, 4)->[0], 'c 2 1', '... and the others behind it';
is one($ws, 'subscribe', { alias => 'temp' }, { subs_id => undef, since => undef }), 'ok', 'options may be null';
record($device{one}, 'count', $BASE => 12);
record($device{one}, 'note', $BASE => qq(a"b\\\x01\xe2\x82\xac));
$ws = as($device{one});
$ws->text('[' . join(',', map {qq({"procedure":"subscribe","arguments":[{"alias":"$_"},{"since":1,"subs_id":"$_"}]})} qw(temp count note)) . ']');
my %first;
for (1 .. 30) { last if keys %first == 3; my $text = $ws->read_text; my ($id) = $text =~ /"id":"(\w+)"/; $first{$id} //= $text }
is_deeply [@first{qw(count note)}], [qq([{"id":"count","status":"ok","result":[[$BASE,12]]}]),
    qq([{"id":"note","status":"ok","result":[[$BASE,"a\\"b\\\\\\u0001\xe2\x82\xac"]]}])], 'numbers are numbers, strings are strings; calls without an id subscribe too';
$ws = as($device{one});
$ws->json([{ id => 1, procedure => 'subscribe', arguments => [{ alias => 'count' }, { since => 1 }] },
    { id => 2, procedure => 'lookup', arguments => ['aliased', 'temp'] }]);
is scalar @{ $ws->read_json }, 2, 'the whole message is answered first';
is_deeply points($ws, 1), ['1 0 12'], '... and its points follow';
for (['an alias that is none', { alias => 'nosuch' }, {}, 'invalid'], ['a client', { alias => '' }, {}, 'invalid'], ['a stranger\'s', $device{two}{temp}, {}, 'restricted'],
    ['no time at all', { alias => 'temp' }, { timeout => 0 }, 'badarg'], ['an id of 41 characters', { alias => 'temp' }, { subs_id => 'x' x 41 }, 'badarg'], ['less', { alias => 'temp' }, { timeout => -5 }, 'badarg']) {
    is one($ws, 'subscribe', @$_[1, 2]), $_->[3], "$_->[0]: $_->[3]";
}
is one($ws, 'subscribe', @$_), 'fail', 'arguments that do not fit: ' . encode_json($_) for [], [[]], [{ alias => 'temp' }, 7], [{ alias => 'temp' }, { since => 'x' }],
    [{ alias => 'temp' }, { subs_id => [] }], [{ alias => 'temp' }, {}, {}];
my $client = $m->call({ cik => $device{three}{cik} }, 'create', { alias => '' }, 'dataport', { format => 'integer', public => $TRUE });
$m->call({ cik => $device{three}{cik} }, 'map', 'alias', $client, 'open');
is subscribe($ws, $client, subs_id => 'open'), 'ok', 'what is public may be subscribed to';
put($device{three}, open => 5);
is_deeply points($ws, 1), ['open now 5'], '... and is shown';
$m->call({ cik => $device{three}{cik} }, 'update', $client, { public => JSON::PP::false });
put_later($device{three}, open => 6);
is $ws->read_text, '[{"id":"open","status":"restricted"}]', '... until it is not: that is told, and nothing more';
put_later($device{three}, open => 7);
is_deeply come($ws), [], '... nothing';
is subscribe($ws, { alias => 'note' }, subs_id => 'twice'), 'ok', 'the same again';
is subscribe($ws, { alias => 'note' }, subs_id => 'twice'), 'ok', '... takes the place of the first';
put($device{one}, note => 'once');
is_deeply points($ws, 1), ['twice now once'], '... so each point comes once';
is_deeply come($ws), [], '... and no more';
$m->call({ cik => $device{one}{cik} }, 'drop', { alias => 'note' });
await('a dataport that is dropped is told of', sub { my $all = come($ws); return "@$all" eq '[{"id":"twice","status":"invalid"}]' || (@$all && die "@$all") });
$_->close(1000), $_->read_close for $ws;
$ws = as($device{one});
my $before = $m->metric('muster_websocket_subscriptions');
is subscribe($ws, { alias => 'temp' }, subs_id => 's', timeout => 1), 'ok', '3.3.4: timeout';
await('... ends it', sub { $m->metric('muster_websocket_subscriptions') == $before });
put_later($device{one}, temp => 9);
is_deeply come($ws), [], '... silently';
is subscribe($ws, { alias => 'temp' }, subs_id => 's', timeout => 1e15), 'ok', '... however long';
put_later($device{one}, temp => 10);
is_deeply points($ws, 1), ['s now 10'], '... and not before its time';

# ---- none missed, none twice ----

my @many = 1 .. 4000;
record($device{two}, 'count', map { $BASE + $_ => $_ } @many);
$ws = as($device{two});
is subscribe($ws, { alias => 'count' }, subs_id => 1, since => $BASE), 'ok', 'a backlog';
is_deeply points($ws, 4000), [map {"1 $_ $_"} @many], '... comes whole and in order';
record($device{two}, 'note', $BASE => 'short');
$ws = as($device{two});
$ws->calls(map { ['subscribe', { alias => $_ }, { subs_id => $_, since => $BASE - 1 }] } 'count', 'note');
my $n_before = 0;
$n_before++ until points($ws, 1)->[0] eq 'note 0 short';
cmp_ok $n_before, '<', 4000, '... and others need not wait until it is over';
my $writer = fork() // die;
if (!$writer) {
    my $cik = $device{two}{cik};
    my $line = $m->dial;
    for my $at (4001 .. 4400) {
        my $body = $BASE + $at . "=$at";
        my $reply = $m->talk($line, Muster::bytes_of('POST', '/onep:v1/stack/alias/count', [Muster::with_cik($cik)], $body));
        POSIX::_exit(1) if $reply->{status} != 204;
    }
    POSIX::_exit(0);
}
my @subscribers = map { my $s = as($device{two}, '/ws'); subscribe($s, { alias => 'count' }, subs_id => $_, since => $BASE + 4000); $s } 1 .. 8;
for my $i (0 .. 7) { my $id = $i + 1; is_deeply points($subscribers[$i], 400), [map {"$id $_ $_"} 4001 .. 4400], "subscriber $id of points that are written meanwhile" }
waitpid $writer, 0;
is $?, 0, '... all of them';

# ---- 5: unsubscribe ----

$ws = as($device{one});
sub subscriptions { my ($s) = @_; subscribe($s, @$_) for [{ alias => 'temp' }, subs_id => 'a'], [{ alias => 'count' }, subs_id => 'a'], [{ alias => 'temp' }, subs_id => 'b'] }
for (['a resource under an id', [{ alias => 'temp' }, { subs_id => 'a' }], 'ok', 'b t', 'a c'],
    ['all resources under an id', [{ subs_id => 'a' }], 'ok', 'b t'], ['the same with null', [undef, { subs_id => 'a' }], 'ok', 'b t'],
    ['a resource under all ids', [{ alias => 'temp' }], 'ok', 'a c'], ['an id that is none', [{ subs_id => 'c' }], 'invalid', 'a t', 'b t', 'a c'],
    ['the same as a number', [{ subs_id => 1 }], 'invalid', 'a t', 'b t', 'a c'], ['a resource that is not under it', [{ alias => 'count' }, { subs_id => 'b' }], 'invalid', 'a t', 'b t', 'a c'],
    ['nothing in particular', [{}], 'invalid', 'a t', 'b t', 'a c']) {
    my ($what, $arguments, $status, @left) = @$_;
    subscriptions($ws);
    is one($ws, 'unsubscribe', @$arguments), $status, "3.3.5: $what: $status";
    put_later($device{one}, temp => 1, count => 2);
    my @got = map { my ($id, undef, $value) = split ' '; "$id " . ($value == 1 ? 't' : 'c') } @{ points($ws, scalar @left) };
    is_deeply [sort @got], [sort @left], '... and no other is ended';
    is_deeply come($ws), [], '... no less';
}
one($ws, 'unsubscribe', { subs_id => $_ }) for 'a', 'b';
is one($ws, 'unsubscribe', { subs_id => 'a' }), 'invalid', 'none is left';

# ---- 6: the shape of results ----

$ws = as($device{one}, '/ws/');
is subscribe($ws, { alias => 'count' }, subs_id => 's', since => $BASE - 1), 'ok', '3.3.6: on /ws/';
is $ws->read_text, qq([{"id":"s","status":"ok","result":[$BASE,12]}]), '... flat';

# ---- limits ----

my ($most) = do { open my $f, '<', 'src/base/limits.h' or die; local $/; <$f> =~ /MST_WS_SUBSCRIPTIONS_MAX (\d+)/ };
$ws = as($device{one});
is_deeply [map { $_->{status} } map { my $hundred = $_; @{ $ws->calls(map { ['subscribe', { alias => 'temp' }, { subs_id => "$hundred/$_" }] } 1 .. 100) } } 1 .. $most / 100],
    [('ok') x $most], "$most subscriptions of a session";
is subscribe($ws, { alias => 'temp' }, subs_id => 'more'), 'limit', '... and no more';
is subscribe($ws, { alias => 'temp' }, subs_id => '1/1'), 'ok', '... but one again';
put_later($device{one}, temp => 1);
is scalar @{ points($ws, $most) }, $most, '... and all are shown a point';
# One that does not read: the server keeps little, and others are served.
$ws = as($device{two});
is subscribe($ws, { alias => 'count' }, subs_id => $_, since => $BASE), 'ok', 'a slow reader' for 1;
$ws->text(qq([{"procedure":"subscribe","arguments":[{"alias":"count"},{"subs_id":$_,"since":1}]}])) for 2 .. 60;
put_later($device{one}, temp => 4);
is_deeply come(as($device{one})), [], '... holds up nobody';
my %seen;
for (1 .. 60 * 4400) { my ($id) = $ws->read_text =~ /"id":(\d+)/; $seen{$id}++; last if keys %seen == 60 && !grep { $_ < 4400 } values %seen }
is_deeply [values %seen], [(4400) x 60], '... and gets all there is, when it reads';

# ---- 8: keys that end ----

$ws = as($device{two});
my $other = WebSocket->open_as($m, { cik => $m->{portal_cik}, client_id => $device{two}{rid} });
is subscribe($_, $device{two}{temp}), 'ok', 'two sessions for a device' for $ws, $other;
$m->reenable('m1', 'two');
is $ws->read_text, $DENIED, '3.3.8: its key is ended: the error';
is $ws->read_close, 1008, '... and the end';
is $other->calls(['lookup', 'aliased', 'temp'])->[0]{status}, 'ok', '... not for one with the key of the owner';
$m->call({ cik => $m->{portal_cik} }, 'drop', $device{two}{rid});
is $other->read_text, $DENIED, '... until the client it stands for is gone';
is $other->read_close, 1008, '... and the end';
$ws = as($device{three});
subscribe($ws, $device{three}{temp}, subs_id => 's');
$m->call({ cik => $m->{portal_cik} }, 'update', $device{three}{rid}, { locked => $TRUE });
is $ws->calls(['lookup', 'aliased', 'temp'])->[0]{status}, 'locked', '2.15.2: one that is locked is told so';
$m->call({ cik => $m->{portal_cik} }, 'update', $device{three}{rid}, { locked => JSON::PP::false });
is $ws->calls(['lookup', 'aliased', 'temp'])->[0]{status}, 'ok', '... until it is not';

$ws = as($device{one});
put($device{one}, temp => 5);
$ws->json([{ procedure => 'wait', arguments => [{ alias => 'temp' }, { since => 1 }] }, { procedure => 'wait', arguments => [{ alias => 'temp' }] },
    { id => 1, procedure => 'lookup', arguments => ['aliased', 'temp'] }]);
is $ws->read_text, qq([{"id":1,"status":"ok","result":"$device{one}{temp}"}]), '2.15.1: a wait without an id waits for nothing, and is not answered';
is_deeply come($ws), [], '... nor is another';

# ---- 3: a message that waits holds up none behind it ----

$ws = as($device{one});
$ws->json([{ id => 'w', procedure => 'wait', arguments => [{ alias => 'temp' }, { timeout => 200000 }] }]);
is $ws->calls(['lookup', 'aliased', 'temp'])->[0]{status}, 'ok', '3.3.3: what follows a wait is answered';
put_later($device{one}, temp => 77);
is $ws->read_json->[0]{id}, 'w', '... and the wait when its value comes';
$ws = WebSocket->open($m);
$ws->json({ auth => { cik => $device{one}{cik} }, calls => [{ id => 'w', procedure => 'wait', arguments => [{ alias => 'temp' }, { timeout => 200000 }] }] });
is $ws->read_text, $OK, '3.3.1: a first message that waits: its auth is answered at once';
is $ws->calls(['lookup', 'aliased', 'temp'])->[0]{status}, 'ok', '... and so is what follows';
put_later($device{one}, temp => 78);
is $ws->read_json->[0]{result}[1], 78, '... and the wait when its value comes';

is $m->stop, 0, 'the server ends well';
done_testing;
