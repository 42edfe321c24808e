package Bench;

# Bench.pm - what the benchmarks share: the servers, the load, and figures for people.
use strict;
use warnings;
use lib 'tests/lib';
use Exporter 'import';
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time sleep);
use Muster;

our @EXPORT = qw(say_err run musterd nginx_start nginx_stop wrk median thousands ms machine flush_micros
    cpu_micros memory_kib read_through);
our $THREADS = 2;
our $RAW; # a handle for raw output, if wanted

sub say_err { print STDERR "bench: @_\n" }
sub run { my @c = @_; system(@c) == 0 or die "bench: @c failed\n" }

# -- the servers --

sub musterd {
    my ($data, %set) = @_;
    return Muster->start(variant => 'release', dir => $data,
        set => { requests_per_connection => 1_000_000_000, log_level => 'warning', %set });
}

sub nginx_start {
    my ($dir) = @_;
    my $probe = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
    my $port = $probe->sockport;
    close $probe;
    open(my $in, '<', 'bench/nginx.conf') or die;
    local $/;
    my $text = <$in>;
    $text =~ s/\@PORT\@/$port/g;
    $text =~ s/\@DIR\@/$dir/g;
    $text =~ s/\@WORKERS\@/$THREADS/g;
    $text = "user root;\n$text" if $> == 0;
    open(my $out, '>', "$dir/nginx.conf") or die;
    print $out $text;
    close $out;
    my $pid = fork() // die;
    if (!$pid) { exec('nginx', '-e', "$dir/nginx-error.log", '-c', "$dir/nginx.conf") or POSIX::_exit(127) }
    for (1 .. 500) {
        last if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
        sleep 0.01;
    }
    return { pid => $pid, port => $port };
}

sub nginx_stop {
    my ($nginx) = @_;
    local $?;
    kill 'TERM', $nginx->{pid};
    waitpid $nginx->{pid}, 0;
}

# -- the load --

# All is measured with the store's files in the system's memory, as those in use are.
sub read_through {
    for my $path (@_) {
        open(my $f, '<', $path) or die "$path: $!";
        my $bytes;
        1 while sysread($f, $bytes, 1 << 20);
    }
}

# while => called about every 0.1 s while the load runs
sub wrk {
    my ($what, $script, $port, $connections, $duration, $while, %env) = @_;
    local %ENV = (%ENV, THREADS => $THREADS, %env);
    my $command = "wrk -t $THREADS -c $connections -d ${duration}s --timeout 10s -s bench/$script.lua http://127.0.0.1:$port/onep:v1/stack/alias?temp";
    my $pid = open(my $pipe, '-|', "exec $command 2>&1") // die;
    my $said = '';
    my $select = IO::Select->new($pipe);
    for (;;) {
        $while->() if $while;
        next unless $select->can_read(0.1);
        last unless sysread($pipe, $said, 65536, length $said);
    }
    close $pipe;
    print $RAW "== $what, $connections connections\n$said\n" if $RAW;
    my ($line) = $said =~ /^RESULT (.*)$/m or die "wrk: $said";
    my %r = map { split /=/ } split ' ', $line;
    $r{rate} = $r{requests} / $r{micros} * 1e6;
    die "$what: $r{errors} connection errors\n$said" if $r{errors};
    return \%r;
}

# -- the process --

# User and system time that a process has used, in microseconds.
sub cpu_micros {
    my ($pid) = @_;
    open(my $f, '<', "/proc/$pid/stat") or return 0;
    my @fields = split ' ', (split /\) /, scalar <$f>)[1];
    return ($fields[11] + $fields[12]) / POSIX::sysconf(&POSIX::_SC_CLK_TCK) * 1e6;
}

sub memory_kib {
    my ($pid) = @_;
    open(my $f, '<', "/proc/$pid/status") or return 0;
    local $/;
    return <$f> =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}

# -- figures --

sub median {
    my ($key, @r) = @_;
    my @sorted = sort { $a <=> $b } map { $_->{$key} } @r;
    return $sorted[@sorted / 2];
}

sub thousands { my $t = sprintf '%.0f', $_[0]; 1 while $t =~ s/^(\d+)(\d{3})/$1,$2/; return $t }
sub ms { return sprintf '%.2f', $_[0] / 1000 }

sub machine {
    my ($dir) = @_;
    my ($cpu) = map { /model name\s*:\s*(.*)/ ? $1 : () } do { open my $f, '<', '/proc/cpuinfo'; <$f> };
    chomp(my $processors = qx(nproc));
    chomp(my $kernel = qx(uname -sr));
    my ($fs) = (split /\n/, qx(df -T $dir | tail -1))[0] =~ /^(\S+\s+\S+)/;
    $fs =~ s/\s+/ /g;
    return sprintf '%s, %d processors, %s, store on %s, load and both servers on the same machine',
        $cpu, $processors, $kernel, $fs;
}

# How long one flush of the disk takes, alone: what no commit can be faster than.
sub flush_micros {
    my ($dir) = @_;
    open(my $f, '>', "$dir/flush") or die;
    my @took;
    for (1 .. 200) {
        syswrite $f, 'x' x 4096;
        my $begin = time;
        $f->sync or die "sync: $!";
        push @took, time - $begin;
    }
    unlink "$dir/flush";
    return 1e6 * (sort { $a <=> $b } @took)[@took / 2];
}

1;
