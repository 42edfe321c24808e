#!/usr/bin/env perl
# The tool with what a device has: recording from files, export, following, the tree, single calls of the
# RPC, and what it says when one of them fails.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $m = Muster->start(variant => 'release')
    ->init(ports => [[temp => 'float'], [count => 'integer'], [note => 'string']]);
$m->model('m');
$m->add('m', 'a1', 'a2');
my $rid = $m->enable('m', 'a1');
my $cik = $m->activate('m', 'a1')->{body};
our ($server, $key) = ("http://127.0.0.1:$m->{port}{http}", $cik);

sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>', "$dir/$_[0]") or die "$_[0]: $!"; print $f $_[1]; close $f; return "$dir/$_[0]" }

sub begin {
    my ($out, @words) = @_;
    my $pid = fork() // die;
    return $pid if $pid;
    open(STDOUT, '>&', $out) or die;
    open(STDERR, '>', "$dir/err") or die;
    open(STDIN, '<', "$dir/in") or open(STDIN, '<', '/dev/null') or die;
    delete @ENV{qw(MUSTER_TOKEN MUSTER_PROFILE)};
    @ENV{qw(HOME MUSTER_SERVER MUSTER_CIK)} = ($dir, $server, $key);
    exec(Muster::bin('release', 'muster'), @words) or POSIX::_exit(127);
}

