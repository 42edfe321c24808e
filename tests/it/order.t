#!/usr/bin/env perl
# The order of checks (protocol.md 2.4, 2.5.3), each pair of neighbours by a request that fails in both
# ways; and the keys that may do what (1.7, 2.2).
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my $m = Muster->start(variant => 'fault')->init;
my $F = ['Content-Type', 'application/x-www-form-urlencoded'];
my $C = ['Content-Type', 'text/csv'];
my $T = ['X-Exosite-Token', $m->{token}];
my $P = ['X-Exosite-CIK', $m->{portal_cik}];
my $D = ['X-Exosite-CIK', $m->{domain_cik}];
my $O = ['X-Exosite-Vendor', 'other'];
my ($owner, $template, $stranger) = ($m->{portal_rid}, $m->{template_rid}, 'a' x 40);
my ($M, $A) = ('/provision/manage/model', '/provision/admin/auth');
$m->model('m1');
$m->add('m1', '0001', '0002', '0003');
$m->enable('m1', '0001');

# STATUS, what for, METHOD, PATH, headers, body
sub gives {
    my ($status, $what, @request) = @_;
    my $reply = $m->request(@request);
    is($reply->{status}, $status, "$status: $what") or diag $reply->{raw};
    return $reply;
}

# 2.4, steps 1 to 3: size, path, method, credential
gives(413, 'size before the credential', 'POST', "$M/", [$F], 'x' x 70000);
gives(404, 'path before the credential', 'GET', '/provision/nosuch', []);
gives(404, 'a segment too many', 'POST', "$M/m1/0001/x", [], '');
gives(405, 'method before the credential', 'PUT', "$M/m1/0001", [], 'x');
gives(405, 'a method that nothing knows', 'PATCH', "$M/m1/0001", [], 'x');
gives(401, 'credential before the model', 'GET', "$M/nosuch", []);
gives(401, 'credential before the parameters', 'POST', "$M/m1/0001", [$F], 'x=1');
# steps 4 and 5: vendor name, share, model
gives(412, 'vendor name before the model', 'GET', "$M/nosuch", [$P]);
gives(412, 'vendor name before the parameters', 'POST', "$M/m1/0001", [$P, $F], '');
gives(412, 'vendor name before the share', 'POST', "$M/m1/0001", [$P, $O, $F], '');
gives(403, 'share before the model', 'GET', "$M/nosuch/", [$T, $O]);
gives(403, 'share before the parameters', 'POST', "$M/m1/0001", [$T, $O, $F], '');
gives(200, 'the vendor header does not count for the model itself', 'GET', "$M/m1", [$T, $O]);
gives(404, 'model before the parameters of a serial number', 'POST', "$M/nosuch/0001", [$T, $F], 'x=1');
gives(404, 'model before the serial numbers to add', 'POST', "$M/nosuch/", [$T, $F], 'x=1');
gives(404, 'model before its new settings', 'PUT', "$M/nosuch", [$T, $F], 'x=1');
# steps 6 to 8: parameters, serial number, owner, state
gives(400, 'parameters before the serial number', 'POST', "$M/m1/nosuch", [$T, $F], 'x=1');
gives(400, 'enable and disable', 'POST', "$M/m1/0001", [$T, $F], 'enable=true&disable=true');
gives(400, 'form of the owner before the serial number', 'POST', "$M/m1/nosuch", [$T, $F], 'enable=true&owner=x');
gives(400, 'form of the owner before the state', 'POST', "$M/m1/0001", [$T, $F], 'enable=true&owner=x');
gives(404, 'serial number before the owner', 'POST', "$M/m1/nosuch", [$T, $F], "enable=true&owner=$stranger");
gives(403, 'an owner that is nobody', 'POST', "$M/m1/0002", [$T, $F], "enable=true&owner=$stranger");
gives(403, 'an owner that is the creator', 'POST', "$M/m1/0002", [$T, $F], "enable=true&owner=$m->{domain_rid}");
gives(403, 'owner before the state', 'POST', "$M/m1/0001", [$T, $F], "enable=true&owner=$stranger");
gives(409, 'it has a client', 'POST', "$M/m1/0001", [$T, $F], "enable=true&owner=$owner");
gives(409, 're-enable of one never enabled', 'POST', "$M/m1/0002", [$T, $F], 'enable=true');
gives(409, 'disable of one never enabled', 'POST', "$M/m1/0002", [$T, $F], 'disable=true');
gives(404, 'remap of an unknown one', 'POST', "$M/m1/0002", [$T, $F], 'enable=true&oldsn=nosuch');
gives(404, 'remap to an unknown one', 'POST', "$M/m1/nosuch", [$T, $F], 'enable=true&oldsn=0001');
gives(409, 'remap to one with a client', 'POST', "$M/m1/0001", [$T, $F], 'enable=true&oldsn=0002');
gives(409, 'remap of one without', 'POST', "$M/m1/0002", [$T, $F], 'enable=true&oldsn=0003');
gives(409, 'remap to itself', 'POST', "$M/m1/0001", [$T, $F], 'enable=true&oldsn=0001');
gives(205, 'oldsn before owner', 'POST', "$M/m1/0002", [$T, $F], "enable=true&owner=$owner&oldsn=0001");
gives(205, 'disable', 'POST', "$M/m1/0002", [$T, $F], 'disable=true');
gives(205, 'disable again', 'POST', "$M/m1/0002", [$T, $F], 'disable=true');
gives(404, "$_ of an unknown one", 'GET', "$M/m1/nosuch?show=$_", [$T]) for qw(groups log);
gives(404, 'delete of an unknown one', 'DELETE', "$M/m1/nosuch", [$T]);
# models
gives(400, 'template before the name that is taken', 'POST', "$M/", [$T, $F], 'model=m1&rid=x');
gives(400, 'no template', 'POST', "$M/", [$T, $F], 'model=m2');
gives(400, 'two templates', 'POST', "$M/", [$T, $F], "model=m2&rid=$template&code=$stranger");
gives(400, 'a bad name', 'POST', "$M/", [$T, $F], "model=m%2F2&rid=$template");
gives(400, 'oneself as the template', 'POST', "$M/", [$T, $F], "model=m2&rid=$m->{domain_rid}");
gives(409, 'the name is taken', 'POST', "$M/", [$T, $F], "model=m1&rid=$template");
gives(400, 'delete without a name', 'POST', "$M/", [$T, $F], 'delete=true');
gives(404, 'delete of an unknown model', 'POST', "$M/", [$T, $F], 'delete=true&model=nosuch');
gives(205, 'the collection without its slash', 'POST', $M, [$T, $F], "model=m3&rid=$template");
gives(400, 'new settings without a template', 'PUT', "$M/m3", [$T, $F], 'options[]=noaliases');
gives(204, 'models of others', 'GET', "$M?show=shared", [$T]);
# serial numbers
gives(400, 'nothing to add', 'POST', "$M/m1/", [$T, $F], 'x=1');
gives(400, 'an empty list', 'POST', "$M/m1/", [$T, $C], '');
gives(400, 'a bad one before one that is taken', 'POST', "$M/m1/", [$T, $F], 'sn[]=0001&sn[]=a%2Cb');
gives(409, 'one of two is taken', 'POST', "$M/m1/", [$T, $F], 'sn[]=0009&sn[]=0001');
gives(404, 'then the other is not added', 'GET', "$M/m1/0009", [$T]);
gives(409, 'the same one twice', 'POST', "$M/m1/", [$T, $F], 'sn[]=0009&sn[]=0009');
gives(205, 'delete skips what it does not know', 'DELETE', "$M/m1/", [$T, $C], "\r\nbad/name\r\n0009\r\n");
gives(400, 'a limit that is no number', 'GET', "$M/m1/?limit=abc", [$T]);
is(gives(200, 'a limit and an offset out of bounds', 'GET', "$M/m1/?limit=$_->[0]&offset=$_->[1]", [$T])->{body} =~ tr/\n//, $_->[2],
    "limit $_->[0], offset $_->[1] are cut")
    for [1, -3, 3], ['9' x 30, '-' . '9' x 30, 3], [6, '9' x 30, 0];
