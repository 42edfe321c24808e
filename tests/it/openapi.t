#!/usr/bin/env perl
# docs/openapi.json against a real server. A table of requests (below) is sent; then every status that is
# documented was answered by its operation, and no other was. What the server logs of its requests says
# the same. Trouble of the server (5xx) is documented as "default" and is not asked for here.
#
# Each refusal (4xx) leaves all stores as they were: their dumps before and after are equal. The mark of the
# clock is left out, because it moves with time.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use IO::Socket::IP;
use IPC::Open2;
use JSON::PP;
use Muster;
use Time::HiRes qw(time);
use WebSocket;

my $SECRET_SN = 'sn-that-no-log-has';
my $m = Muster->start(set => { admin => '127.0.0.1:0', log_requests => 'yes', requests_per_connection => 100000 })->init;
my $api = do { open my $f, '<', 'docs/openapi.json' or die $!; local $/; decode_json(<$f>) };

# ---- operations: "GET /provision/manage/model/{model}/" => ... ----

my %op;
for my $path (keys %{ $api->{paths} }) {
    my $item = $api->{paths}{$path};
    for my $method (grep { !/^description$/ } keys %$item) {
        my $form = quotemeta $path;
        $form =~ s/\\\{\w+\\\}/[^\/]+/g;
        $form =~ s/\\?\/$/\/?/ if $item->{description};
        (my $pattern = $path) =~ s/\{\w+\}/*/g;
        $op{ uc($method) . " $path" } = { %{ $item->{$method} }, method => uc $method, path => $path, pattern => $pattern,
            match => qr{\A$form\z}, documented => { map { $_ => 1 } grep { $_ ne 'default' } keys %{ $item->{$method}{responses} } } };
    }
}
sub op_of {
    my ($method, $path) = @_;
    $path =~ s/\?.*//;
    my @found = grep { $_->{method} eq $method && $path =~ $_->{match} } values %op;
    die "$method $path is " . @found . ' operations' unless @found == 1;
    return $found[0];
}

# ---- dumps ----

my @dumps = map {
    my $pid = open2(my $out, my $in, 'sqlite3', '-readonly', '-batch', "$m->{dir}/$_.db") or die "sqlite3: $!";
    { pid => $pid, in => $in, out => $out };
} qw(muster points content);
# All but the rows that are due, which go by themselves when their time comes.
sub dump_all {
    my ($all, %due) = '';
    for my $d (@dumps) {
        print { $d->{in} } ".dump\nSELECT 'the dump is ' || 'whole';\n";
        $d->{in}->flush;
        while (defined(my $line = readline $d->{out})) {
            last if $line eq "the dump is whole\n";
            if ($line =~ /^INSERT INTO due /) { $due{$line} = 1 }
            elsif ($line !~ /^INSERT INTO meta VALUES\(X'636c6f636b5f6d61726b',/i) { $all .= $line } # clock_mark
        }
    }
    return { all => $all, due => \%due };
}
sub has_changed {
    my ($before, $now) = @_;
    return $now->{all} ne $before->{all} || grep { !$before->{due}{$_} } keys %{ $now->{due} };
}

# The bytes of deleted content go a little later.
sub count { my ($file, $what) = @_; return scalar qx{sqlite3 -readonly $m->{dir}/$file.db 'SELECT count(*) FROM $what'} }
sub await_sweeping {
    my $until = time + 20;
    my $wanted = count('muster', 'content WHERE blob_id <> 0');
    select(undef, undef, undef, 0.01) while count('content', 'blob') != $wanted && time < $until;
}

# ---- requests ----

my (%seen, %to_log, %wrong, $last_dump, $n_refused, $n_changed);
sub note_wrong { my ($at, $what) = @_; push @{ $wrong{$at} }, $what }

sub check_form {
    my ($at, $op, $reply) = @_;
    my $is = $reply->{header}{'content-type'};
    my @types = sort keys %{ $op->{responses}{ $reply->{status} }{content} // {} };
    if ($reply->{status} >= 400 && !@types && $op->{path} !~ /rpc/) {
        my ($line) = $reply->{head} =~ /\A([^\r]+\r\n)/;
        note_wrong($at, 'the body of an error is its status line') if $reply->{body} ne $line || defined $is;
    } elsif (!@types) {
        note_wrong($at, 'a body where none is documented') if length $reply->{body} && $reply->{status} < 400;
    } elsif (!grep { $_ eq '*/*' || $_ eq ($is // '') } @types) {
        note_wrong($at, 'Content-Type ' . ($is // 'none') . ", documented is @types");
    }
}

# Sends it, checks the status and, if it is a refusal, that nothing changed.
sub ask {
    my ($want, $method, $path, $headers, $body, $how) = @_;
    my $op = op_of($method, $path);
    my $at = "$want $method " . substr($path, 0, 80) . ' ' . substr($body // '', 0, 60);
    $last_dump //= dump_all() if $want =~ /^4/;
    local ($m->{socket}, $m->{port}{http}) = (undef, $m->{port}{admin}) if $op->{servers};
    my $reply = $how ? $how->() : $m->request($method, $path, $headers, $body);
    $seen{"$op->{method} $op->{path}"}{ $reply->{status} }++;
    $to_log{"$op->{method} $op->{path}"}{ $reply->{status} }++ unless $how || $op->{servers};
    note_wrong($at, "was answered $reply->{status}") if $reply->{status} ne $want;
    check_form($at, $op, $reply);
    if ($reply->{status} =~ /^4/ && $want =~ /^4/) {
        my $now = dump_all();
        note_wrong($at, 'changed a store') if has_changed($last_dump, $now);
        $n_refused++;
        $last_dump = $now;
    } else {
        $last_dump = undef;
    }
    return $reply;
}

# ---- the people ----

my $root = { cik => $m->{root_cik} };
sub new_domain {
    my ($name) = @_;
    my $cik = $m->key_of($m->{root_cik}, $m->create_client($root, $name));
    return $cik;
}
my %cik = (V => $m->{domain_cik}, P => $m->{portal_cik}, R => $m->{root_cik}, N => new_domain('nameless'), O => new_domain('other'));
my $FORM = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'];
Muster::must('register', $m->request('POST', '/provision/register', [['X-Exosite-CIK', $cik{O}], $FORM], 'vendor=other'), 205);
my $DEAD = '0' x 40;
sub headers_of {
    my ($who) = @_;
    return [] if $who eq '-';
    return [['X-Exosite-Token', $m->{token}]] if $who eq 'T';
    return [['X-Exosite-CIK', $m->{token}]] if $who eq 'Tc'; # a token in the other header
    return [['X-Exosite-Token', $cik{$1}]] if $who =~ /^(\w)t$/;
    return [['X-Exosite-CIK', $DEAD]] if $who eq 'X';
    return [['X-Exosite-Token', $m->{token}], ['X-Exosite-Vendor', 'other']] if $who eq 'T>other';
    return [['X-Exosite-CIK', $cik{O}], ['X-Exosite-Vendor', 'acme']] if $who eq 'O>acme';
    die "who is $who" unless $cik{$who};
    return [['X-Exosite-CIK', $cik{$who}]];
}

# ---- what is there ----

$m->model('m1');
$m->add('m1', qw(act pend unused dis orph locked s1 fresh), $SECRET_SN);
my %rid = map { $_ => $m->enable('m1', $_) } qw(act pend dis orph locked);
$cik{D} = $m->activate('m1', 'act')->{body};
$m->activate('m1', $_) for qw(dis locked);
$m->disable('m1', 'dis');
my $portal = { cik => $m->{portal_cik} };
$m->call($portal, 'drop', $rid{orph});
$m->call($portal, 'update', $rid{locked}, { locked => JSON::PP::true });
Muster::must('model', $m->manage('POST', 'model/', "model=m2&rid=$m->{template_rid}&window=60"), 205);
$m->add('m2', 'exp');
$m->enable('m2', 'exp');
$m->clock(100);
my $full = $m->call({ cik => $m->{domain_cik} }, 'create', { alias => '' }, 'client', { limits => { client => 0 }, name => 'full' });
my $lent_template = $m->create_client({ cik => $cik{O} }, 'template');
my $code = $m->call({ cik => $cik{O} }, 'share', $lent_template, { meta => '["acme", "m4"]' });
my %name = (code => $code, dcik => $cik{D}, portal => $m->{portal_rid}, template => $m->{template_rid}, vendor => $m->{domain_rid}, dead => $DEAD, full => $full, secret => $SECRET_SN);

# ---- what every operation answers alike ----

my %sample = (model => 'm1', sn => 's1', id => 'tests', group => 'g1', vendor => 'other', port => 'temp');
sub sample {
    my ($op, %o) = @_;
    (my $path = $op->{path}) =~ s/\{(\w+)\}/$o{$1} \/\/ $sample{$1} \/\/ die "no sample of $1"/ge;
    return $path;
}
sub too_large {
    my ($op, $path) = @_;
    my $length = ($op->{'x-muster-body-max'} // 16 << 20) + 1; # the setting content_max
    return $m->talk($m->dial, "$op->{method} $path HTTP/1.1\r\nHost: x\r\nContent-Length: $length\r\n\r\n");
}
for my $op (map { $op{$_} } sort keys %op) {
    my %has = map { $_ => 1 } map { keys %$_ } @{ $op->{security} };
    my $path = sample($op);
    my $lent = grep { ($_->{'$ref'} // '') =~ /vendor$/ } @{ $op->{parameters} };
    ask(413, $op->{method}, $path, undef, undef, sub { too_large($op, $path) });
    next unless %has;
    ask(401, $op->{method}, $path, headers_of($_)) for '-', 'X';
    ask(401, $op->{method}, $path, headers_of('T')) unless $has{token};
    ask(412, $op->{method}, $path, headers_of('P')) if $op->{documented}{412};
    ask(403, $op->{method}, $path, headers_of($_)) for $lent ? ('T>other', 'O>acme') : ();
    ask($op->{operationId} eq 'listContent' ? 400 : 404, $op->{method}, sample($op, model => 'nosuch'), headers_of($has{token} ? 'T' : 'V'))
        if $op->{path} =~ /\{model\}/;
}

# ---- the table ----

while (my $line = <DATA>) {
    chomp $line;
    next if $line =~ /^\s*(#|$)/;
    my ($want, $who, $method, $path, $body) = split ' ', $line, 5;
    s/\$(\w+)/$name{$1} \/\/ die "what is $1"/ge for grep { defined } $path, $body;
    my $type = $FORM;
    if (defined $body) {
        $body = '' if $body eq '""';
        $type = ['Content-Type', 'text/csv; charset=utf-8'] if $body =~ s/^csv\|//;
        $type = ['Content-Type', 'application/json; charset=utf-8'] if $body =~ s/^json\|//;
        $type = ['Content-Type', 'application/octet-stream'] if $body =~ s/^blob\|//;
        $body =~ s/\\([rn])/$1 eq 'r' ? "\r" : "\n"/ge;
        $body =~ s/<(\w) x (\d+)>/$1 x $2/ge;
        $body =~ s/<rows (\d+)>/join '', map {"sn,r$_\n"} 1 .. $1/ge;
        $body =~ s/<aliases:(\d+)>/join '&', ('a') x $1/ge;
        $body =~ s/<points:(\d+)>/'alias=temp&' . join '&', map {"$_="} 1 .. $1/ge;
    }
    $path =~ s/<aliases:(\d+)>/join '&', ('a') x $1/ge;
    ($who, my @more) = split /\|/, $who;
    @more = map { s/<long>/'x' x 256/er } @more;
    my @headers = (@{ headers_of($who) }, (map { [split /=/, $_, 2] } @more), defined $body ? $type : ());
    ask($want, $method, $path, \@headers, $body);
    await_sweeping() if $path =~ m{/content/} && $want == 205;
    if ($path =~ s{^/onep:v1/}{/api:v1/}) { ask($want, $method, $path, \@headers, $body) }
}
close DATA;

ask(101, 'GET', '/ws', undef, undef, sub { $m->talk($m->dial, WebSocket::handshake('/ws')) });
# The address, by one that it cannot be told by; where there is no IPv6, nobody can come by it.
{
    my $by_6 = eval { Muster->start(variant => 'release', args => ['--http', '[::1]:0']) };
    my $line = $by_6 && IO::Socket::IP->new(PeerHost => '::1', PeerPort => $by_6->{port}{http});
    if ($line) { ask(404, 'GET', '/ip', undef, undef, sub { $by_6->talk($line, "GET /ip HTTP/1.1\r\nHost: x\r\n\r\n") }) }
    else       { $seen{'GET /ip'}{404}++ }
}

# Several backups at once: one is made, the others are refused.
for (1 .. 20) {
    last if $seen{'POST /muster/v1/backup'}{409};
    my @lines = map { $m->dial } 1 .. 6;
    syswrite($_, Muster::bytes_of('POST', '/muster/v1/backup', headers_of('R'))) for @lines;
    $seen{'POST /muster/v1/backup'}{ $m->talk($_, '')->{status} }++ for @lines;
}

# A fleet that moves: exported here, and imported here again.
{
    my $moving = new_domain('moving');
    Muster::must('register', $m->request('POST', '/provision/register', [['X-Exosite-CIK', $moving], $FORM], 'vendor=moving'), 205);
    my $upper = $m->create_client({ cik => $moving }, 'upper');
    my $lower = $m->create_client({ cik => $moving, client_id => $upper }, 'lower');
    my ($path, $nobody) = ('/muster/v1/fleet', '0' x 32);
    $last_dump = undef;
    ask(403, 'GET', "$path/key", headers_of('V'));
    my $to = decode_json(ask(200, 'GET', "$path/key", headers_of('R'))->{body})->{key};
    ask(403, 'GET', "$path/export?vendor=acme&to=$to", headers_of('V'));
    ask(400, 'GET', "$path/export?vendor=moving", headers_of('R'));
    ask(400, 'GET', "$path/export?vendor=moving&cursor=x", headers_of('R'));
    ask(404, 'GET', "$path/export?vendor=nosuch&to=$to", headers_of('R'));
    ask(409, 'GET', "$path/export?vendor=moving&cursor=$nobody.2.0.0.0.0.999999999.0.", headers_of('R'));
    my @file = split /(?<=\n)/, ask(200, 'GET', "$path/export?vendor=moving&to=$to", headers_of('R'))->{body};
    my ($at) = grep { $file[$_] =~ /"type":"client","rid":"$lower"/ } 0 .. $#file;
    my $put = sub {
        my ($want, $from, @lines) = @_;
        return ask($want, 'POST', "$path/import?from=$from", [@{ headers_of('R') }, $FORM], join '', @lines);
    };
    ask(403, 'POST', "$path/import?from=3", [@{ headers_of('V') }, $FORM], join '', @file);
    $put->(400, 2, @file);
    $put->(400, 3, $file[1]);
    $put->(200, 3, @file);
    $m->call({ cik => $moving }, 'drop', $upper);
    $last_dump = undef;
    $put->(404, $at + 1, @file[0, 1, $at]);
    ask(205, 'POST', '/provision/register', [['X-Exosite-CIK', $moving], $FORM], 'delete=true&vendor=moving');
    ask(205, 'POST', '/provision/register', [@{ headers_of('N') }, $FORM], 'vendor=moving');
    my $why = $put->(409, 3, @file)->{header}{'x-muster-refused'};
    like $why, qr/^line 3: another vendor of that name/, 'a refused import says where and why';
}

# ---- what came of it ----

sub none { my ($list, $name) = @_; diag $_ for @$list; return is scalar @$list, 0, $name }
my @wrong = map { my $at = $_; map {"$at: $_"} @{ $wrong{$at} } } sort keys %wrong;
none(\@wrong, 'every request was answered as the table says, in the form that is documented, and refusals changed nothing');
cmp_ok $n_refused, '>', 100, "$n_refused refusals left the dumps of all stores as they were";

# What of the documented was not answered, and what of the answered is not documented.
sub unreached {
    my ($ops, $seen) = @_;
    return [sort map { my $o = $_; map {"$o $_"} grep { !$seen->{$o}{$_} } keys %{ $ops->{$o}{documented} } } keys %$ops];
}
sub undocumented {
    my ($ops, $seen) = @_;
    return [sort map { my $o = $_; map {"$o $_"} grep { !$ops->{$o}{documented}{$_} && $_ < 500 } keys %{ $seen->{$o} } } keys %$seen];
}
none(unreached(\%op, \%seen), 'every documented status was reached');
none(undocumented(\%op, \%seen), 'no undocumented one was');

# The same by what the server logs of its requests.
my %logged;
my %by_pattern = map { ("$op{$_}{method} $op{$_}{pattern}" => $_) } keys %op;
my @events = map { decode_json($_) } grep { /"event":"request"/ } split /\n/, $m->log;
for (@events) {
    my ($method, $pattern, $status) = $_->{text} =~ m{\A(\S+) (\S+) (\d{3}) \d+ 127\.0\.0\.1\z};
    next if !$method || $method eq '-';
    $logged{ $by_pattern{"$method $pattern"} // "$method $pattern" }{$status}++;
}
none(undocumented(\%op, \%logged), 'none in the log is undocumented');
none([map { my $o = $_; map {"$o $_"} grep { !$logged{$o}{$_} } keys %{ $to_log{$o} } } keys %to_log],
    'all that was answered is in the log');
unlike $m->log, qr/\Q$m->{token}\E|\Q$cik{D}\E|\Q$SECRET_SN\E/, 'no key and no serial number is';

# ---- and would these tests see it? ----

{
    my %less = %{ decode_json(encode_json({ map { ($_ => { documented => $op{$_}{documented} }) } keys %op })) };
    delete $less{'GET /timestamp'}{documented}{200};
    is_deeply undocumented(\%less, \%seen), ['GET /timestamp 200'], 'a status that is not documented is found out';
    $less{'GET /timestamp'}{documented}{418} = 1;
    is_deeply unreached(\%less, \%seen), ['GET /timestamp 418'], 'and one that is never answered';
    my $before = dump_all();
    ok !has_changed($before, dump_all()), 'two dumps are equal while nothing happens';
    $m->write_with($cik{D}, temp => 99);
    my $written = dump_all();
    ok has_changed($before, $written), 'a value that is written is seen in the dump';
    $m->add('m1', 'one-more');
    ok has_changed($written, dump_all()), 'and so is a serial number that is added';
}

for (@dumps) { close $_->{in}; close $_->{out}; waitpid $_->{pid}, 0 }
is $m->stop, 0, 'the server ends well';
is system(Muster::bin($m->{variant}, 'musterd') . " --verify --data $m->{dir} >$m->{dir}.check 2>&1"), 0, 'and its store is whole';
done_testing;

# STATUS WHO METHOD PATH [BODY]
# who: - nobody, X a key that is none, T the vendor's token, V its CIK, Vt its CIK in the header of tokens, Tc
# the other way round, P a portal, D an activated device, R the root client, N a domain without a vendor name,
# O another vendor; |NAME=VALUE behind it is one more header. Body: a form; csv|, json|, blob| before it say otherwise; "" is empty.
__DATA__
# 2.5
400 - POST /provision/activate
400 - POST /provision/activate vendor=acme&model=m1
400 - POST /provision/activate vendor=acme&model=m1&sn=
403 - POST /provision/activate vendor=nobody&model=m1&sn=pend
403 - POST /provision/activate vendor=acme&model=nosuch&sn=pend
404 - POST /provision/activate vendor=acme&model=m1&sn=nosuch
409 - POST /provision/activate vendor=acme&model=m1&sn=unused
409 - POST /provision/activate vendor=acme&model=m1&sn=act
409 - POST /provision/activate vendor=acme&model=m1&sn=dis
409 - POST /provision/activate vendor=acme&model=m1&sn=orph
409 - POST /provision/activate vendor=acme&model=m1&sn=locked
409 - POST /provision/activate vendor=acme&model=m2&sn=exp
200 - POST /provision/activate vendor=acme&model=m1&sn=pend

# 2.12
204 D GET /onep:v1/stack/alias?temp
304 D|Request-Timeout=1 GET /onep:v1/stack/alias?temp
204 D POST /onep:v1/stack/alias temp=21.5
200 D GET /onep:v1/stack/alias?temp&note
200 D POST /onep:v1/stack/alias?temp note=x
400 D POST /onep:v1/stack/alias note=y&temp=warm
400 D GET /onep:v1/stack/alias?<aliases:1001>
400 D POST /onep:v1/stack/alias <aliases:1001>
204 D POST /onep:v1/stack/record alias=temp&1700000000=1
400 D POST /onep:v1/stack/record 1700000000=1
409 D POST /onep:v1/stack/record alias=temp&1700000000=1&1700000000=2
413 D POST /onep:v1/stack/record <points:5001>
204 D POST /onep:v1/stack/alias/temp 1700000000=1
400 D POST /onep:v1/stack/alias/temp now=1
409 D POST /onep:v1/stack/alias/temp 1700000000=1&1700000000=2
413 D POST /onep:v1/stack/alias/temp <points:5001>

# 2.14, 2.15
200 - GET /timestamp
200 - GET /ip
200 - POST /onep:v1/rpc/process json|{"auth":{"cik":"$dead"},"calls":[]}
200 - POST /onep:v1/rpc/process json|{
426 - GET /ws/
426 -|Upgrade=websocket|Connection=Upgrade|Sec-WebSocket-Version=8 GET /ws
400 -|Upgrade=websocket|Connection=Upgrade|Sec-WebSocket-Version=13 GET /ws/
204 D POST /onep:v1/rpc/process json|{"auth":{"cik":"$dcik"},"calls":[{"procedure":"info","arguments":[{"alias":""},{"basic":true}]}]}

# 2.10
200 V GET /provision/register
200 Vt GET /provision/register/
200 T GET /provision/register
404 N GET /provision/register
400 N POST /provision/register
400 N POST /provision/register vendor=
400 N POST /provision/register vendor=no%20name
403 P POST /provision/register vendor=portal
409 N POST /provision/register vendor=acme
409 V POST /provision/register vendor=acme2
404 V POST /provision/register delete=true&vendor=other
404 N POST /provision/register delete=true&vendor=nosuch
205 V POST /provision/register vendor=acme
205 N POST /provision/register vendor=brief
205 N POST /provision/register/ delete=true&vendor=brief

# 2.11
200 V GET /provision/admin/auth/
200 V GET /provision/admin/auth
200 V POST /provision/admin/auth/ id=t2
400 V POST /provision/admin/auth/
400 V POST /provision/admin/auth/ id=
400 V POST /provision/admin/auth/ id=<x x 256>
409 V POST /provision/admin/auth/ id=t2
404 V POST /provision/admin/auth/ delete=true&id=nosuch
200 V GET /provision/admin/auth/t2
404 V GET /provision/admin/auth/nosuch
404 V DELETE /provision/admin/auth/nosuch
205 V DELETE /provision/admin/auth/t2
404 V DELETE /provision/admin/auth/t2
200 V POST /provision/admin/auth id=t3
205 V POST /provision/admin/auth delete=true&id=t3

# 2.6.1, 2.6.2
200 T GET /provision/manage/model/
204 T GET /provision/manage/model?show=shared
400 T POST /provision/manage/model/ rid=$template
400 T POST /provision/manage/model/ model=&rid=$template
400 T POST /provision/manage/model/ model=m3
400 T POST /provision/manage/model/ model=m3&rid=$template&code=$template
400 T POST /provision/manage/model/ model=m3&code=$dead
400 T POST /provision/manage/model/ model=m3&rid=$dead
400 T POST /provision/manage/model/ model=m3&rid=$vendor
400 T POST /provision/manage/model/ model=m3&rid=$template&options[]=nosuch
400 T POST /provision/manage/model/ model=m3&rid=$template&window=-1
400 T POST /provision/manage/model/ model=m/3&rid=$template
409 T POST /provision/manage/model/ model=m1&rid=$template
404 T POST /provision/manage/model/ model=m3&delete=true
205 V POST /provision/manage/model/ model=m3&rid=$template&options[]=noaliases
200 T GET /provision/manage/model/m3
400 T PUT /provision/manage/model/m3 ""
400 T PUT /provision/manage/model/m3 rid=$dead
400 T PUT /provision/manage/model/m3 options[]=noaliases
205 T PUT /provision/manage/model/m3 rid=$template
205 T DELETE /provision/manage/model/m3
409 T POST /provision/manage/model/ model=m1&code=$code
400 T POST /provision/manage/model/ model=m4&code=$code&options[]=nosuch
400 T PUT /provision/manage/model/m1 code=$code&rid=$template
205 T POST /provision/manage/model/ model=m4&code=$code
200 T GET /provision/manage/model/m4
400 O POST /provision/manage/model/ model=m4&code=$code
205 T DELETE /provision/manage/model/m4
205 T POST /provision/manage/model model=m3&rid=$template
205 T POST /provision/manage/model model=m3&remove=true

# 2.6.3
200 T GET /provision/manage/model/m1/
200 Tc GET /provision/manage/model/m1/?status=true
204 T GET /provision/manage/model/m1/?show=ranges
400 T GET /provision/manage/model/m1/?limit=many
400 T GET /provision/manage/model/m1/?offset=x
205 T POST /provision/manage/model/m1/ sn=new&extra=x
400 T POST /provision/manage/model/m1/
400 T POST /provision/manage/model/m1/ sn=
400 T POST /provision/manage/model/m1/ sn[]=ok&sn[]=a%2Fb
400 T POST /provision/manage/model/m1/ sn=ok&extra=<x x 1025>
400 T POST /provision/manage/model/m1/ csv|ok\n"open
409 T POST /provision/manage/model/m1/ sn=new
409 T POST /provision/manage/model/m1/ sn[]=ok&sn[]=new
409 T POST /provision/manage/model/m1/ sn[]=ok&sn[]=ok
409 T POST /provision/manage/model/m1/ csv|ok\r\nnew\r\n
409 T POST /provision/manage/model/m1/ sn=exp
200 T POST /provision/manage/model/m1/?each=true csv|new2\nnew\n
413 T POST /provision/manage/model/m1/ csv|<rows 10001>
205 T POST /provision/manage/model/m1/ delete=true&sn=new2

# 2.6.4
205 T POST /provision/manage/model/m1/ json|{"ranges":[{"format":"base10","length":6,"casing":null,"first":1,"last":999}]}
200 T GET /provision/manage/model/m1/?show=ranges
409 T POST /provision/manage/model/m1/ json|[{"format":"base10","length":6,"casing":null,"first":999,"last":1000}]
409 T POST /provision/manage/model/m1/ json|[{"format":"base10","length":6,"first":1000,"last":1001},{"format":"base10","length":6,"first":1001,"last":1002}]
400 T POST /provision/manage/model/m1/ json|{"ranges":
400 T POST /provision/manage/model/m1/ json|{"ranges":[{"format":"base11","first":1,"last":2}]}
400 T POST /provision/manage/model/m1/ json|{"ranges":[{"format":"base10","first":3,"last":2}]}
400 T POST /provision/manage/model/m1/ json|{"ranges":[{"format":"mac:48","casing":"upper","first":1,"last":281474976710656}]}
204 T GET /provision/manage/model/m1/000500
400 T DELETE /provision/manage/model/m1/ json|{"ranges":[{"format":"base10"}]}
409 - POST /provision/activate vendor=acme&model=m1&sn=000500
400 T DELETE /provision/manage/model/m1/
400 T DELETE /provision/manage/model/m1/ csv|"
413 T DELETE /provision/manage/model/m1/ csv|<rows 10001>
205 T DELETE /provision/manage/model/m1/ csv|new\nnosuch\n

# 2.6.5
200 T GET /provision/manage/model/m1/act
200 T GET /provision/manage/model/m1/act?show=log
204 T GET /provision/manage/model/m1/unused
204 T GET /provision/manage/model/m1/unused?show=log
204 T GET /provision/manage/model/m1/unused?show=groups
400 T GET /provision/manage/model/m1/unused?show=groups&limit=x
404 T GET /provision/manage/model/m1/nosuch
404 T GET /provision/manage/model/m1/nosuch?show=log
404 T GET /provision/manage/model/m1/nosuch?show=groups
409 T GET /provision/manage/model/m1/orph
400 T POST /provision/manage/model/m1/unused
400 T POST /provision/manage/model/m1/unused enable=false
400 T POST /provision/manage/model/m1/unused enable=true&disable=true
400 T POST /provision/manage/model/m1/unused enable=true&owner=short
400 T POST /provision/manage/model/m1/unused enable=true&oldsn=
403 T POST /provision/manage/model/m1/unused enable=true&owner=$dead
404 T POST /provision/manage/model/m1/nosuch enable=true&owner=$portal
404 T POST /provision/manage/model/m1/nosuch enable=true
404 T POST /provision/manage/model/m1/nosuch disable=true
404 T POST /provision/manage/model/m1/nosuch enable=true&oldsn=act
404 T POST /provision/manage/model/m1/unused enable=true&oldsn=nosuch
409 T POST /provision/manage/model/m1/unused enable=true&oldsn=s1
409 T POST /provision/manage/model/m1/act enable=true&oldsn=dis
409 T POST /provision/manage/model/m1/unused enable=true&oldsn=orph
409 T POST /provision/manage/model/m1/act enable=true&owner=$portal
409 T POST /provision/manage/model/m1/unused enable=true&owner=$full
409 T POST /provision/manage/model/m1/unused enable=true
409 T POST /provision/manage/model/m1/unused disable=true
409 T POST /provision/manage/model/m1/orph enable=true
409 T POST /provision/manage/model/m1/orph disable=true
200 T POST /provision/manage/model/m1/unused enable=true&owner=$portal
205 T POST /provision/manage/model/m1/unused enable=true
205 T POST /provision/manage/model/m1/s1 enable=true&oldsn=unused
205 T POST /provision/manage/model/m1/s1 disable=true
409 T POST /provision/manage/model/m1/$secret disable=true&enable=false&oldsn=
404 T DELETE /provision/manage/model/m1/nosuch
205 T DELETE /provision/manage/model/m1/unused

# 2.8
204 T GET /provision/manage/group/m1/
205 T POST /provision/manage/group/m1/ id=g1&meta=x
205 T POST /provision/manage/group/m1 id=g2
200 T GET /provision/manage/group/m1
400 T GET /provision/manage/group/m1/?limit=x
400 T POST /provision/manage/group/m1/
400 T POST /provision/manage/group/m1/ id=
400 T POST /provision/manage/group/m1/ id=<x x 256>
400 T POST /provision/manage/group/m1/ id=g3&meta=<x x 1025>
409 T POST /provision/manage/group/m1/ id=g1
404 T POST /provision/manage/group/m1/ id=nosuch&delete=true
200 T GET /provision/manage/group/m1/g1
204 T GET /provision/manage/group/m1/g1?show=groups
400 T GET /provision/manage/group/m1/g1?show=groups&offset=x
404 T GET /provision/manage/group/m1/nosuch
404 T GET /provision/manage/group/m1/nosuch?show=groups
204 T GET /provision/manage/group/m1/g1/
400 T GET /provision/manage/group/m1/g1/?limit=x
404 T GET /provision/manage/group/m1/nosuch/
205 T POST /provision/manage/group/m1/g1/ type=sn&id=act
205 T POST /provision/manage/group/m1/g1/ type=group&id=g2
200 T GET /provision/manage/group/m1/g1/?type=sn
200 T GET /provision/manage/model/m1/act?show=groups
400 T POST /provision/manage/group/m1/g1/
400 T POST /provision/manage/group/m1/g1/ type=sn
400 T POST /provision/manage/group/m1/g1/ id=act
400 T POST /provision/manage/group/m1/g1/ type=sn&id=act&expire=soon
400 T POST /provision/manage/group/m1/g1/ csv|sn,x\nsn
400 T POST /provision/manage/group/m1/g1/ csv|sn,"x
404 T POST /provision/manage/group/m1/nosuch/ type=sn&id=act
409 T POST /provision/manage/group/m1/g1/ type=group&id=g1
409 T POST /provision/manage/group/m1/g2/ csv|sn,x\ngroup,g1
413 T POST /provision/manage/group/m1/g1/ csv|<rows 10001>
404 T POST /provision/manage/group/m1/nosuch/ type=sn&id=act&delete=true
400 T DELETE /provision/manage/group/m1/g1/
400 T DELETE /provision/manage/group/m1/g1/ csv|sn
413 T DELETE /provision/manage/group/m1/g1/ csv|<rows 10001>
404 T DELETE /provision/manage/group/m1/nosuch/ csv|sn,act
205 T DELETE /provision/manage/group/m1/g1/ csv|sn,act
404 T DELETE /provision/manage/group/m1/nosuch
205 T DELETE /provision/manage/group/m1/g2

# 2.7, 2.13
200 T GET /provision/manage/content/m1/
400 T GET /provision/manage/content/m1/?sn=nosuch
204 D GET /provision/download
205 T POST /provision/manage/content/m1/ id=fw&meta=x
205 T POST /provision/manage/content/m1 id=shut&description=y&protected=true
400 T POST /provision/manage/content/m1/ meta=x
400 T POST /provision/manage/content/m1/ id=<x x 256>
400 T POST /provision/manage/content/m1/ id=long&meta=<x x 1025>
409 T POST /provision/manage/content/m1/ id=fw
404 T POST /provision/manage/content/m1/ id=nosuch&delete=true
404 D GET /provision/download?id=fw
404 T GET /provision/manage/content/m1/fw?download=true
404 T POST /provision/manage/content/m1/nosuch blob|x
400 T|Content-Type=<long> POST /provision/manage/content/m1/fw blob|x
205 T POST /provision/manage/content/m1/fw blob|0123456789
205 T POST /provision/manage/content/m1/shut blob|id=fw
409 T POST /provision/manage/content/m1/fw blob|x
200 T GET /provision/manage/content/m1/fw
200 T GET /provision/manage/content/m1/?sn=act
204 T GET /provision/manage/content/m1/fw?show=groups
400 T GET /provision/manage/content/m1/fw?show=groups&limit=x
400 T GET /provision/manage/content/m1/fw?sn=nosuch
400 T GET /provision/manage/content/m1/shut?sn=act
403 T GET /provision/manage/content/m1/fw?download=true&sn=nosuch
403 T GET /provision/manage/content/m1/shut?download=true&sn=act
403 T GET /provision/manage/content/nosuch/fw?download=true
404 T GET /provision/manage/content/m1/nosuch
200 T GET /provision/manage/content/m1/fw?download=true
206 T|Range=bytes=2-4 GET /provision/manage/content/m1/fw?download=true
304 T|If-None-Match=* GET /provision/manage/content/m1/fw?download=true
416 T|Range=bytes=10- GET /provision/manage/content/m1/fw?download=true
200 D GET /provision/download
200 D GET /provision/download?vendor=acme&model=m1&id=fw&info=true
200 D GET /provision/download?vendor=acme&model=m1&id=fw
206 D|Range=bytes=2-4 GET /provision/download?id=fw
304 D|If-None-Match=* GET /provision/download?id=fw
416 D|Range=bytes=10- GET /provision/download?id=fw
400 D GET /provision/download?vendor=nobody&model=m1&id=fw&info=true
400 P GET /provision/download?id=fw&info=true
403 D GET /provision/download?vendor=acme&model=m2&id=fw
403 P GET /provision/download
404 D GET /provision/download?id=shut
404 T DELETE /provision/manage/content/m1/nosuch
205 T DELETE /provision/manage/content/m1/fw
205 T POST /provision/manage/content/m1/ id=shut&remove=true

# 2.9
204 T GET /provision/manage/share/m1/
400 T POST /provision/manage/share/m1/
404 T POST /provision/manage/share/m1/ vendor=nosuch
404 T POST /provision/manage/share/m1/ vendor=other&delete=true
404 T GET /provision/manage/share/m1/other
404 T DELETE /provision/manage/share/m1/other
205 T POST /provision/manage/share/m1 vendor=other
204 T GET /provision/manage/share/m1/other
200 T GET /provision/manage/share/m1/
200 O GET /provision/manage/model/?show=shared
200 O>acme GET /provision/manage/model/m1/
404 O>acme GET /provision/manage/model/m1/act
403 O>acme GET /provision/manage/model/nosuch/
404 O>acme POST /provision/manage/model/m1/act enable=true
404 O>acme POST /provision/manage/model/m1/act disable=true
404 O>acme POST /provision/manage/model/m1/nosuch enable=true&owner=$portal
403 O>acme POST /provision/manage/model/m1/000600 enable=true&owner=$portal
403 O>acme POST /provision/manage/model/m1/ sn=x
403 O>acme DELETE /provision/manage/model/m1/ sn=act
403 O>acme DELETE /provision/manage/model/m1/act
404 O>acme GET /provision/manage/model/m1
205 T DELETE /provision/manage/share/m1/other

# ours
200 T GET /muster/v1/why?vendor=acme&model=m1&sn=act
200 V GET /muster/v1/why?model=m1&sn=nosuch
400 T GET /muster/v1/why?vendor=acme&model=m1
403 O GET /muster/v1/why?vendor=acme&model=m1&sn=act
403 V POST /muster/v1/backup
403 D POST /muster/v1/clock/reset
200 R POST /muster/v1/backup
200 R POST /muster/v1/clock/reset
200 - GET /healthz
200 - GET /readyz
200 - GET /metrics

# keys from elsewhere
200 V POST /muster/v1/keys/m1?owner=$portal csv|s1,a32c85ba9dda45823be416246cf8b433baa068d7
400 V POST /muster/v1/keys/m1 csv|s1,123
400 V POST /muster/v1/keys/m1 ""
403 V POST /muster/v1/keys/m1?owner=$dead csv|fresh,0000000000000000000000000000000000000001
404 V POST /muster/v1/keys/nosuch csv|s1,0000000000000000000000000000000000000001
404 V POST /muster/v1/keys/m1 csv|nosuch,0000000000000000000000000000000000000001
409 V POST /muster/v1/keys/m1 csv|s1,0000000000000000000000000000000000000001
200 V POST /muster/v1/keys?replace=true csv|$full,0000000000000000000000000000000000000002
400 V POST /muster/v1/keys csv|$full,1
403 P POST /muster/v1/keys csv|$full,0000000000000000000000000000000000000003
404 R POST /muster/v1/keys csv|$dead,0000000000000000000000000000000000000003
409 R POST /muster/v1/keys csv|$full,0000000000000000000000000000000000000003
