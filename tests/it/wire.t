#!/usr/bin/env perl
# Runs each wire script of tests/it/vtc twice, over plain HTTP and over TLS, on a server of its own.
# Lines "#: ..." of a script say what it finds there (model m1 is always made):
#
#   #: set NAME=VALUE             a setting of the server
#   #: model NAME                 a further model
#   #: vendor NAME                another vendor; ${NAME_token} and ${NAME_portal_rid} are its own
#   #: device NAME STATE          serial number NAME of m1: listed, pending or activated;
#                                 ${NAME_rid} and ${NAME_key} are its RID and its key
#
# Macros: port, token, vendor_cik, root_cik, portal_rid, portal_cik, template_rid.
#
#   tests/it/wire.t b2_05         only the scripts whose names hold b2_05, loudly
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Muster;

my @scripts = sort glob 'tests/it/vtc/*.vtc';
@scripts = grep { my $s = $_; grep { index($s, $_) >= 0 } @ARGV } @scripts if @ARGV;
plan tests => 2 * @scripts;

sub read_file { open(my $f, '<', $_[0]) or die "$_[0]: $!"; local $/; return scalar <$f> }

sub prepare_device {
    my ($m, $macro, $name, $state) = @_;
    $m->add('m1', $name);
    return if $state eq 'listed';
    my $rid = $macro->{"${name}_rid"} = $m->enable('m1', $name);
    my $key = $macro->{"${name}_key"} = $m->device_key($rid);
    return if $state eq 'pending';
    my $reply = $m->activate('m1', $name);
    $reply->{status} == 200 && $reply->{body} eq $key or die "$name: $reply->{raw}";
}

sub run_script {
    my ($file, $text, $is_tls) = @_;
    my %set = $text =~ /^#: set (\w+)=(\S+)$/mg;
    my $m = Muster->start(variant => 'fault', tls => $is_tls, set => \%set)->init;
    my %macro = (
        token        => $m->{token},
        vendor_cik   => $m->{domain_cik},
        root_cik     => $m->{root_cik},
        portal_rid   => $m->{portal_rid},
        portal_cik   => $m->{portal_cik},
        template_rid => $m->{template_rid},
    );
    $m->model($_) for 'm1', $text =~ /^#: model (\S+)$/mg;
    for my $name ($text =~ /^#: vendor (\S+)$/mg) {
        my $other = $m->other_vendor($name);
        $macro{"${name}_$_"} = $other->{$_} for qw(token portal_rid);
    }
    my @devices = $text =~ /^#: device (\S+ \S+)$/mg;
    prepare_device($m, \%macro, split ' ') for @devices;
    $macro{port} = $is_tls ? $m->tls_port : $m->{port}{http};
    my @command = ('varnishtest', '-t', 60, (@ARGV ? '-v' : ()),
        (map {"-D$_=$macro{$_}"} sort keys %macro), $file);
    my $said = do {
        local $SIG{__WARN__} = sub { };
        open(my $out, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', @command) or die "varnishtest: $!";
        local $/;
        my $all = <$out>;
        close $out;
        $all;
    };
    my $status = $?;
    $m->end_socat;
    my $clean = $m->stop;
    return ($status == 0 && $clean == 0, $said . ($clean ? "the server ended with $clean\n" : ''));
}

for my $file (@scripts) {
    my $text = read_file($file);
    my ($name) = $file =~ m{([^/]+)\.vtc$};
    my ($title) = $text =~ /^varnishtest "(.*)"/;
    for my $over ('plain', 'TLS') {
        my ($is_good, $said) = eval { run_script($file, $text, $over eq 'TLS') };
        $said = $@ if $@;
        ok($is_good, "$name, $over: $title");
        diag($said =~ s/^.*?(?=.{0,6000}\z)//sr) if !$is_good;
    }
}
