#!/usr/bin/env perl
# A whole vendor goes from one server to another (docs/fleet-format.md): keys, RIDs, states, windows,
# logs, models and what belongs to them; sealed on the way; checked before anything is changed; the same
# file twice changes nothing; what was interrupted goes on.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $variant = 'fault';
my $old = Muster->start(variant => $variant, set => { window => 3600 })->init;
my $new = Muster->start(variant => $variant);
my %rid;
my %key;

sub slurp { open(my $f, '<:raw', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>:raw', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f; return $_[0] }

# Runs the tool against a server as its operator; (exit status, standard output, standard error).
sub tool {
    my ($m, @args) = @_;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDIN, '<', '/dev/null') or die;
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        delete @ENV{qw(MUSTER_CIK MUSTER_TOKEN MUSTER_PROFILE)};
        @ENV{qw(HOME MUSTER_SERVER)} = ($dir, "http://127.0.0.1:$m->{port}{http}");
        exec(Muster::bin($variant, 'muster'), '--cik-file', "$m->{dir}/root.cik", @args) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}
sub root_cik { my ($m) = @_; return (slurp("$m->{dir}/root.cik") =~ /^([0-9a-f]{40})/)[0] }
sub must_work {
    my ($name, $m, @args) = @_;
    my ($code, $out, $err) = tool($m, @args);
    is($code, 0, $name) or diag $err;
    return $out;
}
sub must_fail {
    my ($name, $m, $says, @args) = @_;
    my ($code, $out, $err) = tool($m, @args);
    isnt($code, 0, "$name: is refused");
    like($err, $says, "$name: says why");
}
# What a server tells about all serial numbers and resources of the vendor, to compare.
sub rows { my ($m, $path) = @_; return $m->manage('GET', $path)->{body} }

# ---- a fleet with one of everything ----

$old->model('m1');
$old->model('m2');
$old->add('m1', qw(live waits late off again gone free));
$rid{$_} = $old->enable('m1', $_) for qw(live waits late off again gone);
$key{$_} = $old->activate('m1', $_)->{body} for qw(live off again);
$old->reenable('m1', 'again');
$key{dead} = $key{again};
$key{again} = $old->activate('m1', 'again')->{body};
$old->disable('m1', 'off');
$old->call({ cik => $old->{portal_cik} }, 'drop', $rid{gone});
$old->write_with($key{live}, temp => 20);
$key{waits} = $old->device_key($rid{waits});
$old->call({ cik => $old->{domain_cik} }, 'update', $old->{portal_rid},
    { name => "Werk \x{fc}", meta => '{"a":"b\"c"}' });
my $port = $old->call({ cik => $old->{portal_cik}, client_id => $rid{live} }, 'lookup', 'alias', 'temp');
my $rule = $old->call({ cik => $old->{portal_cik}, client_id => $rid{live} }, 'create', { alias => '' }, 'datarule',
    { format => 'integer', name => 'r', subscribe => $port, rule => { simple => { comparison => 'gt', constant => 5 } } });
my $dispatch = $old->call({ cik => $old->{portal_cik}, client_id => $rid{live} }, 'create', { alias => '' }, 'dispatch',
    { name => 'd', method => 'email', recipient => 'a@example.com', message => 'm', subject => 's', subscribe => $rule });
$old->call({ cik => $old->{portal_cik} }, 'map', 'alias', $rid{live}, 'dev');
for (['p', $port], ['r', $rule], ['d', $dispatch]) {
    my ($alias, $what) = @$_;
    $old->call({ cik => $old->{portal_cik}, client_id => $rid{live} }, 'map', 'alias', $what, $alias);
    $old->call({ cik => $old->{portal_cik} }, 'update', $what, { public => JSON::PP::true, meta => "meta $alias" });
}
$old->call({ cik => $old->{portal_cik} }, 'update', $rid{off}, { locked => JSON::PP::true, public => JSON::PP::true });
sub add { my ($path, @pairs) = @_; Muster::must($path, $old->manage('POST', $path, Muster::form(@pairs)), 200, 205) }
sub other_vendor {
    my ($m) = @_;
    my $rid = $m->create_client({ cik => root_cik($m) }, 'other');
    my $cik = $m->key_of(root_cik($m), $rid);
    Muster::must('register', $m->request('POST', '/provision/register',
        [Muster::with_cik($cik), ['Content-Type', 'application/x-www-form-urlencoded']], 'vendor=other'), 205);
    return ($cik, $m->create_client({ cik => $cik }, 'owner'));
}
add('group/m1/', id => 'g', meta => 'a group');
add('group/m1/', id => 'h');
add('group/m1/g/', type => 'sn', id => 'live', expire => 4102444800, meta => 'x');
add('group/m1/h/', type => 'group', id => 'g');
add('content/m1/', id => 'fw.bin', meta => 'v1', protected => 'true');
add('group/m1/g/', type => 'content', id => 'fw.bin');
add('content/m1/', id => 'nil');
my $firmware = join '', map { pack 'N', $_ * 2654435761 % 4294967296 } 1 .. 37_501; # two pieces and a part of one
sub upload {
    my ($m, $path, $type, $bytes) = @_;
    Muster::must('upload', $m->request('POST', "/provision/manage/content/$path", [$m->with_token, ['Content-Type', $type]], $bytes), 205);
}
sub download { my ($m, $cik, $id) = @_; return $m->request('GET', "/provision/download?id=$id", [Muster::with_cik($cik)]) }
upload($old, 'm1/fw.bin', 'application/x-fw', $firmware);
upload($old, 'm1/nil', 'text/plain', '');
Muster::must('ranges', $old->request('POST', '/provision/manage/model/m1/', [$old->with_token, ['Content-Type', 'application/json']],
    '{"ranges":[{"format":"base16","length":8,"casing":"upper","first":2748,"last":4294967295},{"format":"base10","length":null,"first":5,"last":99}]}'), 205);
Muster::must('extra', $old->manage('POST', 'model/m1/', Muster::form(sn => 'noted', extra => 'a "text", here')), 205);
Muster::must('options', $old->manage('PUT', 'model/m2', Muster::form(rid => $old->{template_rid}, 'options[]' => 'noaliases',
    'options[]' => 'nocomments', 'options[]' => 'nohistorical', window => 600)), 205);
my ($other_cik, $other_owner) = other_vendor($old);
other_vendor($new);
add('share/m1/', vendor => 'other');
$old->add('m1', 'lent');
Muster::must('lent', $old->request('POST', '/provision/manage/model/m1/lent', [Muster::with_cik($other_cik), ['X-Exosite-Vendor', 'acme'],
    ['Content-Type', 'application/x-www-form-urlencoded']], Muster::form(enable => 'true', owner => $other_owner)), 200);
$old->stop;
system('sqlite3', "$old->{dir}/muster.db", "UPDATE client SET suspect = 1 WHERE state = 3") == 0 or die;
$old->launch;
$key{$_->[0]} = $_->[1] for (['domain' => $old->{domain_cik}], ['portal' => $old->{portal_cik}]);

# The waiting one has half an hour left, the late one none.
$old->clock(1800);

# ---- out ----

my $to = must_work('the new server shows its key', $new, 'fleet', 'key');
chomp $to;
like($to, qr/^[0-9a-f]{64}$/, 'which is 64 digits');
must_work('a fleet is exported to a server', $old, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/f", '--to', $to);
is((stat "$dir/f")[2] & 0777, 0600, 'the file is for its owner alone');
my @lines = map { decode_json($_) } split /\n/, slurp("$dir/f");
is($lines[0]{type}, 'seal', 'it begins with its seal');
is($lines[-1]{type}, 'end', 'and ends with its end');
is($lines[-1]{lines}, scalar @lines, 'which knows how many lines there are');
for my $name (sort keys %key) {
    my $found = index(slurp("$dir/f"), $key{$name}) >= 0 || index(slurp("$dir/f"), pack 'H*', $key{$name}) >= 0;
    ok(!$found, "the key of $name is not in it");
}
ok(index(slurp("$dir/f"), $rid{live}) >= 0, 'RIDs are');
must_fail('a file that is there', $old, qr/there already/, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/f", '--to', $to);
must_fail('an unknown vendor', $old, qr/no vendor/, 'fleet', 'export', '--vendor', 'nobody', '--output', "$dir/x", '--to', $to);
must_fail('a key that is none', $old, qr/64 digits/, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/x", '--to', 'abc');
must_fail('a key of a small group', $old, qr/400/, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/x", '--to', '0' x 64);
must_fail('no seal at all', $old, qr/passphrase/, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/x");
for my $role (qw(domain portal live)) {
    my $reply = $old->request('GET', "/muster/v1/fleet/export?vendor=acme&to=$to", [Muster::with_cik($key{$role})]);
    is($reply->{status}, 403, "the $role may not export") if $role ne 'live';
    is($reply->{status}, 403, 'nor may a device') if $role eq 'live';
}
is($old->request('GET', "/muster/v1/fleet/export?vendor=acme&to=$to", [['X-Exosite-Token', $old->{token}]])->{status}, 401,
    'nor a vendor token');

# ---- what is not taken ----

spew("$dir/pass", "correct horse battery\n");
spew("$dir/wrong", "wrong horse battery\n");
must_work('a fleet is exported with a passphrase', $old, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/p",
    '--passphrase-file', "$dir/pass");
must_fail('a wrong passphrase', $new, qr/not the one/, 'fleet', 'import', "$dir/p", '--passphrase-file', "$dir/wrong");
must_fail('a short passphrase', $old, qr/fewer than/, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/x",
    '--passphrase-file', spew("$dir/short", "short\n"));
must_fail('another server', $old, qr/another server/, 'fleet', 'import', "$dir/f");
my $text = slurp("$dir/f");
spew("$dir/cut", substr($text, 0, length($text) - 10));
must_fail('a file that was cut off', $new, qr/cut off/, 'fleet', 'import', "$dir/cut");
spew("$dir/short_file", $text =~ s/\n[^\n]*\n\z/\n/r);
must_fail('a file without its end', $new, qr/end is missing/, 'fleet', 'import', "$dir/short_file");
spew("$dir/edited", $text =~ s/"sn":"free"/"sn":"fred"/r);
must_fail('an edited line', $new, qr/line \d+: it was changed/, 'fleet', 'import', "$dir/edited");
spew("$dir/bytes", $text =~ s/("type":"blob".*?"bytes":"....)(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/er);
must_fail('an edited byte of content', $new, qr/line \d+: it was changed/, 'fleet', 'import', "$dir/bytes");
my @text = split /(?<=\n)/, $text;
spew("$dir/less", join '', @text[0 .. 3], @text[5 .. $#text]);
must_fail('a line that was left out', $new, qr/line 5: it was changed, is not in its place/, 'fleet', 'import', "$dir/less");
spew("$dir/swapped", join '', @text[0 .. 2], @text[4, 3], @text[5 .. $#text]);
must_fail('two lines that changed places', $new, qr/line 4: it was changed, is not in its place/, 'fleet', 'import', "$dir/swapped");
spew("$dir/seal", $text =~ s/("key":")(.)/$1 . ($2 eq '0' ? '1' : '0')/er);
must_fail('an edited seal', $new, qr/not sealed to this server, or was changed/, 'fleet', 'import', "$dir/seal");
must_fail('no fleet file', $new, qr/cut off|end is missing|no fleet/, 'fleet', 'import', spew("$dir/no", "{}\n"));

# ---- in ----

my $dry = decode_json(must_work('a dry run', $new, '--json', 'fleet', 'import', '--dry-run', "$dir/f"));
is($dry->{there}, 0, 'finds nothing there');
is($new->request('GET', "/provision/manage/model/", [Muster::with_cik($key{domain})])->{status}, 401, 'and makes nothing');
my $made = decode_json(must_work('the import', $new, '--json', 'fleet', 'import', "$dir/f"));
is($made->{made}, $dry->{made}, 'makes what the dry run said');
is($made->{made} + $made->{left_out}, @lines - 3, 'which is all but what is left out');
is($made->{left_out}, 1, 'the vendor token');

$new->{$_} = $old->{$_} for qw(vendor domain_cik domain_rid portal_cik portal_rid template_rid);
$new->{token} = Muster::must('token', $new->request('POST', '/provision/admin/auth/',
    [Muster::with_cik($new->{domain_cik}), ['Content-Type', 'application/x-www-form-urlencoded']], 'id=new'), 200)->{body};
is($new->write_with($key{live}, temp => 21)->{status}, 204, 'a device writes with the key it has');
is($new->read_with($key{live})->{body}, 'temp=21', 'and reads');
ok(download($new, $key{live}, 'fw.bin')->{body} eq $firmware, 'and downloads what its group may have, byte by byte');
is(download($new, $key{again}, 'fw.bin')->{status}, 404, 'which another may not');
is(download($new, $key{again}, 'nil')->{status}, 200, 'and content without a byte is there, too');
is($new->read_with($key{again})->{status}, 204, 'so does the re-enabled one');
is($new->read_with($key{$_})->{status}, 401, "the $_ key is none") for qw(dead off waits);
for my $path ('model/', 'model/m1', 'model/m2', 'model/m1/?show=ranges', 'group/m1/', 'group/m1/g/', 'group/m1/h/', 'share/m1/',
    'content/m1/fw.bin', 'content/m1/nil', 'model/m1/noted', 'model/m1/0000ABCD', map {("model/m1/$_", "model/m1/$_?show=log")} qw(waits off again gone free)) {
    # An entry of content has the time of its making in it.
    my @rows = map { s/^([^,]*,\d+,)\d+/$1/r } rows($new, $path), rows($old, $path);
    is($rows[0], $rows[1], "$path is the same on both");
}
for my $who (['domain', $old->{domain_cik}, { alias => '' }], ['portal', $old->{portal_cik}, { alias => '' }],
    map {[$_, $old->{portal_cik}, $rid{$_}]} qw(live waits off)) {
    my ($name, $cik, $what) = @$who;
    my @facts = map { my $m = $_;
        my $info = $m->call({ cik => $cik }, 'info', $what, { description => JSON::PP::true, basic => JSON::PP::true, aliases => JSON::PP::true,
            key => JSON::PP::true });
        delete $info->{key} if $name eq 'off';
        my $listing = $m->call({ cik => $cik }, 'listing', ['client', 'dataport', 'datarule', 'dispatch'], {});
        JSON::PP->new->canonical->encode([$info, $listing]) } ($new, $old);
    is($facts[0], $facts[1], "$name is the same on both");
}
is($new->call({ cik => $old->{portal_cik} }, 'info', $rule, { description => JSON::PP::true })->{description}{subscribe}, $port,
    'a rule still refers to what it is fed with');
is($new->activate('m1', 'waits')->{body}, $key{waits}, 'the waiting one gets the key that it would have got');
is($new->read_with($key{waits})->{status}, 204, 'which is good from then on');
is($new->activate('m1', 'live')->{status}, 409, 'the live one is activated already');
$new->reenable('m1', 'live');
is($new->read_with($key{live})->{status}, 401, 're-enabling ends a key that was brought along');
isnt($new->activate('m1', 'live')->{body}, $key{live}, 'and makes another one');
is($new->read_with($key{live}, 'temp')->{status}, 401, 'the old one stays dead');

# ---- again ----

my $again = decode_json(must_work('the same file again', $new, '--json', 'fleet', 'import', "$dir/f"));
is($again->{made}, 0, 'makes nothing');
is($again->{there}, $made->{made}, 'all of it is there');
is($new->read_with($key{live})->{status}, 401, 'and what has changed since is left alone');

# ---- windows ----

my $late = Muster->start(variant => $variant, set => { window => 3600 });
my $late_key = (tool($late, 'fleet', 'key'))[1];
chomp $late_key;
must_work('another export', $old, 'fleet', 'export', '--vendor', 'acme', '--output', "$dir/w", '--to', $late_key);
must_work('and import', $late, 'fleet', 'import', "$dir/w");
$late->clock(1700);
$late->{vendor} = 'acme';
is($late->activate('m1', 'waits')->{status}, 200, 'a window has as long to go as it had');
$late->clock(1801);
is($late->activate('m1', 'late')->{status}, 409, 'and no longer');

# ---- names that are taken, interruptions ----

my $other = Muster->start(variant => $variant)->init;
must_work('a fleet with a passphrase goes to any server', $late, 'fleet', 'import', "$dir/p", '--passphrase-file', "$dir/pass");
must_fail('a vendor of that name', $other, qr/line 3: another vendor of that name/, 'fleet', 'import', "$dir/p", '--passphrase-file', "$dir/pass");
is($other->manage('GET', 'model/')->{body}, '', 'which is as it was');


# ---- killed in the middle ----

{
    my $many = Muster->start(variant => $variant, set => { window => 3600 });
    my $big = Muster->start(variant => $variant)->init(vendor => 'big');
    $big->model('m');
    $big->add('m', map { sprintf 's%05d', $_ } 1 .. 3500);
    $big->enable('m', sprintf 's%05d', $_) for 1 .. 300; # more resources than go in one call
    my $device = $big->activate('m', 's00001')->{body};
    my $at = (tool($many, 'fleet', 'key'))[1];
    chomp $at;
    must_work('a larger fleet is exported', $big, 'fleet', 'export', '--vendor', 'big', '--output', "$dir/big", '--to', $at);
    my $pid = open(my $tool, '-|') // die;
    if (!$pid) {
        open(STDERR, '>&', \*STDOUT) or POSIX::_exit(126);
        @ENV{qw(HOME MUSTER_SERVER)} = ($dir, "http://127.0.0.1:$many->{port}{http}");
        exec(Muster::bin($variant, 'muster'), '--cik-file', "$many->{dir}/root.cik", 'fleet', 'import', '--progress', "$dir/big")
            or POSIX::_exit(127);
    }
    my ($is_killed, $said) = (0, '');
    while (my $line = <$tool>) {
        $said .= $line;
        next if $is_killed || $line !~ /^(\d+) of (\d+)$/ || $1 <= $2 / 2 || $1 == $2;
        $many->kill9;
        $is_killed = 1;
    }
    close $tool;
    ok($is_killed && $? != 0, 'an import whose server is killed in the middle fails');
    like($said, qr/goes on/, 'and says how to go on');
    $many->launch;
    my $rest = decode_json(must_work('the same again', $many, '--json', 'fleet', 'import', "$dir/big"));
    cmp_ok($rest->{there}, '>', 900, 'finds what was made');
    cmp_ok($rest->{made}, '>', 0, 'and makes the rest');
    my $count = grep { /"type":"(?!seal|fleet|end|token)/ } split /\n/, slurp("$dir/big");
    is($rest->{made} + $rest->{there}, $count, 'which is all of it');
    is($many->read_with($device)->{status}, 204, 'a device goes on with its key');
    $many->stop;
    system(Muster::bin($variant, 'muster') . " check --data $many->{dir} >$dir/check 2>&1");
    is($? >> 8, 0, 'the store is whole') or diag slurp("$dir/check");
}

# ---- killed in the middle of bytes ----

{
    my $there = Muster->start(variant => $variant);
    my $here = Muster->start(variant => $variant)->init(vendor => 'large');
    my $large = $firmware x 25; # 58 pieces: 4 calls
    $here->model('m');
    $here->add('m', 'd');
    $here->enable('m', 'd');
    my $device = $here->activate('m', 'd')->{body};
    Muster::must('entry', $here->manage('POST', 'content/m/', 'id=fw'), 205);
    upload($here, 'm/fw', 'application/x-fw', $large);
    my $at = (tool($there, 'fleet', 'key'))[1];
    chomp $at;
    must_work('a fleet with a large content is exported', $here, 'fleet', 'export', '--vendor', 'large', '--output', "$dir/large", '--to', $at);
    my @numbers = grep { (split /\n/, slurp("$dir/large"))[$_ - 1] =~ /"type":"blob"/ } 1 .. slurp("$dir/large") =~ tr/\n//;
    is(scalar @numbers, 58, 'in as many lines as it has pieces');
    my $pid = open(my $tool, '-|') // die;
    if (!$pid) {
        open(STDERR, '>&', \*STDOUT) or POSIX::_exit(126);
        @ENV{qw(HOME MUSTER_SERVER)} = ($dir, "http://127.0.0.1:$there->{port}{http}");
        exec(Muster::bin($variant, 'muster'), '--cik-file', "$there->{dir}/root.cik", 'fleet', 'import', '--progress', "$dir/large")
            or POSIX::_exit(127);
    }
    my $is_killed = 0;
    while (my $line = <$tool>) {
        next if $is_killed || $line !~ /^(\d+) of (\d+)$/ || $1 - $2 / 2 < $numbers[0] || $1 - $2 / 2 >= $numbers[-1];
        $there->kill9;
        $is_killed = 1;
    }
    close $tool;
    ok($is_killed && $? != 0, 'an import whose server is killed in the middle of bytes fails');
    my $stored = qx(sqlite3 $there->{dir}/content.db 'SELECT count(*) FROM chunk');
    ok($stored >= 16 && $stored < 58, 'when some of them were stored') or diag $stored;
    $there->launch;
    is($there->request('GET', '/provision/manage/content/m/fw?download=true', [Muster::with_cik($here->{domain_cik})])->{status}, 404, 'nobody gets a part of them');
    must_work('the same again', $there, 'fleet', 'import', "$dir/large");
    ok(download($there, $device, 'fw')->{body} eq $large, 'brings all of them');
    is(decode_json(must_work('and once more', $there, '--json', 'fleet', 'import', "$dir/large"))->{made}, 0, 'nothing');
    my @lines = split /(?<=\n)/, slurp("$dir/large");
    my $put = sub {
        my ($from, @which) = @_;
        my $reply = $there->request('POST', "/muster/v1/fleet/import?from=$from",
            [Muster::with_cik(root_cik($there)), ['Content-Type', 'application/json']], join '', @lines[0, 1, map { $_ - 1 } @which]);
        return "$reply->{status} " . ($reply->{header}{'x-muster-refused'} // '');
    };
    like($put->($numbers[0], @numbers[0 .. 16]), qr/^413 /, 'more pieces than go in one call are refused');
    like($put->($numbers[0] - 1, $numbers[0] - 1, $numbers[0]), qr/^400 .*calls of their own/, 'so are pieces behind another line');
    my ($cik) = $here->{domain_cik};
    $there->{vendor} = 'large';
    Muster::must('delete', $there->request('DELETE', '/provision/manage/content/m/fw', [Muster::with_cik($cik), ['X-Exosite-Vendor', 'large']]), 205);
    like($put->($numbers[0], $numbers[0]), qr/^404 .*entry of content/, 'and those of an entry that is not there');
    like($put->($numbers[0] - 1, $numbers[0] - 1), qr/^200/, 'the entry is made anew');
    like($put->($numbers[1], $numbers[1]), qr/^404 .*before it/, 'a piece without those before it is refused');
    $there->stop;
    system(Muster::bin($variant, 'muster') . " check --data $there->{dir} >$dir/check 2>&1");
    is($? >> 8, 0, 'the store is whole') or diag slurp("$dir/check");
}

# ---- the page ----

# All types and fields that a file of this test has, and all that the page has, are the same.
{
    my (%written, %told);
    for my $file (qw(f p)) {
        for my $line (map { decode_json($_) } split /\n/, slurp("$dir/$file")) {
            $written{$line->{type}}{$_} = 1 for grep { !/^(type|mac)$/ } keys %$line;
        }
    }
    my $type;
    for (split /\n/, slurp('docs/fleet-format.md')) {
        $type = $1 if /^### `(\w+)`$/;
        $type = undef if /^## /;
        next unless $type && /^\| (`.*?) \|/;
        my ($cell) = split / \| /;
        $told{$type}{$_} = 1 for $cell =~ /`(\w+)`/g;
    }
    my @both = map { my $list = $_; [map { my $t = $_; map {"$t.$_"} sort keys %{ $list->{$t} } } sort keys %$list] } \%written, \%told;
    my ($written, $told) = map { my %is = map { $_ => 1 } @$_; \%is } @both;
    is(join(' ', grep { !$told->{$_} } @{ $both[0] }), '', 'docs/fleet-format.md names every type and field that is written');
    is(join(' ', grep { !$written->{$_} } @{ $both[1] }), '', 'and no other');
}

for my $moment ('while the server runs', 'after it ended') {
    for my $path (grep { !/root\.cik$/ } glob("$new->{dir}/*"), "$new->{dir}.log") {
        my $bytes = slurp($path);
        my @found = grep { index($bytes, $key{$_}) >= 0 || index($bytes, pack 'H*', $key{$_}) >= 0 } sort keys %key;
        is("@found", '', 'no key that was brought along is in ' . ($path =~ s{.*/}{}r) . " $moment");
    }
    $new->stop if $new->{pid};
}
$late->stop;
for ($new, $late) {
    system(Muster::bin($variant, 'muster') . " check --data $_->{dir} >$dir/check 2>&1");
    is($? >> 8, 0, 'the store is whole') or diag slurp("$dir/check");
}
done_testing;
