#!/usr/bin/env perl
# The tool with lists of serial numbers: what is done with all of them, what stops a list and how to go on,
# what is missing, and which options go together. Then what check and restore say with --json.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Test::More;
use JSON::PP;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $variant = 'release';
my $m = Muster->start(variant => $variant)->init;
my %rid;

sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f; return $_[0] }
my $cik_file = spew("$dir/vendor.cik", $m->{domain_cik});

# Runs the tool; (exit status, standard output, standard error).
sub run {
    my @args = @_;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        delete @ENV{qw(MUSTER_CIK MUSTER_PROFILE MUSTERD)};
        @ENV{qw(HOME MUSTER_SERVER MUSTER_TOKEN)} = ($dir, "http://127.0.0.1:$m->{port}{http}", $m->{token});
        exec(Muster::bin($variant, 'muster'), @args) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

# A run of the tool, told in words.
sub case {
    my ($name, $words, $code, $prints, $says) = @_;
    my ($got, $out, $err) = run(@$words);
    is $got, $code, "$name: exit status" or diag $err;
    ref $prints ? like($out, $prints, "$name: prints") : is($out, $prints, "$name: prints");
    ref $says ? like($err, $says, "$name: says") : is($err, $says, "$name: says");
    return ($out, $err);
}
sub status { my ($sn, $model) = @_; return decode_json((run('--json', 'sn', 'status', $model // 'm', $sn))[1])->{status} }
my @enable = ('device', 'enable', '--owner', $m->{portal_rid}, 'm');

$m->model($_) for qw(m other);
$m->add('m', map {"a$_"} 1 .. 6);
$m->add('other', 'o1', 'o2');

# -- enabling --

my $file = spew("$dir/stops.csv", "a1\nnone\na2\n");
case 'a list with one that is not listed', [@enable, '--file', $file], 1, '',
    qr/m none: 404: .*'muster sn add'.*\n.*1 of 3 had been enabled before none, which stopped it.*take it out of the list; then --skip-enabled/;
case 'the same again', [@enable, '--file', $file, '--skip-enabled'], 1, '', qr/1 of 3 .* before none, which stopped it/;
case 'without it', [@enable, 'a1', 'a2', '--skip-enabled'], 0, "1 enabled, 1 skipped (they have a device already)\n", '';
case 'an owner to be named', [qw(device enable m a3)], 2, '', qr/muster profile set --portal RID/;

# -- re-enabling --

case 'several words', [qw(device reenable m a1 a2)], 0, qr/^2 re-enabled; their old keys are dead/, '';
my $key = $m->activate('m', 'a1')->{body};
case 'a file', ['device', 'reenable', 'm', '--progress', '--file', spew("$dir/two.csv", "sn\na1\na2\n"), '--heading'], 0,
    qr/^2 re-enabled;/, "1 of 2\n2 of 2\n";
is $m->read_with($key)->{status}, 401, 'the old key is dead';
is status('a1'), 'notactivated', 'a new one may be fetched';
case 'as JSON', [qw(--json device reenable m a1 a2)], 0,
    qq([{"sn":"a1","result":"re-enabled"},{"sn":"a2","result":"re-enabled"}]\n), '';
case 'a single one', [qw(--json device reenable m a1)], 0, qq({"model":"m","sn":"a1","result":"re-enabled"}\n), '';
case 'one without a device', [qw(device reenable m a1 a3 a2)], 1, '',
    qr/m a3: 409: .*\n.*1 of 3 had been re-enabled before a3, which stopped it: .*; then give the rest of the list alone/;
case 'a file that is bad', ['device', 'reenable', 'm', '--file', spew("$dir/bad.csv", "a1\na/b\n")], 2, '',
    qr/line 2: .*; nothing was sent/;
case 'none at all', [qw(device reenable m)], 2, '', qr/give serial numbers, or --file/;

# -- what is missing --

for my $words (['enable', '--owner', $m->{portal_rid}], ['reenable'], ['disable']) {
    my ($verb) = @$words;
    case "$verb without the model", ['device', @$words, 'nomodel', 'a1'], 1, '', qr/nomodel: 404: there is no such model/;
    case "$verb without the serial number", ['device', @$words, 'm', 'none'], 1, '', qr/m none: 404: no such serial number of this model/;
}
case 'remap without the model', [qw(device remap nomodel a1 a2)], 1, '', qr/nomodel: 404: there is no such model/;
case 'the log without the model', [qw(sn log nomodel a1)], 1, '', qr/nomodel: 404: there is no such model/;
case 'the log without the serial number', [qw(sn log m none)], 1, '', qr/m none: 404: no such serial number/;
case 'deleting without the model', [qw(sn delete nomodel a1)], 1, '', qr/nomodel: 404: there is no such model/;
case 'deleting without the serial number', [qw(sn delete m none)], 1, qr/^none +unknown$/m,
    qr/^(?!.*sn add).*m none: 404: no such serial number of this model/;

case 'the status without the model', [qw(sn status nomodel a1)], 1, '', qr/nomodel: 404: there is no such model/;
case 'the status without the serial number', [qw(device status m none)], 1, '', qr/m none: 404: no such serial number/;

# -- the text that the server tells only while there is a device --

case 'a text that is not known', [qw(sn status m a4)], 0, qr/\A(?!.*^text).*^status +unused$/ms, '';
case 'as JSON', [qw(--json device status m a4)], 0, qq({"model":"m","sn":"a4","status":"unused","rid":null}\n), '';
case 'a text that is empty', [qw(sn status m a1)], 0, qr/^text +-$/m, '';

# -- deleting --

case 'deleting passes over unknown ones', [qw(sn delete m none a6)], 1, qr/^none +unknown\na6 +deleted$/m,
    qr/m none: 404: .*; the others were deleted/;
case 'and tells how many', [qw(--json sn delete m none a5 neither --disable)], 1,
    qq([{"sn":"none","result":"unknown"},{"sn":"a5","result":"deleted"},{"sn":"neither","result":"unknown"}]\n),
    qr/"text":"m: 404: .*: 2, none the first of them; the others were deleted","status":404/;
case 'they are gone', [qw(sn list m --json)], 0, qr/"a4","status":"unused","rid":"","extra":""\}\]$/, '';
case 'a device is not dropped by mistake', ['--cik-file', $cik_file, qw(device drop m a2)], 2, '', qr/cannot be undone.*--yes/;
is status('a2'), 'notactivated', 'it is still there';
case 'but with --yes', ['--cik-file', $cik_file, qw(device drop m a2 --yes)], 0, qr/dropped/, '';
is status('a2'), 'orphaned', 'it is gone';
like +(run(qw(sn list m)))[1], qr/^a2 +unused/m, 'lists do not tell that';
like +(run(qw(sn list --help)))[1], qr/dropped is unused here/, 'and help says so';

# -- adding and listing --

case 'one that another model lists', [qw(sn add other a1 --skip-listed)], 1, "0 added\n",
    qr/other: 409: not added, because another model of the vendor lists them: 1, a1 the first/;
case 'among others', [qw(--json sn add other o1 a1 n1 a2 --skip-listed)], 1, qq({"added":1,"skipped":1}\n),
    qr/lists them: 2, a1 the first.*"status":409/;
case 'one that the model itself lists', [qw(sn add other o1 --skip-listed)], 0, "0 added, 1 skipped (listed already)\n", '';
case 'a bad word is named', ['sn', 'add', 'm', 'good', "b\xc3\xa4d"], 2, '', qr/^muster sn add: 'b\xc3\xa4d': a serial number is printable/;
case 'a word twice', [qw(sn add m x y x)], 2, '', qr/x stands there twice; nothing was sent/;
case 'a text beside a file', ['sn', 'add', 'm', '--file', $file, '--extra', 'T'], 2, '', qr/--extra goes with serial numbers/;
case 'a heading without a file', [qw(sn add m x y --heading)], 2, '', qr/--heading goes with --file/;
case 'nor is there one to enable', [@enable, 'a1', '--heading'], 2, '', qr/--heading goes with --file/;
case 'a list from too far on', [qw(sn list other --offset 5000)], 0, "no serial numbers behind the first 5000\n", '';

# -- check and restore --

sub error_of { my ($err) = @_; return (eval { decode_json($err) } // {})->{error} // {} }
my ($out, $err) = case 'a check of nothing', ['--json', 'check', '--data', "$dir/none"], 1, '', qr/no directory/;
is error_of($err)->{exit}, 1, 'its error is JSON';
($out, $err) = case 'a restore from nothing', ['--json', 'restore', '--from', "$dir/none", '--data', "$dir/to"], 1, '', qr/is no backup/;
is error_of($err)->{exit}, 1, 'its error is JSON';
mkdir "$dir/empty" or die;
($out, $err) = case 'a check of what is no store', ['--json', 'check', '--data', "$dir/empty"], 1, qr/"whole":false,"faults":1\}/, qr/no whole store/;
is error_of($err)->{exit}, 1, 'its error is JSON';
case 'the same for people', ['check', '--data', "$dir/empty"], 1, qr/^faults +1$/m, qr/^musterd: there is no whole store/;
spew("$dir/root.cik", $m->{root_cik});
my $backup = decode_json((run('--json', '--cik-file', "$dir/root.cik", 'backup'))[1])->{path};
case 'a whole backup', ['check', '--data', $backup], 0, qr/^whole +yes\nfaults +0$/m, '';
chmod 0600, "$backup/muster.db", "$backup/points.db", "$backup/content.db";
spew("$backup/points.db", slurp("$backup/points.db") . "\0");
case 'a backup with a byte too many', ['check', '--data', $backup], 1, qr/^whole +no\nfaults +1$/m, qr/^musterd: 1 fault: do not/m;
spew("$backup/muster.db", slurp("$backup/muster.db") . "\0");
case 'and another', ['check', '--data', $backup], 1, qr/^whole +no\nfaults +2$/m, qr/^musterd: 2 faults: do not/m;
unlink "$backup/points.db" or die;
case 'a backup with a file missing', ['check', '--data', $backup], 1, qr/^whole +no\nfaults +2$/m,
    qr/muster\.db is not what .*\n.*no whole store/;

is $m->stop, 0, 'the server ends';
done_testing;
