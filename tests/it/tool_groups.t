#!/usr/bin/env perl
# The tool with groups: what it makes, shows and takes apart, how memberships run out, and what it says of
# what the server refuses.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use Test::More;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $m = Muster->start(variant => 'release')->init;
$m->model('m');
$m->add('m', 'a1', 'a2', 'a3');

sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f; return $_[0] }

# A run of the tool: its exit status and what it prints.
sub case {
    my ($name, $words, $code, $prints, $says) = @_;
    my $pid = fork() // die;
    if (!$pid) {
        open(STDOUT, '>', "$dir/out") or die;
        open(STDERR, '>', "$dir/err") or die;
        delete @ENV{qw(MUSTER_CIK MUSTER_PROFILE)};
        @ENV{qw(HOME MUSTER_SERVER MUSTER_TOKEN)} = ($dir, "http://127.0.0.1:$m->{port}{http}", $m->{token});
        exec(Muster::bin('release', 'muster'), 'group', @$words) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    is $? >> 8, $code, "$name: exit status" or diag slurp("$dir/err");
    if (ref $prints) { like slurp("$dir/out"), $prints, "$name: output" }
    else { is slurp("$dir/out"), $prints // '', "$name: output" }
    like slurp("$dir/err"), $says // qr/^$/, "$name: says";
}
sub file { return ('--file', spew("$dir/members.csv", $_[0])) }

# ---- groups ----
case 'none yet', [qw(list m)], 0, qr/no groups yet/;
case 'create', [qw(create m beta --meta), 'those, who "try"'], 0, qr/^beta: created$/;
case 'create with --json', [qw(create m all --json)], 0, qr/^\{"group":"all","result":"created"\}$/;
case 'create again', [qw(create m beta)], 1, '', qr/beta: 409: the model has a group of that name/;
case 'create in no model', [qw(create none g)], 1, '', qr/404: there is no such group of this model, or no such model/;
case 'list', [qw(list m --json)], 0, qq([{"group":"all","meta":""},{"group":"beta","meta":"those, who \\"try\\""}]\n);
case 'show', [qw(show m beta --json)], 0, qq({"model":"m","group":"beta","meta":"those, who \\"try\\"","members":0}\n);
case 'show none', [qw(show m none)], 1, '', qr/m none: 404/;

# ---- members ----
case 'add', [qw(add m beta a1 a2 --expire 30d --meta later)], 0, qr/^beta: 2 added or changed$/;
case 'add content', [qw(add m beta --type content fw --json)], 0, qr/^\{"group":"beta","result":"added","members":1\}$/;
case 'add a group', [qw(add m all --type group beta)], 0, qr/1 added/;
case 'a circle', [qw(add m beta --type group all)], 1, '', qr/409: groups would contain each other/;
case 'members of one type', [qw(members m beta --type content --json)], 0,
    qq([{"type":"content","member":"fw","expires_at":null,"meta":""}]\n);
case 'members of one name', [qw(members m beta --member a2)], 0, qr/^TYPE .*\nsn +a2 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +later\n\z/;
case 'groups of a serial number', [qw(of m a1 --json)], 0, qq([{"group":"beta"}]\n);
case 'groups of a group', [qw(of m beta --type group --json)], 0, qq([{"group":"all"}]\n);
Muster::must('content', $m->manage('POST', 'content/m/', 'id=fw'), 205);
case 'groups of content', [qw(of m fw --type content --json)], 0, qq([{"group":"beta"}]\n);
case 'groups of what is nowhere', [qw(of m a3)], 0, qr/in no group/;
case 'groups of what is not', [qw(of m none)], 1, '', qr/m none: 404: there is no such thing/;
case 'groups of another type', [qw(of m a1 --type word)], 2, '', qr/--type is one of/;

# ---- files ----
case 'add from a file', [qw(add m all), file(qq(sn,a1,2030-01-01\r\nsn,a3,never,"x,y"\nother,z\n))], 0, qr/3 added/;
case 'they are there', [qw(members m all --json)], 0, '[{"type":"group","member":"beta","expires_at":null,"meta":""},'
    . '{"type":"other","member":"z","expires_at":null,"meta":""},{"type":"sn","member":"a1","expires_at":1893456000,"meta":""},'
    . qq({"type":"sn","member":"a3","expires_at":null,"meta":"x,y"}]\n);
case 'a file with a fault', [qw(add m all), file("sn,b1\nsn,b2,soon\n")], 2, '', qr/line 2: until when is it a member/;
case 'nothing of it was sent', [qw(members m all --member b1)], 0, qr/no members/;
case 'a row without a member', [qw(add m all), file("sn\n")], 2, '', qr/line 1: a type and a member/;
case 'a row with too much', [qw(add m all), file("sn,a,,,x\n")], 2, '', qr/line 1: more than four columns/;
case 'wrong quotes', [qw(add m all), file(qq(sn,a\nsn,"b\n))], 2, '', qr/line 2: the quotes are wrong/;
case 'no members', [qw(add m all)], 2, '', qr/which members/;
case 'no time', [qw(add m all a1 --expire soon)], 2, '', qr/a1: until when is it a member/;
case 'more than one call takes', [qw(add m all), file(join '', map {"sn,n$_\n"} 1 .. 10001)], 0, qr/^all: 10001 added or changed$/;
case 'all are listed', [qw(members m all --type sn)], 0, qr/(?:^sn +\S+ .*\n){10003}/m;
case 'remove', [qw(remove m beta a1 nobody)], 0, qr/^beta: 2 taken out, or not in it before$/;
case 'remove by a file', [qw(remove m beta), file("content,fw\nsn,a2\n")], 0, qr/2 taken out/;
case 'nobody is left', [qw(members m beta --json)], 0, "[]\n";

# ---- the end ----
case 'delete asks back', [qw(delete m beta)], 2, '', qr/Say --yes/;
case 'delete', [qw(delete m beta --yes)], 0, qr/^beta: deleted$/;
case 'it is in no group any more', [qw(members m all --type group --json)], 0, "[]\n";
case 'delete none', [qw(delete m beta --yes)], 1, '', qr/404/;
is $m->stop, 0, 'the server ends well';
done_testing;
