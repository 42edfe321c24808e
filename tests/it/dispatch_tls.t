#!/usr/bin/env perl
# Dispatches over TLS: recipients, the hook and the mail server must be certified by an authority of the system or
# of dispatch_ca_file, for the name they are called by, at this time; others get nothing, and the value says so.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);
use Muster;
use Receivers;

my $dir = tempdir(CLEANUP => 1);
my $NOT_GOOD = 'error: the certificate is not good, or not for this host';

# -- certificates --

sub certtool { my (@args) = @_; system("certtool @args 2>>$dir/log") == 0 or die "certtool @args: see $dir/log" }

sub template {
    my ($name, @lines) = @_;
    open(my $f, '>', "$dir/$name.template") or die;
    print $f map {"$_\n"} qq{cn = "$name"}, 'serial = 1', @lines;
    close $f;
    certtool('--generate-privkey --key-type ecdsa --no-text --outfile', "$dir/$name.key");
    return "--no-text --load-privkey $dir/$name.key --template $dir/$name.template --outfile $dir/$name.pem";
}
my @NOW = ('activation_date = "2020-01-01 00:00:00"', 'expiration_date = "2040-01-01 00:00:00"');
my @PAST = ('activation_date = "2020-01-01 00:00:00"', 'expiration_date = "2021-01-01 00:00:00"');
my @HERE = ('dns_name = "localhost"', 'ip_address = "127.0.0.1"');

sub authority { my ($name) = @_; certtool('--generate-self-signed', template($name, 'ca', 'cert_signing_key', @NOW)) }

sub certify {
    my ($name, $by, @lines) = @_;
    certtool('--generate-certificate', "--load-ca-certificate $dir/$by.pem --load-ca-privkey $dir/$by.key",
        template($name, 'tls_www_server', 'signing_key', @lines));
    return ("$dir/$name.pem", "$dir/$name.key");
}
authority($_) for qw(ours theirs);
my @good = certify('good', 'ours', @NOW, @HERE);
my %bad = (
    'of another authority' => [certify('foreign', 'theirs', @NOW, @HERE)],
    'for another host'     => [certify('elsewhere', 'ours', @NOW, 'dns_name = "elsewhere.example"')],
    'that has ended'       => [certify('old', 'ours', @PAST, @HERE)],
);

# -- the servers --

my $web = Receivers->secure('https', @good);
my $mail = Receivers->secure('smtp', @good);
my $plain_mail = Receivers->mail;
open(my $f, '>', "$dir/password") or die; print $f "secret\n"; close $f;
my %set = (
    dispatch_private_networks => 'yes',
    dispatch_retry => '10ms',
    dispatch_ca_file => "$dir/ours.pem",
    dispatch_hook => "https://localhost:$web->{port}/hook",
    smtp_url => "smtp://localhost:$mail->{port}",
    smtp_from => 'muster@here.example',
    smtp_user => 'user',
    smtp_password_file => "$dir/password",
);
my ($m, $me);
sub serve { my (%more) = @_; $m->stop if $m; $m = Muster->start(variant => 'release', set => { %set, %more })->init; $me = { cik => $m->{portal_cik} } }

# A value for a new dispatch; and what became of it.
sub begin {
    my (%dispatch) = @_;
    my $rid = $m->call($me, 'create', { alias => '' }, 'dispatch', \%dispatch);
    $m->call($me, 'write', $rid, 'value');
    return $rid;
}
sub became {
    my ($rid) = @_;
    my ($points, $until) = ([], time + $Muster::TIMEOUT);
    select undef, undef, undef, 0.01 until @{ $points = $m->call($me, 'read', $rid, {}) } || time > $until;
    return $points->[0][1];
}
sub post { my ($host, $receiver) = @_; return begin(method => 'http_post', recipient => "https://$host:$receiver->{port}/") }
sub email { return begin(method => 'email', recipient => 'ops@there.example', subject => 's') }
sub sms { return begin(method => 'sms', recipient => '1') }

# -- certified --

serve();
is(became(post('localhost', $web)), '200', 'a recipient that our authority certifies, by name');
is(became(post('127.0.0.1', $web)), '200', 'and by address');
is(($web->wait_for(2))[1]{body}, 'value', 'gets the value');
is(became(sms()), '200', 'the hook');
is(became(email()), '250', 'the mail server, by STARTTLS');
my ($before, $letter) = $mail->wait_for(2);
is(join(' ', map { (split)[0] } @{ $before->{clear} }), 'EHLO STARTTLS', 'before it nothing is said');
ok((grep {/^MAIL FROM:/} @{ $letter->{commands} }) && $letter->{data} =~ /^To: /m, 'after it the mail is');

# -- not certified: all at a time, since each is tried again and again --

my %receivers = map { $_ => Receivers->secure('https', @{ $bad{$_} }) } keys %bad;
my $foreign_mail = Receivers->secure('smtp', @{ $bad{'of another authority'} });
my $foreign_hook = $receivers{'of another authority'};
serve(smtp_url => "smtp://localhost:$foreign_mail->{port}", dispatch_hook => "https://localhost:$foreign_hook->{port}/");
my %posts = map { $_ => post('localhost', $receivers{$_}) } keys %bad;
my ($email, $sms) = (email(), sms());
is(became($posts{$_}), $NOT_GOOD, "a certificate $_") for sort keys %bad;
is(became($email), $NOT_GOOD, 'a mail server of another authority');
is(became($sms), $NOT_GOOD, 'a hook of another authority');
is(scalar(map { $_->got } values %receivers), 0, 'recipients and hook get nothing');
is(scalar(grep { $_->{data} || $_->{commands} } $foreign_mail->got), 0, 'the mail server neither password nor mail');

serve(smtp_url => "smtp://localhost:$plain_mail->{port}", dispatch_ca_file => '');
my $post = post('localhost', $web);
$email = email();
is(became($email), 'error: the mail server has no TLS', 'a mail server without TLS');
is(scalar(() = $plain_mail->got), 0, 'gets nothing');
is(became($post), $NOT_GOOD, 'without the setting our authority is none');
is($m->stop, 0, 'the server ends cleanly');

# -- the file --

sub refuses {
    my ($text, $why, $name) = @_;
    my $file = "$dir/refused.pem";
    if (defined $text) { open(my $out, '>', $file) or die; print $out $text; close $out }
    my $said = `build/release/bin/musterd --data $dir/refused --http 127.0.0.1:0 --set dispatch_ca_file=$file 2>&1`;
    isnt($?, 0, "$name: the server does not start");
    like($said, $why, 'and says why');
}
refuses(undef, qr/dispatch_ca_file: \S+ cannot be read/, 'no file');
refuses("no certificate\n", qr/dispatch_ca_file: \S+ holds no certificate/, 'a file of something else');
done_testing;
