package Receivers;

# Receivers.pm - those to whom dispatches send, for tests: a web server and a mail server, each a process that
# writes what it gets into a file, a line of JSON each.
#
#   my $web = Receivers->web;                       # answers what the path says: /status/503
#   my @got = $web->wait_for(2);                    # ({ method, path, headers, body }, ...)
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use POSIX ();
use Time::HiRes qw(time);

my @running;
END { local $?; $_->stop for @running }

sub start {
    my ($class, $serve, $address) = @_;
    my $socket = IO::Socket::INET->new(LocalAddr => $address // '127.0.0.1', Listen => 64, ReuseAddr => 1)
        or die "listen: $!";
    my $self = bless { port => $socket->sockport, file => tempdir(CLEANUP => 1) . '/got' }, $class;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        $SIG{CHLD} = 'IGNORE';
        while (my $peer = $socket->accept) {
            my $child = fork() // POSIX::_exit(1);
            if (!$child) { $serve->($self, $peer); POSIX::_exit(0) }
        }
        POSIX::_exit(0);
    }
    $self->{pid} = $pid;
    push @running, $self;
    return $self;
}

# Over TLS: 'https' or 'smtp', with the files of its certificate and key.
sub secure {
    my ($class, $kind, $certificate, $key) = @_;
    my $self = bless { file => tempdir(CLEANUP => 1) . '/got' }, $class;
    $self->{pid} = open($self->{out}, '-|', 'tests/lib/secure_receiver.py', $kind, $certificate, $key, $self->{file})
        or die "secure_receiver.py: $!";
    push @running, $self;
    ($self->{port}) = readline($self->{out}) =~ /^(\d+)$/ or die 'secure_receiver.py does not say its port';
    return $self;
}

sub stop {
    my ($self) = @_;
    return unless $self->{pid};
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    delete $self->{pid};
}

sub note {
    my ($self, $what) = @_;
    open(my $f, '>>', $self->{file}) or die "$self->{file}: $!";
    syswrite $f, JSON::PP->new->canonical->encode($what) . "\n";
}

sub got {
    my ($self) = @_;
    open(my $f, '<', $self->{file}) or return;
    return map { decode_json($_) } <$f>;
}

# All that came, once there are n; fewer after the time.
sub wait_for {
    my ($self, $n) = @_;
    my $until = time + 20;
    my @got;
    select undef, undef, undef, 0.02 while (@got = $self->got) < $n && time < $until;
    return @got;
}

# -- HTTP --

# /status/N answers N, /big an endless body, /hang never; /then/N the first time 503, later N;
# /after/N/S the first time N with Retry-After: S, /date/N/S the same as a date, later 200.
sub http_date { return POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $_[0]) }

sub answer {
    my ($self, $peer, $path) = @_;
    if ($path =~ m{^/hang}) { sysread $peer, my $rest, 1; return }
    my $is_first = grep({ $_->{path} eq $path } $self->got) == 1;
    my ($status) = $path =~ m{^/(?:status|then)/(\d+)};
    my ($how, $first_status, $seconds) = $path =~ m{^/(after|date)/(\d+)/(\d+)};
    $status = 503 if $path =~ m{^/then/} && $is_first;
    $status = $first_status if $how && $is_first;
    $status //= 200;
    my $more = $status =~ /^3/ ? "Location: /elsewhere\r\n" : '';
    $more = 'Retry-After: ' . ($how eq 'after' ? $seconds : http_date(time + $seconds)) . "\r\n"
        if $how && $is_first;
    if ($path =~ m{^/big}) {
        syswrite $peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
        1 while syswrite $peer, 'x' x 65536;
        return;
    }
    syswrite $peer, "HTTP/1.1 $status Said\r\n${more}Content-Length: 2\r\n\r\nok";
}

sub web {
    my ($class, $address) = @_;
    return $class->start(sub {
        my ($self, $peer) = @_;
        $SIG{PIPE} = 'IGNORE';
        my $text = '';
        until ($text =~ /\r\n\r\n/) { sysread($peer, $text, 65536, length $text) or return }
        my ($head, $body) = split /\r\n\r\n/, $text, 2;
        my ($method, $path) = $head =~ /^(\S+) (\S+)/;
        my %headers = map { /^([^:]+): *(.*)$/ ? (lc $1 => $2) : () } split /\r\n/, $head;
        sysread($peer, $body, 65536, length $body) or return
            while length $body < ($headers{'content-length'} // 0);
        $self->note({ method => $method, path => $path, headers => \%headers, body => $body });
        answer($self, $peer, $path);
    }, $address);
}

# -- SMTP --

# The password is secret. RCPT to nobody@ is refused for good, to later@ for now.
sub mail {
    my ($class) = @_;
    return $class->start(sub {
        my ($self, $peer) = @_;
        my %got = (commands => []);
        my $say = sub { syswrite $peer, "$_[0]\r\n" };
        $say->('220 here');
        while (defined(my $line = <$peer>)) {
            $line =~ s/\r\n$//;
            push @{ $got{commands} }, $line;
            if ($line =~ /^EHLO/) { $say->("250-here\r\n250 AUTH PLAIN") }
            elsif ($line eq 'AUTH PLAIN') { $say->('334 ') }
            elsif ($line !~ / / && $got{commands}[-2] eq 'AUTH PLAIN') {
                $say->(decode_base64($line) =~ /secret$/ ? '235 yes' : '535 no');
            }
            elsif ($line =~ /^RCPT TO:<nobody\@/) { $say->('550 no such one') }
            elsif ($line =~ /^RCPT TO:<later\@/) { $self->note({%got}); $say->('451 not now') }
            elsif ($line eq 'DATA') {
                $say->('354 go on');
                while (defined(my $data = <$peer>)) {
                    last if $data eq ".\r\n";
                    $got{data} .= $data;
                }
                $say->('250 taken');
                $self->note({%got});
            }
            elsif ($line eq 'QUIT') { $say->('221 bye'); return }
            else { $say->('250 yes') }
        }
    });
}

1;
