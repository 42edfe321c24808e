#!/usr/bin/env perl
# Dispatches (protocol.md 2.15.5; docs/processing.md): what is sent, what becomes of it, and who may.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use MIME::Base64;
use Test::More;
use Time::HiRes qw(time);
use Muster;
use Receivers;

my $web = Receivers->web;
my $mail = Receivers->mail;
my $password_file = "$mail->{file}.password";
open(my $f, '>', $password_file) or die; print $f "secret\n"; close $f;

my %set = (
    dispatch_private_networks => 'yes',
    dispatch_retry     => '10ms',
    dispatch_timeout   => '10s',
    dispatch_hook      => "http://127.0.0.1:$web->{port}/hook",
    smtp_url           => "smtp://127.0.0.1:$mail->{port}",
    smtp_from          => 'muster@here.example',
    smtp_user          => 'user',
    smtp_password_file => $password_file,
    smtp_tls_required  => 'no',
);
my $m = Muster->start(variant => 'fault', set => \%set);
$m->init;

my %NONE = (map({ $_ => 0 } qw(email http sms xmpp email_bucket http_bucket sms_bucket xmpp_bucket)),
    map({ $_ => 'inherit' } qw(client dataport datarule dispatch)));
my $url = "http://127.0.0.1:$web->{port}";
my $auth = { cik => $m->{portal_cik} };

# A dataport with a dispatch that gets its values: [port, dispatch].
sub pair {
    my ($as, %dispatch) = @_;
    my $port = $m->call($as, 'create', { alias => '' }, 'dataport', { format => 'string' });
    my $dispatch = $m->call($as, 'create', { alias => '' }, 'dispatch',
        { recipient => "$url/plain", method => 'http_post', subscribe => $port, %dispatch });
    return ($port, $dispatch);
}

sub write_to { my ($as, $port, $value) = @_; return $m->call($as, 'write', $port, $value) }

# The status of a dispatch, once it has one.
sub status {
    my ($as, $dispatch) = @_;
    my $until = time + 20;
    my $points = [];
    while (!@$points && time < $until) {
        $points = $m->call($as, 'read', $dispatch, {});
        select undef, undef, undef, 0.02 unless @$points;
    }
    return $points->[0][1];
}

sub send_one {
    my ($value, %dispatch) = @_;
    my ($port, $dispatch) = pair($auth, %dispatch);
    write_to($auth, $port, $value);
    return status($auth, $dispatch);
}

sub got_at { my ($path) = @_; return grep { $_->{path} =~ /^\Q$path\E/ } $web->got }

# Waits until so many have come there.
sub wait_at {
    my ($path, $n) = @_;
    my $until = time + 20;
    select undef, undef, undef, 0.02 while got_at($path) < $n && time < $until;
}

# -- HTTP --

is(send_one('21.5 & more', recipient => "$url/post"), '200', 'http_post');
my ($got) = got_at('/post');
is("$got->{method} $got->{body}", 'POST 21.5 & more', 'the value is the body');
is($got->{headers}{'content-type'}, 'text/plain; charset=utf-8', 'as text');
like($got->{headers}{'idempotency-key'}, qr/^[0-9a-f]{40}-\d+$/, 'with a key of its own');
like($got->{headers}{'user-agent'}, qr{^muster/}, 'and who it is');
is(send_one('on', recipient => "$url/put", method => 'http_put', message => 'Lamp: {value}'), '200', 'http_put');
($got) = got_at('/put');
is("$got->{method} $got->{body}", 'PUT Lamp: {value}', 'a message stands for the value, as it is');
is(send_one('a b&c', recipient => "$url/get?x=1#frag", method => 'http_get'), '200', 'http_get');
($got) = got_at('/get');
is("$got->{method} $got->{path}", 'GET /get?x=1&value=a%20b%26c', 'the value goes into the query');
is(send_one('', recipient => "$url/empty"), '200', 'an empty value is sent too');