# vendor names and tokens: the vendor's own key only
gives(401, 'a vendor name without a key', 'GET', '/provision/register', []);
gives(404, 'a client without a name', 'GET', '/provision/register', [$P]);
gives(403, 'a name for a client that is no domain', 'POST', '/provision/register', [$P, $F], 'vendor=zz');
gives(400, 'a bad name', 'POST', '/provision/register', [$D, $F], 'vendor=a%20b');
gives(409, 'a second name', 'POST', '/provision/register', [$D, $F], 'vendor=zz');
gives(205, 'the same name', 'POST', '/provision/register', [$D, $F], 'vendor=acme');
gives(404, 'giving up another name', 'POST', '/provision/register', [$D, $F], 'delete=true&vendor=zz');
gives(401, 'tokens by a token', 'GET', "$A/", [$T]);
gives(401, 'tokens by a token in the other header', 'GET', "$A/", [['X-Exosite-CIK', $m->{token}]]);
gives(200, 'tokens by a key in the other header', 'GET', "$A/", [['X-Exosite-Token', $m->{domain_cik}]]);
gives(412, 'tokens without a vendor name', 'GET', "$A/", [$P]);
gives(400, 'a token without an id', 'POST', "$A/", [$D, $F], 'x=1');
gives(409, 'an id that is taken', 'POST', "$A/", [$D, $F], 'id=tests');
gives(404, "$_ of an unknown token", $_, "$A/nosuch", [$D]) for qw(GET DELETE);
# 2.5.3
sub activation { return join '&', map {"$_->[0]=$_->[1]"} [vendor => $_[0]], [model => $_[1]], [sn => $_[2]] }
gives(405, 'method before the parameters', 'GET', '/provision/activate?vendor=x', []);
gives(400, 'parameters before the vendor', 'POST', '/provision/activate', [$F], activation('zz', 'zz', ''));
gives(403, 'vendor before the serial number', 'POST', '/provision/activate', [$F], activation('zz', 'm1', 'zz'));
gives(403, 'model before the serial number', 'POST', '/provision/activate', [$F], activation('acme', 'zz', 'zz'));
gives(404, 'serial number', 'POST', '/provision/activate', [$F], activation('acme', 'm1', 'zz'));
gives(409, 'state; keys do not count', 'POST', '/provision/activate', [$F, ['X-Exosite-CIK', 'zz']], activation('acme', 'm1', '0002'));
# data: never 403
gives(401, 'key before the values', 'POST', '/onep:v1/stack/alias', [$F], 'count=x');
gives(401, 'a vendor token is no device', 'GET', '/onep:v1/stack/alias?temp', [$T]);
gives(405, 'method before the key', 'PUT', '/onep:v1/stack/alias', [], 'x');

