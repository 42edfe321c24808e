#!/usr/bin/env perl
# Backups while the server works, restores that give nobody a second key, and the look whether a
# store is whole.
use strict;
use warnings;
use lib 'tests/lib';
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use Test::More;
use JSON::PP;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $variant = 'fault';

# Runs the tool; (exit status, standard output, standard error).
sub muster {
    my @args = @_;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        delete @ENV{qw(MUSTER_SERVER MUSTER_TOKEN MUSTER_CIK MUSTER_PROFILE MUSTERD)};
        $ENV{HOME} = $dir;
        exec(Muster::bin($variant, 'muster'), @args) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}
sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f }

# A copy of a backup, to be spoilt.
sub copy_of {
    my ($backup, $name) = @_;
    mkdir "$dir/$name" or die;
    copy("$backup/$_", "$dir/$name/$_") or die for qw(muster.db points.db content.db manifest);
    return "$dir/$name";
}
sub new_place {
    my ($name, $key_file) = @_;
    mkdir "$dir/$name", 0700 or die;
    if ($key_file) { copy($key_file, "$dir/$name/muster.key") or die; chmod 0600, "$dir/$name/muster.key" }
    return "$dir/$name";
}
# Every byte of a file after $at turned over.
sub spoil {
    my ($file, $at) = @_;
    my $bytes = slurp($file);
    substr($bytes, $at, 1) = chr(255 ^ ord substr($bytes, $at, 1));
    spew($file, $bytes);
}
sub files_of { my ($d) = @_; opendir(my $h, $d) or return ''; return join ' ', sort grep { !/^\./ } readdir $h }

# -- a store with something of each kind --

my $m = Muster->start(variant => $variant, dir => "$dir/data")->init;
$m->model('m');
$m->add('m', qw(live gone again waiting late unused));
my %rid = map { $_ => $m->enable('m', $_) } qw(live gone again waiting late);
my %key = map { $_ => $m->activate('m', $_)->{body} } qw(live gone again);
$m->write_with($key{live}, temp => 21.5);

my @as_root = ('--server', "http://127.0.0.1:$m->{port}{http}", '--cik-file', "$dir/data/root.cik");
my ($status, $out, $err) = muster(@as_root, '--json', 'backup');
is($status, 0, 'a backup is made while the server works') or diag $err;
my $said = decode_json($out);
my $backup = $said->{path};
like($backup, qr{^\Q$dir\E/data/backups/\d{8}T\d{6}Z$}, 'in a directory named by the time');
is(files_of($backup), 'content.db manifest muster.db points.db', 'it holds the three files and a manifest, and no key file');
is($said->{bytes}, (-s "$backup/muster.db") + (-s "$backup/points.db") + (-s "$backup/content.db"), 'and its sizes are told');
is(sprintf('%04o', (stat "$backup/$_")[2] & 07777), '0600', "$_ is for its owner only") for qw(manifest muster.db points.db);
my $bytes = join '', map { slurp("$backup/$_") } qw(muster.db points.db content.db manifest);
is(scalar(grep { index($bytes, $_) >= 0 || index($bytes, pack('H*', $_)) >= 0 } values %key, $m->{token}, $m->{root_cik}),
    0, 'no key or token is in it');

($status, $out, $err) = muster(@as_root, 'store', 'backup');
is($status, 0, 'store backup is the same');
like($err, qr/key file is not in it/, 'and says what is missing');
spew("$dir/device.cik", "$key{live}\n");
chmod 0600, "$dir/device.cik";
($status, undef, $err) = muster($as_root[0], $as_root[1], '--cik-file', "$dir/device.cik", 'backup');
is($status, 1, 'a device may not');
like($err, qr/root\.cik/, 'and is told whose key it takes');
is($m->request('POST', '/muster/v1/backup')->{status}, 401, 'nobody may neither');

# One at a time: of those asked for at once the first is made, the others are turned away.
my @sockets = map { $m->dial } 1 .. 8;
syswrite($_, "POST /muster/v1/backup HTTP/1.1\r\nX-Exosite-CIK: $m->{root_cik}\r\nContent-Length: 0\r\n\r\n") for @sockets;
my @codes = map { $m->talk($_, '')->{status} } @sockets;
is(scalar(grep { $_ != 200 && $_ != 409 } @codes), 0, 'of backups asked for at once each is made, or refused by 409') or diag "@codes";
ok((grep { $_ == 200 } @codes), 'and one is made') or diag "@codes";
is($m->read_with($key{live})->{body}, 'temp=21.5', 'the server goes on');

# -- what happens after the backup --

$m->disable('m', 'gone');
$m->reenable('m', 'again');
my $newer = $m->activate('m', 'again')->{body};
my $late = $m->activate('m', 'late')->{body};
my $rid_lost = $m->enable('m', 'unused');
$m->activate('m', 'unused');

