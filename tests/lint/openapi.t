#!/usr/bin/env perl
# docs/openapi.json is what the tables say, a sound description by OpenAPI 3.1, and whole: every route and method
# is in it. That it is true of the server is tests/it/openapi.t.
use strict;
use warnings;
use Test::More;
use JSON::PP;

sub output_of { my $text = qx{$_[0]}; return ($text, $? >> 8) }
sub slurp { open my $f, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar <$f> }

my $tool = 'build/release/tools/print_openapi';
is system("make -s V=release $tool build/release/tools/print_docs"), 0, 'the tool that prints it can be built';
my ($text, $status) = output_of($tool);
is $status, 0, 'it prints it: every route is described, and no other';
ok $text eq slurp('docs/openapi.json'), 'docs/openapi.json is up to date (make docs)';
my ($none, $failed) = output_of("$tool --without 'GET /timestamp' 2>&1 >/dev/null");
is $failed, 1, 'a route that is not described fails';
like $none, qr{does not describe: GET /timestamp}, 'and is named';

# ---- every route and method, as another page has them from the same tables ----
my $api = decode_json($text);
my %described;
for my $path (keys %{ $api->{paths} }) {
    (my $pattern = $path) =~ s/\{\w+\}/*/g;
    $described{ uc($_) . " $pattern" } = 1 for grep { !/^description$/ } keys %{ $api->{paths}{$path} };
}
my ($access) = output_of('build/release/tools/print_docs access');
my %routes;
while ($access =~ m{^\| ([A-Z, ]+) `(/\S*)` \|}mg) { my $path = $2; $routes{"$_ $path"} = 1 for split /, /, $1 }
cmp_ok scalar keys %routes, '>', 30, 'the routes can be read';
is_deeply [sort keys %described], [sort keys %routes], 'every route and method is described, and no other';

# ---- the form of OpenAPI 3.1 ----
like $api->{openapi}, qr{^3\.1\.\d+$}, 'it says that it is OpenAPI 3.1';
ok length($api->{info}{title}) && length($api->{info}{version}), 'it has a title and a version';
my (%ids, @bad);
for my $path (sort keys %{ $api->{paths} }) {
    my %methods = %{ $api->{paths}{$path} };
    delete $methods{description};
    while (my ($method, $op) = each %methods) {
        my $at = "$method $path";
        push @bad, "$at: the id is not its own" if !length($op->{operationId} // '') || $ids{ $op->{operationId} }++;
        push @bad, "$at: no summary" unless length($op->{summary} // '');
        my %seen;
        for my $p (map { $_->{'$ref'} ? $api->{components}{parameters}{ $_->{'$ref'} =~ m{([^/]+)$} ? $1 : '' } : $_ }
            @{ $op->{parameters} // [] }) {
            push @bad, "$at: parameter " . ($p->{name} // '?')
                unless $p->{name} && $p->{in} =~ /^(path|query|header)$/ && $p->{schema} && !$seen{"$p->{in} $p->{name}"}++
                && ($p->{in} ne 'path' || $p->{required});
        }
        my @in_path = $path =~ /\{(\w+)\}/g;
        push @bad, "$at: parameters of the path"
            unless "@{[sort @in_path]}" eq "@{[sort map { /^path (.*)/ } keys %seen]}";
        for my $code (keys %{ $op->{responses} }) {
            my $r = $op->{responses}{$code};
            $r = $api->{components}{responses}{ $r->{'$ref'} =~ m{([^/]+)$} ? $1 : '' } if $r->{'$ref'};
            push @bad, "$at: reply $code" unless $code =~ /^([1-5]\d\d|default)$/ && length($r->{description} // '');
        }
        push @bad, "$at: no success" unless grep { /^(2|101$)/ } keys %{ $op->{responses} };
        push @bad, "$at: no default" unless $op->{responses}{default};
        push @bad, "$at: key $_" for grep { !$api->{components}{securitySchemes}{$_} } map { keys %$_ } @{ $op->{security} };
    }
}
is_deeply \@bad, [], 'ids are unique, parameters are declared, replies say what they mean, references lead somewhere';
SKIP: {
    skip 'the Python package openapi-spec-validator is not there', 1
        if system("python3 -c 'import openapi_spec_validator' 2>/dev/null") != 0;
    is system('python3 -m openapi_spec_validator docs/openapi.json >/dev/null'), 0, 'openapi-spec-validator finds no fault';
}
done_testing;