# 1.7: what a device and its owners see and may
my $rid = $m->enable('m1', '0003');
my $key = $m->activate('m1', '0003')->{body};
my ($device, $portal, $domain) = map { { cik => $_ } } $key, $m->{portal_cik}, $m->{domain_cik};
sub says {
    my ($status, $what, $auth, @call) = @_;
    my $answer = $m->rpc($auth, \@call);
    is($answer->[0]{status}, $status, $what);
    return $answer->[0]{result};
}
gives(412, 'a device manages nothing', 'GET', "$M/", [['X-Exosite-CIK', $key]]);
gives(403, 'nor the server', 'POST', '/muster/v1/clock/reset', [['X-Exosite-CIK', $key]], '');
says('ok', 'the owner sees the key', $portal, 'info', $rid, ['key']);
says('restricted', 'who stands above him does not', $domain, 'info', $rid, ['key']);
my $seen = says('ok', 'but sees the rest', $domain, 'info', $rid, {});
is($seen->{aliases}, 'undefined', 'without the aliases');
ok(!exists $seen->{key}, 'and without the key');
says('restricted', "a device does not $_->[0]", $device, @$_)
    for ['info', $owner], ['lookup', 'owner', $rid], ['update', $rid, { name => 'x' }], ['drop', $rid],
    ['listing', $owner, ['client'], {}], ['create', $owner, 'client', {}], ['map', 'alias', $owner, 'x'];
# a lock shows in info only (1.4, 2.6.3)
says('ok', 'lock', $portal, 'update', $rid, { locked => JSON::PP::true });
is(says('ok', 'info of a locked device', $portal, 'info', $rid, ['basic'])->{basic}{status}, 'locked', 'info says locked');
is(gives(200, 'a locked device', 'GET', "$M/m1/0003", [$T])->{body}, "activated,$rid,\r\n", 'its serial number reads as its key');
is($m->stop, 0, 'the server ends cleanly');
done_testing;
