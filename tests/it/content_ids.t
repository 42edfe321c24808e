#!/usr/bin/env perl
# Ids of content are text, never names of files. Hundreds of hostile ones go through a real server that
# strace watches: each is refused, or works as an id like any other, end to end; and no file is
# opened, asked for, made or removed outside of the store's directory.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(time);
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $trace = "$dir/trace";
# -D: the server is the child, and the tracer its grandchild.
my @strace = qw(strace -D -f -qq -s 4096 -e trace=file);
plan skip_all => 'strace cannot trace here' if system("@strace -o $dir/probe true 2>$dir/why") != 0 || !-s "$dir/probe";

# ---- what a trace tells ----

sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
# What the C library asks by itself before it gives memory back is no name of anybody's.
sub traced { my ($text) = @_; return [grep { /^\d+\s+\w+\(/ && !m{"/proc/sys/vm/overcommit_memory"} } split /\n/, $text] }
# The lines that name a file elsewhere.
sub elsewhere {
    my ($home, $lines) = @_;
    return [grep { my $line = $_; grep { length && $_ ne $home && index($_, "$home/") != 0 || m{/\.\.?(?:/|$)} } $line =~ /"((?:[^"\\]|\\.)*)"/g } @$lines];
}
system("@strace -o $dir/control cat $dir/../../etc/hostname $dir/none >/dev/null 2>&1");
for (1 .. 200) { last if slurp("$dir/control") =~ /hostname.*none/s; select undef, undef, undef, 0.02 }
my @control = grep { !m{"/(?:lib|usr|etc/ld)} } @{ elsewhere($dir, traced(slurp("$dir/control"))) };
is scalar(grep {/hostname/} @control), 1, 'a file elsewhere is seen in a trace';
is scalar(grep {/none/} @control), 0, 'and one that belongs there is not';

# ---- the ids ----

my @ids;
push @ids, map { my $up = $_; map {"$up$_"} qw(etc/passwd proc/self/environ dev/null muster.key data/muster.db) }
    '../', '../../', '../' x 12, './../', '/', '//', '///', '/./', '/../', '....//....//', '..//..//', 'x/../../', '\\', '..\\..\\',
    '..\\../', '%2e%2e/', '%2e%2e%2f', '..%2f', '..%252f..%252f', '%252e%252e%252f', '..%c0%af', '..%5c', 'file:///', 'file://localhost/',
    "\x{ff0e}\x{ff0e}\x{ff0f}", "\x{2024}\x{2024}/", "..\x{2215}", "..\x{2044}", "..\x{29f8}", "\x{202e}../", "..\x{200b}/", "\x{feff}../";
push @ids, '.', '..', '...', '....', '/', '//', '\\', '~', '~root', '~/.ssh/id_rsa', '-', '--', '-rf', '--help', '*', '?', '[a-z]', '{a,b}', ' ', '  ', ' . ',
    '. ', '.. ', ' ..', "..\x{a0}", 'a.', 'a ', ' a', '.hidden', '.git/config', '.htaccess', 'index.html', 'a/b/c', 'a//b', '/a/', 'a/.', 'a/..';
push @ids, map { ($_, lc $_, "$_.txt", "$_:") } qw(CON PRN AUX NUL CLOCK$ COM1 COM9 LPT1 LPT9 CONIN$);
push @ids, qw(muster.db muster.db-wal muster.db-shm points.db content.db content.db-wal muster.key root.cik lock restoring backups
    /proc/self/mem /proc/self/fd/0 /proc/self/root/etc/passwd /proc/1/maps /dev/zero /dev/random /dev/tcp/127.0.0.1/80 /dev/stdin /sys/kernel /run/secrets
    C:\\boot.ini C:/boot.ini C: \\\\server\\share \\\\?\\C:\\ \\\\.\\PhysicalDrive0 //server/share a:stream ::$DATA a::$DATA php://filter), 'zip://a.zip#b', 'data:text/plain,x';
push @ids, q(' OR '1'='1), q('; DROP TABLE content;--), q(" OR ""="), q(x'00'), q(%s%s%s%n), q(%n), q(%d), q(${PATH}), q($(id)), '`id`', '; id', '| id',
    '&& id', '> /tmp/x', '< /etc/passwd', '!!', '<script>alert(1)</script>', '{{7*7}}', '${7*7}', '#{7*7}', '<!--', ']]>', '&amp;', '&lt;', '=1+1', '@SUM(1)', '+1', '-1',
    '0', '-0', '1e999', 'NaN', 'null', 'true', 'undefined', '[]', '{}', '""', "''", ',', ',,', '"', '""""', 'a,b', 'a"b', 'id=x&delete=true', 'x&id=y', 'x;id=y', 'x=y',
    '?download=true', 'fw?download=true', 'fw#x', 'fw%00.bin', '%00', '%', '%%', '%zz', '%u002e', '+', 'a+b', 'a%2Bb', '%2F', '%2E%2E', 'HTTP/1.1';
push @ids, map {chr} 0x21 .. 0x7e;
push @ids, map { ("a$_", "${_}a", "a${_}b") } map {chr} 0 .. 0x1f, 0x7f;
push @ids, "x\r\nX-Injected: 1", "x\r\n\r\nHTTP/1.1 200 OK", "x\n", "\rx", "x\0", "\0x", "x\0/../etc/passwd", "../etc/passwd\0.bin", "\e[2J", "\x{85}x", "\x{9b}31mx";
push @ids, map { 'x' x $_ } 2, 63, 64, 128, 250 .. 258, 500, 1000;
push @ids, '../' x 85, '../' x 86, '/' x 255, '/' x 256, '.' x 255, '%2e' x 85, ("\x{e9}" x 127) . 'x', "\x{e9}" x 128, "\x{1f600}" x 63, "\x{1f600}" x 64;
push @ids, "caf\x{e9}", "cafe\x{301}", "\x{212b}", "\x{c5}", "A\x{30a}", "\x{fb01}", "fi", "\x{130}", "\x{131}", "\x{df}", 'ss', "\x{3a3}", "\x{3c2}", "\x{17f}", "\x{212a}",
    "\x{202e}gpj.exe", "\x{200f}x", "x\x{200d}y", "\x{2066}x", "\x{feff}x", "\x{fffd}", "\x{10ffff}", "\x{e000}", "\x{378}", "\x{1d7d8}", "\x{ad}x", "\x{180e}x", "\x{2028}x", "\x{3000}";
utf8::encode($_) for @ids;
# Bytes that are no UTF-8: overlong forms, surrogates, what is cut short, what is beyond Unicode.
my @bytes = ("\xc0\xaf", "..\xc0\xaf", "\xc0\xae\xc0\xae/", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xc1\x9c", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
    "\xf8\x88\x80\x80\x80", "\xff", "\xfe", "\x80", "a\xe9", "\xe2\x82", "\xf0\x9f\x98", "caf\xe9", "\xc3", "\xa0x", "\xbf");
push @ids, @bytes;
my %once;
@ids = grep { !$once{$_}++ } @ids;
cmp_ok scalar @ids, '>=', 500, scalar(@ids) . ' ids, all different';

# 1 to 255 bytes of UTF-8 without control characters.
sub is_good {
    my ($id) = @_;
    my $text = $id;
    return length $id >= 1 && length $id <= 255 && $id !~ /[\x00-\x1f\x7f]/ && utf8::decode($text) && $text !~ /[\x{d800}-\x{dfff}]/ && $text !~ /[^\x{0}-\x{10ffff}]/;
}

# ---- the server ----

$ENV{MUSTER_LAUNCHER} = "@strace -o $trace";
my $m = Muster->start(variant => 'release', dir => "$dir/data", set => { requests_per_connection => 1000000, content_overwrite => 'yes' })->init;
delete $ENV{MUSTER_LAUNCHER};
$m->model('m1');
$m->add('m1', 'd');
$m->enable('m1', 'd');
my $cik = [Muster::with_cik($m->activate('m1', 'd')->{body})];
my $as_vendor = [$m->with_token];
my $FORM = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'];
my $place = '/provision/manage/content/m1/';
$m->manage('GET', 'content/m1/');
my $n_before = @{ traced(slurp($trace)) };
cmp_ok $n_before, '>', 20, 'its start is in the trace';

sub every_byte { return join '', map { sprintf '%%%02x', ord } split //, $_[0] }
sub ask { my ($method, $path, $headers, $body) = @_; return $m->request($method, $path, $headers, $body) }
sub csv_field { my ($f) = @_; return $f =~ /[,"\r\n]/ ? '"' . $f =~ s/"/""/gr . '"' : $f }

my (@wrong, @kept);
my $n_refused = 0;
for my $n (0 .. $#ids) {
    my ($id, $bytes) = ($ids[$n], "the bytes of number $n");
    my $path = $place . every_byte($id);
    my $want = is_good($id) ? 205 : 400;
    my %got;
    $got{create} = ask('POST', $place, [$m->with_token, $FORM], 'id=' . every_byte($id))->{status};
    if ($want == 205) {
        push @kept, $id;
        $got{upload} = ask('POST', $path, [$m->with_token, ['Content-Type', 'a/b']], $bytes)->{status};
        my $reply = ask('GET', "$path?download=true", $as_vendor);
        $got{download} = $reply->{body} eq $bytes ? 205 : "$reply->{status} $reply->{body}";
        $reply = ask('GET', '/provision/download?vendor=acme&model=m1&id=' . every_byte($id), $cik);
        $got{device} = $reply->{body} eq $bytes ? 205 : "$reply->{status} $reply->{body}";
    } else {
        $n_refused++;
        # A path with it is malformed, or names nothing; an empty segment is the collection.
        my $status = ask('GET', "$path?download=true", $as_vendor)->{status};
        $got{download} = $status == 404 || $status == 400 ? 400 : $status;
        $got{device} = ask('GET', '/provision/download?vendor=acme&model=m1&id=' . every_byte($id), $cik)->{status} == 404 ? 400 : 'not 404';
    }
    push @wrong, map { sprintf '%s: %s %s, wanted %s', every_byte($id), $_, $got{$_}, $want } grep { $got{$_} ne $want } sort keys %got;
}
is_deeply \@wrong, [], "$n_refused of them are refused, " . @kept . ' work as plain ids, end to end';
is ask('GET', $place, $as_vendor)->{body}, join('', map { csv_field($_) . "\r\n" } sort @kept), 'the list has each as it is';

# The same as they are, in paths as a careless client makes them: never a file, never a trouble of the server.
my @raw = grep { !/[\x00-\x20\x7f?#]/ && length && length() < 2000 } @ids;
my %status;
for my $id (@raw) {
    for my $path ("$place$id?download=true", "/$id") {
        my $reply = $m->talk($m->dial, Muster::bytes_of('GET', $path, [@$as_vendor, ['Connection', 'close']]));
        $status{ $reply->{status} }++;
        push @wrong, "$path: $reply->{status}" if $reply->{status} >= 500
            || ($reply->{status} == 200 && $reply->{body} !~ /\Athe bytes of number \d+\z/);
    }
}
is_deeply \@wrong, [], 'raw in a path they are ids, or unknown: ' . join ', ', map {"$status{$_} times $_"} sort keys %status;

# Deleting them opens nothing either.
for my $id (@kept) {
    my $status = ask('POST', $place, [$m->with_token, $FORM], 'delete=true&id=' . every_byte($id))->{status};
    push @wrong, every_byte($id) . ": delete $status" if $status != 205;
}
is_deeply \@wrong, [], 'each can be deleted';
is ask('GET', $place, $as_vendor)->{body}, '', 'and is gone';
my $pid = $m->{pid};
is $m->stop, 0, 'the server ends well';

# ---- the trace ----

for (1 .. 500) { last if slurp($trace) =~ /^\d+\s+(?:unlink|unlinkat)\(.*content\.db-wal/m; select undef, undef, undef, 0.02 }
my $lines = traced(slurp($trace));
cmp_ok scalar @$lines, '>', $n_before, 'strace watched to the end';
splice @$lines, 0, $n_before;
is_deeply elsewhere("$dir/data", $lines), [], 'no file was touched outside of the store: ' . @$lines . ' calls looked at';
my @names = sort map {s{.*/}{}r} glob "$dir/data/*";
is "@names", 'content.db lock muster.db muster.key points.db root.cik', 'and none was made in it';
done_testing;
