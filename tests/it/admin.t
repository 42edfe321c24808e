#!/usr/bin/env perl
# The admin listener: health, readiness, metrics, and nothing else.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use File::Temp qw(tempdir);
use Time::HiRes qw(time);
use Muster;
use Metrics;

my $dir = tempdir(CLEANUP => 1);
my $m = Muster->start(variant => 'release', tls => 1,
    set => { admin => '127.0.0.1:0', log_level => 'debug', threads => 2 })->init;

sub ask {
    my ($path, $method, @more) = @_;
    return $m->talk($m->dial($m->{port}{admin}), Muster::bytes_of($method // 'GET', $path, @more));
}
sub metrics { return Metrics::read_text(ask('/metrics')->{body}) }

# -- health and readiness --

for my $path ('/healthz', '/readyz') {
    my $reply = ask($path);
    is("$reply->{status} $reply->{body}", "200 ok\n", "$path is ok");
    is($reply->{header}{'content-type'}, 'text/plain; charset=utf-8', 'in plain text');
    is($m->request('GET', $path)->{status}, 404, "$path is not served to devices");
    is(ask($path, 'POST', [], 'x=1')->{status}, 405, 'POST is not for it');
    is(ask($path, 'POST', [], 'x=1')->{header}{allow}, 'GET', 'but GET');
    is(ask("$path/")->{status}, 404, 'nor is there anything below it');
}
is($m->request('GET', '/metrics')->{status}, 404, '/metrics is not served to devices');
for (['GET', '/timestamp'], ['POST', '/provision/activate'], ['GET', '/onep:v1/stack/alias?temp'],
    ['POST', '/onep:v1/rpc/process'], ['GET', '/provision/manage/model/'], ['GET', '/']) {
    my ($method, $path) = @$_;
    is(ask($path, $method, [['X-Exosite-Token', $m->{token}]], $method eq 'POST' ? 'a=b' : undef)->{status},
        404, "the admin listener does not know $path");
}

# -- the same strictness --

for (["GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400, 'two lengths'],
    ["GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400,
        'a length and a coding'],
    ["GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde", 413, 'a body'],
    ["GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", 400, 'a space before the colon'],
    ["GET /" . 'a' x 5000 . " HTTP/1.1\r\nHost: a\r\n\r\n", 413, 'a line that is too long'],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400, 'a PROXY header']) {
    my ($bytes, $status, $what) = @$_;
    my $socket = $m->dial($m->{port}{admin});
    syswrite($socket, $bytes);
    my $all = Muster::drain($socket) // '';
    like($all, qr{\AHTTP/1\.1 (?:$status|4\d\d) [^\r]*\r\n(?:.*\r\n)*Connection: close\r\n}, "$what is refused and the connection closed");
}

# -- what is counted --

my $reply = ask('/metrics');
is($reply->{status}, 200, '/metrics answers');
is($reply->{header}{'content-type'}, 'text/plain; version=0.0.4; charset=utf-8', 'in the format of Prometheus');
my $before = metrics();
is_deeply($before->{faults}, [], 'without a fault');
isnt(scalar @{ Metrics::read_text("a 1\n")->{faults} }, 0, 'the check sees a series without a type');
isnt(scalar @{ Metrics::read_text("# HELP muster_a A.\n# TYPE muster_a counter\nmuster_a 1\n")->{faults} }, 0,
    'and a counter with a bad name');

$m->model('m');
$m->add('m', 'SNR-A', 'SNR-B');
my $rid = $m->enable('m', 'SNR-A');
my $cik = $m->activate('m', 'SNR-A')->{body};
like($cik, qr/^[0-9a-f]{40}$/, 'a device gets its key');
$m->activate('m', 'SNR-A') for 1 .. 2;
$m->activate('m', 'SNR-B');
$m->activate('m', 'SNR-C');
$m->activate('other', 'SNR-A');
$m->request('POST', '/provision/activate', [], 'vendor=acme');
is($m->write_with($cik, temp => 1, count => 2)->{status}, 204, 'it writes two values');
is($m->read_with($cik)->{status}, 200, 'and reads one') for 1 .. 3;
is($m->request('GET', '/nowhere')->{status}, 404, 'somebody asks for what is not there');
my $tls = $m->dial($m->tls_port);
is($m->talk($tls, Muster::bytes_of('GET', '/timestamp'))->{status}, 200, 'and for the time over TLS');
my $garbage = $m->dial($m->{port}{https});
syswrite($garbage, "this is not TLS at all\r\n\r\n");
Muster::drain($garbage);
my $after = metrics();
is_deeply($after->{faults}, [], 'there is still no fault');

sub grew {
    my ($by, $name, $labels) = @_;
    my $got = Metrics::value($after, $name, $labels) - Metrics::value($before, $name, $labels);
    my $what = "$name " . ($labels // '');
    return $by =~ /^\d+$/ ? is($got, $by, "$what counts") : cmp_ok($got, '>=', substr($by, 2), "$what counts");
}
grew(1, 'muster_activations_total', 'outcome="activated"');
grew(2, 'muster_activations_total', 'outcome="activated_before"');
grew(1, 'muster_activations_total', 'outcome="not_enabled"');
grew(1, 'muster_activations_total', 'outcome="no_serial"');
grew(1, 'muster_activations_total', 'outcome="no_model"');
grew(1, 'muster_activations_total', 'outcome="malformed"');
grew(0, 'muster_activations_total', 'outcome="unavailable"');
grew(1, 'muster_http_requests_total', 'route="activate",status="2xx"');
grew(6, 'muster_http_requests_total', 'route="activate",status="4xx"');
grew(4, 'muster_http_requests_total', 'route="data",status="2xx"');
grew(3, 'muster_http_requests_total', 'route="manage",status="2xx"');
grew(1, 'muster_http_requests_total', 'route="timestamp",status="2xx"');
grew(1, 'muster_http_requests_total', 'route="other",status="4xx"');
grew(7, 'muster_http_request_duration_seconds_count', 'route="activate"');
grew(2, 'muster_points_stored_total');
grew('>=4', 'muster_store_commands_total', 'file="state"');
grew(1, 'muster_store_commit_commands_count', 'file="points"');
grew('>=4', 'muster_store_commit_duration_seconds_count', 'file="state"');
grew('>=1', 'muster_connections_accepted_total', 'listener="admin"');
grew('>=2', 'muster_connections_accepted_total', 'listener="https"');
grew('>=1', 'muster_connections_refused_total', 'listener="https",reason="handshake"');
grew('>=100', 'muster_received_bytes_total', 'listener="http"');
grew('>=100', 'muster_sent_bytes_total', 'listener="https"');
cmp_ok(Metrics::value($after, 'muster_connections_open', 'listener="https"'), '>=', 1, 'a TLS connection is open');
is(Metrics::value($after, 'muster_store_queue_length', "file=\"$_\""), 0, "nothing waits for $_") for qw(state points);
is(Metrics::value($after, 'muster_ready'), 1, 'it is ready');
is(Metrics::value($after, 'muster_healthy'), 1, 'and healthy');
cmp_ok(Metrics::value($after, 'muster_store_wal_frames', 'file="state"'), '>', 0, 'the log has pages');
cmp_ok(abs(Metrics::value($after, 'muster_clock_mark_seconds') - time), '<', 60, 'window time is about now');
cmp_ok(abs(Metrics::value($after, 'process_start_time_seconds') - time), '<', 60, 'the process began just now');
cmp_ok(Metrics::value($after, 'process_resident_memory_bytes'), '>', 1 << 20, 'it takes memory');
cmp_ok(Metrics::value($after, 'process_open_fds'), '>', 10, 'and descriptors');
my ($hit, $miss) = map { Metrics::value($after, 'muster_cache_lookups_total', "result=\"$_\"") } qw(hit miss);
cmp_ok($hit + $miss, '>=', 3, 'readers remember rows');

# -- never whose it was --

my @given = ($cik, $m->{token}, $m->{domain_cik}, $m->{portal_cik}, $m->{root_cik}, $rid, 'SNR-', 'acme', '127.0.0.1');
my $text = lc ask('/metrics')->{body};
is(join(' ', grep { index($text, lc $_) >= 0 } @given), '', 'no key, serial number, vendor or address is in /metrics');
my $log = lc $m->log;
is(join(' ', grep { index($log, lc $_) >= 0 } @given[0 .. 6]), '', 'no key and no serial number is in the log');

# -- the number of series --

my $count = $ENV{LONG} ? 1_000_000 : 10_000;
my $series = scalar keys %{ $after->{series} };
for (my $at = 0; $at < $count; $at += 10_000) {
    my @sns = map { sprintf 'sn%07d', $at + $_ } 0 .. 9_999;
    $m->add_csv('m', @sns);
    next if $ENV{MUSTER_LAUNCHER};
    my $socket = $m->dial;
    my $asked = @sns;
    my $buffer = '';
    for (my $i = 0; $i < $asked; $i += 20) {
        syswrite($socket, join '', map { Muster::bytes_of('POST', '/provision/activate',
                    [], Muster::form(vendor => 'acme', model => 'm', sn => $_)) } @sns[$i .. $i + 19]);
        for (1 .. 20) {
            my $got;
            until ($got = Muster::take_reply(\$buffer)) { $buffer .= Muster::receive($socket) // die 'no reply' }
            die $got->{raw} if $got->{status} != 409;
            $socket = $m->dial if ($got->{header}{connection} // '') eq 'close';
        }
    }
}
my $last = metrics();
is(scalar keys %{ $last->{series} }, $series, "after $count serial numbers there are $series series, as before");
is_deeply([sort keys %{ $last->{series} }], [sort keys %{ $after->{series} }], 'the same ones');
cmp_ok($series, '<', 1000, 'which are few');

SKIP: {
    skip 'promtool is not installed', 1 unless grep { -x "$_/promtool" } split /:/, $ENV{PATH};
    open(my $f, '>', "$dir/metrics") or die;
    print $f ask('/metrics')->{body};
    close $f;
    is(`promtool check metrics <$dir/metrics 2>&1`, '', 'promtool finds nothing to say');
}

# -- the end --

my $busy = $m->dial;
syswrite($busy, "POST /provision/activate HTTP/1.1\r\nContent-Length: 10\r\n\r\nx");
is($m->talk($m->dial, Muster::bytes_of('GET', '/timestamp'))->{status}, 200, 'a request hangs');
kill 'TERM', $m->{pid};
my ($ready, $until) = ({ status => 200 }, time + 20);
$ready = ask('/readyz') while $ready->{status} == 200 && time < $until;
is($ready->{status}, 503, 'while it drains it is not ready');
is(ask('/healthz')->{status}, 200, 'but healthy');
is(Metrics::value(metrics(), 'muster_ready'), 0, 'as the metrics say');
syswrite($busy, 'x' x 9);
like(Muster::drain($busy), qr{^HTTP/1.1 400 }, 'what hung is answered');
waitpid $m->{pid}, 0;
is($?, 0, 'then the server ends, and the admin listener with it');
delete $m->{pid};
$m->end_socat;

# -- the commits stand still --

SKIP: {
    skip 'the server runs under something else', 6 if $ENV{MUSTER_LAUNCHER};
    my $stuck = Muster->start(variant => 'release', args => ['--admin', '127.0.0.1:0', '--stall_timeout', '500ms',
            '--set', 'drain_timeout=300ms'])->init;
    $stuck->model('m');
    $m = $stuck;
    is(ask('/healthz')->{status}, 200, 'a server is healthy');
    pipe(my $said, my $say) or die "pipe: $!";
    my $strace = fork() // die "fork: $!";
    if (!$strace) {
        open(STDERR, '>&', $say) or POSIX::_exit(126);
        exec('strace', '-f', '-p', $stuck->{pid}, '-o', '/dev/null', '-e', 'trace=fdatasync,fsync',
            '-e', 'inject=fdatasync,fsync:delay_enter=2000000') or POSIX::_exit(127);
    }
    close $say;
    my $told = '';
    while ($told !~ /attached/) { last unless sysread($said, $told, 4096, length $told) }
    if ($told !~ /attached/) {
        waitpid $strace, 0;
        skip "strace cannot attach here: $told", 5;
    }
    my $waiting = $stuck->dial;
    syswrite($waiting, Muster::bytes_of('POST', '/provision/manage/model/m/', [['X-Exosite-Token', $stuck->{token}]], 'sn%5B%5D=a'));
    my ($health, $until) = ({ status => 200 }, time + 20);
    $health = ask('/healthz') while $health->{status} == 200 && time < $until;
    is("$health->{status} $health->{body}", "503 changes wait for muster.db, and none is answered\n", 'while the disk hangs it is not');
    is(ask('/readyz')->{status}, 503, 'nor ready');
    is($stuck->talk($waiting, '')->{status}, 205, 'the change is answered when the disk comes back');
    $until = time + 20;
    $health = ask('/healthz') while $health->{status} != 200 && time < $until;
    is($health->{status}, 200, 'and it is healthy again');
    like($stuck->log, qr/"event":"health".*none is answered.*"event":"health"/s, 'the log tells both');
    kill 'KILL', $strace;
    waitpid $strace, 0;
    $stuck->kill9;
}
done_testing;
