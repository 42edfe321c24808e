#!/usr/bin/env perl
# Content on a real server: how much memory an upload costs, what is left of one that kill -9 or a full
# disk breaks off, readers whose content is deleted meanwhile, backups beside uploads, backups from
# before there was a content.db, and what a check finds.
use strict;
use warnings;
use lib 'tests/lib';
use Digest::SHA qw(sha256_hex);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $m = Muster->start(variant => 'release', dir => "$dir/data", set => { requests_per_connection => 1000000 })->init;
$m->model('m');
my $BIN = ['Content-Type', 'application/octet-stream'];
my $place = '/provision/manage/content/m/';

sub slurp { open(my $f, '<', $_[0]) or return ''; binmode $f; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; binmode $f; print $f $_[1]; close $f }
sub create { return Muster::must("create $_[0]", $m->manage('POST', 'content/m/', "id=$_[0]"), 205) }
sub upload { return $m->request('POST', "$place$_[0]", [$m->with_token, $BIN], $_[1])->{status} }
sub download { return $m->request('GET', "$place$_[0]?download=true", [$m->with_token]) }
sub bytes_of { my ($seed, $n) = @_; my $block = join '', map { pack 'N', ($seed * 2654435761 + $_ * 40503) % 4294967296 } 1 .. 16384; return substr $block x (1 + int $n / 65536), 0, $n }
sub rss_kib { my ($kib) = slurp("/proc/$m->{pid}/status") =~ /^VmRSS:\s+(\d+)/m; return $kib }
sub rows_of { my ($file, $sql) = @_; my $rows = qx(sqlite3 -readonly $file '$sql'); chomp $rows; return $rows }
# Waits for what the sweeper brings about.
sub comes_true { my ($what) = @_; my $until = time + 20; until ($what->()) { return 0 if time > $until; select undef, undef, undef, 0.01 } return 1 }
sub n_blobs { return rows_of("$dir/data/content.db", 'SELECT count(*) FROM blob') }

# ---- memory ----

my $large = bytes_of(1, 16 << 20);
create('warm');
is upload('warm', bytes_of(2, 100_000)), 205, 'an upload';
create('large');
my $before = rss_kib();
is upload('large', $large), 205, 'an upload of 16 MiB';
my $grown = rss_kib() - $before;
cmp_ok $grown, '<', 2048, "it makes the server larger by less than 2 MiB ($grown KiB)";
is download('warm')->{status}, 200, 'a download';
$before = rss_kib();
ok download('large')->{body} eq $large, 'it comes back as it was';
$grown = rss_kib() - $before;
cmp_ok $grown, '<', 4096, "and the download costs no more than some buffers ($grown KiB)";

# ---- a reader of what is deleted meanwhile ----

my $slow = $m->dial;
syswrite $slow, Muster::bytes_of('GET', "${place}large?download=true", [$m->with_token]);
my $got = Muster::receive($slow);
Muster::must('delete', $m->request('DELETE', "${place}large", [$m->with_token]), 205);
ok comes_true(sub { n_blobs() == 1 }), 'deleted bytes are swept';
my $rest = Muster::drain($slow);
$got .= $rest if defined $rest;
my ($head, $body) = split /\r\n\r\n/, $got, 2;
like $head, qr{^HTTP/1\.1 200 OK\r\n}, 'who was reading it had a reply';
cmp_ok length $body, '<', length $large, 'which is broken off';
ok $body eq substr($large, 0, length $body), 'and has no wrong byte in it';

# ---- kill -9 in the middle of uploads ----

create($_) for 'cut', 'whole';
is upload('whole', bytes_of(3, 300_000)), 205, 'an upload that is answered';
my $line = $m->dial;
syswrite $line, Muster::bytes_of('POST', "${place}cut", [$m->with_token, $BIN, ['Content-Length', 1_000_000]]) . bytes_of(4, 700_000);
ok comes_true(sub { rows_of("$dir/data/content.db", 'SELECT count(*) FROM chunk WHERE chunk_id >> 22 = (SELECT blob_id FROM blob ORDER BY rowid DESC LIMIT 1)') >= 5 || n_blobs() == 3 }),
    'and one of which some is stored';
$m->kill9;
close $line;
$m->launch;
ok comes_true(sub { n_blobs() == 2 }), 'the next start sweeps what was broken off';
is download('cut')->{status}, 404, 'its entry is still empty';
ok download('whole')->{body} eq bytes_of(3, 300_000), 'the other is whole';
is upload('cut', 'now'), 205, 'and it takes another upload';
like $m->log, qr/"the bytes of \d+ content blobs that nothing points to were removed"/, 'the log tells it';

# ---- backups beside uploads ----

sub muster {
    my @args = @_;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        $ENV{HOME} = $dir;
        exec(Muster::bin('release', 'muster'), @args) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}
