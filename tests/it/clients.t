#!/usr/bin/env perl
# Requests written the way client libraries in the field write them (protocol.md 2.1.1, 5.1, 5.2), and each
# reply judged by what that library needs of it. Every reply must come whole in the first read.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use IO::Select;
use JSON::PP;
use Muster;

my $FORM = 'application/x-www-form-urlencoded; charset=utf-8';
my $m = Muster->start(variant => 'fault')->init;
my ($domain, $portal) = map { { cik => $m->{$_} } } qw(domain_cik portal_cik);
my $host = "Host: m2.exosite.com\r\n";
my ($token, $owner) = ("X-Exosite-Token: $m->{token}\r\n", $m->{portal_rid});
my ($RID, $CIK) = (qr/\A[0-9a-f]{40}\z/) x 2;

sub head { return join '', map {"$_\r\n"} @_, '' }
sub body { my ($text, @lines) = @_; return head(@lines, 'Content-Length: ' . length $text) . $text }

# Sends bytes (in pieces, if given a list) and takes one reply, which the first read must bring whole.
sub ask {
    my ($socket, @pieces) = @_;
    for (@pieces) { syswrite $socket, $_; select undef, undef, undef, 0.0005 if @pieces > 1 }
    my $raw = Muster::receive($socket) // return { status => 0, body => 'nothing came', raw => '', head => '' };
    my $rest = $raw;
    my $reply = Muster::take_reply(\$rest);
    return { status => 0, body => "not one whole reply: $raw", raw => $raw, head => '' } if !$reply || length $rest;
    return $reply;
}
sub once { return ask($m->dial, @_) }

# STATUS, then the body as text or pattern, then the largest size of the whole reply.
sub gives {
    my ($what, $reply, $status, $body, $max) = @_;
    my $good = $reply->{status} == $status && (ref $body ? $reply->{body} =~ $body : $reply->{body} eq $body)
        && (!$max || length $reply->{raw} <= $max)
        && $reply->{head} =~ /\AHTTP\/1\.1 \d{3} [A-Z]/ && $reply->{head} =~ /^Content-Length: \d+\r$/m
        && rindex($reply->{raw}, "\r\n\r\n") == index($reply->{raw}, "\r\n\r\n");
    ok($good, $what) or diag "wanted $status '$body', got: $reply->{raw} $reply->{body}";
    return $reply;
}
sub device { my ($model, $sn) = @_; $m->add($model, $sn); return $m->enable($model, $sn) }
sub key_now { return $m->device_key($_[0]) }
sub error_of { my ($line) = @_; return "HTTP/1.1 $line\r\n" }

$m->model('m1');

# -- embedded libraries --

# One receive of 256 bytes; the body begins after the last CRLF CRLF; values go out unescaped.
sub er_sdk {
    $m->model('er+model x');
    my $rid = device('er+model%20x', '00:1A:2B');
    gives('er_sdk: the time', once(head('GET /timestamp HTTP/1.1', 'Host: m2.exosite.com')), 200, qr/\A\d{10}\z/, 198);
    my $form = 'vendor=acme&model=er+model x&sn=00:1A:2B';
    my $post = body($form, 'POST /provision/activate HTTP/1.1', 'Host: m2.exosite.com', "Content-Type: $FORM");
    my $key = gives('er_sdk: activation with a raw plus and blank', once($post), 200, $CIK, 198)->{body};
    is($key, key_now($rid), 'er_sdk: the key is that of the enabling');
    gives('er_sdk: the second one', once($post), 409, error_of('409 Conflict'), 198);
    my @as = ('Host: m2.exosite.com', "X-Exosite-CIK: $key");
    gives('er_sdk: write', once(body('note=a;b c', 'POST /onep:v1/stack/alias HTTP/1.1', @as, "Content-Type: $FORM")), 204, '', 198);
    gives('er_sdk: read', once(head('GET /onep:v1/stack/alias?note HTTP/1.1', @as, "Accept: $FORM")), 200, 'note=a%3Bb%20c', 198);
    gives('er_sdk: read nothing', once(head('GET /onep:v1/stack/alias?nosuch HTTP/1.1', @as, "Accept: $FORM")), 204, '', 198);
}

