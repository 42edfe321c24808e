#!/usr/bin/env perl
# WebSocket RPC on the wire (protocol.md 3.3, RFC 6455): handshakes, frames good and bad, sizes, ends. Plain and TLS.
use strict;
use warnings;
use lib 'tests/lib';
use JSON::PP;
use Test::More;
use Muster;
use WebSocket;

my $m = Muster->start(variant => 'release', tls => 1, set => { threads => 2 })->init;
my $auth = { cik => $m->{portal_cik} };
my $AUTH = encode_json({ auth => $auth });
my $OK = '{"status":"ok"}';
my $DENIED = '{"error":{"code":401,"message":"Authorization failed","context":"auth"}}';
my $LOOKUP = '[{"id":1,"procedure":"lookup","arguments":["aliased","nosuch"]}]';
my $ANSWER = '[{"id":1,"status":"invalid"}]';

# ---- handshakes ----

sub shake {
    my (%fields) = @_;
    return $m->talk($m->dial, WebSocket::handshake(delete $fields{path} // '/ws', %fields));
}
my $ws = WebSocket->open($m);
is $ws->{head}, "HTTP/1.1 101 Switching Protocols\r\n" . ($ws->{head} =~ /(Date: .*\r\n)/)[0]
    . "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $WebSocket::ACCEPT\r\n", 'the handshake, byte by byte';
my @shakes = (
    [426, 'no upgrade at all', Upgrade => undef, Connection => undef],
    [426, 'an upgrade to something else', Upgrade => 'h2c'],
    [426, 'Upgrade without Connection', Connection => undef],
    [426, 'Upgrade with another Connection', Connection => 'keep-alive'],
    [426, 'another version', 'Sec-WebSocket-Version' => '8'],
    [426, 'no version', 'Sec-WebSocket-Version' => undef],
    [400, 'no key', 'Sec-WebSocket-Key' => undef],
    [400, 'a short key', 'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZQ=='],
    [400, 'a key that is no base64', 'Sec-WebSocket-Key' => '!' x 24],
    [400, 'two keys', 'Sec-WebSocket-Key' => [$WebSocket::KEY, $WebSocket::KEY]],
    [400, 'a body', 'Content-Length' => '1'],
    [404, 'another path', path => '/ws/x'],
);
for (@shakes) {
    my ($status, $what, %fields) = @$_;
    my $socket = $m->dial;
    my $reply = $m->talk($socket, WebSocket::handshake(delete $fields{path} // '/ws', %fields) . ($what eq 'a body' ? 'x' : ''));
    is $reply->{status}, $status, "$what: $status";
    is_deeply [@{ $reply->{header} }{qw(upgrade connection sec-websocket-version)}], [qw(websocket Upgrade 13)], '... and is told what there is'
        if $status == 426;
    is $m->talk($socket, "GET /timestamp HTTP/1.1\r\n\r\n")->{status}, 200, '... and may go on';
}
is $m->request('POST', '/ws', [], '')->{status}, 405, 'POST: 405';
is $m->talk($m->dial, WebSocket::handshake('/ws') =~ s{HTTP/1.1}{HTTP/1.0}r)->{status}, 426, 'HTTP/1.0: 426';
for (['Connection in two fields', Connection => ['keep-alive', 'Upgrade']], ['in one', Connection => 'keep-alive, upgrade'],
    ['an origin, subprotocols and extensions', Origin => 'https://elsewhere.example', 'Sec-WebSocket-Protocol' => 'rpc, chat',
        'Sec-WebSocket-Extensions' => 'permessage-deflate'], ['a key in the head, which does not count', 'X-Exosite-CIK' => '0' x 40]) {
    my ($what, %fields) = @$_;
    my $raw = WebSocket::handshake('/ws/?x=1', %fields);
    my $socket = $m->dial;
    syswrite $socket, $raw;
    my $head = Muster::receive($socket);
    like $head, qr{\AHTTP/1.1 101 }, "$what: 101";
    unlike $head, qr/protocol:|extensions/i, '... and none of them agreed on';
}

# ---- who calls ----

for my $path ('/ws', '/ws/') {
    for my $port ($m->{port}{http}, $m->tls_port) {
        my $at = $path . ($port == $m->{port}{http} ? '' : ' over TLS');
        my $s = WebSocket->open($m, $path, port => $port);
        $s->text($AUTH);
        is $s->read_text, $OK, "$at: a good key";
        $s->text("{\"calls\":$LOOKUP}");
        is $s->read_text, $ANSWER, '... calls in an object';
        $s->text($LOOKUP);
        is $s->read_text, $ANSWER, '... calls in a list';
        $s->put(binary => $LOOKUP);
        is $s->read_text, $ANSWER, '... in a binary frame';
        $s->close(1000, 'bye');
        is $s->read_close, 1000, '... closed as it asked';
    }
}
my $behind = join '', map { WebSocket::frame(text => $_) } $AUTH, $LOOKUP, $LOOKUP;
$ws = WebSocket->open($m, '/ws', behind => $behind);
is_deeply [map { $ws->read_text } 1 .. 3], [$OK, $ANSWER, $ANSWER], 'auth and calls right behind the handshake, back to back';
$ws = WebSocket->open($m);
$ws->send($_) for split //, $behind;
is_deeply [map { $ws->read_text } 1 .. 3], [$OK, $ANSWER, $ANSWER], 'byte by byte';
$ws = WebSocket->open($m);
$ws->json({ auth => $auth, calls => decode_json($LOOKUP) });
is_deeply [map { $ws->read_text } 1 .. 2], [$OK, $ANSWER], 'auth and calls in one message, as over HTTP';
for (['a wrong key', encode_json({ auth => { cik => '0' x 40 } }), $DENIED], ['a key that is none', '{"auth":{"cik":"x"}}', $DENIED],
    ['no auth', "{\"calls\":$LOOKUP}", '{"error":{"code":400,"message":"Invalid","context":"auth"}}'],
    ['a list', $LOOKUP, '{"error":{"code":400,"message":"Invalid","context":"auth"}}'],
    ['no JSON', 'hello', '{"error":{"code":-1,"message":"Invalid JSON"}}'], ['nothing', '', '{"error":{"code":-1,"message":"Invalid JSON"}}']) {
    my ($what, $text, $answer) = @$_;
    my $s = WebSocket->open($m);
    $s->text($text);
    $s->text($LOOKUP);
    is $s->read_text, $answer, "first message, $what: an error";
    is $s->read_close, 1008, '... and the end, nothing more is answered';
}

# ---- what is said later ----

$ws = WebSocket->open_as($m, $auth);
for (['no JSON', '{', '{"error":{"code":-1,"message":"Invalid JSON"}}'], ['another auth', encode_json({ auth => { cik => '0' x 40 } }), '{"error":{"code":400,"message":"Invalid","context":"auth"}}'],
    ['no calls', '{}', '{"error":{"code":400,"message":"Invalid","context":"calls"}}'], ['calls that are no list', '{"calls":1}', '{"error":{"code":400,"message":"Invalid","context":"calls"}}'],
    ['no call', '[]', '[]'], ['an unknown procedure', '[{"id":"a","procedure":"nosuch","arguments":[]}]',
        '[{"id":"a","status":"fail","error":{"code":501,"message":"Error","context":"procedure"}}]']) {
    $ws->text($_->[1]);
    is $ws->read_text, $_->[2], "later, $_->[0]: told, and the session goes on";
}
$ws->text('[{"procedure":"lookup","arguments":["aliased","x"]}]');
$ws->put(ping => 'after');
is $ws->expect('pong'), 'after', 'calls without an id are not answered';
my $made = $ws->calls(['create', 'client', { name => 'by websocket' }], ['listing', ['client']]);
is $made->[1]{result}[0][0], $made->[0]{result}, 'what changes something is done, in order';
is $ws->calls(['drop', $made->[0]{result}])->[0]{status}, 'ok', '... and undone';
$ws->send(join '', map { WebSocket::frame(text => "[{\"id\":$_,\"procedure\":\"create\",\"arguments\":[\"client\",{}]}]") } 1 .. 200);
is_deeply [map { $ws->read_json->[0]{id} } 1 .. 200], [1 .. 200], 'many messages at once are answered in order';

# ---- frames ----

sub says {
    my ($what, $frames, @want) = @_;
    my $s = WebSocket->open_as($m, $auth);
    $s->send(join '', map { WebSocket::frame(@$_) } @$frames);
    my @got;
    while (@got < @want) {
        my ($opcode, $payload) = $s->read_frame;
        push @got, !defined $opcode ? 'end' : $opcode == 8 ? (length $payload ? unpack('n', $payload) : 1005) : $opcode == 10 ? "pong $payload" : $payload;
        last if !defined $opcode;
    }
    is_deeply \@got, \@want, $what;
}
my ($half, $rest) = ('[{"id":1,"procedure":"look', 'up","arguments":["aliased","nosuch"]}]');
my $BIG = '[{"id":1,"procedure":"lookup","arguments":["aliased","' . 'x' x 200 . '"]}]';
says 'a message in pieces', [[text => $half, more => 1], [more => $rest]], $ANSWER;
says 'in many, some empty', [[text => '', more => 1], (map { [more => $_, more => 1] } split //, $LOOKUP), [more => '']], $ANSWER;
says 'a binary one in pieces', [[binary => $half, more => 1], [more => $rest]], $ANSWER;
says 'a ping between pieces is answered first', [[text => $half, more => 1], [ping => 'p'], [more => $rest]], 'pong p', $ANSWER;
says 'a ping of 125 bytes', [[ping => 'p' x 125]], 'pong ' . 'p' x 125;
says 'pings in order', [map { [ping => $_] } 1 .. 3], map {"pong $_"} 1 .. 3;
says 'a pong that nobody asked for', [[pong => 'x'], [ping => '']], 'pong ';
says 'a length in 16 bits', [[text => $BIG]], '[{"id":1,"status":"invalid"}]';
says 'text in UTF-8', [[text => qq([{"id":"\xe2\x82\xac","procedure":"x"}])]],
    qq([{"id":"\xe2\x82\xac","status":"fail","error":{"code":501,"message":"Error","context":"procedure"}}]);
says "$_->[0]: 1002", $_->[1], 1002, 'end' for
    ['a frame without a mask', [[text => $LOOKUP, bare => 1]]], ['a ping without a mask', [[ping => '', bare => 1]]],
    ['RSV1', [[text => 'x', bits => 0x40]]], ['RSV2', [[text => 'x', bits => 0x20]]], ['RSV3', [[ping => '', bits => 0x10]]],
    (map { my $o = $_; ["opcode $o", [[$o, '']]] } 3 .. 7, 11 .. 15),
    ['a ping of 126 bytes', [[ping => 'x' x 126]]], ['a ping in pieces', [[ping => 'x', more => 1]]], ['a close in pieces', [[close => '', more => 1]]],
    ['a piece of nothing', [[more => 'x']]], ['a message within a message', [[text => 'x', more => 1], [text => 'y']]],
    ['a length longer than it has to be', [[text => 'x', long => 1]]],
    ['a close with one byte', [[close => "\x03"]]], (map { my $c = $_; ["a close with $c", [[close => pack 'n', $c]]] } 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000);
says "$_->[0]: 1007", $_->[1], 1007, 'end' for ['text that is not UTF-8', [[text => "\xff"]]], ['cut short', [[text => "\xe2\x82"]]],
    ['overlong', [[text => "\xc0\xaf"]]], ['a surrogate', [[text => "\xed\xa0\x80"]]], ['in a later piece', [[text => '"', more => 1], [more => "\xff\""]]],
    ['a reason that is not UTF-8', [[close => "\x03\xe8\xff"]]];
says 'a binary frame need not be UTF-8, but JSON', [[binary => "\xff"]], '{"error":{"code":-1,"message":"Invalid JSON"}}';
says "a close with $_ is answered with it", [[close => pack 'n', $_]], $_, 'end' for 1000 .. 1003, 1007 .. 1014, 3000, 4999;
says 'a close with no code is answered with none', [[close => '']], 1005, 'end';
says 'what comes behind a close is not read', [[close => pack 'n', 1000], [text => $LOOKUP]], 1000, 'end';
says 'a message before a close is answered', [[text => $LOOKUP], [close => pack 'n', 1000]], $ANSWER, 1000, 'end';

# ---- sizes: 1 MiB ----

sub of_size { my ($n) = @_; return '[]' . ' ' x ($n - 2) }
my $MAX = 1 << 20;
says 'a message of 1 MiB', [[text => of_size($MAX)]], '[]';
says '... in pieces', [[text => of_size($MAX - 1), more => 1], [more => ' ']], '[]';
says 'a byte more: 1009', [[text => of_size($MAX + 1)]], 1009, 'end';
says '... in pieces', [[text => of_size($MAX), more => 1], [more => ' ']], 1009, 'end';

# ---- ends ----

$ws = WebSocket->open_as($m, $auth);
$ws->text($LOOKUP);
shutdown $ws->{socket}, 1;
is $ws->read_text, $ANSWER, 'one that ends its side has its answer';
is_deeply [$ws->read_frame], [], '... and the end';
$ws = WebSocket->open_as($m, $auth);
$ws->text('[{"id":1,"procedure":"create","arguments":["client",{}]}]');
close $ws->{socket};
is $m->request('GET', '/timestamp', [])->{status}, 200, 'one that goes away in the middle harms nobody';
my @open = map { WebSocket->open_as($m, $auth, $_ % 2 ? '/ws' : '/ws/') } 1 .. 8;
kill TERM => $m->{pid};
is_deeply [map { $_->read_close } @open], [(1000) x 8], 'a server that ends closes with 1000';
close $_->{socket} for @open;
is $m->stop, 0, '... and ends cleanly';

# ---- how many ----

my $small = Muster->start(variant => 'release', set => { threads => 1, websockets_max => 2 });
@open = map { WebSocket->open($small) } 1 .. 2;
my $socket = $small->dial;
my $reply = $small->talk($socket, WebSocket::handshake('/ws'));
is $reply->{status}, 503, 'one session more than websockets_max: 503';
like $reply->{header}{'retry-after'}, qr/^\d+$/, '... and when to come again';
is $small->talk($socket, "GET /timestamp HTTP/1.1\r\n\r\n")->{status}, 200, '... and the connection goes on as HTTP';
is $small->stop, 0, 'the server ends well';
done_testing;
