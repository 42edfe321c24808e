#!/usr/bin/env perl
# Devices whose keys are in their firmware (muster device import-key): one, many, with enabling, refused
# ones by name; every loop knows the first of them at once; no key is told or stored in clear.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $m = Muster->start(variant => 'release', set => { threads => 2, log_level => 'debug' })->init;
my @all_keys;

sub slurp { open(my $f, '<:raw', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>:raw', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f; return $_[0] }
spew("$dir/vendor.cik", $m->{domain_cik});
my $n_keys = 0;
sub new_key { push @all_keys, sprintf('%08x', ++$n_keys) . 'c0de' x 8; return $all_keys[-1] }

# (exit status, standard output, standard error)
sub tool {
    my ($cik_file, @args) = @_;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDIN, '<', "$dir/in") or open(STDIN, '<', '/dev/null') or die;
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        delete @ENV{qw(MUSTER_CIK MUSTER_TOKEN MUSTER_PROFILE)};
        @ENV{qw(HOME MUSTER_SERVER)} = ($dir, "http://127.0.0.1:$m->{port}{http}");
        exec(Muster::bin('release', 'muster'), '--cik-file', $cik_file, @args) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}
sub works {
    my ($name, @args) = @_;
    my ($code, $out, $err) = tool("$dir/vendor.cik", 'device', 'import-key', @args);
    is($code, 0, $name) or diag $err;
    return $out;
}
sub fails {
    my ($name, $code, $says, @args) = @_;
    my ($got, $out, $err) = tool("$dir/vendor.cik", 'device', 'import-key', @args);
    is($got, $code, "$name: exit status");
    like($err, $says, "$name: says why");
    ok(!(grep { index($out . $err, $_) >= 0 } @all_keys), "$name: tells no key");
}
sub status_with { my ($cik) = @_; return $m->read_with($cik)->{status} }

$m->model('m');
$m->add('m', qw(a b c d e live));
my %rid = map { $_ => $m->enable('m', $_) } qw(a b live);
my $live = $m->activate('m', 'live')->{body};

# Both loops have looked for this key, and remember that nothing is foreign, before it comes.
my $k = new_key();
my @sockets = map { $m->dial } 1 .. 8;
my $ask = Muster::bytes_of('GET', '/onep:v1/stack/alias?temp', [Muster::with_cik($k)]);
is($m->talk($_, $ask)->{status}, 401, 'an unknown key is refused') for @sockets;
is(works('a key is brought', 'm', 'a', '--key-file', spew("$dir/k", "$k\n")), "1 key in force\n", 'it says so');
is($m->talk($_, $ask)->{status}, 204, 'every connection knows it at once') for @sockets;
is($m->device_key($rid{a}), $k, 'the owner sees it');
like($m->manage('GET', 'model/m/a?show=log')->{body}, qr/^\d+,imported,/, 'the log says that it was imported');
is($m->activate('m', 'a')->{status}, 409, 'the device cannot activate any more');
unlike($m->log, qr/second/, 'and that raises no alarm');
is(works('the same again', 'm', 'a', '--key-file', "$dir/k"), "1 key in force\n", 'changes nothing');
is($m->manage('GET', 'model/m/a?show=log')->{body} =~ tr/\n//, 1, 'not even the log');

fails('a key of another device', 1, qr/row 1: another client has this key/, 'm', 'b', '--key-file', "$dir/k");
fails('an activated device', 1, qr/row 1: it has a key in force/, 'm', 'live', '--key-file', spew("$dir/n", new_key()));
is(status_with($live), 204, 'keeps its key');
works('unless it is to be replaced', 'm', 'live', '--key-file', "$dir/n", '--replace');
is(status_with($live), 401, 'then that is dead');
is(status_with(slurp("$dir/n")), 204, 'and the new one in force');
fails('an unknown serial number', 1, qr/row 1: no such serial number/, 'm', 'zz', '--key-file', spew("$dir/z", new_key()));
fails('a serial number without a device', 1, qr/row 1: it was never added/, 'm', 'c', '--key-file', "$dir/z");
fails('an unknown model', 1, qr/no such model/, 'nosuch', 'c', '--key-file', "$dir/z");
fails('a key as a word', 2, qr/./, 'm', 'c', $all_keys[0]);
fails('a bad row', 2, qr/line 2: the key is not 40 digits.*nothing was sent/, 'm', '--file',
    spew("$dir/csv", 'c,' . new_key() . "\nd,xyz\n"), '--owner', $m->{portal_rid});

my %k = map { $_ => new_key() } qw(b c d e);
spew("$dir/csv", join '', "sn,cik\n", map {"$_,$k{$_}\n"} qw(b c d));
is(works('many are brought and enabled', 'm', '--file', "$dir/csv", '--heading', '--owner', $m->{portal_rid}),
    "3 keys in force\n", 'all of them');
is(status_with($k{$_}), 204, "$_ is alive") for qw(b c d);
fails('a heading', 2, qr/line 1: .*--heading/, 'm', '--file', "$dir/csv");
spew("$dir/csv", "e,$k{e}\nzz,$k{b}\n");
fails('one of many', 1, qr/row 2: no such/, 'm', '--file', "$dir/csv", '--owner', $m->{portal_rid});
is(status_with($k{e}), 401, 'stops all of its call');
is($m->manage('GET', 'model/m/e')->{status}, 204, 'and nothing was enabled');

# Each of them may be a copy of the template, so fewer go in one call; the tool knows.
my @crowd = map { sprintf 'o%03d', $_ } 1 .. 101;
$m->add('m', @crowd);
my $rows = join '', map { "$_," . new_key() . "\n" } @crowd;
is($m->request('POST', "/muster/v1/keys/m?owner=$m->{portal_rid}", [Muster::with_cik($m->{domain_cik})], $rows)->{status}, 413,
    '101 that may have to be enabled are too many for one call');
is($m->manage('GET', 'model/m/o001')->{status}, 204, 'and none was');
spew("$dir/csv", $rows);
is(works('the tool brings them', 'm', '--file', "$dir/csv", '--owner', $m->{portal_rid}), "101 keys in force\n", 'all of them');

my $p = new_key();
spew("$dir/csv", "$m->{portal_rid},$p\n");
my ($code) = tool("$m->{dir}/root.cik", 'device', 'import-key', '--clients', '--file', "$dir/csv", '--replace');
is($code, 0, 'the operator brings the key of any client');
is($m->call({ cik => $p }, 'info', { alias => '' }, { basic => JSON::PP::true })->{basic}{type}, 'client', 'which is then its key');
is($m->request('POST', '/muster/v1/keys/m', [$m->with_token, ['Content-Type', 'text/csv']], "e,$k{e}\n")->{status}, 401,
    'a vendor token is not enough');
my $evil = $m->request('POST', '/muster/v1/keys/m', [Muster::with_cik($m->{domain_cik}), ['Content-Type', 'text/csv']],
    "\"x\r\nSet-Cookie: a\",$k{e}\n");
is($evil->{status}, 400, 'a name with a line end in it is refused');
unlike($evil->{head}, qr/cookie/i, 'and not told again');

$m->reenable('m', 'a');
is(status_with($k), 401, 're-enabling ends a key that was brought');
my $made = $m->activate('m', 'a')->{body};
isnt($made, $k, 'and makes another one');

for my $moment ('while the server runs', 'after it ended') {
    for my $file (grep { !/root\.cik$/ } glob("$m->{dir}/*"), "$m->{dir}.log") {
        my $bytes = lc slurp($file);
        my @found = grep { index($bytes, $_) >= 0 || index(slurp($file), pack 'H*', $_) >= 0 } @all_keys;
        is(scalar @found, 0, 'no key in ' . ($file =~ s{.*/}{}r) . " $moment");
    }
    is($m->stop, 0, 'the server ends cleanly') if $m->{pid};
}
system(Muster::bin('release', 'muster') . " check --data $m->{dir} >$dir/check 2>&1");
is($? >> 8, 0, 'the store is whole') or diag slurp("$dir/check");
done_testing;