# Dozens of tiny writes; a Content-Type on GET; whatever follows the last line feed is the value.
sub libexosite_sync {
    device('m1', 'sync1');
    my $form = 'vendor=acme&model=m1&sn=sync1';
    my @activate = ("POST /provision/activate HTTP/1.1\r\n", 'Host: ', 'm2.exosite.com', "\r\n", 'Content-Type: ',
        $FORM, "\r\n", 'Content-Length: ', length $form, "\r\n", "\r\n", split /(?<=[=&])/, $form);
    my $key = gives('libexosite: activation in pieces', once(@activate), 200, $CIK, 198)->{body};
    gives('libexosite: the second one', once(@activate), 409, error_of('409 Conflict'), 198);
    my @as = ("Host: m2.exosite.com\r\n", 'X-Exosite-CIK: ', $key, "\r\n", "Accept: $FORM\r\n", "Content-Type: $FORM\r\n");
    gives('libexosite: write', once("POST /onep:v1/stack/alias HTTP/1.1\r\n", @as, 'Content-Length: ', 7, "\r\n", "\r\n", 'count=5'), 204, '', 198);
    my $read = once("GET /onep:v1/stack/alias?count HTTP/1.1\r\n", @as, "\r\n");
    gives('libexosite: read', $read, 200, 'count=5', 198);
    is(substr($read->{raw}, 1 + rindex $read->{raw}, "\n"), 'count=5', 'libexosite: what follows the last line feed is the value');
}

