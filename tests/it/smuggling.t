#!/usr/bin/env perl
# Every smuggling and framing case (tests/lib/smuggling.c) over a socket: 400, closed, and nothing
# behind the flaw is answered. Over plain HTTP and over TLS.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my $m = Muster->start(variant => 'fault', tls => 1)->init;

for (['plain', $m->{port}{http}], ['TLS', $m->tls_port]) {
    my ($over, $port) = @$_;
    open(my $tool, '-|', Muster::tool('fault', 'smuggle'), '-s', "127.0.0.1:$port", '-w', $over)
        or die "smuggle: $!";
    my $n = 0;
    while (my $line = <$tool>) {
        if ($line =~ /^(not )?ok \d+ - (.*)/) { ok(!$1, $2); $n++ }
        elsif ($line =~ /^#/) { diag $line }
    }
    close $tool;
    cmp_ok($n, '>=', 100, "$n cases over $over");
}
$m->end_socat;
is($m->stop, 0, 'the server ends cleanly');
done_testing;
