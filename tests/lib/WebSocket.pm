package WebSocket;

# WebSocket.pm - a WebSocket client for tests (RFC 6455), frame by frame on a plain socket.
#
#   my $ws = WebSocket->open($muster, '/ws');
#   $ws->text('{"auth":...}');
#   is($ws->read_text, '{"status":"ok"}');
#   is($ws->read_close, 1000);
#
# Whatever a server must not send dies here: frames that are masked, in pieces, with reserved bits, or
# with a length that is longer than it has to be.
use strict;
use warnings;
use Carp qw(croak);
use JSON::PP;
use Muster;

our $KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
our $ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
my %OPCODE = (more => 0, text => 1, binary => 2, close => 8, ping => 9, pong => 10);

sub handshake {
    my ($path, %o) = @_;
    my @fields = (['Host', 'm2.exosite.com'], ['Upgrade', 'websocket'], ['Connection', 'Upgrade'],
        ['Sec-WebSocket-Key', $KEY], ['Sec-WebSocket-Version', '13']);
    @fields = grep { !exists $o{ $_->[0] } } @fields;
    push @fields, map { my $name = $_; map { [$name, $_] } grep { defined } ref $o{$name} ? @{ $o{$name} } : $o{$name} } sort keys %o;
    return "GET $path HTTP/1.1\r\n" . join('', map {"$_->[0]: $_->[1]\r\n"} @fields) . "\r\n";
}

# port => of a listener; behind => bytes that follow the handshake at once.
sub open {
    my ($class, $muster, $path, %o) = @_;
    my $self = bless { socket => $muster->dial($o{port}), in => '' }, $class;
    $self->send(handshake($path // '/ws') . ($o{behind} // ''));
    $self->more // croak "no handshake: $self->{in}" until $self->{in} =~ /\r\n\r\n/;
    ($self->{head}, $self->{in}) = $self->{in} =~ /\A(.*?\r\n)\r\n(.*)\z/s;
    croak "handshake: $self->{head}" unless $self->{head} =~ m{\AHTTP/1\.1 101 };
    return $self;
}

# One that has said who it is.
sub open_as {
    my ($class, $muster, $auth, @how) = @_;
    my $self = $class->open($muster, @how);
    $self->json({ auth => $auth });
    my $answer = $self->read_text;
    croak "auth: $answer" unless $answer eq '{"status":"ok"}';
    return $self;
}

sub send {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    while (length $bytes) {
        my $n = syswrite($self->{socket}, $bytes) // return 0;
        substr($bytes, 0, $n, '');
    }
    return 1;
}

# The bytes of a frame; bits: added to the first byte; bare: without a mask; long: 64 bits of length.
sub frame {
    my ($what, $payload, %o) = ($_[0], "$_[1]", @_[2 .. $#_]);
    my $opcode = $OPCODE{$what} // $what;
    my $first = ($o{more} ? 0 : 0x80) | ($o{bits} // 0) | $opcode;
    my $n = length $payload;
    my $mask = $o{bare} ? 0 : 0x80;
    my $head = $o{long} || $n > 65535 ? pack('CCQ>', $first, $mask | 127, $n)
        : $n > 125 ? pack('CCn', $first, $mask | 126, $n) : pack('CC', $first, $mask | $n);
    return $head . $payload if $o{bare};
    my $key = "\x5a\x01\xfe\x80";
    return $head . $key . ($payload ^ substr($key x (1 + $n / 4), 0, $n));
}

sub put { my ($self, @frame) = @_; return $self->send(frame(@frame)) }
sub text { my ($self, $text) = @_; return $self->put(text => $text) }
sub json { my ($self, $value) = @_; return $self->text(JSON::PP->new->canonical->encode($value)) }
sub close { my ($self, $code, $why) = @_; return $self->put(close => pack('n', $code) . ($why // '')) }

sub more {
    my ($self) = @_;
    my $bytes = Muster::receive($self->{socket}) // return undef;
    $self->{in} .= $bytes;
    return 1;
}

# The next frame as (opcode, payload); an empty list at the end of the stream.
sub read_frame {
    my ($self) = @_;
    my ($first, $second, $head, $n);
    for (;;) {
        ($first, $second) = unpack 'CC', $self->{in};
        my $short = ($second // 0) & 127;
        $head = $short == 127 ? 10 : $short == 126 ? 4 : 2;
        if (length $self->{in} >= $head) {
            $n = $short == 127 ? unpack('x2Q>', $self->{in}) : $short == 126 ? unpack('x2n', $self->{in}) : $short;
            last if length $self->{in} >= $head + $n;
        }
        $self->more // do { croak 'half a frame' if length $self->{in}; return };
    }
    croak sprintf 'first byte %02x', $first unless ($first & 0xf0) == 0x80;
    croak 'a mask' if $second & 0x80;
    croak 'a length that is too long' if $head > ($n > 65535 ? 10 : $n > 125 ? 4 : 2);
    my $payload = substr $self->{in}, $head, $n;
    substr($self->{in}, 0, $head + $n, '');
    return ($first & 0xf, $payload);
}

# The next of that kind; anything else dies. Pings are passed over unless one is wanted.
sub expect {
    my ($self, $what) = @_;
    for (;;) {
        my ($opcode, $payload) = $self->read_frame;
        croak "no $what: the end" unless defined $opcode;
        next if $opcode == $OPCODE{ping} && $what ne 'ping';
        croak "no $what: $opcode $payload" if $opcode != $OPCODE{$what};
        return $payload;
    }
}
sub read_text { return $_[0]->expect('text') }
sub read_json { return decode_json($_[0]->read_text) }
# The code of the close frame, which must be the last there is; 1005 for none.
sub read_close {
    my ($self) = @_;
    my $payload = $self->expect('close');
    my @after = $self->read_frame;
    croak 'something behind the close frame' if @after;
    return length $payload ? unpack('n', $payload) : 1005;
}

sub calls {
    my ($self, @calls) = @_;
    my $id = 0;
    $self->json({ calls => [map { { id => $id++, procedure => $_->[0], arguments => [@$_[1 .. $#$_]] } } @calls] });
    return $self->read_json;
}

1;