($status, undef, $err) = muster('restore', '--from', $backup, '--data', "$dir/data");
is($status, 1, 'a restore into the directory of a running server is refused');
like($err, qr/end it first/, 'with words');
($status, undef, $err) = muster('check', '--data', "$dir/data");
is($status, 1, 'so is a check');
is($m->stop, 0, 'the server ends');
($status, $out, $err) = muster('check', '--data', "$dir/data");
is($status, 0, 'a store that was worked with is whole') or diag $err;
($status, undef, $err) = muster('restore', '--from', $backup, '--data', "$dir/data");
is($status, 1, 'a restore over a store is refused');
like($err, qr/overwrites nothing/, 'with words');

# -- what must not be restored --

my $key_file = "$dir/data/muster.key";
my $place = new_place('no-key');
($status, undef, $err) = muster('restore', '--from', $backup, '--data', $place);
is($status, 1, 'without the key file nothing is restored');
like($err, qr/key file .*muster\.key is missing.*[Pp]ut the copy/s, 'and it says what to do');
is(files_of($place), 'lock', 'and leaves the directory as it was');

Muster->start(variant => $variant, dir => "$dir/other")->stop;
$place = new_place('wrong-key', "$dir/other/muster.key");
($status, undef, $err) = muster('restore', '--from', $backup, '--data', $place);
is($status, 1, 'with the key file of another store neither');
like($err, qr/does not belong to this store/, 'which is told');
is(files_of($place), 'lock muster.key', 'and the directory is as it was');

for my $what (
    ['a byte of muster.db turned', sub { spoil("$_[0]/muster.db", 5000) }, qr/muster\.db is not what was backed up/],
    ['a byte of points.db turned', sub { spoil("$_[0]/points.db", 20) }, qr/points\.db is not what was backed up/],
    ['muster.db cut short', sub { truncate("$_[0]/muster.db", 8192) }, qr/muster\.db is not what was backed up/],
    ['points.db missing', sub { unlink "$_[0]/points.db" }, qr/points\.db cannot be copied/],
    ['a manifest cut short', sub { truncate("$_[0]/manifest", 200) }, qr/manifest .* is damaged/],
    ['no manifest', sub { unlink "$_[0]/manifest" }, qr/is no backup/],
    )
{
    my ($name, $spoil, $words) = @$what;
    (my $short = $name) =~ tr/ /-/;
    my $bad = copy_of($backup, "bad-$short");
    $spoil->($bad);
    my $to = new_place("to-$short", $key_file);
    ($status, undef, $err) = muster('restore', '--from', $bad, '--data', $to);
    is($status, 1, "$name: refused");
    like($err, $words, "$name: and why");
    is(join(' ', grep { $_ ne 'lock' } split / /, files_of($to)), 'muster.key', "$name: nothing was left behind");
    next if $name eq 'no manifest'; # for the check that is a store like any other
    ($status) = muster('check', '--data', $bad);
    is($status, 1, "$name: the check finds it too");
}

# -- the restore --

$place = new_place('restored', $key_file);
($status, $out, $err) = muster('--json', 'restore', '--from', $backup, '--data', $place);
is($status, 0, 'a whole backup is restored') or diag $err;
$said = decode_json($out);
is($said->{closed}, 2, 'its two open windows are closed');
cmp_ok($said->{suspect}, '>=', 5, 'its live keys are suspect: three devices, and those above them');
is($said->{generation}, 1, 'and there is a new generation');
($status, undef, $err) = muster('check', '--data', $place);
is($status, 0, 'the restored store is whole') or diag $err;

my $r = Muster->start(variant => $variant, dir => $place);
$r->{$_} = $m->{$_} for qw(vendor token domain_cik portal_rid portal_cik template_rid root_cik);
is($r->read_with($key{live})->{body}, 'temp=21.5', 'a device of then works on, and its values are there');
is($r->activate('m', $_)->{status}, 409, "$_ gets no second key") for qw(live gone again waiting late unused);
is($r->read_with($newer)->{status}, 401, 'a key made after the backup is unknown');
is($r->read_with($late)->{status}, 401, 'so is the one of a device activated after it');
is($r->read_with($key{gone})->{status}, 204, 'a key disabled after it works again');
is($r->read_with($key{gone})->{status}, 204, 'more than once');
is($r->read_with($key{again})->{status}, 204, 'so does one that was replaced');

# The line comes when it is durable: a change that is answered later is behind it in the queue.
$r->reenable('m', 'late');
my @reports = grep { /"suspect-used"/ } split /\n/, $r->log;
is(scalar(grep { /\Q$rid{gone}\E/ } @reports), 1, 'the first use of it is in the log, once');
is(scalar(grep { /$rid{live}|$rid{again}/ } @reports), 2, 'as is that of the other old keys');
is(scalar(grep { /$rid{waiting}|$rid{late}/ } @reports), 0, 'and of none that was not in force');
unlike($r->log, qr/$key{gone}|$key{live}/, 'no key is in the log');