my $writer = fork() // die;
if (!$writer) {
    $m->{socket} = undef;
    for (my $n = 0;; $n++) {
        create("b$n");
        upload("b$n", bytes_of($n, 1 + $n * 50_021 % 400_000));
        $m->request('DELETE', "${place}b" . ($n - 3), [$m->with_token]) if $n > 3;
    }
}
my @root = ('--server', "http://127.0.0.1:$m->{port}{http}", '--cik-file', "$dir/data/root.cik", '--json');
my @backups;
for (1 .. 6) {
    my ($status, $out, $err) = muster(@root, 'backup');
    is $status, 0, 'a backup is made beside uploads and deletions' or diag $err;
    push @backups, decode_json($out)->{path};
}
kill 'KILL', $writer;
waitpid $writer, 0;
for (@backups) {
    my ($status, undef, $err) = muster('check', '--data', $_);
    is $status, 0, 'all that it points to is in it' or diag $err;
}
is $m->stop, 0, 'the server ends';
my ($status, undef, $err) = muster('check', '--data', "$dir/data");
is $status, 0, 'and its own store is whole' or diag $err;

# ---- what a check finds ----

for (['a piece that is gone', 'DELETE FROM chunk WHERE chunk_id = (SELECT max(chunk_id) FROM chunk WHERE chunk_id >> 22 IN (SELECT blob_id FROM kept))'],
    ['a byte turned', 'UPDATE chunk SET bytes = zeroblob(length(bytes)) WHERE chunk_id = (SELECT min(chunk_id) FROM chunk WHERE chunk_id >> 22 IN (SELECT blob_id FROM kept))'])
{
    my ($name, $sql) = @$_;
    my $bad = tempdir(DIR => $dir);
    copy("$dir/data/$_", "$bad/$_") or die for qw(muster.db points.db content.db);
    my $kept = rows_of("$bad/muster.db", "SELECT blob_id FROM content WHERE size > 100");
    $kept = join ',', map {"($_)"} split /\n/, $kept;
    system('sqlite3', "$bad/content.db", "CREATE TEMP TABLE kept (blob_id); INSERT INTO kept VALUES $kept; $sql") == 0 or die;
    ($status, undef, $err) = muster('check', '--data', $bad);
    is $status, 1, "$name is found";
    like $err, qr/the bytes of a content entry are not what was uploaded: entry \d+ \w+/, "$name: and named";
}

# ---- a backup from before there was a content.db ----

my $old = "$dir/old";
mkdir $old or die;
copy("$backups[0]/$_", "$old/$_") or die for qw(muster.db points.db manifest);
my $tables = 'share model_share lent_serial sn_range model_group group_member content foreign_rid foreign_cik point_copy subscription grant_token consumed past_resource';
system('sqlite3', "$old/muster.db", join '; ', (map {"DROP TABLE $_"} split / /, $tables),
    (map {"ALTER TABLE $_->[0] DROP COLUMN $_->[1]"} [qw(model share_id)], [qw(serial lent_to)], [qw(resource foreign_rid)], [qw(client foreign_bits)],
        [qw(resource n_subscribers)], [qw(resource flow_bits)]),
    'VACUUM', 'PRAGMA user_version = 3') == 0 or die;
system('sqlite3', "$old/points.db", join '; ', (map {"DROP TABLE $_"} qw(rule_state due outgoing)), 'VACUUM', 'PRAGMA user_version = 3') == 0 or die;
my $manifest = slurp("$old/manifest");
$manifest =~ s/^muster backup 2$/muster backup 1/m or die;
$manifest =~ s/^schema \d+$/schema 3/m or die;
$manifest =~ s/^file content\.db .*\n//m or die;
my $line_of = sub { return "file $_[0] " . (-s "$old/$_[0]") . ' ' . sha256_hex(slurp("$old/$_[0]")) };
$manifest =~ s/^file \Q$_\E .*$/$line_of->($_)/me or die for qw(muster.db points.db);
spew("$old/manifest", $manifest);
mkdir "$dir/restored", 0700 or die;
copy("$dir/data/muster.key", "$dir/restored/muster.key") or die;
chmod 0600, "$dir/restored/muster.key";
($status, undef, $err) = muster('restore', '--from', $old, '--data', "$dir/restored");
is $status, 0, 'a backup without a content.db is restored' or diag $err;
ok -s "$dir/restored/content.db", 'and gets an empty one';
($status, undef, $err) = muster('check', '--data', "$dir/restored");
is $status, 0, 'it is whole' or diag $err;

# ---- a full disk ----

SKIP: {
    my $disk = tempdir(DIR => $dir);
    skip 'a disk of 24 MiB can be made by root only', 4 if system("mount -t tmpfs -o size=24m tmpfs $disk 2>/dev/null") != 0;
    my $key = $m->{token};
    $m = eval { Muster->start(variant => 'release', dir => "$disk/data", set => { content_max => '64m' })->init };
    $m->model('m');
    create('large');
    create('small');
    is upload('large', bytes_of(5, 40 << 20)), 503, 'what the disk has no room for is answered 503';
    is download('large')->{status}, 404, 'and nothing of it is kept';
    ok comes_true(sub { rows_of("$disk/data/content.db", 'SELECT count(*) FROM blob') eq '0' }), 'its pieces are swept';
    is upload('small', bytes_of(6, 1 << 20)), 205, 'and there is room again for what fits';
    is $m->stop, 0, 'the server ends';
    system 'umount', $disk;
}
done_testing;
