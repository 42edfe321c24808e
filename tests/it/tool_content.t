#!/usr/bin/env perl
# The tool with content: entries, uploads from files and pipes, downloads that are checked, gone on with and
# broken off, and what it says of what the server refuses.
use strict;
use warnings;
use lib 'tests/lib';
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use Test::More;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $m = Muster->start(variant => 'release')->init;
$m->model('m');
$m->add('m', 'idle', 'live');
$m->enable('m', 'live');
$m->activate('m', 'live');

sub slurp { open(my $f, '<', $_[0]) or return ''; binmode $f; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; binmode $f; print $f $_[1]; close $f; return $_[0] }

# A run of the tool: its exit status and what it prints; $in is its standard input.
sub case {
    my ($name, $words, $code, $prints, $says, $in) = @_;
    spew("$dir/in", $in // '');
    pipe(my $read, my $write) or die;
    my $feeder = fork() // die;
    if (!$feeder) { close $read; local $SIG{PIPE} = 'IGNORE'; print $write $in // ''; close $write; POSIX::_exit(0) }
    close $write;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDIN, '<&', $read) or die;
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        delete @ENV{qw(MUSTER_CIK MUSTER_PROFILE)};
        @ENV{qw(HOME MUSTER_SERVER MUSTER_TOKEN)} = ($dir, "http://127.0.0.1:$m->{port}{http}", $m->{token});
        exec(Muster::bin('release', 'muster'), 'content', @$words) or POSIX::_exit(127);
    }
    close $read;
    waitpid $pid, 0;
    is $? >> 8, $code, "$name: exit status" or diag slurp("$dir/err");
    waitpid $feeder, 0;
    if (ref $prints) { like slurp("$dir/out"), $prints, "$name: output" }
    else { ok slurp("$dir/out") eq ($prints // ''), "$name: output" or diag slurp("$dir/out") }
    like slurp("$dir/err"), $says // qr/^$/, "$name: says";
}

# ---- entries ----
case 'none yet', [qw(list m)], 0, qr/no content yet/;
case 'create', [qw(create m), 'fw 1/2', '--meta', 'those, who "try"'], 0, qr/^fw 1\/2: created$/;
case 'create protected, with --json', [qw(create m shut --protected --json)], 0, qr/^\{"content":"shut","result":"created"\}$/;
case 'create again', [qw(create m shut)], 1, '', qr/shut: 409: the model has content of that id/;
case 'create in no model', [qw(create none x)], 1, '', qr/404: there is no such content of this model, or no such model/;
case 'create without a name', ['create', 'm', ''], 1, '', qr/400: an id is 1 to 255 bytes/;
case 'list', [qw(list m --json)], 0, qq([{"content":"fw 1/2"},{"content":"shut"}]\n);
case 'list of a serial number', [qw(list m --sn live --json)], 0, qq([{"content":"fw 1/2"}]\n);
case 'list of one that is not activated', [qw(list m --sn idle)], 0, qr/nothing that it may download/;
case 'list of none', [qw(list m --sn none)], 1, '', qr/400: there is no such model .*, or no such serial number/;
case 'show before the upload', [qw(show m), 'fw 1/2', '--json'], 0,
    qr/^\{"model":"m","content":"fw 1\/2","type":"","bytes":0,"updated":\d{10},"meta":"those, who \\"try\\"","protected":false\}$/;
case 'show none', [qw(show m none)], 1, '', qr/m none: 404/;
case 'download before the upload', [qw(download m shut), "$dir/none.bin"], 1, '', qr/404: there is no such content, or nothing was uploaded/;

# ---- uploads ----
my $bytes = join '', map { pack 'N*', map { $_ * 2654435761 % 4294967296 } $_ * 1000 .. $_ * 1000 + 999 } 1 .. 80; # 320,000 of them
my $sum = sha256_hex($bytes);
my $file = spew("$dir/fw.bin", $bytes);
case 'upload', [qw(upload m), 'fw 1/2', $file], 0, qr/^content +fw 1\/2\nbytes +320000\nsha256 +$sum\nfile +\Q$file\E$/;
case 'upload again', [qw(upload m), 'fw 1/2', $file], 1, '', qr/409: it holds something already/;
case 'upload to none', [qw(upload m none), $file], 1, '', qr/m none: 404: make it first, with 'muster content create'/;
case 'upload from a pipe', [qw(upload m shut - --type), 'text/x; a=b', '--json'], 0,
    qq({"content":"shut","bytes":320000,"sha256":"$sum","file":"-"}\n), undef, $bytes;
case 'show', [qw(show m shut)], 0, qr/^type +text\/x; a=b\nbytes +320000\nupdated +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\ntext +-\nprotected +yes$/m;
case 'upload of nothing that is there', [qw(upload m shut), "$dir/nofile"], 5, '', qr/cannot read \Q$dir\E\/nofile: No such file/;
case 'upload of a directory', [qw(upload m shut), $dir], 5, '', qr/is a directory/;
case 'upload of a type that is none', [qw(upload m shut), $file, '--type', "a\nb"], 2, '', qr/a media type is 1 to 255 printable/;
case 'create empty', [qw(create m empty)], 0, qr/created/;
case 'upload of an empty file', [qw(upload m empty), spew("$dir/empty", '')], 0, qr/^bytes +0$/m;
case 'create large', [qw(create m large)], 0, qr/created/;
truncate(spew("$dir/large", ''), (16 << 20) + 1);
case 'upload of what is too large', [qw(upload m large), "$dir/large"], 1, '', qr/413: it is larger than the server takes/;

# ---- downloads ----
my $got = "$dir/got.bin";
case 'download', [qw(download m), 'fw 1/2', $got, '--json'], 0, qq({"content":"fw 1/2","bytes":320000,"sha256":"$sum","file":"$got"}\n);
ok slurp($got) eq $bytes, 'it is what was uploaded';
ok !-e "$got.part", 'and no part of it is left';
case 'download to standard output', [qw(download m shut -)], 0, $bytes;
case 'download of an empty one', [qw(download m empty), "$dir/none.bin"], 0, qr/^bytes +0$/m;
is -s "$dir/none.bin", 0, 'it is empty';
case 'download with progress', [qw(download m shut), $got, '--progress'], 0, qr/^sha256/m, qr/^320000 of 320000$/m;
for my $n (1, 65536, 100001, 319999, 320000) {
    unlink $got;
    spew("$got.part", substr $bytes, 0, $n);
    case "go on behind $n bytes", [qw(download m shut), $got, '--continue'], 0, qr/^sha256 +$sum$/m;
    ok slurp($got) eq $bytes, "it is whole, behind $n bytes";
}
unlink $got;
case 'go on with nothing', [qw(download m shut), $got, '--continue'], 0, qr/^sha256 +$sum$/m;
spew("$got.part", "$bytes and more");
case 'go on behind the end', [qw(download m shut), $got, '--continue'], 1, '', qr/416: what FILE.part holds is longer/;
spew("$got.part", chr(255 ^ ord $bytes) . substr $bytes, 1, 999);
case 'go on with another beginning', [qw(download m shut), $got, '--continue'], 4, '', qr/what came is not what was uploaded/;
spew("$got.part", substr($bytes, 0, 999) . chr(255 ^ ord substr $bytes, 999, 1));
case 'go on with another last byte', [qw(download m shut), $got, '--continue'], 5, '', qr/FILE\.part is of other content/;
case 'go on with standard output', [qw(download m shut - --continue)], 2, '', qr/--continue goes on with a file/;
case 'download into no directory', [qw(download m shut), "$dir/no/file"], 5, '', qr/cannot write \Q$dir\E\/no\/file\.part/;
case 'download for one that may not have it', [qw(download m shut), $got, '--sn', 'live'], 1, '', qr/403: there is no such model, or the serial number may not/;
case 'download for one that may', [qw(download m), 'fw 1/2', $got, '--sn', 'live'], 0, qr/^sha256 +$sum$/m;

# ---- deleting ----
case 'delete without --yes', [qw(delete m shut)], 2, '', qr/Say --yes if that is meant/;
case 'delete', [qw(delete m shut --yes)], 0, qr/^shut: deleted$/;
case 'delete again', [qw(delete m shut --yes)], 1, '', qr/m shut: 404/;

# ---- a server that sends something else ----
my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die $!;
my $liar = fork() // die;
if (!$liar) {
    while (my $client = $socket->accept) {
        sysread $client, my $request, 65536;
        my $digest = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='; # of "abc"
        print $client $request =~ /none/ ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
            : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nRepr-Digest: sha-256=:$digest:\r\nConnection: close\r\n\r\n" . ($request =~ /right/ ? 'abc' : 'abd');
        close $client;
    }
}
my @at = ('--server', 'http://127.0.0.1:' . $socket->sockport);
case 'what is right', [qw(download m right), $got, @at], 0, qr/^bytes +3$/m;
case 'what is wrong', [qw(download m wrong), "$dir/wrong.bin", @at], 4, '', qr/what came is not what was uploaded/;
ok !-e "$dir/wrong.bin", 'has not got its name';
case 'what has no hash', [qw(download m none), $got, @at], 4, '', qr/the server does not tell the hash/;
kill 'KILL', $liar;
waitpid $liar, 0;

is $m->stop, 0, 'the server ends';
done_testing;
