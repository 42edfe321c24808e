package Muster;

# Muster.pm - a musterd for tests: starts one on a free port, speaks its API, ends it.
#
#   my $m = Muster->start(variant => 'fault', set => { window => 5 });
#   $m->init;                              # domain, vendor, token, portal, template
#   $m->model('m1'); $m->add('m1', 'sn1');
#   my $rid = $m->enable('m1', 'sn1');
#   is($m->activate('m1', 'sn1')->{status}, 200);
#
# Requests are written and read byte by byte here: no HTTP library stands between.
use strict;
use warnings;
use Carp qw(croak);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

our $TIMEOUT = 20;

$SIG{$_} = 'DEFAULT' for qw(INT HUP); # a program that tests start heeds them, though make runs behind nohup or &
my @running;

END { local $?; $_->kill9 for grep { $_->{pid} } @running }

# MUSTER_LAUNCHER: words that every server of the tests is started with, to run the suite under
# something (tests/long/seccomp).
sub launcher { return split ' ', $ENV{MUSTER_LAUNCHER} // '' }
sub bin { my ($variant, $name) = @_; return "build/$variant/bin/$name" }
sub tool { my ($variant, $name) = @_; return "build/$variant/test/tests/tool/$name" }

# variant, dir (kept) or a temporary one, set => {NAME => VALUE}, args, env, tls => 1
sub start {
    my ($class, %o) = @_;
    my $self = bless {
        variant => $o{variant} // 'fault',
        dir     => $o{dir} // tempdir(CLEANUP => 1) . '/data',
        opts    => \%o,
        vendor  => 'acme',
    }, $class;
    $self->{clock_file} = "$self->{dir}.clock";
    push @running, $self;
    $self->launch;
    return $self;
}

sub arguments {
    my ($self) = @_;
    my %set = %{ $self->{opts}{set} // {} };
    my @args = (launcher(), bin($self->{variant}, 'musterd'), '--data', $self->{dir}, '--http', '127.0.0.1:0');
    if ($self->{opts}{tls}) {
        my ($cert, $key) = certificate();
        $set{https} //= '127.0.0.1:0';
        $set{tls_certificates} //= "$cert $key";
    }
    push @args, '--set', "$_=$set{$_}" for sort keys %set;
    return (@args, @{ $self->{opts}{args} // [] });
}

# Starts the process, also again after stop or kill9, on the same data.
sub launch {
    my ($self) = @_;
    $self->clock($self->{offset} // 0) if $self->{variant} ne 'release';
    my @args = $self->arguments;
    pipe(my $read, my $write) or die "pipe: $!";
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        $ENV{MUSTER_FAKE_CLOCK} = $self->{clock_file} if $self->{variant} ne 'release';
        $ENV{$_} = $self->{opts}{env}{$_} for keys %{ $self->{opts}{env} // {} };
        close $read;
        open(STDOUT, '>&', $write) or POSIX::_exit(126);
        open(STDERR, '>>', "$self->{dir}.log") or POSIX::_exit(126);
        exec { $args[0] } @args or POSIX::_exit(127);
    }
    close $write;
    @$self{qw(pid out)} = ($pid, $read);
    my $line = $self->ready_line;
    $self->{port}{$1} = $2 while $line =~ /(\w+)=\S*?:(\d+)(?=\s|$)/g;
    croak "no port in: $line" unless $self->{port}{http};
    return $self;
}

sub ready_line {
    my ($self) = @_;
    my ($text, $until) = ('', time + $TIMEOUT);
    my $select = IO::Select->new($self->{out});
    for (;;) {
        return $1 if $text =~ /^(ready .*)\n/m;
        my $left = $until - time;
        if ($left <= 0 || !$select->can_read($left) || !sysread($self->{out}, $text, 4096, length $text)) {
            my $log = $self->log;
            croak "musterd did not get ready: $text$log";
        }
    }
}

sub log {
    my ($self) = @_;
    open(my $f, '<', "$self->{dir}.log") or return '';
    local $/;
    return scalar <$f>;
}

# Ends it with the signal; the wait status (0 after a clean end).
sub end_with {
    my ($self, $signal) = @_;
    return unless $self->{pid};
    delete $self->{socket};
    kill $signal, $self->{pid};
    waitpid $self->{pid}, 0;
    my $status = $?;
    delete $self->{pid};
    return $status;
}
sub stop  { return $_[0]->end_with('TERM') }
sub kill9 { return $_[0]->end_with('KILL') }

# Kills it, unless it has come to its end by itself, and starts another with that seeded defect, or none.
sub relaunch {
    my ($self, $defect) = @_;
    local $ENV{MUSTER_DEFECT} = $defect;
    delete $ENV{MUSTER_DEFECT} unless $defect;
    $self->kill9;
    delete $self->{socket};
    return $self->launch;
}

# Moves the wall clock and the boot clock of a test build by so many seconds; boot_id names another
# boot of the machine.
sub clock {
    my ($self, $wall, $boot, $boot_id) = @_;
    $boot //= $wall;
    $self->{offset} = $wall;
    open(my $f, '>', "$self->{clock_file}.new") or die "$self->{clock_file}: $!";
    print $f "$wall $boot ", $boot_id // '', "\n";
    close $f;
    rename "$self->{clock_file}.new", $self->{clock_file} or die "rename: $!";
}

# A certificate for 127.0.0.1, made once for a test run.
my $certificate_dir;
sub certificate {
    $certificate_dir //= do {
        my $dir = tempdir(CLEANUP => 1);
        system('certtool --generate-privkey --key-type=ecdsa --no-text --outfile '
                . "$dir/key.pem 2>$dir/log") == 0 or die "certtool failed";
        open(my $f, '>', "$dir/template") or die;
        print $f qq{cn = "localhost"\ndns_name = "localhost"\nip_address = "127.0.0.1"\n},
            qq{expiration_days = 3650\ntls_www_server\nsigning_key\n};
        close $f;
        system("certtool --generate-self-signed --no-text --load-privkey $dir/key.pem "
                . "--template $dir/template --outfile $dir/cert.pem 2>>$dir/log") == 0
            or die "certtool failed";
        $dir;
    };
    return ("$certificate_dir/cert.pem", "$certificate_dir/key.pem");
}

# A port on which plain text goes in and comes out at the https listener over TLS.
sub tls_port {
    my ($self) = @_;
    return $self->{tls_port} if $self->{tls_port};
    my $log = "$self->{dir}.socat";
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        open(STDERR, '>', $log) or POSIX::_exit(126);
        exec('socat', '-d', '-d', '-t', 30, 'TCP-LISTEN:0,bind=127.0.0.1,fork,nodelay,backlog=128',
            "OPENSSL:127.0.0.1:$self->{port}{https},verify=0,nodelay") or POSIX::_exit(127);
    }
    $self->{socat} = bless { pid => $pid }, 'Muster';
    push @running, $self->{socat};
    my $until = time + $TIMEOUT;
    while (time < $until) {
        if (open(my $f, '<', $log)) {
            local $/;
            return $self->{tls_port} = $1 if <$f> =~ /listening on AF=2 127\.0\.0\.1:(\d+)/;
        }
        select undef, undef, undef, 0.01;
    }
    die 'socat did not listen';
}

sub end_socat {
    my ($self) = @_;
    $self->{socat}->stop if $self->{socat};
    delete @$self{qw(socat tls_port)};
}

# -- bytes --

sub dial {
    my ($self, $port) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port // $self->{port}{http}, Proto => 'tcp',
        Timeout => $TIMEOUT) or croak "connect: $!";
    setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
    return $socket;
}

# One read of what has come, or undef at end of file or after the time.
sub receive {
    my ($socket, $timeout) = @_;
    my $bytes = '';
    return undef unless IO::Select->new($socket)->can_read($timeout // $TIMEOUT);
    my $n = sysread($socket, $bytes, 65536);
    return $n ? $bytes : undef;
}

# All bytes until the peer closes; undef if it does not.
sub drain {
    my ($socket, $timeout) = @_;
    my ($all, $until) = ('', time + ($timeout // $TIMEOUT));
    while ((my $left = $until - time) > 0) {
        next unless IO::Select->new($socket)->can_read($left);
        my $n = sysread($socket, $all, 65536, length $all);
        return $all unless $n;
    }
    return undef;
}

# Takes one whole reply off the front of $$buffer; undef if it is not whole.
sub take_reply {
    my ($buffer) = @_;
    return undef unless $$buffer =~ /\A(HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)/;
    my ($head, $status) = ($1, $2);
    my ($length) = $head =~ /^Content-Length: (\d+)\r$/m;
    $length //= 0;
    return undef if length($$buffer) < length($head) + $length;
    my $raw = substr($$buffer, 0, length($head) + $length, '');
    my %header = map { lc($_->[0]) => $_->[1] }
        map { [/^([^:]+): *(.*?)\r?$/] } (split /\n/, $head)[1 .. ($head =~ tr/\n//) - 2];
    return { status => $status, head => $head, header => \%header, raw => $raw,
        body => substr($raw, length $head) };
}

# Sends bytes on an open socket and reads one reply.
sub talk {
    my ($self, $socket, $bytes, $buffer) = @_;
    $buffer //= \my $own;
    $$buffer //= '';
    syswrite($socket, $bytes) if length $bytes;
    my $reply;
    until ($reply = take_reply($buffer)) {
        my $more = receive($socket) // croak 'no whole reply: ' . $$buffer;
        $$buffer .= $more;
    }
    return $reply;
}

sub bytes_of {
    my ($method, $path, $headers, $body) = @_;
    my $text = "$method $path HTTP/1.1\r\nHost: m2.exosite.com\r\n";
    $text .= "$_->[0]: $_->[1]\r\n" for @{ $headers // [] };
    $text .= 'Content-Length: ' . length($body) . "\r\n" if defined $body;
    return "$text\r\n" . ($body // '');
}

# One request on the connection that is kept for such.
sub request {
    my ($self, @what) = @_;
    my $bytes = bytes_of(@what);
    for my $try (1, 2) {
        $self->{socket} = undef if $self->{socket} && $self->{socket_pid} != $self->{pid};
        my $is_kept = $self->{socket};
        $self->{socket} //= $self->dial;
        $self->{socket_pid} = $self->{pid};
        my $reply = eval { $self->talk($self->{socket}, $bytes) };
        $self->{socket} = undef if !$reply || ($reply->{header}{connection} // '') =~ /close/i;
        return $reply if $reply;
        croak $@ unless $is_kept;
    }
}

# -- the API --

my $FORM = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'];

sub escape {
    my ($text) = @_;
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}
sub form { my @p = @_; my @t; push @t, escape(shift @p) . '=' . escape(shift @p) while @p; return join '&', @t }

sub with_token { my ($self) = @_; return ['X-Exosite-Token', $self->{token}] }
sub with_cik   { my ($cik) = @_; return ['X-Exosite-CIK', $cik] }

sub must {
    my ($what, $reply, @codes) = @_;
    croak "$what: $reply->{raw}" unless grep { $_ == $reply->{status} } @codes;
    return $reply;
}

sub rpc {
    my ($self, $auth, @calls) = @_;
    my $id = 0;
    my @numbered = map { { id => $id++, procedure => $_->[0], arguments => [@$_[1 .. $#$_]] } } @calls;
    my $reply = $self->request('POST', '/onep:v1/rpc/process',
        [['Content-Type', 'application/json; charset=utf-8']],
        encode_json({ auth => $auth, calls => \@numbered }));
    must('rpc', $reply, 200);
    return decode_json($reply->{body});
}

sub call {
    my ($self, $auth, @call) = @_;
    my $answers = $self->rpc($auth, \@call);
    croak "$call[0]: " . encode_json($answers)
        unless ref $answers eq 'ARRAY' && $answers->[0]{status} eq 'ok';
    return $answers->[0]{result};
}

my %UNBOUNDED = (limits => { map { $_ => 'inherit' }
        qw(client dataport datarule dispatch disk email http share sms xmpp) });

sub create_client {
    my ($self, $auth, $name) = @_;
    return $self->call($auth, 'create', { alias => '' }, 'client', { %UNBOUNDED, name => $name });
}

sub key_of {
    my ($self, $owner_cik, $rid) = @_;
    return $self->call({ cik => $owner_cik }, 'info', $rid, { key => JSON::PP::true })->{key};
}

# A domain with a vendor name, a token, a portal and a template, all over the API.
sub init {
    my ($self, %o) = @_;
    $self->{vendor} = $o{vendor} // $self->{vendor};
    open(my $f, '<', "$self->{dir}/root.cik") or croak "root.cik: $!";
    ($self->{root_cik}) = <$f> =~ /^([0-9a-f]{40})/;
    my $root = { cik => $self->{root_cik} };
    $self->{domain_rid} = $self->create_client($root, 'domain');
    $self->{domain_cik} = $self->key_of($self->{root_cik}, $self->{domain_rid});
    my $domain = { cik => $self->{domain_cik} };
    must('register', $self->request('POST', '/provision/register',
        [with_cik($self->{domain_cik}), $FORM], form(vendor => $self->{vendor})), 205);
    $self->{token} = must('token', $self->request('POST', '/provision/admin/auth/',
        [with_cik($self->{domain_cik}), $FORM], form(id => 'tests')), 200)->{body};
    $self->{portal_rid} = $self->create_client($domain, 'portal');
    $self->{portal_cik} = $self->key_of($self->{domain_cik}, $self->{portal_rid});
    $self->{template_rid} = $self->template($o{ports} // [[temp => 'float'], [count => 'integer'],
            [note => 'string']]);
    return $self;
}

# Another vendor on the same server: only good for what init makes.
sub other_vendor {
    my ($self, $vendor) = @_;
    return bless({ %$self, socket => undef }, ref $self)->init(vendor => $vendor);
}

sub template {
    my ($self, $ports) = @_;
    my $rid = $self->create_client({ cik => $self->{domain_cik} }, 'template');
    my $auth = { cik => $self->{domain_cik}, client_id => $rid };
    for (@$ports) {
        my $port = $self->call($auth, 'create', { alias => '' }, 'dataport',
            { format => $_->[1], name => $_->[0],
              retention => { count => 'infinity', duration => 'infinity' } });
        $self->call($auth, 'map', 'alias', $port, $_->[0]);
    }
    return $rid;
}

sub manage {
    my ($self, $method, $path, $form) = @_;
    return $self->request($method, "/provision/manage/$path",
        [$self->with_token, defined $form ? $FORM : ()], $form);
}
sub model {
    my ($self, $model) = @_;
    must('model', $self->manage('POST', 'model/', form(model => $model, rid => $self->{template_rid})), 205);
    return $model;
}
sub add {
    my ($self, $model, @sns) = @_;
    must('add', $self->manage('POST', "model/$model/", form(map { ('sn[]' => $_) } @sns)), 205);
}
# One CSV body; at most 10,000 rows are taken.
sub add_csv {
    my ($self, $model, @sns) = @_;
    must('add', $self->request('POST', "/provision/manage/model/$model/",
        [$self->with_token, ['Content-Type', 'text/csv; charset=utf-8']],
        join('', map {"$_\r\n"} @sns)), 205);
}
sub enable {
    my ($self, $model, $sn) = @_;
    return must('enable', $self->manage('POST', "model/$model/$sn",
        form(enable => 'true', owner => $self->{portal_rid})), 200)->{body};
}
sub reenable { my ($self, $m, $sn) = @_; must('reenable', $self->manage('POST', "model/$m/$sn", 'enable=true'), 205) }
sub disable  { my ($self, $m, $sn) = @_; must('disable', $self->manage('POST', "model/$m/$sn", 'disable=true'), 205) }
sub device_key { my ($self, $rid) = @_; return $self->key_of($self->{portal_cik}, $rid) }

sub activate {
    my ($self, $model, $sn) = @_;
    return $self->request('POST', '/provision/activate', [$FORM],
        form(vendor => $self->{vendor}, model => $model, sn => $sn));
}
sub read_with {
    my ($self, $cik, $query) = @_;
    return $self->request('GET', '/onep:v1/stack/alias?' . ($query // 'temp'), [with_cik($cik)]);
}
sub write_with {
    my ($self, $cik, @pairs) = @_;
    return $self->request('POST', '/onep:v1/stack/alias', [with_cik($cik), $FORM], form(@pairs));
}

# A datarule of the client that $by names, with an alias; its RID.
sub rule {
    my ($self, $by, $alias, $rule) = @_;
    my $rid = $self->call($by, 'create', 'datarule', { format => 'integer', rule => $rule });
    $self->call($by, 'map', 'alias', $rid, $alias);
    return $rid;
}

# Waits until that is what a read says; what it says in the end. Nothing depends on how soon.
sub await_read {
    my ($self, $cik, $alias, $want) = @_;
    my $until = time + $TIMEOUT;
    my $said;
    do {
        select undef, undef, undef, 0.02 if defined $said;
        $said = $self->read_with($cik, $alias)->{body};
    } until $said eq "$alias=$want" || time > $until;
    return $said;
}

# The text of /metrics, for which it must have been started with admin, and one of its numbers.
sub metrics {
    my ($self) = @_;
    return $self->talk($self->dial($self->{port}{admin}), bytes_of('GET', '/metrics'))->{body};
}
sub metric {
    my ($self, $name) = @_;
    my $text = $self->metrics;
    return $text =~ /^\Q$name\E (\d+)/m ? $1 : croak "no metric $name: $text";
}

1;
