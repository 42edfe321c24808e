#!/usr/bin/env perl
# What the tool writes, deletes and reads on this machine, and what it leaves behind on the server
# when that refuses: it replaces nothing that is not a file of its own, asks for a name where one is
# needed, and says what is wrong before anything is sent.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use JSON::PP;
use Muster;
use POSIX qw(mkfifo);
use Test::More;

chdir "$FindBin::Bin/../.." or die $!;
my $muster = "$FindBin::Bin/../../build/release/bin/muster";
my $work   = tempdir(CLEANUP => 1);
delete @ENV{qw(MUSTER_SERVER MUSTER_TOKEN MUSTER_CIK MUSTER_PROFILE XDG_CONFIG_HOME http_proxy)};
$ENV{HOME} = $work;

my $m = Muster->start(variant => 'release')->init;
my @server = ('--server', "http://127.0.0.1:$m->{port}{http}");

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$work/$name" or die $!;
    print $out $text;
    close $out;
    chmod 0600, "$work/$name";
    return "$work/$name";
}

sub read_file {
    my ($path) = @_;
    open my $in, '<', $path or return undef;
    local $/;
    return scalar <$in> // '';
}

# Runs the tool with $input on its standard input: exit status, standard output, standard error.
sub run_with {
    my ($input, @words) = @_;
    my $in = write_file('in', $input);
    my $command = join ' ', map { my $w = $_; $w =~ s/'/'\\''/g; "'$w'" } $muster, @words;
    my $out = `cd $work && timeout 60 $command 2>$work/err <$in`;
    my $code = $? >> 8;
    return ($code, $out, read_file("$work/err"));
}
sub run { return run_with('', @_) }

