#!/usr/bin/env perl
# Every limit of protocol.md 4 that applies to what is there, over real HTTP, at one below it, at it,
# and one above. What a row expects is a status, or for RPC the status of the call or the code of
# the error. Each number below is one of src/base/limits.h, which the test reads.
#
# The activation window is a limit in time: tests/it/window.t goes to its second.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use JSON::PP;
use Muster;

my $PER_CONNECTION = 5;
my $m = Muster->start(variant => 'release', set => { requests_per_connection => 1000000 })->init;
my $FORM = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'];
my $CSV  = ['Content-Type', 'text/csv; charset=utf-8'];
my $JSON = ['Content-Type', 'application/json; charset=utf-8'];
my $domain = { cik => $m->{domain_cik} };

# ---- the limits, as the server was built with them ----

my %LIMIT;
{
    open my $in, '<', 'src/base/limits.h' or die $!;
    my %unit = (KIB => 1024, MIB => 1024 * 1024);
    while (<$in>) {
        $LIMIT{$1} = $2 ? $unit{$2} * $3 : $4
            if /^#define MST_(\w+)\s+(?:MST_([KM]IB)\((\d+)\)|(\d+))/;
    }
}
my %PROTOCOL = (
    VENDOR_MAX => 64, MODEL_MAX => 64, SN_MAX => 128, EXTRA_MAX => 1024, ALIAS_MAX => 128,
    NAME_MAX => 255, TOKEN_NAME_MAX => 255, LINE_MAX => 4096, HEAD_MAX => 8192, ACTIVATE_MAX => 4096,
    SERIALS_BODY_MAX => 4 << 20, SERIALS_MAX => 10000, RPC_BODY_MAX => 1 << 20, RPC_CALLS_MAX => 100,
    RPC_ID_MAX => 40, VALUE_MAX => 65536, PAGE_MIN => 5, PAGE_MAX => 1000, WINDOW_S_DEFAULT => 86400,
);
is $LIMIT{$_}, $PROTOCOL{$_}, "limits.h has $_ as the protocol does" for sort keys %PROTOCOL;

# ---- requests ----