# A run of the tool: its exit status and what it prints.
sub case {
    my ($name, $words, $code, $prints, $says) = @_;
    open(my $out, '>', "$dir/out") or die;
    waitpid begin($out, @$words), 0;
    is $? >> 8, $code, "$name: exit status" or diag slurp("$dir/err");
    if (ref $prints) { like slurp("$dir/out"), $prints, "$name: output" }
    else { is slurp("$dir/out"), $prints // '', "$name: output" }
    like slurp("$dir/err"), $says // qr/^$/, "$name: says";
}

# ---- record ----
case 'record CSV', [qw(data record temp), spew('t.csv', "1700000000,20.5\r\n1700000060,1e3\n\n1700000120,-3\n")],
    0, "3 points are stored\n";
case 'record lines of JSON', [qw(data record note --json),
    spew('n.jsonl', qq({"ts":1700000000,"value":"a,\\"b\\""}\n[1700000001,"two\\nlines"]\n[1700000002,7]\n))],
    0, qq({"result":"recorded","points":3}\n);
spew('in', join '', map { 1700000000 + $_ . ",$_\n" } 0 .. 1200);
case 'record from standard input, in several calls', [qw(data record count - --progress)], 0,
    "1201 points are stored\n", qr/^500\n1000\n1201\n$/;
unlink "$dir/in";
case 'record twice the same second', [qw(data record temp), spew('t.csv', "1700000300,1\n1700000300,2\n1700000400,3\n")],
    1, '', qr/1700000300 was not stored: another .*\n.*2 points are stored, 1 is not/;
case 'record what is no number', [qw(data record count),
    spew('c.csv', join '', (map { 1600000000 + $_ . ",$_\n" } 1 .. 500), "1600000600,1\n1600000601,much\n")],
    1, '', qr/count: 400: a value does not fit.*\n.*500 points are stored; .* --from-line 501$/m;
case 'and go on', [qw(data record count --from-line 501),
    spew('c.csv', join '', ("\n" x 500), "1600000600,1\n1600000601,2\n")], 0, "2 points are stored\n";
case 'record a line that is none', [qw(data record temp), spew('t.csv', "1700000500,1\nlater,2\n")], 5, '',
    qr/t\.csv: line 2: the time is not a number of seconds\n.*1 point is stored; .* --from-line 2$/m;
case 'record behind a heading of some kind', [qw(data record temp --from-line 2), spew('t.csv', "Time,Value\n1700000500,1\n")], 0,
    "1 point is stored\n";
spew('in', qq({"ts":1700000500,"value":1}\n));
case 'record JSON that nobody said is JSON', [qw(data record temp -)], 5, '', qr/^muster data record: -: line 1: this is a line of JSON: add --format json$/m;
unlink "$dir/in";
case 'record to no alias', [qw(data record nope), spew('t.csv', "1,1\n")], 1, '', qr/nope: the device has no such alias/;
{
    my $own = { cik => $cik };
    my $sms = $m->call($own, 'create', { alias => '' }, 'dispatch', { method => 'sms', recipient => '1' });
    $m->call($own, 'map', 'alias', $sms, 'sms');
    case 'record to a dispatch', [qw(data record sms), spew('t.csv', "1,1\n")], 1, '', qr/sms: the device has no dataport of that alias$/;
    $m->call($own, 'drop', $sms);
}
case 'record no file', [qw(data record temp), "$dir/none.csv"], 5, '', qr/cannot read .*none\.csv: No such file/;
case 'record another format', [qw(data record temp - --format xml)], 2, '', qr/--format is csv or json/;

# ---- export ----
case 'export', [qw(data export temp)], 0,
    "1700000000,20.5\r\n1700000060,1000\r\n1700000120,-3\r\n1700000300,1\r\n1700000400,3\r\n1700000500,1\r\n";
case 'export lines of JSON', [qw(data export note --json)], 0,
    qq({"ts":1700000000,"value":"a,\\"b\\""}\n{"ts":1700000001,"value":"two\\nlines"}\n{"ts":1700000002,"value":"7"}\n);
case 'export from and to', [qw(data export temp --from 1700000060 --to 2023-11-14T22:15:20Z)], 0, "1700000060,1000\r\n1700000120,-3\r\n";
case 'export to a file', [qw(data export count --progress --output), "$dir/count.csv"], 0,
    "1703 points are in $dir/count.csv\n", qr/^1703 of 1703\n1703 of 1703\n$/;
like slurp("$dir/count.csv"), qr/^1600000001,1\r\n(?:\d+,\d+\r\n){1701}1700001200,1200\r\n\z/, 'all of them, oldest first';
case 'what was exported is recorded again', [qw(data record count), "$dir/count.csv"], 0, "1703 points are stored\n";
case 'record ahead of time', [qw(data record temp), spew('t.csv', "253402300799,5\n")], 0, "1 point is stored\n";
case 'export to the end of time', [qw(data export temp --from 1800000000)], 0, "253402300799,5\r\n";
case 'export what is not there', [qw(data export nope)], 1, '', qr/info: invalid: there is no such resource, alias or code$/;
ok !-e "$dir/none.csv", 'no file is left behind';
case 'export from no time', [qw(data export temp --from soon)], 2, '', qr/--from: it looks like 2026-12-31/;
{
    local $key = $m->{portal_cik};
    case 'export what a device has, as its owner', [qw(data export temp --to 1700000000 --client-id), $rid], 0, "1700000000,20.5\r\n";
}

# ---- follow ----
case 'follow what is there', [qw(data follow temp --since 1700000060 --count 2)], 0,
    "2023-11-14 22:15:20Z  -3\n2023-11-14 22:18:20Z  1\n";
case 'follow with --json', [qw(data follow note --since 1700000000 --count 1 --json)], 0,
    qq({"ts":1700000001,"value":"two\\nlines"}\n);
pipe(my $lines, my $out) or die;
my $pid = begin($out, qw(data follow count --since), 1700001199);
close $out;
like scalar <$lines>, qr/^\S+ \S+  1200$/, 'a line is out as soon as it is there';
kill 'INT', $pid;
waitpid $pid, 0;
is $?, 0, 'Ctrl-C ends it well';
{
    local $key = 'f' x 40;
    case 'follow with a wrong key', [qw(data follow temp)], 1, '', qr/401: the CIK is not valid/;
}
case 'follow from no time', [qw(data follow temp --since soon)], 2, '', qr/--since: it looks like/;

# A server that answers at once, as those did that know no waiting.
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
my $old = fork() // die;
if (!$old) {
    for my $reply ('', 'temp=1', 'temp=1', 'temp=2') {
        my $socket = $listener->accept;
        take_request($socket);
        my $status = $reply eq '' ? '204 No Content' : '200 OK';
        syswrite $socket, sprintf "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", $status, length $reply, $reply;
        close $socket;
    }
    POSIX::_exit(0);
}
{
    local $server = 'http://127.0.0.1:' . $listener->sockport;
    case 'follow a server that does not wait', [qw(data follow temp --count 1)], 0, qr/^\S+ \S+Z  2\n$/;
}
waitpid $old, 0;

# ---- rpc ----
case 'rpc', [qw(rpc lookup), '{"alias":""}', 'aliased', ''], 0, "$rid\n";
case 'rpc with --json', [qw(rpc read {"alias":"count"} {"limit":2} --json)], 0, "[[1700001200,1200],[1700001199,1199]]\n";
case 'rpc, points', [qw(rpc read {"alias":"temp"} {"limit":2})], 0, "2023-11-14 22:21:40Z  1\n2023-11-14 22:20:00Z  3\n";
case 'rpc, an object', [qw(rpc info), $rid, '["basic"]'], 0, qr/^basic +\{.*"type":"client"/;
case 'rpc with a negative number', [qw(rpc write {"alias":"note"} -5)], 0, "ok\n";
case '... which is none of the options', [qw(rpc write {"alias":"note"} -x)], 2, '', qr/unknown option -x/;
case 'rpc without a result', [qw(rpc write {"alias":"note"}), '"last words"'], 0, "ok\n";
case 'rpc without a result, with --json', [qw(rpc write {"alias":"note"} word --json)], 0, "null\n";
case 'rpc that is refused', [qw(rpc read {"alias":"nope"})], 1, '', qr/^muster rpc: read: invalid: /;
case 'rpc that is not there', [qw(rpc nonsense)], 1, '', qr/^muster rpc: nonsense: fail: the server has no such procedure, or not over HTTP$/;
my $count = $m->call({ cik => $cik }, 'lookup', 'aliased', 'count');
my $grant = spew('grant', $m->call({ cik => $m->{portal_cik} }, 'grant', $rid, { $count => ['read'] }));
case 'rpc with a grant token', [qw(rpc read), $count, '--grant-file', $grant], 0, "2023-11-14 22:33:20Z  1200\n";
case '... which allows nothing else', [qw(rpc write), $count, 1, '--grant-file', $grant], 1, '', qr/^muster rpc: write: restricted: /;
case '... and says who calls', [qw(rpc read), $count, '--grant-file', $grant, qw(--as portal)], 2, '', qr/leave out --as, --client-id and --cik-file$/;
case '... also if a file says otherwise', [qw(rpc read), $count, '--grant-file', $grant, '--cik-file', $grant], 2, '', qr/leave out --as, --client-id and --cik-file$/;
case 'rpc with a grant token that is none', [qw(rpc read), $count, '--grant-file', spew('none', '0' x 40)], 1, '',
    qr/^muster rpc: the grant token is not valid here: wrong, or it ran out/;
case 'rpc with too few words', [qw(rpc info)], 1, '', qr/^muster rpc: info: fail: the procedure takes another number of arguments, or others than these: info RESOURCE \['\[\"basic\"/;
case 'rpc with a value that is none', [qw(rpc write {"alias":"temp"} warm)], 1, '',
    qr/^muster rpc: write: badarg: an argument or a value is none that is allowed: write RESOURCE VALUE$/;
case 'rpc that tells in words', [qw(rpc listing {"alias":""} ["nonsense"])], 1, '', qr/^muster rpc: listing: error: Invalid resource type$/;
my $temp = do { open(my $out, '>', "$dir/out") or die; waitpid begin($out, qw(rpc lookup {"alias":""} aliased temp --json)), 0; slurp("$dir/out") };
case 'rpc that would go in a circle', [qw(rpc update {"alias":"temp"}), qq({"subscribe":$temp})], 1, '',
    qr/^muster rpc: update: invalid: there is no such resource, or it would subscribe to itself in the end$/;
case 'rpc of which not all is stored', [qw(rpc recordbatch {"alias":"temp"}), '[[1600000000,1],[1600000001,"x"]]'], 1, '',
    qr/^muster rpc: recordbatch: these points were not stored, all others are: \[\[1600000001,"invalid"\]\]$/;
case 'rpc wait in which nothing comes', [qw(rpc wait {"alias":"temp"}), '{"timeout":1200,"since":253402300799}', qw(--timeout 1)], 1, '',
    qr/^muster rpc: wait: expire: no value came in time$/;
case 'rpc with bad JSON', [qw(rpc read {"alias")], 2, '', qr/argument 1 is no JSON/;
case 'rpc as nobody', [qw(rpc read x --as king)], 2, '', qr/--as is vendor or portal/;
case 'rpc with no RID', [qw(rpc read x --client-id king)], 2, '', qr/--client-id: a RID is 40/;
case 'rpc as a stranger', [qw(rpc read x --client-id), $m->{portal_rid}], 1, '', qr/the CIK is not valid here .* or the client is not below it/;

# ---- tree ----
my $tree = qr/^template \(device m a1\)  client activated  $rid\n├── temp \(alias temp\)  dataport float  \w{40}\n├── count \(alias count\)  dataport integer  \w{40}\n└── note \(alias note\)  dataport string  \w{40}\n\z/;
case 'the tree of a device', ['tree'], 0, $tree;
case 'with values', [qw(tree --values)], 0, qr/float  \w{40} = 1 at 2023-11-14 22:21:40Z\n.*integer  \w{40} = 1200 at .*\n.*string  \w{40} = word at /;
case 'of one dataport', [qw(tree temp --values)], 0, qr/^temp  dataport float  \w{40}\n\z/;
case 'of what is not there', [qw(tree nope)], 1, '', qr/lookup: invalid/;
{
    local $key = $m->{root_cik};
    case 'the whole tree', ['tree'], 0, qr/^-  client activated  \w{40}\n└── domain  client activated  $m->{domain_rid}\n    ├── portal  client activated  $m->{portal_rid}\n    │   └── template \(device m a1\)  client activated  $rid\n    │       ├── temp \(alias temp\)  dataport float  \w{40}\n(?:.*\n){2}    └── template  client activated  $m->{template_rid}\n        ├── temp /;
    case 'down to a depth', [qw(tree --depth 1)], 0, qr/^\S.*\n└── .*$m->{domain_rid}\n\z/;
    case 'as JSON', [qw(tree --json --depth 2)], 0,
        qr/^\{"rid":"\w{40}","type":"client",.*,"children":\[\{"rid":"$m->{domain_rid}".*"children":\[\{"rid":"$m->{portal_rid}",[^\[]*\},\{"rid":"$m->{template_rid}",[^\[]*\}\]\}\]\}\n\z/;
    ok eval { JSON::PP->new->decode(slurp("$dir/out")) }, 'which is JSON';
    case 'nothing to the left of the first', ['tree', $rid], 0, $tree;
}
my $lab = $m->create_client({ cik => $m->{portal_cik} }, 'lab');
for my $new ([datarule => { format => 'integer', rule => { timeout => { timeout => 60, repeat => JSON::PP::false } } }],
    [datarule => { format => 'string', rule => { script => 'print(1)' } }],
    [dispatch => { method => 'sms', recipient => '1', locked => JSON::PP::true }]) {
    $m->call({ cik => $m->{portal_cik} }, 'create', $lab, @$new);
}
{
    local $key = $m->{portal_cik};
    case 'of what processes', ['tree', $lab], 0,
        qr/^├── -  datarule integer timeout  \w{40}\n├── -  datarule string script waiting \(not run\)  \w{40}\n└── -  dispatch sms locked  \w{40}\n\z/m;
    case '... as JSON', ['tree', $lab, '--json'], 0,
        qr/"format":"string","rule":"script","method":null,"status":"waiting"\}.*"format":null,"rule":null,"method":"sms","status":"locked"\}/;
    $m->call({ cik => $key }, 'drop', $lab);
}
my @many = map { "b$_" } 1 .. 70;
$m->add('m', @many);
$m->enable('m', $_) for @many;
{
    local $key = $m->{portal_cik};
    case 'more than one piece', [qw(tree --depth 1)], 0, qr/^portal.*\n(?:├── template.*\n){70}└── template.*\n\z/;
}
# ---- a server that goes away ----

# Reads all of a request, for what is left unread when the connection is closed breaks it.
sub take_request {
    my ($socket) = @_;
    my ($text, $left) = ('', 1);
    while ($left > 0) {
        sysread $socket, $text, 65536, length $text or last;
        my ($head) = $text =~ /^(.*?\r\n\r\n)/s or next;
        my ($n) = $head =~ /^Content-Length: (\d+)/mi;
        $left = length($head) + ($n // 0) - length $text;
    }
}

# Answers one request after the other: [STATUS, VALUE, more head]; an empty one breaks the connection.
sub play {
    my @script = @_;
    my $pid = fork() // die;
    return $pid if $pid;
    for (@script) {
        my ($status, $body, $more) = @$_;
        my $socket = $listener->accept;
        take_request($socket);
        syswrite $socket, sprintf "HTTP/1.1 %s\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s", $status,
            length($body // ''), $more // '', $body // '' if $status;
        close $socket;
    }
    POSIX::_exit(0);
}

# A server until the tool waits for it: answers these, and gives back the connection of the next.
sub hold {
    for my $reply (@_, undef) {
        my $socket = $listener->accept;
        take_request($socket);
        return $socket if !defined $reply;
        syswrite $socket, sprintf "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
            length $reply ? '200 OK' : '204 No Content', length $reply, $reply;
        close $socket;
    }
}
sub answer { return qq([{"id":0,"status":"ok","result":$_[0]}]) }
sub interrupted {
    my ($name, $words, $n_begun, $says, @replies) = @_;
    open(my $out, '>', "$dir/out") or die;
    my $pid = begin($out, @$words);
    my $held = hold(@replies);
    is scalar(() = glob "$dir/*.{new,part}"), $n_begun, "$name: what is half written";
    kill 'INT', $pid;
    waitpid $pid, 0;
    is $? & 127, POSIX::SIGINT(), "$name: Ctrl-C ends it";
    like slurp("$dir/err"), $says, "$name: says";
    is_deeply [glob "$dir/*.{new,part}"], [], "$name: nothing half written is left";
}
{
    local $server = 'http://127.0.0.1:' . $listener->sockport;
    interrupted('an export', [qw(data export count --output), "$dir/cut.csv"], 1, qr/^$/,
        answer('{"description":{"format":"integer"},"storage":{"count":2}}'), answer('[[1,1]]'));
    ok !-e "$dir/cut.csv", '... nor anything under its name';
    interrupted('a fleet', [qw(fleet export --vendor acme --passphrase-file), spew('words', "a passphrase that is long enough\n"), '--output', "$dir/cut.fleet"], 1, qr/^$/);
    ok !-e "$dir/cut.fleet", '... nor is that';
    interrupted('a record', [qw(data record count), spew('long.csv', join '', map { "$_,1\n" } 1 .. 1001)], 0,
        qr/^muster: 1000 points are stored for sure; to go on, add --from-line 1001\n\z/, answer('{"basic":{"type":"dataport"}}'), '', '');
    open(my $out, '>', "$dir/out") or die;
    my $pid = begin($out, qw(data export count --progress --output), "$dir/many.csv");
    close hold(answer('{"description":{"format":"integer"},"storage":{"count":10000}}'), answer('[[1,1],[2,1]]'));
    waitpid $pid, 0;
    like slurp("$dir/err"), qr/^2\n/, 'a count that is only a beginning is no total';
}
my $seen = "Last-Modified: Tue, 14 Nov 2023 22:20:00 GMT\r\n";
{
    local $server = 'http://127.0.0.1:' . $listener->sockport;
    my $played = play(['304 Not Modified'], [], ['503 Service Unavailable'], ['200 OK', 'temp=5', $seen]);
    case 'a broken connection and 503 are waited out', [qw(data follow temp --count 1)], 0, "2023-11-14 22:20:00Z  5\n",
        qr/^muster: [^\n]+: waiting for the server to come back\nmuster: the server is back\n\z/;
    waitpid $played, 0;
    $played = play(['304 Not Modified'], [], ['401 Unauthorized', "HTTP/1.1 401 Unauthorized\r\n"]);
    case 'a server that comes back with another mind', [qw(data follow temp)], 1, '', qr/back\n.*401: the CIK is not valid/;
    waitpid $played, 0;
    $played = play(['304 Not Modified'], []);
    case 'not waited for', [qw(data follow temp --no-reconnect)], 3, '', qr/^muster data follow: [^\n]+\n\z/;
    waitpid $played, 0;
    $played = play([]);
    case 'one that never answered', [qw(data follow temp)], 3, '', qr/^muster data follow: [^\n]+\n\z/;
    waitpid $played, 0;
}

# Between the tool and the server, whose port changes: what is connected to a server that is gone breaks.
my $between = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
my $relay = fork() // die;
if (!$relay) {
    for (;;) {
        my $near = $between->accept;
        my $port = slurp("$dir/port");
        my $far = $port ne '' && IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
        my %other = $far ? ($near => $far, $far => $near) : ();
        while ($far) {
            my $in = '';
            vec($in, fileno $_, 1) = 1 for $near, $far;
            select $in, undef, undef, undef;
            my ($from) = grep { vec $in, fileno $_, 1 } $near, $far;
            last if !sysread $from, my $bytes, 65536;
            syswrite $other{$from}, $bytes;
        }
    }
}
spew('port', $m->{port}{http});
{
    local $server = 'http://127.0.0.1:' . $between->sockport;
    pipe($lines, $out) or die;
    $pid = begin($out, qw(data follow count --since 1700001199));
    close $out;
}
like scalar <$lines>, qr/  1200$/, 'a value';
spew('port', '');
is $m->kill9, 9, '... kill -9';
$m->launch;
$server = "http://127.0.0.1:$m->{port}{http}";
is $m->request('POST', '/onep:v1/stack/alias/count', [Muster::with_cik($cik)], '1700002000=1&1700002001=2')->{status}, 204,
    '... values that come meanwhile';
spew('port', $m->{port}{http});
like scalar <$lines>, qr/^\S+ 22:46:40Z  1$/, '... are shown when the server is back';
like scalar <$lines>, qr/^\S+ 22:46:41Z  2$/, '... in their order';
is $m->request('POST', '/onep:v1/stack/alias/count', [Muster::with_cik($cik)], '1700002002=3')->{status}, 204, '... and those after';
like scalar <$lines>, qr/  3$/, '... and none twice';
like slurp("$dir/err"), qr/^muster: [^\n]+: waiting for the server to come back\nmuster: the server is back\n\z/, '... which is told';
kill 'INT', $pid;
waitpid $pid, 0;
kill 'KILL', $relay;
waitpid $relay, 0;

is $m->stop, 0, 'the server ends well';
done_testing;
