package Metrics;

# Metrics.pm - reads /metrics, and says what is wrong with it: the text format 0.0.4 of Prometheus
# and its rules for names, stricter than a scraper.
use strict;
use warnings;

my $NAME  = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $LABEL = qr/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/;
my $VALUE = qr/[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN/;

# { series => { 'name{labels}' => value }, type => { name => ... }, faults => [...] }
sub read_text {
    my ($text) = @_;
    my $m = { series => {}, type => {}, help => {}, faults => [] };
    my ($family, %closed);
    my $number = 0;
    my $fault = sub { push @{ $m->{faults} }, "line $number: @_" };
    $fault->('no line end at the end') unless $text =~ /\n\z/;
    for my $line (split /\n/, $text) {
        $number++;
        if ($line =~ /^# (HELP|TYPE) ($NAME) (\S.*)$/) {
            my ($what, $name, $rest) = ($1, $2, $3);
            if ($what eq 'HELP') {
                $fault->("$name comes twice") if $closed{$name}++;
                $family = $name;
                $m->{help}{$name} = $rest;
            } else {
                $fault->("TYPE of $name without its HELP") if !defined $family || $family ne $name;
                $fault->("type $rest") if $rest !~ /^(?:counter|gauge|histogram)$/;
                $m->{type}{$name} = $rest;
            }
        } elsif ($line =~ /^($NAME)(?:\{($LABEL(?:,$LABEL)*)\})? ($VALUE)$/) {
            my ($name, $labels, $value) = ($1, $2 // '', $3);
            my $type = $m->{type}{ $family // '' } // '';
            my $base = quotemeta($family // '');
            my $own = $type eq 'histogram' ? qr/${base}_(?:bucket|sum|count)/ : qr/$base/;
            $fault->("$name has no TYPE before it") if $name !~ /^$own$/;
            $fault->("$name$labels comes twice") if exists $m->{series}{"$name\{$labels}"};
            $fault->("$name is negative") if $type ne 'gauge' && $value < 0;
            $m->{series}{"$name\{$labels}"} = $value;
        } else {
            $fault->("not a line of the format: $line");
        }
    }
    check_names($m, $fault);
    check_histograms($m, $fault);
    return $m;
}

sub check_names {
    my ($m, $fault) = @_;
    for my $name (sort keys %{ $m->{type} }) {
        my $is_total = $name =~ /_total$/;
        $fault->("$name: a counter ends with _total") if $m->{type}{$name} eq 'counter' && !$is_total;
        $fault->("$name: ends with _total") if $m->{type}{$name} ne 'counter' && $is_total;
        $fault->("$name: reserved ending") if $name =~ /_(?:bucket|sum|count)$/;
        $fault->("$name: not ours") if $name !~ /^(?:muster|process)_/;
        $fault->("$name: no base unit") if $name =~ /_(?:ms|milliseconds|us|ns|kb|mb)(?:_|$)/;
        $fault->("$name: no series") unless grep { index($_, $name) == 0 } keys %{ $m->{series} };
    }
}

sub check_histograms {
    my ($m, $fault) = @_;
    for my $name (grep { $m->{type}{$_} eq 'histogram' } sort keys %{ $m->{type} }) {
        my %bucket;
        for (keys %{ $m->{series} }) {
            next unless /^\Q$name\E_bucket\{(?:(.*),)?le="([^"]+)"\}$/;
            $bucket{ $1 // '' }{ $2 eq '+Inf' ? 9**9**9 : $2 } = $m->{series}{$_};
        }
        for my $labels (sort keys %bucket) {
            my $below = 0;
            for my $bound (sort { $a <=> $b } keys %{ $bucket{$labels} }) {
                $fault->("$name\{$labels}: a bucket has less than the one below")
                    if $bucket{$labels}{$bound} < $below;
                $below = $bucket{$labels}{$bound};
            }
            $fault->("$name\{$labels}: no +Inf") unless exists $bucket{$labels}{ 9**9**9 };
            $fault->("$name\{$labels}: no _sum") unless exists $m->{series}{"${name}_sum{$labels}"};
            $fault->("$name\{$labels}: _count is not the bucket +Inf")
                unless ($m->{series}{"${name}_count{$labels}"} // -1) == $below;
        }
    }
}

# The value of a series; labels in the order in which they are printed.
sub value {
    my ($m, $name, $labels) = @_;
    return $m->{series}{ "$name\{" . ($labels // '') . '}' } // die "no series $name\{" . ($labels // '') . "}\n";
}

1;