sub refuses {
    my ($name, $words, $code, $says, $input) = @_;
    my ($got, $out, $err) = run_with($input // '', @$words);
    is $got, $code, "$name: exit status";
    like $err, $says, "$name: says";
    is $out, '', "$name: nothing on standard output";
}

my $cik_file   = write_file('vendor.cik', $m->{domain_cik});
my $token_file = write_file('token', $m->{token});
my @vendor     = (@server, '--cik-file', $cik_file);
my @tokens     = (@vendor, 'token');

# ---- what is not a regular file is neither replaced nor deleted ------------------------------

my $text = qq({"server":"http://127.0.0.1:1"}\n);
my $target = write_file('target', $text);
my %special = (
    'a pipe'      => "$work/pipe",
    'a link'      => "$work/link",
    'a directory' => "$work/directory",
);
mkfifo $special{'a pipe'}, 0600 or die $!;
symlink $target, $special{'a link'} or die $!;
mkdir $special{'a directory'}, 0700 or die $!;

$m->model('thermo');
$m->add('thermo', '0001');
$m->enable('thermo', '0001');
for my $kind (sort keys %special) {
    my $path = $special{$kind};
    my $says = qr/\Q$path\E is not a regular file/;
    my @before = (lstat $path)[1, 2];
    my @profile = (@server, '--profile', $path);
    refuses "a token saved over $kind", [@tokens, 'show', 'tests', '--save-token', $path], 5, $says;
    refuses "a CIK saved over $kind",
        [@server, qw(activate thermo 0001 --vendor acme --save-cik), $path], 5, $says;
    refuses "a profile kept over $kind", [@profile, qw(profile set --vendor acme)], 5, $says;
    refuses "init --save over $kind",
        [@profile, 'init', '--root-cik-file', "$m->{dir}/root.cik", qw(--vendor other --save)], 5, $says;
    refuses "$kind deleted as a profile", [@profile, qw(profile delete)], 5, $says;
    is_deeply [(lstat $path)[1, 2]], \@before, "$kind is still what it was";
}
is read_file($target), $text, 'what a link points to is as it was';
is_deeply [glob "$work/*.new"], [], 'nothing lies beside them';
is $m->activate('thermo', '0001')->{status}, 200, 'the device was not activated for nothing';

is +(run(@server, qw(--profile /dev/null --token-file), $token_file, qw(vendor show)))[0], 0,
    '/dev/null is still an empty profile to read';
is +(run(@server, '--profile', $special{'a link'}, '--token-file', $token_file, qw(vendor show)))[0], 0,
    'and a link may be read';

# ---- keys need a file ------------------------------------------------------------------------

my $name_needed = qr/a file name is needed/;
refuses 'a new token saved to -', [@tokens, qw(create fresh --save-token -)], 2, $name_needed;
refuses 'a token saved to -', [@tokens, qw(show tests --save-token -)], 2, $name_needed;
refuses 'a CIK saved to -', [@server, qw(activate thermo 0001 --vendor acme --save-cik -)], 2, $name_needed;
refuses 'a profile kept in -', [@server, qw(--profile - profile set --vendor acme)], 2, $name_needed;
ok !-e "$work/-", 'no file of that name is made';
is +(run(@tokens, 'show', 'fresh'))[0], 1, 'and no token';

# ---- init that is refused leaves nothing -------------------------------------------------------

# The clients below the client of a CIK: RIDs and aliases.
sub clients {
    my ($cik) = @_;
    return $m->call({ cik => $cik }, 'listing', { alias => '' }, ['client'], { owned => JSON::PP::true });
}
sub alias_status {
    my ($cik, $alias) = @_;
    return $m->rpc({ cik => $cik }, ['lookup', { alias => '' }, 'aliased', $alias])->[0]{status};
}

my $before = clients($m->{domain_cik});
refuses 'init with a key that is not the root client\'s',
    [@server, 'init', '--root-cik-file', $cik_file, qw(--vendor acme2)], 1,
    qr/acme2: 403: the key in --root-cik-file is not the root client's/;
is_deeply clients($m->{domain_cik}), $before, 'the client that was made for it is gone';
is alias_status($m->{domain_cik}, 'vendor.acme2'), 'invalid', 'and its alias';

$before = clients($m->{root_cik});
refuses 'init with a name that another client has',
    [@server, 'init', '--root-cik-file', "$m->{dir}/root.cik", qw(--vendor acme)], 1, qr/acme: 409/;
is_deeply clients($m->{root_cik}), $before, 'leaves nothing either';

my $kept = $m->create_client({ cik => $m->{domain_cik} }, 'vendor.acme3');
$m->call({ cik => $m->{domain_cik} }, 'map', 'alias', $kept, 'vendor.acme3');
refuses 'init that finds its client', [@server, 'init', '--root-cik-file', $cik_file, qw(--vendor acme3)], 1,
    qr/403/;
is alias_status($m->{domain_cik}, 'vendor.acme3'), 'ok', 'keeps what an earlier run made';

# ---- what is wrong on this machine is said before anything is sent -----------------------------

my $no_pem = write_file('no.pem', 'no certificate');
refuses 'certificates that are not there', ['--ca-file', "$work/none", @vendor, qw(vendor show)], 5,
    qr{cannot read the certificates of --ca-file \Q$work\E/none: No such file};
refuses 'certificates that are none',
    ['--ca-file', $no_pem, '--server', "https://127.0.0.1:$m->{port}{http}", '--token-file', $token_file,
        qw(vendor show)], 5, qr/--ca-file must hold PEM/;

for my $path ('/foo', '/provision/', '//foo') {
    refuses "a server address with $path", ['--server', "$server[1]$path", '--token-file', $token_file,
        qw(vendor show)], 2, qr/$path is no server address.*with no path/;
}
is +(run('--server', "$server[1]/", '--token-file', $token_file, qw(vendor show)))[0], 0, 'one slash is fine';

# ---- standard input is read by one option ------------------------------------------------------

my $once = qr/standard input can be read once only/;
refuses 'a CIK and serial numbers out of standard input',
    [@server, qw(--cik-file - sn add thermo --file -)], 2, $once, "$m->{domain_cik}\n";
refuses 'a token and a CIK', [@server, qw(--token-file - --cik-file - vendor show)], 2, $once, "$m->{token}\n";
refuses 'a CIK and a profile', [@server, qw(--cik-file - --profile - token list)], 2, $once, "$m->{domain_cik}\n";
is_deeply [run_with("0002\n", @vendor, qw(sn add thermo --file -))], [0, "1 added\n", ''],
    'one of them is fine';

# ---- help and views ----------------------------------------------------------------------------

for my $words ([], ['--json'], ['--server', 'http://127.0.0.1:1'], ['model'], ['--json', 'model']) {
    my ($code, $out, $err) = run(@$words);
    is "$code $out", '2 ', "'muster @$words' is no command";
    like $err, qr/^(?:usage: muster|muster model - )/, 'and help comes on standard error';
}
for my $words (['--help'], ['--json', '--help'], ['model', '--help']) {
    my ($code, $out, $err) = run(@$words);
    is "$code $err", '0 ', "'muster @$words' is fine";
    like $out, qr/^(?:usage: muster|muster model - )/, 'and help comes on standard output';
}
is_deeply [run(@vendor, qw(model show thermo))],
    [0, "model         thermo\ntemplate RID  $m->{template_rid}\nshare code    -\noptions       -\n", ''],
    'a model is shown with what it has';

done_testing;
