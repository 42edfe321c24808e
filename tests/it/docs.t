#!/usr/bin/env perl
# The examples of docs/ about data, RPC and processing, run by a shell as they stand there, but for ports and hosts: each
# does what is written beside it.
use strict;
use warnings;
use lib 'tests/lib';
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Muster;
use Receivers;

my $dir = tempdir(CLEANUP => 1);
my $web = Receivers->web;
my $m = Muster->start(variant => 'release', args => ['--udp', '127.0.0.1:0'], set => { dispatch_private_networks => 'yes' });
my $json = JSON::PP->new->canonical;

# The examples of a page below a heading: indented by four, those that stand together are one.
sub examples {
    my ($page, $heading) = @_;
    open(my $f, '<', "docs/$page") or die "docs/$page: $!";
    my $text = do { local $/; <$f> };
    $text =~ s/\A.*?^#+ [^\n]*\Q$heading\E[^\n]*\n//ms or die "docs/$page has no $heading";
    $text =~ s/^## .*//ms;
    return map { s/^    //gmr } $text =~ /^((?:    [^\n]*\n)+)/gm;
}

# One bash for all, so that a variable lasts, as in a terminal.
my $here = getcwd();
my %env = (HOME => $dir, PATH => "$here/build/release/bin:$ENV{PATH}");
sub shell {
    my (@examples) = @_;
    my $script = join '', "set -e\n", 'nc() { cat >"/dev/udp/$3/$4"; }', "\n", @examples;
    $script =~ s/127\.0\.0\.1:8080/127.0.0.1:$m->{port}{http}/g;
    $script =~ s/127\.0\.0\.1 18494/127.0.0.1 $m->{port}{udp}/g;
    $script =~ s{https://example\.com}{http://127.0.0.1:$web->{port}}g;
    $script =~ s/<CIK>/$env{CIK}/g;
    open(my $f, '>', "$dir/script") or die;
    print $f $script;
    close $f;
    local %ENV = (%ENV, %env);
    delete @ENV{qw(MUSTER_SERVER MUSTER_TOKEN MUSTER_CIK MUSTER_PROFILE XDG_CONFIG_HOME)};
    my $out = qx(cd '$dir' && bash script 2>err);
    my ($line) = split /\n/, $examples[0];
    is $?, 0, "it runs: $line" or diag $out, `cat $dir/err`;
    return $out;
}

shell("muster --server http://127.0.0.1:8080 init --root-cik-file $m->{dir}/root.cik --vendor acme --save\n",
    "muster model create thermo\nmuster sn add thermo 0001 0002 0003\n",
    map { "muster device enable thermo $_\nmuster activate thermo $_ --save-cik $_.cik\n" } '0001', '0002');
my $device = shell("tr -d '\\n' <0002.cik");
sub auth { return { cik => $device } }
$env{CIK} = $device;

# ---- data-api.md ----
my ($record) = examples('data-api.md', '`POST /onep:v1/stack/record`');
is shell($record), '', 'a record is answered with nothing';
my ($older) = examples('data-api.md', '`POST /onep:v1/stack/alias/<alias>`');
is shell($older), '', 'the older form too';
my (undef, $refused) = examples('data-api.md', '`POST /onep:v1/stack/record`');
is shell($refused), 'temp=1700000000.5', 'points too near are named';
my ($call, $answer) = split /\n/, (examples('rpc-api.md', 'Data'))[0];
is $m->request('POST', '/onep:v1/rpc/process', [], $json->encode({ auth => auth(), calls => [$json->decode($call)] }))->{body},
    "[$answer]", 'rpc-api.md: read is answered as it says';
my ($write) = examples('data-api.md', '`POST /onep:v1/stack/alias` - write');
is shell($write), '', 'a write is answered with nothing';
my ($read) = examples('data-api.md', '`GET /onep:v1/stack/alias?');
is shell($read), 'note=hello&temp=21.5', 'a read with what was written';
my ($hybrid) = examples('data-api.md', '- write, then read');
is shell($hybrid), 'count=3&temp=21.5', 'both at once';
like shell(examples('data-api.md', '`GET /ip`')), qr/^127,0,0,1,(\d+),(\d+)\z/, 'the address of the server';
$m->call(auth(), 'record', { alias => 'temp' }, [[4000000000, 21.5]]);
my ($wait) = examples('data-api.md', 'wait for a value');
like shell($wait), qr/^HTTP\/1.1 200 OK\r\n(?:.*\r\n)*Last-Modified: .*\r\n(?:.*\r\n)*\r\ntemp=21\.5\z/, 'a wait with what is new';
$m->call(auth(), 'flush', { alias => 'temp' });
my ($datagram) = examples('data-api.md', 'Single datagrams');
shell($datagram);
is $m->call(auth(), 'wait', { alias => 'temp' }, { since => 0 })->[1], 21.5, 'a datagram arrives';

# ---- rpc-api.md ----
my ($process, $replies) = examples('rpc-api.md', '`POST /onep:v1/rpc/process`');
is shell($process) =~ s/"modified":\d+/"modified":1700000000/r . "\n", $replies, 'a request is answered as it says';

my @hand = examples('rpc-api.md', 'By hand');
my $seen = shell("muster --cik-file 0001.cik data write temp=7\n", @hand);
like $seen, qr/\Awritten\nbasic .*\ncounts .*\n(\S+ \S+  7\n)ok\n\1ok\nok\n\d+\nok\n\z/, 'by hand';

# ---- processing.md ----
like shell(examples('processing.md', 'An example')), qr/^ok\nwritten\n\S+ \S+  200\n\z/, 'a message is sent';
my ($got) = $web->wait_for(1);
is "$got->{method} $got->{path} $got->{body}", 'POST /alarm 1', '... and arrives';

# ---- operators.md ----
my ($pressure) = examples('operators.md', 'Aliases of your own');
shell($pressure);
like shell("muster device enable thermo 0003\nmuster activate thermo 0003 --save-cik 0003.cik\n",
    "muster --cik-file 0003.cik data write pressure=3\nmuster --cik-file 0003.cik data read pressure\n"),
    qr/^pressure +3$/m, 'a device has an alias of its own';
$pressure =~ s/TEMPLATE=.*/TEMPLATE=\$(muster sn status thermo 0001 | sed -n 's,^RID  *,,p')/;
$pressure =~ s/^(.*muster rpc (?:create|map).*?)(\)?)$/$1 --as portal$2/gm;
like shell($pressure, "muster --cik-file 0001.cik data write pressure=4\n"), qr/^written$/m, '... also one that was there before';

is $m->stop, 0, 'the server ends well';
done_testing;