is(send_one('x', recipient => "$url/status/404"), '404', 'what the recipient refuses is not repeated');
is(scalar(got_at('/status/404')), 1, 'one request');
is(send_one('x', recipient => "$url/status/302"), '302', 'a redirect is not followed');
is(scalar(got_at('/elsewhere')), 0, 'nobody goes there');
is(send_one('x', recipient => "$url/then/201"), '201', 'a 503 is tried again');
my @tries = got_at('/then/201');
is(scalar(@tries), 2, 'two requests');
is($tries[0]{headers}{'idempotency-key'}, $tries[1]{headers}{'idempotency-key'}, 'with the same key');
is(send_one('x', recipient => "$url/status/429"), '429', 'a 429 is given up in the end');
is(scalar(got_at('/status/429')), 8, 'after eight tries');
is(send_one('x', recipient => "$url/big"), '200', 'an endless answer is cut off');
is(send_one('x', recipient => 'ftp://127.0.0.1/x'), 'error: no http or https URL', 'another protocol');
{
    my ($port, $dispatch) = pair($auth, recipient => 'ftp://127.0.0.1/x');
    write_to($auth, $port, 'x');
    is(status($auth, $dispatch), $m->call($auth, 'wait', $dispatch, { since => 0 })->[1], 'who waits for it gets it as text too');
}
is(send_one('x', recipient => "file:///etc/passwd"), 'error: no http or https URL', 'a file');
is(send_one('x', recipient => "$url/x\r\nA: b"), 'error: no http or https URL', 'a line end in a URL');

my $gone = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
my $gone_port = $gone->sockport;
close $gone;
is(send_one('x', recipient => "http://127.0.0.1:$gone_port/"), "error: Couldn't connect to server",
    'nobody there: given up in the end');

# -- sms, xmpp --

is(send_one('high "water"', method => 'sms', recipient => '+4912345', subject => 's'), '200', 'sms');
($got) = got_at('/hook');
is_deeply(decode_json($got->{body}),
    { method => 'sms', recipient => '+4912345', subject => 's', message => 'high "water"' },
    'goes to the hook as JSON');
is($got->{headers}{'content-type'}, 'application/json', 'and says so');
is(send_one('x', method => 'xmpp', recipient => 'a@b'), '200', 'xmpp too');

# -- email --

is(send_one('too warm', method => 'email', recipient => 'ops@there.example', subject => "T\x{e4}\nBcc: x"),
    '250', 'email');
my ($letter) = $mail->wait_for(1);
my ($head, $body) = split /\r\n\r\n/, $letter->{data}, 2;
is(decode_base64($body), 'too warm', 'its text');
like($head, qr/^Subject: =\?utf-8\?B\?\S+\?=\r?$/m, 'its subject');
unlike($head, qr/^Bcc/m, 'which adds no header');
like($head, qr/^From: <muster\@here\.example>/m, 'who it is from');
ok((grep { $_ eq encode_base64("\0user\0secret", '') } @{ $letter->{commands} }),
    'with user and password');
is(send_one('x', method => 'email', recipient => 'nobody@there.example'), '550', 'refused for good');
is(send_one('x', method => 'email', recipient => 'later@there.example'), '451', 'given up in the end');
is(scalar(grep { !$_->{data} } $mail->got), 8, 'after eight tries');
is(send_one('x', method => 'email', recipient => 'a@b, c@d'), 'error: no mail address', 'one address alone');
unlike($m->log, qr/mail server of smtp_url/, 'a server that answers works, whatever it says of a recipient');

# -- locked, preprocess, order --

my ($port, $dispatch) = pair($auth, locked => JSON::PP::true, recipient => "$url/locked");
write_to($auth, $port, 'x');
is($m->call($auth, 'info', $dispatch, { basic => JSON::PP::true })->{basic}{status}, 'locked', 'a locked one says so');
is(send_one('x', recipient => "$url/after"), '200', 'others are sent after it');
is(scalar(got_at('/locked')), 0, 'it is not');
$m->call($auth, 'update', $dispatch, { locked => JSON::PP::false });
is($m->call($auth, 'info', $dispatch, { basic => JSON::PP::true })->{basic}{status}, 'normal', 'nor says so any more');

($port, $dispatch) = pair($auth, recipient => "$url/order");
write_to($auth, $port, "v$_") for 1 .. 20;
wait_at('/order', 20);
is(join(' ', map { $_->{body} } got_at('/order')), join(' ', map {"v$_"} 1 .. 20),
    'messages of one dispatch come in order');

# -- limits --

$m->call({ cik => $m->{root_cik} }, 'update', $m->{domain_rid}, { limits => { http_bucket => 'inherit' } });
$m->call({ cik => $m->{domain_cik} }, 'update', $m->{portal_rid}, { limits => { http_bucket => 'inherit' } });
my $poor = $m->call($auth, 'create', { alias => '' }, 'client',
    { name => 'poor', limits => { %NONE, http => 2, http_bucket => 1 } });
my $poor_auth = { cik => $m->{portal_cik}, client_id => $poor };
my $inheriting = $m->call($poor_auth, 'create', { alias => '' }, 'client',
    { limits => { %NONE, http => 'inherit', http_bucket => 'inherit' } });