my $second = $r->activate('m', 'late');
is($second->{status}, 200, 'after a re-enable a device gets a key');
isnt($second->{body}, $late, 'which is none of those before');
is($r->read_with($second->{body})->{status}, 204, 'and works');
$r->reenable('m', 'gone');
is($r->read_with($key{gone})->{status}, 401, 'a re-enable ends the old key');
$r->read_with($r->activate('m', 'gone')->{body});
my $rid_new = $r->enable('m', 'unused');
isnt($rid_new, $rid_lost, 'what is made now does not share an identifier with what was lost');
is($r->manage('GET', 'model/m/unused')->{body}, "notactivated,$rid_new,\r\n", 'and goes by its own');
my $new_key = $r->activate('m', 'unused')->{body};
is($r->write_with($new_key, temp => 1)->{status}, 204, 'a device made now writes');
is($r->kill9, 9, 'killed');
$r->launch;
is($r->read_with($new_key)->{body}, 'temp=1', 'after a restart its key works');
is($r->read_with($key{live})->{body}, 'temp=21.5', 'and those of before do');
$r->reenable('m', 'waiting');
@reports = grep { /"suspect-used"/ } split /\n/, $r->log;
is(scalar(grep { /\Q$rid{live}\E/ } @reports), 1, 'what was seen once is not reported again after a restart');
is(scalar(grep { /\Q$rid{gone}\E/ } @reports), 1, 'nor is a new key');
is($r->stop, 0, 'the server ends');
($status, undef, $err) = muster('store', 'check', '--data', $place);
is($status, 0, 'and the store is whole') or diag $err;

# -- a restore that was cut short --

$place = new_place('cut', $key_file);
mkdir "$place/restoring" or die;
spew("$place/muster.db", 'half');
my $musterd = Muster::bin($variant, 'musterd');
my $refused = qx($musterd --data $place --http 127.0.0.1:0 2>&1);
is($? >> 8, 1, 'where a restore was not finished no server starts');
like($refused, qr/run it again/, 'and it says what to do');
($status, undef, $err) = muster('restore', '--from', $backup, '--data', $place);
is($status, 0, 'run again it is done') or diag $err;
is(files_of($place), 'content.db lock muster.db muster.key points.db', 'whole');

# -- the check finds what rows say wrong of each other --

SKIP: {
    skip 'sqlite3 is not there', 1 unless grep { -x "$_/sqlite3" } split /:/, $ENV{PATH};
    my %breach = (
        'an alias of nothing' => ['DELETE FROM resource WHERE id = (SELECT resource_id FROM alias LIMIT 1)', qr/an alias whose resource/],
        'a client without limits' => ['DELETE FROM quota WHERE client_id = (SELECT max(client_id) FROM quota)', qr/a client without limits/],
        'a client without a key' => ['DELETE FROM client WHERE id = (SELECT max(id) FROM client)', qr/a client without a key/],
        'a wrong count' => ['UPDATE quota SET use_dataport = use_dataport + 1 WHERE client_id = (SELECT max(client_id) FROM quota)', qr/the count of dataports/],
        'a client on two serial numbers' => ["UPDATE serial SET client_id = (SELECT max(client_id) FROM serial) WHERE client_id <> 0", qr/on another one|on two serial/],
        'a group that counts wrongly' => ["INSERT INTO model_group SELECT 7, id, x'67', x'', 1 FROM model LIMIT 1", qr/counts its members wrongly/],
        'a group of no model' => ["INSERT INTO model_group VALUES (7, 99, x'67', x'', 0)", qr/a group without its model/],
        'a member of no group' => ["INSERT INTO group_member SELECT 7, x'736e', x'61', id, 0, x'' FROM model LIMIT 1", qr/a membership without its group/],
        'a share with nobody' => ['INSERT INTO model_share SELECT id, vendor_id FROM model LIMIT 1', qr/a model shared with no vendor/],
        'a serial number lent to nobody' => ['UPDATE serial SET lent_to = vendor_id WHERE client_id <> 0', qr/who would not find it/],
        'a lost generation' => ['DELETE FROM gen WHERE ix = 1', qr/generation/],
    );
    for my $name (sort keys %breach) {
        (my $short = $name) =~ tr/ /-/;
        my $bad = new_place("breach-$short");
        copy("$dir/restored/$_", "$bad/$_") or die for qw(muster.db points.db content.db);
        system('sqlite3', "$bad/muster.db", $breach{$name}[0]) == 0 or die;
        ($status, $out, $err) = muster('--json', 'check', '--data', $bad);
        is($status, 1, "$name is found");
        like($err, $breach{$name}[1], "$name: and named");
        cmp_ok(decode_json($out)->{faults}, '>=', 1, "$name: and counted");
    }
}
done_testing;
