#!/usr/bin/env perl
# No key that was given out lies in the store, in its log files or in the server's log.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

sub bytes_of_file {
    my ($path) = @_;
    open(my $f, '<:raw', $path) or die "$path: $!";
    local $/;
    return scalar <$f> // '';
}

# Where in the store's files and the log a handle occurs, as text or as bytes.
sub places {
    my ($m, $handle) = @_;
    my @files = (grep { !/root\.cik$/ } glob("$m->{dir}/*"), "$m->{dir}.log");
    return join ' ', grep {
        my $all = bytes_of_file($_);
        index(lc $all, $handle) >= 0 || index($all, pack('H*', $handle)) >= 0
    } @files;
}

my $m = Muster->start(variant => 'release', set => { log_level => 'debug' })->init;
$m->model('m');
$m->add('m', qw(a b c));
my %rid = map { $_ => $m->enable('m', $_) } qw(a b c);
my %secret = (
    'the root key' => $m->{root_cik},
    'the domain key' => $m->{domain_cik},
    'the vendor token' => $m->{token},
    'the portal key' => $m->{portal_cik},
    'a pending key' => $m->device_key($rid{c}),
    'an activated key' => $m->activate('m', 'a')->{body},
    'a key that is dead' => $m->activate('m', 'b')->{body},
);
$m->reenable('m', 'b');
$m->write_with($secret{'an activated key'}, temp => 1);
$m->read_with('0' x 40);
$m->read_with($secret{'a key that is dead'});
$m->request('POST', '/provision/activate', [Muster::with_cik($secret{'an activated key'})], 'vendor=acme');

for my $moment ('while the server runs', 'after it ended') {
    for my $name (sort keys %secret) {
        like($secret{$name}, qr/^[0-9a-f]{40}$/, "$name is known");
        is(places($m, $secret{$name}), '', "$name is nowhere on disk $moment");
    }
    is($m->stop, 0, 'the server ends cleanly') if $m->{pid};
}
my @keys = bytes_of_file("$m->{dir}/muster.key") =~ /([0-9a-f]{64})/g;
is(scalar @keys, 2, 'the key file holds two keys');
for my $key (@keys) {
    my $found = join ' ', grep { index(bytes_of_file($_), $key) >= 0 || index(bytes_of_file($_), pack('H*', $key)) >= 0 }
        grep { !/muster\.key$/ } glob("$m->{dir}/*"), "$m->{dir}.log";
    is($found, '', 'which are nowhere else');
}
isnt(places($m, unpack('H*', 'acme')), '', 'the search finds what is there');
done_testing;
