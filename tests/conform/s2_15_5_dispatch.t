#!/usr/bin/env perl
# protocol.md 2.15.5, dispatch, with what 2.15.4 (usage) and 2.15.6 (info) say of it: rule by rule. Where the
# contract is silent docs/processing.md is the rule. What goes wrong on the way: tests/it/dispatch.t, dispatch_tls.t.
use strict;
use warnings;
use lib 'tests/lib';
use JSON::PP;
use MIME::Base64;
use Test::More;
use Time::HiRes qw(time);
use Muster;
use Receivers;

my ($T, $F) = (JSON::PP::true, JSON::PP::false);
my ($web, $mail) = (Receivers->web, Receivers->mail);
my $url = "http://127.0.0.1:$web->{port}";
my %set = (
    admin => '127.0.0.1:0',
    dispatch_private_networks => 'yes',
    dispatch_retry => '10ms',
    dispatch_hook => "$url/hook",
    smtp_url => "smtp://127.0.0.1:$mail->{port}",
    smtp_from => 'muster@here.example',
    smtp_tls_required => 'no',
);
my $m = Muster->start(variant => 'fault', set => \%set)->init;
my $me = { cik => $m->{portal_cik} };

# -- what is done with dispatches --

sub create { my ($as, $type, %description) = @_; return $m->call($as, 'create', { alias => '' }, $type, \%description) }
sub status_of { my ($as, @call) = @_; return $m->rpc($as, \@call)->[0]{status} }
sub points { my ($as, $rid, $n) = @_; return $m->call($as, 'read', $rid, { limit => $n // 1 }) }
sub info { my ($as, $rid, $part) = @_; return $m->call($as, 'info', $rid, { $part => $T })->{$part} }

# Waits until it is so.
sub await {
    my ($is_so) = @_;
    my $until = time + $Muster::TIMEOUT;
    select undef, undef, undef, 0.004 until $is_so->() || time > $until;
}

# What became of the last message of a dispatch, once there is something.
sub became {
    my ($as, $rid) = @_;
    await(sub { @{ points($as, $rid) } });
    return (points($as, $rid)->[0] // [])->[1];
}

# A value is written to a new dispatch, and sent: what became of it.
sub send_one { my ($as, $value, %description) = @_; my $rid = create($as, 'dispatch', %description); $m->call($as, 'write', $rid, $value); return became($as, $rid) }

sub got_at { my ($path) = @_; return grep { $_->{path} =~ m{^\Q$path\E(?:[/?]|$)} } $web->got }
sub wait_at { my ($path, $n) = @_; await(sub { got_at($path) >= $n }); return got_at($path) }

# -- `method` = email http_get http_post http_put sms xmpp, `recipient`, `subject`, `message` (empty: the value) --

is(send_one($me, 'a b', method => 'http_get', recipient => "$url/get"), '200', 'http_get');
is((got_at('/get'))[0]{method} . (got_at('/get'))[0]{path}, 'GET/get?value=a%20b', 'asks for the recipient, with the value');
for my $method (qw(post put)) {
    is(send_one($me, "by $method", method => "http_$method", recipient => "$url/$method"), '200', "http_$method");
    my ($got) = got_at("/$method");
    is("$got->{method} $got->{body}", uc($method) . " by $method", 'brings the value to the recipient');
}
is(send_one($me, 'hot', method => 'email', recipient => 'ops@there.example', subject => 'Boiler'), '250', 'email');
my ($letter) = $mail->wait_for(1);
my ($head, $body) = split /\r\n\r\n/, $letter->{data}, 2;
is(decode_base64($body), 'hot', 'brings the value');
like($head, qr/^To: <?ops\@there\.example>?\r?$/m, 'to the recipient');
like($head, qr/^Subject: (?:Boiler|=\?utf-8\?B\?Qm9pbGVy\?=)\r?$/m, 'under the subject');
for my $method (qw(sms xmpp)) {
    is(send_one($me, 'hot', method => $method, recipient => 'someone', subject => 'Boiler'), '200', "$method, by the hook");
    is_deeply(decode_json((wait_at('/hook', 1))[-1]{body}),
        { method => $method, recipient => 'someone', subject => 'Boiler', message => 'hot' }, 'which is told everything');
}
is(send_one($me, 'v', method => 'http_post', recipient => "$url/message", message => 'Door open'), '200', 'message');
is((got_at('/message'))[0]{body}, 'Door open', 'is sent in place of the value');
is(send_one($me, 'v', method => 'http_post', recipient => "$url/empty", message => ''), '200', 'an empty message');
is((got_at('/empty'))[0]{body}, 'v', 'is the value');

is(status_of($me, 'create', { alias => '' }, 'dispatch', { recipient => 'x', %$_ }), 'badarg', encode_json($_))
    for { method => 'fax' }, { method => '' }, {};
isnt(status_of($me, 'create', { alias => '' }, 'dispatch', { method => 1, recipient => 'x' }), 'ok', 'a method is a word');

# -- `subscribe`, `preprocess` --

my $port = create($me, 'dataport', format => 'float');
my $dispatch = create($me, 'dispatch', method => 'http_post', recipient => "$url/pre", subscribe => $port,
    preprocess => [['mul', 2], ['add', 1]]);
$m->call($me, 'write', $port, 20);
is(became($me, $dispatch), '200', 'it sends what the source gets');
is((got_at('/pre'))[0]{body}, '41', 'after its preprocess');
my $other = create($me, 'dataport', format => 'string');
$m->call($me, 'update', $dispatch, { subscribe => $other, preprocess => [['gt', 5]] });
$m->call($me, 'write', $port, 30);
$m->call($me, 'write', $other, '7');
is(join(' ', map { $_->{body} } wait_at('/pre', 2)), '41 true', 'of one source at a time');
$m->call($me, 'update', $dispatch, { subscribe => undef });
$m->call($me, 'write', $other, '8');
$m->call($me, 'write', $dispatch, '9');
is(join(' ', map { $_->{body} } wait_at('/pre', 3)), '41 true true', 'or of none');
my $rule = create($me, 'datarule', format => 'string', subscribe => $port,
    rule => { simple => { comparison => 'gt', constant => 40, repeat => $F } });
create($me, 'dispatch', method => 'http_post', recipient => "$url/rule", subscribe => $rule);
$m->call($me, 'write', $port, $_) for 30, 31, 41, 42;
is(join(' ', map { $_->{body} } wait_at('/rule', 2)), 'false true', 'what a rule says is sent');
isnt(status_of($me, 'write', create($me, 'dispatch', method => 'http_post', recipient => "$url/bad", preprocess => [['add', 1]]), 'warm'),
    'ok', 'what its preprocess refuses is not taken');

# -- what became of it is its value --

$dispatch = create($me, 'dispatch', method => 'http_post', recipient => "$url/status/404");
my $seen = create($me, 'dataport', format => 'integer', subscribe => $dispatch);
$m->call($me, 'write', $dispatch, 'x');
is(became($me, $dispatch), '404', 'the status is the value of the dispatch');
ok(!ref points($me, $dispatch)->[0][1] && encode_json(points($me, $dispatch)) =~ /"404"\]\]$/, 'a text');
is(became($me, $seen), 404, 'and goes to those who subscribe to it');
is($m->call($me, 'wait', $dispatch, { since => 0 })->[1], '404', 'who waits gets it');
like(send_one($me, 'x', method => 'http_post', recipient => 'nowhere'), qr/^error: /, 'what cannot be sent says why');

# -- `retention` --

$dispatch = create($me, 'dispatch', method => 'http_post', recipient => "$url/keep", retention => { count => 0 });
$m->call($me, 'write', $dispatch, 'x');
wait_at('/keep', 1);
is(send_one($me, 'x', method => 'http_post', recipient => "$url/after-it"), '200', 'once another is through');
is_deeply(points($me, $dispatch), [], 'count 0 keeps no status');

# -- `locked`; 2.15.6: `basic` of a dispatch has `status` normal or locked --

$dispatch = create($me, 'dispatch', method => 'http_post', recipient => "$url/locked", locked => $T);
$m->call($me, 'write', $dispatch, 'x');
is(info($me, $dispatch, 'basic')->{status}, 'locked', 'a dispatch that is locked');
$m->call($me, 'update', $dispatch, { locked => $F });
is(info($me, $dispatch, 'basic')->{status}, 'normal', 'and one that is not');
$m->call($me, 'write', $dispatch, 'y');
is(join(' ', map { $_->{body} } wait_at('/locked', 1)), 'y', 'what came while it was locked is not sent');

# -- 2.15.6: `description` as last set, all keys present --

is_deeply(info($me, create($me, 'dispatch', method => 'sms', recipient => '1', name => 'n'), 'description'),
    { method => 'sms', recipient => '1', name => 'n', subject => '', message => '', meta => '', public => $F, locked => $F,
      preprocess => [], subscribe => undef, retention => { count => 'infinity', duration => 'infinity' } }, 'description');
is(info($me, $dispatch, 'basic')->{type}, 'dispatch', 'its type');

# -- limits: `email`, `http`, `sms`, `xmpp` are per UTC day; `*_bucket` are totals that draw from the parent's bucket --

my %NONE = (map({ $_ => 0, "${_}_bucket" => 0 } qw(email http sms xmpp)), map({ $_ => 'inherit' } qw(client dataport datarule dispatch)));
my %TO = (email => 'ops@there.example', map({ $_ => "$url/limits" } qw(http_get http_post http_put)), sms => '1', xmpp => '1');
my $root = { cik => $m->{root_cik} };
$m->call($root, 'update', $m->{domain_rid}, { limits => { map { ("${_}_bucket" => 'inherit') } qw(email http sms xmpp) } });
$m->call({ cik => $m->{domain_cik} }, 'update', $m->{portal_rid}, { limits => { map { ("${_}_bucket" => 'inherit') } qw(email http sms xmpp) } });
sub client_of { my ($as, %limits) = @_; my $rid = create($as, 'client', limits => { %NONE, %limits }); return ({ cik => $m->{portal_cik}, client_id => $rid }, $rid) }
sub ends { my ($as, @methods) = @_; return join ' ', map { send_one($as, 'x', method => $_, recipient => $TO{$_}) } @methods }

my ($as, $client) = client_of($me);
is(ends($as, 'http_post', 'sms'), 'limit limit', 'the default is 0: nothing is sent, and the value says so');
is(scalar(got_at('/limits')), 0, 'it is not tried');
($as, $client) = client_of($me, http => 3);
is(ends($as, qw(http_get http_post http_put http_post)), '200 200 200 limit', 'http is all three methods');
is(ends($as, qw(email sms xmpp)), 'limit limit limit', 'and no other');
$m->clock(86400);
is(ends($as, qw(http_post)), '200', 'on the next day there is as much again');
for my $method (qw(email sms xmpp)) {
    ($as, $client) = client_of($me, $method => 1, "${method}_bucket" => 1);
    is(ends($as, ($method) x 3), ($method eq 'email' ? '250 250' : '200 200') . ' limit', "$method: by the day, then from the bucket");
    is($m->call($me, 'usage', $client, $method, time + 86300, time + 86400), 2, 'usage says how many');
}
$m->clock(2 * 86400);
is(ends($as, 'xmpp', 'xmpp'), '200 limit', 'a bucket is not filled again');

# -- 2.15.6: `counts` is the client's own, `usage` with its descendants --

my ($above, $above_rid) = client_of($me, http => 5, sms => 5);
my ($below, $below_rid) = client_of($above, http => 'inherit', sms => 1);
is(ends($above, 'http_get', 'sms'), '200 200', 'two by a client');
is(ends($below, 'http_put', 'http_get', 'sms', 'sms'), '200 200 200 limit', 'four by one below it');
sub told { my ($what, $rid) = @_; my $is = info($me, $rid, $what); return join ' ', map {"$_=$is->{$_}"} qw(email http sms xmpp) }
is(told('counts', $above_rid), 'email=0 http=1 sms=1 xmpp=0', 'counts: what its own dispatches sent today');
is(told('usage', $above_rid), 'email=0 http=3 sms=2 xmpp=0', 'usage: and those below it');
is(told('counts', $below_rid), 'email=0 http=2 sms=1 xmpp=0', 'counts of the one below');
is(info($me, $above_rid, 'counts')->{dispatch}, 2, 'and its dispatches');
$m->call($above, 'drop', $below_rid);
is(told('counts', $above_rid), 'email=0 http=1 sms=1 xmpp=0', 'what those did whom it has no more was never its own');
$m->clock(3 * 86400);
is(told('counts', $above_rid), 'email=0 http=0 sms=0 xmpp=0', 'each day begins anew');

# -- tried again; Retry-After puts that off. A message that is sent in between shows that nothing else was due. --

is(send_one($me, 'x', method => 'http_post', recipient => "$url/then/200"), '200', 'a 503 is tried again');
is(scalar(got_at('/then/200')), 2, 'once');
sub waits {
    my ($path, $early, $late) = @_;
    my $since = 3 * 86400;
    my $rid = create($me, 'dispatch', method => 'http_post', recipient => "$url$path");
    $m->clock($since);
    $m->call($me, 'write', $rid, 'x');
    wait_at($path, 1);
    for my $time (0, $early) {
        $m->clock($since + $time);
        send_one($me, 'x', method => 'http_post', recipient => "$url/between") for 1 .. 2;
    }
    is(scalar(got_at($path)), 1, "$path: not before its time");
    $m->clock($since + $late);
    send_one($me, 'x', method => 'http_post', recipient => "$url/between");
    is(became($me, $rid), '200', 'then it is tried again');
    is(scalar(got_at($path)), 2, 'once');
    $m->clock($since);
}
waits('/after/503/3000', 2900, 3100);
waits('/after/429/3000', 2900, 3100);
waits('/date/503/3000', 2900, 3100);
waits('/after/503/999999999', 3500, 3700);
is(send_one($me, 'x', method => 'http_post', recipient => "$url/after/503/0"), '200', 'Retry-After of nothing is as good as none');

# -- at most a hundred wait --

$port = create($me, 'dataport', format => 'string');
$dispatch = create($me, 'dispatch', method => 'http_post', recipient => "$url/hang", subscribe => $port);
$m->call($me, 'write', $dispatch, "x$_") for 1 .. 100;
is($m->metric('muster_dispatch_queue_full_total'), 0, 'a hundred are taken');
is(status_of($me, 'write', $dispatch, 'y'), 'limit', 'no more, and it says so');
is(status_of($me, 'write', $port, 'z'), 'ok', 'its source takes a value nevertheless');
is($m->metric('muster_dispatch_queue_full_total'), 2, 'and each is counted');
$m->call($me, 'drop', $dispatch);
is($m->stop, 0, 'it ends while a message is under way');

# -- no private networks, unless the operator allows them --

delete $set{dispatch_private_networks};
$m = Muster->start(variant => 'release', set => \%set)->init;
$me = { cik => $m->{portal_cik} };
is(send_one($me, 'x', method => 'http_post', recipient => "$url/private"), 'error: the address is in a private network', 'refused');
is(scalar(got_at('/private')), 0, 'and not asked');
is($m->stop, 0, 'the server ends cleanly');
done_testing;
