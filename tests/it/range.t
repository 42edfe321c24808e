#!/usr/bin/env perl
# The tool with ranges of serial numbers; why a serial number cannot activate; and what a refusal with 409 is in
# conflict with.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Test::More;
use JSON::PP;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $variant = 'fault';
my $m = Muster->start(variant => $variant)->init;

sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f; return $_[0] }

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
    return $out;
}
my @enable = ('device', 'enable', '--owner', $m->{portal_rid});
sub macs { return ('--format', 'mac:48', '--casing', $_[0], '--first', $_[1], '--last', $_[2]) }
my $guessable = qr/serial numbers of a range can be guessed.*'muster model set m --window 600'/;

$m->model($_) for qw(m other);

# -- ranges: added, listed, deleted --

case 'a model without ranges', [qw(range list m)], 0, qr/no ranges: add one with 'muster range add'/, '';
my @m1 = macs('upper', '01:02:03:04:05:00', '0x0102030405ff');
case 'a range of MACs', ['range', 'add', 'm', @m1], 0, "m: 1 range added\n", $guessable;
case 'its list', [qw(range list m)], 0,
    qr/^mac:48 +- +upper +01:02:03:04:05:00 +01:02:03:04:05:FF +256$/m, '';
my $listed = case 'as JSON', [qw(--json range list m)], 0,
    qr/^\[\{"format":"mac:48","length":null,"casing":"upper","first":"1108152157440","last":"1108152157695",/, '';
case 'digits with zeros in front', [qw(range add m --format base10 --length 4 --first 0001 --last 0099)], 0, qr/1 range added/, $guessable;
case 'without --length', [qw(range add m --format base10 --first 0001 --last 0099)], 2, '', qr/zeros in front.*--length 4/;
case 'all that 64 bits hold', [qw(--json range add m --format base16 --casing lower --first 0 --last ffffffffffffffff)], 0,
    qq({"added":1}\n), qr/guessed/;
like +(run(qw(range list m)))[1], qr/^base16 +- +lower +0 +f{16} +18446744073709551616$/m, 'nothing of it is lost';
case 'it counts', [qw(sn status m fffffffffffffffe)], 0, qr/^status +unused$/m, '';
case 'what is listed can be given again', ['range', 'delete', 'm', '--file', spew("$dir/listed.json", $listed)], 0,
    "m: 1 range deleted\n", '';
case 'and added', ['range', 'add', 'm', '--file', "$dir/listed.json"], 0, "m: 1 range added\n", $guessable;
case 'one that the model does not have just so', [qw(range delete m --format base10 --length 4 --first 0001 --last 0098)], 1,
    "m: 0 ranges deleted\n", qr/m: 1 of them the model does not have just so, base10, 0001 to 0098 the first/;
case 'one that it has', [qw(--json range delete m --format base10 --length 4 --first 1 --last 99)], 0, qq({"deleted":1}\n), '';

# -- what is wrong is told before anything is sent --

case 'no format', [qw(range add m --first 1 --last 2)], 2, '', qr/--format is one of base10/;
case 'a format that is none', [qw(range add m --format mac --first 1 --last 2)], 2, '', qr/--format is one of/;
case 'no last', [qw(range add m --format base10 --first 1)], 2, '', qr/which --last/;
case 'an end that is none', [qw(range add m --format base10 --first 1 --last 9z)], 2, '', qr/--last 9z is no serial number/;
case 'ends the wrong way round', [qw(range add m --format base10 --first 2 --last 1)], 2, '', qr/--first lies behind --last/;
case 'an end that is too long', [qw(range add m --format base10 --length 2 --first 1 --last 100)], 2, '', qr/--last is too large/;
case 'a MAC with a length', [qw(range add m --format mac:48 --length 12 --first 1 --last 2)], 2, '', qr/no --length/;
case 'decimal digits with a casing', [qw(range add m --format base10 --casing upper --first 1 --last 2)], 2, '', qr/no --casing/;
case 'a file with options', ['range', 'add', 'm', '--file', "$dir/listed.json", '--format', 'base10'], 2, '', qr/--format does not go with --file/;
case 'a file that is no JSON', ['range', 'add', 'm', '--file', spew("$dir/bad.json", '{"ranges"')], 2, '', qr/no JSON of ranges/;
case 'a range that cannot be', ['range', 'add', 'm', '--file', spew("$dir/bad.json", '[{"format":"base10","first":2,"last":1}]')], 2, '',
    qr/one of the ranges cannot be/;
case 'a file without any', ['range', 'add', 'm', '--file', spew("$dir/bad.json", '[]')], 2, '', qr/there is no range in it/;
case 'no such model', ['range', 'add', 'none', @m1], 1, '', qr/none: 404: there is no such model/;
case 'nor when listing', [qw(range list none)], 1, '', qr/none: 404: there is no such model/;

# -- what stands in conflict --

case 'a range that overlaps', ['range', 'add', 'm', macs('upper', '01:02:03:04:05:F0', '01:02:03:04:06:00')], 1, '',
    qr/m: 409: mac:48 upper, 01:02:03:04:05:F0 to 01:02:03:04:06:00 overlaps mac:48 upper, 01:02:03:04:05:00 to 01:02:03:04:05:FF, which the model has/;
my $twins = spew("$dir/twins.json", '[{"format":"base10","first":1,"last":9},{"format":"base10","first":9,"last":10}]');
case 'two that overlap', ['range', 'add', 'm', '--file', $twins], 1, '',
    qr/base10, 9 to 10 overlaps base10, 1 to 9, given with it; none was added/;
my $many = spew("$dir/many.json", encode_json([map { { format => 'base10', first => 10 * $_, last => 10 * $_ + 1 } } 1 .. 999]));
case 'as many as there is room for', ['range', 'add', 'other', '--file', $many], 0, "other: 999 ranges added\n", qr/guessed/;
case 'and more', ['range', 'add', 'other', '--file', $twins =~ s/twins/two/r], 5, '', qr/two\.json/;
spew("$dir/two.json", '[{"format":"base10","first":1,"last":2},{"format":"base10","first":3,"last":4}]');
case 'and more', ['range', 'add', 'other', '--file', "$dir/two.json"], 1, '', qr/the model has 999 ranges, and room for 1000/;

$m->add('m', 's1', 's2');
case 'a serial number that is listed', [qw(sn add m n1 s1 n2 s2)], 1, '',
    qr/m: 409: s1 is listed already, under this model, and so are 1 of the others: none of them was added/;
case 'one that another model lists', [qw(sn add other s2)], 1, '', qr/other: 409: s2 is listed already, under the model m of the vendor: none/;
my $rid = $m->enable('m', 's1');
case 'a device twice', [@enable, qw(m s1)], 1, '',
    qr/m s1: 409: it has a device already: RID $rid, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, notactivated; 'muster device reenable'/;
case 'one that was never enabled', [qw(device reenable m s2)], 1, '', qr/m s2: 409: it was never added to an owner: 'muster device enable'/;
case 'nor disabled', [qw(--json device disable m s2)], 1, '', qr/"text":"m s2: 409: it was never added to an owner/;
case 'a move to a taken one', [qw(device remap m s2 s1)], 1, '', qr/m s1: 409: it has a device already: RID $rid/;
case 'a move of nothing', [qw(device remap m 01:02:03:04:05:01 s2)], 1, '', qr/m s2: 409: 01:02:03:04:05:01: it was never added/;
$m->add('other', '01:02:03:04:05:AA');
case 'one of a range that another model lists', [@enable, qw(m 01:02:03:04:05:AA)], 1, '',
    qr/m 01:02:03:04:05:AA: 409: only a range of m has it in it, and the model other of the vendor lists it/;

# -- why not? --

sub why { return decode_json((run('--json', 'why', @_))[1]) }
case 'an open window', [qw(why m s1)], 0,
    qr/^verdict +ready\n.*^a device is told +200\n.*^window +open for another 2[34] h \d+ min, until .*^RID +$rid$/ms, '';
is why('m', 's1')->{status}, 200, 'as JSON';
cmp_ok why('m', 's1')->{seconds_left}, '>', 86000, 'with the time that is left';
case 'another casing', [qw(why m 01:02:03:04:05:0b)], 0,
    qr/^verdict +unknown-serial\n.*^a device is told +404\n.*^almost the same +the serial number 01:02:03:04:05:0B is known/ms, '';
case 'one of a range', [qw(why m 01:02:03:04:05:0B)], 0, qr/^verdict +not-enabled\n.*^in the range +mac:48 upper, 01:02:03:04:05:00 to 01:02:03:04:05:FF\n.*^what to do +enable it/ms, '';
is why('m', '01:02:03:04:05:0B')->{range}{casing}, 'upper', 'the range is told';
is why('m', 'abcd')->{range}{last}, '18446744073709551615', 'whatever its size';
is $m->activate('m', 's1')->{status}, 200, 'it is activated';
case 'an activated one', [qw(why m s1)], 0, qr/^activated +\d{4}-.* from 127\.0\.0\.1$/m, '';
case 'a model in other letters', [qw(why M s1)], 0, qr/^verdict +unknown-model\n.*^almost the same +the model m is known/ms, '';
case 'a vendor that is none', [qw(why m s1 --vendor ACME)], 0, qr/^verdict +unknown-vendor\n.*the vendor acme is known/ms, '';
case 'nothing', ['why', 'm', ''], 1, '', qr/400: vendor, model and serial number must not be empty/;
is $m->stop, 0, 'the server ends well';

# -- the setting by which the list is the object of the documentation (A4) --

$m = Muster->start(variant => $variant, set => { ranges_wrapped => 'yes' })->init;
$m->model('m');
is $m->manage('GET', 'model/m/?show=ranges')->{status}, 204, 'wrapped, no ranges are none all the same';
case 'a range', ['range', 'add', 'm', @m1], 0, "m: 1 range added\n", $guessable;
like $m->manage('GET', 'model/m/?show=ranges')->{body}, qr/^\{"ranges":\[\{"format":"mac:48",.*\}\]\}$/, 'the list is wrapped';
case 'the tool reads it', [qw(range list m)], 0, qr/01:02:03:04:05:FF +256$/m, '';
is $m->stop, 0, 'that server ends well too';
done_testing;
