#!/usr/bin/env perl
# The tool against servers that misbehave: it says what is the matter, ends with the documented
# status, prints nothing wrong, and shows its keys to nobody but the server they are for.
use strict;
use warnings;
use FindBin;
use IO::Socket::INET;
use Test::More;

chdir "$FindBin::Bin/../.." or die $!;
my $muster = 'build/release/bin/muster';
my $key    = 'ab' x 20;
my $work   = `mktemp -d`;
chomp $work;
END { system 'rm', '-rf', $work if $work }
delete @ENV{qw(MUSTER_SERVER MUSTER_TOKEN MUSTER_CIK MUSTER_PROFILE XDG_CONFIG_HOME http_proxy)};
$ENV{HOME} = $work;

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$work/$name" or die $!;
    print $out $text;
    close $out;
    return "$work/$name";
}
my $key_file = write_file('key', "$key\n");

# Serves one connection with fixed bytes (undef: says nothing until the peer leaves), or as many as
# there are replies in an array, and gives what was asked through a pipe.
sub serve {
    my ($replies) = @_;
    my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
    pipe my $from, my $to or die $!;
    my $pid = fork // die $!;
    if ($pid == 0) {
        alarm 60;
        close $from;
        my @replies = ref $replies ? @$replies : $replies;
        my $last = pop @replies;
        for my $reply (@replies) {
            my $peer = $listener->accept or exit 1;
            my $request = '';
            while ($request !~ /\r\n\r\n/ && sysread $peer, my $bytes, 65536) { $request .= $bytes }
            print $peer $reply;
        }
        my $reply = $last;
        my $peer = $listener->accept or exit 1;
        close $listener;
        my $request = '';
        while ($request !~ /\r\n\r\n/ && sysread $peer, my $bytes, 65536) { $request .= $bytes }
        my ($length) = $request =~ /^content-length: *(\d+)/mi;
        my ($head) = $request =~ /^(.*?\r\n\r\n)/s;
        while (length($request) < length($head // '') + ($length // 0)) {
            sysread $peer, my $bytes, 65536 or last;
            $request .= $bytes;
        }
        if (defined $reply) { local $SIG{PIPE} = 'IGNORE'; print $peer $reply }
        else { 1 while sysread $peer, my $bytes, 65536 }
        close $peer;
        print $to $request;
        close $to;
        require POSIX;
        POSIX::_exit(0);
    }
    close $to;
    return { pid => $pid, from => $from, url => 'http://127.0.0.1:' . $listener->sockport };
}

sub reply {
    my ($status, $body, @fields) = @_;
    return join("\r\n", "HTTP/1.1 $status", @fields, 'Content-Length: ' . length $body, '', '') . $body;
}

# An error as muster words it: the status line again.
sub muster_error { return reply($_[0], "HTTP/1.1 $_[0]\r\n", @_[1 .. $#_]) }

sub run {
    my (@words) = @_;
    my $command = join ' ', map { my $w = $_; $w =~ s/'/'\\''/g; "'$w'" } $muster, @words;
    my $out = `timeout 60 $command 2>$work/err </dev/null`;
    my $code = $? >> 8;
    open my $in, '<', "$work/err" or die $!;
    local $/;
    my $err = <$in>;
    return ($code, $out, $err);
}

# What the tool does with one reply.
sub case {
    my ($name, $reply, $words, $code, $says, $prints) = @_;
    my $server = serve($reply);
    my ($got, $out, $err) = run('--server', $server->{url}, @$words);
    kill 'TERM', $server->{pid} if $got == 2; # the tool did not get as far as asking
    my $request = do { local $/; readline $server->{from} } // '';
    waitpid $server->{pid}, 0;
    is $got, $code, "$name: exit status";
    like $err, $says, "$name: says";
    is $out, $prints // '', "$name: prints";
    return $request;
}

my @activate = qw(activate thermo 0001 --vendor acme);
my @models   = ('--token-file', $key_file, 'model', 'list');
my @read     = ('--cik-file', $key_file, 'data', 'read', 'temp');
my @drop     = ('--token-file', $key_file, '--cik-file', $key_file, qw(device drop thermo 0001 --yes));
my @init     = ('init', '--root-cik-file', $key_file, '--vendor', 'acme');

case 'overload', reply('503 Service Unavailable', '', 'Retry-After: 7'), [@activate, '--retry', '6'], 4,
    qr/503: .*try again; the server asks to wait 7 s$/;
case 'overload without an end in sight', reply('503 Service Unavailable', ''), \@activate, 4, qr/503: .*try again$/;
my $busy = reply('503 Service Unavailable', '', 'Retry-After: 1', 'Connection: close');
case 'overload that passes', [$busy, reply('200 OK', $key)], \@activate, 0, qr/^$/, "$key\n";
case 'overload that lasts longer than is waited', [$busy, $busy], [@activate, '--retry', '2'], 4, qr/503/;
case 'overload behind which the change was made after all', [$busy, muster_error('409 Conflict')], \@activate, 1,
    qr/409: .*an earlier try was answered 503 and may have been carried out/;
case 'an internal error', reply('500 Internal Server Error', ''), \@activate, 4, qr/500: trouble/;
case 'a rate limit', reply('429 Too Many Requests', '', 'Retry-After: 60'), \@activate, 1, qr/429.*60 s/;
my $request = case 'a redirect', reply('302 Found', '', 'Location: http://127.0.0.1:1/'),
    \@models, 4, qr/302/;
like $request, qr/^X-Exosite-Token: $key\r$/m, 'the token goes to the server asked';
case 'a page of another server', reply('200 OK', '<html>', 'Content-Type: text/html'), \@activate, 4,
    qr/not a CIK/;
my @status = ('--token-file', $key_file, qw(sn status thermo 0001));
for my $status ('400 Bad Request', '401 Unauthorized', '403 Forbidden', '404 Not Found', '405 Method Not Allowed',
    '409 Conflict', '410 Gone') {
    my ($code) = split ' ', $status;
    case "$code of another server", reply($status, '<html>', 'Content-Type: text/html'), \@status, 4,
        qr/$code: http:\S+ does not answer as a muster server: check --server/;
    case "$code without a body", reply($status, ''), \@init, 4, qr/does not answer as a muster server/;
}
# A 404 is looked into: is it the model that is missing?
case '404 of muster', [muster_error('404 Not Found'), reply('200 OK', "rid=$key")], \@status, 1, qr/404: no such serial number/;
case '401 of muster', muster_error('401 Unauthorized'), \@models, 1, qr/401: the key is not valid/;
case '409 of muster', muster_error('409 Conflict'), [@status, '--json'], 0, qr/^$/,
    qq({"model":"thermo","sn":"0001","status":"orphaned","rid":null}\n);
for my $status ('502 Bad Gateway', '504 Gateway Timeout') {
    my ($code) = split ' ', $status;
    case "$code of a proxy", reply($status, '<html>'), \@models, 4, qr/$code: trouble in the server/;
}
case '503 of a proxy', reply('503 Service Unavailable', '<html>'), \@models, 4, qr/503: .*try again/;
case '413 of a proxy', reply('413 Request Entity Too Large', '<html>'), \@models, 1, qr/413: .*smaller pieces/;
case 'a key with a line end', reply('200 OK', "$key\r\n"), \@activate, 4, qr/not a CIK/;
case 'a key in capitals', reply('200 OK', uc $key), \@activate, 4, qr/not a CIK/;
$request = case 'a good key', reply('200 OK', $key), \@activate, 0, qr/^$/, "$key\n";
like $request, qr{^POST /provision/activate HTTP/1\.1\r$}m, 'activation is a POST';
like $request, qr/\r\n\r\nvendor=acme&model=thermo&sn=0001$/, 'with the three names';
unlike $request, qr/X-Exosite/i, 'and without a key';

case 'no reply', '', \@models, 3, qr/may have been carried out/;
case 'half a head', "HTTP/1.1 200 OK\r\nContent-", \@models, 3, qr/muster model list: /;
case 'half a body', "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nthe", \@models, 3,
    qr/may have been carried out/;
case 'not HTTP', "SSH-2.0-OpenSSH\r\n", \@models, 3, qr/muster model list: /;
case 'silence', undef, ['--timeout', '1', @models], 3, qr/no answer in time; the call may have been/;
case 'a reply without end', "HTTP/1.1 200 OK\r\n\r\n" . 'x' x (17 << 20), \@models, 4, qr/longer than any/;

case 'control characters', reply('200 OK', "a\e[31m\r\n"), \@models, 0, qr/^$/, "MODEL\na\\x1b[31m\n";
case 'bytes that are no text', reply('200 OK', "\xff\r\n"), [@models, '--json'], 0, qr/^$/, qq([{"model":"?"}]\n);
case 'a list with a broken quote', reply('200 OK', "a\r\n\"b"), \@models, 4, qr/not a list of models/;
case 'values out of a wrong form', reply('200 OK', 'temp'), \@read, 0, qr/^$/, "ALIAS  VALUE\ntemp   -\n";
case 'values that were not asked for', reply('200 OK', 'a=1&temp=%32%zz&b=2'), [@read, '--json'], 0, qr/^$/,
    qq([{"alias":"temp","value":"2%zz"}]\n);
case 'a status that is none', reply('200 OK', "wonderful,,\r\n"), \@drop, 4, qr/does not tell a status/;
case 'a device without client', reply('204 No Content', ''), \@drop, 1, qr/has no device: it is unused/;

# Imports and exports. An older server takes no notice of words that it does not know.
my @import = ('--token-file', $key_file, qw(sn import thermo), write_file('import.csv', "a\n"));
my @export = ('--token-file', $key_file, qw(sn export thermo --output), "$work/export.csv");
my $page   = reply('200 OK', join '', map { sprintf "%04d,,\r\n", $_ } 1 .. 1000);
$request = case 'a dry run with an older server', muster_error('400 Bad Request'), [@import, '--dry-run'], 1,
    qr/thermo: 400: the server does not know imports: update musterd/;
like $request, qr{^POST /provision/manage/model/thermo/\?trial=true .*\r\n\r\n/\r\n$}s, 'which was sent no serial number';
for my $wrong ('<html>', "2,listed,\r\n", "1,lost,\r\n", "1,listed,\r\n1,listed,\r\n") {
    case "rows of which is told '$wrong'", [reply('200 OK', "1,form,\r\n"), reply('200 OK', 'acme'), reply('200 OK', $wrong)],
        \@import, 4, qr/the reply does not tell what became of the rows/;
}
case 'pages that do not go on', [$page, $page], \@export, 4, qr/the list is in no order: an older musterd/;
ok !-e "$work/export.csv", 'leave no file';

for my $wrong ('', 'null', '[]', '{}', '[1]', '[{"id":0}]', '[{"id":1,"status":"ok"}]', '[{"id":0,"status":"ok"},{}]') {
    case "RPC that answers '$wrong'", reply('200 OK', $wrong), \@init, 4, qr/not one of a muster server/;
}
case 'RPC that knows no key', reply('200 OK', '{"error":{"code":401,"message":"Authorization failed"}}'), \@init,
    1, qr/the CIK is not valid here/;
case 'RPC that gives no RID', reply('200 OK', '[{"id":0,"status":"ok","result":5}]'), \@init, 4, qr/no RID/;
case 'RPC that is locked', reply('200 OK', '[{"id":0,"status":"locked"}]'), \@init, 1, qr/locked/;
$request = case 'RPC in trouble', reply('200 OK', '{"error":{"code":500,"message":"Internal error"}}'), \@init, 4,
    qr/RPC error 500/;
unlike $request, qr/^(?:X-Exosite|Authorization)/mi, 'the key of an RPC call is in its body only';

# Keys are not to be seen by others on the machine.
my $server = serve(undef);
my $pid = fork // die $!;
if ($pid == 0) {
    alarm 60;
    open STDERR, '>', '/dev/null';
    exec { $muster } $muster, '--server', $server->{url}, @models or exit 127;
}
sub words_of { open my $in, '<', "/proc/$_[0]/cmdline" or return ''; local $/; return <$in> }
1 until words_of($pid) =~ /^build.*muster/ || waitpid($pid, 1) == $pid;
like words_of($pid), qr/model\0list/, 'the command line can be seen';
unlike words_of($pid), qr/$key/, 'no key is in it';
kill 'TERM', $pid, $server->{pid};
waitpid $pid, 0;
waitpid $server->{pid}, 0;

done_testing;