my $unique = 0;
sub fresh { my ($n, $fill) = @_; my $text = $unique++; return ($fill // 'x') x ($n - length $text) . $text }
sub status { return $m->request(@_)->{status} }
sub manage { return status('POST', "/provision/manage/$_[0]", [$m->with_token, $FORM], $_[1]) }
sub as_domain { return [Muster::with_cik($m->{domain_cik}), $FORM] }
# The status of one call, or the code of an error.
sub answer {
    my ($reply) = @_;
    return $reply->{status} if $reply->{status} != 200;
    my $json = decode_json($reply->{body});
    return ref $json eq 'HASH' ? $json->{error}{code} : $json->[0]{status};
}
sub rpc_text { return answer($m->request('POST', '/onep:v1/rpc/process', [$JSON], $_[0])) }
sub rpc { my ($auth, @calls) = @_; return rpc_text(encode_json({ auth => $auth, calls => \@calls })) }
sub call { my ($auth, $procedure, @arguments) = @_;
    return rpc($auth, { id => 1, procedure => $procedure, arguments => \@arguments }) }

$m->model('m1');
$m->add('m1', 'dev', 'dev2');
$m->enable('m1', 'dev');
$m->enable('m1', 'dev2');
my $cik = $m->activate('m1', 'dev')->{body};
my $device = { cik => $cik };
my $note = $m->call($device, 'lookup', { alias => '' }, 'aliased', 'note');

sub client { my (%o) = @_; return ({ alias => '' }, 'client', { limits => {}, %o }) }
sub raw_head { # A whole head of n bytes, the request line of l.
    my ($l, $n) = @_;
    my $line = 'GET /timestamp?';
    $line .= 'x' x ($l - length("$line HTTP/1.1")) if $l;
    $line .= ' HTTP/1.1';
    my $head = "$line\r\nHost: x\r\n\r\n";
    $head = substr($head, 0, -2) . 'X-Fill: ' . 'y' x ($n - length($head) - length("X-Fill: \r\n")) . "\r\n\r\n" if $n;
    return $m->talk($m->dial, $head)->{status};
}
sub raw_body { # A body of n bytes in chunks.
    my ($path, $headers, $body) = @_;
    my $text = "POST $path HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        . join('', map {"$_->[0]: $_->[1]\r\n"} @$headers) . "\r\n";
    $text .= sprintf("%x\r\n%s\r\n", length $_, $_) for unpack '(a60000)*', $body;
    return $m->talk($m->dial, "${text}0\r\n\r\n")->{status};
}
sub csv_of { # n bytes of CSV in fewer than 10,000 rows
    my ($n) = @_;
    my $text = '';
    while (length $text < $n - 3000) { $text .= fresh(128) . ',' . 'e' x 869 . "\r\n" }
    my $left = $n - length $text;
    for my $part ($left - 1200, 1200) { $text .= fresh(128) . ',' . 'e' x ($part - 131) . "\r\n" if $part <= 1150 }
    $left = $n - length $text;
    while ($left > 1100) { $text .= fresh(128) . ',' . 'e' x 369 . "\r\n"; $left = $n - length $text }
    $text .= fresh(20) . ',' . 'e' x ($left - 23) . "\r\n";
    die 'csv_of' unless length $text == $n;
    return $text;
}
sub import_csv { return status('POST', '/provision/manage/model/m1/', [$m->with_token, $CSV], $_[0]) }
sub rows { # how many rows a page of so many has
    my ($limit) = @_;
    my $reply = $m->request('GET', "/provision/manage/model/pages/?limit=$limit", [$m->with_token]);
    return "$reply->{status} " . ($reply->{body} =~ tr/\n//);
}
sub padded { # JSON of so many bytes
    my ($n) = @_;
    my $text = encode_json({ auth => $domain, calls => [{ id => 1, procedure => 'info', arguments => [{ alias => '' }, {}] }] });
    return $text . ' ' x ($n - length $text);
}
sub in_one_connection { # the header Connection of the nth reply
    my ($n) = @_;
    my $few = Muster->start(variant => 'release', set => { requests_per_connection => $PER_CONNECTION });
    my $socket = $few->dial;
    my $reply;
    for (1 .. $n) {
        $reply = eval { $few->talk($socket, "GET /timestamp HTTP/1.1\r\nHost: x\r\n\r\n") } or last;
    }
    close $socket;
    $few->kill9;
    return $reply ? $reply->{header}{connection} // 'open' : 'closed';
}

$m->model('pages');
$m->add_csv('pages', map { sprintf 'P%05d', $_ } 1 .. 1200);

# ---- the table: limit, its number, what answers at n, expected at -1, 0 and +1 ----

# The setting content_max as it is if nobody sets it.
my $CONTENT_MAX = 16 << 20;
sub upload { # Bytes, of a type, to a content of their own.
    my ($bytes, $type, $is_chunked) = @_;
    my $id = fresh(9);
    manage('content/m1/', "id=$id") == 205 or die;
    my $path = "/provision/manage/content/m1/$id";
    my $headers = [$m->with_token, ['Content-Type', $type // 'a/b']];
    my $status = $is_chunked ? raw_body($path, $headers, $bytes) : status('POST', $path, $headers, $bytes);
    my $kept = $m->request('GET', "$path?download=true", [$m->with_token]);
    my $is_kept = $kept->{status} == 200 && $kept->{body} eq $bytes;
    $is_kept = $kept->{status} != 404 if $status != 205;
    manage('content/m1/', "id=$id&delete=true") == 205 or die;
    return $is_kept == ($status == 205) ? $status : "$status, and then $kept->{status}";
}
my $n_contents = 0;
sub contents { # As many of a model of their own.
    my ($n) = @_;
    my $status;
    $m->model('contents') unless $n_contents;
    for (; $n_contents < $n; $n_contents++) { $status = manage('content/contents/', 'id=' . fresh(9)) }
    return $status;
}

my @TABLE = (
    # Who has a name already is told 409 for another good one.
    ['vendor name', $LIMIT{VENDOR_MAX}, sub { status('POST', '/provision/register', as_domain(), 'vendor=' . fresh($_[0])) },
        409, 409, 400],
    ['model name', $LIMIT{MODEL_MAX},
        sub { manage('model/', Muster::form(model => fresh($_[0]), rid => $m->{template_rid})) }, 205, 205, 400],
    ['serial number', $LIMIT{SN_MAX}, sub { manage('model/m1/', Muster::form('sn[]' => fresh($_[0]))) }, 205, 205, 400],
    ['serial number in CSV', $LIMIT{SN_MAX}, sub { import_csv(fresh($_[0])) }, 205, 205, 400],
    ['extra', $LIMIT{EXTRA_MAX}, sub { manage('model/m1/', Muster::form(sn => fresh(9), extra => 'e' x $_[0])) },
        205, 205, 400],
    ['extra in CSV', $LIMIT{EXTRA_MAX}, sub { import_csv(fresh(9) . ',' . 'e' x $_[0]) }, 205, 205, 400],
    ['extra counts bytes', $LIMIT{EXTRA_MAX}, sub { import_csv(fresh(9) . ',e' . "\xc3\xa9" x (($_[0] - 1) / 2) . 'e' x (($_[0] - 1) % 2)) },
        205, 205, 400],
    ['alias', $LIMIT{ALIAS_MAX}, sub { call($device, 'map', 'alias', $note, fresh($_[0])) }, 'ok', 'ok', 'badarg'],
    ['token id', $LIMIT{TOKEN_NAME_MAX}, sub { status('POST', '/provision/admin/auth/', as_domain(), 'id=' . fresh($_[0])) },
        200, 200, 400],
    ['name in a description', $LIMIT{NAME_MAX}, sub { call($domain, 'create', client(name => fresh($_[0]))) },
        'ok', 'ok', 'badarg'],
    ['meta', $LIMIT{META_MAX}, sub { call($domain, 'create', client(meta => fresh($_[0]))) }, 'ok', 'ok', 'badarg'],
    ['value', $LIMIT{VALUE_MAX}, sub { $m->write_with($cik, note => 'v' x $_[0])->{status} }, 204, 204, 400],
    ['value, percent-encoded', $LIMIT{VALUE_MAX}, sub { $m->write_with($cik, note => '%' x $_[0])->{status} }, 204, 204, 400],
    ['request line', $LIMIT{LINE_MAX}, sub { raw_head($_[0], 0) }, 200, 200, 431],
    ['header block', $LIMIT{HEAD_MAX}, sub { raw_head(0, $_[0]) }, 200, 200, 431],
    ['body of activate', $LIMIT{ACTIVATE_MAX}, sub { status('POST', '/provision/activate', [$FORM], 'vendor=' . 'x' x ($_[0] - 21) . '&model=m&sn=1x') },
        403, 403, 413],
    ['body of activate, chunked', $LIMIT{ACTIVATE_MAX}, sub { raw_body('/provision/activate', [$FORM], 'vendor=' . 'x' x ($_[0] - 21) . '&model=m&sn=1x') },
        403, 403, 413],
    ['body without a rule of its own', $LIMIT{BODY_MAX},
        sub { manage('model/m1/dev2', 'enable=true&fill=' . 'x' x ($_[0] - 17)) }, 205, 205, 413],
    ['body of a data call', $LIMIT{DATA_BODY_MAX}, sub { status('POST', '/onep:v1/stack/alias', [Muster::with_cik($cik), $FORM], 'none=' . 'x' x ($_[0] - 5)) },
        204, 204, 413],
    ['serial numbers of one call, form', $LIMIT{SERIALS_MAX},
        sub { manage('model/m1/', join '&', map { 'sn[]=' . fresh(9) } 1 .. $_[0]) }, 205, 205, 413],
    ['serial numbers of one call, CSV', $LIMIT{SERIALS_MAX}, sub { import_csv(join '', map { fresh(9) . "\r\n" } 1 .. $_[0]) },
        205, 205, 413],
    ['body of an import', $LIMIT{SERIALS_BODY_MAX}, sub { import_csv(csv_of($_[0])) }, 205, 205, 413],
    ['smallest page', $LIMIT{PAGE_MIN}, sub { rows($_[0]) }, '200 5', '200 5', '200 6'],
    ['largest page', $LIMIT{PAGE_MAX}, sub { rows($_[0]) }, '200 999', '200 1000', '200 1000'],
    ['id of content', $LIMIT{GROUP_NAME_MAX}, sub { manage('content/m1/', 'id=' . fresh($_[0])) }, 205, 205, 400],
    ['meta of content', $LIMIT{ENTRY_META_MAX}, sub { manage('content/m1/', 'id=' . fresh(9) . '&meta=' . 'm' x $_[0]) }, 205, 205, 400],
    ['type of content', $LIMIT{MIME_MAX}, sub { upload('x', 'a/' . 'b' x ($_[0] - 2)) }, 205, 205, 400],
    ['bytes of content', $CONTENT_MAX, sub { upload('x' x $_[0]) }, 205, 205, 413],
    ['bytes of content, chunked', $CONTENT_MAX, sub { upload('x' x $_[0], undef, 1) }, 205, 205, 413],
    ['content of a model', $LIMIT{CONTENTS_MAX}, sub { contents($_[0]) }, 205, 205, 409],
    ['RPC request', $LIMIT{RPC_BODY_MAX}, sub { rpc_text(padded($_[0])) }, 'ok', 'ok', 413],
    ['RPC calls', $LIMIT{RPC_CALLS_MAX}, sub { rpc($domain, ({ id => 1, procedure => 'info', arguments => [{ alias => '' }, {}] }) x $_[0]) },
        'ok', 'ok', 400],
    ['RPC id', $LIMIT{RPC_ID_MAX}, sub { rpc($domain, { id => 'i' x $_[0], procedure => 'info', arguments => [{ alias => '' }, {}] }) },
        'ok', 'ok', 400],
    ['RPC id counts characters', $LIMIT{RPC_ID_MAX}, sub { rpc($domain, { id => "\x{e9}" x $_[0], procedure => 'info', arguments => [{ alias => '' }, {}] }) },
        'ok', 'ok', 400],
    ['RPC nesting', $LIMIT{RPC_DEPTH_MAX}, sub { my $n = $_[0] - 1; rpc_text(qq({"auth":{"cik":"$m->{domain_cik}"},"calls":[{"id":1,"procedure":"info","arguments":[{"alias":""},{}]}],"x":) . '[' x $n . ']' x $n . '}') },
        'ok', 'ok', -1],
    ['activation window of a model', $LIMIT{WINDOW_S_MAX},
        sub { manage('model/', Muster::form(model => fresh(9), rid => $m->{template_rid}, window => $_[0])) }, 205, 205, 400],
    ['no activation window', 0,
        sub { manage('model/', Muster::form(model => fresh(9), rid => $m->{template_rid}, window => $_[0])) }, 400, 205, 205],
    ['aliases of one call', $LIMIT{ALIASES_MAX}, sub { $m->read_with($m->{domain_cik}, join '&', ('a') x $_[0])->{status} }, 204, 204, 400],
    ['requests per connection', $PER_CONNECTION, \&in_one_connection, 'open', 'close', 'closed'],
);
for (@TABLE) {
    my ($name, $limit, $ask, @want) = @$_;
    is $ask->($limit + $_), $want[$_ + 1], sprintf '%s, %d%+d', $name, $limit, $_ for -1 .. 1;
}

# A vendor name of full length can be registered and activates.
my $other = $m->create_client({ cik => $m->{root_cik} }, 'other');
my $other_cik = $m->key_of($m->{root_cik}, $other);
is status('POST', '/provision/register', [Muster::with_cik($other_cik), $FORM], 'vendor=' . 'v' x 64), 205,
    'a vendor name of 64 characters can be registered';

# An empty page, a negative one, and such that are no numbers.
is rows($_->[0]), $_->[1], "a page of '$_->[0]'" for ['0', '200 5'], ['-1', '200 5'], ['', '200 1000'],
    ['99999999999', '200 1000'], ['x', '400 1'], ['1.5', '400 1'];

# ---- alphabets: every byte, alone between two letters ----

sub escaped { return join '', map { sprintf '%%%02X', $_ } @_ }
# The bytes that are taken.
sub taken {
    my ($good, $ask) = @_;
    return join '', map { chr } grep { $ask->(escaped(0x61, $_, 0x62) . fresh(6), $_) eq $good } 0 .. 255;
}
sub all_of { my ($pattern) = @_; return join '', grep {/$pattern/} map { chr } 0 .. 255 }

is taken(409, sub { status('POST', '/provision/register', as_domain(), "vendor=$_[0]") }), all_of(qr/[A-Za-z0-9_.-]/),
    'a vendor name is made of A-Z a-z 0-9 _ - .';
is taken(409, sub {
        my $name = $_[0];
        my $first = manage('model/', "model=$name&rid=$m->{template_rid}");
        return $first == 205 ? manage('model/', "model=$name&rid=$m->{template_rid}") : $first;
    }), all_of(qr/[A-Za-z0-9_.+ -]/), 'a model name is made of A-Z a-z 0-9 _ - . + and space, and is kept as it is';
is taken(205, sub { manage('model/m1/', "sn[]=$_[0]") }), all_of(qr{[\x20-\x7e](?<![,"/])}),
    'a serial number is printable ASCII without comma, double quote and slash';
is taken(205, sub { manage('model/m1/', 'sn=' . fresh(9) . "&extra=$_[0]") }), all_of(qr/[\x01-\x7f](?<![\r\n])/),
    'extra has no line ends, no NUL and no bytes that are not UTF-8';
is taken(200, sub { status('POST', '/provision/admin/auth/', as_domain(), "id=$_[0]") }), all_of(qr/[\x20-\x7e]/),
    'the id of a token is text';
my @characters = map { chr } 1 .. 127;
my $answers = $m->rpc($device, map { ['map', 'alias', $note, "a$_" . fresh(6)] } @characters[0 .. 62]);
push @$answers, @{ $m->rpc($device, map { ['map', 'alias', $note, "a$_" . fresh(6)] } @characters[63 .. 126]) };
is join('', map { $characters[$_] } grep { $answers->[$_]{status} ne 'ok' } 0 .. $#characters), '#&=?',
    'an alias is any text without & = ? #';
is rpc_text(qq({"auth":{"cik":"$cik"},"calls":[{"id":1,"procedure":"map","arguments":["alias","$note","a\\u0000b"]}]})), 'badarg',
    'nor NUL';
is status('POST', '/provision/register', as_domain(), 'vendor='), 400, 'a vendor name is not empty';
is manage('model/', "model=&rid=$m->{template_rid}"), 400, 'nor is a model name';
is manage('model/m1/', 'sn[]='), 400, 'nor a serial number';
is call($device, 'map', 'alias', $note, ''), 'badarg', 'nor an alias';

# ---- keys: 40 characters of 0-9a-f, compared exactly ----

my $token = $m->{token};
for (['one too short', substr $token, 1], ['one too long', "${token}0"], ['capitals', uc $token],
    ['another letter', substr($token, 0, 39) . 'g'], ['another digit', substr($token, 0, 39) . ($token =~ /0$/ ? 1 : 0)]) {
    is status('GET', '/provision/manage/model/', [['X-Exosite-Token', $_->[1]]]), 401, "a token with $_->[0]";
}

is $m->stop, 0, 'the server ends well';
done_testing;
