#!/usr/bin/env perl
# Lists of serial numbers as a job: what is added, passed over and refused; a dry run; columns; interruptions at
# every point of a piece, and what the next run makes of them; files that cannot be written; export.
use strict;
use warnings;
use lib 'tests/lib';
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Muster;

my $dir = tempdir(CLEANUP => 1);
my $variant = 'release';
my $m = Muster->start(variant => $variant)->init;
my $port = $m->{port}{http};

sub slurp { open(my $f, '<', $_[0]) or return ''; local $/; return scalar <$f> }
sub spew { open(my $f, '>', $_[0]) or die "$_[0]: $!"; print $f $_[1]; close $f; return $_[0] }

# The tool with these words; its process, with its output in files.
sub begin {
    my ($words, $input) = @_;
    spew("$dir/in", $input // '');
    my $pid = fork() // die;
    return $pid if $pid;
    open(STDIN, '<', "$dir/in") or die;
    open(STDOUT, '>', "$dir/out") or die;
    open(STDERR, '>', "$dir/err") or die;
    delete @ENV{qw(MUSTER_CIK MUSTER_PROFILE MUSTERD)};
    @ENV{qw(HOME MUSTER_SERVER MUSTER_TOKEN)} = ($dir, "http://127.0.0.1:$port", $m->{token});
    exec(Muster::bin($variant, 'muster'), @$words) or POSIX::_exit(127);
}

sub run {
    my ($words, $input) = @_;
    waitpid begin($words, $input), 0;
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

# A run of the tool, told in words.
sub case {
    my ($name, $words, $code, $prints, $says, $input) = @_;
    my ($got, $out, $err) = run($words, $input);
    is $got, $code, "$name: exit status" or diag $err;
    ref $prints ? like($out, $prints, "$name: prints") : is($out, $prints, "$name: prints");
    ref $says ? like($err, $says, "$name: says") : is($err, $says, "$name: says");
    return ($out, $err);
}
sub import { my ($model, $file, @more) = @_; return ['sn', 'import', $model, $file, @more] }
sub export { my ($model, @more) = @_; return (run(['sn', 'export', $model, @more]))[1] }

# All that is stored, as the server tells it.
sub everything { return join '', map { "$_:\n" . export($_, '--status') } @_ }

$m->model($_) for qw(m other);
$m->add('other', 'taken');

# -- what becomes of rows --

my $mixed = spew("$dir/mixed.csv", join '', "\xef\xbb\xbf", map {"$_\r\n"}
    'a,1', '', 'b', 'taken,x', 'a,1', 'a,2', 'c/c', "d\te", '"f","with ""quotes"", and comma"', 'g,,h', '  ',
    "\"open", 'i');
my $errors = join '', map {"$_\r\n"} 'row,sn,reason', '4,taken,listed under another model of the vendor: other',
    '6,a,"listed already, with another text"',
    '7,c/c,"a serial number is printable ASCII without comma, double quote and slash"',
    '8,d?e,"a serial number is printable ASCII without comma, double quote and slash"',
    '10,g,more than two columns: --map says which are meant',
    '12,"""open","a double quote does not end, or text follows it"';
my $before = everything(qw(m other));
case 'a dry run', import('m', $mixed, '--dry-run', '--errors', "$dir/dry.csv"), 1,
    "11 rows: 4 would be added, 1 listed already, 6 in error\n", qr/m: 6 rows are in error: see \S*dry\.csv$/;
my @found = sort split /\r\n/, slurp("$dir/dry.csv");
is_deeply \@found, [sort split /\r\n/, $errors], 'all rows in error are named';
is everything(qw(m other)), $before, 'and nothing was changed';
ok !-e "$mixed.bookmark", 'nor kept';
case 'the import itself', import('m', $mixed, '--errors', "$dir/errors.csv"), 1,
    "11 rows: 4 added, 1 listed already, 6 in error\n", qr/m: 6 rows are in error: see \S*errors\.csv$/;
is slurp("$dir/errors.csv"), $errors, 'rows in error are written down';
is export('m'), qq(a,1\r\nb\r\nf,"with ""quotes"", and comma"\r\ni\r\n), 'all others are listed';
ok !-e "$mixed.bookmark", 'no bookmark is left behind';
case 'the same again', import('m', $mixed), 1, "11 rows: 0 added, 5 listed already, 6 in error\n",
    qr/^muster: row 4: taken: listed under another model of the vendor: other$/m;
case 'the same with pieces of one row', import('m', $mixed, '--chunk', 1, '--errors', "$dir/errors.csv", '--json'), 1,
    qq({"dry_run":false,"rows":11,"added":0,"listed":5,"resent":0,"refused":6}\n), qr/"exit":1,"text":"m: 6 rows are in error/;
is slurp("$dir/errors.csv"), $errors, 'whose errors are the same';
case 'a dry run of what is there', import('m', $mixed, '--dry-run', '--chunk', 2), 1,
    "11 rows: 0 would be added, 5 listed already, 6 in error\n", qr/row 6: a: listed already, with another text/;
case 'standard input', import('m', '-'), 0, "2 rows: 2 added, 0 listed already, 0 in error\n", '', "s1\ns2";
case 'nothing at all', import('m', '-'), 0, "0 rows: 0 added, 0 listed already, 0 in error\n", '', "\n";

# -- twins --

my $twins = join '', map {"$_\n"} (map {"t$_,x"} 1 .. 50), 't7,y', 't9,x', (map {"t$_"} 51 .. 99), 't7,x';
for my $dry ([ '--dry-run' ], []) {
    case "twins far from each other @$dry", import('m', '-', '--chunk', 10, @$dry), 1, qr/^102 rows: 99 .*added, 2 listed already, 1 in error$/,
        @$dry ? qr/row 51: t7: row 7 has it with another text$/m : qr/row 51: t7: listed already, with another text$/m, $twins;
}

# -- columns --

my $erp = "Order;Serial;Text\n4711;e1;\"one;two\"\n4712;e2;\n4713\n";
my @erp = ('--separator', ';');
case 'columns by number', import('m', '-', @erp, '--map', 'sn=2,extra=3', '--heading', '--dry-run'), 1,
    "3 rows: 2 would be added, 0 listed already, 1 in error\n", qr/row 4: : the serial number is empty/, $erp;
case 'columns by heading', import('m', '-', @erp, '--map', 'sn=Serial,extra=Order'), 1,
    "3 rows: 2 added, 0 listed already, 1 in error\n", qr/row 4/, $erp;
like export('m'), qr/^e1,4711\r\ne2,4712\r$/m, 'each column has its place';
case 'a heading that is not there', import('m', '-', @erp, '--map', 'sn=serial'), 2, '',
    qr/--map: no column is called 'serial' in the heading of -; nothing was sent/, $erp;
case 'a map that is none', import('m', '-', '--map', '2'), 2, '', qr/--map: it looks like sn=2,extra=4 and not like '2'/;
case 'a heading that looks like one', import('m', '-'), 2, '', qr/row 1 looks like a heading .*--heading; nothing was sent/, "Serial Number\n1\n";
case 'tabs', import('m', '-', '--separator', 'tab'), 0, qr/1 added/, '', "tab1\twith, comma\n";
case 'semicolons nobody told of', import('m', '-', '--dry-run'), 0, qr/2 would/, qr/\A.*u;1 has a semicolon.*--separator ';'.*\n\z/, "u;1\nu;2\n";
case 'a separator that is none', import('m', '-', '--separator', '""'), 2, '', qr/--separator is one character, or tab/;

# -- what stops it --

my $bad = join '', map {"x/$_\n"} 1 .. 30;
case 'many errors', import('m', '-', '--max-errors', 5, '--chunk', 4), 1, "8 rows: 0 added, 0 listed already, 8 in error\n",
    qr/stopped at row 9, because more than 5 rows are in error/, $bad;
case 'many errors in the last piece', import('m', '-', '--max-errors', 5), 1, qr/^30 rows: .*30 in error$/, qr/^(?!.*stopped).*m: 30 rows are in error/s, $bad;
case 'the first error', import('m', '-', '--stop-on-error', '--chunk', 1), 1, "2 rows: 1 added, 0 listed already, 1 in error\n",
    qr/stopped at row 3, because more than 0/, "first\n$bad";
case 'errors without a file', import('m', '-'), 1, qr/30 in error/,
    qr/\A(?:muster: row \d+: x.\d+: .*\n){10}muster: 20 more rows are in error: --errors FILE.*\n.*m: 30 rows are in error$/, $bad;
case 'no such model', import('nosuch', $mixed), 1, '', qr/nosuch: 404: there is no such model/;
case 'no such file', import('m', "$dir/nosuch"), 5, '', qr/cannot read \S*nosuch: No such file/;
case 'a directory', import('m', $dir), 5, '', qr/cannot read .*: Is a directory/;
case 'a wrong token', [qw(--token-file), spew("$dir/wrong", 'ab' x 20), @{ import('m', $mixed) }], 1, '', qr/401: the key is not valid/;
case 'a full disk under the error file', import('m', $mixed, '--errors', '/dev/full'), 5, '', qr{cannot write /dev/full: No space left};
case 'an error file that is the input', import('m', $mixed, '--errors', $mixed), 2, '', qr/is the file that is imported/;
case 'a bookmark that is the input', import('m', $mixed, '--bookmark', $mixed), 2, '', qr/is the file that is imported/;
case 'a bookmark for a pipe', import('m', '-', '--bookmark', "$dir/b"), 2, '', qr/a pipe cannot be read again/;
case 'a bookmark that cannot be written', import('m', $mixed, '--bookmark', "$dir/no/b"), 5, '', qr/cannot write \S*, which tells.*No such file.*--bookmark FILE/;
{
    local $ENV{TMPDIR} = "$dir/nowhere";
    case 'a temporary file that cannot be made', import('m', $mixed, '--dry-run'), 5, '', qr/cannot use a temporary file.*TMPDIR/;
}

# Control characters are not for terminals.
like +(run(import('m', '-'), "\e[2Jx\n"))[2], qr/row 1: \?\[2Jx: /, 'what is shown of a bad row is clean';

# -- interruptions --

# Stands between the tool and the server, request by request. Of the POST that adds, number $at: 'lost' never
# reaches the server, 'done' does but its answer goes nowhere, 'busy' is answered 503. Then a word comes from
# the pipe, and all else goes through.
sub between {
    my ($at, $what) = @_;
    my $listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die $!;
    pipe(my $from, my $to) or die $!;
    my $pid = fork() // die;
    if ($pid) { close $to; return { port => $listener->sockport, pid => $pid, from => $from } }
    close $from;
    alarm 60;
    my $seen = 0;
    while (my $peer = $listener->accept) {
        my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$m->{port}{http}") or die $!;
        while (my $request = read_message($peer)) {
            my $is_it = $request =~ m{^POST \S*each=true.*\r\n\r\n[^/]}s && ++$seen == $at;
            if ($is_it && $what eq 'busy') {
                print $peer "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
                next;
            }
            unless ($is_it && $what eq 'lost') {
                print $server $request;
                my $reply = read_message($server);
                print $peer $reply unless $is_it;
            }
            next unless $is_it;
            syswrite $to, "now\n";
            sysread $peer, my $nothing, 1; # until the tool is killed
            last;
        }
    }
    POSIX::_exit(0);
}

sub read_message {
    my ($socket) = @_;
    my $bytes = '';
    while ($bytes !~ /\r\n\r\n/) { sysread $socket, $bytes, 65536, length $bytes or return '' }
    my ($length) = $bytes =~ /^content-length: *(\d+)/mi;
    my $head = index($bytes, "\r\n\r\n") + 4;
    if ($bytes =~ /^expect: 100-continue/mi) { print $socket "HTTP/1.1 100 Continue\r\n\r\n" }
    while (length($bytes) < $head + ($length // 0)) { sysread $socket, $bytes, 65536, length $bytes or return '' }
    return $bytes;
}

sub end_between { my ($b) = @_; kill 'KILL', $b->{pid}; waitpid $b->{pid}, 0 }

my $rows = 1000;
sub numbers { my ($prefix) = @_; return join '', map { $_ % 97 ? sprintf("%s%05d,t%d\n", $prefix, $_, $_) : "$prefix/$_\n" } 1 .. $rows }
my $n_bad = int($rows / 97);
my $n_good = $rows - $n_bad;
my @chunk = ('--chunk', 100);

$m->model('whole');
case 'without an interruption', import('whole', spew("$dir/whole.csv", numbers('w')), '--errors', "$dir/whole.err", @chunk), 1,
    "$rows rows: $n_good added, 0 listed already, $n_bad in error\n", qr/in error/;
my ($whole, $whole_errors) = (export('whole'), slurp("$dir/whole.err"));

# What is listed, and in error, must be what it is without an interruption.
sub same_as_whole {
    my ($name, $model, $prefix) = @_;
    (my $got = export($model)) =~ s/^$prefix/w/mg;
    is $got, $whole, "$name: the list is the same";
    (my $got_errors = slurp("$dir/$model.err")) =~ s/,$prefix/,w/mg;
    is $got_errors, $whole_errors, "$name: the errors are the same";
}

my $letter = 'A';
for my $at (1, 2, 10) {
    for my $what (qw(lost done)) {
        my $model = "i$letter";
        $m->model($model);
        my $file = spew("$dir/$model.csv", numbers($letter));
        my @job = @{ import($model, $file, '--errors', "$dir/$model.err", @chunk) };
        my $between = between($at, $what);
        $port = $between->{port};
        my $pid = begin(\@job);
        ok(IO::Select->new($between->{from})->can_read(20), "piece $at is under way");
        case 'the same meanwhile', [@job], 5, '', qr/is being imported by another muster$/ if $at == 1;
        kill $at == 2 ? 'INT' : 'KILL', $pid;
        waitpid $pid, 0;
        is slurp("$dir/err"), "muster: the same command again goes on behind the last rows that were answered\n",
            'Ctrl-C has it say so' if $at == 2;
        my ($code, $out, $err) = run(\@job);
        my ($sent) = $out =~ /, (\d+) sent before an interruption/;
        my ($added) = $out =~ /(\d+) added, 0 listed already/;
        is $added + ($sent // 0), $n_good, "killed in piece $at ($what): all rows are counted" or diag "$out$err";
        is defined $sent, $what eq 'done', "those of the piece under way apart";
        like $err, qr/goes on behind @{[ ($at - 1) * 100 ]} rows/, 'it goes on' if $at > 1;
        same_as_whole("killed in piece $at ($what)", $model, $letter);
        case 'the same file again', [@job], 1, "$rows rows: 0 added, $n_good listed already, $n_bad in error\n", qr/in error/;
        end_between($between);
        $port = $m->{port}{http};
        same_as_whole('the same file again', $model, $letter);
        $letter++;
    }
}

# Killed after piece 5; then the bookmark is lost, damaged, or belongs to a file that was changed.
for my $harm (qw(lost damaged changed otherwise short)) {
    my $model = "i$letter";
    $m->model($model);
    my $file = spew("$dir/$model.csv", numbers($letter));
    my @job = @{ import($model, $file, '--errors', "$dir/$model.err", @chunk) };
    my $between = between(6, 'done');
    $port = $between->{port};
    my $pid = begin(\@job);
    IO::Select->new($between->{from})->can_read(20);
    kill 'KILL', $pid;
    waitpid $pid, 0;
    ok -e "$file.bookmark", 'there is a bookmark';
    unlink "$file.bookmark" if $harm eq 'lost';
    spew("$file.bookmark", '{"of":') if $harm eq 'damaged';
    utime 1, 1, $file if $harm eq 'changed';
    if ($harm eq 'short') {
        spew("$dir/$model.err", '');
        case 'an error file that was cut', [@job], 5, '', qr/is shorter than the earlier run left it: --from-start/;
        push @job, '--from-start';
    }
    push @job, '--from-start' if $harm eq 'otherwise';
    my ($code, $out, $err) = run(\@job);
    like $out, qr/^$rows rows: \d+ added, \d\d\d listed already, $n_bad in error$/, "a bookmark $harm: from the beginning";
    unlike $err, qr/goes on/, 'which it says' if $harm eq 'lost' || $harm eq 'otherwise';
    like $err, qr/begins at the beginning/, 'which it says' if $harm eq 'damaged' || $harm eq 'changed';
    same_as_whole("a bookmark $harm", $model, $letter);
    ok !-e "$file.bookmark", 'no bookmark is left behind';
    end_between($between);
    $port = $m->{port}{http};
    $letter++;
}

# The disk is full in the middle: here, no file may be longer than 1 KiB.
{
    my $model = "i$letter";
    $m->model($model);
    my @job = @{ import($model, spew("$dir/$model.csv", numbers($letter)), '--errors', "$dir/$model.err", @chunk) };
    local $ENV{MUSTER_SERVER} = "http://127.0.0.1:$port";
    local $ENV{MUSTER_TOKEN} = $m->{token};
    my $said = qx{trap '' XFSZ; ulimit -f 1; @{[ Muster::bin($variant, 'muster') ]} @job 2>&1 | cat};
    like $said, qr/cannot write \S*err: File too large\n.*\d00 rows are done; run it again to go on/, 'a full disk ends it';
    my ($code, $out, $err) = run(\@job);
    like $err, qr/goes on behind [1-9]00 rows/, 'with room again it goes on';
    same_as_whole('a full disk', $model, $letter);
}

# Overload in the middle.
$m->model('busy');
my $between = between(3, 'busy');
$port = $between->{port};
case 'a server that is busy for a while', import('busy', spew("$dir/busy.csv", "b1\nb2\nb3\nb4\n"), '--chunk', 1, '--progress'), 0,
    "4 rows: 4 added, 0 listed already, 0 in error\n", qr/\A1 of about 4\n2 of about 4\n3 of about 4\n4 of 4\n\z/;
end_between($between);
$between = between(3, 'busy');
$port = $between->{port};
case 'one that is busy for too long', [@{ import('m', spew("$dir/busy2.csv", "c1\nc2\nc3\nc4\n"), '--chunk', 1) }, '--retry', 0], 4, '',
    qr/503: .*the server asks to wait 1 s\n.*2 rows are done; run it again to go on/;
case 'and then is not', import('m', "$dir/busy2.csv", '--chunk', 1), 0, "4 rows: 4 added, 0 listed already, 0 in error\n", qr/goes on behind 2 rows/;
end_between($between);
$port = $m->{port}{http};

# Bytes before the bookmark are others now, though size and time are the same.
$between = between(3, 'busy');
$port = $between->{port};
my @altered = (spew("$dir/altered.csv", "Serial,Line\nd1,1\nd2,2\nd3,3\n"), '--map', 'sn=Serial', '--chunk', 1, '--errors', "$dir/L\xe4ngs.err");
case 'a file to be altered', [@{ import('m', @altered) }, '--retry', 0], 4, '', qr/2 rows are done/;
my $time = (stat $altered[0])[9];
utime $time, $time, $altered[0];
case 'whose time changed', [@{ import('m', @altered) }, '--retry', 0, '--max-errors', 0], 0, qr/^3 rows: 1 added, 2 listed/, qr/begins at the beginning/;
end_between($between);
$between = between(3, 'busy');
$port = $between->{port};
spew($altered[0], "Serial,Line\nf1,1\nf2,2\nf3,3\n");
utime $time, $time, $altered[0];
case 'a file to be altered', [@{ import('m', @altered) }, '--retry', 0], 4, '', qr/2 rows are done/;
spew($altered[0], "Serial,Line\nf1,7\nf2,2\nf3,3\n");
utime $time, $time, $altered[0];
case 'which was', import('m', @altered), 0, "3 rows: 1 added, 2 listed already, 0 in error\n",
    qr/altered\.csv was changed since the earlier run: this one begins at the beginning/;
end_between($between);
$port = $m->{port}{http};

# -- export --

$m->enable('busy', 'b2');
my ($status) = (run([qw(sn export busy --status)]))[1];
like $status, qr/^b1,,,\r\nb2,notactivated,[0-9a-f]{40},\r\nb3,,,\r\nb4,,,\r\n$/, 'an export with status';
like export('busy', '--json'), qr/^\{"sn":"b1","extra":""\}\n\{"sn":"b2","extra":""\}\n/, 'as JSON lines';
like export('busy', '--json', '--status'), qr/^\{"sn":"b1","status":"unused","rid":"","extra":""\}\n/, 'with status';
case 'an export to a file', [qw(sn export whole --output), "$dir/whole.out"], 0, "$n_good rows are in $dir/whole.out\n", '';
is slurp("$dir/whole.out"), $whole, 'it is the same';
case 'it can be imported as it is', import('whole', "$dir/whole.out"), 0, "$n_good rows: 0 added, $n_good listed already, 0 in error\n", '';
$m->model('empty');
is export('empty'), '', 'nothing is exported as nothing';
case 'an export of no model', [qw(sn export nosuch --output), "$dir/kept"], 1, '', qr/nosuch: 404: there is no such model/;
ok !-e "$dir/kept", 'leaves no file';
case 'an export to nowhere', [qw(sn export m --output), "$dir/no/file"], 5, '', qr/cannot write .*: No such file/;
$m->add_csv('empty', join '', map { sprintf "%04d\n", $_ } 1 .. 2500);
is scalar(() = export('empty') =~ /\n/g), 2500, 'pages are joined without a gap';
is scalar(() = (run([qw(sn list empty --json --offset 990 --limit 1200)]))[1] =~ /"sn"/g), 1200, 'so they are in a list';

done_testing;