my $below = { cik => $m->{portal_cik}, client_id => $inheriting };
my @ends;
for my $as ($poor_auth, $below, $poor_auth, $below) {
    ($port, $dispatch) = pair($as, recipient => "$url/poor");
    write_to($as, $port, 'x');
    push @ends, status($as, $dispatch);
}
is("@ends", '200 200 200 limit', 'two a day, one from the bucket, then none, whoever inherits');
is(scalar(got_at('/poor')), 3, 'what is beyond the limit is not sent');
my $now = time;
is($m->call($auth, 'usage', $poor, 'http', int $now - 86400, int $now + 86400), 3, 'usage counts what was sent');
is($m->call($auth, 'usage', $poor, 'email', int $now - 86400, int $now + 86400), 0, 'and nothing else');
$m->clock(86400);
($port, $dispatch) = pair($below, recipient => "$url/poor");
write_to($below, $port, 'x');
is(status($below, $dispatch), '200', 'the next day there is some again');
my $none = $m->call($auth, 'create', { alias => '' }, 'client', { limits => {%NONE} });
my $none_auth = { cik => $m->{portal_cik}, client_id => $none };
($port, $dispatch) = pair($none_auth);
write_to($none_auth, $port, 'x');
is(status($none_auth, $dispatch), 'limit', 'without limits nothing is sent');

# -- one does not starve another --

for my $n (1 .. 20) {
    ($port) = pair($auth, recipient => "$url/hang/$n");
    write_to($auth, $port, "x$_") for 1 .. 5;
}
my $other = bless({ %$m, socket => undef }, 'Muster')->init(vendor => 'umbrella');
my $other_auth = { cik => $other->{portal_cik} };
($port, $dispatch) = pair($other_auth, recipient => "$url/quick");
my $began = time;
write_to($other_auth, $port, 'x');
is(status($other_auth, $dispatch), '200', 'a tenant whose recipients hang does not hold up another');
cmp_ok(time - $began, '<', 9, 'which waits for none of their time-outs');

# -- a full queue --

($port, $dispatch) = pair($auth, recipient => "$url/hang/full");
write_to($auth, $port, "x$_") for 1 .. 100;
my $answer = $m->rpc($auth, ['write', $dispatch, 'y']);
isnt($answer->[0]{status}, 'ok', 'more than a hundred messages do not wait in one queue');

# -- kill -9 --

$m->kill9;
$m->launch;
($port, $dispatch) = pair($other_auth, recipient => "$url/hang/last");
write_to($other_auth, $port, 'kept');
wait_at('/hang/last', 1);
$m->kill9;
$m->launch;
wait_at('/hang/last', 2);
is((got_at('/hang/last'))[-1]{body}, 'kept', 'a message under way at a kill -9 is sent again');
is((got_at('/hang/last'))[-1]{headers}{'idempotency-key'}, (got_at('/hang/last'))[0]{headers}{'idempotency-key'},
    'with the key it had');
is($m->stop, 0, 'it ends while messages are under way');

# -- private networks --

delete $set{dispatch_private_networks};
my $strict = $m = Muster->start(variant => 'release', set => \%set);
$strict->init;
$auth = { cik => $strict->{portal_cik} };
my $n_got = () = $web->got;
my $refused = 'error: the address is in a private network';
is(send_one('x', recipient => "http://$_:$web->{port}/private"), $refused, "not allowed: $_")
    for '127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433', '10.0.0.1',
        '169.254.169.254', '[fe80::1]';
is(scalar(() = $web->got), $n_got, 'nothing came of it');
is(send_one('x', method => 'sms', recipient => '1'), '200', 'the hook may lie there');
is(send_one('x', method => 'email', recipient => 'ops@there.example'), '250', 'and the mail server');
$strict->stop;

# -- a password that is not good --

open($f, '>', $password_file) or die; print $f "wrong\n"; close $f;
$m = Muster->start(variant => 'release', set => \%set);
$m->init;
$auth = { cik => $m->{portal_cik} };
is(send_one('x', method => 'email', recipient => 'ops@there.example'), 'error: Login denied', 'mail is not refused for it, but tried again');
like($m->log, qr/mail server of smtp_url does not take messages: error: Login denied/, 'and the operator is told');
$m->stop;

# -- nothing is set --

my $bare = $m = Muster->start(variant => 'release');
$bare->init;
$auth = { cik => $bare->{portal_cik} };
is(send_one('x', method => $_, recipient => '1'), 'error: no hook is set', "$_ without a hook") for 'sms', 'xmpp';
is(send_one('x', method => 'email', recipient => 'ops@there.example'), 'error: no mail server is set', 'email without a mail server');
is(send_one('x', recipient => "$url/private"), $refused, 'private networks are not allowed');
$bare->stop;

done_testing;
