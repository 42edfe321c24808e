package BenchData;

# BenchData.pm - stores with many devices that have keys, for the benchmarks of data.
use strict;
use warnings;
use lib 'tests/lib', 'bench';
use Exporter 'import';
use File::Path qw(make_path remove_tree);
use Bench;
use Muster;

our @EXPORT = qw(prepare_devices prepare_vendor copy_store);

# Of the vendor that $m is set up for: so many activated devices of the model bench, a value in each; keys go to the file.
sub prepare_vendor {
    my ($m, $prefix, $devices, $keys) = @_;
    run(Muster::tool('release', 'prepare'), '-s', "127.0.0.1:$m->{port}{http}", '-v', $m->{vendor}, '-t', $m->{token},
        '-r', $m->{portal_rid}, '-C', 128, '-m', 'bench', '-p', $prefix, '-n', $devices, '-k', $keys);
}

# $dir/pristine and $dir/keys, made once.
sub prepare_devices {
    my ($dir, $devices) = @_;
    return if $ENV{REPEAT} && -e "$dir/made-$devices";
    unlink glob "$dir/made-*";
    remove_tree("$dir/pristine");
    make_path($dir);
    say_err("preparing $devices devices");
    my $m = musterd("$dir/pristine");
    $m->init(ports => [[temp => 'float']]);
    $m->model('bench');
    prepare_vendor($m, 'D', $devices, "$dir/keys");
    $m->stop == 0 or die 'musterd did not end cleanly: ' . $m->log;
    open(my $f, '>', "$dir/made-$devices") or die;
    close $f;
}

# The copy, which lies in the system's memory as that of a server in use does.
sub copy_store {
    my ($from, $to) = @_;
    remove_tree($to);
    run('cp', '-a', $from, $to);
    run('sync');
    run('bench/settle', "$to/muster.db", "$to/points.db");
    return $to;
}

1;