# Connection: close on everything; a body without length is no body; the end of the reply is the close.
sub libexosite_async {
    device('m1', 'async1');
    my @all = ('Host: m2.exosite.com', 'Connection: close', 'User-Agent: Exosite-Async-C-lib/1.0', "Content-Type: $FORM", "Accept: $FORM");
    my $until_close = sub { my $s = $m->dial; syswrite $s, $_[0]; my $all = Muster::drain($s) // ''; return Muster::take_reply(\$all) // {} };
    my $key = gives('libexosite async: activation', $until_close->(body('vendor=acme&model=m1&sn=async1',
                'POST /provision/activate HTTP/1.1', @all)), 200, $CIK, 198)->{body};
    my $as = "X-Exosite-CIK: $key";
    gives('libexosite async: write', $until_close->(body('temp=1&count=2', 'POST /onep:v1/stack/alias HTTP/1.1', $as, @all)), 204, '', 198);
    gives('libexosite async: a hybrid call with an empty body and no length',
        $until_close->(head('POST /onep:v1/stack/alias?temp&count HTTP/1.1', $as, @all)), 200, 'count=2&temp=1', 198);
    gives('libexosite async: an error has a body', $until_close->(head('GET /onep:v1/stack/alias?temp HTTP/1.1',
                'X-Exosite-CIK: ' . '0' x 40, @all)), 401, error_of('401 Unauthorized'), 198);
}

# One connection for everything; a line end behind each body that its length does not count.
sub arduino {
    device('m1', 'arduino1');
    my $socket = $m->dial;
    my $form = 'vendor=acme&model=m1&sn=arduino1';
    my $post = sub { my ($path, $text, @more) = @_; return body($text, "POST $path HTTP/1.1", 'Host: m2.exosite.com', @more,
            "Content-Type: $FORM") . "\r\n" };
    my $key = gives('arduino: activation', ask($socket, $post->('/provision/activate', $form)), 200, $CIK, 198)->{body};
    my $as = "X-Exosite-CIK: $key";
    gives('arduino: write, empty query', ask($socket, $post->('/onep:v1/stack/alias?', 'temp=20.5', $as)), 204, '', 198);
    gives('arduino: hybrid', ask($socket, $post->('/onep:v1/stack/alias?temp', 'temp=21', $as)), 200, 'temp=21', 198);
    gives('arduino: read', ask($socket, head('GET /onep:v1/stack/alias?temp HTTP/1.1', 'Host: m2.exosite.com', $as, "Accept: $FORM")), 200, 'temp=21', 198);
    gives('arduino: again', ask($socket, $post->('/provision/activate', $form)), 409, error_of('409 Conflict'), 198);
    gives('arduino: the time', ask($socket, head('GET /timestamp HTTP/1.1', 'Host: m2.exosite.com')), 200, qr/\A\d{10}\z/, 198);
}

sub other_devices {
    device('m1', $_) for qw(micrium1 rx1 rl1 msp1 script1 http10);
    my $raw = once(body("vendor=acme&model=m1&sn=micrium1&osn=\x01\xff%&osv=%zz&mfr=\x80;\x7f", 'POST /provision/activate HTTP/1.1', 'Host: x'));
    my $key = gives('micrium: activation among raw bytes', $raw, 200, $CIK, 198)->{body};
    gives('micrium: write', once(body('temp=3', 'POST /api:v1/stack/alias HTTP/1.1', 'Host: x', "X-Exosite-CIK: $key")), 204, '', 198);
    my $read = gives('micrium: a read of "alias="', once(head('GET /api:v1/stack/alias?temp= HTTP/1.1', 'Host: x', "X-Exosite-CIK: $key")), 200, 'temp=3', 198);
    is(substr($read->{raw}, 9, 4), '200 ', 'micrium, RX62N: the code is at byte 9');
    gives('RX62N: two blanks behind the colon', once(body('temp=4', 'POST /api:v1/stack/alias HTTP/1.1', "X-Exosite-CIK:  $key",
                "Content-Type:  $FORM")), 204, '', 198);
    like(once(head('GET /api:v1/stack/alias?temp HTTP/1.1', 'X-Exosite-CIK:  ' . 'f' x 40))->{raw}, qr/401 Unauthorized/, 'RX62N: the words of a dead key');
    gives('MSP430: no space behind the colon, the length too', once("POST /provision/activate HTTP/1.1\r\nHost:m2\r\ncontent-length:27\r\n\r\nvendor=acme&model=m1&sn=rx1"), 200, $CIK, 198);
    gives('scripts: upper case names, a trailing blank, a typo', once(body('vendor=acme&model=m1&sn=script1', 'POST /provision/activate HTTP/1.1',
                'HOST: m2.exosite.com:80', 'CONNECTION: Close ', 'CONTENT-TYPE: application/x-www-form-urlencoded; charset=utf=8')), 200, $CIK, 198);
    gives('gateways: HTTP/1.0 and an absolute target', once(body('vendor=acme&model=m1&sn=http10', 'POST http://m2.exosite.com/provision/activate HTTP/1.0')), 200, $CIK, 198);
    gives('hvac: "=" in a value is escaped', do {
            once(body('note=a=b', 'POST /onep:v1/stack/alias HTTP/1.1', "X-EXOSITE-CIK: $key"));
            once(head('GET /onep:v1/stack/alias?note HTTP/1.1', "x-exosite-cik: $key")) }, 200, 'note=a%3Db', 198);
}

# -- management libraries --

sub manage {
    my ($method, $path, $text, @more) = @_;
    my @lines = ("$method /provision/manage/$path HTTP/1.1", 'Host: m2.exosite.com', "X-Exosite-Token: $m->{token}", @more);
    return once(defined $text ? body($text, @lines) : head(@lines));
}

# Form bodies with '+' for blanks, remove=true, no type on PUT, an empty key header on activate.
sub pyonep {
    my @form = "Content-Type: $FORM";
    gives('pyonep: model', manage('POST', 'model/', "rid=$m->{template_rid}&model=py+one%2Bp", @form), 205, '');
    gives('pyonep: its settings', manage('GET', 'model/py%20one%2Bp'), 200, "rid=$m->{template_rid}");
    gives('pyonep: PUT without a type', manage('PUT', 'model/py%20one%2Bp', "rid=$m->{template_rid}&options%5B%5D=noaliases&options%5B%5D=nocomments"), 205, '');
    gives('pyonep: options', manage('GET', 'model/py%20one%2Bp'), 200, "rid=$m->{template_rid}&options[]=noaliases&options[]=nocomments");
    gives('scripts: "options="', manage('PUT', 'model/py%20one%2Bp', "rid=$m->{template_rid}&options=nohistorical"), 205, '');
    gives('scripts: what it left', manage('GET', 'model/py%20one%2Bp'), 200, "rid=$m->{template_rid}&options[]=nohistorical");
    gives('pyonep: sns', manage('POST', 'model/py%20one%2Bp/', 'sn%5B%5D=py1&sn%5B%5D=py2&add=true', @form), 205, '');
    gives('pyonep: sn with extra', manage('POST', 'model/py%20one%2Bp/', 'sn=py3&extra=a+b&add=true', @form), 205, '');
    gives('pyonep: enable', manage('POST', 'model/py%20one%2Bp/py1', "owner=$owner&enable=true", @form), 200, $RID);
    gives('pyonep: activation with an empty key header', once(body('vendor=acme&model=py+one%2Bp&sn=py1', 'POST /provision/activate HTTP/1.1',
                'X-Exosite-CIK:', @form)), 200, $CIK, 198);
    gives('pyonep: activation with an empty token header', once(body('vendor=acme&model=py+one%2Bp&sn=py1', 'POST /provision/activate HTTP/1.1',
                'X-Exosite-Token: ', @form)), 409, error_of('409 Conflict'), 198);
    gives('pyonep: vendor by token', once(head('GET /provision/register HTTP/1.1', "X-Exosite-Token: $m->{token}")), 200, 'acme');
    gives('pyonep: register again, key in the token header', once(body('vendor=acme', 'POST /provision/register HTTP/1.1',
                "X-Exosite-Token: $m->{domain_cik}", @form)), 205, '');
    gives('pyonep: remove sns', manage('POST', 'model/py%20one%2Bp/', 'remove=true&sn%5B%5D=py1&sn%5B%5D=py2&sn%5B%5D=nosuch', @form), 205, '');
    gives('pyonep: what is left', manage('GET', 'model/py%20one%2Bp/'), 200, "py3,,a b\r\n");
    gives('pyonep: DELETE with a form', manage('DELETE', 'model/py%20one%2Bp', 'delete=true&model=py+one%2Bp&confirm=true', @form), 205, '');
    gives('pyonep: it is gone', manage('GET', 'model/py%20one%2Bp'), 404, error_of('404 Not Found'));
}

# The query of a GET in its body; Accept twice; bodies compared with the status line.
sub goonep {
    $m->add('m1', map { sprintf 'go%02d', $_ } 1 .. 12);
    my @accept = ('Accept: */*', 'Accept: text/plain');
    my $first = gives('goonep: a page asked for in the body', manage('GET', 'model/m1/', 'offset=0&limit=6', @accept), 200, qr/\A(?:[^,\r\n]+,[0-9a-f]{0,40},\r\n){6}\z/);
    gives('goonep: the log asked for in the body', manage('GET', 'model/m1/go01', 'show=log', @accept), 204, '');
    gives('goonep: unknown sn', manage('GET', 'model/m1/nosuch', '', @accept), 404, error_of('404 Not Found'));
    gives('goonep: sn without client', manage('GET', 'model/m1/go01', '', @accept), 204, '');
    my $portal_key = once(head('GET /provision/manage/model/ HTTP/1.1', "X-Exosite-CIK: $m->{portal_cik}", @accept));
    gives('goonep: no vendor name', $portal_key, 412, error_of('412 Precondition Failed'));
    gives('goonep: extra with a comma', manage('POST', 'model/m1/', 'sn=goq&extra=' . Muster::escape('a,"b"'), "Content-Type: $FORM"), 205, '');
    my ($row) = grep {/^goq/} split /\r\n/, manage('GET', 'model/m1/?limit=1000')->{body};
    is($row, 'goq,,"a,""b"""', 'goonep: such an extra is quoted');
    my $socket = $m->dial;
    gives('goonep: DELETE with a body', ask($socket, body('sn=goq', 'DELETE /provision/manage/model/m1/goq HTTP/1.1', "X-Exosite-Token: $m->{token}")), 205, '');
    gives('goonep: the body was read', ask($socket, head('GET /provision/manage/model/m1/goq HTTP/1.1', "X-Exosite-Token: $m->{token}")), 404, error_of('404 Not Found'));
}

sub other_managers {
    my $socket = $m->dial;
    syswrite $socket, head('POST /provision/manage/model/m1/ HTTP/1.1', "X-Exosite-Token: $m->{token}", "Content-Type: $FORM", 'Content-Length: 6', 'Expect: 100-continue');
    is(Muster::receive($socket), "HTTP/1.1 100 Continue\r\n\r\n", 'clronep: is told to go on');
    gives('clronep: add', ask($socket, 'sn=clr'), 205, '');
    gives('cpponep: PUT without a body', manage('PUT', 'model/m1'), 400, error_of('400 Bad Request'));
    gives('cpponep: a value with raw blanks', manage('POST', 'model/m1/', 'sn=cpp1&extra=a b c'), 205, '');
    gives('both headers, the key is wrong', once(head('GET /provision/manage/model/m1 HTTP/1.1', 'X-Exosite-CIK: ' . 'a' x 40, "X-Exosite-Token: $m->{token}")), 200, qr/^rid=/);
    my @csv = 'Content-Type: text/csv; charset=utf-8';
    gives('exosite-cli: rows without extra', manage('POST', 'model/m1/', "cli1\ncli2\n", @csv), 205, '');
    my @rows = grep {length} split /\r\n/, manage('GET', 'model/m1/')->{body};
    ok(2 == grep({/^cli[12],,$/} @rows), 'exosite-cli: rows split at CRLF');
    my $rid = $m->enable('m1', 'cli1');
    my $listed = manage('GET', 'model/m1/?offset=0&limit=1000&status=true');
    is_deeply([grep {/^cli/} split /\r\n/, $listed->{body}], ["cli1,notactivated,$rid,", 'cli2,,,'], 'MrMurano: four columns');
    gives('MrMurano: regenerate', manage('POST', 'model/m1/cli1', 'enable=true'), 205, '');
    gives('MrMurano: disable', manage('POST', 'model/m1/cli1', 'disable=true'), 205, '');
    gives('PlatformScripts: re-enable with its own name', manage('POST', 'model/m1/cli1', 'enable=true', 'X-Exosite-Vendor: acme'), 205, '');
    gives('another name', manage('POST', 'model/m1/cli1', 'enable=true', 'X-Exosite-Vendor: other'), 403, error_of('403 Forbidden'));
    $m->call($portal, 'drop', $rid);
    gives('MrMurano: the client is dropped', manage('GET', 'model/m1/cli1'), 409, error_of('409 Conflict'));
    gives('MrMurano: then the sn', manage('DELETE', 'model/m1/cli1'), 205, '');
    gives('exosite-cli: DELETE', manage('DELETE', 'model/m1/cli2', ''), 205, '');
}

# A session of `exoline sn`, from the model to its end.
sub exoline {
    my @csv = 'Content-Type: text/csv; charset=utf-8';
    gives('exoline: model create', manage('POST', 'model/', "model=exo&rid=$m->{template_rid}&options[]=noaliases", "Content-Type: $FORM"), 205, '');
    ok((grep { $_ eq 'exo' } split /\r\n/, manage('GET', 'model/')->{body}), 'exoline: model list');
    gives('exoline: model info', manage('GET', 'model/exo'), 200, "rid=$m->{template_rid}&options[]=noaliases");
    my @sns = map { sprintf '%03d', $_ } 1 .. 10;
    gives('exoline: sn add', manage('POST', 'model/exo/', "sn=$sns[0]", "Content-Type: $FORM"), 205, '');
    gives('exoline: sn add from a file', manage('POST', 'model/exo/', join("\n", map {"$_,x$_"} @sns[1 .. 9]), @csv), 205, '');
    my @pages = map { [split /\r\n/, manage('GET', "model/exo/?limit=6&offset=$_")->{body}] } 0, 6, 12;
    is_deeply([map { scalar @$_ } @pages], [6, 4, 0], 'exoline: sn list in pages of 6');
    is_deeply([map { (split /,/)[0] } map {@$_} @pages], \@sns, 'exoline: the pages are all, in order');
    is(scalar(grep { tr/,// != 2 } map {@$_} @pages), 0, 'exoline: three columns each');
    gives('exoline: an unused sn', manage('GET', 'model/exo/001'), 204, '');
    my $rid = gives('exoline: sn enable', manage('POST', 'model/exo/001', "enable=true&owner=$owner", "Content-Type: $FORM"), 200, $RID)->{body};
    gives('exoline: sn info', manage('GET', 'model/exo/001'), 200, "notactivated,$rid,\r\n");
    my $activate = body('vendor=acme&model=exo&sn=001', 'POST /provision/activate HTTP/1.1', "Content-Type: $FORM");
    my $first = gives('exoline: activate', once($activate), 200, $CIK, 198)->{body};
    gives('exoline: sn info, activated', manage('GET', 'model/exo/001'), 200, "activated,$rid,\r\n");
    gives('exoline: sn log', manage('GET', 'model/exo/001?show=log'), 200, qr/\A\d+,127\.0\.0\.1,model=exo&vendor=acme&sn=001\r\n\z/);
    gives('exoline: sn regenerate', manage('POST', 'model/exo/001', 'enable=true', "Content-Type: $FORM"), 205, '');
    my $dead = $m->request('POST', '/onep:v1/rpc/process', [], encode_json({ auth => { cik => $first }, calls => [] }));
    is($dead->{body}, '{"error":{"code":401,"message":"Authorization failed","context":"auth"}}', 'exoline: the old key gives 401');
    my $second = gives('exoline: activate again', once($activate), 200, $CIK, 198)->{body};
    isnt($second, $first, 'exoline: another key');
    gives('exoline: sn disable', manage('POST', 'model/exo/001', 'disable=true', "Content-Type: $FORM"), 205, '');
    gives('exoline: sn info, disabled', manage('GET', 'model/exo/001'), 200, "expired,$rid,\r\n");
    is_deeply([split /\n/, manage('GET', 'model/exo/001?show=log')->{body}]->[1] =~ /^\d+,/ ? 1 : 0, 1, 'exoline: the log has two rows');
    gives('exoline: sn ranges', manage('GET', 'model/exo/?show=ranges'), 204, '');
    gives('exoline: sn delete from a file', manage('DELETE', 'model/exo/', "002\r\n003\r\nnosuch\r\n", @csv), 205, '');
    gives('exoline: sn delete', manage('DELETE', 'model/exo/001'), 205, '');
    gives('exoline: it is unknown', manage('GET', 'model/exo/001'), 404, error_of('404 Not Found'));
    gives('exoline: what is left', manage('GET', 'model/exo/?offset=0&limit=1000'), 200, join('', map {"$_,,x$_\r\n"} @sns[3 .. 9]));
    gives('exoline: model delete', manage('DELETE', 'model/exo'), 205, '');
}

# -- RPC --

sub rpc_raw {
    my ($text, $path) = @_;
    return once(body($text, 'POST ' . ($path // '/onep:v1/rpc/process') . ' HTTP/1.1', 'Host: m2.exosite.com', 'Content-Type: application/json; charset=utf-8'));
}
sub rpc {
    my ($auth, @calls) = @_;
    my @list = map { { id => $_, procedure => $calls[$_][0], arguments => [@{ $calls[$_] }[1 .. $#{ $calls[$_] }]] } } 0 .. $#calls;
    my $reply = rpc_raw(encode_json({ auth => $auth, calls => \@list }));
    return decode_json($reply->{body});
}
sub result { my $answer = rpc(@_)->[0]; return $answer->{status} eq 'ok' ? $answer->{result} : $answer->{status} }

sub legacy_rpc {
    my %unbounded = map { $_ => 'inherit' } qw(client dataport datarule dispatch disk email http share sms xmpp);
    my $client = result($portal, ['create', 'client', { name => 'legacy', limits => \%unbounded, writeinterval => 'inherit', visibility => 'parent' }]);
    like($client, $RID, 'pyonep: create without a parent');
    my $auth = { cik => $m->{portal_cik}, client_id => $client };
    my $port = result($auth, ['create', 'dataport', { format => 'integer', name => 'p', meta => '', preprocess => [['add', 2]],
                public => JSON::PP::false, retention => { count => 'infinity', duration => 'infinity' }, subscribe => undef }]);
    like($port, $RID, 'pyonep: create a dataport without a parent');
    is(rpc($auth, ['map', 'alias', $port, 'p1'])->[0]{status}, 'ok', 'pyonep: map');
    is(result($auth, ['lookup', 'alias', 'p1']), $port, 'pyonep: lookup without a client');
    is(result($auth, ['lookup', 'aliased', 'p1']), $port, 'pyonep: lookup, the other word');
    is(result($auth, ['lookup', 'alias', '']), $client, 'pyonep: lookup of oneself');
    is(result($portal, ['lookup', $client, 'alias', 'p1']), $port, 'lookup in a client');
    is(result($portal, ['lookup', $client, 'owner', $port]), $client, 'lookup of an owner');
    is(result($auth, ['lookup', 'alias', 'nosuch']), 'invalid', 'lookup of an unknown alias');
    is(result($portal, ['lookup', $client, 'owner', 'a' x 40]), 'restricted', 'lookup of an unknown RID');
    is(result($auth, ['lookup', 'nosuch', 'x']), 'badarg', 'lookup of an unknown type');
    is_deeply(result($auth, ['listing', ['dataport', 'client']]), [[$port], []], 'pyonep: listing of types alone');
    is_deeply(result($auth, ['listing', ['dataport', 'datarule'], { owned => JSON::PP::true }]), { dataport => [$port], datarule => [] }, 'pyonep: listing with options');
    is_deeply(result($portal, ['listing', $client, ['dataport'], {}]), { dataport => [$port] }, 'listing of a client');
    is_deeply(result($portal, ['listing', $client, ['dataport'], ['aliased']]), { dataport => [$port] }, 'listing with a list of options');
    is_deeply(rpc($auth, ['listing', ['nosuch']])->[0]{status}, 'error', 'listing of an unknown type');
    my $all = result($auth, ['info', { alias => '' }, {}]);
    is_deeply([sort keys %$all], [qw(aliases basic counts description shares subscribers tagged tags usage)], 'pyonep: info with {}: all that one may see of oneself');
    is_deeply($all->{aliases}, { $port => ['p1'] }, 'info: aliases by RID');
    is_deeply([sort keys %{ result($auth, ['info', $port, ['basic', 'storage']]) }], [qw(basic storage)], 'info with a list');
    my $description = result($auth, ['info', { alias => 'p1' }, { description => JSON::PP::true }])->{description};
    is_deeply($description, { format => 'integer', name => 'p', meta => '', preprocess => [['add', 2]], public => JSON::PP::false,
            retention => { count => 'infinity', duration => 'infinity' }, subscribe => undef }, 'info: a description comes back without added keys');
    like(result($portal, ['info', $client, { key => JSON::PP::true }])->{key}, $CIK, 'the owner sees the key');
    is(result($auth, ['info', { alias => '' }, { key => JSON::PP::true }]), 'restricted', 'the client itself does not');
    is_deeply(rpc($auth, ['write', { alias => 'p1' }, '5', {}])->[0], { id => 0, status => 'ok' }, 'pyonep: a write with {} behind it');
    is_deeply(rpc($auth, ['comment', 'x'], ['nosuch'])->[1], { id => 1, status => 'fail', error => { code => 501, message => 'Error', context => 'procedure' } }, 'one that nobody knows');
    is_deeply(rpc($auth, ['info'])->[0], { id => 0, status => 'fail', error => { code => 501, message => 'Error', context => 'arguments' } }, 'wrong number of arguments');
    is(rpc($auth, ['update', { alias => 'p1' }, { name => 'q' }])->[0]{status}, 'ok', 'update by alias');
    is(rpc($auth, ['update', { alias => '' }, { name => 'q' }])->[0]{status}, 'restricted', 'no update of oneself');
    is(rpc($auth, ['drop', { alias => '' }])->[0]{status}, 'restricted', 'no drop of oneself');
    is(rpc($auth, ['unmap', 'alias', 'p1'])->[0]{status}, 'ok', 'unmap without a client');
    is(rpc($auth, ['drop', $port])->[0]{status}, 'ok', 'drop');

    my $clone = result($portal, ['create', 'clone', { rid => $m->{template_rid}, noaliases => JSON::PP::false, nohistorical => JSON::PP::true }]);
    is($clone, 'restricted', 'a clone of what is not below the caller');
    $clone = result($portal, ['create', 'clone', { rid => $client, nohistorical => JSON::PP::true }]);
    my $pending = key_now($clone);
    is(rpc({ cik => $pending })->{error}{code}, 401, 'a clone is pending');
    is(rpc($portal, ['activate', 'client', $pending])->[0]{status}, 'ok', 'activate without a client');
    is_deeply(rpc({ cik => $pending }), [], 'then its key works, and no calls give an empty list');
    is(rpc($portal, ['deactivate', 'client', $pending])->[0]{status}, 'ok', 'deactivate without a client');
    is(rpc({ cik => $pending })->{error}{code}, 401, 'then it does not');
    is(rpc($portal, ['revoke', 'client', $m->{domain_cik}])->[0]{status}, 'noauth', 'a key of no client of ours');
    is(rpc($portal, ['drop', $_])->[0]{status}, 'ok', 'drop') for $clone, $client;
}

sub rpc_bytes {
    my $auth = qq("auth":{"cik":"$m->{portal_cik}"});
    my $reply = rpc_raw(qq({$auth,"calls":[{"id":"b","procedure":"lookup","arguments":["alias",""]},{"id":7,"procedure":"lookup","arguments":["alias",""]}]}), '/api:v1/rpc/process');
    gives('node-onep: ids keep their type and order, compact, no line end', $reply, 200,
        qq([{"id":"b","status":"ok","result":"$owner"},{"id":7,"status":"ok","result":"$owner"}]));
    like($reply->{head}, qr/^Content-Type: application\/json; charset=utf-8\r$/m, 'cocoaonep: the type');
    gives('calls without ids', rpc_raw(qq({$auth,"calls":[{"procedure":"lookup","arguments":["alias",""]}]})), 204, '');
    gives('no calls', rpc_raw(qq({$auth,"calls":[]})), 200, '[]');
    gives('no JSON', rpc_raw('nonsense'), 200, qr/\A\{"error":\{"code":-1,"message":"[^"]+"\}\}\z/);
    gives('no auth', rpc_raw('{"calls":[]}'), 200, qr/"code":400.*"context":"auth"/);
    gives('no calls member', rpc_raw("{$auth}"), 200, qr/"code":400.*"context":"calls"/);
    gives('an unknown path is a real 404', rpc_raw('{}', '/onep:v1/rpc/nosuch'), 404, error_of('404 Not Found'));
    gives('a grant token', rpc_raw('{"auth":{"token":"' . 'a' x 40 . '"},"calls":[]}'), 200, qr/"code":401/);
    my $device = device('m1', 'locked1');
    my $key = $m->activate('m1', 'locked1')->{body};
    is(rpc($portal, ['update', $device, { locked => JSON::PP::true }])->[0]{status}, 'ok', 'lock');
    is_deeply(rpc({ cik => $key }, ['info', { alias => '' }]), [{ id => 0, status => 'locked' }], 'node-onep: a locked client');
    gives('a locked client reads', once(head('GET /onep:v1/stack/alias?temp HTTP/1.1', "X-Exosite-CIK: $key")), 401, error_of('401 Unauthorized'), 198);
    is(result($portal, ['info', $device, { basic => JSON::PP::true }])->{basic}{status}, 'locked', 'and is shown so');
    is(rpc($portal, ['update', $device, { locked => JSON::PP::false }])->[0]{status}, 'ok', 'unlock');
    is_deeply(rpc({ cik => $key }), [], 'the key works again');
    is(rpc({ cik => $key, client_id => $owner })->{error}{code}, 401, 'a device does not act for its owner');
    is_deeply(rpc({ cik => $m->{portal_cik}, resource_id => $device }, ['lookup', 'alias', ''])->[0]{result}, $owner, 'resource_id: its owner acts');
}

er_sdk();
libexosite_sync();
libexosite_async();
arduino();
other_devices();
pyonep();
goonep();
other_managers();
exoline();
legacy_rpc();
rpc_bytes();
is($m->stop, 0, 'the server ends cleanly');
done_testing;
